"""Query strings: the rules are tested over HTTP as well, here the parts that a request line cannot show."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import MalformedReply
from detente.taxii.query import (
    DELETION,
    FIELDS_MAX,
    LIMIT_DEFAULT,
    LIMIT_MAX,
    OBJECTS,
    ONE_OBJECT,
    VALUES_MAX,
    VERSIONS,
    Endpoint,
    Filter,
    parse_query,
)
from detente.taxii.times import encode_cursor


def test_nothing_asked_is_the_last_version_of_everything_from_the_start() -> None:
    query = parse_query(b"", OBJECTS)
    assert query.filter == Filter()
    assert (query.after_us, query.limit) == (0, LIMIT_DEFAULT)


def test_each_endpoint_means_other_versions_when_none_are_named() -> None:
    assert parse_query(b"", ONE_OBJECT, object_id="x--1").filter == Filter(ids=("x--1",), versions=("last",))
    assert parse_query(b"", VERSIONS, object_id="x--1").filter == Filter(ids=("x--1",), versions=("all",))
    assert parse_query(b"", DELETION, object_id="x--1").filter == Filter(ids=("x--1",), versions=("all",))
    assert parse_query(b"match[version]=last", DELETION).filter.versions == ("last",)


def test_equal_questions_are_equal_values_however_they_are_written() -> None:
    one = parse_query(b"match[type]=b,a,b&limit=9999&match[version]=last,first", OBJECTS)
    other = parse_query(b"match%5Bversion%5D=first%2Clast&limit=5000&x=y&match[type]=a,b", OBJECTS)
    assert one == other
    assert hash(one) == hash(other)


def test_the_place_to_go_on_from_is_read_out_of_next() -> None:
    query = parse_query(b"next=" + encode_cursor(77).encode() + b"&added_after=1970-01-01T00:00:01Z", OBJECTS)
    assert (query.after_us, query.filter.added_after_us) == (77, 1_000_000)


def test_a_smaller_bound_holds_for_the_default_as_well() -> None:
    assert parse_query(b"", OBJECTS, limit_max=10).limit == 10
    assert parse_query(b"limit=" + b"9" * 1_000, OBJECTS).limit == LIMIT_MAX


@pytest.mark.parametrize("endpoint", [OBJECTS, ONE_OBJECT, VERSIONS, DELETION])
@pytest.mark.parametrize("field", ["id", "type", "version", "spec_version"])
def test_a_match_field_is_used_where_it_is_known_and_refused_where_it_is_not(endpoint: Endpoint, field: str) -> None:
    query = f"match[{field}]={'all' if field == 'version' else 'x'}".encode()
    if field in endpoint.fields:
        parse_query(query, endpoint)
    else:
        with pytest.raises(MalformedReply):
            parse_query(query, endpoint)


def test_paging_means_nothing_to_a_deletion() -> None:
    assert parse_query(b"limit=x&next=x&added_after=x", DELETION).filter.versions == ("all",)


@pytest.mark.parametrize(
    "query",
    [
        b"match[type]=" + b",".join([b"x"] * (VALUES_MAX + 1)),
        b"match[version]=" + b",".join([b"last"] * (VALUES_MAX + 1)),
        b"&".join([b"a=b"] * (FIELDS_MAX + 1)),
        b"x" * 20_000,
        b"match[id]=\xc3\xa4",
        b"match[id]=%c3",
        b"%ff=1",
        b"match[version]=last,",
    ],
)
def test_bounds_hold_and_the_encoding_is_utf_8(query: bytes) -> None:
    with pytest.raises(MalformedReply):
        parse_query(query, OBJECTS)


@given(st.binary(max_size=80) | st.text(alphabet="matchidtypeversion[]=&%,.-:TZ0129 ", max_size=80).map(str.encode))
def test_every_query_is_understood_or_refused_by_our_own_error(query: bytes) -> None:
    with contextlib.suppress(MalformedReply):
        assert 0 < parse_query(query, OBJECTS).limit <= LIMIT_MAX
