from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.tlog.memory_log import ORIGIN, MemoryLog, signer

from detente.errors import BadProof, BadSignature, InvalidStatement, MalformedReply, UnknownKey
from detente.tlog.checkpoint import cosign, with_signatures
from detente.tlog.note import KeyKind
from detente.tlog.policy import parse_policy
from detente.tlog.proof import Receipt, parse_receipt, verify_receipt

LOG = MemoryLog(kinds=(KeyKind.ED25519, KeyKind.ML_DSA_44)).append(11)
WITNESS = signer("w.example", KeyKind.ML_DSA_44, 1)
POLICY = parse_policy(f"log {LOG.keys[0].vkey}\nwitness W {WITNESS.verifier.vkey}\nquorum W\n")
COSIGNED = with_signatures(LOG.note(), cosign(LOG.checkpoint(), [WITNESS], at_s=9))
RECEIPT = Receipt(6, LOG.inclusion(6), COSIGNED)


@pytest.mark.parametrize("extra", [None, b"", b"anything at all"])
def test_a_receipt_goes_there_and_back(extra: bytes | None) -> None:
    receipt = replace(RECEIPT, extra=extra)
    assert parse_receipt(receipt.encode()) == receipt


def test_a_receipt_with_63_path_hashes_is_read() -> None:
    receipt = replace(RECEIPT, path=(bytes(32),) * 63)
    assert parse_receipt(receipt.encode()) == receipt


def test_a_receipt_of_the_only_entry_has_no_path() -> None:
    log = MemoryLog().append(1)
    receipt = parse_receipt(Receipt(0, (), log.note()).encode())
    assert verify_receipt(receipt, leaf_hash=log.leaves[0], log_keys=log.keys, policy=None).checkpoint.size == 1


def test_a_receipt_proves_an_entry_to_who_has_the_keys() -> None:
    for index in range(11):
        receipt = Receipt(index, LOG.inclusion(index), COSIGNED)
        verified = verify_receipt(receipt, leaf_hash=LOG.leaves[index], log_keys=LOG.keys, policy=POLICY)
        assert verified.checkpoint == LOG.checkpoint()
        assert [cosignature.at_s for cosignature in verified.cosignatures] == [9]


def test_without_keys_the_logs_of_the_policy_are_acceptable() -> None:
    assert verify_receipt(RECEIPT, leaf_hash=LOG.leaves[6], log_keys=(), policy=POLICY).checkpoint == LOG.checkpoint()
    with pytest.raises(InvalidStatement, match="none was given"):
        verify_receipt(RECEIPT, leaf_hash=LOG.leaves[6], log_keys=(), policy=None)


def test_the_extra_line_proves_nothing_and_changes_nothing() -> None:
    receipt = replace(RECEIPT, extra=b"lies")
    verify_receipt(receipt, leaf_hash=LOG.leaves[6], log_keys=LOG.keys, policy=POLICY)


def test_a_receipt_of_another_leaf_index_or_path_is_refused() -> None:
    for receipt, leaf in [
        (RECEIPT, LOG.leaves[5]),
        (replace(RECEIPT, index=5), LOG.leaves[6]),
        (replace(RECEIPT, index=11), LOG.leaves[6]),
        (replace(RECEIPT, path=RECEIPT.path[1:]), LOG.leaves[6]),
        (replace(RECEIPT, path=(*RECEIPT.path, bytes(32))), LOG.leaves[6]),
    ]:
        with pytest.raises(BadProof) as caught:
            verify_receipt(receipt, leaf_hash=leaf, log_keys=LOG.keys, policy=POLICY)
        assert caught.value.party == ORIGIN
        assert caught.value.evidence == receipt.encode()


def test_a_receipt_of_a_log_that_was_not_chosen_is_refused() -> None:
    other = MemoryLog("c.example/log").append(1)
    with pytest.raises(UnknownKey, match="no key of it"):
        verify_receipt(RECEIPT, leaf_hash=LOG.leaves[6], log_keys=other.keys, policy=None)
    impostor = signer(ORIGIN, KeyKind.ED25519, 99).verifier
    with pytest.raises(UnknownKey, match="no signature by a key"):
        verify_receipt(RECEIPT, leaf_hash=LOG.leaves[6], log_keys=[impostor], policy=None)


def test_a_receipt_without_the_quorum_is_refused() -> None:
    receipt = replace(RECEIPT, checkpoint_note=LOG.note())
    verify_receipt(receipt, leaf_hash=LOG.leaves[6], log_keys=LOG.keys, policy=None)
    with pytest.raises(BadSignature, match="quorum 'W'"):
        verify_receipt(receipt, leaf_hash=LOG.leaves[6], log_keys=LOG.keys, policy=POLICY)


TEXT = RECEIPT.encode().decode()
HEAD, _, NOTE = TEXT.partition("\n\n")
HASH_LINE = HEAD.split("\n")[-1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD,
        HEAD + "\n\n",
        TEXT.replace("@v1", "@v2"),
        " " + TEXT,
        TEXT.replace("index 6", "index 06"),
        TEXT.replace("index 6", "index 6 "),
        TEXT.replace("index 6", "Index 6"),
        TEXT.replace("index 6\n", ""),
        TEXT.replace("index 6\n", "index 6\nextra AAAA\n"),
        TEXT.replace("index 6\n", "extra AAAA\nextra AAAA\nindex 6\n"),
        TEXT.replace("index 6\n", "extra AAA\nindex 6\n"),
        TEXT.replace("index 6\n", "extra\nindex 6\n"),
        TEXT.replace(HASH_LINE, HASH_LINE[:-1]),
        TEXT.replace(HASH_LINE, "AAAA"),
        TEXT.replace(HASH_LINE, HASH_LINE + " "),
        TEXT.replace("\n\n", "\n\n\n", 1),
        TEXT.replace("index", "índex"),
        TEXT.replace("index 6\n", "index 6\n" + f"{HASH_LINE}\n" * 64),
        "c2sp.org/tlog-proof@v1\n\n" + NOTE,
        TEXT[:-1],
        TEXT + "\n",
        TEXT.replace("\n11\n", "\n011\n"),
        "x" * ((2 << 20) + 1),
    ],
)
def test_a_receipt_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(MalformedReply):
        parse_receipt(text.encode())
