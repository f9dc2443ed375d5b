"""Nodes on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.scene import quick_folder
from tests.world import World, world


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    url = request.getfixturevalue("fresh_postgres_url")
    assert isinstance(url, str)
    return url


@pytest.fixture
def pair(store_url: str) -> Iterator[World]:
    """cert-a, whose store is the one or the other, and cert-b; they know each other and have said nothing yet."""
    with quick_folder() as folder, world(folder) as made:
        made.node("cert-a", store_url=store_url)
        made.node("cert-b")
        made.introduce("cert-a", "cert-b")
        yield made
