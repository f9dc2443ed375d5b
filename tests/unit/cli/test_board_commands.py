"""Commands of boards as a script or a person would call them: files, names, dates, refusals without a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.boards import assess, flat, new_board, position, row, seen
from tests.talking import Talk, talking


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking("a", "b") as both:
        yield both


def _file(talk: Talk, name: str, text: str) -> str:
    path = Path(talk.world.folder) / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_an_assessment_comes_from_a_json_file_and_options_come_on_top(talk: Talk) -> None:
    board = new_board(talk)
    body = {
        "office": "Bureau",
        "own_work": False,
        "judgments": [{"hypothesis": "x", "likelihood": "7", "scale": "stix-0-10", "confidence": "low"}],
        "evidence": [{"ref": "report 7", "kind": "legal", "source": "open", "hypotheses": ["x"]}],
    }
    said = talk.run(
        "a", "assess", board, "--from", _file(talk, "a.json", json.dumps(body)), "--office", "Service", "--own-work"
    )
    assert said["to"] == ["b.example"]
    found = row(seen(talk, "a", board), "Service")
    assert (found["own_work"], found["basis"]) == (True, ["legal/open"])
    assert (found["judgments"][0]["low"], found["judgments"][0]["high"]) == (65, 74)
    assert "65–74 % (stix-0-10)" in flat(talk.text("a", "board", "show", board, "--width", "120"))


def test_marks_come_from_a_table_and_from_options_and_name_pieces_by_label(talk: Talk) -> None:
    board = new_board(talk)
    assess(talk, "a", board, "Bureau", "--judge", "x=likely/high", "--evidence", "report 7;legal;open")
    table = "evidence,grade,x,y\nE1,b2,cc,I\nreport 9,,N,\n"
    talk.run(
        "a", "board", "rate", board, "--rater", "R", "--table", _file(talk, "m.csv", table), "--mark", "E1;other;II"
    )
    items = talk.run("a", "board", "matrix", board)["matrix"]["items"]
    assert [(item["ref"], item["grades"]) for item in items] == [("report 7", [["R", "B2"]]), ("report 9", [])]
    assert [cell["marks"] for cell in items[0]["cells"]] == [["CC"], ["I"], ["II"], [""]]


def test_a_statement_held_here_is_evidence_by_its_three_words(talk: Talk) -> None:
    board = new_board(talk)
    first = talk.run("a", "assess", board, "--office", "Bureau", "--own-work", "--judge", "x=likely/high")
    assess(
        talk,
        "a",
        board,
        "Vendor",
        "--judge",
        "x=likely/high",
        "--evidence",
        f"{first['short']};technical;open",
        own=False,
    )
    view = seen(talk, "a", board)
    assert row(view, "Vendor")["judgments"][0]["cites"] == ["Bureau"]
    assert [(one["office"], one["cites"]) for one in view["citations"]] == [("Vendor", "Bureau")]


def test_a_board_is_shown_as_of_a_date_and_as_known_here_by_a_date(talk: Talk) -> None:
    board = new_board(talk)
    assess(talk, "a", board, "Bureau", "--judge", "x=likely/high")
    talk.later(days=3)
    talk.sync()
    talk.later(days=3)
    assess(talk, "a", board, "Bureau", "--judge", "x=very likely/high")
    talk.later(days=3)
    talk.sync()
    on = {day: seen(talk, "b", board, "--on", f"2026-09-{day}") for day in (21, 26, 30)}
    assert [one["assessors"][0]["judgments"][0]["likelihood"] for one in on.values()] == [
        "likely",
        "likely",
        "very likely",
    ]
    # B held none of it on the day on which A said it, and the later word only when it synced again.
    talk.refused("b", "board", "show", board, "--known", "2026-09-22", code=3)
    known = seen(talk, "b", board, "--known", "2026-09-28")
    assert known["assessors"][0]["judgments"][0]["likelihood"] == "likely"
    assert [e["words"][:10] for e in seen(talk, "b", board, "--since", "2026-09-25")["since"]] == ["assesses x"]
    assert "As of what was said by 26 Sep 2026 23:59 UTC" in talk.text(
        "b", "board", "show", board, "--on", "2026-09-26"
    )
    assert talk.run("b", "board", "list", "--on", "2026-09-20")["boards"] == []


def test_what_is_said_on_a_board_goes_to_those_who_were_told_of_it(talk: Talk) -> None:
    with talking("a", "b", "c") as three:
        board = new_board(three)
        said = three.run("a", "board", "position", board, "non-assertion", "--office", "Ministry")
        assert said["to"] == ["b.example"]
        told = three.run(
            "a", "board", "position", board, "non-assertion", "--office", "Ministry", "--to", "b", "--to", "c"
        )
        assert told["to"] == ["b.example", "c.example"]
        three.sync()
        answer = three.run("b", "board", "position", board, "denies", "--office", "Foreign Office", "--hypothesis", "x")
        assert answer["to"] == ["a.example"]
        three.refused("c", "board", "show", board, code=3)


def test_an_answer_keeps_the_marking_of_its_board_and_a_public_board_has_public_answers(talk: Talk) -> None:
    board = new_board(talk, "--marking", "red")
    said = talk.run("a", "board", "position", board, "non-assertion", "--office", "Ministry")
    assert said["body"]["marking"] == "TLP:RED"
    public = talk.run(
        "a", "board", "new", "Open question", "--question", "effect", "--incident", "i", "--hypothesis", "yes=it mattered",
        "--hypothesis", "no=it did not matter", "--public", "--marking", "clear",
    )  # fmt: skip
    said = talk.run("a", "assess", public["id"], "--office", "Institute", "--own-work", "--judge", "yes=unlikely/low")
    assert said["to"] == ["*"]


def test_a_dry_run_stores_nothing(talk: Talk) -> None:
    board = new_board(talk)
    before = seen(talk, "a", board)
    assert talk.run("a", "assess", board, "--office", "O", "--own-work", "--judge", "x=likely", "--dry-run")["dry_run"]
    assert talk.run("a", "board", "add", board, "--hypothesis", "z=Z", "--dry-run")["dry_run"]
    assert seen(talk, "a", board) == before


def test_a_picture_is_written_to_a_file(talk: Talk) -> None:
    board = new_board(talk)
    file = Path(talk.world.folder) / "board.svg"
    assert talk.text("a", "board", "svg", board, "--output", str(file)) == f"Written: {file}\n"
    assert file.read_text(encoding="utf-8") == talk.text("a", "board", "svg", board)
    assert talk.run("a", "board", "svg", board)["svg"] == file.read_text(encoding="utf-8")


def test_where_nothing_is_known_the_commands_say_so(talk: Talk) -> None:
    assert talk.text("a", "board", "list") == "There is no board yet. Open one with: detente board new\n"
    assert talk.text("a", "board", "facts") == "Nobody has recorded a finding.\n"
    assert "No such assessor" in talk.text("a", "board", "track", "Bureau")
    new_board(talk)
    assert talk.text("a", "board", "list", "--actor", "Borovia") == "No board fits.\n"
    assert "Nobody has rated evidence" in talk.text(
        "a", "board", "matrix", talk.run("a", "board", "list")["boards"][0]["id"]
    )


def test_a_finding_of_an_office_is_replaced_by_that_office_alone(talk: Talk) -> None:
    finding = ("board", "finding", "incident-1", "--status")
    first = talk.run("a", *finding, "undetermined", "--office", "Bureau")
    talk.run("a", *finding, "occurred", "--office", "Bureau", "--of", first["short"], "--when", "2016-06")
    (fact,) = talk.run("a", "board", "facts", "incident-1")["facts"]
    assert (fact["state"], len(fact["findings"])) == ("occurred", 1)
    talk.refused("a", *finding, "occurred", "--office", "Service", "--of", first["short"], words=("word of Bureau",))
    assert "Bureau at a.example: occurred, June 2016" in talk.text("a", "board", "facts")


REFUSED: tuple[tuple[tuple[str, ...], int, tuple[str, ...]], ...] = (
    (("assess", "{b}", "--office", "O", "--judge", "x=likely"), 2, ("--own-work",)),
    (("assess", "{b}", "--office", "O", "--own-work"), 1, ("judgments",)),
    (("assess", "{b}", "--office", "O", "--own-work", "--judge", "likely"), 1, ("HYPOTHESIS=WORD",)),
    (("assess", "{b}", "--office", "O", "--own-work", "--judge", "x=maybe"), 1, ("no word of the scale", "almost certain")),
    (("assess", "{b}", "--office", "O", "--own-work", "--judge", "x=likely", "--reason", "y=so"), 1, ("not judged here",)),
    (("assess", "{b}", "--office", "O", "--own-work", "--judge", "x=likely", "--evidence", "E7;legal;open"), 3, ("E7",)),
    (("assess", "{b}", "--office", "O", "--own-work", "--judge", "x=likely", "--of", "babab-babab-babab"), 3, ("babab",)),
    (("assess", "nobod-yknow-sthis", "--office", "O", "--own-work", "--judge", "x=likely"), 3, ("board",)),
    (("board", "rate", "{b}", "--rater", "R"), 1, ("nothing to rate",)),
    (("board", "rate", "{b}", "--rater", "R", "--mark", "e;x;maybe"), 1, ("CC C N I II NA",)),
    (("board", "rate", "{b}", "--rater", "R", "--mark", "e;zz;C"), 1, ("no hypothesis zz",)),
    (("board", "add", "{b}",), 1, ("name a hypothesis",)),
    (("board", "new", "T", "--question", "intrusion", "--incident", "i", "--hypothesis", "x=X", "--rung", "z=state-shaped"), 1, ("z",)),
    (("board", "finding", "--office", "O", "--status", "occurred"), 2, ("incident or impact",)),
    (("board", "finding", "--board", "{b}", "--hypothesis", "zz", "--office", "O", "--status", "occurred"), 1, ("zz",)),
    (("board", "show", "{b}", "--pool", "linear"), 1, ("nothing to pool",)),
    (("board", "show", "{b}", "--pool", "linear", "--weight", "O=much"), 1, ("a number",)),
    (("board", "tasking", "{b}", "--assessor", "O", "--asked-by", "P", "--role", "friend", "--what", "speed"), 2, ("political",)),
)  # fmt: skip


@pytest.mark.parametrize(("command", "code", "words"), REFUSED)
def test_what_is_wrong_is_said_and_nothing_is_recorded(
    talk: Talk, command: tuple[str, ...], code: int, words: tuple[str, ...]
) -> None:
    board = new_board(talk)
    talk.refused("a", *(word.replace("{b}", board) for word in command), code=code, words=words)


def test_a_file_that_is_no_object_is_refused(talk: Talk) -> None:
    board = new_board(talk)
    for text in ("[1]", "{"):
        talk.refused("a", "assess", board, "--own-work", "--from", _file(talk, "x.json", text), words=("JSON",))
    talk.refused(
        "a", "board", "rate", board, "--rater", "R", "--table", _file(talk, "x.csv", "a,b\n1,2\n"), words=("evidence",)
    )


def test_a_position_answers_an_assessment_by_name(talk: Talk) -> None:
    board = new_board(talk)
    said = assess(talk, "a", board, "Bureau", "--judge", "x=likely/high")
    talk.sync()
    position(talk, "b", board, "disagrees", "Vendor", "--about", said, "--relies-on", "own-assessment")
    view = seen(talk, "b", board)
    assert view["positions"][0]["answers"] == ["Bureau"]
    assert "disagreed with by 1" in view["header"]["sentence"]
    assert "≠ disagrees" in talk.text("b", "board", "show", board, "--width", "120")
