"""C7: talked of, agreed, implemented and verified are four things, each in somebody's words."""

from __future__ import annotations

from tests.norm_talk import promising

from detente.norms.tables import STAGES


def test_c7_an_item_is_not_implemented_without_evidence_and_the_board_has_four_columns() -> None:
    with promising("a", "b") as talk:
        item = talk.run(
            "a", "undertake", "add", "A line between the duty officers", "--stage", "talked-of", "--to", "b"
        )["id"]
        talk.sync()
        talk.run("b", "undertake", "add", "--of", item, "--stage", "agreed")
        for stage in ("implemented", "verified"):
            message = talk.refused("a", "undertake", "add", "--of", item, "--stage", stage)
            assert f"marked {stage} with a reference to evidence only" in message
        evidence = talk.run("a", "limit", "declare", "Test call of 3 May", "--to", "b")["id"]
        talk.run("a", "undertake", "add", "--of", item, "--stage", "implemented", "--evidence", evidence)
        talk.sync()

        seen = [talk.run(name, "undertake", "list")["items"] for name in ("a", "b")]
        assert seen[0] == seen[1]
        (row,) = seen[0]
        assert set(row["columns"]) == set(STAGES) == {"talked-of", "agreed", "implemented", "verified"}
        assert {stage: [one["speaker"] for one in found] for stage, found in row["columns"].items()} == {
            "talked-of": [],
            "agreed": ["b.example"],
            "implemented": ["a.example"],
            "verified": [],
        }
        assert row["columns"]["implemented"][0]["evidence"] == [evidence]
        head, *rows = talk.text("b", "undertake", "list").splitlines()
        assert [cell.strip() for cell in head.split("│")] == ["item", *STAGES]
        assert [bool(cell.strip()) for cell in rows[0].split("│")][:4] == [True, False, True, True]
