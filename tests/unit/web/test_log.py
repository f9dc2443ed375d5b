"""The log's endpoints: static answers for everybody, openings for those they were addressed to, and no exception for anybody."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.postgres import fresh_database
from tests.scene import quick_folder, settle, tell, truth_of
from tests.world import World, world

from detente.net import Reply
from detente.node.collections import add_token, revoke_token
from detente.node.open import Node
from detente.party import Role
from detente.statement import parse_openings
from detente.store.log import OWN, read_head
from detente.tlog.checkpoint import verify_checkpoint
from detente.tlog.tiles import Tile, bundle_path, bundles_of, parse_bundle, tile_path, tiles_of
from detente.web.log import BODY_BYTES_MAX, Answer, Request, answer

STATUSES = {200, 400, 401, 403, 404, 405, 409, 422, 503}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def asked(request: pytest.FixtureRequest) -> Iterator[World]:
    """cert-a answers; its store is the one or the other. It has 300 entries, some public, and mirrors two partners."""
    with quick_folder() as folder, world(folder) as made:
        if request.param == "postgresql":
            with fresh_database(request.getfixturevalue("postgres_url")) as fresh:
                yield _settled(made, fresh)
                made.close()
                made.nodes.clear()
        else:
            yield _settled(made, "")


def _settled(made: World, url: str) -> World:
    made.node("cert-a", store_url=url)
    made.node("cert-b")
    made.node("cert-c")
    for one, other in (("cert-a", "cert-b"), ("cert-a", "cert-c"), ("cert-b", "cert-c")):
        made.introduce(one, other)
    tell(made.nodes["cert-a"], range(280), "cert-b")
    tell(made.nodes["cert-a"], range(280, 285), "cert-c")
    tell(made.nodes["cert-a"], [285], public=True)
    tell(made.nodes["cert-b"], range(5), "cert-a")
    settle(made)
    return made


def get(node: Node, path: str, query: str = "", **headers: str) -> Answer:
    return answer(node, Request("GET", path, query, headers))


def token_of(made: World, reader: str, speaker: str = "cert-a") -> str:
    node = made.nodes[reader]
    with node.store.reading() as connection:
        return node.partner(connection, speaker).token


def test_every_tile_and_bundle_of_the_checkpoint_is_served_and_none_beyond(asked: World) -> None:
    node = asked.nodes["cert-a"]
    note = get(node, "/log/checkpoint")
    checkpoint = verify_checkpoint(note.body, origin=node.origin, log_keys=node.public_keys[Role.LOG]).checkpoint
    for tile in tiles_of(checkpoint.size):
        reply = get(node, f"/log/{tile_path(tile)}")
        assert (reply.status, len(reply.body)) == (200, 32 * tile.width)
        assert ("immutable" in reply.headers["cache-control"]) is (tile.width == 256)
    for bundle in bundles_of(checkpoint.size):
        reply = get(node, f"/log/{bundle_path(bundle.index, bundle.width)}")
        assert len(parse_bundle(reply.body, bundle.width)) == bundle.width
    for beyond in (
        tile_path(Tile(0, 2, 256)),
        tile_path(Tile(0, 1, 255)),
        tile_path(Tile(1, 0, 256)),
        tile_path(Tile(63, 0, 1)),
        tile_path(Tile(0, (1 << 63) - 1, 256)),
        bundle_path((1 << 63) - 1, 255),
        bundle_path(1, 255),
    ):
        assert get(node, f"/log/{beyond}").status == 404


def test_the_mirrors_of_partners_are_served_and_of_nobody_else(asked: World) -> None:
    node = asked.nodes["cert-a"]
    for name, status in (("cert-b.example", 200), ("cert-c.example", 200), ("cert-a.example", 404), ("x.example", 404)):
        digest = sha256(name.encode()).hexdigest()
        assert get(node, f"/mirror/{digest}/checkpoint").status == status
        assert get(node, f"/witness/{digest}/checkpoint").status == status
        assert get(node, f"/mirror/{digest}/tile/0/000.p/5").status == status
        assert get(node, f"/mirror/{digest}/tile/entries/000.p/5").status == status
    # The journal is no mirror, whatever name it is asked for by.
    assert get(node, f"/mirror/{sha256(b'cert-a.example/journal').hexdigest()}/checkpoint").status == 404


def test_openings_go_to_their_addressees_and_to_nobody_else(asked: World) -> None:
    node = asked.nodes["cert-a"]
    with node.store.reading() as connection:
        size = read_head(connection, OWN).size
    seen: dict[str, set[int]] = {}
    for reader in ("cert-b", "cert-c"):
        reply = get(node, "/log/openings", f"from=0&to={size}", authorization=f"Bearer {token_of(asked, reader)}")
        assert reply.status == 200
        assert reply.headers["x-detente-upto"] == str(size)
        assert "no-store" in reply.headers["cache-control"]
        found = list(parse_openings(reply.body))
        assert all(f'"{reader}.example"'.encode() in opening.header for _, opening in found)
        seen[reader] = {index for index, _ in found}
    assert len(seen["cert-b"]) >= 280
    assert len(seen["cert-c"]) >= 5
    assert not seen["cert-b"] & seen["cert-c"]


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNz", "bearer \x00", "Bearer " + "A" * 10_000, "Bearer é"],
)
def test_without_a_good_token_no_opening_is_given(asked: World, authorization: str) -> None:
    reply = get(asked.nodes["cert-a"], "/log/openings", "from=0&to=300", authorization=authorization)
    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert len(reply.body) < 100


def test_a_token_of_our_own_tools_and_a_revoked_one_open_nothing(asked: World) -> None:
    node = asked.nodes["cert-a"]
    _, secret = add_token(node, "tool")
    assert get(node, "/log/openings", "from=0&to=9", authorization=f"Bearer {secret}").status == 401
    revoke_token(node, "tool")
    assert get(node, "/log/openings", "from=0&to=9", authorization=f"Bearer {secret}").status == 401


@pytest.mark.parametrize(
    "query",
    ["", "from=0", "to=1", "from=1&to=1", "from=2&to=1", "from=-1&to=5", "from=01&to=5", "from=0&to=1e9", "from=٣&to=5",
     "from=0&to=9223372036854775808", "from=0&to=99999999999999999999", "from=a&to=b", "%00", "from=%30%00&to=5", "&&==&"],
)  # fmt: skip
def test_a_range_that_is_none_is_400(asked: World, query: str) -> None:
    token = token_of(asked, "cert-b")
    assert get(asked.nodes["cert-a"], "/log/openings", query, authorization=f"Bearer {token}").status == 400


@pytest.mark.parametrize("start", [0, 285, 10_000, (1 << 62), (1 << 63) - 2])
def test_a_range_beyond_the_end_is_answered_with_what_there_is(asked: World, start: int) -> None:
    token = token_of(asked, "cert-b")
    query = f"from={start}&to={(1 << 63) - 1}"
    reply = get(asked.nodes["cert-a"], "/log/openings", query, authorization=f"Bearer {token}")
    assert reply.status == 200
    assert start < int(reply.headers["x-detente-upto"])


def test_only_get_and_head_are_allowed_where_nothing_is_posted(asked: World) -> None:
    node = asked.nodes["cert-a"]
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", ""):
        assert answer(node, Request(method, "/log/checkpoint")).status == 405
    assert answer(node, Request("HEAD", "/log/checkpoint")).status == 200
    assert answer(node, Request("GET", "/witness/add-checkpoint")).status == 404


PIECES = ["/log/", "/witness/", "/mirror/", "tile/", "entries/", "0/", "63/", "64/", "000", "x000/", "999", "x999/", ".p/", "1",
          "255", "256", "checkpoint", "openings", "add-checkpoint", "../", "//", "%2e", "\x00", "\n", "é", "f" * 64, "?", "#",
          sha256(b"cert-b.example").hexdigest()]  # fmt: skip


@settings(max_examples=250)
@given(
    st.sampled_from(["GET", "HEAD", "POST", "X"]),
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.text(max_size=30),
    st.dictionaries(st.sampled_from(["authorization", "host", "content-length"]), st.text(max_size=30)),
    st.binary(max_size=200),
)
def test_whatever_a_stranger_sends_is_answered(
    asked: World, method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    reply = answer(asked.nodes["cert-a"], Request(method, path, query, headers, body))
    assert reply.status in STATUSES


def test_no_request_of_a_stranger_changes_the_truth(asked: World) -> None:
    node = asked.nodes["cert-a"]
    before = truth_of(node, journal=True, cosignatures=True)
    dice = random.Random(3)
    for _ in range(300):
        path = "".join(dice.choice(PIECES) for _ in range(dice.randrange(1, 7)))
        method = dice.choice(["GET", "HEAD", "POST"])
        body = dice.randbytes(dice.randrange(100))
        answer(node, Request(method, dice.choice([path, "/witness/add-checkpoint"]), "", {}, body))
    answer(node, Request("POST", "/witness/add-checkpoint", body=bytes(BODY_BYTES_MAX)))
    assert truth_of(node, journal=True, cosignatures=True) == before


def test_a_reply_is_the_same_over_the_worlds_network(asked: World) -> None:
    reply = asked.fetch("GET", "http://cert-a.test/log/checkpoint", bytes_max=1 << 20)
    assert isinstance(reply, Reply)
    assert reply.body == get(asked.nodes["cert-a"], "/log/checkpoint").body
