"""The pass over a log: every line against every indicator, exactly, in bounded memory.

Each word of a line (a run of bytes without blank, quote or control, see `detente.hunt.values`) is matched alone, so
most of the work is to sieve out of a block of lines the words that may hit (see `detente.hunt.sieve`). Only these are
matched, only lines that hold a word that hits are looked at, and only of these is the event read. Nothing is remembered
from one block to the next but counts, and what some words hit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain

from detente.errors import LocalError
from detente.hunt.chunks import BLOCK_BYTES, PADDING, PAUSE, RUN_BYTES_MAX, Piece, Rows, pieces
from detente.hunt.counting import EXAMPLE_BYTES_MAX as EXAMPLE_BYTES_MAX
from detente.hunt.counting import Counting
from detente.hunt.counting import LineHit as LineHit
from detente.hunt.gathered import Gathered, with_gathered
from detente.hunt.indicators import Matcher
from detente.hunt.readers import HEAD_BYTES, TABLES, LogFormat, detect
from detente.hunt.results import HuntResult, ordered
from detente.hunt.sieve import Sieve, sieve_for

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

INTERRUPTED = "interrupted"

Progress = Callable[[int, int, int], None]
Searched = tuple[Piece, Rows, int]  # a piece, and what `detente.hunt.sieve.Sieve` says of it
Search = Callable[[Iterable[Piece]], Iterator[Searched]]


def hunt(
    chunks: Iterable[bytes],
    matcher: Matcher,
    *,
    year: int | None = None,
    log_format: LogFormat | None = None,
    format_name: str = "",
    skip_bytes: int = 0,
    lines_before: int = 0,
    examples_max: int = 3,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    on_hit: Callable[[LineHit], None] | None = None,
    block_bytes: int = BLOCK_BYTES,
    run_bytes_max: int = RUN_BYTES_MAX,
    sieve: Sieve | None = None,
    search: Search | None = None,
    gathered: Gathered | None = None,
) -> HuntResult:
    """All hits in one log, whose plain bytes come in chunks of any size (see `detente.hunt.packed.plain_chunks`).

    The format is detected unless it is given or named; `year` is for logs whose lines do not tell it. The first
    `skip_bytes` were searched before: their `lines_before` lines are counted when lines are numbered. `progress` is
    called with the bytes, the lines and those that hit so far, after every block; then `stop` is asked whether to end
    here. An empty chunk says that the next may be long in coming: all whole lines that are there are searched then, and
    where `on_hit` waits for their hits, the format is told by them. `sieve`: one of this matcher, by default a new one.
    `search` sends the pieces through sieves of this matcher in its own way, say by several threads, and gives them back
    in order. `gathered` takes the lines of patterns that need several, and whoever gave it asks it for their result when
    all logs are read; else they are looked for in this log alone. A LocalError from the chunks ends the log: the result
    covers what came before, and `stopped` says why.
    """
    stopped: list[str] = []
    source = _until_error(chunks, stopped)
    head = bytearray()
    early = False  # somebody waits for hits, and the log pauses before its format is told for good
    if log_format is None:
        # A fixed number of bytes, so that the format does not depend on how the chunks came.
        first: list[bytes] = []
        for chunk in source:
            first.append(chunk)
            head += chunk
            # The header of a table may not be there yet.
            early = not chunk and b"\n" in head and on_hit is not None and format_name not in TABLES
            if early or len(head) >= HEAD_BYTES:
                break
        log_format = detect(bytes(head), year=year, name=format_name)
        source = chain(first, _kept(source, head) if early else source)
    if skip_bytes:
        source = _behind(source, skip_bytes)
    log = LogHunt(
        matcher,
        log_format,
        skip_bytes=skip_bytes,
        lines_before=lines_before,
        examples_max=examples_max,
        on_hit=on_hit,
        gathered=gathered,
    )
    search = search or in_turn(sieve or sieve_for(matcher))
    for searched in search(pieces(source, block_bytes=block_bytes, run_bytes_max=run_bytes_max, pauses=True)):
        if early:
            log.read_as(detect(bytes(head), year=year, name=format_name))
            early = len(head) < HEAD_BYTES
        log.add(*searched)
        if progress is not None:
            progress(log.bytes, log.lines, log.hit_lines)
        if stop is not None and stop():
            stopped.append(INTERRUPTED)
            break
    return log.result("".join(stopped))


class LogHunt:
    """One log being hunted. Its pieces are added in order, each with what the sieve says of it; see `hunt`."""

    def __init__(
        self,
        matcher: Matcher,
        log_format: LogFormat,
        *,
        skip_bytes: int = 0,
        lines_before: int = 0,
        examples_max: int = 3,
        on_hit: Callable[[LineHit], None] | None = None,
        gathered: Gathered | None = None,
    ) -> None:
        self.bytes = self.lines = 0
        self._matcher = matcher
        self._format_name = log_format.name
        self._skip_bytes = skip_bytes
        self._lines_before = lines_before
        self._whole_bytes = self._left_out_runs = self._left_out_bytes = 0
        self._gathered = gathered or Gathered()
        self._gathered.next_log()
        self._alone = gathered is None
        self._hits = Counting(matcher, log_format, examples_max=examples_max, on_hit=on_hit, gathered=self._gathered)

    @property
    def hit_lines(self) -> int:
        return self._hits.hit_lines

    def read_as(self, log_format: LogFormat) -> None:
        """From now on; for a log of which somebody hears each hit."""
        self._format_name = log_format.name
        self._hits.read_as(log_format)

    def add(self, piece: Piece, rows: Rows, newlines: int) -> None:
        self.bytes += len(piece) + piece.left_out_bytes
        self._left_out_runs += piece.left_out_runs
        self._left_out_bytes += piece.left_out_bytes
        before = self._lines_before + self.lines
        if piece.begins and piece.ends:
            self._hits.add_lines(piece, rows, before)
            # Without a newline at the end only the last line of a log, which may have been left out altogether.
            self.lines += newlines + (piece.padded[-PADDING - 1] != 0x0A)
        else:
            self._hits.add_part(piece, rows, before + 1)
            self.lines += piece.ends
        if piece.ends:
            self._whole_bytes = self.bytes

    def result(self, stopped: str = "") -> HuntResult:
        """To be asked for once. `stopped`: why the log ended early."""
        found = self._hits
        found.settle()
        result = HuntResult(
            hits=ordered(found.hits()),
            hit_lines=found.hit_lines,
            hits_per_day={_day(day): count for day, count in sorted(found.per_day.items())},
            lines=self.lines,
            bytes=self.bytes,
            log_format=self._format_name,
            left_out_runs=self._left_out_runs,
            left_out_bytes=self._left_out_bytes,
            stopped=stopped,
            whole_bytes=self._skip_bytes + self._whole_bytes,
            partly=found.partly(),
        )
        return with_gathered(result, self._gathered) if self._alone else result


def in_turn(sieve: Sieve) -> Search:
    """One piece after the other."""

    def search(log: Iterable[Piece]) -> Iterator[Searched]:
        for piece in log:
            if piece is not PAUSE:
                yield piece, *sieve.words(piece)

    return search


def _behind(chunks: Iterable[bytes], skip: int) -> Iterator[bytes]:
    for chunk in chunks:
        if skip < len(chunk) or not skip:
            yield chunk[skip:]
        skip = max(0, skip - len(chunk))


def _kept(chunks: Iterable[bytes], head: bytearray) -> Iterator[bytes]:
    for chunk in chunks:
        if len(head) < HEAD_BYTES:
            head += chunk
        yield chunk


def _until_error(chunks: Iterable[bytes], stopped: list[str]) -> Iterator[bytes]:
    try:
        yield from chunks
    except LocalError as error:
        stopped.append(str(error))


def _day(day: int) -> str:
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat()
