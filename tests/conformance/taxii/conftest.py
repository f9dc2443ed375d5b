"""A fresh world and a fresh application for each test, behind one server for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.taxii.loopback import Client, Switch, serving
from tests.contract.worlds import IMPLEMENTATIONS, World

from detente.web.taxii import make_app


@pytest.fixture(scope="session")
def taxii_server() -> Iterator[tuple[Switch, int]]:
    switch = Switch()
    with serving(switch) as port:
        yield switch, port


@pytest.fixture(params=IMPLEMENTATIONS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return IMPLEMENTATIONS[request.param](tmp_path)


@pytest.fixture
def serve(taxii_server: tuple[Switch, int], world: World) -> Iterator[Callable[..., Client]]:
    """Starts the application with settings of the test's own, and gives a client of it."""
    switch, port = taxii_server
    clients = []

    def start(**settings: Any) -> Client:
        switch.app = make_app(world.collections, **{"title": "Example node", **settings})
        clients.append(Client(world, port))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def client(serve: Callable[..., Client]) -> Client:
    return serve(description="What it is for", contact="soc@node.example")
