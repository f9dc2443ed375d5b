"""C1: a channel whose use is provable to both, plus drills so that it is never first used in a crisis."""

from __future__ import annotations

from tests.talking import talking

from detente.when import DAY_US

CLOCKS = ("now_us",)


def test_c1_both_sides_show_the_same_entries_and_a_drill_falls_due_when_the_channel_is_silent() -> None:
    with talking("a", "b") as talk:
        drill = talk.run("a", "drill", "--to", "b")
        real = talk.run(
            "b", "request", "--to", "a", "--subject", "Logs", "--text", "Please send them.", "--want", "information"
        )
        talk.sync()

        ours, theirs = talk.run("a", "report", "usage", "b"), talk.run("b", "report", "usage", "a")
        assert [entry["id"] for entry in ours["entries"]] == [drill["id"], real["id"]]
        assert [entry["drill"] for entry in ours["entries"]] == [True, False]
        # The id is the leaf hash: the digest that stands in the speaker's log, under its signature and the other's cosignature.
        assert ours["entries"] == theirs["entries"]
        assert ours["pairs"] == theirs["pairs"]
        assert all(entry["receipted"] for entry in ours["entries"])
        assert (ours["unused_days"], ours["drill_due"]) == (0, False)

        talk.later(days=91)
        for name, other in (("a", "b"), ("b", "a")):
            report = talk.run(name, "report", "usage", other)
            assert (report["unused_days"], report["drill_due"]) == (91, True)
            assert report["interval_us"] == 90 * DAY_US
            text = talk.text(name, "report", "usage", other)
            assert "Unused for 91 days" in text
            assert "A drill is due." in text
            (row,) = [row for row in talk.run(name, "inbox")["rows"] if row["section"] == "drills"]
            assert (row["who"], row["subject"]) == (f"{other}.example", "unused for 91 days")

        talk.run("a", "drill", "--to", "b")
        talk.sync()
        assert talk.run("b", "report", "usage", "a")["drill_due"] is False


def test_c1_what_the_other_side_never_received_is_unreceipted_and_is_no_use() -> None:
    with talking("a", "b") as talk:
        talk.world.away.add("b")
        said = talk.run("a", "drill", "--to", "b")
        report = talk.run("a", "report", "usage", "b")
        assert report["pairs"]["a.example"]["b.example"]["drills"]["request"]["unreceipted"] == [said["id"]]
        assert (report["last_use_us"], report["words"]) == (None, "no use of the channel is on record")
