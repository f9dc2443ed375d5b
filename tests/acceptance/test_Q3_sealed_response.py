"""Q3: a sealed response exists, is hidden, and is committed; after the reveal anybody can check digest and time."""

from __future__ import annotations

import base64
import hmac
from pathlib import Path

from tests.norm_talk import promising, words
from tests.talking import Talk

from detente.when import DAY_US

TEXT = "35 named officers leave within 72 hours"


def _sealed(talk: Talk, *options: str) -> str:
    return str(
        talk.run(
            "a",
            *words("respond add undisclosed --sealed-kind retorsion --sealed-text"),
            TEXT,
            *words("--to b"),
            *options,
        )["short"]
    )


def _own(path: Path, text: bytes) -> bool:
    return any(text in file.read_bytes() for file in path.rglob("*") if file.is_file())


def test_q3_before_the_reveal_nobody_reads_it_and_after_it_anybody_checks_digest_and_time() -> None:
    with promising("a", "b") as talk:
        said = _sealed(talk, "--reveal", "2026-12-29")
        committed_us = talk.world.clock.now_us
        talk.sync()
        for name in ("a", "b"):
            shown = talk.text(name, "respond", "list")
            assert TEXT not in shown
            assert "retorsion" not in shown
        assert not _own(talk.world.folder / "b", TEXT.encode())  # not in a byte of what B holds
        assert not any(TEXT.encode() in body for _, _, body in talk.world.requests)

        talk.later(days=100)
        for name in ("a", "b"):  # past its date, and nothing opened by itself
            (step,) = talk.run(name, "respond", "list")["responses"]
            assert step["seal"]["overdue_us"] > 0
            assert step["seal"]["text"] is None
            assert "flag: still closed" in talk.text(name, "respond", "list")

        talk.refused("b", "respond", "reveal", said, words=("that party alone can reveal it",))
        talk.run("a", "respond", "reveal", said)
        talk.sync()
        (step,) = talk.run("b", "respond", "list")["responses"]
        seal = step["seal"]
        assert (step["kind"], seal["text"], seal["overdue_us"]) == ("retorsion", f"retorsion: {TEXT}", 0)
        # By hand, with nothing of ours: HMAC-SHA-256 over the text under the key is the digest that was committed to.
        digest = hmac.digest(bytes.fromhex(seal["key"]), b"detente/seal/v1\x00" + seal["text"].encode(), "sha256")
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == seal["digest"]
        # The time: A's own word, borne out by B's receipt of a hundred days before the reveal; both sides show the same.
        assert step["held_by"]["b.example"] < seal["revealed_us"] - 99 * DAY_US
        assert talk.run("a", "respond", "list")["responses"] == [step]
        assert committed_us - 1000 <= seal["committed_us"] <= committed_us < seal["revealed_us"]

        message = talk.refused("a", "respond", "reveal", said, code=6)
        assert "a seal is opened once" in message


def test_q3_a_seal_on_a_condition_has_no_date_to_be_past() -> None:
    with promising("a", "b") as talk:
        _sealed(talk, "--condition", "the talks of Harbour end")
        talk.sync()
        talk.later(days=1000)
        (step,) = talk.run("b", "respond", "list")["responses"]
        assert (step["seal"]["overdue_us"], step["seal"]["condition"]) == (0, "the talks of Harbour end")


def test_q3_what_is_no_seal_is_refused_and_a_dry_run_keeps_no_key() -> None:
    with promising("a", "b") as talk:
        add = ("respond", "add", "undisclosed", "--sealed-kind", "retorsion", "--to", "b")
        talk.refused("a", *add, "--reveal", "2026-12-29", words=("this one is empty",))
        talk.refused("a", *add, "--sealed-text", TEXT, words=("--reveal or --condition",))
        talk.refused("a", *add, "--sealed-text", TEXT, "--reveal", "2020", words=("is past",))
        talk.refused(
            "a", *add, "--sealed-text", TEXT, "--reveal", "2027", "--reasons", "x", words=("--reasons", "--sealed-text")
        )
        talk.refused("a", "respond", "add", "retorsion", "--sealed-text", TEXT, words=("choose the kind undisclosed",))
        shown = talk.run("a", *add, "--sealed-text", TEXT, "--reveal", "2027", "--dry-run")
        assert shown["dry_run"]
        assert not _own(talk.world.folder / "a", TEXT.encode())
