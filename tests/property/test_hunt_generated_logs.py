"""In generated logs the fast pass finds what was planted, all of it and nothing else, whatever the format of the log.

What is true is told by a dictionary over the tokens of each line: the generated lines hold values as they are, so no rule but
equality, networks and parents is needed, and those are spelled out here. DETENTE_FUZZ=1000 hunts for a million indicators.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from bench.generate import apache_log, indicators

from detente.hunt.indicators import IndicatorSource, Matcher
from detente.hunt.scan import hunt
from detente.stix.pattern import PatternValue

pytest.importorskip("numba", reason="the compiled pass needs Numba (the extra `hunt`)")

COUNTS = (1_000, 100_000) if int(os.environ.get("DETENTE_FUZZ", "1")) < 1000 else (1_000, 100_000, 1_000_000)
SIZE = 4_000_000
_TOKEN = re.compile(r"[0-9A-Za-z._-]+")
_URL = re.compile(r"http://[^ \"\\]+")


@pytest.fixture(scope="module", params=COUNTS)
def wanted(request: pytest.FixtureRequest) -> list[PatternValue]:
    return indicators(request.param)


@pytest.fixture(scope="module")
def matcher(wanted: list[PatternValue]) -> Matcher:
    from detente.hunt.builder import build

    return build(IndicatorSource(f"indicator--{number}", [value]) for number, value in enumerate(wanted)).matcher()


def as_it_is(lines: Iterator[str]) -> str:
    return "".join(lines)


def as_zeek_json(lines: Iterator[str]) -> str:
    return "".join(
        json.dumps({"ts": 1431820800.5 + n, "id.orig_h": line.split()[0], "line": line}) + "\n"
        for n, line in enumerate(lines)
    )


def as_zeek_tsv(lines: Iterator[str]) -> str:
    head = "#separator \\x09\n#fields\tts\tid.orig_h\tline\n#types\ttime\taddr\tstring\n"
    return head + "".join(f"{1431820800 + n}.5\t{line.split()[0]}\t{line.rstrip()}\n" for n, line in enumerate(lines))


def truth(log: str, wanted: list[PatternValue]) -> Counter[str]:
    """How many lines hit each indicator."""
    by_text: dict[str, list[int]] = defaultdict(list)
    by_network: dict[tuple[int, int], list[int]] = defaultdict(list)
    by_host: dict[str, list[int]] = defaultdict(list)
    for number, value in enumerate(wanted):
        if value.kind == "ipv4" and "/" in value.value:
            network = ipaddress.ip_network(value.value, strict=False)
            by_network[int(network.network_address) >> (32 - network.prefixlen), network.prefixlen].append(number)
        elif value.kind == "url":
            by_host[value.value.split("/")[2]].append(number)
        else:
            by_text[value.value].append(number)
    lengths = {length for _, length in by_network}
    counted: Counter[str] = Counter()
    for line in log.split("\n"):
        hit: set[int] = set()
        for token in set(_TOKEN.findall(line)):
            token = token.strip(".-")
            parts = token.split(".")
            for at in range(len(parts)):
                hit.update(by_text.get(".".join(parts[at:]), ()) if at == 0 or not parts[-1].isdigit() else ())
            if len(parts) == 4 and all(part.isdigit() and str(int(part)) == part and int(part) < 256 for part in parts):
                number = int(ipaddress.IPv4Address(token))
                for length in lengths:
                    hit.update(by_network.get((number >> (32 - length), length), ()))
        for url in _URL.findall(line):
            hit.update(by_host.get(url.split("/")[2], ()))
        counted.update(f"indicator--{number}" for number in hit)
    return counted


@pytest.mark.parametrize("form", [as_it_is, as_zeek_json, as_zeek_tsv])
def test_all_that_was_planted_is_found_and_nothing_else(
    form: object, wanted: list[PatternValue], matcher: Matcher
) -> None:
    assert callable(form)
    lines = b"".join(apache_log(SIZE, wanted, one_in=50)).decode().splitlines(keepends=True)
    log = form(iter(lines))
    result = hunt([log.encode()], matcher)
    assert {hits.id: hits.count for hits in result.hits} == truth(log, wanted)
    assert result.log_format == {as_it_is: "apache", as_zeek_json: "zeek-json", as_zeek_tsv: "zeek-tsv"}[form]
    assert len(result.hits) > 100


def test_a_gigabyte_is_hunted_in_bounded_memory() -> None:
    """In a process of its own, whose peak must not grow with what it reads: lines, a line without end, words without end, hot lines."""
    program = (
        "import resource, itertools\n"
        "from detente.hunt.builder import build\n"
        "from detente.hunt.indicators import IndicatorSource\n"
        "from detente.hunt.scan import hunt\n"
        "from detente.stix.pattern import PatternValue\n"
        "matcher = build([IndicatorSource('indicator--a', [PatternValue('domain', 'evil.example')])]).matcher()\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10\n"
        "lines = b'198.51.100.7 - - nothing to be seen here, and it goes on for a while\\n' * 4000\n"
        "assert not hunt([lines], matcher).hits\n"
        "before = peak()\n"
        "limit = (resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_AS)[1])\n"
        "size = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (size + (400 << 20), limit[1]))\n"
        "for chunk in (lines, b'x' * 262144, b'word ' * 52000):\n"
        "    result = hunt(itertools.repeat(chunk, (350 << 20) // len(chunk)), matcher)\n"
        "    assert result.bytes > 340 << 20 and not result.hits\n"
        "numbers = itertools.count()\n"
        "line = b'w%d.evil.example ' + b'y' * 4000 + b'.evil.example\\n'\n"
        "hot = (b''.join(line % n for n in itertools.islice(numbers, 60)) for _ in range(120))\n"
        "assert hunt(hot, matcher).hit_lines == 7200\n"
        "print(peak() - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 128, f"{done.stdout} MiB more than before"
