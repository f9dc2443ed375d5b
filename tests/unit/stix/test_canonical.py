"""Strict JSON: limits, refusals with a place and advice, and the bytes of RFC 8785's own examples."""

from __future__ import annotations

import struct

import pytest

from detente.errors import InvalidObject
from detente.stix.canonical import BYTES_MAX, INTEGER_MAX, JsonValue, encode, parse, parse_canonical


def refusal(data: bytes, **limits: int) -> str:
    with pytest.raises(InvalidObject) as caught:
        parse(data, **limits)
    return str(caught.value)


def test_a_text_parses_to_its_value() -> None:
    assert parse(b' {"a":[1,-0,2.5,1e2,true,false,null,"\\u20ac\\ud83d\\ude00"]}\n') == {
        "a": [1, 0, 2.5, 100.0, True, False, None, "€😀"]
    }


def test_the_byte_limit_comes_first_and_names_both_sizes() -> None:
    assert parse(b'"' + b"a" * (BYTES_MAX - 2) + b'"')
    assert refusal(b" " * (BYTES_MAX + 1)).startswith(
        f"JSON text has {BYTES_MAX + 1} bytes, the limit here is {BYTES_MAX}"
    )
    assert "12 bytes, the limit here is 10" in refusal(b'"0123456789"', bytes_max=10)


@pytest.mark.parametrize(("open_", "close"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"[":', b"}]")])
def test_depth_is_counted_exactly_whatever_the_brackets(open_: bytes, close: bytes) -> None:
    levels = open_.count(b"[") + open_.count(b"{") - open_.count(b'"[')
    deepest = open_ * (64 // levels) + b"1" + close * (64 // levels)
    assert parse(deepest) is not None
    assert "nested deeper than 64" in refusal(b"[" + deepest + b"]")


def test_many_brackets_at_one_level_are_not_depth() -> None:
    assert parse(b"[" + b"[{}]," * 1000 + b"1]", depth_max=3) is not None
    assert "nested deeper than 2" in refusal(b"[" + b"[{}]," * 1000 + b"1]", depth_max=2)


@pytest.mark.parametrize("text", ['"' + "[" * 500 + '"', '"\\"' + "[" * 500 + '"', '{"\\\\":"' + "]" * 500 + '"}'])
def test_brackets_inside_strings_are_no_depth(text: str) -> None:
    assert parse(text.encode()) is not None


def test_brackets_inside_strings_hide_no_depth() -> None:
    hidden = b'["' + b"]" * 100 + b'",' + b"[" * 64 + b"]" * 64 + b"]"
    assert "nested deeper than 64" in refusal(hidden)
    assert "nested deeper than 64" in refusal(b'["\\\\",' + b"[" * 64 + b'"\\""' + b"]" * 65)


@pytest.mark.parametrize(
    "bomb", [b"[" * 3_000_000, b"[" * 1_500_000 + b"]" * 1_500_000, b'{"a":' * 600_000, b"[[]," * 700_000]
)
def test_a_nesting_bomb_is_refused_in_linear_time(bomb: bytes) -> None:
    assert "nested deeper than 64" in refusal(bomb, bytes_max=1 << 22)


@pytest.mark.parametrize("filler", [b'"\\', b'["\\",', b'"', b"\\", b'{"["', b'"[",'])
def test_a_text_of_nothing_but_quotes_and_escapes_is_refused_in_linear_time(filler: bytes) -> None:
    refusal(b"[" + filler * (3_000_000 // len(filler)), bytes_max=1 << 22)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a":1,\n "b":2, "a":3}', "JSON object has the key 'a' twice; keep one near line 1, column 2"),
        (b'{"a":{"x":1,"x":1}}', "JSON object has the key 'x' twice"),
        (b'{"\\u0061":1,"a":2}', "JSON object has the key 'a' twice"),
        (b"[NaN]", "JSON text has NaN, which is no JSON number; leave the property out near line 1, column 2"),
        (b"[1,\n-Infinity]", "near line 2, column 1"),
        (b"[9007199254740992]", "integer '9007199254740992' is beyond ±(2^53 - 1); send it as a string"),
        (b"[-9007199254740992]", "is beyond ±(2^53 - 1)"),
        (b"1e400", "number '1e400' is beyond what a double holds"),
        (b"[1e20]", "beyond what a double holds"),
        (b"1" * 5000, "integer '1111111111111111111111111111111111111...' is beyond"),
        (b"1." + b"1" * 5000, "beyond what a double holds"),
        (b"\xef\xbb\xbf{}", "byte order mark at byte 0; save it as UTF-8 without one"),
        ('{"a":1}'.encode("utf-16"), "UTF-16 or UTF-32"),
        ('{"a":1}'.encode("utf-16-le"), "UTF-16 or UTF-32"),
        ('{"a":1}'.encode("utf-32-be"), "UTF-16 or UTF-32"),
        (b'"\xff"', "not UTF-8 at byte 1"),
        (b'"\xed\xa0\x80"', "not UTF-8 at byte 1"),
        (b'"\xc0\xaf"', "not UTF-8 at byte 1"),
        (b'"\\ud800"', "half a surrogate pair"),
        (b'{"\\udc00":1}', "half a surrogate pair"),
        (b'"\\ude00\\ud83d"', "half a surrogate pair"),
        (b'{"a" 1}', "not JSON at line 1, column 6: Expecting ':' delimiter"),
        (b"", "not JSON at line 1, column 1"),
    ],
)
def test_a_refusal_says_what_where_and_what_to_do(text: bytes, message: str) -> None:
    assert message in refusal(text)


def test_an_escaped_backslash_before_ud800_is_no_surrogate() -> None:
    assert parse(b'"\\\\ud800"') == "\\ud800"


@pytest.mark.parametrize("number", [INTEGER_MAX, -INTEGER_MAX, 1e21, 1e300, 5e-324, 0.1])
def test_numbers_within_bounds_come_back(number: float) -> None:
    assert parse(encode([number])) == [number]


# RFC 8785, appendix B: IEEE 754 bits and the text they become. Left out are NaN and infinity, and those whose text
# would be an integer beyond 2^53 - 1; both are refused here and tested below.
@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", b"0"),
        ("8000000000000000", b"0"),
        ("0000000000000001", b"5e-324"),
        ("8000000000000001", b"-5e-324"),
        ("7fefffffffffffff", b"1.7976931348623157e+308"),
        ("ffefffffffffffff", b"-1.7976931348623157e+308"),
        ("44b52d02c7e14af6", b"1e+23"),
        ("44b52d02c7e14af5", b"9.999999999999997e+22"),
        ("44b52d02c7e14af7", b"1.0000000000000001e+23"),
        ("444b1ae4d6e2ef50", b"1e+21"),
        ("3eb0c6f7a0b5ed8d", b"0.000001"),
        ("3eb0c6f7a0b5ed8c", b"9.999999999999997e-7"),
        ("41b3de4355555553", b"333333333.3333332"),
        ("41b3de4355555554", b"333333333.33333325"),
        ("41b3de4355555555", b"333333333.3333333"),
        ("41b3de4355555556", b"333333333.3333334"),
        ("41b3de4355555557", b"333333333.33333343"),
        ("becbf647612f3696", b"-0.0000033333333333333333"),
        ("43143ff3c1cb0959", b"1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_in_rfc_8785_appendix_b(bits: str, text: bytes) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert encode(number) == text
    assert encode([number]) == b"[" + text + b"]"


@pytest.mark.parametrize(
    "bits", ["7fffffffffffffff", "7ff0000000000000", "4340000000000000", "4430000000000000", "444b1ae4d6e2ef4e"]
)
def test_numbers_that_would_not_come_back_are_not_written(bits: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    with pytest.raises(InvalidObject):
        encode({"a": [number]})


def test_rfc_8785_section_3_2_2_serialisation() -> None:
    text = (
        rb'{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
        rb'"string":"\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}'
    )
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert encode(parse(text)) == expected.encode()


def test_rfc_8785_section_3_2_3_sorting() -> None:
    text = (
        '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",'
        '"\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}'
    )
    value = parse(encode(parse(text.encode())))
    assert isinstance(value, dict)
    assert list(value) == ["\r", "1", "\x80", "ö", "€", "😀", "\ufb33"]


@pytest.mark.parametrize(
    "text",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'["\\u0061"]',
        b"[1.0]",
        b"[-0]",
        b"[1E2]",
        b'["\\/"]',
        b'"\\u000A"',
    ],
)
def test_what_is_not_its_own_canonical_form_is_refused_with_the_first_byte_that_differs(text: bytes) -> None:
    assert parse(text) is not None
    with pytest.raises(InvalidObject, match=r"not canonical .* from byte"):
        parse_canonical(text)


def test_the_first_differing_byte_of_a_longer_text_is_named() -> None:
    with pytest.raises(InvalidObject, match="from byte 7: expected b'', came b' '"):
        parse_canonical(b'{"a":1} ')


@pytest.mark.parametrize("value", [{1: 2}, {"a": object()}, [{None: 1}]])
def test_values_outside_json_are_refused(value: JsonValue) -> None:
    with pytest.raises(InvalidObject):
        encode(value)


def test_a_hostile_key_in_a_message_cannot_rearrange_the_line() -> None:
    message = refusal('{"\u202eab\x7f":1,"\u202eab\x7f":2}'.encode())
    assert message.isascii()
    assert "\\u202eab\\x7f" in message


def test_a_value_nested_beyond_the_interpreter_is_refused_by_encode() -> None:
    value: JsonValue = 1
    for _ in range(200_000):
        value = [value]
    with pytest.raises(InvalidObject, match="nested too deeply"):
        encode(value)
    while isinstance(value, list):  # taken apart step by step: freeing it at once would recurse as deeply
        value = value.pop()
