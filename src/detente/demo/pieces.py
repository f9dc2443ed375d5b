"""What the story is made of: shipped documents, short statements, and how values are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from detente.demo.weblog import DAYS
from detente.errors import BadProof
from detente.node.hunt import identity_id
from detente.node.open import Node
from detente.node.proofs import Proof, prove
from detente.node.verify import verify
from detente.stix.marking import Tlp
from detente.stix.objects import StixObject, format_timestamp, new_id, parse_object, parse_timestamp
from detente.stix.pattern import simple_values
from detente.store.log import OWN, read_head
from detente.tlog.policy import parse_policy

# Stands in the document that is TLP:RED; its erasure is asked for later.
PERSON = b"Ines Calder"


def shipped(name: str) -> bytes:
    return files("detente.demo").joinpath("data", name).read_bytes()


def size_of(node: Node) -> int:
    with node.store.reading() as connection:
        return read_head(connection, OWN).size


def opening_of(node: Node, entry: int) -> bytes:
    """The text of an entry of our own log, as its addressee gets it."""
    return prove(node, entry).opening or b""


def is_refused_with_another_name(proof: Proof) -> bool:
    assert proof.opening is not None
    changed = proof.opening.replace(PERSON, b"Mara Selden")
    try:
        verify(proof.receipt, opening=changed, log_keys=(), policy=parse_policy(proof.policy))
    except BadProof:
        return changed != proof.opening
    return False


def make_note(text: str, node: Node) -> StixObject:
    """A STIX note of this party about itself, TLP:GREEN."""
    moment = format_timestamp(node.clock())
    return parse_object(
        {
            "type": "note",
            "spec_version": "2.1",
            "id": new_id("note", node.random(16)),
            "created": moment,
            "modified": moment,
            "content": text,
            "object_refs": [identity_id(node.origin)],
            "object_marking_refs": [Tlp.GREEN.marking_id],
        }
    )


def all_days(hits_per_day: Mapping[str, int], last_day: datetime) -> dict[str, int]:
    """Days without a hit too, so that the bars show all of the log."""
    days = [(last_day - timedelta(days=back)).date().isoformat() for back in reversed(range(DAYS))]
    return {day: hits_per_day.get(day, 0) for day in days}


def day_of(time: int | str | None) -> str:
    """Microseconds or a STIX timestamp as `14 Nov`."""
    if not time:
        return "–"
    at_us = parse_timestamp(time) if isinstance(time, str) else time
    return f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%d %b}"


def value_of(pattern: str) -> str:
    return simple_values(pattern)[0].value


def defanged(value: str) -> str:
    """As it may stand in a mail: nothing becomes a link. A hash is shortened."""
    return value.replace(".", "[.]") if "." in value or ":" in value else f"{value[:16]}…"


def short_root(root: bytes) -> str:
    text = root.hex()
    return " ".join(text[i : i + 4] for i in range(0, 32, 4)) + " …"
