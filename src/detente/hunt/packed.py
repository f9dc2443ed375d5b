"""The plain text of a log, however it is packed and encoded, in bounded memory.

    gzip        RFC 1952, any number of members, zero padding behind them; by isal where it is installed (the extra `hunt`)
    Zstandard   RFC 8878, any number of frames, windows up to 128 MiB; needs the extra `hunt`
    xz, bzip2   any number of streams; of xz those that need no more than 256 MiB to unpack
    UTF-16, UTF-32 with a byte order mark become UTF-8; that of UTF-8 is taken off

Packing is told by the first bytes and not by a name. Bounded whatever the ratio of compression: gzip, xz and bzip2 are
unpacked by at most 1 MiB at a step, Zstandard by 1 KiB of packed bytes, which hold at most 32 MiB. Data that end too
early, are damaged or are followed by something else raise LocalError, after all that could be unpacked was given out.
"""

from __future__ import annotations

import bz2
import codecs
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Any, Protocol

from detente.errors import LocalError
from detente.hunt.chunks import blocks

_GZIP = b"\x1f\x8b"
HEAD_BYTES = 10  # enough to tell all of them
_PACKED_BYTES = 64 << 10
_ZSTANDARD_BYTES = 1 << 10
_UNPACKED_BYTES_MAX = 1 << 20  # of one step
_XZ_MEMORY_MAX = 256 << 20
_WINDOW_MAX = 1 << 27


def plain_chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The log as UTF-8 or whatever it was, unpacked when it begins like something packed."""
    head, together = _with_head(chunks)
    packing = packing_of(head)
    if packing:
        together = _UNPACK[packing](together)
    yield from _decoded(together)


def is_plain(head: bytes) -> bool:
    """Whether the bytes of a log, told by the first HEAD_BYTES, are those that `plain_chunks` gives."""
    return not packing_of(head) and not head.startswith(_EVERY_MARK)


def packing_of(head: bytes) -> str:
    """gzip, zstd, xz, bzip2, or "" for plain text, by the first ten bytes."""
    if head.startswith(_GZIP):
        return "gzip"
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        return "zstd"
    if head.startswith(b"\xfd7zXZ\0"):
        return "xz"
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    return ""


def _with_head(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all of them. An error among the first comes when all before it was given out."""
    source = iter(chunks)
    head = b""
    failed: LocalError | None = None
    try:
        while len(head) < HEAD_BYTES and (chunk := next(source, None)) is not None:
            head += chunk
    except LocalError as error:
        failed = error
    return head, _behind(head, source, failed)


def _behind(head: bytes, source: Iterator[bytes], failed: LocalError | None) -> Iterator[bytes]:
    if head:
        yield head
    if failed is not None:
        raise failed
    yield from source


def _decoded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    head, together = _with_head(chunks)
    # UTF-32 first: its mark begins like that of UTF-16.
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
            skip = len(mark)
            for chunk in together:
                yield decoder.decode(chunk[skip:]).encode("utf-8", "replace")
                skip = 0
            yield decoder.decode(b"", final=True).encode("utf-8", "replace")
            return
    skip = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    for chunk in together:
        yield chunk[skip:]
        skip = 0


_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_EVERY_MARK = (codecs.BOM_UTF8, *(mark for mark, _ in _MARKS))


class _Unpacker(Protocol):
    """What the unpackers of bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def gunzip_chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return _unpacked(chunks, "gzip", _Gzip, padding=b"\0")


def _unbzip_chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return _unpacked(chunks, "bzip2", bz2.BZ2Decompressor)


def _unxz_chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return _unpacked(
        chunks, "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_MAX), padding=b"\0"
    )


def _unzstd_chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    if find_spec("zstandard") is None:
        raise LocalError(
            "this log is packed with Zstandard, which needs the package zstandard; install the extra `hunt` "
            "(pip install 'detente[hunt]'), or unpack the log first (zstd -d)"
        )
    return _unpacked(chunks, "zstd", _Zstandard, step_bytes=_ZSTANDARD_BYTES)


def _unpacked(
    chunks: Iterable[bytes],
    what: str,
    make: Callable[[], _Unpacker],
    *,
    padding: bytes = b"",
    step_bytes: int = _PACKED_BYTES,
) -> Iterator[bytes]:
    """All members, one behind the other. Short blocks, because what is not yet consumed is copied for each member."""
    member = make()
    members = 0  # finished
    begun = False  # whether the present one is
    read = 0
    for block in blocks(chunks, step_bytes):
        read += len(block)
        data = block
        while True:
            if members and not begun:
                data = data.lstrip(padding) if padding else data  # as tape blocks leave it
            if not data and not begun:
                break
            begun = True
            try:
                plain = member.decompress(data, _UNPACKED_BYTES_MAX)
            except (lzma.LZMAError, OSError, EOFError, _Damaged) as error:
                raise LocalError(
                    f"the {what} data are damaged within the first {read} bytes, in member {members + 1} ({error}); "
                    "what stands before was read: fetch the file again, or unpack what can be saved by hand"
                ) from None
            if plain:
                yield plain
            data = b""
            if member.eof:
                data = member.unused_data
                member = make()
                members += 1
                begun = False
            elif member.needs_input:
                break
    if begun or not members:
        raise LocalError(
            f"the {what} data end in the middle of member {members + 1}, after {read} bytes; what stands before was "
            "read: is the file still being written, or was it cut while it was copied?"
        )


class _Damaged(Exception):
    """For the exceptions of packages that may not be here."""


class _Gzip:
    """zlib's way of leaving bytes over, and isal's, made like those of bz2 and lzma."""

    def __init__(self) -> None:
        self._zlib, self._error = _inflater()
        self._rest = b""
        self._begins = True
        self.eof = False
        self.needs_input = True
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        if self._begins and data:
            # isal waits for the whole header before it says that this is none.
            if not _GZIP.startswith(data[:2]):
                raise _Damaged("incorrect header check")
            self._begins = False
        try:
            plain: bytes = self._zlib.decompress(self._rest + data, max_length)
        except self._error as error:
            raise _Damaged(str(error)) from None
        self._rest = self._zlib.unconsumed_tail
        self.eof = self._zlib.eof
        self.unused_data = self._zlib.unused_data
        self.needs_input = not self._rest and len(plain) < max_length
        return plain


def _inflater() -> tuple[Any, Any]:
    if find_spec("isal") is None:
        return zlib.decompressobj(wbits=31), zlib.error
    from isal import isal_zlib

    return isal_zlib.decompressobj(wbits=31), isal_zlib.error


class _Zstandard:
    """One frame. What is given is consumed at once, so it is given in small steps."""

    def __init__(self) -> None:
        import zstandard

        self._error = zstandard.ZstdError
        self._frame = zstandard.ZstdDecompressor(max_window_size=_WINDOW_MAX).decompressobj()
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        try:
            return self._frame.decompress(data)
        except self._error as error:
            raise _Damaged(str(error)) from None


_UNPACK = {"gzip": gunzip_chunks, "zstd": _unzstd_chunks, "xz": _unxz_chunks, "bzip2": _unbzip_chunks}
