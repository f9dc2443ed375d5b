from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.tlog.memory_log import ORIGIN, MemoryLog, signer

from detente.errors import BadProof, DetenteError, MalformedReply
from detente.tlog import trusted
from detente.tlog.checkpoint import Checkpoint, cosign, sign_checkpoint, with_signatures
from detente.tlog.merkle import EMPTY_ROOT
from detente.tlog.note import KeyKind, Signature, SignedNote, SignerKey, signer_from_seed
from detente.tlog.trusted import make_evidence, verify_evidence

LOG = MemoryLog().append(7)
LIE = LOG.fork(4).append(8, "other")
EQUAL = make_evidence(LOG.keys, LOG.note(), LIE.note(7), None)
LARGER = make_evidence(LOG.keys, LOG.note(), LIE.note(12), LIE.consistency(7, 12))


def test_evidence_is_checked_in_a_fresh_process_that_knows_nothing_else(tmp_path: Path) -> None:
    program = (
        "import sys; from detente.tlog.trusted import verify_evidence\n"
        "for name in sys.argv[1:]:\n"
        "    print(verify_evidence(open(name, 'rb').read()).sizes)\n"
    )
    for name, data in (("equal", EQUAL), ("larger", LARGER)):
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "equal"), str(tmp_path / "larger")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "(7, 7)\n(7, 12)\n"


def test_the_order_of_the_notes_does_not_matter() -> None:
    assert make_evidence(LOG.keys, LIE.note(12), LOG.note(), LIE.consistency(7, 12)) == LARGER


@pytest.mark.parametrize("data", [EQUAL, LARGER])
def test_every_changed_character_leaves_no_evidence_of_something_else(data: bytes) -> None:
    right = verify_evidence(data)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1
        try:
            found = verify_evidence(bytes(changed))
        except DetenteError:
            continue
        # The name of a key that the notes do not mention twice cannot change: whatever still verifies says the same.
        assert found == right, position


def test_one_history_is_no_evidence() -> None:
    with pytest.raises(BadProof, match="fit one history"):
        make_evidence(LOG.keys, LOG.note(), LOG.note(), None)
    with pytest.raises(BadProof, match="fit one history"):
        make_evidence(LOG.keys, LOG.note(5), LOG.note(), LOG.consistency(5))
    for old in range(8):
        with pytest.raises(BadProof):
            make_evidence(LOG.keys, LOG.note(old), LOG.note(), LOG.consistency(old), other_root=bytes(32))


def test_the_absence_of_a_proof_is_no_evidence() -> None:
    for proof in (None, (), (bytes(32),)):
        with pytest.raises(BadProof):
            make_evidence(LOG.keys, LOG.note(), LIE.note(12), proof)


def test_evidence_names_only_the_keys_that_signed_both() -> None:
    new = signer(ORIGIN, KeyKind.ED25519, 5)
    old_only = sign_checkpoint(LOG.checkpoint(), LOG.signers, at_s=1)
    both = sign_checkpoint(LIE.checkpoint(7), [*LOG.signers, new], at_s=1)
    evidence = verify_evidence(make_evidence([*LOG.keys, new.verifier], old_only, both, None))
    assert evidence.vkeys == (LOG.keys[0].vkey,)
    with pytest.raises(BadProof, match="no one key signed both"):
        make_evidence([new.verifier], old_only, both, None)


def test_a_key_that_signed_only_one_of_the_two_is_accused_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # Key ids are 4 bytes: with some work anybody makes a key of another name that shares one. Here it is just claimed.
    made_up = signer_from_seed("x.example", KeyKind.ED25519, bytes(32))
    forger = SignerKey(replace(made_up.verifier, key_id=LOG.keys[0].key_id), bytes(32))
    known = {key.vkey: key for key in (*LOG.keys, forger.verifier)}
    monkeypatch.setattr("detente.tlog.trusted.parse_vkey", known.__getitem__)

    def line(checkpoint: Checkpoint) -> Signature:
        return Signature("x.example", forger.verifier.key_id, forger.sign(checkpoint.text.encode()))

    lie = Checkpoint(ORIGIN, 7, bytes(32))
    signed_by_both = with_signatures(LOG.note(), [line(LOG.checkpoint())])
    signed_by_the_forger = SignedNote(lie.text, (line(lie),)).encode()
    assert verify_evidence(make_evidence(list(known.values()), signed_by_both, signed_by_the_forger, None)).vkeys == (
        forger.verifier.vkey,
    )
    header = "".join(f"vkey {vkey}\n" for vkey in known).encode()
    with pytest.raises(BadProof):
        verify_evidence(b"detente/fork-evidence/v1\n" + header + b"\n" + signed_by_both + b"\n" + signed_by_the_forger)


def test_an_empty_tree_with_a_root_of_its_own_is_evidence() -> None:
    odd = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), LOG.signers, at_s=1)
    assert verify_evidence(make_evidence(LOG.keys, odd, LOG.note(), ())).other_root == EMPTY_ROOT
    with pytest.raises(BadProof, match="fit one history"):
        make_evidence(LOG.keys, LOG.note(0), LOG.note(), ())


def test_cosignatures_stay_in_the_evidence_and_do_not_disturb_it() -> None:
    witness = signer("w.example", KeyKind.ED25519_COSIGNATURE, 1)
    cosigned = with_signatures(LOG.note(), cosign(LOG.checkpoint(), [witness], at_s=1))
    data = make_evidence(LOG.keys, cosigned, LIE.note(7), None)
    assert b"w.example" in data
    assert verify_evidence(data).sizes == (7, 7)


TEXT, LARGER_TEXT = EQUAL.decode(), LARGER.decode()
VKEY_LINE = f"vkey {LOG.keys[0].vkey}\n"
ROOT_LINE = next(line for line in LARGER_TEXT.split("\n") if line.startswith("root ")) + "\n"
PROOF_LINE = next(line for line in LARGER_TEXT.split("\n") if line.startswith("proof ")) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "detente/fork-evidence/v1\n\n",
        TEXT.replace("/v1", "/v2"),
        TEXT.replace(VKEY_LINE, ""),
        TEXT.replace(VKEY_LINE, VKEY_LINE * 2),
        TEXT.replace(VKEY_LINE, VKEY_LINE * 17),
        TEXT.replace("vkey ", "vkey x"),
        TEXT.replace("\n\n", "\n\n\n", 1),
        TEXT + "\n",
        TEXT + "\n" + TEXT,
        TEXT[:-1],
        "\n\n".join(TEXT.split("\n\n")[:3]) + "\n",
        LARGER_TEXT.replace("root ", "root x"),
        LARGER_TEXT.replace(ROOT_LINE, ROOT_LINE * 2),
        LARGER_TEXT.replace(PROOF_LINE, PROOF_LINE.replace("proof", "path")),
        LARGER_TEXT.replace(PROOF_LINE, PROOF_LINE * 64),
        LARGER_TEXT.replace(ROOT_LINE + PROOF_LINE, PROOF_LINE + ROOT_LINE),
        LARGER_TEXT.replace("detente", "détente"),
        "x" * (trusted.EVIDENCE_BYTES_MAX + 1),
    ],
)
def test_a_file_of_another_shape_is_malformed(text: str) -> None:
    with pytest.raises(MalformedReply):
        verify_evidence(text.encode())


def test_a_malformed_file_is_refused_with_the_reason() -> None:
    bad_vkey = TEXT.replace(VKEY_LINE, VKEY_LINE + "vkey x\n")
    for data, reason in [
        (b"x" * (trusted.EVIDENCE_BYTES_MAX + 1), "expected at most"),
        (b"x" * trusted.EVIDENCE_BYTES_MAX, "one empty line between"),
        (bad_vkey.encode(), "verifier key"),
    ]:
        with pytest.raises(MalformedReply, match=reason):
            verify_evidence(data)


def test_sixteen_keys_may_stand_in_one_file_and_seventeen_may_not() -> None:
    keys = [signer(ORIGIN, KeyKind.ED25519, number) for number in range(17)]
    one = sign_checkpoint(Checkpoint(ORIGIN, 5, bytes(32)), keys, at_s=1)
    other = sign_checkpoint(Checkpoint(ORIGIN, 5, EMPTY_ROOT), keys, at_s=1)
    verifiers = [key.verifier for key in keys]
    assert len(verify_evidence(make_evidence(verifiers[:16], one, other, None)).vkeys) == 16
    with pytest.raises(MalformedReply, match="1 to 16"):
        make_evidence(verifiers, one, other, None)


def test_a_header_that_is_not_utf_8_is_malformed() -> None:
    with pytest.raises(MalformedReply):
        verify_evidence(EQUAL.replace(b"vkey ", b"vkey \xff", 1))


def test_a_file_whose_parts_do_not_fit_proves_nothing() -> None:
    header, a_text, a_lines, b_text, b_lines = LARGER_TEXT.split("\n\n")
    swapped = "\n\n".join([header, b_text, b_lines.rstrip("\n"), a_text, a_lines + "\n"])
    cases = [
        LARGER_TEXT.replace(ROOT_LINE, ""),
        LARGER_TEXT.replace(PROOF_LINE, ""),
        LARGER_TEXT.replace(ROOT_LINE + PROOF_LINE, ROOT_LINE + PROOF_LINE * 2),
        TEXT.replace(VKEY_LINE, VKEY_LINE + ROOT_LINE),
        TEXT.replace(VKEY_LINE, VKEY_LINE + PROOF_LINE),
        swapped,
    ]
    for text in cases:
        with pytest.raises(BadProof):
            verify_evidence(text.encode())
    other = MemoryLog("c.example/log").append(7)
    with pytest.raises(BadProof):
        verify_evidence(EQUAL.replace(LIE.note(7), other.note()))
