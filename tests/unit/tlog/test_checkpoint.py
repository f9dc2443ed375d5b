from __future__ import annotations

import pytest
from tests.unit.tlog.memory_log import ORIGIN, MemoryLog, signer

from detente.errors import BadSignature, InvalidStatement, MalformedReply, UnknownKey
from detente.tlog import checkpoint as cp
from detente.tlog import note
from detente.tlog.checkpoint import Checkpoint, Cosignature
from detente.tlog.note import KeyKind, Signature, SignedNote

LOG = MemoryLog(kinds=(KeyKind.ED25519, KeyKind.ML_DSA_44)).append(5)
W4 = signer("w.example", KeyKind.ED25519_COSIGNATURE, 1)
W6 = signer("w.example", KeyKind.ML_DSA_44, 2)
WITNESSES = (W4.verifier, W6.verifier)
ROOT64 = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def test_a_checkpoint_goes_there_and_back() -> None:
    text = f"example.com/behind-the-sofa\n20852163\n{ROOT64}\n"
    parsed = cp.parse_checkpoint(text)
    assert (parsed.origin, parsed.size) == ("example.com/behind-the-sofa", 20852163)
    assert parsed.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a\n1\n",
        f"a\n1\n{ROOT64}",
        f"a\n1\n{ROOT64}\n\n",
        f"a\n1\n{ROOT64}\nextension\n",
        f"\n1\n{ROOT64}\n",
        f"a\t\n1\n{ROOT64}\n",
        f"a\n01\n{ROOT64}\n",
        f"a\n+1\n{ROOT64}\n",
        f"a\n１\n{ROOT64}\n",
        f"a\n{2**63}\n{ROOT64}\n",
        f"a\n-1\n{ROOT64}\n",
        f"a\n1 \n{ROOT64}\n",
        f"a\n1\r\n{ROOT64}\n",
        f"a\n1\n{ROOT64[:-1]}\n",
        f"a\n1\n{ROOT64[:-2]}J=\n",
        "a\n1\nAAAA\n",
        f"a\n1\n{ROOT64} \n",
    ],
)
def test_a_checkpoint_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(MalformedReply):
        cp.parse_checkpoint(text)


def test_all_kinds_of_signature_verify_together() -> None:
    signed = LOG.note(at_s=5)
    signed = cp.with_signatures(signed, cp.cosign(LOG.checkpoint(), [W4, W6], at_s=7))
    verified = cp.verify_checkpoint(signed, origin=ORIGIN, log_keys=LOG.keys, witnesses=WITNESSES)
    assert verified.checkpoint == LOG.checkpoint()
    assert verified.log_keys == tuple(key.key_id for key in LOG.keys)
    assert verified.log_at_s == 5
    assert verified.note == signed
    assert verified.cosignatures == (
        Cosignature("w.example", W4.verifier.key_id, KeyKind.ED25519_COSIGNATURE, 7),
        Cosignature("w.example", W6.verifier.key_id, KeyKind.ML_DSA_44, 7),
    )


def test_a_note_that_is_no_checkpoint_is_malformed_and_kept_with_its_party() -> None:
    other = note.sign_note("not a checkpoint\n", LOG.signers[:1])
    with pytest.raises(MalformedReply, match="three lines") as caught:
        cp.verify_checkpoint(other, origin=ORIGIN, log_keys=LOG.keys)
    assert (caught.value.party, caught.value.evidence) == (ORIGIN, other)


def test_one_of_the_pinned_log_keys_is_enough() -> None:
    for key in LOG.signers:
        signed = cp.sign_checkpoint(LOG.checkpoint(), [key], at_s=5)
        verified = cp.verify_checkpoint(signed, origin=ORIGIN, log_keys=LOG.keys)
        assert verified.log_keys == (key.verifier.key_id,)
        assert verified.log_at_s == (5 if key.verifier.kind is KeyKind.ML_DSA_44 else None)


def test_witnesses_cannot_stand_in_for_the_log() -> None:
    lines = tuple(cp.cosign(LOG.checkpoint(), [W4, W6], at_s=7))
    signed = SignedNote(LOG.checkpoint().text, lines).encode()
    with pytest.raises(UnknownKey) as caught:
        cp.verify_checkpoint(signed, origin=ORIGIN, log_keys=LOG.keys, witnesses=WITNESSES)
    assert caught.value.party == ORIGIN
    assert caught.value.evidence == signed


def test_cosignatures_of_witnesses_that_nobody_asked_for_are_ignored() -> None:
    signed = cp.with_signatures(LOG.note(), cp.cosign(LOG.checkpoint(), [W4, W6], at_s=7))
    assert cp.verify_checkpoint(signed, origin=ORIGIN, log_keys=LOG.keys).cosignatures == ()
    only = cp.verify_checkpoint(signed, origin=ORIGIN, log_keys=LOG.keys, witnesses=[W6.verifier])
    assert [cosignature.kind for cosignature in only.cosignatures] == [KeyKind.ML_DSA_44]


def test_a_checkpoint_of_another_log_is_refused_even_under_the_right_key() -> None:
    with pytest.raises(MalformedReply, match=r"expected a checkpoint of c\.example/log"):
        cp.verify_checkpoint(LOG.note(), origin="c.example/log", log_keys=LOG.keys)


@pytest.mark.parametrize("witness", [W4, W6])
@pytest.mark.parametrize("change", ["time", "signature", "short", "long", "huge time"])
def test_a_changed_cosignature_rejects_the_whole_note(witness: note.SignerKey, change: str) -> None:
    [line] = cp.cosign(LOG.checkpoint(), [witness], at_s=7)
    value = {
        "time": (8).to_bytes(8, "big") + line.value[8:],
        "signature": line.value[:-1] + bytes([line.value[-1] ^ 1]),
        "short": line.value[:-1],
        "long": line.value + b"\x00",
        "huge time": (2**63).to_bytes(8, "big") + line.value[8:],
    }[change]
    signed = cp.with_signatures(LOG.note(), [Signature(line.name, line.key_id, value)])
    with pytest.raises(BadSignature) as caught:
        cp.verify_checkpoint(signed, origin=ORIGIN, log_keys=LOG.keys, witnesses=WITNESSES)
    assert caught.value.party == ORIGIN
    assert caught.value.evidence == signed


@pytest.mark.parametrize("kind", list(KeyKind))
def test_no_signature_of_a_log_fits_another_size_root_or_origin(kind: KeyKind) -> None:
    log = MemoryLog(kinds=(kind,)).append(5)
    signed = note.parse_note(log.note())
    right = log.checkpoint()
    for other in [
        Checkpoint(right.origin, 6, right.root),
        Checkpoint(right.origin, 5, bytes(32)),
        Checkpoint("c.example/log", 5, right.root),
    ]:
        moved = SignedNote(other.text, signed.signatures).encode()
        with pytest.raises(BadSignature):
            cp.verify_checkpoint(moved, origin=other.origin, log_keys=log.keys)


def test_an_ed25519_cosignature_is_no_log_signature_and_the_reverse() -> None:
    seed = bytes(range(32))
    as_log = note.signer_from_seed(ORIGIN, KeyKind.ED25519, seed)
    as_witness = note.signer_from_seed(ORIGIN, KeyKind.ED25519_COSIGNATURE, seed)
    assert as_log.verifier.public == as_witness.verifier.public
    assert as_log.verifier.key_id != as_witness.verifier.key_id
    [line] = cp.cosign(LOG.checkpoint(), [as_witness], at_s=7)
    disguised = Signature(ORIGIN, as_log.verifier.key_id, line.value[8:])
    with pytest.raises(BadSignature):
        cp.verify_checkpoint(
            SignedNote(LOG.checkpoint().text, (disguised,)).encode(), origin=ORIGIN, log_keys=[as_log.verifier]
        )


def test_an_ml_dsa_signature_names_its_signer() -> None:
    [line] = cp.cosign(LOG.checkpoint(), [W6], at_s=7)
    renamed = note.verifier_key("other.example", KeyKind.ML_DSA_44, W6.verifier.public)
    stolen = Signature(renamed.name, renamed.key_id, line.value)
    with pytest.raises(BadSignature):
        cp.verify_cosignature(LOG.checkpoint(), renamed, stolen)


def test_an_ed25519_cosignature_is_made_over_the_words_of_the_specification() -> None:
    [line] = cp.cosign(LOG.checkpoint(), [W4], at_s=1_679_315_147)
    assert line.value[:8] == (1_679_315_147).to_bytes(8, "big")
    message = b"cosignature/v1\ntime 1679315147\n" + LOG.checkpoint().text.encode()
    W4.verifier.verify(message, line.value[8:])


def test_a_time_above_the_bound_is_refused_even_when_it_was_really_signed() -> None:
    for at_s in (2**63 - 1, 2**63):
        message = b"cosignature/v1\ntime %d\n" % at_s + LOG.checkpoint().text.encode()
        line = Signature("w.example", W4.verifier.key_id, at_s.to_bytes(8, "big") + W4.sign(message))
        if at_s < 2**63:
            assert cp.verify_cosignature(LOG.checkpoint(), W4.verifier, line).at_s == at_s
            assert cp.cosign(LOG.checkpoint(), [W4], at_s=at_s) == [line]
        else:
            with pytest.raises(BadSignature, match="exceeds"):
                cp.verify_cosignature(LOG.checkpoint(), W4.verifier, line)


def test_an_origin_of_255_bytes_is_signed_and_one_more_is_not() -> None:
    for length in (255, 256):
        origin = "o" * length
        key = signer(origin, KeyKind.ED25519, 1)
        if length == 255:
            cp.sign_checkpoint(Checkpoint(origin, 1, bytes(32)), [key], at_s=1)
        else:
            with pytest.raises(InvalidStatement, match="no checkpoint to sign"):
                cp.sign_checkpoint(Checkpoint(origin, 1, bytes(32)), [key], at_s=1)


def test_of_two_cosignatures_of_one_witness_the_later_time_counts() -> None:
    for times in ([7, 9], [9, 7]):
        lines = [line for at_s in times for line in cp.cosign(LOG.checkpoint(), [W4], at_s=at_s)]
        verified = cp.verify_checkpoint(
            cp.with_signatures(LOG.note(), lines), origin=ORIGIN, log_keys=LOG.keys, witnesses=WITNESSES
        )
        assert [cosignature.at_s for cosignature in verified.cosignatures] == [9]


def test_a_log_key_is_not_accepted_as_a_witness() -> None:
    other = signer("w.example", KeyKind.ED25519, 1)
    line = Signature("w.example", other.verifier.key_id, other.sign(LOG.checkpoint().text.encode()))
    signed = cp.with_signatures(LOG.note(), [line])
    with pytest.raises(InvalidStatement, match="cannot be a witness"):
        cp.verify_checkpoint(signed, origin=ORIGIN, log_keys=LOG.keys, witnesses=[other.verifier])


@pytest.mark.parametrize(
    "bad",
    [
        Checkpoint("", 1, bytes(32)),
        Checkpoint("a\nb", 1, bytes(32)),
        Checkpoint("a\x00", 1, bytes(32)),
        Checkpoint("a\ud800", 1, bytes(32)),
        Checkpoint("a", -1, bytes(32)),
        Checkpoint("a", 2**63, bytes(32)),
        Checkpoint("a", 1, bytes(31)),
        Checkpoint("é" * 128, 1, bytes(32)),
    ],
)
def test_a_checkpoint_that_nobody_could_read_is_not_signed(bad: Checkpoint) -> None:
    with pytest.raises(InvalidStatement):
        cp.cosign(bad, [W6], at_s=1)


@pytest.mark.parametrize("at_s", [0, -1, 2**63])
def test_a_made_up_time_is_not_signed(at_s: int) -> None:
    with pytest.raises(InvalidStatement, match="POSIX seconds"):
        cp.cosign(LOG.checkpoint(), [W4], at_s=at_s)
    with pytest.raises(InvalidStatement, match="POSIX seconds"):
        cp.sign_checkpoint(LOG.checkpoint(), LOG.signers, at_s=at_s)


def test_a_log_signs_under_its_own_name_only() -> None:
    with pytest.raises(InvalidStatement, match="not the key of the log"):
        cp.sign_checkpoint(LOG.checkpoint(), [signer("c.example/log", KeyKind.ED25519, 0)], at_s=1)
    with pytest.raises(InvalidStatement, match="at least one signer"):
        cp.sign_checkpoint(LOG.checkpoint(), [], at_s=1)
    with pytest.raises(InvalidStatement, match="not 01"):
        cp.cosign(LOG.checkpoint(), [signer("w.example", KeyKind.ED25519, 0)], at_s=1)


def test_a_witness_whose_name_does_not_fit_the_message_signs_nothing_and_verifies_nothing() -> None:
    long = signer("w" * 256, KeyKind.ML_DSA_44, 1)
    with pytest.raises(InvalidStatement, match="at most 255"):
        cp.cosign(LOG.checkpoint(), [long], at_s=1)
    line = Signature(long.verifier.name, long.verifier.key_id, (1).to_bytes(8, "big") + bytes(2420))
    with pytest.raises(BadSignature, match="at most 255"):
        cp.verify_cosignature(LOG.checkpoint(), long.verifier, line)


def test_lines_are_merged_without_doubles_up_to_a_hundred() -> None:
    signed = LOG.note()
    lines = cp.cosign(LOG.checkpoint(), [W4], at_s=7)
    merged = cp.with_signatures(signed, lines)
    assert cp.with_signatures(merged, lines) == merged
    assert merged.startswith(signed)
    many = [Signature(f"w{number}", b"abcd", b"x") for number in range(99)]
    assert len(note.parse_note(cp.with_signatures(signed, many[:98])).signatures) == 100
    with pytest.raises(InvalidStatement, match="at most 100"):
        cp.with_signatures(signed, many)


def test_only_the_logs_own_lines_go_to_a_witness() -> None:
    signed = LOG.note(at_s=5)
    assert (
        cp.own_lines_only(cp.with_signatures(signed, cp.cosign(LOG.checkpoint(), [W4, W6], at_s=7)), ORIGIN) == signed
    )
    with pytest.raises(InvalidStatement):
        cp.own_lines_only(signed, "c.example/log")


def test_one_line_of_a_witness_is_verified_alone() -> None:
    for witness in (W4, W6):
        [line] = cp.cosign(LOG.checkpoint(), [witness], at_s=7)
        assert cp.verify_cosignature(LOG.checkpoint(), witness.verifier, line).at_s == 7
        with pytest.raises(UnknownKey):
            cp.verify_cosignature(LOG.checkpoint(), (W6 if witness is W4 else W4).verifier, line)
