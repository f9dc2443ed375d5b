"""C5: a consultation is logged: subject, level, date, participants by role, outcome, agreed text or none."""

from __future__ import annotations

from tests.talking import talking

ADD = (
    "consult", "add", "--subject", "Elections", "--level", "diplomatic", "--held", "2026-09-20T14:00Z",
    "--participant", "us=counsellor", "--participant", "b=head of department", "--source", "own record",
    "--outcome", "both sides stated their views",
)  # fmt: skip


def test_c5_a_consultation_without_agreed_text_is_listed_as_held_with_no_agreed_record() -> None:
    with talking("a", "b") as talk:
        without = talk.run("a", *ADD)["id"]
        talk.later(hours=1)
        agreed = talk.run("a", *ADD, "--agreed-text", "Both sides will meet in May.")["id"]
        talk.sync()
        talk.run("b", "consult", "minutes", agreed, "--agreed-text", "Both sides will meet in May.")
        talk.sync()
        for name in ("a", "b"):
            records = {one["id"]: one for one in talk.run(name, "consult", "list")["consultations"]}
            assert records[without]["record"] == "held, no agreed record"
            assert records[agreed]["record"] == "held, agreed record"
            one = records[without]
            assert one["participants"] == {"a.example": ["“counsellor”"], "b.example": ["“head of department”"]}
            assert (one["level"], one["held"]["fidelity"]) == (2, "minute")
            assert "held, no agreed record" in talk.text(name, "consult", "list")


def test_c5_what_is_missing_is_named_and_nothing_is_recorded() -> None:
    with talking("a", "b") as talk:
        alone = [word for word in ADD if word not in ("b=head of department",)]
        del alone[alone.index("--participant", alone.index("us=counsellor"))]
        talk.refused("a", *alone, words=("at least two parties",))
        talk.refused(
            "a", *[w.replace("b=head of department", "d=envoy") for w in ADD], code=3, words=("no partner 'd'",)
        )
        talk.refused("a", *[w.replace("2026-09-20T14:00Z", "20.9.2026") for w in ADD], words=("2016-10-07",))
