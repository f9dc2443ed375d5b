from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.drawing import (
    Axis,
    box,
    columns_of,
    cut,
    escape,
    interval,
    interval_in_characters,
    label,
    lane,
    lane_in_characters,
    mark,
    pad,
    plain,
    rule,
    svg,
    time_axis,
    wrap,
)
from detente.errors import InvalidStatement
from detente.when import DAY_US, HOUR_US, parse_when

NS = "{http://www.w3.org/2000/svg}"
OCTOBER_US = parse_when("2016-10-01").at_us


@given(st.text())
def test_any_text_gives_well_formed_xml_without_scripts_or_colours(text: str) -> None:
    parts = [
        label(0, 10, text, within=60),
        box(0, 0, 5, 5, title=text),
        interval(0, 0, 100, 8, 55, 80, title=text),
        mark("diamond", 5, 5, title=text),
    ]
    picture = svg(100, 50, "t" + text, "d" + text, parts)
    root = ET.fromstring(picture)  # noqa: S314 – our own text
    assert {element.tag.removeprefix(NS) for element in root.iter()} <= {
        "svg", "title", "desc", "text", "rect", "g", "line", "path"
    }  # fmt: skip
    assert not re.findall(r'(?:fill|stroke)="(?!currentColor|none)', picture)
    assert root.find(f"{NS}title") is not None


def test_a_picture_without_words_is_refused() -> None:
    with pytest.raises(InvalidStatement, match="description in words"):
        svg(1, 1, "title", "", [])
    with pytest.raises(InvalidStatement, match="diamond"):
        mark("star", 0, 0)


def test_foreign_text_is_shown_and_not_obeyed() -> None:
    assert plain("a\x1b[31mb\u202ec\nd") == "a\\u001b[31mb\\u202ec\\u000ad"
    assert escape('<a href="x">&') == "&lt;a href=&quot;x&quot;&gt;&amp;"


def test_columns_are_those_of_a_terminal() -> None:
    assert columns_of("détente") == 7
    assert columns_of("e\u0301") == 1
    assert columns_of("漢字") == 4
    assert cut("Ministry of Harbour", 9) == "Ministry…"
    assert pad("漢字", 5) == "漢字 "
    assert pad("7", 3, right=True) == "  7"


@given(st.text(), st.integers(min_value=4, max_value=60))
def test_wrapped_lines_fit_and_lose_nothing(text: str, columns: int) -> None:
    lines = wrap(text, columns, hanging="  ")
    assert all(columns_of(one) <= columns for one in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_an_interval_in_characters_fills_its_share() -> None:
    assert interval_in_characters(55, 80, 20) == "···········▓▓▓▓▓····"
    assert interval_in_characters(0, 0, 10) == "▓·········"
    assert interval_in_characters(100, 100, 10) == "·········▓"
    assert interval_in_characters(0, 100, 10) == "▓" * 10


def test_ticks_are_round_times_and_few() -> None:
    axis = Axis(OCTOBER_US + HOUR_US, OCTOBER_US + 3 * DAY_US)
    assert [words for _, words in axis.ticks(4)] == ["2 Oct 2016", "3 Oct 2016", "4 Oct 2016"]
    years = Axis(parse_when("2013").at_us, parse_when("2021-06").at_us)
    assert [words for _, words in years.ticks(5)] == ["2014", "2016", "2018", "2020"]


@given(st.integers(min_value=-(10**16), max_value=10**16), st.integers(min_value=0, max_value=10**16))
def test_ticks_lie_on_the_axis_in_order(first_us: int, length_us: int) -> None:
    axis = Axis(first_us, first_us + length_us)
    ticks = [us for us, _ in axis.ticks(8)]
    assert len(ticks) <= 8
    assert ticks == sorted(set(ticks))
    assert all(axis.first_us <= us <= axis.last_us for us in ticks)


def test_an_axis_places_times_and_holds_what_lies_outside_at_its_ends() -> None:
    axis = Axis(0, 100, 10, 30)
    assert [axis.at(us) for us in (-5, 0, 50, 100, 500)] == [10, 10, 20, 30, 30]
    assert Axis(7, 7, 0, 10).at(7) == 5


def test_a_lane_in_characters_has_marks_and_spans() -> None:
    axis = Axis(0, 100)
    assert lane_in_characters(axis, [(0, "●"), (100, "◆")], 11, spans=[(20, 50)]) == "●─━━━━────◆"


def test_a_lane_and_an_axis_make_a_picture() -> None:
    axis = Axis(OCTOBER_US, OCTOBER_US + 10 * DAY_US, 80, 380)
    picture = svg(
        400, 60, "Lanes", "Two lanes.", [time_axis(axis, 20, 60), lane(axis, 40, "Harbour"), rule(0, 0, 1, 1)]
    )
    assert "2 Oct 2016" in picture
    assert ET.fromstring(picture).attrib["role"] == "img"  # noqa: S314 – our own text
