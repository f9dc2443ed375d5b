"""The client's side: what is sent, what is believed, and that every pull ends."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import LocalError, MalformedReply, NotPermitted
from detente.taxii.client import (
    OBJECTS_MAX,
    Envelope,
    Walk,
    add_request,
    check_content_type,
    collections_request,
    discovery_request,
    read_collections,
    read_discovery,
    read_envelope,
    read_status,
    status_request,
)
from detente.taxii.media import TAXII

ROOT = "https://cti.example/taxii2/shared/"
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
URL = "https://cti.example/taxii2/"


@pytest.mark.parametrize(
    ("given_", "url"),
    [
        ("https://cti.example", URL),
        ("https://cti.example/", URL),
        ("https://cti.example/taxii2", URL),
        ("https://cti.example:8443/other/taxii2/?x=1#y", "https://cti.example:8443/other/taxii2/"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/taxii2/"),
    ],
)
def test_a_server_is_found_by_what_a_person_types(given_: str, url: str) -> None:
    request = discovery_request(given_)
    assert (request.method, request.url, request.headers) == ("GET", url, {"accept": TAXII})


@pytest.mark.parametrize("given_", ["cti.example", "file:///etc/passwd", "https://", "https://user:secret@cti.example"])
def test_an_address_that_cannot_be_one_is_refused(given_: str) -> None:
    with pytest.raises(NotPermitted):
        discovery_request(given_)


def test_requests_name_what_they_ask_for_and_nothing_else() -> None:
    assert collections_request(ROOT).url == f"{ROOT}collections/"
    assert status_request(ROOT, "a/../b").url == f"{ROOT}status/a%2F..%2Fb/"
    request = add_request(ROOT, COLLECTION, [b'{"a":1}', b'{"b":2}'], bytes_max=100)
    assert request.url == f"{ROOT}collections/{COLLECTION}/objects/"
    assert request.body == b'{"objects":[{"a":1},{"b":2}]}'
    assert request.headers == {"accept": TAXII, "content-type": TAXII}


@pytest.mark.parametrize("objects", [[], [b"x" * 100]])
def test_an_envelope_that_the_server_would_refuse_is_not_sent(objects: list[bytes]) -> None:
    with pytest.raises(LocalError, match="split"):
        add_request(ROOT, COLLECTION, objects, bytes_max=100)


def test_roots_on_the_same_server_are_followed_and_others_are_only_shown() -> None:
    found = read_discovery(
        {
            "title": "Example",
            "default": "/taxii2/b",
            "api_roots": [
                "/taxii2/a/",
                "/taxii2/b",
                "https://cti.example:443/c/",
                "https://evil.example/d/",
                "http://cti.example/e/",
                "https://cti.example:8443/f/",
                "//evil.example/g/",
                "file:///etc/passwd",
            ],
        },
        url=URL,
    )
    assert found.api_roots == (
        "https://cti.example/taxii2/a/",
        "https://cti.example/taxii2/b/",
        "https://cti.example:443/c/",
    )
    assert len(found.elsewhere) == 5
    assert found.default == "https://cti.example/taxii2/b/"


def test_a_default_elsewhere_is_no_default() -> None:
    value: Any = {"title": "x", "default": "https://evil.example/", "api_roots": ["https://evil.example/"]}
    assert read_discovery(value, url=URL).default is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"title": 5},
        {"title": "x" * 20_000},
        {"title": "x", "api_roots": "/a/"},
        {"title": "x", "api_roots": [5]},
        {"title": "x", "api_roots": ["https://cti.example:port/"]},
        {"title": "x", "api_roots": ["https://[::1/"]},
        {"title": "x", "api_roots": ["/a/"] * 101},
        {"title": "x", "contact": None},
    ],
)
def test_a_discovery_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(MalformedReply):
        read_discovery(value, url=URL)


def test_collections_are_read_with_their_rights() -> None:
    (found,) = read_collections(
        {"collections": [{"id": COLLECTION.upper(), "title": "x", "can_read": True, "can_write": False, "x_own": 1}]}
    )
    assert (found.id, found.can_read, found.can_write, found.alias) == (COLLECTION, True, False, None)
    assert read_collections({}) == ()


@pytest.mark.parametrize(
    "change", [{"id": "../../x"}, {"id": None}, {"title": None}, {"can_read": 1}, {"can_write": None}, {"alias": 5}]
)
def test_a_collection_that_is_none_is_refused(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {"id": COLLECTION, "title": "x", "can_read": True, "can_write": True}
    with pytest.raises(MalformedReply):
        read_collections({"collections": [{**good, **change}]})


def test_an_envelope_is_bounded_and_its_objects_are_left_as_they_are() -> None:
    assert read_envelope({}) == Envelope((), False, None)
    assert read_envelope({"more": True, "next": "n", "objects": [1, {}]}) == Envelope((1, {}), True, "n")
    assert read_envelope({"more": True, "next": "", "objects": [1]}).next is None
    with pytest.raises(MalformedReply):
        read_envelope({"objects": [1, 2, 3]}, objects_max=2)
    bad: list[Any] = [[], {"more": "yes"}, {"next": 5}, {"objects": {}}, {"objects": [0] * (OBJECTS_MAX + 1)}]
    for value in bad:
        with pytest.raises(MalformedReply):
            read_envelope(value)


def test_a_status_says_what_failed() -> None:
    value: Any = {"id": "s", "status": "complete", "failures": [{"id": "a--1", "version": "", "message": "no type"}]}
    assert read_status(value) == ("s", True, ("a--1: no type",))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("application/vnd.oasis.taxii+json; version=2.0", "TAXII 2.0"),
        ("text/html", "is the address right"),
        ("", "is the address right"),
    ],
)
def test_an_answer_of_another_kind_is_refused_with_the_reason(header: str, said: str) -> None:
    check_content_type("Application/TAXII+json; version=2.1")
    with pytest.raises(MalformedReply, match=said):
        check_content_type(header)


def test_a_walk_asks_page_after_page_and_remembers_where_it_was() -> None:
    walk = Walk(ROOT, COLLECTION, 2, added_after_us=1, types=("indicator", "malware"))
    base = f"{ROOT}collections/{COLLECTION}/objects/?limit=2&match[type]=indicator,malware"
    date = "1970-01-01T00:00:00.00000"
    assert walk.request().url == f"{base}&added_after={date}1Z"
    walk = walk.after(Envelope(({}, {}), True, "n1"), f"{date}3Z")
    assert walk.request().url == f"{base}&added_after={date}1Z&next=n1"
    walk = walk.after(Envelope(({},), False, None), f"{date}4Z")
    assert (walk.done, walk.added_after_us) == (True, 4)


def test_a_server_without_next_is_walked_by_date() -> None:
    walk = Walk(ROOT, COLLECTION, 2).after(Envelope(({}, {}), True, None), "2026-01-01T00:00:00.000Z")
    assert "added_after=2026-01-01T00:00:00.000000Z" in walk.request().url
    assert "next" not in walk.request().url


def test_what_is_remembered_never_moves_back_or_without_being_told() -> None:
    walk = Walk(ROOT, COLLECTION, 2, added_after_us=9)
    assert walk.after(Envelope((), False, None), None).added_after_us == 9
    walk = walk.after(Envelope(({},), True, "n"), "1970-01-01T00:00:00.000020Z")
    assert walk.after(Envelope(({},), False, None), "1970-01-01T00:00:00.000010Z").added_after_us == 20


@pytest.mark.parametrize(
    ("envelope", "date"),
    [
        (Envelope((), True, "n2"), None),
        (Envelope(({},), True, "n1"), None),
        (Envelope(({},), True, None), None),
        (Envelope(({},), True, None), "1970-01-01T00:00:00.000005Z"),
        (Envelope(({},), False, None), "undefined"),
    ],
)
def test_a_pull_that_would_never_end_is_stopped(envelope: Envelope, date: str | None) -> None:
    walk = Walk(ROOT, COLLECTION, 2, added_after_us=5, next="n1")
    with pytest.raises(MalformedReply):
        walk.after(envelope, date)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["title", "api_roots", "collections", "objects", "id", "more"]), inner)
    ),
    max_leaves=10,
)


@given(JSON)
def test_every_reply_is_read_or_refused_by_our_own_error(value: Any) -> None:
    for read in (lambda: read_discovery(value, url=URL), lambda: read_collections(value), lambda: read_envelope(value)):
        with contextlib.suppress(MalformedReply):
            read()
