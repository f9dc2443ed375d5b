"""The table of words that the compiled step of counting knows: found by fingerprint, told apart by their bytes."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="the compiled step needs the extra `hunt`")
pytest.importorskip("numba", reason="the compiled step needs the extra `hunt`")

from detente.hunt.chunks import PADDING  # noqa: E402 - only where the extra is installed
from detente.hunt.counting_tables import PLACES_MAX, UNKNOWN, Counts, Words  # noqa: E402
from detente.hunt.entries import COUNTS, WORDS  # noqa: E402
from detente.hunt.machine_code import call, packed  # noqa: E402


class Table:
    def __init__(self, places: int = 128) -> None:
        self.words = Words(
            np.zeros(places, np.uint64),
            np.zeros((places, 3), np.int64),
            np.zeros(4096, np.uint8),
            np.zeros(2, np.int64),
        )

    def enter(self, **numbers: int) -> None:
        data, rows = lined_up(*numbers)
        call(
            "enter_words",
            data,
            rows,
            packed(WORDS, self.words),
            np.array([*numbers.values()], np.int64),
            np.arange(len(rows)),
        )

    def look_up(self, *words: str) -> list[int]:
        data, rows = lined_up(*words)
        numbers = np.full(len(rows), UNKNOWN, np.int64)
        counts = Counts(
            np.zeros((99, 16), np.int64),
            np.zeros((0, 3), np.int64),
            np.zeros((4096, 2), np.int64),
            np.zeros(1, np.int64),
        )
        left = np.zeros((len(rows), 6), np.int64)
        unknown, _ = call(
            "count_lines", data, rows, 0, 0, packed(WORDS, self.words), packed(COUNTS, counts), numbers, left
        )
        assert unknown == list(numbers).count(UNKNOWN)
        return [int(number) for number in numbers]


def lined_up(*words: str) -> tuple[object, np.ndarray]:  # type: ignore[name-defined]
    """Words of a piece, one a line, as the sieve tells them."""
    text = "\n".join(words).encode()
    rows = []
    at = PADDING
    for line, word in enumerate(words):
        rows.append((at, at + len(word), line))
        at += len(word) + 1
    return np.frombuffer(bytes(PADDING) + text + bytes(PADDING), np.uint8), np.array(rows, np.int64).reshape(-1, 3)


def test_words_of_any_length_are_known_again_and_no_other_is() -> None:
    table = Table()
    words = {("abcdefgh" * 33)[:size]: size for size in range(1, 40)}
    table.enter(**words)
    assert table.look_up(*words) == list(words.values())
    assert table.look_up("b", "abd", "abcdefgi", "abcdefghb", "abcdefghabcdefgg") == [UNKNOWN] * 5


def test_a_word_with_the_fingerprint_of_another_is_not_taken_for_it() -> None:
    table = Table()
    table.enter(first=7)
    place = int(np.flatnonzero(table.words.prints)[0])
    start = int(table.words.entries[place, 1])
    # As if "other" had the fingerprint that "first" has: the bytes that are kept under it are others.
    table.words.text[start : start + 5] = np.frombuffer(b"other", np.uint8)
    assert table.look_up("first") == [UNKNOWN]
    # Of the same fingerprint and another length.
    table.words.text[start : start + 5] = np.frombuffer(b"first", np.uint8)
    assert table.look_up("first") == [7]
    table.words.entries[place, 2] += 1
    assert table.look_up("first") == [UNKNOWN]


def test_two_words_of_one_fingerprint_are_both_known() -> None:
    table = Table()
    table.enter(first=7)
    place = int(np.flatnonzero(table.words.prints)[0])
    table.words.text[: int(table.words.used[1])] = np.frombuffer(b"other", np.uint8)
    table.enter(first=8)
    assert list(table.words.used) == [2, 10]
    assert table.look_up("first") == [8]
    last = len(table.words.prints) - 1
    assert table.words.prints[place] == table.words.prints[(place + 1) & last] != 0


def test_a_word_that_finds_no_place_near_its_own_is_not_kept_and_not_known() -> None:
    table = Table(PLACES_MAX)
    table.words.prints[:] = 2  # a fingerprint is odd
    table.enter(first=7)
    assert list(table.words.used) == [0, 0]
    assert table.look_up("first") == [UNKNOWN]


def test_a_word_comes_in_once_and_one_that_is_too_long_never() -> None:
    table = Table()
    data, rows = lined_up("twice", "twice", "x" * 257, "x" * 256)
    call("enter_words", data, rows, packed(WORDS, table.words), np.array([1, 1, 2, 3], np.int64), np.arange(4))
    assert list(table.words.used) == [2, 5 + 256]
    assert table.look_up("twice", "x" * 257, "x" * 256) == [1, UNKNOWN, 3]


def test_in_a_larger_table_all_words_are_known_as_before() -> None:
    table, larger = Table(64), Table(256)
    words = {f"word{n}": n for n in range(30)}
    table.enter(**words)
    larger.words = larger.words._replace(text=table.words.text, used=table.words.used)
    call("move_words", packed(WORDS, table.words), packed(WORDS, larger.words))
    assert larger.look_up(*words, "word30") == [*words.values(), UNKNOWN]
