"""The compiled pass at work on one block of lines after the other.

Needs the extra `hunt` (Numba, NumPy). Without it `detente.hunt.sieve.PlainSieve` does the same, slower, with the same results.
"""

from __future__ import annotations

import numpy as np

from detente.hunt import kernel
from detente.hunt.kernel import Tables


class FastSieve:
    """One thread's view of the compiled pass; the tables are shared, the buffers are not."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._data = np.zeros(0, np.uint8)
        self._out = np.empty((0, 3), np.int64)

    def words(self, data: bytes) -> tuple[list[tuple[int, int, int]], int]:
        """See `detente.hunt.sieve.Sieve`."""
        size = len(data)
        behind = kernel.PADDING + size
        if len(self._data) < behind + kernel.PADDING:
            self._data = np.zeros(behind + kernel.PADDING, np.uint8)
            self._out = np.empty((2 * size, 3), np.int64)
        self._data[kernel.PADDING : behind] = np.frombuffer(data, np.uint8)
        self._data[behind : behind + kernel.PADDING] = 0
        found, lines = kernel.scan(self._data, size, self._tables, self._out)
        rows = self._out[:found]
        if found > 1:
            rows = rows[np.unique(rows[:, 0], return_index=True)[1]]
        rows[:, :2] -= kernel.PADDING
        return [(start, end, before) for start, end, before in rows.tolist()], int(lines)
