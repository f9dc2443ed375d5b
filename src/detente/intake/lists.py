"""Plain lists: one value a line, in UTF-8.

An empty line and what stands behind a `#` at the start of a line or after a blank are no values. A line may name its
kind first, with a tab: `domain<TAB>setup.exe`. Otherwise the value shows its kind by its form.

    # seen in March
    198.51.100[.]7
    hxxp://a.example/x   # the landing page
    domain	update.zip
"""

from __future__ import annotations

import re

from detente.errors import InvalidObject
from detente.intake.indicator import Origin, indicator
from detente.intake.result import Gathered, Intake
from detente.intake.values import kind_named, read_value
from detente.stix.pattern import Kind


def read_list(text: str, origin: Origin) -> Intake:
    """One indicator for each value; lines that hold none are listed."""
    gathered = Gathered()
    for number, line in enumerate(text.split("\n"), start=1):
        content, *comment = _COMMENT.split(line.rstrip("\r"), maxsplit=1)
        if not content.strip():
            gathered.counts["comments"] += bool(comment)
            continue
        gathered.counts["rows"] += 1
        note = comment[0].strip() if comment else ""
        try:
            kind, value = _kind_and_value(content)
            values = read_value(value, kind)
        except InvalidObject as error:
            gathered.unread(number, line.strip(), str(error))
            continue
        made = indicator(
            origin,
            values,
            seed=["list", note, *(f"{value.kind} {value.value}" for value in values)],
            place=f"{origin.name}, line {number}",
            name=values[0].value if len(values) == 1 else values[0].value.removeprefix("http://"),
            description=note,
        )
        if gathered.add(made, number, made_here=True):
            gathered.counts["indicators"] += 1
            gathered.counts[values[0].kind] += 1
    return gathered.result("list")


def _kind_and_value(line: str) -> tuple[Kind | None, str]:
    before, tab, after = line.strip().partition("\t")
    if not tab:
        return None, before
    known, kind = kind_named(before)
    if not known:
        raise InvalidObject(f"{before[:40]!a} is no kind; expected ip, domain, url, md5, sha1, sha256 or sha512")
    return kind, after


_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#")
