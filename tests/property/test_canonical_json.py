"""Our canonical bytes are those of rfc8785, and what we write we read back."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import InvalidObject
from detente.stix.canonical import INTEGER_MAX, JsonValue, encode, parse, parse_canonical

# Characters at which the short path and RFC 8785 could part: escapes, DEL, the BMP's end against the pairs, and what
# looks like a number, a null or a delimiter inside a string.
AWKWARD = st.text(
    alphabet=st.sampled_from('\x00\x08\t\n\x0b\x0c\r\x1f"\\/\x7f\x80é€\ue000\uffff\U00010000\U0001f600[]{},:-.019enul')
)
TEXT = st.text() | AWKWARD
NUMBERS = st.integers(-INTEGER_MAX, INTEGER_MAX) | st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: abs(number) <= INTEGER_MAX or abs(number) >= 1e21
)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_our_bytes_are_those_of_the_reference_and_come_back_as_the_same_value(value: JsonValue) -> None:
    body = encode(value)
    assert body == rfc8785.dumps(value)
    assert parse_canonical(body) == value


@given(VALUES)
def test_any_spelling_of_a_value_parses_to_it(value: JsonValue) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert parse(text.encode()) == value


@given(st.floats())
def test_a_float_is_either_written_as_the_reference_does_and_read_back_or_refused(number: float) -> None:
    try:
        body = encode([number])
    except InvalidObject:
        assert not abs(number) <= INTEGER_MAX
        assert not 1e21 <= abs(number) < float("inf")
        return
    assert body == rfc8785.dumps([number])
    assert parse(body) == [number]


@given(st.binary(max_size=200) | st.text(alphabet='[]{},:"\\u0123456789eE+-.truefalsn \n', max_size=60).map(str.encode))
def test_arbitrary_bytes_parse_or_raise_our_error_and_the_standard_library_agrees(data: bytes) -> None:
    try:
        value = parse(data)
    except InvalidObject:
        return
    assert json.loads(data.decode("utf-8")) == value
    assert parse_canonical(encode(value)) == value


@given(VALUES, st.data())
def test_a_changed_byte_never_passes_as_the_same_canonical_text(value: JsonValue, data: st.DataObject) -> None:
    body = bytearray(encode(value))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    try:
        changed = parse_canonical(bytes(body))
    except InvalidObject:
        return
    assert encode(changed) == bytes(body) != encode(value)


def test_keys_are_ordered_by_utf_16_code_unit() -> None:
    assert encode({"\ue000": 1, "\U00010000": 2}) == '{"\U00010000":2,"\ue000":1}'.encode()


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), [-float("inf")], {"a": float("nan")}, 2**53, [-(2**53)], 1e20, "\ud800"]
)
def test_what_json_or_a_double_cannot_carry_is_not_written(value: JsonValue) -> None:
    with pytest.raises(InvalidObject):
        encode(value)
