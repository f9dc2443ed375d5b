"""What a witness answers to add-checkpoint, decided without touching anything; and the asking side of the same.

Specification: c2sp.org/tlog-witness, `add-checkpoint`, in the order of the text; the statuses are those of the table in
`docs/formats/witness.md`. `sign-subtree` is optional and not implemented.

Stricter than the text: a checkpoint with extension lines is 400; a clock behind our last cosignature is 503 with
Retry-After, never a time made up; an old size equal to the checkpoint's takes no proof.

A request, with the signature shortened:

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grl…

The caller writes `Decision.new_state` before it sends the answer, in one step with a comparison to the state that went
in: otherwise two requests at once roll the log back. Two requests that both saw size 5 must not both be written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detente.errors import BadProof, BadSignature, InvalidStatement, MalformedReply, RemoteError, UnknownKey
from detente.tlog.ascii import base64_text, parse_decimal, parse_hash
from detente.tlog.checkpoint import (
    Checkpoint,
    cosign,
    parse_checkpoint,
    verify_checkpoint,
    verify_cosignature,
)
from detente.tlog.merkle import EMPTY_ROOT, PROOF_HASHES_MAX, verify_consistency
from detente.tlog.note import (
    NOTE_BYTES_MAX,
    Signature,
    SignedNote,
    SignerKey,
    VerifierKey,
    known_signatures,
    parse_note,
    parse_signature_lines,
)
from detente.tlog.trusted import make_evidence

REQUEST_BYTES_MAX = NOTE_BYTES_MAX + (1 << 12)
RETRY_AFTER_S_MAX = 3600

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class WitnessState:
    """The latest checkpoint of one log that we cosigned, and when.

    `note` is what `GET <prefix>/<origin hash>/checkpoint` serves: the lines of the log's keys that we verified and our
    own cosignatures, nothing else of what the request held.
    """

    size: int
    root: bytes
    at_s: int = 0
    note: bytes = b""


@dataclass(frozen=True, slots=True)
class Request:
    """An add-checkpoint body that parsed; nothing about it is verified."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and what to write before it is sent.

    `new_state` is set on 200 only. `retry_after_s` is set on 503 only. `evidence` is a fork evidence file against the
    log, kept and shown to a person; it changes nothing in the answer.
    """

    status: int
    body: bytes
    content_type: str = TEXT
    origin: str = ""
    new_state: WitnessState | None = None
    retry_after_s: int | None = None
    evidence: bytes | None = None


def decide(
    request: bytes,
    *,
    known: Mapping[str, tuple[Sequence[VerifierKey], WitnessState | None]],
    signers: Sequence[SignerKey],
    at_s: int,
) -> Decision:
    """Answer one add-checkpoint body. `known` maps origins to the log's keys and our last state of it.

    Lines under our own name are lines of unknown keys here: a stranger cannot harm our state by forging one.
    """
    if not signers:
        raise InvalidStatement("a witness answers with at least one cosignature; give it a key")
    try:
        asked = parse_request(request)
    except MalformedReply as error:
        return _refusal(400, str(error))
    checkpoint = asked.checkpoint
    origin = checkpoint.origin
    if origin not in known:
        return _refusal(404, "this witness does not know the log")
    log_keys, state = known[origin]
    try:
        verify_checkpoint(asked.note, origin=origin, log_keys=log_keys)
    except (UnknownKey, BadSignature) as error:
        return _refusal(403, str(error), origin)
    if asked.old_size > checkpoint.size:
        return _refusal(400, f"the old size {asked.old_size} is above the checkpoint's {checkpoint.size}", origin)
    last = state if state is not None else WitnessState(0, EMPTY_ROOT)
    if asked.old_size != last.size:
        return Decision(409, b"%d\n" % last.size, SIZE, origin)
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return _refusal(422, "the root of an empty tree is SHA-256 of nothing", origin)
    try:
        verify_consistency(
            old_size=last.size,
            old_root=last.root,
            new_size=checkpoint.size,
            new_root=checkpoint.root,
            proof=asked.proof,
        )
    except BadProof as error:
        return _refusal(422, str(error), origin, evidence=_evidence(log_keys, last, asked))
    if at_s < last.at_s:
        wait_s = min(last.at_s - at_s, RETRY_AFTER_S_MAX)
        refusal = "the clock of this witness is behind its last cosignature"
        return Decision(503, refusal.encode() + b"\n", TEXT, origin, retry_after_s=wait_s)
    lines = cosign(checkpoint, signers, at_s=at_s)
    own = dict(known_signatures(parse_note(asked.note), log_keys))  # one line for each key, or 100 would fill it
    note = SignedNote(checkpoint.text, (*own.values(), *lines)).encode()
    new_state = WitnessState(checkpoint.size, checkpoint.root, at_s, note)
    return Decision(200, "".join(line.line for line in lines).encode(), TEXT, origin, new_state)


def encode_request(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """An add-checkpoint body. Send a note of `checkpoint.own_lines_only`: some witnesses cap requests at 16 KiB."""
    if len(proof) > PROOF_HASHES_MAX:
        raise InvalidStatement(f"a consistency proof has at most {PROOF_HASHES_MAX} hashes, not {len(proof)}")
    head = "".join((f"old {old_size}\n", *(f"{base64_text(node)}\n" for node in proof)))
    return head.encode() + b"\n" + note


def parse_request(data: bytes) -> Request:
    """Raises MalformedReply. `encode_request` of the parts gives the same bytes whenever it does not."""
    if len(data) > REQUEST_BYTES_MAX:
        raise MalformedReply(f"add-checkpoint: expected at most {REQUEST_BYTES_MAX} bytes, got {len(data)}")
    head, separator, note = data.partition(b"\n\n")
    if not separator or not head.isascii():
        raise MalformedReply("add-checkpoint: expected ASCII lines, an empty line and a checkpoint", evidence=data)
    lines = head.decode("ascii").split("\n")
    first = lines.pop(0)
    old_size = parse_decimal(first.removeprefix("old ")) if first.startswith("old ") else None
    if old_size is None:
        raise MalformedReply(f"add-checkpoint: expected 'old' and a size, got {first[:40]!r}", evidence=data)
    if len(lines) > PROOF_HASHES_MAX:
        raise MalformedReply(
            f"add-checkpoint: expected at most {PROOF_HASHES_MAX} proof lines, got {len(lines)}", evidence=data
        )
    proof: list[bytes] = []
    for line in lines:
        node = parse_hash(line)
        if node is None:
            raise MalformedReply(f"add-checkpoint: expected a hash in base64, got {line[:80]!r}", evidence=data)
        proof.append(node)
    return Request(old_size, tuple(proof), note, parse_checkpoint(parse_note(note).text))


def parse_cosignatures(body: bytes, checkpoint: Checkpoint, witnesses: Sequence[VerifierKey]) -> tuple[Signature, ...]:
    """The lines of a 200 answer that our witnesses signed; lines of unknown keys are left out.

    Raises MalformedReply, BadSignature when a known key's line fails or states no time, UnknownKey when none is left.
    """
    found: list[Signature] = []
    for key, signature in known_signatures(SignedNote("", parse_signature_lines(body)), witnesses):
        if verify_cosignature(checkpoint, key, signature).at_s == 0:
            raise BadSignature(f"cosignature by {key.name} states no time", party=key.name, evidence=body)
        found.append(signature)
    if not found:
        raise UnknownKey("the answer holds no cosignature by the witness that was asked", evidence=body)
    return tuple(found)


def parse_size(body: bytes) -> int:
    """The size in a 409 answer. Raises MalformedReply."""
    text = body[:32].decode("ascii", "replace")
    size = parse_decimal(text[:-1]) if text.endswith("\n") and len(body) <= 32 else None
    if size is None:
        raise MalformedReply("witness: expected a size and LF", evidence=body[:32])
    return size


def _refusal(status: int, reason: str, origin: str = "", *, evidence: bytes | None = None) -> Decision:
    return Decision(status, reason.encode(errors="replace") + b"\n", TEXT, origin, evidence=evidence)


def _evidence(log_keys: Sequence[VerifierKey], last: WitnessState, asked: Request) -> bytes | None:
    """A signed second history, when the request happens to prove one; the stored note holds the log's own lines."""
    try:
        return make_evidence(log_keys, last.note, asked.note, asked.proof)
    except RemoteError:
        return None
