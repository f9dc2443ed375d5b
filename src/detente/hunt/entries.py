"""The compiled functions that the interpreter calls: where each is written, what it takes, how many numbers it gives back.

    "i8"       a number of 64 bits, signed; "u8" without a sign
    "u1[]"     an array of such numbers (u1, u4, u8, i8), one behind the other; "[][]" with rows. What is read only may be a mapped file
    "out u8[]" an array that the function writes to
    Record     several of these that go together and are used again and again

All of them are compiled into one object by `detente.hunt.compiler`, and called through `detente.hunt.machine_code`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detente.hunt.counting_tables import Counts, Words
from detente.hunt.tables import Tables


@dataclass(frozen=True, slots=True)
class Record:
    made_of: Any  # a NamedTuple
    kinds: tuple[str, ...]  # of its fields


Kind = str | Record


@dataclass(frozen=True, slots=True)
class Entry:
    """`gives`: how many whole numbers come back, of which none is negative: none, one, or a tuple of them."""

    module: str  # of detente.hunt
    function: str
    takes: tuple[Kind, ...]
    gives: int = 0


TABLES = Record(
    Tables,
    (
        "i8",  # wanted
        *("u8[]", "i8", "u8[]"),  # ip4_bits, ip4_shift, ip4
        *("u8[]", "i8", "u8[]", "i8[]"),  # ip4_near_bits, ip4_near_shift, ip4_networks, ip4_lengths
        *("u8[]", "u8[]", "i8", "i8"),  # names, name_bits, name_shift, name_every_dot
        "u8[]",  # hashes
        *("u8[]", "i8[]"),  # ip6, ip6_lengths
        "u8[]",  # url_hosts
    ),
)

WORDS = Record(Words, ("out u8[]", "out i8[][]", "out u1[]", "out i8[]"))
COUNTS = Record(Counts, ("out i8[][]", "out i8[][]", "out i8[][]", "out i8[]"))

_LOOK_UP = ("i8[]", "u8[]", "u8[]", "u8[]", "i8", "out i8[][]")

ENTRIES: dict[str, Entry] = {
    "scan": Entry("kernel", "scan", ("u1[]", "i8", TABLES, "out i8[][]"), gives=2),
    "scan_each": Entry("kernel", "scan_each", ("u1[]", "i8[]", "i8[]", TABLES, "out i8[][]", "out i8[][]")),
    "fingerprints_of_names": Entry("kernel", "fingerprints_of_names", ("u1[]", "i8[]", "out u8[]")),
    "endings_of": Entry("kernel", "endings_of", ("u1[]", "i8[]", "i8[]", "out u8[]")),
    "enter": Entry("kernel", "enter", ("out u8[]", "u8[]")),
    "set_mixed_bits": Entry("kernel", "set_mixed_bits", ("out u8[]", "i8", "u8[]")),
    "fingerprints_of_networks6": Entry("kernel", "fingerprints_of_networks6", ("u8[]", "u8[]", "i8[]", "out u8[]")),
    "count_lines": Entry(
        "counting_kernel",
        "count_lines",
        ("u1[]", "i8[][]", "i8", "i8", WORDS, COUNTS, "out i8[]", "out i8[][]"),
        gives=2,
    ),
    "enter_words": Entry("counting_kernel", "enter_words", ("u1[]", "i8[][]", WORDS, "i8[]", "i8[]")),
    "move_words": Entry("counting_kernel", "move_words", (WORDS, WORDS)),
    "outline": Entry("outline_kernel", "outline", ("u1[]", "out u1[]", "out i8[][]", "out i8[][]"), gives=2),
    "common_indicators": Entry(
        "outline_kernel",
        "common_indicators",
        ("u1[]", "i8[][]", "i8[][]", "i8[]", "i8[][]", "u1[]", "out i8[][]"),
    ),
    "tokens": Entry(
        "tokens_kernel",
        "tokens",
        ("u1[]", "i8", "out u8[]", "out i8[][]", "out u8[]", "out u8[][]", "out u8[]", "out i8[][]"),
        gives=4,
    ),
    "prints_of": Entry("tokens_kernel", "prints_of", ("u1[]", "i8[]", "i8[]", "out u8[]")),
    "prints_of_addresses6": Entry("tokens_kernel", "prints_of_addresses6", ("u8[][]", "out u8[]")),
    "look_up_ranges4": Entry("tokens_kernel", "look_up_ranges", ("u4[]", *_LOOK_UP), gives=1),
    "look_up_ranges6": Entry("tokens_kernel", "look_up_ranges", ("u8[]", *_LOOK_UP), gives=1),
    "look_up_prints": Entry(
        "tokens_kernel",
        "look_up_prints",
        ("u4[]", "i8[]", "u4[]", "i8[]", "u1[]", "u8[]", "u8[]", "i8", "out i8[][]"),
        gives=1,
    ),
}

# The modules of detente.hunt whose text decides what the machine code does: where one changes, it is compiled anew.
SOURCES = (
    "chunks",
    "compiler",
    "counting_kernel",
    "counting_tables",
    "entries",
    "kernel",
    "marks",
    "outline_kernel",
    "outline_tables",
    "tables",
    "tokens_kernel",
    "values",
    "vectors",
)
