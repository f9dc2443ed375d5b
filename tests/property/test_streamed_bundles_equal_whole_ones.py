"""A bundle that is read object by object, in windows of any size, gives what the whole document gives: indicators, list, refusal."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from detente.errors import InvalidObject
from detente.hunt.indicators import IndicatorSource, NotSearched
from detente.intake.streamed import NoStream, StixStream
from detente.node.bundle_file import BundleIndicators
from detente.node.lists import _from_document
from detente.stix.canonical import NotPlain, parse, parse_plain

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
OBJECTS = st.lists(INDICATORS | DEFINITIONS | ANYTHING, max_size=7)


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


def streamed(data: bytes, window_bytes: int) -> Found | None:
    """Raises NoStream."""
    indicators = BundleIndicators(
        StixStream(lambda at, size: data[at : at + size], window_bytes=window_bytes), "b.json"
    )
    try:
        sources = list(indicators)
    except InvalidObject:
        return None
    return [
        replace(one, marking=indicators.markings.get(one.marking, one.marking)) for one in sources
    ], indicators.not_searched


@given(documents(), st.integers(1, 400))
@example(b'{"objects":[]}', 1)
@example(b'{"objects":[],"objects":[]}', 1)
@example(b'{"type":"bundle"}', 1)
@example(b'[{"objects":[]}]', 3)
@example(b'{"objects":[1,2.5,"x",null,true,[]]}', 2)
@example(b'{"objects":[1 2]}', 9)
@example(b'{"objects":[1,]}', 9)
@example(b'{"objects":[' + b"[" * 61 + b"]" * 61 + b"]}", 9)
@example(b'{"objects":[' + b"[" * 62 + b"]" * 62 + b"]}", 9)
@example(b'{"objects":[' + b"[" * 63 + b"]" * 63 + b"]}", 9)
@example(b'{"a":' + b"[" * 63 + b"]" * 63 + b',"objects":[]}', 9)
@example(b'{"a":' + b"[" * 64 + b"]" * 64 + b',"objects":[]}', 9)
@example(b'{"objects":[{"id":"a","id":"b"}]}', 9)
def test_windows_of_any_size_give_what_the_whole_gives(data: bytes, window_bytes: int) -> None:
    try:
        found = streamed(data, window_bytes)
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
