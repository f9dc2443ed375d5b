"""What the compiled step of counting and those who call it agree on; needs neither Numba nor NumPy.

Rows of figures are those of lines that are alike (`detente.hunt.tally.Alike`); in the compiled step a row goes on behind its figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COUNT, FIRST_LINE, LAST_LINE, FIRST_US, LAST_US, WITHOUT_TIME = range(6)
FIRST_ACTION, FIRST_DIRECTION = 6, 9  # three each, in the order of ACTIONS and DIRECTIONS
FIGURES = 12
NO_FIRST_US, NO_LAST_US = (1 << 63) - 1, -(1 << 63)
NO_FIGURES = (0, 0, 0, NO_FIRST_US, NO_LAST_US, 0, 0, 0, 0, 0, 0, 0)

# How many indicators such a line hits, 0 when it is always left; its rows of `Counts.bounds`; how many may still be examples.
HITS, FIRST_BOUND, BEHIND_BOUNDS, EXAMPLES = range(FIGURES, FIGURES + 4)

WORD_BYTES_MAX = 256  # of a word that is remembered
UNKNOWN = -1
PLACES_MAX = 64
DAYS = 1 << 12
NO_READER, PLAIN, APACHE = 0, 1, 2


class Words(NamedTuple):
    """Words that were matched, found by a fingerprint and told apart by their bytes. `prints` is as long as a power of two."""

    prints: NDArray[np.uint64]  # 0: an empty place
    entries: NDArray[
        np.int64
    ]  # of each place: the number of what the word hits (0: nothing), its begin and end in `text`
    text: NDArray[np.uint8]  # eight bytes longer than what it holds
    used: NDArray[np.int64]  # how many words, and bytes of `text`


class Counts(NamedTuple):
    """Of one log, so far."""

    alike: NDArray[np.int64]  # a row of figures, and what is behind them, for each number; none for 0
    bounds: NDArray[np.int64]  # the validity of an indicator that has one: from, until, hits outside
    days: NDArray[np.int64]  # at a day's number modulo DAYS: 1 + the day, hits
    hit_lines: NDArray[np.int64]  # one number
