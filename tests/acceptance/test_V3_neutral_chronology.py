"""V3 “here’s what happened, let’s be honest about it”: a neutral chronology export: events, sources, no adjectives of blame.

The export passes a word list (no 'culprit', 'guilty', 'proved' outside quotes) and shows both parties' statements.
"""

from __future__ import annotations

import csv
import io
import json

from tests.recording import recording

from detente.words import loaded_words


def test_v3_the_chronology_has_no_words_of_blame_of_its_own_and_both_parties_statements_with_their_sources() -> None:
    with recording("a", "b") as talk:
        claimed = talk.run(
            "a", "claim", "add", "the culprit is proved guilty", "--speaker", "Minister of A", "--party", "a.example", "--about", "lantern",
            "--hop", "outlet=The Paper;C;2026-10-08", "--to", "b",
        )["claim"]["id"]  # fmt: skip
        talk.sync()
        denied = talk.run(
            "b", "claim", "add", "they caused it, and it stopped because of us", "--speaker", "Office of B", "--party", "b.example",
            "--polarity", "denies", "--about", claimed, "--to", "a",
        )["claim"]["id"]  # fmt: skip
        talk.run(
            "a",
            "request",
            "--to",
            "b",
            "--want",
            "information",
            "--subject",
            "who is guilty",
            "--text",
            "a proven violation",
        )
        talk.sync()
        for name in ("a", "b"):
            documents = {form: talk.text(name, "chronology", "--format", form) for form in ("json", "csv", "markdown")}
            entries = json.loads(documents["json"])
            cells = list(csv.reader(io.StringIO(documents["csv"], newline="")))
            assert loaded_words(documents["json"]) == []
            assert loaded_words(documents["markdown"]) == []
            assert [loaded_words(cell) for row in cells for cell in row if loaded_words(cell)] == []
            assert loaded_words(talk.text(name, "chronology")) == []
            # Their words are there, all of them, with who said them and where that can be checked.
            for document in documents.values():
                for words in (
                    "the culprit is proved guilty",
                    "it stopped because of us",
                    "who is guilty",
                    "Minister of A",
                    "Office of B",
                ):
                    assert words in document
            assert {entry["speaker"] for entry in entries} == {"a.example", "b.example"}
            assert all(len(entry["id"]) == 43 and entry["log"] and entry["index"] >= 0 for entry in entries)
            (claim,) = [entry for entry in entries if entry["id"] == claimed]
            assert [beside["id"] for beside in claim["beside"]] == [denied]
            assert "through 1 hop" in claim["sentence"]
        assert talk.text("a", "chronology", "--format", "json") == talk.text("b", "chronology", "--format", "json")
