"""A hunt finds by a pattern what the full evaluator finds when every line of a log is read and held against all of it.

The reference takes no short cut: no value is looked up, every line is read into objects, and the pattern is matched as it is written,
again and again without the lines that made it hold, until it holds no more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hunt_reference import tokens_of

from detente.hunt import values
from detente.hunt.gathered import Gathered
from detente.hunt.indicators import IndicatorSource, compile_indicators
from detente.hunt.literals import plan
from detente.hunt.observing import observed, tokens
from detente.hunt.readers import LogFormat, detect
from detente.hunt.scan import hunt
from detente.hunt.sieve import can_compile
from detente.stix.pattern import parse_pattern
from detente.stix.pattern.evaluate import holds_for, leaves_true, match
from detente.stix.pattern.search import Seen, leaves_of, occurrences

FUZZ = int(os.environ.get("DETENTE_FUZZ", "1"))

ADDRESSES = ["198.51.100.7", "198.51.100.8", "203.0.113.9", "10.0.0.1"]
NAMES = ["evil.example", "sub.evil.example", "good.example", "notevil.example"]
PORTS = [53, 80, 443]
MD5 = "d41d8cd98f00b204e9800998ecf8427e"
BEGIN = 1521911721

if TYPE_CHECKING:
    from detente.hunt.block import Block

Row = tuple[int, str, str, int, str, str]
ROWS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(ADDRESSES),
        st.sampled_from(ADDRESSES),
        st.sampled_from(PORTS),
        st.sampled_from([*NAMES, "-", MD5]),
        st.sampled_from(["tcp", "udp"]),
    ),
    min_size=1,
    max_size=14,
)


def build(sources: list[IndicatorSource]) -> Block:
    from detente.hunt import builder  # needs the extra `hunt`

    return builder.build(sources)


def zeek(rows: list[Row]) -> bytes:
    head = "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\n"
    return (
        head
        + "".join(
            f"{BEGIN + at}.5\tC{n}\t{a}\t4177\t{b}\t{p}\t{t}\t{name}\n" for n, (at, a, b, p, name, t) in enumerate(rows)
        )
    ).encode()


def eve(rows: list[Row]) -> bytes:
    lines = []
    for at, a, b, p, name, t in rows:
        stamp = f"2018-03-24T17:15:{at:02}.000000+0000"
        event = {
            "timestamp": stamp,
            "event_type": "dns",
            "src_ip": a,
            "src_port": 9,
            "dest_ip": b,
            "dest_port": p,
            "proto": t.upper(),
        }
        lines.append(json.dumps({**event, "dns": {"rrname": name}}))
    return "\n".join(lines).encode()


def apache(rows: list[Row]) -> bytes:
    return "".join(
        f'{a} - u{p} [24/Mar/2018:17:15:{at:02} +0000] "GET http://{name}/{p} HTTP/1.1" 200 5 "-" "{t}"\n'
        for at, a, _, p, name, t in rows
    ).encode()


VALUE = st.one_of(
    st.sampled_from(ADDRESSES).map(lambda v: f"ipv4-addr:value = '{v}'"),
    st.sampled_from(NAMES).map(lambda v: f"domain-name:value = '{v.upper()}'"),
    st.sampled_from(ADDRESSES).map(lambda v: f"network-traffic:dst_ref.value = '{v}'"),
    st.sampled_from(ADDRESSES).map(lambda v: f"network-traffic:src_ref.value IN ('{v}', '192.0.2.1')"),
    st.sampled_from(
        [
            "ipv4-addr:value ISSUBSET '198.51.100.0/24'",
            "ipv4-addr:value LIKE '198.51.%'",
            "domain-name:value LIKE '%.evil.example'",
            "domain-name:value LIKE '%evil.co.example'",
            f"file:hashes.MD5 = '{MD5}'",
            "url:value = 'HTTP://evil.example:80/443'",
            "url:value LIKE 'http://evil.example/%'",
        ]
    ),
)
OTHER = st.sampled_from(
    [
        "network-traffic:dst_port = 443",
        "network-traffic:dst_port > 53",
        "network-traffic:dst_port NOT IN (80, 53)",
        "network-traffic:protocols[*] = 'tcp'",
        "network-traffic:src_ref.value != '10.0.0.1'",
        "network-traffic:extensions.'http-request-ext'.request_method = 'get'",
        "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' LIKE 't%'",
        "EXISTS network-traffic:dst_ref.value",
        "user-account:account_login = 'u443'",
        "domain-name:value MATCHES 'evil'",
    ]
)
INSIDE = st.one_of(
    VALUE,
    st.tuples(VALUE, OTHER).map(" AND ".join),
    st.tuples(VALUE, VALUE).map(" OR ".join),
    st.tuples(VALUE, OTHER, VALUE).map(lambda t: f"({t[0]} OR {t[2]}) AND {t[1]}"),
    st.tuples(OTHER, VALUE, OTHER).map(lambda t: f"({t[0]} OR {t[2]}) AND {t[1]}"),
)
STAMP = "t'2018-03-24T17:15:{:02}Z'"
QUALIFIER = st.one_of(
    st.sampled_from(["WITHIN 3 SECONDS", "WITHIN 12.5 SECONDS", "REPEATS 2 TIMES", "REPEATS 3 TIMES"]),
    st.integers(0, 40).map(lambda n: f"START {STAMP.format(n)} STOP {STAMP.format(n + 15)}"),
)
PATTERNS = st.recursive(
    INSIDE.map(lambda text: f"[{text}]"),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["AND", "OR", "FOLLOWEDBY"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | st.tuples(inner, QUALIFIER).map(lambda t: f"({t[0]}) {t[1]}")
    ),
    max_leaves=3,
)


def reference(pattern: str, lines: Iterable[bytes], log_format: LogFormat) -> int:
    """Of a pattern whose literals are in normal form, as `plan` gives it: how often it holds."""
    tree = plan(pattern).pattern
    assert tree is not None
    says = [holds_for(leaf.expression) for leaf in leaves_of(tree)]
    read = [observed(line, log_format.event(line)) for line in lines]
    seen = [Seen(one.first_us, one.last_us, 1, leaves_true(says, one)) for one in read]
    found = list(occurrences(tree, seen))
    taken = [place for places in found for place in places]
    assert len(taken) == len(set(taken))
    # None is left, by the evaluator that knows nothing of a hunt.
    left = [one for place, one in enumerate(read) if place not in taken]
    assert not match(tree, left)
    if found:
        assert match(tree, [read[place] for place in sorted(found[0])])
    return len(found)


@settings(max_examples=150 * FUZZ, deadline=None)
@given(PATTERNS, ROWS, st.sampled_from([zeek, eve, apache]), st.booleans(), st.booleans())
def test_a_hunt_finds_what_the_full_evaluator_finds(
    pattern: str, rows: list[Row], write: Callable[[list[Row]], bytes], several: bool, compiled: bool
) -> None:
    parse_pattern(pattern)
    planned = plan(pattern)
    if not planned.held:
        return
    sources = [IndicatorSource("indicator--1", planned.values, pattern=planned.held)]
    matcher = build(sources).matcher() if compiled and can_compile() else compile_indicators(sources)[0]
    if several and write is not zeek:
        half = len(rows) // 2
        logs = [log for log in (write(rows[half:]), write(rows[:half])) if log]
    else:
        logs = [write(rows)]
    gathered = Gathered()
    results = [hunt([log], matcher, gathered=gathered) for log in logs]
    found = sum(r.count for r in results) + gathered.result().count
    log_format = detect(logs[0])
    lines = [line for log in logs for line in log.split(b"\n") if line and not line.startswith(b"#")]
    assert found == reference(pattern, lines, log_format)
    assert all(one.rules == {"pattern": one.count} for r in (*results, gathered.result()) for one in r.hits)


PIECES = r"198.51.100.7 evil.example 2001:db8::1 ::ffff:1.2.3.4 http://a.example:80/x BÜCHER.example :: : . - ] [ ( ) , / @ x # ? é"
MORE = r'ftp://[2001:db8::1]/ http:// " 1 g %2F'
HOSTILE = st.lists(
    st.sampled_from([*PIECES.split(" "), *MORE.split(" "), MD5, " ", "\t"]),
    max_size=12,
).map(lambda parts: "".join(parts).encode())


@settings(max_examples=300 * FUZZ, deadline=None)
@given(HOSTILE | st.binary(max_size=60).map(lambda data: data.replace(b"\n", b" ")))
def test_a_line_holds_the_tokens_that_the_rules_of_a_match_name(line: bytes) -> None:
    expected = set()
    for kind, found in tokens_of(line):
        if kind == "ip4":
            assert isinstance(found, int)
            expected.add(("ipv4-addr", values.dotted(found).decode()))
        elif kind == "ip6":
            assert isinstance(found, int)
            expected.add(("ipv6-addr", values.ipv6_text(found)))
        elif kind == "hash":
            assert isinstance(found, bytes)
            expected.add(({32: "MD5", 40: "SHA-1", 64: "SHA-256", 128: "SHA-512"}[len(found)], found.decode()))
        elif kind == "name":
            assert isinstance(found, bytes)
            expected.add(("domain-name", found.decode("utf-8", "replace")))
        else:
            assert isinstance(found, tuple)
            scheme, authority, _, rest = found
            expected.add(("url", (scheme + b"://" + authority + rest).decode("utf-8", "replace")))
    ours = set(tokens(line))
    # The reference gives each URL with and without the scheme's default port; of the two the shorter is the normal form.
    assert ours <= expected
    assert {one for one in expected if one[0] != "url"} == {one for one in ours if one[0] != "url"}
    assert len({u for k, u in ours if k == "url"}) <= len({u for k, u in expected if k == "url"})
    assert any(k == "url" for k, _ in ours) == any(k == "url" for k, _ in expected)


def test_hot_lines_beyond_the_bound_are_told() -> None:
    text = "[ipv4-addr:value = '198.51.100.7'] FOLLOWEDBY [domain-name:value = 'evil.example']"
    planned = plan(text)
    matcher, _ = compile_indicators([IndicatorSource("indicator--1", planned.values, pattern=planned.held)])
    rows: list[Row] = [(n % 40, "198.51.100.7", "10.0.0.1", 80, "evil.example", "tcp") for n in range(50)]
    gathered = Gathered(lines_max=20)
    hunt([zeek(rows)], matcher, gathered=gathered)
    result = gathered.result()
    assert result.count == 10
    assert [one.reason.split(" ")[0] for one in result.partly] == ["30"]
