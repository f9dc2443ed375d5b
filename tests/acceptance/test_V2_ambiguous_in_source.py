"""V2 “the reply to this was made long ago. Now this answer will be given”: two tenses in one quotation are flagged, and none is chosen."""

from __future__ import annotations

from pathlib import Path

from tests.claiming import claiming, everywhere, imported

QUOTE = "The reply to this was made long ago. Now this answer will be given."
FLAG = "ambiguous in source"


def test_v2_the_importer_marks_two_tenses_and_keeps_the_words_as_they_are(tmp_path: Path) -> None:
    with claiming("a", "b") as talk:
        text = f"A Russian official said: “{QUOTE}” (Quoted by TASS.) Later he added: “The matter was closed. We will not return to it.”"
        document = imported(talk, "a", tmp_path, text)
        first, second = document["candidates"]
        assert first["quote"] == QUOTE
        assert first["ambiguous_in_source"] == ["the same thing is said to be done and still to come"]
        assert second["ambiguous_in_source"] == []
        assert FLAG in talk.text("a", "claim", "review")
        claim = talk.run("a", "claim", "review", document["short"], "1", "accept", "--by", "Ida Marsh", "--to", "b")[
            "claim"
        ]
        talk.sync()
        for name in ("a", "b"):
            shown = talk.run(name, "claim", "show", claim["short"])
            assert shown["quote"] == QUOTE
            assert shown["ambiguous_in_source"] == first["ambiguous_in_source"]
            assert all(FLAG in one.replace("_", " ") for one in everywhere(talk, name, claim["short"]))
