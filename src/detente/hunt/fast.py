"""The compiled pass at work on one block of lines after the other.

Needs the extra `hunt` (NumPy, llvmlite, and Numba to compile). Without it `detente.hunt.sieve.PlainSieve` does the same, slower, with
the same results.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from detente.hunt.chunks import Batch, Piece, Rows
from detente.hunt.entries import TABLES
from detente.hunt.machine_code import call, packed
from detente.hunt.tables import Tables


class FastSieve:
    """One thread's view of the compiled pass; the tables are shared, the buffer is not."""

    def __init__(self, tables: Tables) -> None:
        self._tables = packed(TABLES, tables)
        self._out = np.empty((0, 3), np.int64)

    def words(self, piece: Piece) -> tuple[Rows, int]:
        """See `detente.hunt.sieve.Sieve`."""
        out = self._room(len(piece))
        found, lines = call("scan", np.frombuffer(piece.padded, np.uint8), len(piece), self._tables, out)
        return _in_order(out[:found]), lines

    def words_of_each(self, batch: Batch) -> list[tuple[Rows, int]]:
        """In one call, so that the interpreter is left alone for as long as possible."""
        data = np.frombuffer(batch.padded, np.uint8)
        starts, sizes = np.array(batch.starts, np.int64), np.array(batch.sizes, np.int64)
        out = self._room(int(sizes.sum()))
        counts = np.empty((len(starts), 2), np.int64)
        call("scan_each", data, starts, sizes, self._tables, out, counts)
        each: list[tuple[Rows, int]] = []
        at = 0
        for found, lines in counts.tolist():
            each.append((_in_order(out[at : at + found]) if found else [], lines))
            at += found
        return each

    def _room(self, size: int) -> NDArray[np.int64]:
        if len(self._out) < 2 * size:
            self._out = np.empty((2 * size, 3), np.int64)
        return self._out


def _in_order(rows: NDArray[np.int64]) -> list[list[int]]:
    """Copied, each word once."""
    if len(rows) > 1:
        starts = rows[:, 0]
        if not (starts[1:] > starts[:-1]).all():
            rows = rows[np.unique(starts, return_index=True)[1]]
    return cast(list[list[int]], rows.tolist())
