"""The envelope of everything a party says: leaf, header, body, commitment, opening. `docs/formats/statement.md` is normative.

A leaf is one entry of a log, canonical JSON (RFC 8785), in one of four shapes told apart by `t`:

    c  {"c": "<43 characters>", "t": "c", "v": 1}                       a commitment: 65 bytes, always
    p  {"at": …, "body": {…}, "kind": …, "media": …, "t": "p", "v": 1}    a public object in clear
    k  {"at": …, "event": …, "proof"?: …, "role": …, "t": "k", "v": 1, "vkey": …}      a key event in clear
    x  {"at": …, "ground": …, "indices": […], "t": "x", "v": 1}           an erasure notice

    C      = HMAC-SHA-256(key = header_salt, "detente/header/v1" 00 header)
    header = canonical JSON {aud, body, kind, log, media, pad, re?, seen, t, v}
    body   = base64url(HMAC-SHA-256(key = body_salt, "detente/body/v1" 00 body bytes))

`t` and `at` are microseconds since 1970 UTC, as claimed by the speaker. `aud` is the sorted list of the addressees' origins: one
leaf with many addressees proves that all were told the same. `seen` holds the latest checkpoints of their logs, which brackets the
statement between the other side's own signatures. `re` points at another leaf. `pad` fills the header to a multiple of 256 bytes.

Stricter than needed: a header has exactly these fields, and a leaf that is not byte-for-byte canonical is refused.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import msgspec

from detente.errors import BadProof, InvalidObject, MalformedReply
from detente.stix.canonical import INTEGER_MAX, JsonValue, encode, parse_canonical

SALT_BYTES = 32
SALTS_BYTES = 2 * SALT_BYTES
LEAF_BYTES_MAX = 65_535
BODY_BYTES_MAX = 1 << 20
HEADER_BYTES_MAX = 1 << 16
HEADER_BUCKET_BYTES = 256
COMMITMENT_LEAF_BYTES = 65

STIX_MEDIA = "application/stix+json;version=2.1"
JSON_MEDIA = "application/json"

# The kinds of statement of this release. A kind that we do not know is kept and shown, never dropped.
KINDS = {
    "object": "a STIX object, shared with its addressees",
    "acknowledgement": "what we received of a partner's log, and under which checkpoint we verified it",
    "withdrawal": "an earlier statement, named by `re`, is withdrawn by its speaker",
    "message": "a move in the channel: notice, request, warning, reply and what follows",
    "consultation": "a meeting or call was held: subject, level, participants by role, outcome",
    "minutes": "one side's account of a consultation, item by item",
    "reveal": "the text and key of what an earlier statement sealed",
    "correction": "an earlier statement, named by `re`, is corrected by its speaker",
    "claim": "somebody's words about something, quoted, with the hops they came through",
    "board": "a question of attribution and its hypotheses",
    "assessment": "how likely one assessor holds the hypotheses of a board, how sure, on what basis",
    "position": "endorsement, denial or non-assertion concerning a board, by whom",
    "rating": "one rater's marks of evidence against hypotheses",
    "finding": "the speaker's word on whether an incident or an impact occurred",
    "tasking": "an assessor was asked for speed or content, by whom",
    "milestone": "when something was first seen, assessed, decided or published",
    "commitment": "where a party stands on a norm: signalled, accepted, implemented, with source",
    "agreement": "the text of an agreement, in clauses with a version",
    "amendment": "proposed change of clauses of an agreement",
    "signature": "a party's consent to an agreement or an amendment",
    "undertaking": "talked of, agreed, implemented or verified: a step of something promised",
    "limit": "a declared limit, how it is verified and when data are exchanged next",
    "conduct": "what one party says of conduct under a norm",
    "answer": "the other party's reply to a conduct entry",
    "response": "a response that was decided, or none, or one that is sealed",
    "plan": "what an evaluation will count, fixed before anybody looks",
    "evaluation": "the result of a plan",
    "proposal": "something proposed, accepted, declined or withdrawn",
    "intersection": "a step of a private intersection of two sets",
    "relay": "something passed on for a party that is not named, or a reply to it",
    "measure": "a recommendation or measure of a review, its owner and its state",
    "import": "journal only: an object taken in from a document, not yet shared",
    "share": "journal only: what was shared with whom, and the removal report",
    "hunt": "journal only: a hunt over our own logs and its result",
    "receipt": "journal only: what was pulled, verified and countersigned",
    "decision": "journal only: a partner, collection or token was added, changed or revoked",
    "evidence": "journal only: bytes that show a partner's misconduct",
    "draft": "journal only: something to be said, waiting for a second person",
    "approval": "journal only: a second person approved or dropped a draft",
    "seal": "journal only: the key and text of a seal of ours that is still closed",
    "article": "journal only: a text that was read in, and the candidate claims found in it",
    "review": "journal only: a person accepted, changed or rejected a candidate claim",
}

_HEADER_DOMAIN = b"detente/header/v1\x00"
_BODY_DOMAIN = b"detente/body/v1\x00"
_TO_URL = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint of an addressee's log that the speaker had verified when it spoke."""

    log: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Ref:
    """Another leaf, by log, index and leaf hash."""

    log: str
    index: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Header:
    aud: tuple[str, ...]
    body: bytes
    kind: str
    log: str
    media: str
    t_us: int
    seen: tuple[Seen, ...] = ()
    re: Ref | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What an addressee gets beside the leaf. `body` and `body_salt` are both empty after an erasure of the text."""

    header: bytes
    header_salt: bytes
    body: bytes
    body_salt: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    leaf: bytes
    opening: Opening


@dataclass(frozen=True, slots=True)
class CommitmentLeaf:
    commitment: bytes


@dataclass(frozen=True, slots=True)
class PublicLeaf:
    kind: str
    media: str
    body: bytes
    at_us: int


@dataclass(frozen=True, slots=True)
class KeyLeaf:
    """`event` is "add" or "retire". `proof`: base64 of a signature by the key that is added, "" where it is known by an invitation."""

    event: str
    role: str
    vkey: str
    at_us: int
    proof: str = ""


@dataclass(frozen=True, slots=True)
class ErasureLeaf:
    """`indices`: the entries of this log whose bodies are gone; `ground`: the legal ground, in the party's words."""

    indices: tuple[int, ...]
    ground: str
    at_us: int


Leaf: TypeAlias = CommitmentLeaf | PublicLeaf | KeyLeaf | ErasureLeaf


def seal(
    bodies: Sequence[bytes],
    *,
    aud: Sequence[str],
    kind: str,
    log: str,
    media: str,
    times_us: Sequence[int],
    salts: bytes,
    seen: Sequence[Seen] = (),
    re: Sequence[Ref | None] | None = None,
) -> list[Sealed]:
    """Seal bodies that share everything but their time and reference, one leaf each.

    `bodies` are canonical JSON of at most 1 MiB; `salts` are 64 fresh random bytes for each, never used twice.
    """
    if len(salts) != SALTS_BYTES * len(bodies) or len(times_us) != len(bodies):
        raise ValueError("seal needs 64 random bytes and one time for each body")
    refs: Sequence[Ref | None] = re if re is not None else [None] * len(bodies)
    # The fields that are the same for all are encoded once; a header is five slices around what differs.
    head = b'{"aud":' + encode(list[JsonValue](sorted(set(aud)))) + b',"body":"'
    middle = b'","kind":' + encode(kind) + b',"log":' + encode(log) + b',"media":' + encode(media) + b',"pad":"'
    tail = b'"seen":' + encode([_seen_value(s) for s in sorted(seen, key=lambda s: s.log)]) + b',"t":'
    sealed = []
    position = 0
    for body, time_us, ref in zip(bodies, times_us, refs, strict=True):
        if len(body) > BODY_BYTES_MAX:
            raise InvalidObject(f"a body has at most {BODY_BYTES_MAX} bytes; this one has {len(body)}")
        header_salt = salts[position : position + SALT_BYTES]
        body_salt = salts[position + SALT_BYTES : position + SALTS_BYTES]
        position += SALTS_BYTES
        before = head + _commit(body_salt, _BODY_DOMAIN, body) + middle
        after = (
            b'",' + (b"" if ref is None else b'"re":' + encode(_ref_value(ref)) + b",") + tail + b'%d,"v":1}' % time_us
        )
        header = before + b"0" * (-(len(before) + len(after)) % HEADER_BUCKET_BYTES) + after
        leaf = b'{"c":"' + _commit(header_salt, _HEADER_DOMAIN, header) + b'","t":"c","v":1}'
        sealed.append(Sealed(leaf, Opening(header, header_salt, body, body_salt)))
    return sealed


def public_leaf(body: bytes, *, kind: str, media: str, at_us: int) -> bytes:
    """The leaf of a body in clear. Raises InvalidObject when it does not fit into an entry."""
    leaf = b'{"at":%d,"body":%b,"kind":%b,"media":%b,"t":"p","v":1}' % (at_us, body, encode(kind), encode(media))
    if len(leaf) > LEAF_BYTES_MAX:
        raise InvalidObject(
            f"a public statement must fit into an entry of {LEAF_BYTES_MAX} bytes; this one needs {len(leaf)}. "
            "Share it with named addressees instead."
        )
    return leaf


def key_leaf(leaf: KeyLeaf) -> bytes:
    value: dict[str, JsonValue] = {"at": leaf.at_us, "event": leaf.event, "role": leaf.role, "t": "k", "v": 1}
    return encode({**value, "vkey": leaf.vkey, **({"proof": leaf.proof} if leaf.proof else {})})


def erasure_leaf(leaf: ErasureLeaf) -> bytes:
    value: JsonValue = {"at": leaf.at_us, "ground": leaf.ground, "indices": list(leaf.indices), "t": "x", "v": 1}
    return encode(value)


def parse_leaf(data: bytes) -> Leaf:
    """Any leaf of version 1. Raises MalformedReply."""
    if len(data) == COMMITMENT_LEAF_BYTES and data[:6] == b'{"c":"' and data[49:] == b'","t":"c","v":1}':
        return CommitmentLeaf(unbase64url(data[6:49].decode("ascii", "replace")))
    if len(data) > LEAF_BYTES_MAX:
        raise MalformedReply(f"a leaf has at most {LEAF_BYTES_MAX} bytes; this one has {len(data)}")
    match _object(data, "leaf"):
        case {"t": "p", "v": 1, "at": int(at), "body": body, "kind": str(kind), "media": str(media), **rest} if (
            not rest
        ):
            return PublicLeaf(kind, media, encode(body), at)
        case {"t": "k", "v": 1, "at": int(at), "event": str(event), "role": str(role), "vkey": str(vkey), **rest}:
            match rest:
                case {"proof": str(proof), **more} if proof and not more:
                    return KeyLeaf(event, role, vkey, at, proof)
                case _ if not rest:
                    return KeyLeaf(event, role, vkey, at)
        case {"t": "x", "v": 1, "at": int(at), "ground": str(ground), "indices": list(indices), **rest} if not rest:
            if not all(type(i) is int and i >= 0 for i in indices):
                raise MalformedReply("an erasure notice lists indices of entries")
            return ErasureLeaf(tuple(i for i in indices if isinstance(i, int)), ground, at)
    raise MalformedReply('not a leaf of version 1: expected the shape c, p, k or x with "v": 1', evidence=data)


def parse_header(data: bytes) -> Header:
    """A header, strictly: canonical, with exactly the fields of version 1. Raises MalformedReply."""
    if len(data) > HEADER_BYTES_MAX:
        raise MalformedReply(f"a header has at most {HEADER_BYTES_MAX} bytes; this one has {len(data)}")
    fields = _header_fields(data)
    if fields.aud != sorted(set(fields.aud)):
        raise MalformedReply("aud must be a sorted list of different origins")
    if fields.pad.strip("0") or len(data) % HEADER_BUCKET_BYTES:
        raise MalformedReply(f"pad must be zeros that fill the header to a multiple of {HEADER_BUCKET_BYTES} bytes")
    ref = fields.re
    return Header(
        aud=tuple(fields.aud),
        body=unbase64url(fields.body),
        kind=fields.kind,
        log=fields.log,
        media=fields.media,
        t_us=fields.t,
        seen=tuple(Seen(seen.log, seen.size, unbase64url(seen.root)) for seen in fields.seen),
        re=None if ref is msgspec.UNSET else Ref(ref.log, ref.index, unbase64url(ref.leaf)),
    )


_Count = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]


class _SeenFields(msgspec.Struct, forbid_unknown_fields=True):
    log: str
    root: str
    size: _Count


class _RefFields(msgspec.Struct, forbid_unknown_fields=True):
    index: _Count
    leaf: str
    log: str


class _HeaderFields(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """In the order of the canonical form, so that writing it gives that form."""

    aud: list[str]
    body: str
    kind: str
    log: str
    media: str
    pad: str
    re: _RefFields | msgspec.UnsetType = msgspec.UNSET
    seen: list[_SeenFields]
    t: _Count
    v: Literal[1]


_header_decoder = msgspec.json.Decoder(_HeaderFields)
_header_encoder = msgspec.json.Encoder()


def _header_fields(data: bytes) -> _HeaderFields:
    # Fields in order and no floats: within ASCII this text has one way to be written, and it is the canonical one.
    if data.isascii():
        with suppress(msgspec.DecodeError):
            fields = _header_decoder.decode(data)
            if _header_encoder.encode(fields) == data:
                return fields
    try:
        return msgspec.convert(_object(data, "header"), _HeaderFields)
    except msgspec.ValidationError as error:
        raise MalformedReply(
            "a header of version 1 has exactly: aud, body, kind, log, media, pad, seen, t, v and at most re; "
            f"here: {error}"
        ) from None


def verify_opening(leaf: bytes, opening: Opening, *, log: str, reader: str | None) -> Header:
    """Check an opening against the leaf that the log holds, and return its header.

    `log` is the origin under whose checkpoint the leaf was verified. `reader` is our own origin when we are to be an addressee,
    None where anybody may check (a proof handed over). Inclusion of the leaf is the caller's, who knows the tree.
    Raises MalformedReply when it cannot be parsed, BadProof when it does not open this leaf.
    """
    # (1) salt sizes
    if len(opening.header_salt) != SALT_BYTES or len(opening.body_salt) not in (0, SALT_BYTES):
        raise BadProof(f"salts have {SALT_BYTES} bytes", party=log)
    # (2) canonical form
    header = parse_header(opening.header)
    # (3) the leaf commits to this header
    parsed = parse_leaf(leaf)
    if not isinstance(parsed, CommitmentLeaf):
        raise BadProof("the leaf is in clear and has no opening", party=log)
    if not hmac.compare_digest(
        hmac.digest(opening.header_salt, _HEADER_DOMAIN + opening.header, "sha256"), parsed.commitment
    ):
        raise BadProof("the header does not open the leaf's commitment", party=log)
    # (4) the header commits to this body
    if opening.body_salt:
        if not hmac.compare_digest(hmac.digest(opening.body_salt, _BODY_DOMAIN + opening.body, "sha256"), header.body):
            raise BadProof("the body does not open the header's commitment", party=log)
        if len(opening.body) > BODY_BYTES_MAX:
            raise BadProof(f"a body has at most {BODY_BYTES_MAX} bytes", party=log)
        _canonical(opening.body, "body")
    elif opening.body:
        raise BadProof("a body came without its salt", party=log)
    # (5) a commitment copied from another log cannot be opened as one's own
    if header.log != log:
        raise BadProof(f"the header was written for the log {header.log}, not for {log}", party=log)
    # (6) addressed to us
    if reader is not None and reader not in header.aud:
        raise BadProof(f"{reader} is not among the addressees", party=log)
    return header


def encode_openings(openings: Sequence[tuple[int, Opening]]) -> bytes:
    """Openings on the wire: for each, the index as u64 and four byte strings with a u32 length before each, big-endian."""
    parts: list[bytes] = []
    for index, opening in openings:
        parts.append(index.to_bytes(8, "big"))
        for field in (opening.header, opening.header_salt, opening.body, opening.body_salt):
            parts.append(len(field).to_bytes(4, "big"))
            parts.append(field)
    return b"".join(parts)


def parse_openings(data: bytes) -> Iterator[tuple[int, Opening]]:
    """The inverse of `encode_openings`; raises MalformedReply on a truncated or oversized part."""
    position, end = 0, len(data)
    while position < end:
        index = int.from_bytes(data[position : position + 8], "big")
        position += 8
        fields = []
        for bound in (HEADER_BYTES_MAX, SALT_BYTES, BODY_BYTES_MAX, SALT_BYTES):
            size = int.from_bytes(data[position : position + 4], "big")
            if position + 4 + size > end or size > bound:
                raise MalformedReply(f"openings end in the middle of a field, or a field is larger than {bound} bytes")
            fields.append(data[position + 4 : position + 4 + size])
            position += 4 + size
        yield index, Opening(fields[0], fields[1], fields[2], fields[3])


def opening_document(opening: Opening, *, log: str, index: int) -> bytes:
    """One opening as a JSON file that a person can hand over beside a receipt; the checker in `docs/` reads it."""
    return encode(
        {
            "body": opening.body.decode(),
            "body_salt": base64url(opening.body_salt),
            "header": opening.header.decode(),
            "header_salt": base64url(opening.header_salt),
            "index": index,
            "log": log,
            "opening": "detente/opening/v1",
        }
    )


def parse_opening_document(data: bytes) -> tuple[str, int, Opening]:
    """Log, index and opening of a file made by `opening_document`. Raises MalformedReply."""
    match _object(data.rstrip(b"\n"), "opening file"):
        case {
            "opening": "detente/opening/v1",
            "log": str(log),
            "index": int(index),
            "header": str(header),
            "header_salt": str(header_salt),
            "body": str(body),
            "body_salt": str(body_salt),
        }:
            salt = unbase64url(body_salt) if body_salt else b""
            return log, index, Opening(header.encode(), unbase64url(header_salt), body.encode(), salt)
    raise MalformedReply(
        'an opening file is JSON with "opening": "detente/opening/v1", log, index, header, body and their salts'
    )


def base64url(data: bytes) -> str:
    """Unpadded base64url (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _commit(salt: bytes, domain: bytes, data: bytes) -> bytes:
    return base64.b64encode(hmac.digest(salt, domain + data, "sha256")).translate(_TO_URL)[:43]


def unbase64url(text: str) -> bytes:
    """32 bytes from their 43 characters; refuses padding, other alphabets and non-zero trailing bits."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32 or base64url(raw) != text:
        raise MalformedReply("expected 32 bytes as 43 characters of unpadded base64url")
    return raw


def _canonical(data: bytes, what: str) -> JsonValue:
    try:
        return parse_canonical(data)
    except InvalidObject as error:
        raise MalformedReply(f"{what}: {error}", evidence=data) from error


def _object(data: bytes, what: str) -> dict[str, JsonValue]:
    value = _canonical(data, what)
    if not isinstance(value, dict) or any(isinstance(field, bool) for field in value.values()):
        # No field of ours is true or false; in Python they would pass for 1 and 0.
        raise MalformedReply(f"a {what} is a JSON object without true or false in it", evidence=data)
    return value


def _seen_value(seen: Seen) -> JsonValue:
    return {"log": seen.log, "root": base64url(seen.root), "size": seen.size}


def _ref_value(ref: Ref) -> JsonValue:
    return {"index": ref.index, "leaf": base64url(ref.leaf), "log": ref.log}
