"""Small STIX objects for tests: the same number always gives the same bytes."""

from __future__ import annotations

from uuid import UUID

from detente.stix.canonical import JsonValue

CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"


def identifier(stix_type: str, number: int) -> str:
    return f"{stix_type}--{UUID(int=number << 16 | 0xBEEF, version=4)}"


def indicator(
    number: int, *, modified: str = "2026-01-02T03:04:05.000Z", marking: str = CLEAR, **more: JsonValue
) -> dict[str, JsonValue]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": identifier("indicator", number),
        "created": "2026-01-02T03:04:05.000Z",
        "modified": modified,
        "name": f"Example {number}",
        "pattern": f"[ipv4-addr:value = '198.51.100.{number % 256}']",
        "pattern_type": "stix",
        "valid_from": "2026-01-02T03:04:05Z",
        "object_marking_refs": [marking],
        **more,
    }


def malware(number: int, *, modified: str = "2026-01-02T03:04:05.000Z") -> dict[str, JsonValue]:
    return {
        "type": "malware",
        "spec_version": "2.1",
        "id": identifier("malware", number),
        "created": "2026-01-02T03:04:05.000Z",
        "modified": modified,
        "name": f"Example {number}",
        "is_family": False,
        "object_marking_refs": [CLEAR],
    }


def address(number: int) -> dict[str, JsonValue]:
    """A cyber-observable object: neither `created` nor `modified`."""
    return {
        "type": "ipv4-addr",
        "spec_version": "2.1",
        "id": identifier("ipv4-addr", number),
        "value": f"198.51.100.{number % 256}",
        "object_marking_refs": [CLEAR],
    }


def statement_marking(number: int) -> dict[str, JsonValue]:
    """`created`, but no `modified`."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": identifier("marking-definition", number),
        "created": "2026-01-02T03:04:05.123Z",
        "definition_type": "statement",
        "definition": {"statement": f"Example {number}"},
        "object_marking_refs": [CLEAR],
    }


def old_malware(number: int, *, modified: str = "2026-01-02T03:04:05.000Z") -> dict[str, JsonValue]:
    """STIX 2.0: no `spec_version`, and `labels` are required."""
    found = malware(number, modified=modified)
    del found["spec_version"], found["is_family"]
    found["labels"] = ["trojan"]
    return found
