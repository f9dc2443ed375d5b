"""A7: "no attribution asserted" is a signed answer, distinct from silence and from "cannot tell"."""

from __future__ import annotations

from tests.boards import assess, flat, new_board, position, seen
from tests.talking import talking


def test_a7_an_incident_with_a_signed_non_assertion_is_never_listed_under_an_actor() -> None:
    with talking("a", "b") as talk:
        first = new_board(talk, incident="incident-1")
        second = new_board(talk, incident="incident-2")
        for board in (first, second):
            assess(talk, "a", board, "Vendor", "--judge", "x=very likely/high")
        talk.sync()
        for name in ("a", "b"):
            listed = talk.run(name, "board", "list", "--actor", "Borovia")
            assert [one["incident"] for one in listed["boards"]] == ["incident-1", "incident-2"]
        position(
            talk, "b", first, "non-assertion", "Ministry",
            "--text", "We are not asserting that they came from Borovia",
        )  # fmt: skip
        talk.sync()
        for name in ("a", "b"):
            listed = talk.run(name, "board", "list", "--actor", "Borovia")
            assert [one["incident"] for one in listed["boards"]] == ["incident-2"]
            (apart,) = listed["explicit_non_assertion"]
            assert (apart["incident"], apart["explicit_non_assertion_by"]) == ("incident-1", ["Ministry"])
            text = talk.text(name, "board", "list", "--actor", "Borovia")
            assert "Not listed under Borovia: incident-1; explicit non-assertion by Ministry" in text


def test_a7_a_non_assertion_is_neither_silence_nor_cannot_tell() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk, "--group", "Council=Ministry,Bureau,Centre")
        assess(talk, "a", board, "Bureau", "--judge", "cannot-tell=likely/high")
        talk.sync()
        position(talk, "b", board, "non-assertion", "Ministry")
        talk.sync()
        for name in ("a", "b"):
            view = seen(talk, name, board)
            assert view["header"]["non_assertion"] == 1
            assert view["header"]["assessed"] == 1
            (group,) = view["header"]["groups"]
            assert group["no_recorded_assessment"] == 2
            text = flat(talk.text(name, "board", "show", board, "--width", "120"))
            assert "explicit non-assertion by 1; no recorded assessment: 2 of 3 (Council)" in text
            assert "○ asserts nothing" in text
            assert "Nobody" not in text


def test_a7_who_asserts_after_all_withdraws_the_non_assertion() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Vendor", "--judge", "x=very likely/high")
        said = position(talk, "a", board, "non-assertion", "Ministry")
        assert talk.run("a", "board", "list", "--actor", "Borovia")["boards"] == []
        position(talk, "a", board, "endorses", "Ministry", "--hypothesis", "x", "--of", said)
        assert len(talk.run("a", "board", "list", "--actor", "Borovia")["boards"]) == 1
        words = [event["words"] for event in seen(talk, "a", board)["events"]]
        assert words[-2:] == ["asserts nothing on this board", "endorses x"]
