"""Objects of the shape that ATT&CK's STIX has: 1.25 KB each on average, always the same ones."""

from __future__ import annotations

import random
from uuid import UUID

from detente.stix.canonical import JsonValue, encode

SEED = 20_260_301
MEAN_BYTES = 1_250
CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"

# The share of each type in ATT&CK, rounded, and how long its description is.
_SHARES = {"relationship": (60, 180), "attack-pattern": (25, 800), "malware": (10, 600), "intrusion-set": (5, 700)}
_WORDS = (
    "adversaries may use valid accounts to gain access after phishing and move laterally with remote services while "
    "encrypted channels hide command and control traffic from defenders who watch network flows and process events"
)


def make_objects(count: int) -> list[dict[str, JsonValue]]:
    dice = random.Random(SEED)
    identifiers = [str(UUID(int=dice.getrandbits(128), version=4)) for _ in range(count)]
    types = dice.choices(list(_SHARES), [share for share, _ in _SHARES.values()], k=count)
    return [_make(dice, types[at], identifiers, at) for at in range(count)]


def mean_bytes(objects: list[dict[str, JsonValue]]) -> float:
    return sum(len(encode(each)) for each in objects) / len(objects)


def _make(dice: random.Random, stix_type: str, identifiers: list[str], at: int) -> dict[str, JsonValue]:
    name = " ".join(dice.choices(_WORDS.split(), k=4)).title()
    day = f"{1 + at % 12:02}-{1 + at % 28:02}T{at % 24:02}:{at % 60:02}"
    made: dict[str, JsonValue] = {
        "type": stix_type,
        "spec_version": "2.1",
        "id": f"{stix_type}--{identifiers[at]}",
        "created": f"2020-{day}:00.000Z",
        "modified": f"2025-{day}:01.000Z",
        "created_by_ref": "identity--c78cb6e5-0c4b-4611-8297-d1b8b55e40b5",
        "object_marking_refs": [CLEAR],
        "description": _text(dice, _SHARES[stix_type][1]),
        "external_references": [
            {
                "source_name": name,
                "url": f"https://reports.example/{dice.getrandbits(64):016x}",
                "description": _text(dice, 150),
            }
        ],
        "x_mitre_attack_spec_version": "3.2.0",
        "x_mitre_domains": ["enterprise-attack"],
        "x_mitre_version": f"{dice.randrange(1, 4)}.{dice.randrange(10)}",
        "x_mitre_deprecated": False,
    }
    if stix_type == "relationship":
        made["relationship_type"] = "uses"
        made["source_ref"] = f"intrusion-set--{dice.choice(identifiers)}"
        made["target_ref"] = f"attack-pattern--{dice.choice(identifiers)}"
        return made
    made["name"] = name
    if stix_type == "malware":
        made["is_family"] = True
    if stix_type == "attack-pattern":
        made["kill_chain_phases"] = [{"kill_chain_name": "mitre-attack", "phase_name": "lateral-movement"}]
        made["x_mitre_platforms"] = ["Linux", "macOS", "Windows"]
    return made


def _text(dice: random.Random, characters: int) -> str:
    """About that long: half to one and a half times."""
    words = dice.choices(_WORDS.split(), k=max(1, int(characters * dice.uniform(0.5, 1.5) / 7.2)))
    return " ".join(words)
