"""Statements folded into rows: the only definition of what can be queried.

A view is a pure function of one stored statement; `store.index` writes the rows and may throw them away at any time. What arrives here has
been verified before it was stored, so the heads of header and body are read without checking them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from detente.errors import InvalidObject, MalformedReply
from detente.statement import KINDS, base64url
from detente.stix.objects import SCO_ID_PROPERTIES, parse_identifier
from detente.taxii.times import version_key
from detente.tlog.merkle import leaf_hash

# Audience of a public object; an empty audience means: our own party's tools only.
EVERYBODY = "*"
RECEIVED = "received"
IMPORTED = "import/"

# Kinds that the log or the collections look after; every other kind that we know is a matter between parties.
_HOUSEKEEPING = frozenset(
    {"object", "acknowledgement", "withdrawal", "import", "share", "hunt", "receipt", "decision", "evidence"}
)
MATTERS = frozenset(KINDS) - _HOUSEKEEPING
# Fields of a body that name what the statement is about: by any of them it is found, and by its own id.
SUBJECT_FIELDS = ("thread", "board", "about", "incident", "agreement", "plan", "norm", "of", "repeats")
SUBJECTS_MAX = 200
SUBJECT_CHARACTERS_MAX = 300


class _Ref(msgspec.Struct):
    index: int
    log: str
    leaf: str = ""


class _Header(msgspec.Struct):
    aud: list[str]
    kind: str
    log: str
    t: int
    re: _Ref | None = None


class _Object(msgspec.Struct):
    id: str
    type: str
    spec_version: str = ""
    created: str = ""
    modified: str = ""


class _Range(msgspec.Struct):
    log: str
    first: int
    last: int


class _Acknowledgement(msgspec.Struct):
    entries: list[_Range]


_Names = str | list[str]


class _Subjects(msgspec.Struct):
    """The SUBJECT_FIELDS of a body; each is a name or a list of names."""

    thread: _Names = ""
    board: _Names = ""
    about: _Names = ""
    incident: _Names = ""
    agreement: _Names = ""
    plan: _Names = ""
    norm: _Names = ""
    of: _Names = ""
    repeats: _Names = ""


class _Public(msgspec.Struct):
    at: int
    kind: str


_header = msgspec.json.Decoder(_Header)
_object = msgspec.json.Decoder(_Object)
_acknowledgement = msgspec.json.Decoder(_Acknowledgement)
_public = msgspec.json.Decoder(_Public)
_subjects = msgspec.json.Decoder(_Subjects)


@dataclass(frozen=True, slots=True)
class Stored:
    """One statement as the store holds it. `role` is own, journal or mirror; `leaf` is needed for public leaves and matters."""

    added: int
    log: int
    index: int
    role: str
    origin: str
    collection: str
    header: bytes
    body: bytes
    leaf: bytes = b""


@dataclass(slots=True)
class StatementRow:
    added: int
    log: int
    idx: int
    kind: str
    at_us: int
    audience: str


@dataclass(slots=True)
class ObjectRow:
    added: int
    log: int
    idx: int
    collection: str
    object_id: str
    type: str
    spec_version: str
    version: str
    version_key: str
    audience: str


@dataclass(frozen=True, slots=True)
class WithdrawalRow:
    """The statement at `idx` of the log numbered `log` was withdrawn at `added`."""

    added: int
    log: int
    idx: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """`receiver` says that it verified and holds entries first to last of `log`."""

    added: int
    receiver: str
    log: str
    first: int
    last: int
    at_us: int


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A statement of one of MATTERS can be found under `subject`; one such row, with `own`, has its own id."""

    added: int
    subject: str
    kind: str
    own: bool


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """Something was said in this thread: what was known of it does not hold any more."""

    id: str


Row = StatementRow | ObjectRow | WithdrawalRow | DeliveryRow | MatterRow | ThreadRow


def fold(stored: Stored) -> Sequence[Row]:
    """The rows of one statement: itself, and what its kind adds.

    Never raises for what a partner said: its commitment and its JSON were verified, its sense was not. What cannot be read as
    its kind is kept and shown as a statement, and adds nothing.
    """
    if stored.header:
        header = _header.decode(stored.header)
        kind, at_us, audience, re = header.kind, header.t, "\n".join(header.aud), header.re
    elif b'"t":"p"' in stored.leaf:
        public = _public.decode(stored.leaf)
        kind, at_us, audience, re = public.kind, public.at, EVERYBODY, None
    else:
        return ()  # erased with its header: nothing is left to query
    if stored.role != "own":
        audience = ""
    # PostgreSQL holds no NUL in a text.
    statement = StatementRow(stored.added, stored.log, stored.index, kind.replace("\0", "\ufffd"), at_us, audience)
    if kind == "withdrawal" and re is not None and re.log == stored.origin:
        # Only the speaker withdraws what it said: a reference into another log has no effect here. The text adds nothing to the
        # header, so that an erased withdrawal still holds.
        return (statement, WithdrawalRow(stored.added, stored.log, re.index))
    if kind in MATTERS:
        return (statement, *_matter_rows(stored, kind, re))
    if not stored.body:
        return (statement,)
    try:
        if kind == "object" or kind == "import":
            return (statement, _object_row(stored, kind, audience))
        if kind == "acknowledgement" and stored.role != "journal":
            return (statement, *_delivery_rows(stored, at_us))
    except (msgspec.DecodeError, InvalidObject, MalformedReply):
        pass
    return (statement,)


def _matter_rows(stored: Stored, kind: str, re: _Ref | None) -> Sequence[MatterRow | ThreadRow]:
    """An erased statement is still found by its id and by what it answers: that it was said is no secret to who was told."""
    own = base64url(leaf_hash(stored.leaf))
    fields = _Subjects()
    names: set[str] = set()
    if not stored.body and re is not None:
        names.add(re.leaf)
    elif stored.body:
        with suppress(msgspec.DecodeError):
            fields = _subjects.decode(stored.body)
    for field in SUBJECT_FIELDS:
        value: _Names = getattr(fields, field)
        names.update((value,) if isinstance(value, str) else value[:SUBJECTS_MAX])
    rows: list[MatterRow | ThreadRow] = [MatterRow(stored.added, own, kind, True)]
    rows += [MatterRow(stored.added, name, kind, False) for name in sorted(filter(_is_subject, names - {own}))]
    if kind == "message" and stored.body:
        thread = fields.thread or own
        if isinstance(thread, str) and _is_subject(thread):
            rows.append(ThreadRow(thread))
    return rows


def _is_subject(name: str) -> bool:
    return 0 < len(name) <= SUBJECT_CHARACTERS_MAX and "\0" not in name


def _delivery_rows(stored: Stored, at_us: int) -> Sequence[DeliveryRow]:
    """One row for each beginning: a second range from the same entry says nothing new."""
    ranges = {r.first: r for r in reversed(_acknowledgement.decode(stored.body).entries)}
    return [
        DeliveryRow(stored.added, stored.origin, r.log, r.first, r.last, at_us)
        for r in ranges.values()
        if 0 <= r.first <= r.last and "\0" not in r.log
    ]


def _object_row(stored: Stored, kind: str, audience: str) -> ObjectRow:
    head = _object.decode(stored.body)
    version = head.modified or head.created
    spec_version = head.spec_version or ("2.1" if head.type in SCO_ID_PROPERTIES else "2.0")
    if stored.role == "mirror" and (parse_identifier(head.id)[0] != head.type or spec_version not in ("2.0", "2.1")):
        raise InvalidObject("not an object as we would say one")
    if kind == "import":
        collection = IMPORTED + stored.collection
    elif stored.role == "mirror":
        collection = RECEIVED
    else:
        collection = stored.collection
    return ObjectRow(
        stored.added,
        stored.log,
        stored.index,
        collection,
        head.id,
        head.type,
        spec_version,
        version,
        version_key(version) if stored.role == "mirror" else key_of(version),
        audience,
    )


def key_of(version: str) -> str:
    """The sort key of a version. Most versions are written with three digits, and theirs needs no calendar."""
    return f"{version[:-1]}000" if len(version) == 24 and version[19] == "." else version_key(version)
