from __future__ import annotations

import pytest
from tests.unit.tlog import memory_log
from tests.unit.tlog.memory_log import ORIGIN, MemoryLog, signer

from detente.errors import (
    BadProof,
    BadSignature,
    InvalidStatement,
    MalformedReply,
    RemoteError,
    Rollback,
    SplitView,
    UnknownKey,
)
from detente.tlog.checkpoint import Checkpoint, cosign, sign_checkpoint, with_signatures
from detente.tlog.merkle import EMPTY_ROOT
from detente.tlog.note import KeyKind, verifier_key
from detente.tlog.trusted import TrustedLog, verify_evidence

W = signer("w.example", KeyKind.ED25519_COSIGNATURE, 1)


def trusted_at(log: MemoryLog, size: int) -> TrustedLog:
    trusted = TrustedLog(ORIGIN, log.keys, [W.verifier])
    trusted.advance(log.note(size), ())
    return trusted


def size_of(trusted: TrustedLog) -> int:
    assert trusted.trusted is not None
    return trusted.trusted.checkpoint.size


def test_a_trusted_log_moves_forward_along_proofs() -> None:
    log = MemoryLog().append(40)
    trusted = TrustedLog(ORIGIN, log.keys)
    assert trusted.trusted is None
    for old, new in [(0, 0), (0, 1), (1, 2), (2, 7), (7, 7), (7, 39), (39, 40)]:
        verified = trusted.advance(log.note(new), log.consistency(old, new))
        assert trusted.trusted == verified
        assert size_of(trusted) == new


def test_a_first_checkpoint_is_believed_without_a_proof_and_not_with_one() -> None:
    log = MemoryLog().append(5)
    trusted = TrustedLog(ORIGIN, log.keys)
    with pytest.raises(BadProof, match="expected none"):
        trusted.advance(log.note(), log.consistency(3))
    assert trusted.trusted is None
    trusted.advance(log.note(), ())


def test_looking_believes_nothing() -> None:
    log = MemoryLog().append(5)
    trusted = TrustedLog(ORIGIN, log.keys)
    assert trusted.verify(log.note()).checkpoint == log.checkpoint()
    assert trusted.trusted is None


def test_whatever_is_refused_changes_nothing() -> None:
    log = MemoryLog().append(9)
    other_log = MemoryLog("c.example/log").append(9)
    impostor = signer(ORIGIN, KeyKind.ED25519, 99)
    trusted = trusted_at(log, 5)
    before = trusted.trusted
    proof = log.consistency(5)
    refused: list[tuple[type[RemoteError], bytes, tuple[bytes, ...]]] = [
        (MalformedReply, b"", proof),
        (MalformedReply, other_log.note(), proof),
        (UnknownKey, sign_checkpoint(log.checkpoint(), [impostor], at_s=1), proof),
        (BadSignature, log.note().replace(b"\n9\n", b"\n8\n"), proof),
        (BadProof, log.note(), proof[:-1]),
        (BadProof, log.note(), ()),
        (Rollback, log.note(4), ()),
        (SplitView, log.fork(4).append(1, "other").note(), ()),
    ]
    for error, note, given in refused:
        with pytest.raises(error) as caught:
            trusted.advance(note, given)
        assert trusted.trusted is before
        assert caught.value.party in ("", ORIGIN)


def test_a_shorter_checkpoint_is_refused_and_kept_as_evidence() -> None:
    log = MemoryLog().append(9)
    trusted = trusted_at(log, 9)
    for proof in ((), log.consistency(5, 9)):
        with pytest.raises(Rollback, match="had 9 entries and now shows 5") as caught:
            trusted.advance(log.note(5), proof)
        assert caught.value.evidence == log.note(5)
    assert size_of(trusted) == 9


def test_two_roots_at_one_size_are_a_split_view_that_a_stranger_can_check() -> None:
    log = MemoryLog(kinds=(KeyKind.ED25519, KeyKind.ML_DSA_44)).append(9)
    lie = log.fork(3).append(6, "other")
    with pytest.raises(SplitView) as caught:
        trusted_at(log, 9).advance(lie.note(), ())
    evidence = verify_evidence(caught.value.evidence)
    assert evidence.origin == ORIGIN
    assert evidence.sizes == (9, 9)
    assert set(evidence.roots) == {log.checkpoint().root, lie.checkpoint().root}
    assert evidence.vkeys == tuple(key.vkey for key in log.keys)


@pytest.mark.parametrize(("old", "new"), [(3, 7), (5, 9), (6, 8), (7, 20), (11, 12)])
def test_a_larger_tree_with_its_own_proof_is_a_split_view(old: int, new: int) -> None:
    log = MemoryLog().append(old)
    lie = log.fork(old - 1).append(new - old + 1, "other")
    with pytest.raises(SplitView) as caught:
        trusted_at(log, old).advance(lie.note(), lie.consistency(old))
    evidence = verify_evidence(caught.value.evidence)
    assert evidence.sizes == (old, new)
    assert evidence.other_root == lie.checkpoint(old).root


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 3), (4, 7), (8, 9), (16, 40)])
def test_at_a_power_of_two_the_split_view_needs_the_root_from_the_tiles(old: int, new: int) -> None:
    log = MemoryLog().append(old)
    lie = log.fork(old - 1).append(new - old + 1, "other")
    trusted = trusted_at(log, old)
    with pytest.raises(BadProof):
        trusted.advance(lie.note(), lie.consistency(old))
    with pytest.raises(SplitView) as caught:
        trusted.advance(lie.note(), lie.consistency(old), other_root=lie.checkpoint(old).root)
    assert verify_evidence(caught.value.evidence).other_root == lie.checkpoint(old).root


def test_a_shorter_tree_of_another_history_is_a_split_view() -> None:
    log = MemoryLog().append(9)
    lie = log.fork(4).append(1, "other")
    trusted = trusted_at(log, 9)
    with pytest.raises(SplitView) as caught:
        trusted.advance(lie.note(), log.consistency(5, 9))
    assert verify_evidence(caught.value.evidence).sizes == (5, 9)
    with pytest.raises(Rollback):
        trusted.advance(lie.note(), ())


def test_a_proof_that_fits_nothing_accuses_nobody() -> None:
    log = MemoryLog().append(9)
    trusted = trusted_at(log, 5)
    proof = [memory_log.leaf("noise")] * len(log.consistency(5))
    with pytest.raises(BadProof):
        trusted.advance(log.note(), proof)
    with pytest.raises(BadProof):
        trusted.advance(log.note(), proof, other_root=memory_log.leaf("noise"))


def test_an_empty_tree_has_the_empty_root() -> None:
    log = MemoryLog()
    trusted = TrustedLog(ORIGIN, log.keys)
    assert trusted.verify(log.note()).checkpoint.root == EMPTY_ROOT
    odd = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), log.signers, at_s=1)
    with pytest.raises(BadProof, match="empty tree"):
        trusted.advance(odd, ())


def test_a_replay_with_fewer_cosignatures_takes_none_away() -> None:
    log = MemoryLog().append(5)
    bare = log.note()
    cosigned = with_signatures(bare, cosign(log.checkpoint(), [W], at_s=3))
    trusted = TrustedLog(ORIGIN, log.keys, [W.verifier])
    trusted.advance(bare, ())
    trusted.advance(cosigned, ())
    assert trusted.trusted is not None
    assert len(trusted.trusted.cosignatures) == 1
    assert trusted.advance(bare, ()).cosignatures == ()
    assert trusted.trusted.note == cosigned


def test_the_same_tree_with_as_many_signatures_is_the_newer_note() -> None:
    log = MemoryLog(kinds=(KeyKind.ML_DSA_44,)).append(5)
    trusted = TrustedLog(ORIGIN, log.keys)
    trusted.advance(log.note(at_s=3), ())
    trusted.advance(log.note(at_s=4), ())
    assert trusted.trusted is not None
    assert trusted.trusted.log_at_s == 4


def test_a_trusted_log_is_resumed_from_what_was_stored() -> None:
    log = MemoryLog().append(9)
    stored = trusted_at(log, 5).trusted
    resumed = TrustedLog(ORIGIN, log.keys, [W.verifier], stored)
    assert resumed.trusted == stored
    with pytest.raises(Rollback):
        resumed.advance(log.note(4), ())
    resumed.advance(log.note(), log.consistency(5))


def test_pins_that_contradict_each_other_are_refused() -> None:
    log = MemoryLog().append(1)
    twin = verifier_key("w.example", KeyKind.ED25519_COSIGNATURE, log.keys[0].public)
    with pytest.raises(InvalidStatement, match="at least one key"):
        TrustedLog(ORIGIN, ())
    with pytest.raises(InvalidStatement, match="one key stands for"):
        TrustedLog(ORIGIN, log.keys, [twin])
    with pytest.raises(InvalidStatement, match="the trusted checkpoint is of"):
        TrustedLog("c.example/log", log.keys, (), trusted_at(log, 1).trusted)
