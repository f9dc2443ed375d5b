"""Objects of a bundle that are known by their shape: which are, what is read of them, and what is left to the strict parser."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detente.hunt.sieve import can_compile

if not can_compile():
    pytest.skip("outlines need Numba (the extra `hunt`)", allow_module_level=True)

from detente.errors import InvalidObject
from detente.intake import outlined
from detente.intake.outlined import UNKNOWN, Outlined, Outlines
from detente.intake.streamed import StixStream
from detente.node.bundle_file import is_reference
from detente.node.outlined_indicators import OutlinedIndicators, Reading
from detente.stix.canonical import parse
from detente.stix.objects import parse_timestamp

STIX: dict[str, Any] = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": "indicator--00000000-0000-4000-8000-00000000000a",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-01T00:00:00Z",
    "pattern": "[url:value = 'http://a.example/é']",
    "created_by_ref": "identity--00000000-0000-4000-8000-00000000000b",
    "object_marking_refs": ["marking-definition--00000000-0000-4000-8000-00000000000c"],
    "confidence": 7,
}


def text_of(*objects: object) -> bytes:
    return ", ".join(json.dumps(one, ensure_ascii=False) for one in objects).encode()


def outlines_of(text: bytes) -> tuple[Outlined, Outlines]:
    outlines = Outlines()
    found = outlines.read(text, 0, depth_max=9)
    assert found is not None
    return found, outlines


def reading_of(stix: object) -> Reading | None:
    found, outlines = outlines_of(text_of(stix))
    return OutlinedIndicators(outlines, is_reference).read(found)[0]


def test_objects_of_one_shape_are_parsed_once() -> None:
    objects = [{"a": "x", "b": [text, {"c": "z"}]} for text in ("", "y", '"}\n', "é", "\\")]
    found, outlines = outlines_of(text_of(*objects))
    assert found.shape_of.tolist() == [1] * 5
    assert not found.parsed
    assert outlines.shapes[1] == {"a": "0", "b": ["1", {"c": "2"}]}
    assert [found.value(place) for place in range(5)] == objects


@pytest.mark.parametrize(
    "odd", [b'{"a": "\n"}', b'{"a": "\\x"}', b'{"a": "\\u12g4"}', b'{"a": "\\ud800"}', b'{"a": "\xff"}', b'{"a": "x",}']
)
def test_what_is_no_json_ends_what_is_given_out(odd: bytes) -> None:
    found, _ = outlines_of(b'{"a": "x"}, ' + odd + b', {"a": "x"}')
    assert (len(found), found.size) == (1, 10)


def test_a_pair_of_halves_is_parsed_by_itself_and_shapes_are_not_learnt_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outlined, "SHAPES_MAX", 2)
    found, outlines = outlines_of(b'{"a": "\\ud83d\\ude00"}, {"a": "x"}, {"a": 1}, {"a": "y"}')
    assert found.shape_of.tolist() == [UNKNOWN, 1, UNKNOWN, 1]
    assert found.parsed == {0: {"a": "\U0001f600"}, 2: {"a": 1}}
    assert len(outlines.shapes) == 2


def test_nothing_is_cut_where_the_window_ends_within_an_object() -> None:
    text = text_of({"a": ["x", 'y"\\'], "b": "é"}, {"a": "z"})
    for size in range(len(text)):
        found = Outlines().read(text[:size], 0, depth_max=9)
        assert found is None if size < text.index(b"}") + 1 else found is not None and len(found) == 1


def test_what_is_deeper_than_allowed_ends_what_is_given_out() -> None:
    found, _ = outlines_of(b'{"a": "x"}, {"a": ' + b"[" * 8 + b"]" * 8 + b'}, {"a": ' + b"[" * 9 + b"]" * 9 + b"}")
    assert len(found) == 2


def test_objects_of_which_too_few_are_alike_are_parsed_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlined, "SHAPES_MAX", 1)
    text = b'{"objects": [' + text_of(*({"a": number} for number in range(5000))) + b"]}"
    stream = StixStream(lambda at, size: text[at : at + size], outlines=Outlines())
    kinds = [type(found) for found in stream]
    assert kinds[:2] == [Outlined, list]
    assert Outlined not in kinds[1:]


def test_an_indicator_is_read_as_it_is_written() -> None:
    reading = reading_of(STIX)
    assert reading is not None
    assert (reading.id, reading.modified, reading.pattern) == (STIX["id"], STIX["modified"], STIX["pattern"])
    assert (reading.valid_from_us, reading.valid_until_us) == (None, None)
    assert reading.refs == tuple(STIX["object_marking_refs"])
    assert (reading.shape.revoked, reading.shape.confidence) == (False, 7)


@pytest.mark.parametrize(
    "other",
    [
        {"type": "malware"},
        {"type": 1},
        {"spec_version": 2.1},
        {"id": "indicator--00000000-0000-4000-8000-00000000000A"},
        {"id": "indicator--00000000-0000-4000-8000-00000000000"},
        {"id": "indicator-_00000000-0000-4000-8000-00000000000a"},
        {"id": "indicator--00000000-0000-4000-80000-0000000000a"},
        {"modified": "2025-12-31T23:59:59.999999Z"},
        {"modified": None},
        {"revoked": "no"},
        {"pattern": 5},
        {"granular_markings": []},
        {"created_by_ref": "me"},
        {"created_by_ref": 1},
        {"object_marking_refs": ["marking-definition--00000000-0000-4000-8000-00000000000c", "x"]},
        {"object_marking_refs": [1]},
        {"object_marking_refs": "x"},
        {"valid_from": "today"},
    ],
)
def test_what_is_no_common_indicator_is_not_read(other: dict[str, object]) -> None:
    assert reading_of(STIX | other) is None


TIMES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)) | st.sampled_from(  # noqa: DTZ001  # UTC, as STIX has them
    [datetime(year, 2, 28) + timedelta(days=1) for year in (1600, 1900, 2000, 2023, 2024, 2100)]  # noqa: DTZ001
)


@given(
    TIMES, st.integers(0, 7), st.integers(0, 26), st.sampled_from(["", "", "", "9", "6", "3", "0", "-", "Z", " ", "٣"])
)
@example(datetime(2023, 2, 28, 23, 59, 59, tzinfo=UTC), 0, 9, "9")
def test_times_are_those_of_the_strict_parser(moment: datetime, digits: int, at: int, other: str) -> None:
    text = f"{moment:%H:%M:%S}." + f"{moment.microsecond:06d}7"[:digits]
    text = f"{moment.year:04}-{moment:%m-%d}T{text.removesuffix('.') if digits == 0 else text}Z"
    text = text[:at] + other + text[at + len(other) :]
    try:
        wanted = parse_timestamp(text)
    except InvalidObject:
        wanted = None
    reading = reading_of(STIX | {"valid_from": text, "valid_until": text})
    if reading is None:
        assert wanted is None or digits == 7
    else:
        assert (reading.valid_from_us, reading.valid_until_us) == (wanted, wanted)


def test_the_strict_parser_and_the_outline_see_the_same_object() -> None:
    assert parse(text_of(STIX)) == STIX
    found, _ = outlines_of(text_of(STIX, STIX))
    assert found.value(1) == STIX
