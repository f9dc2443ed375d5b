"""Made-up hostile logs, each hunted in every way: whole, in odd chunks by two threads, as a stream, and as a file.

`make fuzz-hunt` does the same with two million lines, and others each time (`tests/fuzz_hunt.py`).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fuzz_hunt import checked, shown, sizes_of
from tests.hunt_samples import VALUES, Sample, sample
from tests.hunt_ways import difference, expected, matcher_of, minimal

SEED = 20150517
SIZES = sizes_of(SEED, 25_000)


@pytest.mark.parametrize("number", range(len(SIZES)))
def test_a_hostile_log_gives_the_reference_result_in_every_way(number: int, tmp_path: Path) -> None:
    one, _, found = checked(SEED, number, SIZES[number], tmp_path)
    assert found is None, shown(one, found, SEED, number)


def with_all_values(lines: int) -> Sample:
    made = (sample(f"{SEED}/{number}", lines) for number in range(100))
    return next(one for one in made if len(one.sources) == len(VALUES) + 1)


def test_the_hostile_logs_hit_every_indicator_by_every_rule() -> None:
    """Else the comparison would say little."""
    one = with_all_values(3000)
    told = expected(one)
    assert all(source.id in told for source in one.sources)
    assert {rule for _, _, rule in told["line hits"]} == {"exact", "network", "parent", "weak"}


def test_a_difference_is_made_as_small_as_it_can_be() -> None:
    one = with_all_values(300)

    def differs(smaller: Sample) -> bool:
        return b"evil" in smaller.log and any(s.values[0].value == "evil.example" for s in smaller.sources)

    small = minimal(one, differs)
    assert (small.log, [s.values[0].value for s in small.sources]) == (b"evil", ["evil.example"])


def test_a_hunt_that_missed_an_indicator_would_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    one = sample(f"{SEED}/0", 300)
    assert difference(one, "0", compiled=False) is None
    monkeypatch.setattr("tests.hunt_ways.matcher_of", lambda sources, **how: matcher_of(sources[:-1], **how))
    found = difference(one, "0", compiled=False)
    assert found is not None
    assert found.way == "whole"
