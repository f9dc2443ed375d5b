"""The invented web log of an invented ministry: 3,000 lines in Apache's combined format, the same for the same days.

Addresses are those set aside for documentation (RFC 5737, RFC 3849), names those that nobody can register (RFC 2606).
Most lines are everyday traffic; PLANTED says which of them an indicator of the demo hits, how, and on which day.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

LINES = 3_000
DAYS = 14
SEED = 20_261_122

# What is hit, where it stands in the line, and hits on each day. `client` is the address that asks, `referer` the page
# that it comes from, `path` what it asks for.
PLANTED: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("198.51.100.23", "client", (0, 0, 0, 0, 0, 0, 1, 4, 11, 6, 0, 0, 0, 0)),
    ("198.51.100.87", "client", (0, 0, 2, 1, 0, 0, 0, 0, 5, 3, 1, 0, 0, 0)),
    ("203.0.113.140", "client", (0, 0, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0)),
    ("2001:db8:51::17", "client", (0, 0, 0, 0, 0, 0, 0, 0, 4, 2, 0, 0, 1, 0)),
    ("mail-update.test", "referer", (0, 0, 0, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 0)),
    ("login.lantern-hr.test", "referer", (0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0)),
    ("relay.lantern-hr.test", "referer", (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0)),
    ("AEFF6C8C402E43FC4D33C4526E5CD876", "path", (0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)),
)
PLANTED_HITS = sum(sum(days) for _, _, days in PLANTED)

_PAGES = ("/", "/index.html", "/services", "/services/permits", "/news", "/contact", "/map", "/forms/heating.pdf")
_FILES = ("/style.css", "/logo.svg", "/favicon.ico", "/fonts/plain.woff2")
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "curl/8.11.1",
)


def make_log(last_day: datetime) -> bytes:
    """The log of the fourteen days that end with `last_day`, in the order of its events."""
    # The same lines on every machine; nothing here is a secret.
    dice = random.Random(SEED)  # noqa: S311
    first_day = datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC) - timedelta(days=DAYS - 1)
    events: list[tuple[datetime, str]] = []

    def at(day: int) -> datetime:
        # People are awake when they browse; what is planted keeps the same hours.
        hour = min(23.99, max(0.0, dice.gauss(13.5, 4.0)))
        return first_day + timedelta(days=day, hours=hour)

    def line(moment: datetime, *, client: str = "", referer: str = "-", path: str = "") -> None:
        client = client or (
            f"192.0.2.{dice.randint(1, 254)}" if dice.random() < 0.8 else f"2001:db8:c0de::{dice.randint(1, 65_535):x}"
        )
        page = path or dice.choice(_PAGES if dice.random() < 0.6 else _FILES)
        status = dice.choices((200, 304, 404, 302), (88, 7, 4, 1))[0]
        stamp = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
        size = 0 if status == 304 else dice.randint(180, 48_000)
        agent = dice.choices(_AGENTS, (40, 35, 22, 3))[0]
        events.append((moment, f'{client} - - [{stamp}] "GET {page} HTTP/1.1" {status} {size} "{referer}" "{agent}"\n'))

    for value, place, days in PLANTED:
        for day, count in enumerate(days):
            for _ in range(count):
                if place == "client":
                    line(at(day), client=value, path="/services/permits/login")
                elif place == "referer":
                    line(at(day), referer=f"http://{value}/")
                else:
                    line(at(day), path=f"/upload?md5={value}")
    while len(events) < LINES:
        line(at(dice.randrange(DAYS)), referer=dice.choice(("-", "-", "https://www.ministry.borovia.example/")))
    return "".join(text for _, text in sorted(events, key=lambda event: event[0])).encode()
