"""Reading a document in a test: fixed source, time and dice."""

from __future__ import annotations

from itertools import count

from detente.intake import Intake, read_document
from detente.stix.marking import Tlp

RECEIVED_US = 1_483_014_896_789_000
RECEIVED = "2016-12-29T12:34:56.789Z"


def read(
    data: bytes | str,
    *,
    name: str = "document",
    source: str = "CERT A",
    marking: Tlp | None = None,
    format: str | None = None,
    received_us: int = RECEIVED_US,
) -> Intake:
    numbers = count(1)
    return read_document(
        data.encode() if isinstance(data, str) else data,
        name=name,
        source=source,
        received_us=received_us,
        marking=marking,
        random=lambda size: next(numbers).to_bytes(size, "big"),
        format=format,
    )
