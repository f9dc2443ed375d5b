"""Tables: the real one row by row, and everything that can be wrong with one."""

from __future__ import annotations

import csv
import io

import pytest
from tests.shared import shared
from tests.unit.intake.made import RECEIVED, read

from detente.errors import InvalidObject
from detente.stix.marking import Tlp
from detente.stix.objects import parse_object
from detente.stix.pattern import simple_values

HEADER = "INDICATOR_VALUE,TYPE,COMMENT,ROLE,ATTACK_PHASE,OBSERVED_DATE,HANDLING,DESCRIPTION"
JAR = "indicators/JAR-16-20296A.csv"


def table(*rows: str) -> str:
    return "\n".join((HEADER, *rows)) + "\n"


def test_the_real_table_gives_911_indicators_of_the_known_kinds() -> None:
    intake = read(shared(JAR).read_bytes())
    assert intake.format == "csv"
    assert intake.unread == ()
    assert dict(intake.counts) == {
        "rows": 911,
        "indicators": 911,
        "ipv4": 876,
        "domain": 10,
        "url": 1,
        "md5": 5,
        "sha1": 2,
        "sha256": 17,
        "value from comment": 19,
        "objects": 911,
        "unread": 0,
    }
    assert {obj.type for obj in intake.objects} == {"indicator"}
    assert len({obj.id for obj in intake.objects}) == 911


def test_every_value_of_the_real_table_is_found_in_its_indicator() -> None:
    text = shared(JAR).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    for row, obj in zip(rows, read(text).objects, strict=True):
        found = {value for _, value in simple_values(str(obj.value["pattern"]))}
        if row["TYPE"] == "URL":
            url = row["INDICATOR_VALUE"].replace("[.]", ".")
            assert found == {f"http://{url}", f"https://{url}"}
        else:
            hashes = {part.partition(":")[2] for part in row["COMMENT"].split("|") if part.startswith("SHA")}
            expected = {row["INDICATOR_VALUE"].replace("[.]", "."), *hashes} - {""}
            assert found == {value.lower() for value in expected}
        assert row["DESCRIPTION"].strip() in str(obj.value["description"])
        assert row["COMMENT"] in str(obj.value["description"])
        assert obj.marking_refs == (Tlp.CLEAR.marking_id,)


def test_the_hashes_of_one_file_are_alternatives_of_one_pattern() -> None:
    (obj,) = read(table(f"{'A' * 32},MD5,FILENAME:x.dll|SHA1:{'B' * 40}|SHA256:{'C' * 64},,,,,")).objects
    assert obj.value["pattern"] == (
        f"[file:hashes.MD5 = '{'a' * 32}' OR file:hashes.'SHA-1' = '{'b' * 40}' "
        f"OR file:hashes.'SHA-256' = '{'c' * 64}']"
    )


def test_a_row_says_who_when_and_under_which_marking() -> None:
    intake = read(table("a[.]example,FQDN,seen,C2,Delivery,2016-05-04,TLP:GREEN,words"), name="t.csv", source="CERT B")
    (obj,) = intake.objects
    assert obj.value == {
        "type": "indicator",
        "spec_version": "2.1",
        "id": obj.id,
        "created": RECEIVED,
        "modified": RECEIVED,
        "name": "a.example",
        "description": "words\n\nComment: seen",
        "labels": ["role:C2", "attack-phase:Delivery"],
        "pattern": "[domain-name:value = 'a.example']",
        "pattern_type": "stix",
        "valid_from": "2016-05-04T00:00:00Z",
        "external_references": [{"source_name": "CERT B", "description": "t.csv, line 2"}],
        "object_marking_refs": [Tlp.GREEN.marking_id],
    }
    assert parse_object(obj.body) == obj


def test_the_sharers_word_and_the_rows_both_hold() -> None:
    rows = table("1.2.3.4,IPV4ADDR,,,,,TLP:GREEN,", "1.2.3.5,IPV4ADDR,,,,,TLP:RED,", "1.2.3.6,IPV4ADDR,,,,,,")
    assert [obj.marking_refs for obj in read(rows, marking=Tlp.AMBER).objects] == [
        (Tlp.AMBER.marking_id,),
        (Tlp.RED.marking_id,),
        (Tlp.AMBER.marking_id,),
    ]
    assert read(rows).objects[2].marking_refs == ()


def test_handling_we_do_not_know_is_red_and_its_words_are_kept() -> None:
    (obj,) = read(table("1.2.3.4,IPV4ADDR,,,,,FOUO,")).objects
    assert obj.marking_refs == (Tlp.RED.marking_id,)
    assert obj.value["labels"] == ["handling:FOUO"]


@pytest.mark.parametrize(
    ("written", "valid_from", "kept"),
    [
        ("", "1970-01-01T00:00:00.000Z", False),
        ("2016-05-04 10:20:30", "2016-05-04T10:20:30Z", False),
        ("2016-05-04T10:20:30.5Z", "2016-05-04T10:20:30.5Z", False),
        ("04/05/2016", "1970-01-01T00:00:00.000Z", True),
        ("2016-02-31", "1970-01-01T00:00:00.000Z", True),
    ],
)
def test_a_date_with_one_reading_starts_the_validity_and_any_other_is_kept_as_words(
    written: str, valid_from: str, kept: bool
) -> None:
    (obj,) = read(table(f"1.2.3.4,IPV4ADDR,,,,{written},,")).objects
    assert obj.value["valid_from"] == valid_from
    assert (obj.value.get("description") == f"Observed: {written}") is kept


def test_reading_a_table_again_names_the_same_things_the_same_way() -> None:
    rows = table("1.2.3.4,IPV4ADDR,,,,,,", "1.2.3.5,IPV4ADDR,,,,,,")
    first = [obj.id for obj in read(rows).objects]
    assert [obj.id for obj in read(rows, name="other name", received_us=0).objects] == first
    assert [obj.id for obj in read("\ufeff" + rows.replace("\n", "\r\n")).objects] == first
    assert {obj.id for obj in read(rows, source="CERT B").objects}.isdisjoint(first)


def test_a_source_that_stays_unnamed_is_not_taken_for_another() -> None:
    (one,) = read(table("1.2.3.4,IPV4ADDR,,,,,,"), source="").objects
    assert one.id == "indicator--00000000-0000-4000-8000-000000000001"
    assert one.value["external_references"] == [{"source_name": "unnamed source", "description": "document, line 2"}]


def test_the_same_row_twice_is_one_indicator() -> None:
    intake = read(table(*["1.2.3.4,IPV4ADDR,,,,,,"] * 2))
    assert len(intake.objects) == 1
    assert intake.counts["repeated"] == 1
    assert intake.unread == ()


@pytest.mark.parametrize(
    ("row", "text", "reason"),
    [
        ("1.2.3.4,IPV4ADDR", "1.2.3.4,IPV4ADDR", "it has 2 fields, the header has 8"),
        ("x,MUTEX,,,,,,", "x", "'MUTEX' is no kind we look for"),
        ("nonsense,IPV4ADDR,,,,,,", "nonsense", "expected an IPv4 address or network, came 'nonsense'"),
        (",FQDN,,,,,,nothing", ",FQDN,,,,,,nothing", "there is no value, and no hash in COMMENT"),
        (",MD5,SHA1:xyz,,,,,", ",MD5,SHA1:xyz,,,,,", "there is no value, and no hash in COMMENT"),
        ('"a"b,FQDN,,,,,,', '"a"b,FQDN,,,,,,', "it cannot be read as CSV up to line 3: ',' expected after '\"'"),
    ],
)
def test_a_row_that_cannot_be_read_is_listed_and_the_next_one_is_read(row: str, text: str, reason: str) -> None:
    intake = read(table("1.1.1.1,IPV4ADDR,,,,,,", row, "1.1.1.2,IPV4ADDR,,,,,,"))
    assert [obj.value["name"] for obj in intake.objects] == ["1.1.1.1", "1.1.1.2"]
    (unread,) = intake.unread
    assert (unread.line, unread.text, unread.reason) == (3, text, reason)
    assert intake.counts["rows"] == len(intake.objects) + len(intake.unread)


def test_a_cell_over_several_lines_counts_as_lines() -> None:
    intake = read(table('1.1.1.1,IPV4ADDR,,,,,,"one\ntwo\nthree"', "bad,IPV4ADDR,,,,,,"))
    assert intake.objects[0].value["description"] == "one\ntwo\nthree"
    assert [unread.line for unread in intake.unread] == [5]


def test_a_quote_that_never_ends_is_listed_with_the_line_it_begins_at() -> None:
    intake = read(table("1.1.1.1,IPV4ADDR,,,,,,", '1.1.1.2,IPV4ADDR,,,,,,"no end'))
    assert len(intake.objects) == 1
    assert [unread.line for unread in intake.unread] == [3]


def test_columns_go_by_name_and_unknown_ones_are_kept() -> None:
    (obj,) = read("Type,Severity,Indicator_Value\nFQDN,high,a.example\n").objects
    assert obj.value["name"] == "a.example"
    assert obj.value["description"] == "SEVERITY: high"


def test_a_table_without_its_columns_is_refused() -> None:
    with pytest.raises(InvalidObject, match="line 1 is no header we know"):
        read("a,b\n1,2\n", format="csv")
    with pytest.raises(InvalidObject, match="once each"):
        read("TYPE,INDICATOR_VALUE,TYPE\n", format="csv")


def test_a_formula_in_a_cell_stays_text() -> None:
    (obj,) = read(table("1.2.3.4,IPV4ADDR,,,,,,=HYPERLINK(1)")).objects
    assert obj.value["description"] == "=HYPERLINK(1)"
