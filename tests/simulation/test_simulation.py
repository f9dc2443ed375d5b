"""Many small worlds, each from one seed; a failure prints the seed and what happened in it.

DETENTE_SEEDS=1000        as many seeds
DETENTE_SEEDS=4711-4711   exactly this one
"""

from __future__ import annotations

import os

import pytest
from tests.scene import quick_folder
from tests.simulation.cluster import Cluster

STEPS = 30


def seeds() -> list[int]:
    text = os.environ.get("DETENTE_SEEDS", "40")
    first, _, last = text.rpartition("-")
    return list(range(int(first or 0), int(last) + 1 if first else int(last)))


@pytest.mark.parametrize("seed", seeds())
def test_no_oracle_is_violated_in_this_world(seed: int) -> None:
    with quick_folder() as folder:
        cluster = Cluster(folder, seed)
        try:
            cluster.run(STEPS)
            cluster.check_end()
        except BaseException as error:
            print("\n".join([f"seed {seed}, {len(cluster.names)} nodes, forker {cluster.forker}", *cluster.history]))
            error.add_note(f"DETENTE_SEEDS={seed}-{seed} shows this again")
            raise
        finally:
            cluster.close()
