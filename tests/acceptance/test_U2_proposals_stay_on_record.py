"""U2: a proposal has a life cycle; withdrawing it adds a line and erases none."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scene import require_sound, settle, town
from tests.world import world

from detente.errors import NotPermitted
from detente.node.propose import propose, read_proposals, respond


def test_u2_a_withdrawn_proposal_shows_both_lines_in_order_on_both_sides(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        a, b = w.nodes["a"], w.nodes["b"]
        made = propose(a, ["b"], "A joint unit", "Guard election systems together.")
        w.clock.advance(12 * 3600)
        respond(a, made.short, "withdrawn", reason="It cannot happen.")
        settle(w)
        for node in (a, b):
            (history,) = read_proposals(node)
            assert history.state == "withdrawn by a.example"
            assert [(s.body.step, s.said.speaker, s.counted) for s in history.steps] == [
                ("proposed", "a.example", True),
                ("withdrawn", "a.example", True),
            ]
            assert history.body.text == "Guard election systems together."
            assert history.steps[1].body.reason == "It cannot happen."
            assert history.steps[0].said.at_us < history.steps[1].said.at_us
            require_sound(node)


def test_u2_acceptance_decline_and_withdrawal_are_each_kept(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", "c", said=0)
        a, b, c = (w.nodes[name] for name in "abc")
        made = propose(a, ["b", "c"], "A joint unit")
        settle(w)
        respond(b, made.id, "accepted")
        respond(c, made.id[:8], "declined", reason="Not competent.")
        settle(w)
        for node in (a, b, c):
            (history,) = read_proposals(node)
            # What B answered went to the other parties of the proposal too.
            assert history.state == "accepted by b.example; declined by c.example"
        respond(b, made.id, "withdrawn")
        settle(w)
        states = {history.state for node in (a, b, c) for history in read_proposals(node)}
        assert states == {"withdrawn by b.example"}
        assert [len(h.steps) for node in (a, b, c) for h in read_proposals(node)] == [4, 4, 4]
        for node, step in ((a, "withdrawn"), (b, "accepted"), (c, "accepted")):
            before = read_proposals(node)
            with pytest.raises(NotPermitted, match=r"is withdrawn by b\.example"):
                respond(node, made.id, step)
            assert read_proposals(node) == before


def test_u2_only_those_concerned_have_a_word_in_it(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        made = propose(w.nodes["a"], ["b"], "A joint unit")
        with pytest.raises(NotPermitted, match=r"Possible: withdrawn"):
            respond(w.nodes["a"], made.id, "accepted")
        settle(w)
        with pytest.raises(NotPermitted, match=r"Possible: accepted, declined"):
            respond(w.nodes["b"], made.id, "withdrawn")
        again = propose(w.nodes["a"], ["b"], "A joint unit, smaller", repeats=made.short)
        assert [h.body.repeats for h in read_proposals(w.nodes["a"])] == ["", made.id]
        assert again.aud == ("b.example",)
