"""Plain lists."""

from __future__ import annotations

from tests.unit.intake.made import read

from detente.stix.marking import Tlp
from detente.stix.objects import parse_object

LIST = """\
# seen in March

198.51.100[.]7
hxxp://a.example/x#part   # the landing page
domain\tupdate.exe
SHA-256\t{}
ip\t2001:db8::1
a.example/y
setup.exe
mutex\tx
""".format("c" * 64)


def test_each_line_with_a_value_is_an_indicator_and_the_others_are_counted_or_listed() -> None:
    intake = read(LIST, marking=Tlp.GREEN)
    assert intake.format == "list"
    assert [obj.value["name"] for obj in intake.objects] == [
        "198.51.100.7",
        "http://a.example/x#part",
        "update.exe",
        "c" * 64,
        "2001:db8::1",
        "a.example/y",
    ]
    assert intake.objects[1].value["description"] == "the landing page"
    assert {obj.marking_refs for obj in intake.objects} == {(Tlp.GREEN.marking_id,)}
    assert [(unread.line, unread.text) for unread in intake.unread] == [(9, "setup.exe"), (10, "mutex\tx")]
    assert "'mutex' is no kind" in intake.unread[1].reason
    assert intake.counts["rows"] == 8 == len(intake.objects) + len(intake.unread)
    assert intake.counts["comments"] == 1


def test_what_comes_out_is_well_formed() -> None:
    for obj in read(LIST).objects:
        assert parse_object(obj.body) == obj


def test_the_same_value_in_two_spellings_is_one_indicator() -> None:
    intake = read("a.example\nA[.]EXAMPLE.\n")
    assert len(intake.objects) == 1


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    plain = read("a.example\n1.2.3.4\n")
    assert [obj.id for obj in read("\ufeffa.example\r\n1.2.3.4\r\n").objects] == [obj.id for obj in plain.objects]


def test_an_empty_list_is_no_error() -> None:
    assert read("").objects == ()
    assert read("# nothing\n").counts["comments"] == 1


def test_a_long_line_is_shortened_where_it_is_shown() -> None:
    (unread,) = read("x " * 100_000).unread
    assert len(unread.text) == 200
