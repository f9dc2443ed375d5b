"""Claims: record one, read articles for candidates, let a person decide on each, and lay the record out.

    article bytes → text → candidates → journal `article` → a person accepts, changes or rejects → journal `review`, log `claim`

Nothing in an article becomes a claim by itself. A claim that is accepted and the review that accepted it commit together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from detente.claims.bodies import Claim, Hop
from detente.claims.quotations import Candidate, read_quotations
from detente.claims.record import Entry, Record
from detente.errors import InvalidStatement, NotFound
from detente.intake.articles import Format, Reader, read_article
from detente.node.matters import find, note, read_matters, tell
from detente.node.open import Node
from detente.said import Said, read, read_value, readable, written
from detente.statement import base64url
from detente.stix.marking import Tlp
from detente.store.database import Connection
from detente.store.log import JOURNAL, read_head
from detente.store.store import Transaction
from detente.when import When

Verdict = Literal["accept", "change", "reject"]

KINDS = ("claim",)


class Article(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Journal `article`. `digest`: SHA-256 of the bytes as they were read in, base64url; `of` repeats it, so that it can be found."""

    name: str
    digest: str
    of: str
    format: Format
    reader: Reader
    text: str
    candidates: tuple[Candidate, ...] = ()
    language: str = "en"
    outlet: str = ""
    reference: str = ""
    published: When | None = None


class Review(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Journal `review`: what a person decided on candidate `number` (from 1) of the article `about`; `claim` is what came of it."""

    about: str
    number: int
    verdict: Verdict
    by: str
    claim: str = ""
    changed: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    article: Said
    number: int
    candidate: Candidate


def claim_of(fields: Mapping[str, Any]) -> Claim:
    """A claim from typed fields; raises InvalidStatement naming the field that breaks a rule."""
    return read_value(msgspec.to_builtins(dict(fields)), Claim, where="claim")


def add_claim(
    node: Node,
    claim: Claim,
    *,
    to: Sequence[str] = (),
    public: bool = False,
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Entry:
    """Record a claim in our log, for these partners or for our own tools alone; returns it as the record shows it."""
    said = tell(node, "claim", claim, to=to, public=public, marking=marking, dry_run=dry_run)
    return _entry_of(node, said)


def _entry_of(node: Node, said: Said) -> Entry:
    """The claim among those that we hold, which shows who has denied it already."""
    with node.store.indexed() as connection:
        statements = [one for one in read_matters(connection, KINDS) if one.id != said.id]
    return Record([*statements, said]).entry(said.id)


def record(connection: Connection, *, known_by_us: int | None = None) -> Record:
    """Every claim that we hold; `known_by_us`: only those that this node had stored by then."""
    return Record(read_matters(connection, KINDS, known_by_us=known_by_us))


def find_claim(connection: Connection, name: str) -> Said:
    return find(connection, KINDS, name)


# -- articles ----------------------------------------------------------------------------------------------------------


def import_article(
    node: Node,
    data: bytes,
    *,
    name: str,
    outlet: str = "",
    reference: str = "",
    published: When | None = None,
    language: str = "en",
    format: Format | None = None,
) -> tuple[Said, Article, bool]:
    """Read an article and keep its text with the candidates found in it; the last value is whether it is new to us.

    The same bytes read in again bring nothing: the reviews of the first time stand.
    """
    digest = base64url(hashlib.sha256(data).digest())
    with node.store.indexed() as connection:
        held = readable(_private(connection, "article", digest), Article)
    if held:
        return (*held[0], False)
    source = read_article(data, name=name, format=format)
    article = Article(
        name=name,
        digest=digest,
        of=digest,
        format=source.format,
        reader=source.reader,
        text=source.text,
        candidates=tuple(read_quotations(source.text)),
        language=language,
        outlet=outlet,
        reference=reference,
        published=published,
    )
    return note(node, "article", article), article, True


def articles(connection: Connection) -> list[tuple[Said, Article]]:
    return readable(_private(connection, "article"), Article)


def _private(connection: Connection, kind: str, subject: str | None = None) -> list[Said]:
    """What our own journal holds: a partner may put the same kinds into its log, and they are nothing to us."""
    journal = read_head(connection, JOURNAL).origin
    return [said for said in read_matters(connection, [kind], subject) if said.ref.log == journal]


def reviews(connection: Connection, article: str | None = None) -> dict[tuple[str, int], Review]:
    """What was decided, by article and number."""
    found = readable(_private(connection, "review", article), Review)
    return {(review.about, review.number): review for _, review in found}


def pending(connection: Connection) -> list[Pending]:
    """Candidates on which nobody has decided, in the order of the articles and of their texts."""
    decided = reviews(connection)
    return [
        Pending(said, number, candidate)
        for said, article in articles(connection)
        for number, candidate in enumerate(article.candidates, start=1)
        if (said.id, number) not in decided
    ]


def find_article(connection: Connection, name: str) -> Said:
    said = find(connection, ["article"], name)
    if said.ref.log != read_head(connection, JOURNAL).origin:
        raise NotFound(f"the article {said.short} was not read in here; it is {said.speaker}'s statement, not ours")
    return said


def find_candidate(connection: Connection, name: str, number: int) -> tuple[Said, Article, Candidate]:
    said = find_article(connection, name)
    article = read(said, Article)
    if not 1 <= number <= len(article.candidates):
        raise NotFound(f"{article.name} has the candidates 1 to {len(article.candidates)}; there is no {number}")
    return said, article, article.candidates[number - 1]


def proposed(article: Article, candidate: Candidate) -> dict[str, Any]:
    """The claim that a candidate would become, as fields that a person may change."""
    hops = candidate.hops
    if article.outlet:
        outlet = Hop(role="outlet", name=article.outlet, reference=article.reference, at=article.published)
        before = tuple(hop for hop in hops if hop.role != "translation")
        hops = (*before, *(hop for hop in hops if hop.role == "translation"), outlet)
    fields: dict[str, Any] = {
        "quote": candidate.quote,
        "language": article.language,
        "speaker": candidate.speaker,
        "said": candidate.said,
        "reported": article.published,
        "hops": hops,
        "polarity": candidate.polarity,
        "ambiguity": candidate.ambiguity,
        "words": "speaker" if candidate.direct else "reporter",
    }
    return {name: value for name, value in fields.items() if value not in (None, "", ())}


def review(
    node: Node,
    article: str,
    number: int,
    verdict: Verdict,
    *,
    by: str,
    changes: Mapping[str, Any] | None = None,
    reason: str = "",
    to: Sequence[str] = (),
    public: bool = False,
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Entry | None:
    """A person's decision on one candidate. Accepted or changed, it is said as a claim; rejected, it is only written down.

    `changes`: fields of the claim in the person's wording. `accept` takes none but those that no article states (grades, topic, scope,
    subjects): the words, their speaker, their sense and their way are accepted as they were read, or changed.
    """
    if not by.strip():
        raise InvalidStatement("a person decides on a candidate; name who (--by)")
    given = dict(changes or {})
    with node.store.indexed() as connection:
        said, source, candidate = find_candidate(connection, article, number)
        _refuse_second(connection, said, number)
    if verdict == "reject":
        if given:
            raise InvalidStatement("a candidate that is rejected is not changed; give a --reason instead")
        if not dry_run:
            decision = Review(about=said.id, number=number, verdict=verdict, by=by, reason=reason)
            note(node, "review", decision, check=lambda c: _refuse_second(c, said, number))
        return None
    read_as = proposed(source, candidate)
    changed = tuple(sorted(name for name, value in given.items() if name not in _ADDED and read_as.get(name) != value))
    if verdict == "accept" and changed:
        raise InvalidStatement(f"this changes {', '.join(changed)} of what was read; say change instead of accept")
    if verdict == "change" and not changed:
        raise InvalidStatement("nothing of what was read is changed; say accept, or what to change")
    claim = claim_of({**read_as, **given})

    def decide(transaction: Transaction, told: Said) -> None:
        decision = Review(
            about=said.id, number=number, verdict=verdict, by=by, claim=told.id, changed=changed, reason=reason
        )
        node.journal(transaction, "review", written(decision))

    told = tell(
        node,
        "claim",
        claim,
        to=to,
        public=public,
        marking=marking,
        check=lambda c: _refuse_second(c, said, number),
        also=decide,
        dry_run=dry_run,
    )
    return _entry_of(node, told)


# What no article states, so that a person adds it without changing what was read.
_ADDED = frozenset(
    {
        "about",
        "changes",
        "of",
        "original",
        "original_language",
        "report_grade",
        "scope",
        "source_grade",
        "speaker_party",
        "topic",
    }
)


def _refuse_second(connection: Connection, article: Said, number: int) -> None:
    earlier = reviews(connection, article.id).get((article.id, number))
    if earlier is not None:
        raise InvalidStatement(
            f"{earlier.by} has decided on candidate {number} already: {earlier.verdict}. "
            "A claim that was said is corrected by another claim (--corrects)."
        )
