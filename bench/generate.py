"""Made-up indicators and a made-up web log, always the same ones, for benchmarks of the hunt.

Addresses are drawn from all of 1.0.0.0 to 223.255.255.255 and names from made-up words under real endings, so that both
are as hard to tell apart as real ones. The log is Apache's combined format, 240 bytes a line on average. Clients,
paths, referrers and browsers are drawn from pools, some far more often than others, sized so that 256 KiB hold about
as many different words (1,900) as a real log does. One line in `one_in` holds one of the given values.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from detente.stix.pattern import PatternValue

_Drawn = TypeVar("_Drawn")

SEED = 20_150_517
ONE_IN = 2_000

_SYLLABLES = (
    *("ba", "co", "di", "fu", "ga", "he", "ji", "ko", "lu", "ma", "ne", "po", "qui", "ra", "se", "ti", "vo", "wa"),
    *("xe", "zy", "an", "er", "in", "or", "un", "st", "tr", "pl"),
)
_ENDINGS = ("com", "net", "org", "info", "ru", "de", "io", "co.uk", "com.br", "biz", "xyz", "top")
_PATHS = ("presentations", "images", "blog", "projects", "articles", "files", "static", "api/v1/items", "search")
_SUFFIXES = (".html", ".png", ".css", ".js", "/", "", ".pdf", "?page=2")
_STATUS = ("200", "200", "200", "304", "404", "301", "500")


def indicators(count: int) -> list[PatternValue]:
    """Of every 100: 50 addresses, 5 networks, 25 names, 10 SHA-256, 10 URLs. All different."""
    dice = random.Random(SEED)
    made: dict[PatternValue, None] = {}
    while len(made) < count:
        share = len(made) % 100
        if share < 50:
            value = PatternValue("ipv4", _address(dice))
        elif share < 55:
            value = PatternValue("ipv4", f"{_address(dice)}/{dice.randrange(20, 31)}")
        elif share < 80:
            value = PatternValue("domain", _name(dice))
        elif share < 90:
            value = PatternValue("sha256", f"{dice.getrandbits(256):064x}")
        else:
            value = PatternValue("url", f"http://{_name(dice)}/{_path(dice)}")
        made[value] = None
    return list(made)


def apache_log(size: int, planted: Sequence[PatternValue], *, one_in: int = ONE_IN) -> Iterator[bytes]:
    """Chunks of whole lines, `size` bytes or a little more in all; one line in `one_in` holds one of `planted`."""
    dice = random.Random(SEED + 1)
    clients = [_address(dice) for _ in range(6_000)]
    agents = [_agent(dice) for _ in range(400)]
    pages = [(f"/{_path(dice)}", dice.randrange(200, 250_000)) for _ in range(2_500)]
    referrers = [f"http://www.{_name(dice)}/{_path(dice)}" for _ in range(1_000)]
    time = datetime(2015, 5, 17, 10, 5, 3, tzinfo=UTC)
    made = 0
    lines: list[str] = []
    while made < size:
        time += timedelta(seconds=dice.random() < 0.3)
        client, (path, answer), agent = _often(dice, clients), _often(dice, pages), _often(dice, agents)
        referrer = "-" if dice.random() < 0.4 else _often(dice, referrers)
        if planted and dice.randrange(one_in) == 0:
            value = dice.choice(planted)
            if value.kind == "ipv4" and "/" not in value.value:
                client = value.value
            elif value.kind == "url":
                referrer = value.value
            elif value.kind == "domain":
                referrer = f"https://cdn.{value.value}/x"
            else:
                path += f"?sum={value.value}"
        lines.append(
            f"{client} - - [{time:%d/%b/%Y:%H:%M:%S} +0000] "
            f'"GET {path} HTTP/1.1" {dice.choice(_STATUS)} {answer} "{referrer}" "{agent}"\n'
        )
        made += len(lines[-1])
        if len(lines) == 1_000 or made >= size:
            yield "".join(lines).encode("ascii")
            lines.clear()


def _often(dice: random.Random, pool: Sequence[_Drawn]) -> _Drawn:
    """The first ones more often: half of the draws come from the first sixteenth."""
    return pool[int(dice.random() ** 4 * len(pool))]


def _address(dice: random.Random) -> str:
    return f"{dice.randrange(1, 224)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(256)}"


def _name(dice: random.Random) -> str:
    return "".join(dice.choices(_SYLLABLES, k=dice.randrange(3, 7))) + "." + dice.choice(_ENDINGS)


def _path(dice: random.Random) -> str:
    word = "".join(dice.choices(_SYLLABLES, k=3))
    return f"{dice.choice(_PATHS)}/{word}-{dice.randrange(3000)}{dice.choice(_SUFFIXES)}"


def _agent(dice: random.Random) -> str:
    system = dice.choice(
        ("Windows NT 6.1; WOW64", "Macintosh; Intel Mac OS X 10_9_1", "X11; Linux x86_64", "iPhone; U")
    )
    build = f"{dice.randrange(20, 40)}.0.{dice.randrange(1000, 2000)}.{dice.randrange(200)}"
    return f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{build} Safari/537.36"
