"""A16 “Some Democrats have criticized the White House for being slow to name Russia”: how long it took, who decided when.

Timeline from first sighting to each assessment to each publication. The latency report gives days between the four stamps with the date
precision of each.
"""

from __future__ import annotations

from tests.recording import recording

STAMPS = (
    # step, when, who, how precise, what was decided
    ("sighting", "2026-07", "Bank of A", "month", None),
    ("assessment", "2026-09-05", "Service one", "day", None),
    ("assessment", "2026-10", "Service two", "month", None),
    ("decision", "2026-10-05T14:30Z", "Minister of A", "minute", "act"),
    ("publication", "2026-10-07", "Ministry of A", "day", None),
)


def test_a16_days_between_first_sighting_assessment_decision_and_publication_keep_the_precision_of_each_date() -> None:
    with recording("a", "b") as talk:
        for step, when, by, _, choice in STAMPS:
            talk.run(
                "a",
                "milestone",
                "add",
                "lantern",
                step,
                when,
                "--by",
                by,
                "--to",
                "b",
                *(("--choice", choice) if choice else ()),
            )
        talk.sync()
        reports = {name: talk.run(name, "report", "milestones", "lantern")["accounts"] for name in ("a", "b")}
        assert reports["a"] == reports["b"]
        (account,) = reports["b"]
        assert account["speaker"] == "a.example"
        assert {(s["step"], s["when"], s["by"], s["precision"], s["choice"]) for s in account["stamps"]} == set(STAMPS)
        assert account["not_recorded"] == []
        who = {stamp["id"]: stamp["by"] for stamp in account["stamps"]}
        days = {
            (who[i["from"]], who[i["to"]]): (i["days_min"], i["days_max"], i["words"]) for i in account["intervals"]
        }
        assert days == {
            ("Bank of A", "Service one"): (36, 66, "between 36 and 66 days"),
            ("Bank of A", "Service two"): (62, 122, "between 62 and 122 days"),
            ("Service one", "Minister of A"): (30, 30, "30 days"),
            ("Minister of A", "Ministry of A"): (2, 2, "2 days"),
            ("Bank of A", "Ministry of A"): (68, 98, "between 68 and 98 days"),
        }
        text = talk.text("b", "report", "milestones", "lantern")
        assert "decided 5 Oct 2026 14:30 UTC (“Minister of A”)" in text
        assert "first seen July 2026 (“Bank of A”)" in text
        assert "between 68 and 98 days" in text

        # The other side's account of the same matter stands beside it, and is merged with nothing.
        talk.run("b", "milestone", "add", "lantern", "sighting", "2026-06-30", "--by", "Port of B", "--to", "a")
        talk.sync()
        both = talk.run("a", "report", "milestones", "lantern")["accounts"]
        assert [a["speaker"] for a in both] == ["a.example", "b.example"]
        assert both[0] == account
        assert both[1]["not_recorded"] == ["assessment", "decision", "publication"]
