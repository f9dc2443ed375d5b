"""N4: commitments and dates are the party's: neither another person in the office nor another key ends any of them."""

from __future__ import annotations

from typing import Any

from tests.norm_talk import promising, words
from tests.scene import reopen
from tests.talking import Talk


def _standing(talk: Talk, name: str) -> dict[str, Any]:
    """What is committed and what is due, without the offices that said so."""
    return {
        "commitments": talk.run(name, "norm", "status", "un-2015-f", "--party", "a.example")["norms"],
        "duties": talk.run(name, "undertake", "due")["duties"],
        "agreement": talk.run(name, "agreement", "show", "harbour"),
        "limits": talk.run(name, "limit", "list")["limits"],
    }


def _deadlines(talk: Talk, name: str, thread: str) -> dict[str, Any]:
    """The clocks of a request, whose answer is due from A."""
    leg = talk.run(name, "thread", "show", thread)["thread"]["legs"]["a.example"]
    return {field: leg[field] for field in ("state", "clock", "due_us", "sent_us", "delivered_us", "waits_on")}


def _promise(talk: Talk) -> str:
    minister = ("--office", "Minister M. Adler")
    talk.run(
        "a",
        *words("norm adopt un-2015-f --status accepted --source 'letter 7' --at 2026-09"),
        *minister,
        *words("--to b"),
    )
    talk.run("a", *words("agreement new harbour --title 'Harbour protocol' --with b --clause '1=Yearly exchange'"))
    talk.run("a", "agreement", "sign", "harbour", *minister)
    talk.sync()
    talk.run("b", "agreement", "sign", "harbour")
    talk.run(
        "a",
        *words("limit declare 'Ten teams' --verification visits --next-exchange 2027-03-01"),
        *minister,
        *words("--to b"),
    )
    undertaking = (
        "Close the relay",
        "--stage",
        "agreed",
        "--due",
        "2027-01-31",
        "--agreement",
        "harbour",
        "--clause",
        "1",
    )
    item = talk.run("a", "undertake", "add", *undertaking, *minister, "--to", "b")["id"]
    review = ("--role", "Minister M. Adler", "--reasons", "talks go on", "--review", "2027-02-15")
    talk.run("a", "respond", "add", "none-decided", *review, "--against", "b", "--to", "b")
    talk.sync()
    return str(item)


def test_n4_after_a_handover_every_commitment_and_date_remains() -> None:
    with promising("a", "b") as talk:
        item = _promise(talk)
        before = _standing(talk, "a")
        assert [duty["due"] for duty in before["duties"]] == ["31 Jan 2027", "15 Feb 2027", "1 Mar 2027"]
        assert before == _standing(talk, "b")

        # Another minister takes over, on a new start of the node, and speaks for the same party.
        reopen(talk.world, "a")
        talk.later(days=60)
        successor = ("--office", "Minister N. Brandt")
        talk.run("a", "undertake", "add", "--of", item, "--stage", "agreed", *successor)
        talk.sync()
        for name in ("a", "b"):
            after = _standing(talk, name)
            assert after == before
            (seen,) = talk.run(name, "undertake", "list")["items"][0]["columns"]["agreed"]
            assert seen["office"] == "Minister N. Brandt"

        # Past their dates they stand all the same, flagged.
        talk.later(days=180)
        late = talk.run("b", "undertake", "due")["duties"]
        assert [duty["due"] for duty in late] == [duty["due"] for duty in before["duties"]]
        assert all(duty["overdue_us"] > 0 for duty in late)


def test_n4_after_key_rotation_every_deadline_and_commitment_remains() -> None:
    with promising("a", "b") as talk:
        _promise(talk)
        request = talk.run("b", *words("request --to a --subject Relay --text 'Please look' --want information"))[
            "short"
        ]
        talk.run("a", *words("limit declare 'No more than ten teams' --to b"))
        sealed = words("respond add undisclosed --sealed-kind retorsion --sealed-text t --reveal 2027-05-01 --to b")
        seal = talk.run("a", *sealed)["short"]
        talk.sync()
        before = {name: (_standing(talk, name), _deadlines(talk, name, request)) for name in ("a", "b")}
        assert before["a"] == before["b"]
        assert before["a"][1]["due_us"] > talk.world.clock.now_us

        old = talk.run("a", "keys", "show")["fingerprint"]
        new = talk.run("a", "keys", "rotate", "--yes")["fingerprint"]
        assert new != old
        reopen(talk.world, "a")  # as after a restart: from now on everything is signed by the new keys
        talk.sync()
        for name in ("a", "b"):
            assert (_standing(talk, name), _deadlines(talk, name, request)) == before[name]

        # What was promised under the old key is kept, revealed and answered under the new one.
        talk.run("a", "respond", "reveal", seal)
        talk.sync()
        assert "retorsion: t" in talk.text("b", "respond", "list")
        talk.later(days=240)
        late = talk.run("b", "undertake", "due")["duties"]
        assert [duty["due"] for duty in late] == [duty["due"] for duty in before["b"][0]["duties"]]
        assert all(duty["overdue_us"] > 0 for duty in late)
