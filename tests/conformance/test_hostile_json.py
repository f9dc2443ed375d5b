"""Texts that a strict JSON parser must refuse, and look-alikes that it must accept.

Written in the manner of Nicolas Seriot's JSONTestSuite (its 188 files that must be rejected served as the measure, not
as the source): every text is built here from the grammar of RFC 8259, by breaking one rule at a time, and beyond it the
rules of our own that `detente.stix.canonical` states.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from detente.errors import InvalidObject
from detente.stix.canonical import encode, parse, parse_canonical


def broken_numbers() -> Iterator[str]:
    yield from ("-", "+1", "--1", "-+1", "01", "-01", "00", "-00", "0x1", "0X1f", "0b1", "1_000", "1 000", "1,000.0")
    yield from (
        ".5",
        "-.5",
        "5.",
        "-5.",
        "1.e1",
        "1..5",
        "1.2.3",
        "1e",
        "1e+",
        "1e-",
        "1e1.5",
        "1ee5",
        "1E+-5",
        "e5",
        "1e 5",
    )
    yield from (
        "NaN",
        "-NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "+Infinity",
        "inf",
        "-inf",
        "infinity",
        "1f",
        "1L",
        "1n",
        "$1",
    )
    yield from ("１", "-１", "١", "1²", "½", "∞", "1\u00a0", "0o7", "1/2", "1+1", "(1)", "1\u2212")


def broken_words() -> Iterator[str]:
    yield from ("tru", "truee", "True", "TRUE", "fals", "falsee", "False", "nul", "nulll", "None", "NULL", "undefined")
    yield from ("nothing", "*", "#", "a", "true false", "true,", "null null")


def broken_strings() -> Iterator[str]:
    yield from (
        '"',
        '"a',
        'a"',
        "'a'",
        "“a”",
        "`a`",
        '"\\',
        '"\\"',
        '"\\x41"',
        '"\\a"',
        '"\\v"',
        '"\\0"',
        '"\\e"',
        '"\\ "',
    )
    yield from (
        '"\\u"',
        '"\\u0"',
        '"\\u00"',
        '"\\u004"',
        '"\\u004g"',
        '"\\u+041"',
        '"\\U0041"',
        '"\\u 041"',
        '"\\u00\u0661"',
    )
    yield from (
        '"\\ud800\\u"',
        '"\\ud800\\u1"',
        '"\\u{41}"',
        '"\\N{DIGIT ONE}"',
        '"a" "b"',
        '"a""b"',
        '"a\\',
        '"\\\n"',
        '"\\’"',
    )
    yield from (f'"a{chr(code)}b"' for code in range(0x20))
    # Half pairs: alone, in the wrong order, in front of and behind text, and as a key.
    for half in ("\\ud800", "\\udbff", "\\udc00", "\\udfff", "\\uD83D", "\\uDE00"):
        yield f'"{half}"'
        yield f'"{half}a"'
        yield f'"a{half}"'
    yield from ('"\\ude00\\ud83d"', '"\\ud83d\\ud83d"', '"\\ud83d\\\\ude00"', '"\\ud83d \\ude00"', '{"\\ud83d": 1}')


def broken_structures() -> Iterator[str]:
    yield from (
        "[",
        "]",
        "[1",
        "1]",
        "[1,",
        "[,",
        "[,1]",
        "[1,]",
        "[1,,2]",
        "[1 2]",
        "[1;2]",
        "[1:2]",
        "[[1]",
        "[1]]",
        "[1}",
    )
    yield from (
        "[}",
        "[(1)]",
        "<1>",
        "(1,2)",
        '["a":1]',
        "[1]1",
        "[1],",
        "[1]//",
        "[1]/* */",
        "/**/[1]",
        "[1/**/]",
        "//\n1",
    )
    yield from (
        "[1]#",
        "[a]",
        "[\f1]",
        "[\v1]",
        "\u00a0[1]",
        "\u2028[1]",
        "\u3000[1]",
        "[1]\x00",
        "[1]\u0085",
        "[\u20601]",
        "[1]x",
    )
    yield from (
        "{",
        "}",
        '{"a"',
        '{"a":',
        '{"a":1',
        '{"a":1,',
        '{"a":1,}',
        '{,"a":1}',
        '{"a":1,,"b":2}',
        '{"a" 1}',
        '{"a"::1}',
    )
    yield from (
        '{"a":}',
        '{"a"}',
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{null:1}",
        "{[]:1}",
        "{{}:1}",
        '{"a":1]',
        '{"a":1 "b":2}',
    )
    yield from (
        '{"a":1;"b":2}',
        '{"a"=1}',
        '{"a"=>1}',
        '{"a":1}{"b":2}',
        '{"a":1}}',
        '{"a":1},',
        '{"a":1}#',
        '{"a":1}/**/',
    )
    yield from (
        '{"a":/*x*/1}',
        '{"a",1}',
        '{"a":1 2}',
        "{:1}",
        "{,}",
        "{]",
        '{"a":"b}',
        '{"a: 1}',
        "",
        " ",
        "\n",
        "\t",
        ",",
        ":",
    )
    yield from (
        "\\",
        "/",
        "@",
        "&",
        "=",
        "[\\u0031]",
        "\\u005b1]",
        '["a\n",1]',
        "[1]\n[2]",
        '"a"\n"b"',
        "[++1]",
        "[- 1]",
        "{}{}",
    )


def broken_by_our_rules() -> Iterator[str]:
    yield from ('{"a":1,"a":2}', '{"a":1,"a":1}', '{"":1,"":2}', '[{"b":{"a":1,"c":2,"a":3}}]', '{"a":1,"\\u0061":2}')
    yield from (
        "9007199254740992",
        "-9007199254740992",
        "123456789012345678901234567890",
        "9" * 5000,
        "1e400",
        "-1e400",
    )
    yield from (
        "1e309",
        "1.8e308",
        "9007199254740992.0",
        "1e16",
        "1e20",
        "1" + "0" * 400 + ".5",
    )
    yield from (
        "[" * 65 + "]" * 65,
        '{"a":' * 65 + "1" + "}" * 65,
        "[" * 5000,
        '[{"a":' * 33 + "1" + "}]" * 33,
        "[" * 100_000,
    )


def broken_bytes() -> Iterator[bytes]:
    for bad in (
        b"\xff",
        b"\xfe",
        b"\x80",
        b"\xbf",
        b"\xc0\x80",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xc3",
        b"\xe0\x80\xaf",
        b"\xe2\x82",
    ):
        yield b'"' + bad + b'"'
    for bad in (
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf0\x80\x80\xaf",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xf0\x9f\x98",
    ):
        yield b'["' + bad + b'"]'
        yield b'{"' + bad + b'":1}'
    yield from (b"\xe9", b"[\xff]", b"\xff[]", b"[]\xff", b"\xef\xbb\xbf[]", b"\xef\xbb[]", b'\xef\xbb\xbf{"a":1}')
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7", "cp037"):
        yield '["é+AOk-"]'.encode(encoding, "replace") if encoding != "utf-7" else b"+AFsAIg-a"


MUST_REFUSE = [
    *(text.encode() for text in (*broken_words(), *broken_strings(), *broken_structures(), *broken_by_our_rules())),
    *(template.replace("N", number).encode() for number in broken_numbers() for template in ("N", "[N]", '{"a":N}')),
    *broken_bytes(),
]


def whole_texts() -> Iterator[str]:
    yield from (
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "0.0",
        "-0.0",
        "1.5",
        "1e5",
        "1E5",
        "1e+5",
        "1E-5",
        "0e0",
        "0E+1",
        "1.0e-10",
        "1e-400",
    )
    yield from (
        "9007199254740991",
        "-9007199254740991",
        "1e21",
        "1.7976931348623157e308",
        "5e-324",
        "true",
        "false",
        "null",
    )
    yield from (
        '""',
        '"a"',
        '"\\""',
        '"\\\\"',
        '"\\/"',
        '"/"',
        '"\\b\\f\\n\\r\\t"',
        '"\\u0000"',
        '"\\u001F"',
        '"\\u00e9"',
        '"\\uFFFF"',
    )
    yield from (
        '"\\ud83d\\ude00"',
        '"\\uDBFF\\uDFFF"',
        '"\x7f"',
        '"\u2028\u2029"',
        '"\ufeff"',
        '"\U0010ffff"',
        '"é"',
        '"\\\\u0061"',
    )
    yield from (
        '"\\\\ud800"',
        '"[{]}"',
        '"//"',
        '"/* */"',
        '"NaN"',
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        '{"a":[]}',
        '{"":0}',
        "[1,2]",
    )
    yield from (
        " [ 1 , 2 ] ",
        "\t\n\r 1 \r\n\t",
        '{"a":1,"b":2}',
        '{ "a" : { "a" : 1 } }',
        '{"a":1,"A":2}',
        '{"\\u0000":1}',
    )
    yield from (
        '{"a":{"b":1},"c":{"b":1}}',
        "[" * 64 + "]" * 64,
        '{"a":' * 64 + "1" + "}" * 64,
        '[null,true,false,0,"",{},[]]',
    )
    yield from (
        f'"{"a" * 10000}"',
        "[" + ",".join(["[]"] * 5000) + "]",
        '{"é":1,"e\u0301":2}',
        '["\\u0061"]',
        "123.456e-7",
    )


def test_there_are_at_least_as_many_broken_texts_as_in_the_suite_that_was_the_measure() -> None:
    assert len(set(MUST_REFUSE)) >= 188
    assert len(set(whole_texts())) >= 60


@pytest.mark.parametrize("data", MUST_REFUSE, ids=lambda data: repr(data[:24]))
def test_a_broken_text_is_refused_by_our_error_alone(data: bytes) -> None:
    with pytest.raises(InvalidObject) as caught:
        parse(data)
    assert 20 <= len(str(caught.value)) < 300
    with pytest.raises(InvalidObject):
        parse_canonical(data)


@pytest.mark.parametrize("text", list(whole_texts()), ids=lambda text: repr(text[:24]))
def test_a_whole_text_is_read_as_the_standard_library_reads_it(text: str) -> None:
    value = parse(text.encode())
    assert value == json.loads(text)
    body = encode(value)
    assert parse_canonical(body) == value


def test_cutting_a_text_anywhere_breaks_it() -> None:
    body = encode({"a": [1.5, {"b": '\\é"😀'}, None], "c": True})
    for length in range(len(body)):
        with pytest.raises(InvalidObject):
            parse(body[:length])
