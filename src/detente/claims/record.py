"""Claims folded into a record: beneath each claim who denied it, what was said about it, how it was corrected, where its speaker says
otherwise elsewhere.

An `Entry` is the only thing that can be rendered, and it is made here alone, with its denials in it: there is no way to show a claim and to
leave out that it was denied. Nothing here decides between a claim and its denial, adds them up, or drops either of them.

A denial belongs to a claim that it names in `about`, and to every claim about the same subject under the same topic (or where one of
the two states no topic). Whether it *addresses* the claim is a matter of scope: "not at the state level" says nothing on a claim that the
state looked away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from detente.claims.bodies import POLARITIES, Claim
from detente.errors import NotFound
from detente.said import Said, readable
from detente.scales import rungs_of

# A claim about a claim about a claim …: deeper ones are named, and shown under their own entry.
DEPTH_MAX = 6

Addressing = Literal["addressed", "not addressed", "scope not stated"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim as it may be shown. Claims beneath it are entries themselves, so that what is denied there carries its denial too.

    `contradictions`: the same speaker on the same subject and topic, saying otherwise. `corrections`: claims that correct or
    supersede this one. `cut`: what else there is beneath it stands above it already, or lies too deep, and is shown under its own entry.
    """

    said: Said
    claim: Claim
    denials: tuple[Denial, ...] = ()
    counter_claims: tuple[Entry, ...] = ()
    corrections: tuple[Entry, ...] = ()
    contradictions: tuple[Entry, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Denial:
    """`named`: the denial names this very claim; otherwise it is about the same subject."""

    entry: Entry
    addresses: Addressing
    named: bool


class Record:
    """All claims that are held, in the order in which they were recorded (ties by leaf hash); looked up by subject."""

    def __init__(self, statements: Iterable[Said]) -> None:
        kept = sorted(statements, key=lambda said: (said.at_us, said.ref.leaf))
        self._claims = {said.id: (said, claim) for said, claim in readable(kept, Claim)}
        self.withdrawn = sum(1 for said in kept if said.withdrawn)
        self.erased = sum(1 for said in kept if said.erased and not said.withdrawn)
        self.unreadable = len(kept) - len(self._claims) - self.withdrawn - self.erased
        self._about: dict[str, list[str]] = defaultdict(list)
        self._corrected: dict[str, list[str]] = defaultdict(list)
        self._answered: dict[str, tuple[list[tuple[str, bool]], list[str]]] = {}
        for id_, (_, claim) in self._claims.items():
            for subject in dict.fromkeys(claim.about):
                self._about[subject].append(id_)
            for earlier in dict.fromkeys(claim.of):
                self._corrected[earlier].append(id_)

    def __len__(self) -> int:
        return len(self._claims)

    @property
    def counts(self) -> Mapping[str, int]:
        """Attributed claims by polarity, and the unattributed apart: they count for nothing. Never a total."""
        counted = dict.fromkeys((*POLARITIES, "unattributed"), 0)
        for _, claim in self._claims.values():
            counted[claim.polarity if claim.attributed else "unattributed"] += 1
        return counted

    def entries(self, subject: str = "") -> Iterator[Entry]:
        """Every claim under its own entry; with `subject`, that claim and those about the subject."""
        for id_ in self.ids(subject):
            yield self.entry(id_)

    def ids(self, subject: str = "") -> list[str]:
        """The claims, or those that are the subject or about it, in the order in which they were recorded."""
        wanted = {subject, *self._about.get(subject, ())}
        return [id_ for id_ in self._claims if not subject or id_ in wanted]

    def entry(self, id_: str) -> Entry:
        """Raises NotFound."""
        if id_ not in self._claims:
            raise NotFound(f"no claim {id_} is held that can be read")
        return self._entry(id_, ())

    def speakers(self, polarity: str, subject: str = "") -> tuple[str, ...]:
        """Who says so, each speaker once; nobody for words without a speaker."""
        ids = self._about.get(subject, ()) if subject else self._claims
        found = {
            (claim.speaker, claim.speaker_party)
            for _, claim in (self._claims[id_] for id_ in ids)
            if claim.attributed and claim.polarity == polarity
        }
        return tuple(sorted(name for name, _ in found))

    def _entry(self, id_: str, above: tuple[str, ...]) -> Entry:
        """`above`: the claims under which this one is shown; none of them is shown beneath itself again."""
        said, claim = self._claims[id_]
        path = (*above, id_)
        denials, counter_claims = self._answers(id_)
        corrections = self._corrected.get(id_, ())
        contradictions = self._contradictions(id_) if not above else ()
        if len(path) > DEPTH_MAX:
            beneath = [*(d for d, _ in denials), *counter_claims, *corrections]
            # Too deep to go on: the denials stay, the rest is found under the claim's own entry.
            return Entry(
                said,
                claim,
                denials=tuple(Denial(self._bare(d), self._addressing(claim, d), named) for d, named in denials),
                cut=bool(beneath),
            )
        fresh = [(d, named) for d, named in denials if d not in path]
        return Entry(
            said,
            claim,
            tuple(Denial(self._entry(d, path), self._addressing(claim, d), named) for d, named in fresh),
            tuple(self._entry(c, path) for c in counter_claims if c not in path),
            tuple(self._entry(c, path) for c in corrections if c not in path),
            tuple(self._entry(c, path) for c in contradictions if c not in path),
            cut=any(c in path for c in (*(d for d, _ in denials), *counter_claims, *corrections)),
        )

    def _bare(self, id_: str) -> Entry:
        said, claim = self._claims[id_]
        return Entry(said, claim, cut=True)

    def _answers(self, id_: str) -> tuple[list[tuple[str, bool]], list[str]]:
        """Denials with whether they name this claim, and other claims about it; in the order in which they were recorded."""
        if id_ not in self._answered:
            self._answered[id_] = self._find_answers(id_)
        return self._answered[id_]

    def _find_answers(self, id_: str) -> tuple[list[tuple[str, bool]], list[str]]:
        _, claim = self._claims[id_]
        named = [other for other in self._about.get(id_, ()) if other != id_]
        denials = {other for other in named if self._claims[other][1].polarity == "denies"}
        of_subject: set[str] = set()
        if claim.polarity in ("asserts", "reports"):
            of_subject = {
                other
                for other in self._beside(id_)
                if self._claims[other][1].polarity == "denies" and _same_topic(claim, self._claims[other][1])
            }
        ordered = [(other, other in denials) for other in self._sorted(denials | of_subject)]
        return ordered, [other for other in named if other not in denials and id_ not in self._claims[other][1].of]

    def _contradictions(self, id_: str) -> Sequence[str]:
        _, claim = self._claims[id_]
        if not claim.attributed or claim.polarity == "reports":
            return ()
        return self._sorted(
            {
                other
                for other in self._beside(id_)
                if (them := self._claims[other][1]).polarity not in (claim.polarity, "reports")
                and (them.speaker.casefold(), them.speaker_party) == (claim.speaker.casefold(), claim.speaker_party)
                and them.topic == claim.topic
                and id_ not in them.of
                and other not in claim.of
            }
        )

    def _beside(self, id_: str) -> set[str]:
        """Other claims with a subject in common. A claim is no such subject: two claims about it are not about one another."""
        _, claim = self._claims[id_]
        found = {other for subject in claim.about if subject not in self._claims for other in self._about[subject]}
        found.discard(id_)
        return found

    def _addressing(self, claim: Claim, denial: str) -> Addressing:
        return addressing(claim.scope, self._claims[denial][1].scope)

    def _sorted(self, ids: set[str]) -> list[str]:
        if len(ids) < 2:
            return list(ids)
        return sorted(ids, key=lambda i: (self._claims[i][0].at_us, self._claims[i][0].ref.leaf))


def addressing(claimed: str, denied: str) -> Addressing:
    """Whether a denial of this scope speaks to a claim of that scope. Where one of them is not stated, nobody can tell."""
    if not claimed or not denied:
        return "scope not stated"
    return "addressed" if set(rungs_of(claimed)) & set(rungs_of(denied)) else "not addressed"


def _same_topic(one: Claim, other: Claim) -> bool:
    return not one.topic or not other.topic or one.topic == other.topic
