"""The compiled pass at work on one block of lines after the other.

Needs the extra `hunt` (NumPy, llvmlite, and Numba to compile). Without it `detente.hunt.sieve.PlainSieve` does the same, slower, with
the same results.
"""

from __future__ import annotations

import numpy as np

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
        size = len(piece)
        if len(self._out) < 2 * size:
            self._out = np.empty((2 * size, 3), np.int64)
        found, lines = call("scan", np.frombuffer(piece.padded, np.uint8), size, self._tables, self._out)
        rows = self._out[:found]
        if found > 1:
            starts = rows[:, 0]
            if not (starts[1:] > starts[:-1]).all():
                rows = rows[np.unique(starts, return_index=True)[1]]
        return rows.tolist(), int(lines)

    def words_of_each(self, batch: Batch) -> list[tuple[Rows, int]]:
        return [self.words(batch.piece(place)) for place in range(len(batch.sizes))]
