"""Pieces of a log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from detente.hunt.chunks import PADDING, Piece, pieces


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def whole(data: bytes, begins: bool, ends: bool) -> Piece:
    return Piece(bytes(PADDING) + data + bytes(PADDING), begins, ends)


def test_whole_lines_come_together_and_the_last_needs_no_newline() -> None:
    assert list(pieces([b"a\nb", b"\nc"])) == [whole(b"a\nb\n", True, True), whole(b"c", True, True)]
    assert list(pieces([b"a\n"])) == [whole(b"a\n", True, True)]
    assert list(pieces([])) == list(pieces([b"", b""])) == []


def test_a_long_line_is_cut_behind_a_byte_that_no_token_holds() -> None:
    got = list(pieces([b"ab cd ef\ngh\n"], block_bytes=4, run_bytes_max=3))
    assert got == [
        whole(b"ab ", True, False),
        whole(b"cd ", False, False),
        whole(b"ef\n", False, True),
        whole(b"gh\n", True, True),
    ]


def test_a_line_that_ends_with_the_log_behind_a_cut_is_still_ended() -> None:
    got = list(pieces([b"ab cd "], block_bytes=3, run_bytes_max=3))
    assert [piece.ends for piece in got] == [False, True]
    assert b"".join(piece.data for piece in got) == b"ab cd "


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize("block_bytes", [1, 4, 100])
def test_a_run_too_long_is_left_out_and_counted_whatever_the_chunks(size: int, block_bytes: int) -> None:
    data = b"a " + b"x" * 11 + b" " + b"w" * 10 + b" b\n" + b"y" * 12 + b"\nc " + b"z" * 10
    got = list(pieces(cut(data, size), block_bytes=block_bytes, run_bytes_max=10))
    assert b"".join(piece.data for piece in got) == b"a  " + b"w" * 10 + b" b\n\nc " + b"z" * 10
    assert sum(piece.left_out_runs for piece in got) == 2
    assert sum(piece.left_out_bytes for piece in got) == 23


def test_an_endless_line_without_a_stop_is_held_in_bounded_memory() -> None:
    held = []

    def endless() -> Iterator[bytes]:
        for _ in range(300):
            yield b"x" * 1000

    for piece in pieces(endless(), block_bytes=1000, run_bytes_max=5000):
        held.append(len(piece.data))
    assert max(held) == 0


def test_an_endless_line_of_words_comes_in_pieces_of_bounded_size() -> None:
    got = list(pieces((b"word " for _ in range(20_000)), block_bytes=1000, run_bytes_max=5000))
    assert max(len(piece.data) for piece in got) <= 6000
    assert b"".join(piece.data for piece in got) == b"word " * 20_000
    assert [piece.begins for piece in got].count(True) == [piece.ends for piece in got].count(True) == 1
