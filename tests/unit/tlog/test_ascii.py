from __future__ import annotations

import pytest

from detente.tlog.ascii import base64_text, parse_base64, parse_decimal, parse_hash


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("10", 10), (str(2**63 - 1), 2**63 - 1)])
def test_a_decimal_number_is_read(text: str, number: int) -> None:
    assert parse_decimal(text) == number


@pytest.mark.parametrize(
    "text", ["", "00", "01", "+5", "-1", " 5", "5\n", "5 ", "1_000", "１２", "²", "1e3", "0x1", str(2**63), "9" * 5000]
)
def test_another_spelling_of_a_number_is_refused(text: str) -> None:
    assert parse_decimal(text) is None


@pytest.mark.parametrize("value", [b"", b"a", b"ab", b"abc", bytes(range(256))])
def test_base64_goes_there_and_back(value: bytes) -> None:
    assert parse_base64(base64_text(value)) == value


@pytest.mark.parametrize(
    "text", ["aGl=", "aGk", "aGk==", "aGk=\n", " aGk=", "aG k=", "-_-_", "aGk=aGk=", "=", "é", "\ud800"]
)
def test_another_spelling_of_base64_is_refused(text: str) -> None:
    assert parse_base64(text) is None


def test_a_hash_has_thirty_two_bytes() -> None:
    assert parse_hash(base64_text(bytes(32))) == bytes(32)
    assert parse_hash(base64_text(bytes(31))) is None
    assert parse_hash(base64_text(bytes(33))) is None
