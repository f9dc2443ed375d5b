"""What is printed obeys nobody but us."""

from __future__ import annotations

import pytest

from detente import errors
from detente.cli.exits import MEANINGS, exit_code
from detente.cli.out import defang, moment, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CERT-B", "CERT-B"),
        ("Überwachung 監視", "Überwachung 監視"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("a\nb\tc\x00", "a\\u000ab\\u0009c\\u0000"),
        ("abc\u202edef", "abc\\u202edef"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
    ],
)
def test_control_and_direction_characters_are_shown_and_not_obeyed(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("198.51.100.7", "198[.]51[.]100[.]7"),
        ("http://bad.test/x", "hxxp[:]//bad[.]test/x"),
        ("", ""),
    ],
)
def test_indicators_are_printed_so_that_nothing_becomes_a_link(value: str, shown: str) -> None:
    assert defang(value) == shown


def test_times_are_absolute_and_say_their_zone() -> None:
    assert moment(1_790_000_000_000_000) == "21 Sep 2026 14:13:20 UTC"
    assert moment(None) == "–"


def test_every_error_has_an_exit_code_with_a_meaning() -> None:
    kinds = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, errors.DetenteError)]
    codes = {kind.__name__: exit_code(kind("x")) for kind in kinds}
    assert set(codes.values()) <= set(MEANINGS)
    assert (codes["SplitView"], codes["BadProof"], codes["NotPermitted"]) == (5, 4, 6)
    assert (codes["NotFound"], codes["TimedOut"], codes["CorruptLog"]) == (3, 7, 1)
