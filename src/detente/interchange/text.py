"""A statement's body as text: every field on a line of its own, with the words of others between quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from detente.stix.canonical import JsonValue
from detente.when import SECOND_US, When
from detente.words import loaded_words, quoted

_DEPTH = "  "
_PLAIN = re.compile(r"[a-z0-9][a-z0-9 -]{0,60}")


def body_text(body: Mapping[str, JsonValue], leave_out: frozenset[str] = frozenset()) -> str:
    """Fields in the order of their names. A field that holds a moment is shown as one, and texts are never cut."""
    return "\n".join(
        line for name in sorted(body) if name not in leave_out for line in _lines(_label(name), body[name], "")
    )


def _lines(label: str, value: JsonValue, indent: str) -> Iterator[str]:
    moment = _moment(label, value)
    if moment:
        yield f"{indent}{_label(label.removesuffix(' us'))}: {moment}"
    elif isinstance(value, dict):
        yield f"{indent}{label}:"
        for name in sorted(value):
            yield from _lines(_label(name), value[name], indent + _DEPTH)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value, 1):
            yield from _lines(f"{label} {number}", item, indent)
    elif isinstance(value, list):
        yield f"{indent}{label}: {', '.join(_shown(item) for item in value) or 'none stated'}"
    else:
        yield f"{indent}{label}: {_shown(value)}"


def _moment(label: str, value: JsonValue) -> str:
    """`{"at_us": …, "fidelity": …}`, and numbers in a field whose name ends in `_us`."""
    if isinstance(value, dict) and set(value) <= {"at_us", "fidelity"} and isinstance(value.get("at_us"), int):
        fidelity = value.get("fidelity", "second")
        if fidelity in ("second", "minute", "hour", "day", "month", "year"):
            return _when(When(value["at_us"], fidelity))  # type: ignore[arg-type]  # both were just checked
    if label.endswith(" us") and type(value) is int and value:
        return _when(When(value // SECOND_US * SECOND_US))
    return ""


def _when(when: When) -> str:
    try:
        return str(when)
    except OverflowError:
        return ""


def _shown(value: JsonValue) -> str:
    if isinstance(value, str):
        return quoted(value) if value else "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not stated" if value is None else str(value)


def _label(name: str) -> str:
    """A field's name in words. One that is none of ours may say anything, and is quoted when it is not plain."""
    words = name.replace("_", " ")
    return words if _PLAIN.fullmatch(words) and not loaded_words(words) else quoted(name)
