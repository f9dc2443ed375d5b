"""Whatever comes in, every row is an object or is listed, and no other error than ours comes out."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.intake.made import read

from detente.errors import InvalidObject
from detente.stix.objects import parse_object
from detente.stix.pattern import simple_values

CELL = st.sampled_from(
    [
        "1.2.3.4",
        "a[.]example",
        "x",
        "",
        '"',
        "MD5",
        "FQDN",
        "IPV4ADDR",
        "SHA1:" + "a" * 40,
        "TLP:RED",
        "a\nb",
        "é,",
        "\r",
        "=1",
    ]
) | st.text(max_size=12)
NAMES = "Event response Attribute Object Tag name uuid type value to_ids Orgc info id objects created labels"
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=8)
    | st.sampled_from(["1.2.3.4", "ip-dst", "tlp:red"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(NAMES.split()) | st.text(max_size=3),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(st.lists(st.lists(CELL, min_size=3, max_size=4), max_size=6))
def test_a_table_of_anything_is_rows_that_are_read_or_listed(rows: list[list[str]]) -> None:
    text = "INDICATOR_VALUE,TYPE,COMMENT,HANDLING\n" + "".join(",".join(row) + "\n" for row in rows)
    try:
        intake = read(text)
    except InvalidObject:
        assert "\0" in text
        return
    told = intake.counts.get("indicators", 0) + intake.counts.get("repeated", 0) + len(intake.unread)
    assert told == intake.counts.get("rows", 0)
    for obj in intake.objects:
        assert parse_object(obj.body) == obj
        assert simple_values(str(obj.value["pattern"]))


@given(st.lists(CELL | st.tuples(CELL, CELL).map("\t".join), max_size=6))
def test_a_list_of_anything_is_lines_that_are_read_or_listed(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        intake = read(text, format="list")
    except InvalidObject:
        assert "\0" in text or text.startswith(("%PDF-", "PK", "<", "\x1f"))
        return
    told = intake.counts.get("indicators", 0) + intake.counts.get("repeated", 0) + len(intake.unread)
    assert told == intake.counts.get("rows", 0)


@given(JSON)
def test_json_of_any_shape_is_read_or_refused(value: object) -> None:
    for document in (value, {"Event": value}, {"objects": [value]}, {"Event": {"uuid": "u", "Attribute": [value]}}):
        try:
            intake = read(json.dumps(document), format=None)
        except InvalidObject:
            continue
        for obj in intake.objects:
            assert parse_object(obj.body) == obj


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    with suppress(InvalidObject):
        read(data)
