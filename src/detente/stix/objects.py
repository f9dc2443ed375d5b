"""STIX 2.1 objects (OASIS Standard, 10 June 2021, sections 2 and 3): identifiers, timestamps, versions, bundles.

Implemented: the common properties of every object. Properties we do not know are kept, as are types we do not know.
Stricter: identifiers are lower case `type--uuid` and begin with the object's own type; timestamps are real dates in UTC
with a capital T and Z, at most nine digits of a second and no leap second; `modified` is not before `created`.
STIX 2.0 bundles are raised to 2.1 as `to_21` says.

    {"type": "identity", "spec_version": "2.1", "id": "identity--c78cb6e5-0c4b-4611-8297-d1b8b55e40b5",
     "created": "2017-06-01T00:00:00.000Z", "modified": "2017-06-01T00:00:00.000Z",
     "name": "A", "identity_class": "organization"}
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import cast
from uuid import UUID, uuid5

from detente.errors import InvalidObject
from detente.stix.canonical import BYTES_MAX, JsonValue, encode, parse

JsonObject = dict[str, JsonValue]

# STIX 2.1 section 2.9: the namespace of deterministic identifiers of cyber-observable objects.
SCO_NAMESPACE = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")


@dataclass(frozen=True, slots=True)
class StixObject:
    """One checked object, equal to another when their bodies are.

    `body` is its canonical form; `value` is the same object parsed, and is never changed in place.
    """

    value: JsonObject = field(compare=False, repr=False)
    body: bytes

    @property
    def id(self) -> str:
        return cast(str, self.value["id"])

    @property
    def type(self) -> str:
        return cast(str, self.value["type"])

    @property
    def created(self) -> str:
        """As written, or "" for the types that have none (cyber-observable objects)."""
        return cast(str, self.value.get("created", ""))

    @property
    def modified(self) -> str:
        return cast(str, self.value.get("modified", ""))

    @property
    def version(self) -> str:
        """What tells versions of one identifier apart: `modified`, else `created`, else ""."""
        return self.modified or self.created

    @property
    def version_us(self) -> int | None:
        """The version in microseconds since 1970 UTC, by which versions are ordered: spelling does not matter here."""
        return parse_timestamp(self.version) if self.version else None

    @property
    def spec_version(self) -> str:
        """As written; where absent, 2.1 for cyber-observable objects (it is optional there) and 2.0 for the rest."""
        return cast(str, self.value.get("spec_version", "2.1" if self.type in SCO_ID_PROPERTIES else "2.0"))

    @property
    def created_by(self) -> str:
        return cast(str, self.value.get("created_by_ref", ""))

    @property
    def revoked(self) -> bool:
        return self.value.get("revoked") is True

    @property
    def marking_refs(self) -> tuple[str, ...]:
        return tuple(cast(list[str], self.value.get("object_marking_refs", [])))

    @property
    def granular_markings(self) -> tuple[JsonObject, ...]:
        return tuple(cast(list[JsonObject], self.value.get("granular_markings", [])))


def parse_object(data: bytes | JsonValue, *, bytes_max: int = BYTES_MAX) -> StixObject:
    """One object, from its text or from a value that `canonical.parse` gave. Raises InvalidObject."""
    value = parse(data, bytes_max=bytes_max) if isinstance(data, bytes) else data
    if not isinstance(value, dict):
        raise InvalidObject(f"a STIX object is a JSON object, this is {_kind(value)}")
    _check_common(value)
    return StixObject(value, encode(value))


def parse_bundle(data: bytes, *, bytes_max: int = 100 << 20) -> list[StixObject]:
    """Every object of a bundle, STIX 2.1 or 2.0; the text is parsed once. One bad object refuses the whole bundle."""
    return bundle_objects(parse(data, bytes_max=bytes_max))


def bundle_objects(bundle: JsonValue) -> list[StixObject]:
    """As `parse_bundle`, from a parsed value."""
    result = []
    for index, value in enumerate(bundle_values(bundle)):
        try:
            result.append(parse_object(value))
        except InvalidObject as error:
            raise InvalidObject(f"object {index} of the bundle: {error}") from None
    return result


def bundle_values(bundle: JsonValue) -> list[JsonValue]:
    """What a bundle holds, not yet checked, with STIX 2.0 raised to 2.1.

    A versioned object without a spec_version is a 2.0 object, in a 2.0 bundle and (section 8) in a 2.1 bundle.
    """
    if not isinstance(bundle, dict) or bundle.get("type") != "bundle":
        raise InvalidObject('a STIX bundle is a JSON object with "type": "bundle"')
    values = bundle.get("objects", [])
    if not isinstance(values, list):
        raise InvalidObject(f"the bundle's objects are a list, this is {_kind(values)}")
    return [to_21(value) if is_20(value) else value for value in values]


def is_20(value: JsonValue) -> bool:
    return isinstance(value, dict) and "spec_version" not in value and "created" in value


def bundle(objects: Iterable[StixObject], identifier: str) -> bytes:
    """A STIX 2.1 bundle of these objects; the identifier comes from `new_id("bundle", …)`."""
    if parse_identifier(identifier)[0] != "bundle":
        raise InvalidObject(f"a bundle's identifier begins with bundle--, this is {identifier}")
    inner = b",".join(item.body for item in objects)
    return b'{"id":"%s","objects":[%s],"type":"bundle"}' % (identifier.encode(), inner)


def parse_identifier(text: str) -> tuple[str, UUID]:
    """`("indicator", UUID)` of `indicator--…`; raises InvalidObject."""
    match = _IDENTIFIER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InvalidObject(f"{_shown(text)} is no STIX identifier; expected type--uuid in lower case")
    return match[1], UUID(match[2])


def new_id(type_: str, random: bytes) -> str:
    """A version 4 identifier from 16 random bytes of the caller's."""
    if _TYPE.fullmatch(type_) is None:
        raise InvalidObject(f"{_shown(type_)} is no STIX type name; use 3 to 250 of a-z, 0-9 and -")
    return f"{type_}--{UUID(bytes=random, version=4)}"


def deterministic_id(value: JsonObject) -> str:
    """The identifier STIX 2.1 prescribes for a cyber-observable object, so that all who saw one thing name it alike.

    Raises InvalidObject for a type without such a rule (every SDO, and `process`) and when no property of it is there.
    """
    type_ = value.get("type")
    names = SCO_ID_PROPERTIES.get(type_, ()) if isinstance(type_, str) else ()
    parts: JsonObject = {name: value[name] for name in names if name in value}
    hashes = parts.get("hashes")
    if isinstance(hashes, dict):
        # Section 2.9: of several hashes only one contributes, the first of these, else the first by name.
        chosen = next(
            (name for name in ("MD5", "SHA-1", "SHA-256", "SHA-512") if name in hashes), min(hashes, default=None)
        )
        if chosen is None:
            del parts["hashes"]
        else:
            parts["hashes"] = {chosen: hashes[chosen]}
    if not parts:
        raise InvalidObject(f"STIX prescribes no deterministic identifier for this {_shown(type_)}; use new_id")
    return f"{type_}--{uuid5(SCO_NAMESPACE, encode(parts).decode())}"


def to_21(value: JsonValue) -> JsonValue:
    """A STIX 2.0 object as 2.1; nothing is dropped, and identifier and times stay.

    `spec_version` is added. For the five types whose 2.0 `labels` named the kind, they become 2.1's `…_types`. What 2.1
    demands and 2.0 does not say is filled in: `pattern_type` "stix" for an indicator, `is_family` true for malware (2.0
    had no word for a single sample). `observed-data` keeps its embedded `objects`, which 2.1 allows as deprecated.
    """
    if not isinstance(value, dict):
        return value
    raised: JsonObject = {**value, "spec_version": "2.1"}
    type_ = value.get("type")
    types = _LABELS_BECOME.get(type_) if isinstance(type_, str) else None
    if types is not None and types not in raised and "labels" in raised:
        raised[types] = raised.pop("labels")
    if type_ == "indicator":
        raised.setdefault("pattern_type", "stix")
    elif type_ == "malware":
        raised.setdefault("is_family", True)
    return raised


@lru_cache(maxsize=4096)
def parse_timestamp(text: str) -> int:
    """Microseconds since 1970 UTC of an RFC 3339 timestamp in STIX's form; digits past the sixth are cut."""
    if _TIMESTAMP.fullmatch(text) is None:
        raise InvalidObject(f"{_shown(text)} is no STIX timestamp; expected 2026-01-31T23:59:59.000Z")
    try:
        moment = datetime.fromisoformat(text)  # which reads more than this form, and cuts digits as we do
    except ValueError as error:
        raise InvalidObject(f"{_shown(text)} is no moment in time: {error}") from None
    seconds = ((moment.toordinal() - _EPOCH_DAY) * 24 + moment.hour) * 3600 + moment.minute * 60 + moment.second
    return seconds * 1_000_000 + moment.microsecond


def format_timestamp(us: int, digits: int = 3) -> str:
    """The STIX form with 3 or 6 digits of a second; finer digits are cut, never rounded into the future."""
    if digits not in (3, 6):
        raise ValueError("digits is 3 or 6")
    try:
        moment = _EPOCH + timedelta(microseconds=us)
    except OverflowError:
        raise InvalidObject(f"{us} µs is outside the years 1 to 9999") from None
    return moment.strftime(f"{moment.year:04d}-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}"[:digits] + "Z"


def _check_common(value: JsonObject) -> None:
    """The properties that later code relies on; `_types` of the values, not of everything STIX says about them."""
    type_, identifier = value.get("type"), value.get("id")
    if not isinstance(type_, str) or not isinstance(identifier, str):
        raise InvalidObject("a STIX object needs a type and an id, both text")
    match = _IDENTIFIER.fullmatch(identifier)
    if match is None:
        raise InvalidObject(f"{_shown(identifier)} is no STIX identifier; expected {_shown(type_)}--uuid in lower case")
    if match[1] != type_:
        raise InvalidObject(f"the identifier {identifier} belongs to another type than {_shown(type_)}")
    if type_ == "bundle":
        raise InvalidObject("a bundle is no object; read it with parse_bundle")
    created, modified = (_timestamp(value, name) for name in ("created", "modified"))
    if modified is not None and (created is None or modified < created):
        raise InvalidObject(f"{identifier}: modified is not before created, and not without it")
    if type_ in _VERSIONED and (created is None or modified is None):
        raise InvalidObject(f"{identifier}: {type_} objects need created and modified")
    if not isinstance(value.get("revoked", False), bool):
        raise InvalidObject(f"{identifier}: revoked is true or false")
    if not isinstance(value.get("spec_version", ""), str):
        raise InvalidObject(f"{identifier}: spec_version is text")
    if "created_by_ref" in value:
        _reference(identifier, "created_by_ref", value["created_by_ref"])
    if "object_marking_refs" in value:
        refs = value["object_marking_refs"]
        if not isinstance(refs, list):
            raise InvalidObject(f"{identifier}: object_marking_refs is a list")
        for ref in refs:
            _reference(identifier, "object_marking_refs", ref)
    if "granular_markings" in value:
        granular = value["granular_markings"]
        if not isinstance(granular, list) or not all(isinstance(item, dict) for item in granular):
            raise InvalidObject(f"{identifier}: granular_markings is a list of objects")


def _timestamp(value: JsonObject, name: str) -> int | None:
    text = value.get(name)
    if text is None and name not in value:
        return None
    if not isinstance(text, str):
        raise InvalidObject(f"{name} is a timestamp, this is {_kind(text)}")
    return parse_timestamp(text)


def _reference(identifier: str, name: str, value: JsonValue) -> None:
    if not isinstance(value, str) or _IDENTIFIER.fullmatch(value) is None:
        raise InvalidObject(f"{identifier}: {name} holds {_shown(value)}, which is no STIX identifier")


def _kind(value: JsonValue) -> str:
    return {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}.get(
        type(value), "a number"
    )


def _shown(value: object) -> str:
    """A stranger's text for a message: short, and without characters that could rearrange a terminal line."""
    text = value if isinstance(value, str) else repr(value)
    return ascii(text if len(text) <= 60 else text[:57] + "...")


# Section 2.9: the properties that contribute to a deterministic identifier. `process` has none on purpose.
SCO_ID_PROPERTIES: dict[str, tuple[str, ...]] = {
    "artifact": ("hashes", "payload_bin"),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("from_ref", "subject", "body"),
    "file": ("hashes", "name", "parent_directory_ref", "extensions"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": ("start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"),
    "process": (),
    "software": ("name", "cpe", "swid", "vendor", "version"),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
}

_LABELS_BECOME = {
    "indicator": "indicator_types",
    "malware": "malware_types",
    "report": "report_types",
    "threat-actor": "threat_actor_types",
    "tool": "tool_types",
}

# The domain and relationship objects of STIX 2.1; types we do not know may or may not be versioned.
_VERSIONED = frozenset(
    {
        "attack-pattern",
        "campaign",
        "course-of-action",
        "extension-definition",
        "grouping",
        "identity",
        "incident",
        "indicator",
        "infrastructure",
        "intrusion-set",
        "language-content",
        "location",
        "malware",
        "malware-analysis",
        "note",
        "observed-data",
        "opinion",
        "relationship",
        "report",
        "sighting",
        "threat-actor",
        "tool",
        "vulnerability",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_TYPE = re.compile(r"(?=.{3,250}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
_IDENTIFIER = re.compile(
    r"(?=.{3,250}--[^-]{8}-)([a-z0-9]+(?:-[a-z0-9]+)*)--([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
)
_TIMESTAMP = re.compile(
    # Later versions of Python read 24:00 as the next day.
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z",
    re.ASCII,
)
