"""The plain text of packed and encoded logs."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator

import pytest

from detente.errors import LocalError
from detente.hunt import packed as packed_logs
from detente.hunt.packed import gunzip_chunks, plain_chunks


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


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


def read_until_error(
    chunks: list[bytes], unpack: Callable[[Iterable[bytes]], Iterator[bytes]] = gunzip_chunks
) -> tuple[bytes, str]:
    read = b""
    try:
        for chunk in unpack(chunks):
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


def zstd(data: bytes) -> bytes:
    zstandard = pytest.importorskip("zstandard", reason="Zstandard needs the extra `hunt`")
    return bytes(zstandard.ZstdCompressor().compress(data))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "zstd": zstd,
}


@pytest.mark.parametrize("what", PACKERS)
@pytest.mark.parametrize("size", [1, 13, 1 << 20])
def test_every_packing_is_told_by_its_first_bytes_and_unpacked_member_by_member(what: str, size: int) -> None:
    pack = PACKERS[what]
    data = PLAIN[: 20_000 if size == 1 else len(PLAIN)]
    several = pack(b"first\n") + pack(b"") + pack(data)
    assert packed_logs.packing_of(several[:10]) == what
    assert b"".join(plain_chunks(cut(several, size))) == b"first\n" + data


@pytest.mark.parametrize("what", PACKERS)
def test_what_is_cut_or_damaged_gives_what_stands_before_and_then_says_so(what: str) -> None:
    pack = PACKERS[what]
    whole = pack(b"first\n") + pack(random.Random(1).randbytes(60_000))
    read, error = read_until_error([whole[:-900]], plain_chunks)
    assert read.startswith(b"first\n")
    assert f"the {what} data end in the middle of member 2" in error
    read, error = read_until_error(
        [pack(b"first\n") + b"no member of any kind, nor the padding behind one"], plain_chunks
    )
    assert (read, "damaged" in error) == (b"first\n", True)


@pytest.mark.parametrize("what", PACKERS)
def test_a_bomb_of_any_kind_is_unpacked_in_bounded_memory(what: str) -> None:
    bomb = PACKERS[what](bytes(160 << 20))
    tracemalloc.start()
    total = sum(map(len, plain_chunks([bomb])))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 160 << 20
    assert peak < (128 << 20)


def test_zstandard_without_its_package_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = zstd(b"x")
    monkeypatch.setattr(packed_logs, "find_spec", lambda name: None)
    with pytest.raises(LocalError, match=r"detente\[hunt\]"):
        list(plain_chunks([packed]))


def test_gzip_gives_the_same_without_isal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_logs, "find_spec", lambda name: None)
    assert b"".join(plain_chunks(cut(gzip.compress(PLAIN) + gzip.compress(b"x") + bytes(9), 1000))) == PLAIN + b"x"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-8"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_log_with_a_byte_order_mark_becomes_utf_8_without_it(encoding: str, size: int) -> None:
    text = "198.51.100.7 bücher.example 😀\nx\n"
    data = ("\ufeff" + text).encode(encoding)
    assert b"".join(plain_chunks(cut(data, size))) == text.encode()
    assert b"".join(plain_chunks(cut(gzip.compress(data), size))) == text.encode()


def test_half_a_character_and_a_lone_surrogate_of_utf_16_are_replaced_and_nothing_is_lost() -> None:
    data = b"\xff\xfe" + "ab".encode("utf-16-le") + b"\x00\xd8" + "c".encode("utf-16-le") + b"x"
    assert b"".join(plain_chunks([data])).decode() == "ab\ufffdc\ufffd"


def test_bytes_that_only_resemble_a_packing_are_a_log() -> None:
    for line in (b"BZh9 is how bzip2 begins\n", b"P*M text", b"\xfd7zX", b"\xff"):
        assert b"".join(plain_chunks([line])) == line
