"""Asking every line finds what the full evaluator finds in every line; what is passed over for want of bytes would not have hit.

The logs hold the same names and texts as they are, escaped, in letters beyond ASCII and in both cases.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detente.hunt.chunks import pieces
from detente.hunt.every_line import with_every_line
from detente.hunt.gathered import Gathered
from detente.hunt.indicators import IndicatorSource, Matcher, compile_indicators
from detente.hunt.literals import plan
from detente.hunt.needles import needles
from detente.hunt.observing import observed
from detente.hunt.readers import HEAD_BYTES, LogFormat, detect
from detente.hunt.scan import hunt
from detente.hunt.sieve import PlainSieve, Sieve, can_compile
from detente.stix.pattern.evaluate import holds_for, leaves_true
from detente.stix.pattern.search import Seen, leaves_of, occurrences

pytest.importorskip("re2", reason="MATCHES needs RE2 (the extra `hunt`)")

FUZZ = int(os.environ.get("DETENTE_FUZZ", "1"))

NAMES = [
    *("evil.example", "EVIL.example", "cdn-evil7.example", "ｅｖｉｌ.example", "bücher.example", "fine.example"),
    *("10.1.2.3", "::ffff:c633:6407", "[2001:db8::7]", "198.51.100.7"),
]
AGENTS = ["curl/8", "Evil Bot", "evil\\bot", "ev\u0131l", "a\tb", 'say "evil"', "1e3", "x=y|z", "caf\u0065\u0301", "-"]
USERS = ["frank", "svc_evil", "evil.user", "EVIL", "1e999", "x\\evil", "-"]
HOSTS = ["198.51.100.7", "10.0.0.9", "2001:db8::7", "0:0:0:0:0:ffff:c633:6407"]

Row = tuple[int, str, str, str, str, int]
ROWS = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.sampled_from(HOSTS),
        st.sampled_from(NAMES),
        st.sampled_from(AGENTS),
        st.sampled_from(USERS),
        st.sampled_from([53, 80, 443]),
    ),
    min_size=1,
    max_size=12,
)


def apache(rows: list[Row]) -> bytes:
    return "".join(
        f'{host} - {user.replace(" ", "")} [24/Mar/2018:17:15:{at:02} +0000] "GET http://{name}:{port}/evil/{port} HTTP/1.1" 200 5 '
        f'"http://{name}/x" "{json.dumps(agent, ensure_ascii=False)[1:-1]}"\n'
        for at, host, name, agent, user, port in rows
    ).encode()


def eve(rows: list[Row], *, ascii_only: bool = False) -> bytes:
    return "".join(
        json.dumps(
            {
                "timestamp": f"2018-03-24T17:15:{at:02}.000000+0000",
                "event_type": "http",
                "src_ip": host,
                "dest_ip": "10.0.0.1",
                "dest_port": port,
                "proto": "TCP",
                "http": {"hostname": name, "url": f"/evil/{port}", "http_user_agent": agent, "http_method": "GET"},
                "user_agent": agent,
                "username": user,
                "method": "GET",
                "uri": "/p",
            },
            ensure_ascii=ascii_only,
        )
        + "\n"
        for at, host, name, agent, user, port in rows
    ).encode()


def escaped(rows: list[Row]) -> bytes:
    """Every letter l as JSON may write it."""
    return eve(rows, ascii_only=True).replace(b"evil", b"evi\\u006c").replace(b"/evi", b"\\/evi")


def table(rows: list[Row]) -> bytes:
    head = "timestamp,src_ip,dest_ip,dest_port,host,user,user_agent,method,url\n"
    return (
        head
        + "".join(
            f'2018-03-24T17:15:{at:02}Z,{host},10.0.0.1,{port},{name},{user},"{agent.replace(chr(34), chr(34) * 2)}",GET,/evil/{port}\n'
            for at, host, name, agent, user, port in rows
        )
    ).encode()


def cef(rows: list[Row]) -> bytes:
    return "".join(
        f"CEF:0|v|p|1|1|n|5|rt=Mar 24 2018 17:15:{at:02} src={host} dhost={name} dpt={port} suser={user} requestMethod=GET "
        f"request=http://{name}/evil requestClientApplication={agent.replace(chr(92), chr(92) * 2).replace('=', chr(92) + '=')}\n"
        for at, host, name, agent, user, port in rows
    ).encode()


def plain(rows: list[Row]) -> bytes:
    return "".join(
        f"2018-03-24T17:15:{at:02}Z {host} {name} {agent} {user} {port}\n" for at, host, name, agent, user, port in rows
    ).encode()


LIKES = ["%evil%", "%EVIL%", "%xample", "cdn-%", "evil_bot", "%x%", "e%l", "%7%", "%.%", "1000.0", "inf", "%i%"]
PATHS = [
    "domain-name:value",
    "url:value",
    "ipv4-addr:value",
    "ipv6-addr:value",
    "network-traffic:src_ref.value",
    "network-traffic:dst_ref.value",
    "network-traffic:extensions.'http-request-ext'.request_value",
    "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
    "network-traffic:extensions.'http-request-ext'.request_header.Host",
    "network-traffic:extensions.'http-request-ext'.request_header.Referer",
    "user-account:account_login",
]
COMPARISON = st.one_of(
    st.tuples(st.sampled_from(PATHS), st.sampled_from(["LIKE", "NOT LIKE", "="]), st.sampled_from(LIKES)).map(
        lambda t: f"{t[0]} {t[1]} '{t[2]}'"
    ),
    st.tuples(st.sampled_from(PATHS), st.sampled_from(["evil", "^[a-z]+$", "(?i)BOT", "l.$"])).map(
        lambda t: f"{t[0]} MATCHES '{t[1]}'"
    ),
    st.sampled_from(
        [
            "network-traffic:dst_port = 443",
            "network-traffic:protocols[*] = 'tcp'",
            "user-account:account_login IN ('svc_evil', 'frank')",
            "user-account:account_login = '1000.0'",
            "network-traffic:extensions.'http-request-ext'.request_method = 'get'",
            "ipv4-addr:value = '198.51.100.7'",
            "domain-name:value = 'evil.example'",
            "network-traffic:src_ref.value != '10.0.0.9'",
        ]
    ),
)
INSIDE = COMPARISON | st.tuples(COMPARISON, st.sampled_from(["AND", "OR"]), COMPARISON).map(" ".join)
PATTERN = (
    INSIDE.map(lambda text: f"[{text}]")
    | st.tuples(INSIDE, st.sampled_from(["AND", "OR", "FOLLOWEDBY"]), INSIDE).map(lambda t: f"[{t[0]}] {t[1]} [{t[2]}]")
    | st.tuples(INSIDE, INSIDE).map(lambda t: f"([{t[0]}] FOLLOWEDBY [{t[1]}]) WITHIN 5 SECONDS")
    | INSIDE.map(lambda text: f"[{text}] REPEATS 2 TIMES")
)


def source_of(pattern: str) -> IndicatorSource | None:
    """Of a pattern that needs every line."""
    planned = plan(pattern, every_line=True)
    return None if planned.values or not planned.searched else IndicatorSource("indicator--1", (), pattern=planned.held)


def matcher_with(source: IndicatorSource, *, compiled: bool) -> Matcher:
    beside = [IndicatorSource("indicator--0", plan("[domain-name:value = 'fine.example']").values)]
    if compiled and can_compile():
        from detente.hunt.builder import build  # needs the extra `hunt`

        return with_every_line(build(beside).matcher(), [source])
    return with_every_line(compile_indicators(beside)[0], [source])


def expected(pattern: str, data: bytes, log_format: LogFormat) -> int:
    tree = plan(pattern, every_line=True).pattern
    assert tree is not None
    says = [holds_for(leaf.expression) for leaf in leaves_of(tree)]
    read = [observed(line[:HEAD_BYTES], log_format.event(line[:HEAD_BYTES])) for line in data.split(b"\n") if line]
    return len(list(occurrences(tree, [Seen(one.first_us, one.last_us, 1, leaves_true(says, one)) for one in read])))


@settings(max_examples=400 * FUZZ, deadline=None)
@given(PATTERN, ROWS, st.sampled_from([apache, eve, escaped, table, cef, plain]), st.booleans(), st.integers(1, 4000))
@example("[domain-name:value LIKE '%evil%']", [(1, "10.0.0.9", "evil.example", "-", "-", 80)], escaped, False, 4000)
@example(
    "[ipv4-addr:value LIKE '%100.7']", [(1, "0:0:0:0:0:ffff:c633:6407", "x.example", "-", "-", 80)], plain, False, 4000
)
@example("[user-account:account_login = '1000.0']", [(1, "10.0.0.9", "x.example", "-", "1e3", 80)], eve, True, 4000)
def test_a_hunt_that_asks_every_line_finds_what_the_full_evaluator_finds(
    pattern: str, rows: list[Row], write: Callable[[list[Row]], bytes], compiled: bool, size: int
) -> None:
    source = source_of(pattern)
    if source is None:
        return
    data = write(rows)
    matcher = matcher_with(source, compiled=compiled)
    gathered = Gathered()
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    result = hunt(chunks, matcher, gathered=gathered)
    found = {hits.id: hits for hits in (*result.hits, *gathered.result().hits)}
    count = found["indicator--1"].count if "indicator--1" in found else 0
    assert count == expected(pattern, data, detect(data))
    assert all(
        hits.rules == {"pattern": hits.count} and not hits.seen for name, hits in found.items() if name[-1] == "1"
    )
    beside = hunt(chunks, compile_indicators([matcher.sources[0]])[0])
    assert sum(hits.count for hits in beside.hits) == (found["indicator--0"].count if "indicator--0" in found else 0)
    more = hunt(chunks, matcher, block_bytes=64, run_bytes_max=160)
    assert sum(hits.count for hits in more.hits if hits.id == "indicator--1") == count


def test_most_lines_are_passed_over_where_bytes_tell() -> None:
    source = source_of("[domain-name:value LIKE '%evil%' OR url:value LIKE '%gate.php']")
    assert source is not None
    log = b"".join(b"2018-03-24T17:15:00Z 10.0.0.%d fine.example 80\n" % (n % 250) for n in range(5000))
    log += b"2018-03-24T17:15:01Z 10.0.0.1 cdn.eVil7.example 80\n2018-03-24T17:15:02Z b\xc3\xbccher.example\n"
    matcher = matcher_with(source, compiled=False)
    assert matcher.every_line is not None
    sieve: Sieve = matcher.every_line.around(PlainSieve(matcher))
    rows = [row for piece in pieces([log]) for row in sieve.words(piece)[0]]
    assert sum(start == end for start, end, _ in rows) == 2
    assert hunt([log], matcher).count == 1 + 5000


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [
        ("domain-name:value LIKE '%Evil%'", [b"evil"]),
        ("domain-name:value LIKE '%a%evil-cdn.%'", [b"evil-cdn."]),
        ("domain-name:value LIKE '%7%'", None),
        ("domain-name:value NOT LIKE '%evil%'", None),
        ("domain-name:value MATCHES 'evil'", None),
        ("url:value LIKE '%/gate.php?id=%'", [b"gate"]),
        ("ipv4-addr:value LIKE '%.7'", [b".7", b":ffff:"]),
        ("ipv6-addr:value LIKE '%dead%'", None),
        ("network-traffic:dst_port = 443", None),
        ("network-traffic:protocols[*] = 'tcp'", None),
        ("user-account:account_login IN ('frank', 'svc_evil')", [b"frank", b"svc"]),
        ("user-account:account_login = 'inf'", None),
        ("user-account:account_login = 'frank' AND domain-name:value MATCHES 'x'", [b"frank"]),
        ("user-account:account_login = 'frank' OR domain-name:value MATCHES 'x'", None),
    ],
)
def test_what_is_sought_in_a_line_is_what_no_reader_can_have_changed(inside: str, wanted: list[bytes] | None) -> None:
    tree = plan(f"[{inside}]", every_line=True).pattern
    assert tree is not None
    found = needles(leaves_of(tree)[0].expression)
    if wanted == [b"frank", b"svc"]:
        assert found is not None
        assert b"frank" in found
        assert len(found) == 2
    else:
        assert found == (None if wanted is None else frozenset(wanted))


def test_without_re2_regular_expressions_are_listed_and_the_rest_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    planned = plan("[domain-name:value MATCHES 'evil' OR domain-name:value LIKE '%evil%']", every_line=True)
    assert planned.searched
    assert [one.what for one in planned.left_out] == ["domain-name:value"]
    assert "detente[hunt]" in planned.left_out[0].reason
    assert not plan("[domain-name:value MATCHES 'evil']", every_line=True).searched


@pytest.mark.parametrize(
    "text",
    [
        "[ipv4-addr:value = '198.51.100.7' AND domain-name:value MATCHES '((']",
        "[ipv4-addr:value = '198.51.100.7'] START t'2016-02-31T00:00:00Z' STOP t'2016-03-31T00:00:00Z'",
        "[network-traffic:dst_port > 'x' AND ipv4-addr:value ISSUPERSET 'x']",
        "[ipv4-addr:value = '198.51.100.7' AND network-traffic:dst_port IN (1, 'x')]",
        "[ipv4-addr:value = '198.51.100.7' AND network-traffic:dst_port = t'2016-02-31T00:00:00Z']",
    ],
)
def test_what_no_evaluation_can_use_is_listed_and_not_run_into(text: str) -> None:
    for every_line in (False, True):
        planned = plan(text, every_line=every_line)
        assert not planned.searched
        assert planned.left_out
