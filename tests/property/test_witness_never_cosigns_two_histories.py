"""Laws: what a witness cosigned is one growing history, whoever asks in whatever order; no race rolls it back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.tlog.memory_log import MemoryLog, signer

from detente.errors import RemoteError
from detente.tlog import witness
from detente.tlog.checkpoint import parse_checkpoint
from detente.tlog.merkle import verify_consistency
from detente.tlog.note import KeyKind, parse_note
from detente.tlog.witness import Decision, WitnessState, encode_request

LOG = MemoryLog().append(16)
BRANCHES = [LOG, LOG.fork(4).append(12, "one"), LOG.fork(9).append(7, "two")]
NOTES = [[branch.note(size) for size in range(17)] for branch in BRANCHES]
SIGNER = signer("w.example", KeyKind.ED25519_COSIGNATURE, 1)

sizes = st.integers(0, 16)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request by a log of three faces: any old size, any branch, a proof from that branch or another."""
    branch, proof_branch = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    old, new = sorted((draw(sizes), draw(sizes)))
    return encode_request(old, BRANCHES[proof_branch].consistency(old, new), NOTES[branch][new])


def answer(request: bytes, state: WitnessState | None, at_s: int) -> Decision:
    return witness.decide(request, known={LOG.origin: (LOG.keys, state)}, signers=[SIGNER], at_s=at_s)


@settings(max_examples=150)
@given(st.lists(st.tuples(requests(), st.integers(1, 30)), max_size=25))
def test_every_checkpoint_that_is_cosigned_continues_the_one_before(steps: list[tuple[bytes, int]]) -> None:
    state: WitnessState | None = None
    for request, at_s in steps:
        decision = answer(request, state, at_s)
        if decision.status != 200:
            assert decision.new_state is None
            continue
        new = decision.new_state
        assert new is not None
        assert parse_checkpoint(parse_note(new.note).text).root == new.root
        if state is not None:
            assert new.size >= state.size
            assert new.at_s >= state.at_s
            assert _continues(state, new)
        state = new


@settings(max_examples=150)
@given(requests(), requests(), st.integers(0, 8))
def test_who_loses_a_race_asks_again_and_rolls_nothing_back(first: bytes, second: bytes, size: int) -> None:
    start = answer(encode_request(0, (), NOTES[0][size]), None, 1).new_state
    assert start is not None
    both = [(request, answer(request, start, 2)) for request in (first, second)]
    stored = start
    for request, decision in both:
        # The caller's part: compare with the state that went in and write, in one step; who loses decides anew.
        if decision.new_state is not None and stored is not start:
            decision = answer(request, stored, 2)
            moved = witness.parse_request(request).old_size != stored.size
            assert (decision.status == 409) == moved
        if decision.new_state is not None:
            assert decision.new_state.size >= stored.size
            assert _continues(stored, decision.new_state)
            stored = decision.new_state


def _continues(old: WitnessState, new: WitnessState) -> bool:
    """Whether one of the branches holds both, found without the witness's own reasoning."""
    for branch in BRANCHES:
        if branch.checkpoint(old.size).root == old.root and branch.checkpoint(new.size).root == new.root:
            try:
                verify_consistency(
                    old_size=old.size,
                    old_root=old.root,
                    new_size=new.size,
                    new_root=new.root,
                    proof=branch.consistency(old.size, new.size),
                )
            except RemoteError:
                return False
            return True
    return False
