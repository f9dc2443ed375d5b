"""N3: adoption per party, each change with source and date; what nobody said is unknown, and never no."""

from __future__ import annotations

import json

from tests.norm_talk import promising, words

F = "un-2015-f"


def test_n3_a_status_carries_source_and_date_and_none_is_unknown() -> None:
    with promising("a", "b") as talk:
        before = talk.run("a", "norm", "status", "--party", "a.example", "--party", "b")
        assert {s["status"] for row in before["norms"].values() for s in row.values()} == {"unknown"}
        assert '"no"' not in json.dumps(before)

        talk.text("a", "norm", "adopt", F, "--status", "accepted", "--at", "2015", code=2)  # no source
        talk.text("a", "norm", "adopt", F, "--status", "accepted", "--source", "s", code=2)  # no date
        talk.text("a", "norm", "adopt", F, "--status", "no", "--source", "s", "--at", "2015", code=2)
        talk.refused(
            "a",
            "norm",
            "adopt",
            F,
            "--status",
            "accepted",
            "--source",
            "s",
            "--at",
            "soon",
            words=("--at", "2016-10"),
            code=2,
        )
        for status, source, at in (
            ("signalled", "a speech", "2014-06-03"),
            ("accepted", "A/RES/70/237", "2015-12"),
            ("implemented", "national law 12", "2019"),
        ):
            talk.run("a", "norm", "adopt", F, "--status", status, "--source", source, "--at", at, "--to", "b")
        # What A says of B stays A's word.
        talk.run(
            "a", *words("norm adopt"), F, *words("--party b --status accepted --source 'a communiqué' --at 2015 --to b")
        )
        talk.sync()

        for name in ("a", "b"):
            row = talk.run(name, "norm", "history", F)["parties"]
            assert row["a.example"]["status"] == "implemented"
            assert [(s["status"], s["source"], s["at"]) for s in row["a.example"]["own"]] == [
                ("signalled", "a speech", "3 Jun 2014"),
                ("accepted", "A/RES/70/237", "December 2015"),
                ("implemented", "national law 12", "2019"),
            ]
            assert row["b.example"]["status"] == "unknown"
            assert [(s["speaker"], s["status"]) for s in row["b.example"]["by_others"]] == [("a.example", "accepted")]
        assert talk.run("a", "norm", "status") == talk.run("b", "norm", "status")
