"""Sealed responses: committed by a digest, revealed later, checked by anybody.

The sealed text begins with the kind of the response, `retorsion: four offices are closed`, so that the step gets its rung once it is
revealed. The time of the commitment is that of the statement that carries the seal, which its log's checkpoints and receipts bear out;
the digest is checked with the text and the key of the reveal (`detente.seals`). The first reveal by the sealing party that fits is the
one that counts; a second one is refused here, and shown as such where a partner makes one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.norms.bodies import Response, kept
from detente.norms.tables import RESPONSES, UNDISCLOSED
from detente.said import Said, read
from detente.seals import Reveal, Seal, verify_reveal
from detente.when import When


@dataclass(frozen=True, slots=True)
class SealState:
    """The seal of one response. `text` is None while it is closed; `overdue_us`: how long it has been closed past its date.

    `refused`: ids of reveals by the sealing party that do not fit the digest, or that came after one that does.
    """

    digest: str
    committed_us: int
    reveal_us: int
    condition: str
    text: str | None
    revealed_us: int
    key: str
    overdue_us: int
    refused: tuple[str, ...]


def seal_states(responses: Iterable[Said], reveals: Iterable[Said], now_us: int) -> dict[str, SealState]:
    """The seal of each sealed response, by the response's id."""
    opened = kept(reveals, Reveal)
    found = {}
    for said, body in kept(responses, Response):
        if body.seal is None:
            continue
        fitting: tuple[Said, Reveal] | None = None
        refused = []
        for other, reveal in opened:
            if other.speaker != said.speaker or not _meant(other, reveal, said, body.seal):
                continue
            if fitting is None and _fits(body.seal, reveal):
                fitting = other, reveal
            else:
                refused.append(other.id)
        due_us = body.seal.reveal_us
        found[said.id] = SealState(
            body.seal.digest,
            said.at_us,
            due_us,
            body.seal.condition,
            text=fitting[1].text if fitting else None,
            revealed_us=fitting[0].at_us if fitting else 0,
            key=fitting[1].key if fitting else "",
            overdue_us=max(0, now_us - due_us) if due_us and fitting is None else 0,
            refused=tuple(refused),
        )
    return found


def revealed_kind(text: str) -> str:
    """The kind with which a revealed text begins; where it names none that we know it stays without a rung."""
    kind = text.partition(":")[0].strip()
    return kind if kind in RESPONSES else UNDISCLOSED


def sealed_text(kind: str, text: str) -> str:
    """What a seal of ours commits to. Raises InvalidStatement."""
    if kind not in RESPONSES or kind == UNDISCLOSED:
        known = ", ".join(name for name in RESPONSES if name != UNDISCLOSED)
        raise InvalidStatement(f"the sealed text begins with the kind of the response, one of {known}; got {kind!r}")
    if not text.strip():
        raise InvalidStatement("a seal commits to a text; this one is empty")
    return f"{kind}: {text}"


def require_closed(said: Said, reveals: Iterable[Said]) -> None:
    """Raises what keeps this response from being revealed: it carries no seal, or was revealed before."""
    body = read(said, Response)
    if body.seal is None:
        raise NotFound(f"response {said.short} carries no seal; there is nothing to reveal")
    state = seal_states([said], reveals, said.at_us)[said.id]
    if state.text is not None:
        raise NotPermitted(
            f"response {said.short} was revealed on {day(state.revealed_us)}; a seal is opened once, and this text stays as it is"
        )


def public_line(said: Said, state: SealState | None, kind: str, decided: str) -> str:
    """What everybody may read of a response, in one line. Of one that is closed: that it exists and since when, and no more."""
    if state is None:
        return f"response: {kind} (decided {decided})"
    if state.text is None:
        return f"response: {UNDISCLOSED} (committed on {day(said.at_us)})"
    return f"response: {kind} (committed on {day(said.at_us)}, revealed on {day(state.revealed_us)})"


def day(at_us: int) -> str:
    """The UTC day of a moment."""
    return str(When(at_us, "day"))


def _meant(other: Said, reveal: Reveal, said: Said, seal: Seal) -> bool:
    """Whether a reveal is about this response: it answers it or, where no reference is carried (in public), names its digest."""
    return reveal.digest == seal.digest or (other.re is not None and other.re.leaf == said.ref.leaf)


def _fits(seal: Seal, reveal: Reveal) -> bool:
    try:
        verify_reveal(seal, reveal)
    except InvalidStatement:
        return False
    return True
