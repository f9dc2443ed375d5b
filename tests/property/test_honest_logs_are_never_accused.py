"""Laws: no evidence ever verifies against an honest log; every fork that is shown becomes evidence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.tlog import memory_log
from tests.unit.tlog.memory_log import MemoryLog, leaf

from detente.errors import DetenteError, RemoteError, Rollback, SplitView
from detente.tlog.ascii import base64_text
from detente.tlog.merkle import consistency_proof
from detente.tlog.note import KeyKind
from detente.tlog.trusted import TrustedLog, make_evidence, verify_evidence

HONEST = MemoryLog().append(40)
NOTES = [HONEST.note(size) for size in range(41)]
HASHES = sorted({*HONEST.leaves, *(HONEST.checkpoint(size).root for size in range(41)), bytes(32), leaf("noise")})

sizes = st.integers(0, 40)
hashes = st.one_of(st.sampled_from(HASHES), st.binary(min_size=32, max_size=32))


@st.composite
def proofs(draw: st.DrawFn) -> list[bytes]:
    """A true proof between any two sizes with anything done to it, or hashes of the tree in any order."""
    new = draw(st.integers(1, 40))
    proof = list(HONEST.consistency(draw(st.integers(0, new)), new))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(proof)))
        proof[at : at + draw(st.integers(0, 1))] = draw(st.lists(hashes, max_size=1))
    return draw(st.one_of(st.just(proof), st.lists(hashes, max_size=7)))


@settings(max_examples=300)
@given(sizes, sizes, proofs(), st.one_of(st.none(), hashes))
def test_no_two_checkpoints_of_an_honest_log_are_evidence(
    size_a: int, size_b: int, proof: list[bytes], other_root: bytes | None
) -> None:
    with pytest.raises(RemoteError):
        make_evidence(HONEST.keys, NOTES[size_a], NOTES[size_b], proof, other_root=other_root)


@settings(max_examples=200)
@given(sizes, sizes, st.data())
def test_no_hand_made_file_over_honest_checkpoints_verifies(size_a: int, size_b: int, data: st.DataObject) -> None:
    lie = HONEST.fork(20).append(20, "other")
    real = make_evidence(lie.keys, NOTES[30], lie.note(35), lie.consistency(30, 35))
    head = real.split(b"\n\n")[0]
    if data.draw(st.booleans(), label="another header"):
        hashes_drawn = data.draw(st.lists(hashes, max_size=7), label="hashes")
        lines = ["root ", *["proof "] * 6]
        text = "\n".join(word + base64_text(value) for word, value in zip(lines, hashes_drawn, strict=False))
        head = b"\n".join([*head.split(b"\n")[:2], *([text.encode()] if text else [])])
    with pytest.raises(DetenteError):
        verify_evidence(head + b"\n\n" + NOTES[size_a] + b"\n" + NOTES[size_b])


@settings(max_examples=100)
@given(st.lists(st.tuples(sizes, proofs(), st.booleans()), max_size=12))
def test_no_order_of_honest_checkpoints_is_ever_a_split_view(steps: list[tuple[int, list[bytes], bool]]) -> None:
    trusted = TrustedLog(HONEST.origin, HONEST.keys)
    for size, wild, honest_proof in steps:
        known = trusted.trusted.checkpoint.size if trusted.trusted is not None else 0
        proof = HONEST.consistency(min(known, size), max(known, size)) if honest_proof else wild
        before = trusted.trusted
        error = _refusal(trusted, NOTES[size], proof)
        assert not isinstance(error, SplitView)
        assert isinstance(error, Rollback) == (size < known)
        assert error is None or trusted.trusted is before


def _refusal(trusted: TrustedLog, note: bytes, proof: list[bytes] | tuple[bytes, ...]) -> RemoteError | None:
    try:
        trusted.advance(note, proof)
    except RemoteError as error:
        return error
    return None


@settings(max_examples=100)
@given(st.integers(0, 30), st.integers(1, 12), st.integers(1, 12), st.sampled_from(list(KeyKind)[::2]))
def test_every_fork_that_is_shown_becomes_evidence_for_a_stranger(
    common: int, ours: int, theirs: int, kind: KeyKind
) -> None:
    honest = MemoryLog(kinds=(kind,)).append(common + ours)
    lie = honest.fork(common).append(theirs, "other")
    small, large = sorted((honest, lie), key=lambda log: len(log.leaves))
    size = len(small.leaves)
    read = memory_log.slow_reader(large.leaves)
    proof = consistency_proof(size, len(large.leaves), read)
    evidence = verify_evidence(
        make_evidence(honest.keys, honest.note(), lie.note(), proof, other_root=large.checkpoint(size).root)
    )
    assert evidence.sizes == (size, len(large.leaves))
    assert evidence.roots == (small.checkpoint().root, large.checkpoint().root)
    assert evidence.other_root != evidence.roots[0]
    assert evidence.vkeys == (honest.keys[0].vkey,)
    trusted = TrustedLog(honest.origin, honest.keys)
    trusted.advance(small.note(), ())
    with pytest.raises(SplitView):
        trusted.advance(large.note(), proof, other_root=large.checkpoint(size).root)
