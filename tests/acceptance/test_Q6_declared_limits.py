"""Q6: a declared limit has a method of verification and a next exchange of data, or it is a declaration only."""

from __future__ import annotations

from tests.norm_talk import promising, words


def test_q6_without_verification_and_a_date_a_limit_is_a_declaration_only() -> None:
    with promising("a", "b") as talk:
        limit = talk.run("a", "limit", "declare", "No more than ten teams abroad", "--to", "b")["id"]
        talk.sync()

        def seen(name: str) -> tuple[str, int]:
            (one,) = talk.run(name, "limit", "list")["limits"]
            return one["standing"], one["overdue_us"]

        assert seen("a") == seen("b") == ("declaration only", 0)
        assert "“No more than ten teams abroad”: declaration only" in talk.text("b", "limit", "list")
        talk.run("a", "limit", "declare", "--of", limit, "--verification", "a list each quarter, visits on request")
        talk.sync()
        assert seen("b") == ("declaration only", 0)
        talk.run("a", "limit", "declare", "--of", limit, "--next-exchange", "2026-10-31")
        talk.sync()
        assert seen("a") == seen("b") == ("with verification and exchange", 0)
        (one,) = talk.run("b", "limit", "list")["limits"]
        assert (one["verification"], one["next_exchange"]) == ("a list each quarter, visits on request", "31 Oct 2026")

        talk.later(days=60)
        assert seen("a")[1] > 0
        assert seen("b")[1] > 0
        assert "flag: that date is past by" in talk.text("b", "limit", "list")
        talk.run(
            "a",
            *words("limit declare --of"),
            limit,
            *words("--next-exchange 2027-01-31 --exchanged 'list of 20 Nov 2026'"),
        )
        talk.sync()
        assert seen("b") == ("with verification and exchange", 0)
        talk.refused("b", "limit", "declare", "--of", limit, "--next-exchange", "2027", words=("that party alone",))
