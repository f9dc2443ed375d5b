"""C4: two parties' accounts of one meeting are kept side by side; differences stay visible."""

from __future__ import annotations

from tests.talking import talking

OURS = ("--item", "interference@b=B said that it had no part in it", "--item", "next=A meeting in May was agreed")
THEIRS = ("--item", "interference@us=B said that the matter is closed", "--item", "next=A meeting in May was agreed")


def test_c4_two_minutes_that_differ_are_listed_item_by_item_with_their_authors_and_nothing_is_merged() -> None:
    with talking("a", "b") as talk:
        held = talk.run(
            "a", "consult", "add", "--subject", "Elections", "--level", "political", "--held", "2026-09-20",
            "--participant", "us=head of office", "--participant", "b=head of office", "--source", "own record",
        )["id"]  # fmt: skip
        talk.sync()
        ours = talk.run("a", "consult", "minutes", held, *OURS)["id"]
        theirs = talk.run("b", "consult", "minutes", held, *THEIRS)["id"]
        talk.sync()

        found = [talk.run(name, "consult", "show", held)["consultation"] for name in ("a", "b")]
        assert found[0] == found[1]
        assert found[0]["accounts"] == "accounts differ"
        items = {item["key"].strip("“”"): item for item in found[0]["items"]}
        assert {key: item["differs"] for key, item in items.items()} == {"interference": True, "next": False}
        texts = {party: account["quote"] for party, account in items["interference"]["accounts"].items()}
        assert texts == {
            "a.example": "B said that it had no part in it",
            "b.example": "B said that the matter is closed",
        }
        assert {party: one["id"] for party, one in found[0]["minutes"].items()} == {
            "a.example": ours,
            "b.example": theirs,
        }
        text = talk.text("b", "consult", "show", held)
        assert "accounts differ" in text
        assert "a.example: “B said that it had no part in it” (said by b.example)" in text
        assert "b.example: “B said that the matter is closed” (said by b.example)" in text


def test_c4_who_took_no_part_gives_no_account() -> None:
    with talking("a", "b", "c") as talk:
        held = talk.run(
            "a", "consult", "add", "--subject", "Elections", "--level", "political", "--held", "2026-09-20",
            "--participant", "us=envoy", "--participant", "b=envoy", "--source", "own record", "--to", "c",
        )["id"]  # fmt: skip
        talk.sync()
        talk.refused("c", "consult", "minutes", held, "--item", "x=y", code=6, words=("took no part",))
