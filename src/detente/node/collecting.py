"""Python's garbage collector while a hunt runs, and while its logs are listed and its indicators read.

What a hunt makes for each indicator that is hit is kept to its end and holds no cycles. To look through all of it again whenever
a few hundred objects more are there takes more than half the time of a log in which every hit is of another indicator.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (50_000, 20, 1000)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """For the whole process, until the end of the block, or of the function that this decorates.

    The collector is not turned off: whatever has cycles is still bounded.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
