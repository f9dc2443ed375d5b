"""Hostile logs and the indicators to hunt in them, made from a seed: what `tests/hunt_ways.py` hunts in every way.

Lines are joined from pieces of indicators, of what looks like one, and of what stands around them in logs; some carry the
time, ends and verdict of a format, some end in "\\r\\n", hold NUL bytes, words of many kilobytes, or are longer than a megabyte.
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from detente.hunt.indicators import IndicatorSource, compile_indicators
from detente.hunt.warninglists import WarningList, WarningLists
from detente.stix.pattern import Kind, PatternValue

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

VALUES: list[tuple[Kind, str]] = [
    ("ipv4", "198.51.100.7"),
    ("ipv4", "1.2.3.4"),
    ("ipv4", "0.0.0.0"),  # noqa: S104 - an indicator, nothing is bound to it
    ("ipv4", "203.0.113.0/24"),
    ("ipv4", "203.0.113.128/25"),
    ("ipv4", "9.9.9.9/31"),
    ("ipv4", "172.16.0.0/12"),
    ("ipv6", "2001:db8::1"),
    ("ipv6", "::1"),
    ("ipv6", "::"),
    ("ipv6", "2001:db8:1::/48"),
    ("ipv6", "2001:db8::/32"),
    ("ipv6", "1:2:3:4:5:6:7:8"),
    ("ipv6", "1:2:3:4:5:6:102:304"),
    ("ipv6", "a::b"),
    ("domain", "evil.example"),
    ("domain", "sub.evil.example"),
    ("domain", "bücher.example"),
    ("domain", "xn--mnchen-3ya.example"),
    ("domain", "a.b-c"),
    ("domain", "v.xn--p1ai"),
    ("md5", MD5),
    ("sha1", SHA1.upper()),
    ("sha256", SHA256),
    ("sha512", MD5 * 4),
    ("url", "http://evil.example/x"),
    ("url", "http://evil.example"),
    ("url", "HTTPS://Evil.Example:443/X?y=(z)"),
    ("url", "http://[2001:db8::1]:8080/a"),
    ("url", "http://[2001:db8::1]"),
    ("url", "ftp://user@bücher.example:21/ü"),
    ("url", "evil.example:80/x"),
    ("url", "evil.example/a://b"),
    ("url", "file:///etc/passwd"),
    ("url", "a://b"),
    ("url", "http://named-here-only.example/x"),
]

words = str.split
FRAGMENTS = [
    *(value.partition("/")[0] if kind[:2] == "ip" else value for kind, value in VALUES),
    *(value.upper() for kind, value in VALUES),
    *(value.partition("://")[2] for kind, value in VALUES if kind == "url"),
    *words(
        "203.0.113.5 203.0.113.200 2001:db8:1:: ::ffff:1.2.3.4 ::ffff:c633:6407 1:2:3:4:5:6:1.2.3.4 9.9.9.8 172.31.0.9"
    ),
    *words("MÜNCHEN.example bücher ｅvil.example evil。example vil.example www. mail. .v.рф ß ﬁ ［ ．"),
    *words("http https ftp a abcdefghij abcdefghijk :// :/ // : :: ::: / . .. - -. _ @ % ? # & = + , ; ! ( ) [ ]"),
    *words("1 1. .1 f ff ffff: x xn-- : :80 :443 :21 :8080 0 01 256 /x /X?y=(z) 2001:db8: 198.51.100. .example d41d"),
    *" \t\r\0\"'<>\\|^{}`\x7f\x1f",
]
PIECES = [fragment.encode() for fragment in FRAGMENTS] + [b"\xff", b"\xc3", b"\xc3\xbc", b"\x80.evil.example"]

_START = 1431857103  # 17 May 2015, 10:05:03 UTC
_LABELS = [*words("a b evil sub mail bücher xn--mnchen-3ya b-c _x 1 0a d41d 198 рф ß x0"), "x" * 63]
_ENDS = words("example evil.example b-c xn--p1ai com de example.co.uk x1 info")
_OCTETS = (0, 1, 2, 9, 10, 51, 99, 100, 113, 127, 198, 200, 203, 249, 250, 255)
_GROUPS = (0, 0, 0, 0, 1, 0xA, 0xDB8, 0x2001, 0xFFFF, 0x102, 0x304)


@dataclass(frozen=True, slots=True)
class Sample:
    sources: tuple[IndicatorSource, ...]  # each with an id of its own
    log: bytes
    run_bytes_max: int
    warned: bool  # whether two warning lists are used


WARNING_LISTS = WarningLists(
    [
        WarningList("documentation", "cidr", 1, frozenset({"ipv4", "ipv6"}), ("198.51.100.0/24", "2001:db8::/33")),
        WarningList("examples", "hostname", 1, frozenset({"domain", "url"}), ("sub.evil.example",)),
    ]
)


def sample(seed: str, lines: int) -> Sample:
    """The same for the same seed and number, about which the log has lines."""
    dice = random.Random(seed)
    sources = _sources(dice, _START, _START + lines // 2)
    dress = dice.choice((_plain, _plain, _plain, _apache, _iso, _zeek_json, _csv))
    pieces = PIECES + _around(dice, sources)
    if dice.random() < 0.3:
        pieces += [b"\0" * dice.randrange(1, 300), b"\0" * 64]
    if dice.random() < 0.3:
        pieces += [dice.choice(pieces) * dice.randrange(100), b"x" * dice.randrange(250, 6000), b"." * 300, b"f:" * 200]
    log = [] if dress is not _csv else [b"time,src_ip,dst_ip,action,message"]
    for number in range(lines):
        parts = dice.choices(pieces, k=dice.randrange(9))
        if dice.random() < 0.1:
            parts.append(dice.randbytes(2).replace(b"\n", b""))
        log.append(dress(_START + number // 2, parts))
    if dice.random() < 0.03:
        log.insert(
            dice.randrange(len(log) + 1),
            b" ".join(dice.choices(pieces, k=40)) + dice.choice((b"word ", b"-", b"\0")) * 300_000 + pieces[0],
        )
    end = b"\r\n" if dice.random() < 0.15 else b"\n"
    data = end.join(log) + dice.choice((b"", b"", end))
    longest = dice.choice((1 << 20, 1 << 20, 4096, 300, 20))
    return Sample(sources, data, longest, warned=dice.random() < 0.2)


# Lines as formats have them


def _plain(_time: int, parts: list[bytes]) -> bytes:
    return b"".join(parts)


def _apache(time: int, parts: list[bytes]) -> bytes:
    at = len(parts) // 2
    status = (200, 403, 304, 500)[time % 4]
    return b'%b - - [17/May/2015:10:%02d:%02d +0000] "GET /%b HTTP/1.1" %d 12 "%b" "-"' % (
        b"".join(parts[:at]) or b"10.1.2.3",
        time // 60 % 60,
        time % 60,
        b"".join(parts[at:]),
        status,
        parts[-1] if parts else b"-",
    )


def _iso(time: int, parts: list[bytes]) -> bytes:
    year = {0: 1969, 1: 1970, 2: 9999}.get(time % 50, 2015)
    return b"%d-01-01T00:%02d:%02dZ host%d app: %b" % (year, time // 60 % 60, time % 60, time % 7, b"".join(parts))


def _zeek_json(time: int, parts: list[bytes]) -> bytes:
    ends = (b"10.0.0.%d" % (time % 5), parts[0] if parts else b"")
    return b'{"ts":%d.25,"id.orig_h":"%b","id.resp_h":"%b","local_orig":true,"conn_state":"%b","note":"%b"}' % (
        time,
        *ends,
        (b"REJ", b"SF")[time % 2],
        b"".join(parts[1:]),
    )


def _csv(time: int, parts: list[bytes]) -> bytes:
    at = len(parts) // 2
    return b"%d,%b,10.0.0.%d,%b,%b" % (
        time,
        b"".join(parts[:at]),
        time % 3,
        (b"deny", b"allow", b"")[time % 3],
        b"".join(parts[at:]),
    )


# Indicators


def _sources(dice: random.Random, first: int, last: int) -> tuple[IndicatorSource, ...]:
    draw = dice.random()
    if draw < 0.4:
        groups = [[value] for value in VALUES] + [VALUES[::3]]
    elif draw < 0.6:
        # Few, so that no other draws a line into sight.
        groups = [[value] for value in dice.sample(VALUES, dice.randrange(1, 4))]
    else:
        made = [_made_up(dice) for _ in range(dice.choice((1, 5, 30, 150)))]
        groups = [[value] for value in made] + [dice.choices(made, k=4)]
    sources = []
    for number, group in enumerate(groups):
        ends = sorted(dice.randrange(first, last + 2) * 1_000_000 for _ in range(2))
        sources.append(
            IndicatorSource(
                f"indicator--{UUID(int=dice.getrandbits(128), version=4) if number % 2 else number}",
                [PatternValue(*value) for value in group],
                valid_from_us=ends[0] if dice.random() < 0.4 else None,
                valid_until_us=ends[1] if dice.random() < 0.4 else None,
                revoked=dice.random() < 0.05,
                shared_by=dice.choice(("", "CERT-A", "CERT-B")),
            )
        )
    _, not_searched = compile_indicators(sources)
    refused = {one.id for one in not_searched}
    return tuple(source for source in sources if source.id not in refused)


def _made_up(dice: random.Random) -> tuple[Kind, str]:
    kind: Kind = dice.choice(("ipv4", "ipv4", "ipv6", "domain", "domain", "url", "md5"))
    if kind == "ipv4":
        return kind, _address4(dice) + dice.choice(("", f"/{dice.randrange(1, 33)}"))
    if kind == "ipv6":
        return kind, _address6(dice) + dice.choice(("", f"/{dice.randrange(1, 129)}"))
    if kind == "domain":
        return kind, _name(dice)
    if kind == "md5":
        kind, digits = dice.choice((("md5", 32), ("sha1", 40), ("sha256", 64), ("sha512", 128)))
        text = "".join(dice.choices(dice.choice(("0123456789abcdef", "0123456789", "Ff")), k=digits))
        return kind, text
    host = dice.choice((_name, _name, _address4, lambda dice: f"[{_address6(dice)}]", lambda _: "b"))(dice)
    host += dice.choice(("", "", "", ")", ".", ",", ";!"))
    tail = "".join(dice.choices(words("/ /x ? # a://b :80 ü @ = . ( ) [x] % //"), k=dice.randrange(4)))
    scheme = dice.choice(("http://", "https://", "HTTP://", "ftp://", "a://", "abcdefghij://", ""))
    return kind, scheme + dice.choice(("", "", "u@", "u:p@")) + host + dice.choice(("", "", ":80", ":8080", ":")) + tail


def _address4(dice: random.Random) -> str:
    return ".".join(str(dice.choice(_OCTETS)) for _ in range(4))


def _address6(dice: random.Random) -> str:
    number = 0
    for group in dice.choices(_GROUPS, k=8):
        number = number << 16 | group
    address = ipaddress.IPv6Address(number)
    return dice.choice((address.compressed, address.exploded, address.compressed.upper()))


def _name(dice: random.Random) -> str:
    return ".".join([*dice.choices(_LABELS, k=dice.randrange(1, 5)), dice.choice(_ENDS)])


def _around(dice: random.Random, sources: Sequence[IndicatorSource]) -> list[bytes]:
    """Pieces of lines that equal the values, or nearly do."""
    pieces: list[str] = []
    for kind, value in (value for source in sources[:60] for value in source.values):
        if kind in ("ipv4", "ipv6"):
            network = ipaddress.ip_network(value, strict=False)
            near = [int(network[0]), int(network[-1]), int(network[0]) - 1, int(network[-1]) + 1]
            form = type(network[0])
            pieces += [str(form(number)) for number in near if 0 <= number < 1 << network[0].max_prefixlen]
            pieces += [network[-1].exploded.upper()]
            continue
        at = dice.randrange(len(value))
        pieces += [value, value.swapcase(), value + ".", value[:at], value[at:], value[:at] + "x" + value[at + 1 :]]
        if kind == "domain":
            pieces += [dice.choice(_LABELS) + "." + value, "." + value]
        if kind == "url":
            pieces += [dice.choice(("http", "https", "a", "z" * 10)) + "://" + value.partition("://")[2]]
    return [piece.encode() for piece in pieces]
