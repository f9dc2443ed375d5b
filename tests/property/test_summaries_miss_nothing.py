"""Whatever a hunt would hit in a log, the log's summary says may be in it: in every line, however the bytes arrive.

DETENTE_FUZZ=20 looks at twenty times as many lines.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hunt_reference import reference_hunt
from tests.hunt_samples import PIECES
from tests.hunt_ways import chunks_of
from tests.property.test_hunt_equals_reference import SOURCES, log

pytest.importorskip("numba", reason="summaries need Numba (the extra `hunt`)")

from detente.hunt.indicators import IndicatorSource
from detente.hunt.summary import Asked, Pack, Summary, keys_in_word, pack, queries_of, summarise
from detente.hunt.values import STOP
from detente.stix.pattern import PatternValue

FUZZ = int(os.environ.get("DETENTE_FUZZ", "1"))
# Networks wider and narrower than half an IPv6 address, so that each way to keep one is asked.
MORE = [
    *(("ipv6", f"2001:db8:1::/{length}") for length in (1, 16, 47, 63, 64, 65, 96, 127)),
    *(("ipv4", f"172.31.0.9/{length}") for length in (1, 8, 9, 17, 18, 19, 31)),
    ("ipv6", "::ffff:0:0/96"),
    ("ipv6", "::ffff:198.51.100.7"),
]
WIDER = [*SOURCES, *(IndicatorSource(f"indicator--w{n}", [PatternValue(*value)]) for n, value in enumerate(MORE))]  # type: ignore[arg-type]
ASKED = Asked(WIDER)
SPACED = bytes(0x20 if byte in STOP else byte for byte in range(256))


def candidates(data: bytes, sizes: Sequence[int], *, run_bytes_max: int = 1 << 20) -> set[str]:
    summary = summarise(chunks_of(data, list(sizes)), run_bytes_max=run_bytes_max)
    assert summary.bytes == len(data)
    found = ASKED.candidates(Pack(pack([({}, summary)])))
    return {WIDER[index].id for indices in found.values() for index in indices}


def hit(data: bytes, run_bytes_max: int = 1 << 20) -> set[str]:
    return set(reference_hunt(data, WIDER, run_bytes_max=run_bytes_max).hits)


@settings(max_examples=300 * FUZZ)
@given(log, st.lists(st.integers(1, 40), min_size=1, max_size=4), st.integers(8, 80))
def test_every_indicator_that_hits_a_log_is_a_candidate(data: bytes, sizes: list[int], run_bytes_max: int) -> None:
    assert hit(data) <= candidates(data, [1 << 20])
    assert hit(data) <= candidates(data, sizes)
    assert hit(data, run_bytes_max) <= candidates(data, sizes, run_bytes_max=run_bytes_max)


def test_in_thousands_of_hostile_lines_each_line_alone_finds_its_candidates_and_few_others() -> None:
    dice = random.Random(None if FUZZ > 1 else 20150517)
    hits = in_vain = 0
    for _ in range(2000 * FUZZ):
        line = b"".join(dice.choices(PIECES, k=dice.randrange(12)))
        wanted, got = hit(line), candidates(line, [len(line) + 1])
        assert wanted <= got, line
        hits += len(wanted)
        in_vain += len(got - wanted)
    assert hits > 500 * FUZZ
    # What is not exact is on purpose: glued addresses, and networks narrower than half an IPv6 address.
    assert in_vain < hits / 4


def test_what_the_matcher_would_look_up_in_a_word_is_in_the_summary() -> None:
    """Not only today's indicators: every address, hash, host, and name of two labels or more."""
    dice = random.Random(7)
    for _ in range(2000 * FUZZ):
        data = b"".join(dice.choices(PIECES, k=dice.randrange(1, 8)))
        words = data.translate(SPACED).split()
        keys = sorted({key for word in words for key in keys_in_word(word) if could_be_asked(key)})
        summary = summarise([data])
        wanted = queries_of(keys)
        assert set(wanted.firsts4.tolist()) <= set(summary.addresses.tolist()), data
        assert set(wanted.prints.tolist()) <= set(summary.prints.tolist()), data


def could_be_asked(key: bytes) -> bool:
    """Names that no indicator can have are looked up by the matcher, to no effect."""
    labels = key[1:].split(b".")
    return key[:1] != b"d" or (
        len(labels) > 1
        and not labels[-1].isdigit()
        and all(1 <= len(label) <= 63 and label.isascii() for label in labels)
        and not key[1:].startswith(b"-")
        and len(key) <= 254
    )


def test_logs_in_one_pack_are_told_apart_and_move_to_another_pack_unchanged() -> None:
    dice = random.Random(11)
    logs = [b"\n".join(b"".join(dice.choices(PIECES, k=4)) for _ in range(dice.randrange(6))) for _ in range(60)]
    summaries: list[tuple[dict[str, str], Summary]] = [({"path": str(n)}, summarise([d])) for n, d in enumerate(logs)]
    together = Pack(pack(summaries))
    apart = {
        n: found for n, one in enumerate(summaries) for found in ASKED.candidates(Pack(pack([one]))).values() if found
    }
    assert ASKED.candidates(together) == apart
    kept = list(range(0, 60, 7))
    moved = Pack(pack([(together.logs[n], together.summary_of(n)) for n in kept]))
    assert [log["path"] for log in moved.logs] == [str(n) for n in kept]
    assert ASKED.candidates(moved) == {place: apart[n] for place, n in enumerate(kept) if n in apart}


def test_a_long_line_of_many_odd_places_is_read_once() -> None:
    word = "://ü.a::1:".encode() * 40_000
    data = (word + b"\n") * 3
    summary = summarise([data])
    assert summary.bytes == len(data)
    assert summary.lines == 3
