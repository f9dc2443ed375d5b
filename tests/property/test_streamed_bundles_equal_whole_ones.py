"""A bundle that is read object by object, in windows of any size, gives what the whole document gives: indicators, list, refusal."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detente.errors import InvalidObject, InvalidPattern
from detente.hunt.indicators import IndicatorSource, NotSearched
from detente.hunt.sieve import can_compile
from detente.intake.streamed import NoStream, StixStream
from detente.node.bundle_file import BundleIndicators, is_reference
from detente.node.lists import _from_document
from detente.stix.canonical import NotPlain, parse, parse_plain
from detente.stix.pattern import parse_pattern, single_value, values_of

Found = tuple[list[IndicatorSource], list[NotSearched]]

UUIDS = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(4)]
OWN_MARKING = f"marking-definition--{UUIDS[3]}"
TIMES = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.000Z",
    "2026-02-30T00:00:00Z",
    "2027-12-31T23:59:59.123456789Z",
    "today",
    7,
]
PATTERNS = [
    "[ipv4-addr:value = '198.51.100.7']",
    "[domain-name:value = 'evil.example' OR url:value = 'http://a.example/{\"},{'] ",
    "[domain-name:value = 'co.uk']",
    "[domain-name:value MATCHES 'x']",
    "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]",
    "no pattern",
    5,
]
MARKINGS = [
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    OWN_MARKING,
    "marking-definition--unheard-of",
    3,
]
TEXTS = st.sampled_from(["é", "\\", '"', "},{", '},\n  {"type"', "\ud83d\ude00", "\t", "/", ""]) | st.text(max_size=5)
NUMBERS = st.sampled_from([0, 1.5, -1, 1e300, 2**53, -(2**53) + 1, 1e20, 1234567890123456])
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
INDICATORS = st.fixed_dictionaries(
    {
        "type": st.just("indicator"),
        "id": st.sampled_from([f"indicator--{u}" for u in UUIDS] + ["indicator--x", f"malware--{UUIDS[0]}"]),
        "created": st.sampled_from(TIMES[:2]),
        "modified": st.sampled_from(TIMES),
        "pattern": st.sampled_from(PATTERNS),
    },
    optional={
        "spec_version": st.sampled_from(["2.1", 2]),
        "valid_from": st.sampled_from(TIMES[:2]),
        "valid_until": st.sampled_from([TIMES[3], *TIMES[:2]]),
        "revoked": st.sampled_from([True, False, "yes"]),
        "confidence": st.sampled_from([0, 100, 55.5, True, "high"]),
        "object_marking_refs": st.lists(st.sampled_from(MARKINGS), max_size=2) | st.just({}),
        "granular_markings": st.lists(st.fixed_dictionaries({"marking_ref": st.sampled_from(MARKINGS)}), max_size=1),
        "created_by_ref": st.sampled_from([f"identity--{UUIDS[0]}", "me"]),
        "x_other": ANYTHING,
    },
)
DEFINITIONS = st.fixed_dictionaries(
    {
        "type": st.just("marking-definition"),
        "spec_version": st.just("2.1"),
        "id": st.just(OWN_MARKING),
        "created": st.sampled_from(TIMES[:2]),
        "definition_type": st.sampled_from(["tlp", "statement"]),
        "definition": st.sampled_from([{"tlp": "amber"}, {"tlp": "green"}, {"statement": "©"}]),
    }
)
# Of these every one is taken, and most share their shape; each has its properties in an order of its own.
SOUND = st.fixed_dictionaries(
    {
        "type": st.just("indicator"),
        "spec_version": st.just("2.1"),
        "id": st.sampled_from(
            [f"indicator--{u}" for u in UUIDS] + [f"indicator--{'0123abcd' * 4:.8}-0000-4000-8000-00000000000f"]
        ),
        "created": st.sampled_from(
            ["2024-02-29T23:59:59.9Z", "0001-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999999Z"]
        ),
        "modified": st.sampled_from(
            ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z", "2027-12-31T23:59:59.123456789Z"]
        ),
        "pattern": st.sampled_from([p for p in PATTERNS if isinstance(p, str)])
        | st.sampled_from(
            [
                r"[url:value = 'http://a.example/\\x']",
                "[domain-name:value = 'bücher.example']",
                "[file:hashes.'SHA-256' = '" + "Ab" * 32 + "']",
                "[domain-name:value='a.example' OR ipv4-addr:value = '198.51.100.9']",
                "[domain-name:value = 'a.example' OR domain-name:value = 'a..b']",
                "[ ipv4-addr:value = '198.51.100.9' OR file:hashes.MD5 = '" + "0F" * 16 + "' ]",
            ]
        ),
        "valid_from": st.sampled_from(TIMES[:2]),
    },
    optional={
        "valid_until": st.sampled_from(["2027-12-31T23:59:59.12Z", "2400-02-29T00:00:00.000000Z"]),
        "revoked": st.booleans(),
        "confidence": st.sampled_from([0, 50]),
        "object_marking_refs": st.lists(st.sampled_from(MARKINGS[:2]), max_size=3),
        "created_by_ref": st.just(f"identity--{UUIDS[0]}"),
        "labels": st.lists(TEXTS, max_size=2),
        "name": TEXTS,
        "external_references": st.lists(st.fixed_dictionaries({"source_name": TEXTS, "id": TEXTS}), max_size=2),
    },
)


@st.composite
def sound_ones(draw: st.DrawFn) -> dict[str, Any]:
    found = draw(SOUND)
    return found if draw(st.booleans()) else dict(draw(st.permutations(list(found.items()))))


OBJECTS = st.lists(sound_ones() | sound_ones() | INDICATORS | DEFINITIONS | ANYTHING, max_size=7)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    objects = draw(OBJECTS)
    objects += [value for value in objects if draw(st.booleans())]
    extra = {
        name: draw(ANYTHING)
        for name in draw(st.sets(st.sampled_from(["id", "more", "Event", "response", "a"]), max_size=2))
    }
    document: Any = draw(
        st.sampled_from(
            [
                objects,
                {"type": "bundle", "id": f"bundle--{UUIDS[0]}", "objects": objects, **extra},
                {**extra, "objects": objects},
                {"more": False, "objects": objects, "type": "bundle"},
            ]
        )
    )
    text = json.dumps(
        document,
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 0, 2])),
        separators=draw(st.sampled_from([None, (",", ":"), (" ,\n", "\t: ")])),
    )
    data = text.encode("utf-8", "surrogatepass")
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(data)))
        spoiling = st.sampled_from(
            [b"", b" ", b"}", b"]", b'"', b"\\", b"\xff", b"{", b",", b"\xef\xbb\xbf", b'"id":"",', b"1", b"\0"]
        )
        data = data[:at] + draw(spoiling) + data[at + draw(st.integers(0, 2)) :]
    return data + draw(st.sampled_from([b"", b"\n", b"x", b"{}", data]))


def whole(data: bytes) -> Found | None:
    try:
        return _from_document(data, "b.json", 0, random.Random(3).randbytes)
    except InvalidObject:
        return None


def streamed(data: bytes, window_bytes: int, *, with_outlines: bool = False) -> Found | None:
    """Raises NoStream."""
    outlines = outlined = None
    if with_outlines:
        from detente.intake.outlined import Outlines
        from detente.node.outlined_indicators import OutlinedIndicators

        outlines = Outlines()
        outlined = OutlinedIndicators(outlines, is_reference)
    stream = StixStream(lambda at, size: data[at : at + size], window_bytes=window_bytes, outlines=outlines)
    indicators = BundleIndicators(stream, "b.json", outlined=outlined)
    try:
        sources = list(indicators)
    except InvalidObject:
        return None
    return [
        replace(one, marking=indicators.markings.get(one.marking, one.marking)) for one in sources
    ], indicators.not_searched


EXAMPLES = [
    (b'{"objects":[]}', 1),
    (b'{"objects":[],"objects":[]}', 1),
    (b'{"type":"bundle"}', 1),
    (b'[{"objects":[]}]', 3),
    (b'{"objects":[1,2.5,"x",null,true,[]]}', 2),
    (b'{"objects":[1 2]}', 9),
    (b'{"objects":[1,]}', 9),
    (b'{"objects":[' + b"[" * 61 + b"]" * 61 + b"]}", 9),
    (b'{"objects":[' + b"[" * 62 + b"]" * 62 + b"]}", 9),
    (b'{"objects":[' + b"[" * 63 + b"]" * 63 + b"]}", 9),
    (b'{"a":' + b"[" * 63 + b"]" * 63 + b',"objects":[]}', 9),
    (b'{"a":' + b"[" * 64 + b"]" * 64 + b',"objects":[]}', 9),
    (b'{"objects":[{"id":"a","id":"b"}]}', 9),
    (b'{"objects":[{"type":"indicator","id":"a"},{"type":"indicator","id":"a\\ud800"}]}', 400),
    (b'{"objects":[{"a":"b"},{"a":"\\u00e"},{"a":"\n"}]}', 400),
    (b'{"objects":[{"a":"b"},{"a":"\xff"}]}', 400),
    (b'{"objects":[{"a":"b"},{"a":"b"},{"a" "b"}]}', 400),
    (b'{"objects":[{"a":"b"} {"a":"b"}]}', 400),
    (b'{"objects":[{"a":"b","\\u0061":"b"}]}', 400),
    (b'{"objects":[{"":"","":""}]}', 400),
    (b'{"objects":[{"a":[}]}]}', 400),
]


def with_examples(test: Callable[..., None]) -> Callable[..., None]:
    for data, window_bytes in EXAMPLES:
        test = example(data, window_bytes)(test)
    return given(documents(), st.integers(1, 400) | st.just(1 << 18))(test)


@with_examples
def test_windows_of_any_size_give_what_the_whole_gives(data: bytes, window_bytes: int) -> None:
    assert_equal_to_whole(data, window_bytes, with_outlines=False)


@pytest.mark.skipif(not can_compile(), reason="outlines need Numba (the extra `hunt`)")
@with_examples
def test_objects_that_are_known_by_their_shape_are_what_they_are_in_the_whole(data: bytes, window_bytes: int) -> None:
    assert_equal_to_whole(data, window_bytes, with_outlines=True)


def assert_equal_to_whole(data: bytes, window_bytes: int, *, with_outlines: bool) -> None:
    try:
        found = streamed(data, window_bytes, with_outlines=with_outlines)
    except NoStream:
        return
    wanted = whole(data)
    if wanted is None or found is None:
        assert found == wanted
        return
    assert found[0] == wanted[0]
    assert found[1] == wanted[1]


@given(documents())
def test_text_that_is_plain_is_read_as_by_the_strict_parser(data: bytes) -> None:
    try:
        value = parse_plain(data)
    except NotPlain:
        return
    assert json.dumps(value) == json.dumps(parse(data))


EQUALITY = st.tuples(
    st.sampled_from(
        ["ipv4-addr:value", "domain-name:value", "url:value", "file:hashes.MD5", "file:hashes.'SHA-1'", "file:name"]
    ),
    st.sampled_from([" = ", "=", "= ", "  =", " != ", " ISSUBSET "]),
    st.sampled_from(
        [
            "198.51.100.7",
            "198.51.100.7/24",
            "A.example",
            "a..b",
            "http://a.example/' OR '",
            "ab" * 16,
            "0F" * 20,
            "OR",
            "",
        ]
    ),
).map(lambda parts: f"{parts[0]}{parts[1]}'{parts[2]}'")


@given(
    st.lists(EQUALITY, min_size=1, max_size=4),
    st.sampled_from([" OR ", " OR  ", " AND ", "OR"]),
    st.sampled_from(["", " "]),
)
def test_equalities_are_read_as_by_the_parser(operands: list[str], between: str, edge: str) -> None:
    pattern = f"[{edge}{between.join(operands)}{edge}]"
    try:
        found = single_value(pattern)
    except InvalidPattern:
        found = None
    if found is not None:
        assert found == values_of(parse_pattern(pattern))
