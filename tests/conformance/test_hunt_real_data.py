"""Real indicators, real logs and real warning lists: exact counts, and equality with the reference.

Two of the lists and logs are known by heart: of the 876 addresses in the JAR list, 2 are in the Apache log, in 9 lines.
"""

from __future__ import annotations

import csv
import gzip
from functools import cache
from ipaddress import ip_network
from pathlib import Path

import pytest
from tests.hunt_samples import Sample
from tests.hunt_ways import Told, difference, expected
from tests.shared import shared

from detente.hunt.indicators import IndicatorSource, compile_indicators
from detente.hunt.packed import plain_chunks
from detente.hunt.results import HuntResult
from detente.hunt.scan import hunt
from detente.hunt.sightings import make_sighting
from detente.hunt.warninglists import WarningLists, parse_warning_list
from detente.stix.canonical import encode
from detente.stix.pattern import Kind, PatternValue

KINDS: dict[str, Kind] = {"IPV4ADDR": "ipv4", "FQDN": "domain", "URL": "url", "MD5": "md5"}
IDENTITY = "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff"
IMPORTED_US = 1795327200_000000  # 22 November 2026


def jar_sources() -> list[IndicatorSource]:
    path = shared("indicators/JAR-16-20296A.csv")
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        IndicatorSource(
            f"indicator--00000000-0000-4000-8000-{number:012}",
            [PatternValue(KINDS[row["TYPE"]], row["INDICATOR_VALUE"].replace("[.]", "."))],
            valid_from_us=IMPORTED_US,
            marking="TLP:CLEAR",
            shared_by="CERT-B",
        )
        for number, row in enumerate(rows)
    ]


@pytest.fixture(params=[False, True], ids=["interpreted", "compiled"])
def compiled(request: pytest.FixtureRequest) -> bool:
    if request.param:
        pytest.importorskip("numba", reason="the compiled sieve needs Numba (the extra `hunt`)")
    return bool(request.param)


def chunks_of(path: Path, size: int = 64 << 10) -> list[bytes]:
    data = path.read_bytes()
    return [data[at : at + size] for at in range(0, len(data), size)]


def jar_in_apache() -> HuntResult:
    matcher, _ = compile_indicators(jar_sources())
    return hunt(plain_chunks(chunks_of(shared("logs/apache_logs.gz"))), matcher)


def test_all_of_the_jar_list_is_searched_but_the_rows_without_a_hash() -> None:
    matcher, not_searched = compile_indicators(jar_sources())
    assert (len(matcher.sources), matcher.values, len(not_searched)) == (911, 892, 19)
    assert {(one.value, one.reason) for one in not_searched} == {("", "not 32 hexadecimal digits")}
    assert matcher.plain is not None
    assert (len(matcher.plain.addresses4), len(matcher.plain.hashes)) == (876, 5)


def test_two_addresses_of_the_jar_list_are_in_nine_lines_of_the_apache_log() -> None:
    result = jar_in_apache()
    assert [(hits.source.values[0].value, hits.count, hits.rules) for hits in result.hits] == [
        ("109.74.151.149", 8, {"exact": 8}),
        ("109.163.234.2", 1, {"exact": 1}),
    ]
    often, once = result.hits
    assert (often.first_us, often.last_us) == (1431925509_000000, 1431925549_000000)  # 18/May/2015:05:05:09 and :49
    assert (once.first_us, once.last_us) == (1432152314_000000, 1432152314_000000)  # 20/May/2015:20:05:14
    assert (often.first_line, often.last_line, once.first_line, once.last_line) == (2276, 2287, 9900, 9900)
    assert (result.lines, result.hit_lines, result.bytes) == (10_000, 9, 2_370_789)
    assert result.hits_per_day == {"2015-05-18": 8, "2015-05-20": 1}
    assert (result.log_format, result.stopped) == ("apache", "")


def test_hits_before_the_indicators_were_shared_are_found_and_flagged() -> None:
    assert [(hits.outside_validity, hits.without_time) for hits in jar_in_apache().hits] == [(8, 0), (1, 0)]


def test_the_sightings_of_that_hunt_hold_no_address_at_all() -> None:
    result = jar_in_apache()
    sightings = [
        make_sighting(
            indicator=hits.id,
            count=hits.count,
            first_us=hits.first_us,
            last_us=hits.last_us,
            identity=IDENTITY,
            markings=[],
            at_us=IMPORTED_US,
            random=bytes(16),
        )
        for hits in result.hits
    ]
    assert [(one["count"], one["first_seen"], one["last_seen"]) for one in sightings] == [
        (8, "2015-05-18T05:05:09.000Z", "2015-05-18T05:05:49.000Z"),
        (1, "2015-05-20T20:05:14.000Z", "2015-05-20T20:05:14.000Z"),
    ]
    leaving = b"\n".join(encode(one) for one in sightings)
    clients = {
        line.split(b" ", 1)[0] for line in gzip.decompress(shared("logs/apache_logs.gz").read_bytes()).splitlines()
    }
    assert len(clients) == 1753
    assert [client for client in clients if client in leaving] == []


@cache
def apache_and_reference() -> tuple[Sample, Told]:
    sources = [source for source in jar_sources() if source.values[0].value]
    sources += [IndicatorSource("indicator--net", [PatternValue("ipv4", "66.249.64.0/19")])]
    sources += [IndicatorSource("indicator--url", [PatternValue("url", "http://www.google.com/")])]
    return with_reference(gzip.decompress(shared("logs/apache_logs.gz").read_bytes()), sources)


def test_the_apache_log_equals_the_reference_in_every_way(compiled: bool) -> None:
    log, wanted = apache_and_reference()
    assert difference(log, "apache", compiled=compiled, wanted=wanted) is None


ZEEK_VALUES: list[tuple[Kind, str]] = [
    ("ipv4", "134.71.3.16"),
    ("ipv4", "10.47.8.0/24"),
    ("ipv4", "10.0.0.100"),
    ("ipv6", "fe80::/10"),
    ("ipv6", "ff02::fb"),
    ("domain", "cpp.edu"),
    ("domain", "docs.google.com"),
    ("domain", "oompa.loompa"),
    ("domain", "8.e.f.ip6.arpa"),
    ("url", "http://www.example.com/index.html"),
    ("md5", "d41d8cd98f00b204e9800998ecf8427e"),
]


@cache
def zeek_and_reference(name: str) -> tuple[Sample, Told]:
    sources = [IndicatorSource(f"indicator--{value}", [PatternValue(kind, value)]) for kind, value in ZEEK_VALUES]
    return with_reference(gzip.decompress(shared(f"logs/zeek-{name}.json.gz").read_bytes()), sources)


@pytest.mark.parametrize(
    ("name", "lines"), [("dns", 53_615), ("weird", 24_202), ("software", 376), ("notice", 207), ("ssh", 22)]
)
def test_a_zeek_log_equals_the_reference_in_every_way(name: str, lines: int, compiled: bool) -> None:
    log, wanted = zeek_and_reference(name)
    assert (wanted["lines"], wanted["format"]) == (lines, "zeek-json")
    assert difference(log, name, compiled=compiled, wanted=wanted) is None


def test_a_zeek_log_is_of_one_day_and_its_names_are_counted() -> None:
    data = gzip.decompress(shared("logs/zeek-dns.json.gz").read_bytes())
    matcher, _ = compile_indicators([IndicatorSource("indicator--a", [PatternValue("domain", "docs.google.com")])])
    (hits,) = hunt([data], matcher).hits
    # The same counts by a search for the quoted name, and for the end of one, in whatever field.
    lines = data.split(b"\n")
    exact = sum(b'"docs.google.com"' in line for line in lines)
    below = sum(b'.docs.google.com"' in line and b'"docs.google.com"' not in line for line in lines)
    assert (hits.count, hits.rules) == (882, {"exact": exact, "parent": below})
    assert list(hunt([data], matcher).hits_per_day) == ["2018-03-24"]


def with_reference(data: bytes, sources: list[IndicatorSource]) -> tuple[Sample, Told]:
    log = Sample(tuple(sources), data, 1 << 20, warned=False)
    wanted = expected(log)
    assert wanted["hit_lines"] > 0
    assert all(wanted[source.id]["without_time"] == 0 for source in sources if source.id in wanted)
    return log, wanted


def all_warning_lists() -> WarningLists:
    folder = shared("misp/warninglists")
    return WarningLists(parse_warning_list(path.read_bytes()) for path in sorted(folder.glob("*.json")))


def test_all_real_warning_lists_load_with_all_their_entries() -> None:
    known = all_warning_lists()
    assert len(known.lists) == 17
    assert known.unused == ()
    assert sum(len(one.entries) for one in known.lists) == 57_880
    by_type = [one.type for one in known.lists]
    assert {type_: by_type.count(type_) for type_ in by_type} == {"cidr": 13, "hostname": 2, "string": 2}


def test_real_warning_lists_hold_what_they_are_known_to_hold() -> None:
    known = all_warning_lists()
    assert "List of RFC 1918 CIDR blocks" in known.matches("ipv4", "192.168.1.1")
    assert "List of RFC 1918 CIDR blocks" in known.matches("ipv4", "192.0.0.0/8")
    assert "List of known Googlebot IP ranges (https://developers.google.com/search/apis/ipranges/googlebot.json)" in (
        known.matches("ipv6", "2001:4860:4801:10::1")
    )
    assert known.matches("domain", "www.vakıfbank.com") == ("List of known bank domains",)
    assert known.matches("md5", "d41d8cd98f00b204e9800998ecf8427e") == (
        "List of known hashes for empty files",
        "List of known hashes with common false-positives (based on Florian Roth input list)",
    )
    assert known.matches("domain", "evil.example") == ()


def test_the_jar_addresses_on_warning_lists_are_those_the_standard_library_finds_there() -> None:
    known = all_warning_lists()
    networks = {ip_network(entry) for one in known.lists if one.type == "cidr" for entry in one.entries}
    addresses = [source.values[0].value for source in jar_sources() if source.values[0].kind == "ipv4"]
    listed = [address for address in addresses if known.matches("ipv4", address)]
    assert listed == [
        address
        for address in addresses
        if any(ip_network((address, length), strict=False) in networks for length in range(33))
    ]
    assert len(listed) == 401


def test_hits_on_listed_addresses_are_flagged_with_the_lists() -> None:
    matcher, _ = compile_indicators(jar_sources(), warning_lists=all_warning_lists())
    result = hunt(plain_chunks(chunks_of(shared("logs/apache_logs.gz"))), matcher)
    assert [(hits.count, hits.likely_false, hits.warnings) for hits in result.hits] == [
        (8, 0, ()),
        (1, 1, ("Specialized list of vpn-ipv4 addresses belonging to common VPN providers and datacenters",)),
    ]
