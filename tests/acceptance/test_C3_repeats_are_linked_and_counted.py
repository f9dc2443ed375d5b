"""C3: repeats of the same demarche are linked and counted, by both sides alike; nobody else can raise the count."""

from __future__ import annotations

from tests.talking import Talk, talking


def demarche(talk: Talk, node: str, to: str, *more: str) -> str:
    said = talk.run(
        node, "warn", "stop", "--to", to, "--subject", "Election systems", "--class", "tampering",
        "--demand", "End it.", "--until", "30d", "--consequence", "none", *more,
    )  # fmt: skip
    return str(said["id"])


def chain(talk: Talk, node: str, name: str, addressee: str = "b.example") -> list[str]:
    return list(talk.run(node, "thread", "show", name)["thread"]["legs"][addressee]["repeats"])


def test_c3_two_linked_demarches_count_two_on_both_sides_and_a_third_party_cannot_raise_it() -> None:
    with talking("a", "b", "c") as talk:
        first = demarche(talk, "a", "b")
        talk.sync()
        second = demarche(talk, "a", "b", "--repeats", first)
        talk.sync()
        for node in ("a", "b"):
            assert chain(talk, node, first) == chain(talk, node, second) == [first, second]
            assert "said 2 times, linked" in talk.text(node, "thread", "show", second)
            usage = talk.run(node, "report", "usage", "b" if node == "a" else "a")
            (linked,) = usage["pairs"]["a.example"]["b.example"]["repeats"]
            assert (linked["ids"], linked["receipted"], linked["unreceipted"]) == ([first, second], 2, 0)

        # c was told of neither; b was told, and did not say it.
        fields = ("--subject", "x", "--class", "tampering", "--demand", "y", "--until", "30d", "--consequence", "none")
        talk.refused("c", "warn", "stop", "--to", "b", *fields, "--repeats", first, code=3)
        talk.refused("b", "warn", "stop", "--to", "a", *fields, "--repeats", first, code=6, words=("only who said",))
        # Even a demarche of c that claims, past our own checks, to repeat a's does not count.
        from detente.activity import Activity
        from detente.channel.bodies import Consequence, Message, Window
        from detente.node.matters import tell

        now_us = talk.world.clock()
        forged = Message(
            move="demarche", subject="x", demand="y", repeats=first, activity=Activity(classes=("tampering",)),
            window=Window(now_us, now_us + 1), consequence=Consequence(class_="none"),
        )  # fmt: skip
        tell(talk.node("c"), "message", forged, to=["b"])
        talk.sync()
        assert chain(talk, "b", first) == [first, second]


def test_c3_a_repeat_that_did_not_arrive_is_counted_apart() -> None:
    with talking("a", "b") as talk:
        first = demarche(talk, "a", "b")
        talk.sync()
        second = demarche(talk, "a", "b", "--repeats", first)
        (linked,) = talk.run("a", "report", "usage", "b")["pairs"]["a.example"]["b.example"]["repeats"]
        assert (linked["ids"], linked["receipted"], linked["unreceipted"]) == ([first, second], 1, 1)
