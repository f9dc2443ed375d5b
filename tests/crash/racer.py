"""One of several processes that write to the same node: `python -m tests.crash.racer FOLDER NUMBER COUNT`.

It says `ready`, waits for a line, appends COUNT entries one by one, and prints for each its index, its number, and the
checkpoint after it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.scene import examples

from detente.node.open import opened
from detente.node.share import say
from detente.store.log import OWN, read_head


def race(folder: Path, number: int, count: int) -> None:
    with opened(folder) as node:
        print("ready", flush=True)
        sys.stdin.readline()
        for offset in range(count):
            told = say(node, "", examples([number + offset]), to=["cert-b"])
            assert told.entries is not None
            with node.store.reading() as connection:
                head = read_head(connection, OWN)
            print(told.entries[0], number + offset, head.size, head.root.hex(), flush=True)


if __name__ == "__main__":
    race(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
