"""The scene of every lie: `cert-a` lies, `cert-b` is lied to, `cert-c` is a third who sees both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.adversary.lying_party import LyingParty
from tests.scene import close, copy_of, quick_folder, town
from tests.world import World

NAMES = ("cert-a", "cert-b", "cert-c")


@pytest.fixture(scope="session")
def settled() -> Iterator[tuple[Path, int]]:
    """Three nodes that have told one another something, made once; every test works on a copy."""
    with quick_folder() as folder:
        yield folder, close(town(World(folder), *NAMES))


@pytest.fixture
def scene(settled: tuple[Path, int]) -> Iterator[World]:
    with copy_of(*settled, *NAMES) as world:
        yield world


@pytest.fixture
def liar(scene: World) -> LyingParty:
    return LyingParty(scene, "cert-a")
