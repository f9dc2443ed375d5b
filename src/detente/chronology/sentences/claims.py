"""Claims in sentences: the speaker, whose words are quoted, and through how many hands they came."""

from __future__ import annotations

from collections.abc import Mapping

from detente.chronology.telling import Cast, Line, Telling, in_brackets, listed, shortened, spelled
from detente.claims.bodies import Claim
from detente.said import Said, read

_VERBS = {
    "asserts": "said",
    "denies": "denied",
    "declines-to-assert": "asserted nothing",
    "reports": "reported",
}


def _claim(said: Said, cast: Cast) -> Line:
    """`“A. Speaker” for CERT A denied: “not us” (recorded by CERT B; …)`."""
    body = read(said, Claim)
    who = shortened(body.speaker) if body.attributed else "Somebody who is not named"
    party = f" for {cast.name(body.speaker_party)}" if body.speaker_party else ""
    verb = _VERBS[body.polarity]
    on = f" on {spelled(body.topic)}" if body.topic else ""
    scope = f"scope: {spelled(body.scope)}" if body.scope else ""
    hops = len(body.hops)
    way = f"through {hops} {'hop' if hops == 1 else 'hops'}" if hops else "no hops stated"
    language = "translation only" if body.translated and not body.original else ""
    about = f"about {cast.refs(body.about)}" if body.about else ""
    changes = f"{body.changes} {cast.refs(body.of)}" if body.changes else ""
    ambiguous = f"ambiguous in source: {listed([shortened(note) for note in body.ambiguity])}" if body.ambiguity else ""
    grade = f"graded {body.source_grade}{body.report_grade}"
    brackets = in_brackets(
        f"recorded by {cast.name(said.speaker)}", about, scope, changes, way, grade, language, ambiguous
    )
    return Line(f"{who}{party} {verb}{on}: {shortened(body.quote)}{brackets}.", body.said or body.reported)


TELLINGS: Mapping[str, Telling] = {"claim": _claim}
