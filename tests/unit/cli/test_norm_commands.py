"""norm, conduct, agreement, undertake, limit, respond as a person and a script call them: texts, documents, exit codes, dry runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.norm_talk import promising, words
from tests.scene import truth_of
from tests.talking import Talk

from detente.words import loaded_words

F = "un-2015-f"


@pytest.fixture
def talk() -> Iterator[Talk]:
    with promising("a", "b") as made:
        yield made


@pytest.fixture
def agreed(talk: Talk) -> Talk:
    """A and B have an agreement in force, with one clause that has a scope."""
    talk.run(
        "a",
        *words("agreement new harbour --title 'Harbour protocol' --with b --clause 1=Hospitals --class 1=intrusion"),
    )
    talk.sync()
    for name in ("a", "b"):
        talk.run(name, *words("agreement sign harbour --office Minister"))
        talk.sync()
    return talk


@pytest.mark.parametrize(
    "command",
    [
        "conduct list",
        "agreement list",
        "undertake list",
        "undertake due",
        "limit list",
        "respond list",
        "respond chain",
        "respond list --public",
    ],
)
def test_a_list_of_nothing_says_so_and_exits_3(talk: Talk, command: str) -> None:
    assert "here" in talk.text("a", *words(command), code=3) or "public" in talk.text("a", *words(command), code=3)
    (found,) = [
        value for key, value in talk.run("a", *words(command), code=3).items() if key not in ("version", "command")
    ]
    assert not found


@pytest.mark.parametrize(
    "command",
    [
        f"norm adopt {F} --status accepted --source s --at 2015 --to b",
        f"conduct file {F} --incident i --finding unclear --text t --to b",
        "agreement new second --title t --with b --clause 1=x",
        "agreement amend harbour --clause 1=y",
        "agreement leave harbour",
        "undertake add 'a line' --stage agreed --to b",
        "limit declare 'ten teams' --to b",
        "respond add retorsion --role Council --reasons r --to b",
        "respond add undisclosed --sealed-kind retorsion --sealed-text t --reveal 2030 --to b",
    ],
)
def test_a_dry_run_shows_what_would_be_said_and_stores_nothing(agreed: Talk, command: str) -> None:
    before = {name: truth_of(node, journal=True) for name, node in agreed.world.nodes.items()}
    shown = agreed.run("a", *words(command), "--dry-run")
    assert shown["dry_run"]
    assert not shown["said"]
    assert shown["to"] == ["b.example"]
    text = agreed.text("a", *words(command), "--dry-run")
    assert "b.example" in text
    assert loaded_words(text) == []
    assert {name: truth_of(node, journal=True) for name, node in agreed.world.nodes.items()} == before


@pytest.mark.parametrize(
    ("command", "code", "needs"),
    [
        (f"norm adopt {F} --status accepted --source s --at 2015 --to nobody", 3, ("no partner 'nobody'",)),
        (f"norm adopt {F} --status accepted --source s --at 32.1.2015", 2, ("--at", "2016-10-07")),
        ("norm history no-such-norm", 1, ("detente norm list",)),
        (f"norm adopt {F} --status accepted --source s --at 2015 --public --marking amber", 6, ("TLP:CLEAR",)),
        (f"conduct file {F} --incident 'two words' --finding unclear --text t", 1, ("an id without spaces",)),
        (f"conduct file {F} --incident lusab-babad-gutih --finding unclear --text t", 3, ("lusab-babad-gutih",)),
        ("conduct answer lusab-babad-gutih --word concurs", 3, ("no conduct named",)),
        ("conduct answer x --word concurs", 1, ("three words",)),
        ("agreement show nothing", 3, ("no agreement named",)),
        ("agreement new harbour --title t --with b --clause 1=x", 1, ("amend it, or choose another key",)),
        ("agreement new Harbour --title t --with b --clause 1=x", 1, ("small letters",)),
        ("agreement new other --title t --with b --clause '1 2=x'", 1, ("named like 3, 3.1 or 3(b)",)),
        ("agreement new other --title t --with b --clause 1=x --class 2=intrusion", 1, ("text of clause 2",)),
        ("agreement new other --title t --with cinder.example --clause 1=x", 3, ("no partner 'cinder.example'",)),
        ("agreement diff harbour --from 7", 3, ("version 7 of harbour was never in force",)),
        ("agreement show harbour --on 2020", 3, ("no text of harbour was in force then",)),
        ("undertake add", 1, ("item",)),
        ("undertake add x --stage implemented --evidence lusab-babad-gutih", 3, ("lusab-babad-gutih",)),
        ("undertake add x --stage agreed --clause 1", 1, ("name the agreement too",)),
        ("undertake add x --stage agreed --agreement harbour --clause 9", 3, ("harbour has no clause 9",)),
        ("limit declare --of lusab-babad-gutih", 3, ("no limit named",)),
        ("limit declare", 1, ("text",)),
        ("respond add retorsion", 1, ("role", "reasons")),
        ("respond add retorsion --role r --reasons x --answer aim", 1, ("QUESTION=TEXT",)),
        ("respond add retorsion --role r --reasons x --answer aim=1 --answer aim=2", 1, ("once for each question",)),
        ("respond add retorsion --role r --reasons x --about lusab-babad-gutih", 3, ("lusab-babad-gutih",)),
        ("respond add retorsion --role r --reasons x --reveal 2030", 1, ("choose the kind undisclosed",)),
        (
            "respond add undisclosed --sealed-kind undisclosed --sealed-text t --reveal 2030",
            1,
            ("one of none-decided",),
        ),
        ("respond reveal lusab-babad-gutih", 3, ("no response named",)),
        ("respond chain lusab-babad-gutih", 3, ("no response named",)),
        ("respond checklist lusab-babad-gutih", 3, ("no response named",)),
    ],
)
def test_bad_input_is_a_clear_error_and_leaves_no_trace(
    agreed: Talk, command: str, code: int, needs: tuple[str, ...]
) -> None:
    if command == "undertake add":
        command += " --stage agreed"
    message = agreed.refused("a", *words(command), code=code, words=needs)
    assert loaded_words(message) == []
    assert "regex" not in message


@pytest.mark.parametrize(
    "command",
    [
        f"norm adopt {F} --status no --source s --at 2015",
        f"conduct file {F} --incident i --finding breach --text t",
        "undertake add x --stage done",
        "respond add revenge",
        "agreement new x --title t --clause 1=x",
    ],
)
def test_a_word_that_is_not_in_the_vocabulary_is_a_wrong_command_line(talk: Talk, command: str) -> None:
    talk.run("a", *words(command), code=2)


def test_an_agreement_from_its_first_word_to_its_end(agreed: Talk) -> None:
    amendment = agreed.run(
        "b", *words("agreement amend harbour --clause 2=Ports --remove 1 --reasons 'ports matter more'")
    )["short"]
    agreed.sync()
    text = agreed.text("a", "agreement", "show", "harbour")
    assert "not signed by a.example" in text
    assert "clause 1: removed" in text
    assert agreed.text("a", "agreement", "diff", "harbour", "--amendment", amendment).splitlines() == [
        "clause 1",
        "  − “Hospitals” [activity: intrusion]",
        "clause 2",
        "  + “Ports”",
    ]
    for name in ("b", "a"):
        agreed.run(name, "agreement", "sign", amendment)
        agreed.sync()
    assert agreed.run("b", "agreement", "diff", "harbour") == agreed.run(
        "a", *words("agreement diff harbour --from 1 --to 2")
    )
    assert "version 2 in force since" in agreed.text("b", "agreement", "list")
    agreed.run("a", "agreement", "leave", "harbour")
    agreed.sync()
    assert "ended" in agreed.text("b", "agreement", "list")
    assert "left by a.example" in agreed.text("b", "agreement", "show", "harbour")
    # The key is free again; the one that ended keeps its words.
    old = agreed.run("a", "agreement", "show", "harbour")
    agreed.run("b", *words("agreement new harbour --title Again --with a --clause 1=x"))
    agreed.sync()
    assert agreed.run("a", "agreement", "show", "harbour")["title"] == "Again"
    assert agreed.run("a", "agreement", "show", old["short"]) == old


def test_two_agreements_of_one_key_are_told_apart_by_their_words() -> None:
    with promising("a", "b", "c") as talk:
        for other in ("b", "c"):
            talk.run("a", *words(f"agreement new harbour --title t --with {other} --clause 1=x"))
        talk.refused("a", "agreement", "show", "harbour", words=("2 agreements have the key 'harbour'", "three words"))


def test_the_chain_is_drawn_once_into_a_new_file(talk: Talk, tmp_path: Path) -> None:
    response = ("respond", "add", "retorsion", "--role", "Council", "--reasons", "r", "--against", "b", "--to", "b")
    talk.run("a", *response)
    file = tmp_path / "chain.svg"
    assert "① " in talk.text("a", "respond", "chain", "--svg", str(file))
    drawn = file.read_text(encoding="utf-8")
    assert drawn.startswith("<svg")
    assert loaded_words(drawn.split("<desc>")[1].split("</desc>")[0]) == []
    talk.refused("a", "respond", "chain", "--svg", str(file), code=6, words=("choose another name",))
    talk.run("a", *response)
    talk.refused("a", "respond", "chain", "--svg", str(tmp_path / "new.svg"), words=("here are 2",))
    assert not (tmp_path / "new.svg").exists()


def test_evidence_in_three_words_becomes_the_id_of_its_statement(talk: Talk) -> None:
    limit = talk.run("a", *words("limit declare 'ten teams' --to b"))
    said = talk.run(
        "a",
        *words(
            f"undertake add 'a line' --stage implemented --evidence {limit['short']} --evidence 'protocol 7' --to b"
        ),
    )
    assert said["body"]["evidence"] == [limit["id"], "protocol 7"]
    talk.sync()
    assert limit["id"] in talk.text("b", "undertake", "list", "--details")
    assert talk.text("b", "undertake", "due", code=3) == "No date stands here.\n"


def test_a_question_of_the_list_in_the_words_of_both(talk: Talk) -> None:
    response = talk.run(
        "a",
        *words("respond add countermeasure --role Council --reasons r --against b --to b --answer 'aim=that it ends'"),
    )
    talk.sync()
    talk.run("b", *words(f"respond answer {response['short']} --word disputes --text 'we did nothing'"))
    talk.sync()
    for name in ("a", "b"):
        assert "b.example disputes this: “we did nothing”" in talk.text(name, "respond", "checklist", response["short"])
        assert "b.example disputes this: “we did nothing”" in talk.text(name, "respond", "list")
    talk.refused("b", *words(f"respond answer {response['short']} --word adds"), words=("needs its text",))
    talk.refused("a", *words(f"respond answer {response['short']} --word concurs"), words=("is your own",))
    entry = talk.run("a", *words(f"conduct file {F} --incident i --finding unclear --text t --to b"))
    talk.sync()
    talk.refused("b", *words(f"respond answer {entry['short']} --word concurs"), code=3)


def test_foreign_text_is_shown_and_not_obeyed(talk: Talk) -> None:
    talk.run("a", "limit", "declare", "ten \x1b[31mteams\u202e", "--to", "b")
    talk.sync()
    text = talk.text("b", "limit", "list")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\u001b[31mteams\\u202e" in text


def test_a_text_comes_from_a_file_with_its_scope(talk: Talk, tmp_path: Path) -> None:
    file = tmp_path / "text.json"
    clauses = [
        {"id": "1", "text": "Hospitals\nand ports", "classes": ["intrusion"]},
        {"id": "2", "text": "Yearly", "purposes": ["defence"]},
    ]
    file.write_text(json.dumps(clauses), encoding="utf-8")
    said = talk.run("a", *words("agreement new harbour --title t --with b --clause 3=More"), "--file", str(file))
    assert said["body"]["clauses"] == [*clauses, {"id": "3", "text": "More"}]
    new = ("agreement", "new", "second", "--title", "t", "--with", "b", "--file", str(file))
    for text, needs in (
        ("[1]", "holds no list of clauses"),
        ("{}", "holds no list of clauses"),
        ("[{", "JSON"),
        ('[{"id": "1", "text": 7}]', "text"),
        ('[{"id": "1", "text": "x", "class": ["intrusion"]}]', "no field class"),
        ("[]", "clauses"),
        (json.dumps([*clauses, *clauses]), "clause 1, 2 is there twice"),
    ):
        file.write_text(text, encoding="utf-8")
        talk.refused("a", *new, words=(needs,))
