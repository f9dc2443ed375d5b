"""C6: meetings carry duration and channel level as data with a source."""

from __future__ import annotations

from tests.talking import talking


def test_c6_the_query_of_the_record_returns_duration_and_source() -> None:
    with talking("a", "b") as talk:
        held = talk.run(
            "a", "consult", "add", "--subject", "Elections", "--level", "political", "--held", "2026-09",
            "--participant", "us=president", "--participant", "b=president", "--lasted", "90m",
            "--source", "interview with an agency, 5 September",
        )["id"]  # fmt: skip
        talk.sync()
        for name in ("a", "b"):
            record = talk.run(name, "consult", "show", held)["consultation"]
            assert record["duration_minutes"] == 90
            assert "interview with an agency" in str(record["source"])
            assert (record["level"], record["held"]["fidelity"], record["recorded_by"]) == (3, "month", "a.example")
            text = talk.text(name, "consult", "show", held)
            assert "90 minutes" in text
            assert "source: “interview with an agency, 5 September”" in text


def test_c6_a_duration_that_is_not_known_is_not_invented() -> None:
    with talking("a", "b") as talk:
        held = talk.run(
            "a", "consult", "add", "--subject", "Elections", "--level", "political", "--held", "2026",
            "--participant", "us=president", "--participant", "b=president", "--source", "press",
        )["id"]  # fmt: skip
        assert talk.run("a", "consult", "show", held)["consultation"]["duration_minutes"] is None
        assert "duration not stated" in talk.text("a", "consult", "show", held)
