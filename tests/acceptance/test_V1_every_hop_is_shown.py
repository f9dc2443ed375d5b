"""V1 “(Quoted by TASS.)”: speaker, interviewer, agency, outlet, translation: every hop is kept, graded and shown."""

from __future__ import annotations

from pathlib import Path

from tests.claiming import claiming, everywhere, imported, recorded

HOPS = (
    "speaker=Ministry of B;A;2026-05-02;https://b.example/statement",
    "interviewer=Karin Holt;C",
    "agency=Harbour News Agency;B;2026-05-03",
    "outlet=Harbour Post;C;2026-05;page 3",
    "translation=Desk of the Harbour Post;D",
)
WORDS = ("Ours are fine.", "--speaker", "Minister of B", "--to", "b")


def test_v1_a_claim_relayed_through_n_hops_shows_n_hops() -> None:
    with claiming("a", "b") as talk:
        for count in range(len(HOPS) + 1):
            hops = [part for hop in HOPS[:count] for part in ("--hop", hop)]
            claim = recorded(talk, "a", *WORDS, *hops)
            talk.sync()
            for name in ("a", "b"):
                shown = talk.run(name, "claim", "show", claim["short"])
                assert shown["hop_count"] == len(shown["hops"]) == count
                text = talk.text(name, "claim", "show", claim["short"])
                assert text.count("→") == max(0, count - 1)
                counted = "1 hop:" if count == 1 else f"{count} hops:"
                assert (f"through {counted}" if count else "no hops stated") in text
        # Each with its own grade, date and reference.
        assert [hop["grade"] for hop in shown["hops"]] == ["A", "C", "B", "C", "D"]
        assert "outlet Harbour Post (C, May 2026, page 3)" in text


def test_v1_a_translation_keeps_the_original_where_it_is_held_and_says_so_where_not() -> None:
    with claiming("a", "b") as talk:
        translated = ("--hop", HOPS[-1])
        only = recorded(talk, "a", *WORDS, *translated)
        original = ("--original", "Unsere sind in Ordnung.", "--original-language", "de")
        held = recorded(talk, "a", *WORDS, *translated, *original)
        direct = recorded(talk, "a", *WORDS)
        talk.sync()
        for name in ("a", "b"):
            assert talk.run(name, "claim", "show", only["short"])["original"] == "translation only"
            assert talk.run(name, "claim", "show", held["short"])["original"] == "Unsere sind in Ordnung."
            assert talk.run(name, "claim", "show", direct["short"])["original"] is None
            assert "translation only: the original is not held" in talk.text(name, "claim", "show", only["short"])
            assert "original (de): “Unsere sind in Ordnung.”" in talk.text(name, "claim", "show", held["short"])
            assert all("translation only" not in one for one in everywhere(talk, name, held["short"])[2:4])
        talk.refused("a", "claim", "add", *WORDS, "--original", "Unsere …", words=("name its language",))


def test_v1_a_text_that_names_its_agency_proposes_the_hop(tmp_path: Path) -> None:
    with claiming("a", "b") as talk:
        text = "The minister of Borovia said: “Our patience has an end.” (Quoted by TASS.)"
        document = imported(talk, "a", tmp_path, text, "--outlet", "Harbour Post", "--published", "2016-10-20")
        (candidate,) = document["candidates"]
        assert candidate["hops"] == [{"role": "agency", "name": "TASS"}]
        claim = talk.run("a", "claim", "review", document["short"], "1", "accept", "--by", "Ida Marsh", "--to", "b")[
            "claim"
        ]
        talk.sync()
        for name in ("a", "b"):
            hops = talk.run(name, "claim", "show", claim["short"])["hops"]
            assert [(hop["role"], hop["name"]) for hop in hops] == [("agency", "TASS"), ("outlet", "Harbour Post")]
            assert "through 2 hops: agency TASS (F) → outlet Harbour Post (F, 20 Oct 2016)" in talk.text(
                name, "claim", "show", claim["short"]
            )
