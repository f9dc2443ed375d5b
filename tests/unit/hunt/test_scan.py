"""From a log to a result."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from detente.errors import LocalError
from detente.hunt.indicators import IndicatorSource, Matcher, compile_indicators
from detente.hunt.packed import plain_chunks
from detente.hunt.readers import LogFormat, read_plain
from detente.hunt.results import Example, merged
from detente.hunt.scan import hunt
from detente.hunt.warninglists import WarningList, WarningLists
from detente.stix.pattern import PatternValue

MAY_17 = 1431820800_000000
DAY = 86_400_000_000

LOG = b"""\
2015-05-17T00:00:01Z 198.51.100.7 -> evil.example
2015-05-17T00:00:02Z nothing
2015-05-16T00:00:03Z www.evil.example 198.51.100.7 198.51.100.7
no time here 198.51.100.7
2015-05-19T00:00:00Z http://evil.example/y"""

ADDRESS = IndicatorSource("indicator--address", [PatternValue("ipv4", "198.51.100.7")], shared_by="CERT-B")
NAME = IndicatorSource("indicator--name", [PatternValue("domain", "evil.example")], shared_by="CERT-B")
URL = IndicatorSource("indicator--url", [PatternValue("url", "http://evil.example/x")], shared_by="CERT-D")


def compiled(*sources: IndicatorSource, lists: WarningLists | None = None) -> Matcher:
    matcher, _ = compile_indicators(sources, warning_lists=lists)
    return matcher


def test_an_indicator_is_counted_once_per_line_with_its_times_lines_and_strongest_rule() -> None:
    result = hunt([LOG], compiled(ADDRESS, NAME, URL))
    address, name, url = sorted(result.hits, key=lambda hits: hits.id)
    assert (address.count, address.first_line, address.last_line, address.rules) == (3, 1, 4, {"exact": 3})
    assert (address.first_us, address.last_us) == (MAY_17 - DAY + 3_000_000, MAY_17 + 1_000_000)
    assert address.without_time == 1
    assert (name.count, name.rules) == (3, {"exact": 2, "parent": 1})
    assert (url.count, url.rules, url.source.shared_by) == (1, {"weak": 1}, "CERT-D")
    assert (result.lines, result.bytes, result.hit_lines, result.count) == (5, len(LOG), 4, 7)
    assert result.hits_per_day == {"2015-05-16": 2, "2015-05-17": 2, "2015-05-19": 2}
    assert (result.log_format, result.stopped, result.left_out_runs) == ("iso", "", 0)


def test_the_most_hit_indicator_comes_first_and_one_without_a_hit_not_at_all() -> None:
    quiet = IndicatorSource("indicator--quiet", [PatternValue("ipv4", "192.0.2.1")])
    ids = [hits.id for hits in hunt([LOG], compiled(URL, quiet, NAME)).hits]
    assert ids == ["indicator--name", "indicator--url"]


def test_hits_outside_validity_are_counted_and_flagged_and_not_dropped() -> None:
    later = IndicatorSource("indicator--later", ADDRESS.values, valid_from_us=MAY_17 + 10 * DAY)
    ended = IndicatorSource("indicator--ended", ADDRESS.values, valid_from_us=0, valid_until_us=MAY_17)
    revoked = IndicatorSource("indicator--revoked", ADDRESS.values, revoked=True)
    hits = {one.id: one for one in hunt([LOG], compiled(later, ended, revoked)).hits}
    assert [hits[name].count for name in hits] == [3, 3, 3]
    assert hits["indicator--later"].outside_validity == 2  # of the third hit no time is known
    assert hits["indicator--ended"].outside_validity == 1
    assert hits["indicator--revoked"].outside_validity == 3


def test_a_hit_on_a_warning_list_is_flagged_and_not_hidden() -> None:
    listed = WarningList("test networks", "cidr", 1, frozenset({"ipv4"}), ("198.51.100.0/24",))
    wide = IndicatorSource(
        "indicator--wide", [PatternValue("ipv4", "198.0.0.0/8"), PatternValue("domain", "evil.example")]
    )
    result = hunt([LOG], compiled(ADDRESS, NAME, wide, lists=WarningLists([listed])))
    hits = {one.id: one for one in result.hits}
    assert (hits["indicator--address"].likely_false, hits["indicator--address"].warnings) == (3, ("test networks",))
    assert (hits["indicator--name"].likely_false, hits["indicator--name"].warnings) == (0, ())
    # Only where every value that matched in the line is on a list is the hit likely false.
    assert (hits["indicator--wide"].count, hits["indicator--wide"].likely_false) == (4, 1)


def test_examples_are_the_first_lines_bounded_and_not_shown_by_accident() -> None:
    result = hunt([b"198.51.100.7 " + b"secret " * 1000 + b"\n" + LOG], compiled(ADDRESS), examples_max=2)
    (hits,) = result.hits
    assert hits.examples == (
        Example(1, (b"198.51.100.7 " + b"secret " * 1000)[:4096]),
        Example(2, b"2015-05-17T00:00:01Z 198.51.100.7 -> evil.example"),
    )
    assert "secret" not in repr(result)
    assert hunt([LOG], compiled(ADDRESS), examples_max=0).hits[0].examples == ()


def test_a_truncated_gzip_log_gives_the_hits_before_the_cut_and_says_why_it_stopped() -> None:
    packed = gzip.compress(LOG * 1000, 0)
    result = hunt(plain_chunks([packed[:-5000]]), compiled(ADDRESS))
    assert "end in the middle" in result.stopped
    assert 2800 < result.hits[0].count < 3000


def test_a_log_that_ends_in_an_error_within_its_first_bytes_is_read_up_to_there() -> None:
    def broken() -> Iterator[bytes]:
        yield b"198.51.100.7\n198.51.100.7"
        raise LocalError("the tape tore")

    result = hunt(broken(), compiled(ADDRESS))
    assert (result.hits[0].count, result.lines, result.stopped) == (2, 2, "the tape tore")


def test_progress_tells_bytes_and_lines_after_every_block() -> None:
    told: list[tuple[int, int]] = []
    hunt(
        [LOG + b"\n"] * 10,
        compiled(ADDRESS),
        progress=lambda size, lines, _hits: told.append((size, lines)),
        block_bytes=600,
    )
    assert told[-1] == (10 * (len(LOG) + 1), 50)
    assert len(told) > 3
    assert told == sorted(told)


def test_a_hit_in_a_line_of_many_pieces_is_counted_once_and_has_the_time_at_its_head() -> None:
    line = b"2015-05-17T00:00:01Z " + b"198.51.100.7 word " * 2000 + b"\n"
    result = hunt([line + LOG], compiled(ADDRESS), block_bytes=100, run_bytes_max=500)
    (hits,) = result.hits
    assert (hits.count, hits.first_line, hits.last_line, result.lines) == (4, 1, 5, 6)
    assert result.hits_per_day["2015-05-17"] == 2


def test_values_are_those_that_matched_in_lines_and_not_all_that_stand_beside_them() -> None:
    matcher, _ = compile_indicators([IndicatorSource("indicator--n", [PatternValue("domain", "evil.example")])])
    line = b"www.evil.example evil.example"
    for block_bytes in (1 << 18, 8):
        (hits,) = hunt([line], matcher, block_bytes=block_bytes, run_bytes_max=20).hits
        # The name itself is the stronger match of this line, and the name below it is no other.
        assert hits.seen == (("domain", "evil.example"),)


def test_what_is_too_long_to_be_searched_is_counted() -> None:
    result = hunt([b"x" * 1000 + b"\n198.51.100.7\n" + b"y" * 1000], compiled(ADDRESS), run_bytes_max=999)
    assert (result.left_out_runs, result.left_out_bytes, result.bytes) == (2, 2000, 2014)
    assert (result.lines, result.hits[0].first_line) == (3, 2)


def test_the_format_may_be_given() -> None:
    result = hunt([LOG], compiled(ADDRESS), log_format=LogFormat("plain", read_plain))
    assert (result.log_format, result.hits[0].without_time, result.hits[0].first_us) == ("plain", 3, None)


def test_an_empty_log_and_no_indicators_give_an_empty_result() -> None:
    assert hunt([], compiled(ADDRESS)).lines == 0
    assert hunt([LOG], compiled()).hits == ()


def test_results_of_several_logs_are_merged_by_indicator_and_sharer() -> None:
    same_by_another = IndicatorSource(ADDRESS.id, ADDRESS.values, shared_by="CERT-D")
    matcher = compiled(ADDRESS, same_by_another, NAME)
    together = merged(
        [hunt([LOG], matcher), hunt([LOG.splitlines()[0], b"\n"], matcher), hunt([b"x"], matcher)], examples_max=4
    )
    hits = {(one.id, one.source.shared_by): one for one in together.hits}
    assert hits[ADDRESS.id, "CERT-B"].count == hits[ADDRESS.id, "CERT-D"].count == 4
    assert hits[NAME.id, "CERT-B"].rules == {"exact": 3, "parent": 1}
    assert len(hits[NAME.id, "CERT-B"].examples) == 4
    assert hits[NAME.id, "CERT-B"].first_line is None
    assert (hits[NAME.id, "CERT-B"].first_us, hits[NAME.id, "CERT-B"].last_us) == (
        MAY_17 - DAY + 3_000_000,
        MAY_17 + 2 * DAY,
    )
    assert (together.lines, together.hit_lines, together.log_format) == (7, 5, "iso plain")
    assert together.hits_per_day["2015-05-17"] == 6


def test_one_result_merged_alone_stays_as_it_is() -> None:
    result = hunt([LOG], compiled(ADDRESS, NAME))
    assert merged([result]) == result
