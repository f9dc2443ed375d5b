"""Making plain STIX objects out of statements: identifiers, versions, markings, references that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from uuid import UUID, uuid5

from detente.errors import InvalidObject
from detente.said import Said
from detente.scales import OPINIONS, Likelihood
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp, parse_tlp
from detente.stix.objects import JsonObject, format_timestamp
from detente.when import SECOND_US, When
from detente.words import quoted

NAMESPACE = UUID("9f4f2f0e-5b0d-4b8e-9f0e-0c6a2d5b7e41")
# A party or an incident has no date of its own in a statement; a fixed one keeps its first version the same in every export.
UNDATED = "1970-01-01T00:00:00.000Z"

_STATEMENT = re.compile(r"[A-Za-z0-9_-]{43}")
_STIX = re.compile(r"[a-z0-9-]{3,60}--[0-9a-f-]{36}")


class Making:
    """Objects by identifier, in the order in which they were first needed."""

    def __init__(
        self, names: Mapping[str, str], parties: Collection[str], identity: Callable[[str], str], default: Tlp
    ) -> None:
        self.names = names
        self.parties = parties
        self.objects: dict[str, JsonObject] = {}
        self.markings: set[Tlp] = set()
        self._identity = identity
        self._default = default

    def party(self, origin: str) -> str:
        """The identity of a party."""
        id_ = self._identity(origin)
        self.objects.setdefault(
            id_,
            {
                **_head("identity", id_, UNDATED, UNDATED),
                "name": self.names.get(origin) or origin,
                "identity_class": "organization",
                "external_references": [{"source_name": "detente", "external_id": origin}],
            },
        )
        return id_

    def incident(self, name: str) -> str:
        """The stub of an incident: STIX 2.1 has nothing of an incident but its name."""
        id_ = f"incident--{uuid5(NAMESPACE, f'incident {name}')}"
        self.objects.setdefault(id_, {**_head("incident", id_, UNDATED, UNDATED), "name": name})
        return id_

    def record(self, origin: str) -> str:
        """The group of what a party said about nothing else that is in the bundle."""
        return self._group(f"record {origin}", f"Said by {self.names.get(origin, origin)}", [self.party(origin)])

    def subject(self, name: str) -> str:
        """The group of what was said about an incident."""
        return self._group(f"subject {name}", f"Said about {quoted(name)}", [self.incident(name)])

    def _group(self, key: str, name: str, refs: list[JsonValue]) -> str:
        id_ = f"grouping--{uuid5(NAMESPACE, key)}"
        head = _head("grouping", id_, UNDATED, UNDATED)
        self.objects.setdefault(id_, {**head, "name": name, "context": "unspecified", "object_refs": refs})
        return id_

    def matter(self, name: str, *, incident: bool) -> str | None:
        """A party by its origin; with `incident`, an incident by its name. None for anything else, such as another program's object."""
        if name in self.parties:
            return self.party(name)
        return self.incident(name) if incident and self.is_incident(name) else None

    def is_incident(self, name: str) -> bool:
        """Whether a name that somebody gave can be that of an incident: it names no party, no statement and no other program's object."""
        return name not in self.parties and not (_STATEMENT.fullmatch(name) or _STIX.fullmatch(name) or not name)

    def said(
        self, type_: str, said: Said, *parts: str, last_us: int = 0, labels: Sequence[str] = (), **properties: JsonValue
    ) -> str:
        """An object of this statement; `parts` tell several of one type apart. `last_us`: the newest statement that is in it."""
        id_ = id_of(type_, said, *parts)
        tlp = self.marking(said)
        self.markings.add(tlp)
        # A withdrawn statement is a new version, or a program that has the earlier one would keep it.
        modified_us = max(said.at_us, last_us) + (1000 if said.withdrawn else 0)
        self.objects[id_] = {
            **_head(type_, id_, format_timestamp(said.at_us), format_timestamp(modified_us)),
            "created_by_ref": self.party(said.speaker),
            "object_marking_refs": [tlp.marking_id],
            "labels": list(labels or (said.kind,)),
            "external_references": [
                {
                    "source_name": said.ref.log,
                    "external_id": str(said.ref.index),
                    "description": f"entry {said.ref.index} of the log, leaf hash {said.id}",
                }
            ],
            **({"revoked": True} if said.withdrawn else {}),
            **{name: value for name, value in properties.items() if value not in ("", [], None)},
        }
        return id_

    def timestamp(self, said: Said) -> str:
        return format_timestamp(said.at_us)

    def marking(self, said: Said) -> Tlp:
        label = said.body.get("marking")
        try:
            return parse_tlp(label) if isinstance(label, str) and label else self._default
        except InvalidObject:
            return Tlp.RED  # a marking that we do not understand restricts as much as any

    def heading(self, said: Said, word: str = "") -> str:
        """`Request lusab-badab-gutih, said by CERT A to CERT B on 1 Nov 2026 00:00:00 UTC`."""
        to = ", ".join(sorted(self.names.get(origin, origin) for origin in said.aud if origin != "*"))
        whom = f" to {to}" if to else " to everybody" if said.aud else ""
        when = When(said.at_us // SECOND_US * SECOND_US)
        who = self.names.get(said.speaker, said.speaker)
        return f"{(word or said.kind).capitalize()} {said.short}, said by {who}{whom} on {when}"


def id_of(type_: str, said: Said, *parts: str) -> str:
    return f"{type_}--{uuid5(NAMESPACE, ' '.join((said.id, *parts)))}"


def opinion_of(judged: Likelihood) -> str:
    """The step of `opinion-enum` into which the middle of the word's interval falls; five steps are all that STIX has."""
    middle = (judged.low + judged.high) / 2
    return OPINIONS[sum(middle >= least for least in (20, 45, 55, 80))]


def distinct(ids: Iterable[str | None]) -> list[JsonValue]:
    """Each once, in the order given, without what is not there."""
    return list(dict.fromkeys(id_ for id_ in ids if id_ is not None))


def _head(type_: str, id_: str, created: str, modified: str) -> JsonObject:
    return {"type": type_, "spec_version": "2.1", "id": id_, "created": created, "modified": modified}
