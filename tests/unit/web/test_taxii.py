"""The TAXII application called directly: its cache, its failures, and the protocols that it does not speak."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tests.contract.memory_collections import MemoryCollections
from tests.contract.stix_examples import RED, indicator
from tests.contract.worlds import MemoryWorld

from detente.errors import CorruptLog, InvalidObject, Locked, NotDurable, NotFound, NotPermitted, StaleWrite
from detente.stix.canonical import JsonValue
from detente.web.collections import Caller, Filter, Page, Status
from detente.web.page_cache import PageCache, Reply
from detente.web.taxii import make_app

TAXII = b"application/taxii+json;version=2.1"
Headers = Sequence[tuple[bytes, bytes]]


@dataclass(slots=True)
class Answer:
    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""

    @property
    def value(self) -> Any:
        return json.loads(self.body)


def _run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def call() -> None:
        await app(scope, receive, send)

    asyncio.run(call())


def ask(
    app: ASGIApp,
    method: str,
    path: str,
    token: str,
    *,
    query: bytes = b"",
    chunks: Sequence[Message] = (),
    more: Headers = (),
) -> Answer:
    headers = [
        (b"authorization", b"Bearer " + token.encode()),
        (b"content-type", TAXII),
        (b"host", b"node.example"),
        *more,
    ]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "scheme": "https",
        "headers": headers,
    }
    messages = iter(chunks or [{"type": "http.request", "body": b"", "more_body": False}])
    answer = Answer()

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], dict(message["headers"])
        else:
            answer.body += message["body"]

    _run(app, scope, receive, send)
    return answer


class Counting(MemoryCollections):
    """Counts the pages that are really read, and fails when it is told to."""

    def __init__(self, world: MemoryWorld) -> None:
        self.__dict__.update(world.collections.__dict__)
        self.pages = 0
        self.failure: Exception | None = None

    def page(
        self, caller: Caller, collection_id: str, filter_: Filter, after_us: int, limit: int, *, bytes_max: int
    ) -> Page:
        self.pages += 1
        if self.failure is not None:
            raise self.failure
        return super().page(caller, collection_id, filter_, after_us, limit, bytes_max=bytes_max)

    def add(self, caller: Caller, collection_id: str, objects: Sequence[JsonValue]) -> Status:
        if self.failure is not None:
            raise self.failure
        return super().add(caller, collection_id, objects)


@dataclass(slots=True)
class Stage:
    world: MemoryWorld
    collections: Counting
    app: ASGIApp

    @property
    def objects(self) -> str:
        return f"/taxii2/shared/collections/{self.world.exchange}/objects/"

    def get(self, role: str = "own", query: bytes = b"", path: str | None = None) -> Answer:
        return ask(self.app, "GET", self.objects if path is None else path, self.world.token(role)[1], query=query)

    def post(self, *objects: object, role: str = "own") -> Answer:
        body = json.dumps({"objects": objects}).encode()
        chunk = {"type": "http.request", "body": body, "more_body": False}
        return ask(self.app, "POST", self.objects, self.world.token(role)[1], chunks=[chunk])


@pytest.fixture
def stage() -> Stage:
    world = MemoryWorld()
    collections = Counting(world)
    return Stage(world, collections, make_app(collections, title="Example"))


def test_the_same_page_is_read_once_until_something_changes(stage: Stage) -> None:
    stage.post(indicator(1), indicator(2))
    first = stage.get()
    assert (stage.get().body, stage.collections.pages) == (first.body, 1)
    assert stage.get(query=b"limit=1000&x=y").headers == first.headers
    assert stage.collections.pages == 1
    stage.get(query=b"limit=1")
    assert stage.collections.pages == 2
    stage.post(indicator(3))
    assert len(stage.get().value["objects"]) == 3
    assert stage.collections.pages == 3
    object_id = str(indicator(3)["id"])
    ask(stage.app, "DELETE", f"{stage.objects}{object_id}/", stage.world.token("own")[1])
    assert len(stage.get().value["objects"]) == 2


def test_a_page_kept_ready_is_shared_only_by_those_with_the_same_rights(stage: Stage) -> None:
    stage.post(indicator(1), indicator(2, marking=RED))
    assert len(stage.get("own").value["objects"]) == 2
    assert len(stage.get("reader").value["objects"]) == 1
    assert stage.get("stranger").status == 404
    assert stage.get("writer").status == 404
    assert len(stage.get("editor").value["objects"]) == 2
    pages = stage.collections.pages
    assert len(stage.get("reader").value["objects"]) == 1
    assert stage.get("stranger").status == 404
    assert stage.collections.pages == pages


def test_objects_manifest_and_versions_are_kept_apart(stage: Stage) -> None:
    stage.post(indicator(1))
    object_id = str(indicator(1)["id"])
    manifest = stage.objects.replace("objects", "manifest")
    bodies = {
        stage.get(path=path).body
        for path in (stage.objects, manifest, f"{stage.objects}{object_id}/versions/")
        for _ in range(2)
    }
    assert len(bodies) == 3


def test_a_page_read_while_something_changed_is_not_kept(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.post(indicator(1))
    page = stage.collections.page

    def meanwhile(*arguments: Any, **named: Any) -> Page:
        found = page(*arguments, **named)
        monkeypatch.undo()
        stage.world.collections.add(Caller("own", ""), stage.world.exchange, [indicator(2)])
        shelf = stage.world.collections._shelves[stage.world.exchange]
        assert stage.collections._shelves[stage.world.exchange] is shelf
        return found

    monkeypatch.setattr(stage.collections, "page", meanwhile)
    assert len(stage.get().value["objects"]) == 1
    assert len(stage.get().value["objects"]) == 2


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (NotPermitted("the marking says so"), 403),
        (NotFound("no such place"), 404),
        (InvalidObject("not so"), 400),
        (StaleWrite("again"), 503),
        (Locked("by another process"), 503),
        (CorruptLog("bytes contradict"), 503),
        (NotDurable("the disk"), 503),
        (RuntimeError("a secret of the implementation"), 500),
        (RecursionError(), 500),
    ],
)
def test_a_failure_below_is_answered_in_taxii_and_says_nothing_of_the_inside(
    stage: Stage, failure: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    stage.collections.failure = failure
    with caplog.at_level(logging.ERROR):
        answers = [stage.get(), stage.post(indicator(1))]
    for answer in answers:
        assert answer.status == status
        assert answer.headers[b"content-type"] == TAXII
        assert answer.value["http_status"] == str(status)
        assert b"secret" not in answer.body
        assert b"marking" not in answer.body
        assert (status == 503) == (b"retry-after" in answer.headers)
    told = [record for record in caplog.records if record.name == "detente.web.taxii"]
    assert len(told) == (2 if isinstance(failure, (CorruptLog, NotDurable, RuntimeError)) else 0)


def test_a_client_that_leaves_in_the_middle_is_not_answered_and_stores_nothing(stage: Stage) -> None:
    chunks: list[Message] = [
        {"type": "http.request", "body": b'{"objects":[', "more_body": True},
        {"type": "http.disconnect"},
    ]
    answer = ask(stage.app, "POST", stage.objects, stage.world.token("own")[1], chunks=chunks)
    assert answer == Answer()
    assert stage.get().value == {}


def test_a_token_that_is_forgotten_is_refused_at_once(stage: Stage) -> None:
    assert stage.get("reader").status == 200
    stage.collections._tokens.clear()
    stage.collections._remembered.clear()
    assert stage.get("reader").status == 401


def test_a_header_given_twice_says_nothing_that_either_of_them_says(stage: Stage) -> None:
    secret = stage.world.token("own")[1]
    for line in (f"Bearer {secret}", f"Bearer {stage.world.token('reader')[1]}", ""):
        twice = ask(stage.app, "GET", "/taxii2/", secret, more=[(b"authorization", line.encode())])
        assert twice.status == 401
    discovery = ask(stage.app, "GET", "/taxii2/", secret, more=[(b"host", b"other.example")]).value
    assert discovery["api_roots"] == ["/taxii2/shared/"]
    accepted = ask(stage.app, "GET", "/taxii2/", secret, more=[(b"accept", b"text/html"), (b"accept", TAXII)])
    assert accepted.status == 200


def test_paths_outside_are_not_served(stage: Stage) -> None:
    for path in ("/", "/taxii", "/taxii2x/", "/other/taxii2/", ""):
        assert stage.get(path=path).status == 404
    assert stage.get(path="/taxii2").headers[b"location"] == b"/taxii2/"


def test_there_is_nothing_to_start_or_stop_and_no_websocket(stage: Stage) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "any"}

    async def send(message: Message) -> None:
        sent.append(message)

    _run(stage.app, {"type": "lifespan"}, receive, send)
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    sent.clear()
    _run(stage.app, {"type": "websocket"}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


def _reply(size: int) -> Reply:
    return Reply(200, (), b"x" * size)


def test_the_cache_is_bounded_and_forgets_what_was_used_longest_ago() -> None:
    cache = PageCache(3 * 2_048)
    for key in "abc":
        cache.keep(key, _reply(1_024))
    assert cache.find("a") is not None
    cache.keep("d", _reply(1_024))
    assert [key for key in "abcd" if cache.find(key) is not None] == ["a", "c", "d"]
    cache.keep("huge", _reply(10_000))
    assert cache.find("huge") is None
    kept = cache.find("a")
    cache.keep("a", _reply(3))
    assert cache.find("a") is kept
    empty = PageCache(0)
    empty.keep("a", _reply(0))
    assert empty.find("a") is None
