"""Over real HTTP: whatever a server does, an answer costs at most so many bytes and so many seconds, and the error says which."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Mapping

import pytest
from tests.adversary.evil_server import WAYS, EvilServer
from tests.scene import tell, truth_of
from tests.world import World

from detente.errors import DetenteError, MalformedReply, TimedOut, TooLarge, TransportError, Unreachable
from detente.net import HttpFetch, Reply
from detente.node.sync import sync

SECONDS_MAX = 0.6
BYTES_MAX = 1 << 20
# What the kernel's buffers on both sides may hold of an answer that nobody reads.
BUFFERS_MAX = 32 << 20
# How late a busy machine may be.
GRACE_S = 5.0

WRONG: dict[str, type[DetenteError]] = {
    "endless_body": TooLarge,
    "endless_chunks": TooLarge,
    "slow_body": TimedOut,
    "slow_chunks": TimedOut,
    "slow_headers": TimedOut,
    "slow_first_line": TimedOut,
    "silence": TimedOut,
    "silence_after_the_headers": TimedOut,
    "wait_and_see": TimedOut,
    "ten_gibibytes_announced": TooLarge,
    "a_length_of_ten_thousand_digits": TransportError,
    "two_lengths": Unreachable,
    "a_length_below_zero": Unreachable,
    "less_than_announced": Unreachable,
    "chunks_that_break_off": Unreachable,
    "chunks_of_no_size": Unreachable,
    "a_chunk_with_an_endless_name": Unreachable,
    "endless_headers": Unreachable,
    "many_headers": MalformedReply,
    "gzip_bomb": MalformedReply,
    "gzip_bomb_in_transfer": TransportError,
    "another_protocol": Unreachable,
    "hang_up": Unreachable,
}


@pytest.fixture
def server() -> Iterator[EvilServer]:
    made = EvilServer()
    yield made
    made.close()


@pytest.fixture
def fetch() -> Iterator[HttpFetch]:
    made = HttpFetch(whole_seconds_max=SECONDS_MAX)
    yield made
    made.close()


def test_every_way_of_the_server_is_tried_here() -> None:
    assert set(WAYS) == {*WRONG, "redirect_loop", "redirect_elsewhere", "read_nothing", "well"}


@pytest.mark.parametrize("way", WRONG)
def test_a_wrong_answer_is_a_typed_error_within_the_bounds(server: EvilServer, fetch: HttpFetch, way: str) -> None:
    began = time.monotonic()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WRONG[way]):
        fetch("GET", f"{server.url}/{way}", bytes_max=BYTES_MAX)
    assert time.monotonic() - began < SECONDS_MAX + GRACE_S
    assert server.sent < BYTES_MAX + BUFFERS_MAX
    assert server.asked == [f"/{way}"]
    # The server's thread is in this process too, and its bomb of 64 KiB weighs 64 MiB before it is pressed.
    if way != "gzip_bomb":
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) >> 10 <= 32 + (BUFFERS_MAX >> 20)


@pytest.mark.parametrize("way", WRONG)
def test_after_a_wrong_answer_the_next_request_works(server: EvilServer, fetch: HttpFetch, way: str) -> None:
    for _ in range(2):
        with pytest.raises(WRONG[way]):
            fetch("GET", f"{server.url}/{way}", bytes_max=BYTES_MAX)
        reply = fetch("GET", f"{server.url}/well", bytes_max=2)
        assert (reply.status, reply.body, reply.headers["x-detente-upto"]) == (200, b"ok", "5")


def test_redirects_are_answers_and_are_not_followed(server: EvilServer, fetch: HttpFetch) -> None:
    for way, status in (("redirect_loop", 302), ("redirect_elsewhere", 307)):
        assert fetch("GET", f"{server.url}/{way}", bytes_max=BYTES_MAX).status == status
    assert server.asked == ["/redirect_loop", "/redirect_elsewhere"]


def test_a_server_that_does_not_read_is_not_written_to_for_ever(server: EvilServer, fetch: HttpFetch) -> None:
    began = time.monotonic()
    with pytest.raises(TimedOut):
        fetch("POST", f"{server.url}/read_nothing", bytes_max=BYTES_MAX, body=bytes(64 << 20))
    assert time.monotonic() - began < SECONDS_MAX + GRACE_S


def test_exactly_as_many_bytes_as_allowed_are_accepted(server: EvilServer, fetch: HttpFetch) -> None:
    assert fetch("GET", f"{server.url}/well", bytes_max=2).body == b"ok"
    with pytest.raises(TooLarge):
        fetch("GET", f"{server.url}/well", bytes_max=1)


def test_nobody_at_the_address_is_unreachable(fetch: HttpFetch, server: EvilServer) -> None:
    url = server.url
    server.close()
    with pytest.raises(Unreachable):
        fetch("GET", f"{url}/well", bytes_max=2)
    for nowhere in ("http://127.0.0.1:1/", "http://no-such-host.invalid/", "http://[::1]:1/", "http://256.1.1.1/"):
        with pytest.raises(TransportError):
            fetch("GET", nowhere, bytes_max=2)


@pytest.mark.parametrize("way", ["silence", "slow_headers", "slow_body", "endless_body", "hang_up", "redirect_loop"])
def test_a_partner_with_such_a_server_does_not_stop_a_sync(
    scene: World, server: EvilServer, fetch: HttpFetch, way: str
) -> None:
    """cert-a's node answers like that to everything; what cert-c has to say arrives, and nothing of cert-a's changes."""
    honest = scene.nodes["cert-b"]
    tell(scene.nodes["cert-c"], [90, 91], "cert-b")
    before = truth_of(honest)

    def both(
        method: str, url: str, *, bytes_max: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        if url.startswith("http://cert-a.test/"):
            return fetch(method, f"{server.url}/{way}", bytes_max=bytes_max, body=body, headers=headers)
        return scene.fetch(method, url, bytes_max=bytes_max, body=body, headers=headers)

    report = sync(honest, both)
    errors = {p.party: p.error for p in report.partners}
    assert isinstance(errors["cert-a"], TransportError)
    assert errors["cert-c"] is None
    after = truth_of(honest)
    assert [row for row in after["heads"] if "cert-a.example" in row] == [
        row for row in before["heads"] if "cert-a.example" in row
    ]
    heard = next(p.pulled for p in report.partners if p.party == "cert-c")
    assert heard is not None
    assert heard.kinds["object"] == 2
