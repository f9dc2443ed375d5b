"""TAXII 2.1 conformance, lines 23–27: errors."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance.taxii.loopback import TAXII, Client, Reply
from tests.contract.stix_examples import indicator


def _errors(client: Client) -> dict[int, Reply]:
    return {
        400: client.get(client.objects(), "limit=0"),
        401: client.as_(None).get("/taxii2/"),
        403: client.as_("writer").request("DELETE", client.objects(str(indicator(1)["id"]))),
        404: client.get(client.path("collections", "none")),
        405: client.request("DELETE", "/taxii2/"),
        406: client.get("/taxii2/", accept="image/png"),
        413: client.request("POST", client.objects(), "", b"x" * (10 * 1024 * 1024 + 1), content_type=TAXII),
        415: client.post(content_type="image/png"),
        422: client.post(),
    }


def test_023_an_error_has_a_title(client: Client) -> None:
    for status, reply in _errors(client).items():
        assert reply.status == status
        assert isinstance(reply.value["title"], str)
        assert reply.value["title"]


def test_024_the_http_status_in_an_error_is_a_string_equal_to_the_status(client: Client) -> None:
    for status, reply in _errors(client).items():
        assert reply.value["http_status"] == str(status)


@pytest.mark.parametrize(
    "query",
    [
        "limit=",
        "limit=ten",
        "added_after=yesterday",
        "added_after=2026-13-01T00:00:00Z",
        "added_after=2026-01-01T00:00:00",
        "added_after=2026-01-01T00:00:00%2B01:00",
        "added_after=",
        "next=%00",
        "next=",
        "next=-1",
        "match[version]=newest",
        "match[version]=",
        "match[type]=",
        "match[type]=a,,b",
        "match[id]=%ff",
        "match[id]=%00",
        "match[type]=%c3%a4",
        "match[spec_version]=" + "2" * 301,
        "match[confidence]=80",
        "match[]=x",
        "match[limit]=5",
        "match[type]=" + ",".join(f"t{n}" for n in range(501)),
        "&".join(f"x{n}=1" for n in range(100)),
        "x=" + "y" * 17_000,
    ],
)
def test_025_malformed_query_parameters_are_answered_400(client: Client, query: str) -> None:
    for place in (client.objects(), client.manifest):
        assert client.get(place, query).status == 400


def test_026_a_hidden_collection_and_an_unknown_one_answer_alike(client: Client) -> None:
    unknown = "11111111-2222-4333-8444-555555555555"
    object_id = str(indicator(1)["id"])
    client.post(indicator(1), path=client.path("collections", client.world.private, "objects"))
    for role in ("editor", "reader", "stranger"):
        asking = client.as_(role)
        for steps in ((), ("manifest",), ("objects",), ("objects", object_id), ("objects", object_id, "versions")):
            hidden, missing = (
                asking.get(asking.path("collections", place, *steps)) for place in (client.world.private, unknown)
            )
            assert hidden.status == missing.status == 404
            assert hidden.body == missing.body
            assert hidden.headers.keys() == missing.headers.keys()
        posts = [
            asking.post(indicator(2), path=asking.path("collections", place, "objects"))
            for place in (client.world.private, unknown)
        ]
        assert [(reply.status, reply.body) for reply in posts] == [(404, posts[0].body)] * 2


def _text(alphabet: str, size: int) -> st.SearchStrategy[str]:
    return st.text(alphabet=alphabet, max_size=size)


_URL = string.ascii_letters + string.digits + "-._~%!$&'()*+,;=:@[]"
_STEPS = st.sampled_from(
    ["shared", "collections", "objects", "manifest", "status", "versions", "", "..", "%2e%2e", "%2F", "%00", "%ff"]
)
_HEADER = st.text(
    alphabet=st.characters(min_codepoint=0x20, max_codepoint=0xFF, blacklist_characters="\x7f"), max_size=40
)
_FIELDS = st.sampled_from(
    [
        "limit",
        "next",
        "added_after",
        "match[id]",
        "match[type]",
        "match[version]",
        "match[spec_version]",
        "match[x]",
        "x",
    ]
)
_VALUES = st.sampled_from(["all", "last", "first", "0", "1", "9" * 30, "2.1", "2026-01-01T00:00:00Z", "a,b", "%00"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _text(string.printable, 8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["objects", "id", "type", "x"]), inner),
    max_leaves=12,
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_027_nothing_that_a_client_sends_makes_a_5xx(client: Client, data: st.DataObject) -> None:
    """`Client.request` refuses every 5xx, and every answer that is not TAXII, on its own."""
    known = st.sampled_from([client.world.exchange, client.world.private, "exchange", str(indicator(1)["id"])])
    steps = data.draw(st.lists(_STEPS | known | _text(_URL, 12), max_size=8))
    query = "&".join(
        f"{name}={value}"
        for name, value in data.draw(
            st.lists(st.tuples(_FIELDS | _text(_URL, 6), _VALUES | _text(_URL, 12)), max_size=5)
        )
    )
    headers = data.draw(
        st.dictionaries(
            st.sampled_from(
                ["accept", "content_type", "content_encoding", "authorization", "expect", "range", "cookie"]
            ),
            _HEADER | st.sampled_from([TAXII, "identity", "Basic", "Bearer ", "Basic Og==", "*/*"]),
            max_size=3,
        )
    )
    method = data.draw(st.sampled_from(["GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS"]))
    body = None
    if method in ("POST", "PUT"):
        body = data.draw(st.binary(max_size=60) | _JSON.map(lambda value: json.dumps(value).encode()))
        headers.setdefault("content_type", TAXII)
    path = "/taxii2/" + "".join(f"{step}/" for step in steps)
    client.request(method, path, query, body, **headers)
