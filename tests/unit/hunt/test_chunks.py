"""Pieces of a log, and gzip."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest

from detente.errors import LocalError
from detente.hunt.chunks import Piece, gunzip_chunks, pieces, plain_chunks


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def test_whole_lines_come_together_and_the_last_needs_no_newline() -> None:
    assert list(pieces([b"a\nb", b"\nc"])) == [Piece(b"a\nb\n", True, True), Piece(b"c", True, True)]
    assert list(pieces([b"a\n"])) == [Piece(b"a\n", True, True)]
    assert list(pieces([])) == list(pieces([b"", b""])) == []


def test_a_long_line_is_cut_behind_a_byte_that_no_token_holds() -> None:
    got = list(pieces([b"ab cd ef\ngh\n"], block_bytes=4, run_bytes_max=3))
    assert got == [
        Piece(b"ab ", True, False),
        Piece(b"cd ", False, False),
        Piece(b"ef\n", False, True),
        Piece(b"gh\n", True, True),
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


PLAIN = bytes(range(256)) * 3000


@pytest.mark.parametrize("size", [1, 13, 4096, 1 << 20])
def test_gzip_of_several_members_and_padding_unpacks_to_all_of_them(size: int) -> None:
    packed = gzip.compress(b"first\n") + gzip.compress(b"") + gzip.compress(PLAIN) + bytes(1000)
    assert b"".join(gunzip_chunks(cut(packed, size))) == b"first\n" + PLAIN


def test_a_bomb_unpacks_in_bounded_steps() -> None:
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    steps = [len(step) for step in gunzip_chunks([packed])]
    assert sum(steps) == 64 << 20
    assert max(steps) <= 1 << 20


def read_until_error(chunks: list[bytes]) -> tuple[bytes, str]:
    read = b""
    try:
        for chunk in gunzip_chunks(chunks):
            read += chunk
    except LocalError as error:
        return read, str(error)
    return read, ""


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_truncated_gzip_gives_all_it_holds_and_then_says_so(size: int) -> None:
    packed = gzip.compress(b"first") + gzip.compress(PLAIN, 0)
    read, error = read_until_error(cut(packed[:300_000], size))
    assert read == (b"first" + PLAIN)[: len(read)]
    assert len(read) > 299_000
    assert "end in the middle of member 2" in error


def test_gzip_cut_within_its_last_bytes_or_its_header_is_truncated_too() -> None:
    packed = gzip.compress(b"first")
    assert read_until_error([packed[:-1]]) == (b"first", read_until_error([packed[:-1]])[1])
    assert "member 1" in read_until_error([packed[:-1]])[1]
    assert "member 1" in read_until_error([packed[:5]])[1]
    assert "member 1" in read_until_error([])[1]
    assert "member 2" in read_until_error([packed, b"\x1f"])[1]


def test_damaged_gzip_gives_what_stands_before_and_then_says_so() -> None:
    packed = gzip.compress(b"first\n")
    read, error = read_until_error([packed + b"not gzip"])
    assert (read, "damaged" in error) == (b"first\n", True)
    wrong_sum = packed[:-8] + bytes(4) + packed[-4:]
    assert "damaged" in read_until_error([wrong_sum])[1]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_gzip_is_told_by_its_first_bytes_and_not_by_a_name(size: int) -> None:
    assert b"".join(plain_chunks(cut(gzip.compress(b"a\nb\n"), size))) == b"a\nb\n"
    assert b"".join(plain_chunks(cut(b"a\nb\n", size))) == b"a\nb\n"
    assert b"".join(plain_chunks([b"\x1f"])) == b"\x1f"
    assert list(plain_chunks([])) == []
