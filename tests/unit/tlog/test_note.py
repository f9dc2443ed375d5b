from __future__ import annotations

import pytest
from tests.unit.tlog.memory_log import signer

from detente.errors import BadSignature, InvalidStatement, MalformedReply, UnknownKey
from detente.tlog import note
from detente.tlog.note import KeyKind, Signature, SignedNote

ALICE = signer("a.example/alice", KeyKind.ED25519, 1)
BOB = signer("b.example/bob", KeyKind.ED25519, 2)
TEXT = "one\n\ntwo\n"
SIGNED = note.sign_note(TEXT, [ALICE])
LINE = SIGNED.decode().split("\n\n")[-1]


def test_a_note_is_signed_and_opened() -> None:
    assert note.open_note(SIGNED, [ALICE.verifier]) == (TEXT, (ALICE.verifier,))
    both = note.sign_note(TEXT, [ALICE, BOB])
    assert note.open_note(both, [BOB.verifier, ALICE.verifier]) == (TEXT, (ALICE.verifier, BOB.verifier))
    assert note.open_note(both, [BOB.verifier]) == (TEXT, (BOB.verifier,))


def test_the_text_ends_at_the_last_empty_line() -> None:
    parsed = note.parse_note(SIGNED)
    assert parsed.text == TEXT
    assert parsed.encode() == SIGNED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no empty line"),
        (b"text\n", "no empty line"),
        (b"text\n\n", "one or more"),
        (("text\n\n" + LINE[:-1]).encode(), "one or more"),
        (("text\n" + LINE).encode(), "no empty line"),
        (("text\n\n" + LINE + "\n").encode(), "one or more"),
        (("text\n\n" + LINE + "x\n").encode(), "expected '—"),
        (("text\r\n\n" + LINE).encode(), "control character at byte 4"),
        (("te\txt\n\n" + LINE).encode(), "control character"),
        (("te\x00xt\n\n" + LINE).encode(), "control character"),
        (b"\xff\n\n" + LINE.encode(), "UTF-8"),
        (b"text\n\n\xff" + LINE.encode(), "UTF-8"),
        (b"\xed\xa0\x80\n\n" + LINE.encode(), "UTF-8"),
        (("text\n\n" + LINE.replace("— ", "- ")).encode(), "expected '—"),
        (("text\n\n" + LINE.replace("— ", "—  ")).encode(), "expected '—"),
        (("text\n\n" + LINE.replace("alice", "al ice")).encode(), "expected '—"),
        (("text\n\n" + LINE.replace("alice", "al\u00a0ice")).encode(), "expected '—"),
        (("text\n\n" + LINE.replace("alice", "al\u3000ice")).encode(), "expected '—"),
        (("text\n\n" + LINE.replace("alice", "al+ice")).encode(), "expected '—"),
        (("text\n\n" + LINE.replace("a.example/alice", "")).encode(), "expected '—"),
        ("text\n\n— a \n".encode(), "base64"),
        ("text\n\n— a AAAA\n".encode(), "base64"),
        ("text\n\n— a AAAAAA==\n".encode(), "base64"),
        ("text\n\n— a AAAAAAB=\n".encode(), "base64"),
        ("text\n\n— a AAAA AAA=\n".encode(), "expected '—"),
    ],
)
def test_a_note_of_another_shape_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedReply, match=reason):
        note.parse_note(data)


def test_a_note_may_begin_with_an_empty_line_and_hold_any_other_character() -> None:
    text = "\n\x7f\u2028\u202e é\n"
    assert note.open_note(note.sign_note(text, [ALICE]), [ALICE.verifier])[0] == text


def test_sixteen_and_a_hundred_signatures_are_read_and_one_more_is_not() -> None:
    strangers = [Signature(f"stranger{number}", b"abcd", b"x") for number in range(100)]
    own = note.parse_note(SIGNED).signatures
    for count in (16, 100):
        full = SignedNote(TEXT, (*strangers[: count - 1], *own)).encode()
        assert note.open_note(full, [ALICE.verifier])[1] == (ALICE.verifier,)
    with pytest.raises(MalformedReply, match="at most 100 signatures, got 101"):
        note.parse_note(SignedNote(TEXT, (*strangers, *own)).encode())


def test_a_note_above_one_mebibyte_is_refused_and_its_evidence_is_cut() -> None:
    with pytest.raises(MalformedReply, match="at most 1048576 bytes") as caught:
        note.parse_note(b"x" * (note.NOTE_BYTES_MAX + 1))
    assert len(caught.value.evidence) == note.NOTE_BYTES_MAX


def test_the_right_name_with_a_wrong_id_is_an_unknown_key() -> None:
    line = Signature(ALICE.verifier.name, b"\x00" * 4, ALICE.sign(TEXT.encode()))
    with pytest.raises(UnknownKey):
        note.open_note(SignedNote(TEXT, (line,)).encode(), [ALICE.verifier])


def test_the_right_id_with_a_wrong_name_is_an_unknown_key() -> None:
    line = Signature("a.example/mallory", ALICE.verifier.key_id, ALICE.sign(TEXT.encode()))
    with pytest.raises(UnknownKey):
        note.open_note(SignedNote(TEXT, (line,)).encode(), [ALICE.verifier])


def test_an_unknown_line_is_kept_and_harms_nothing() -> None:
    stranger = Signature("stranger", b"abcd", b"not a signature")
    data = SignedNote(TEXT, (stranger, *note.parse_note(SIGNED).signatures)).encode()
    assert note.open_note(data, [ALICE.verifier])[1] == (ALICE.verifier,)
    assert note.parse_note(data).encode() == data


@pytest.mark.parametrize("position", ["before", "after"])
def test_a_known_key_with_a_bad_signature_rejects_the_whole_note(position: str) -> None:
    good = note.parse_note(note.sign_note(TEXT, [BOB])).signatures
    bad = Signature(ALICE.verifier.name, ALICE.verifier.key_id, bytes(64))
    lines = (bad, *good) if position == "before" else (*good, bad)
    with pytest.raises(BadSignature):
        note.open_note(SignedNote(TEXT, lines).encode(), [ALICE.verifier, BOB.verifier])


def test_a_second_line_of_the_same_key_is_verified_too() -> None:
    good = note.parse_note(SIGNED).signatures
    bad = Signature(ALICE.verifier.name, ALICE.verifier.key_id, bytes(64))
    with pytest.raises(BadSignature):
        note.open_note(SignedNote(TEXT, (*good, bad)).encode(), [ALICE.verifier])
    assert note.open_note(SignedNote(TEXT, (*good, *good)).encode(), [ALICE.verifier])[1] == (ALICE.verifier,)


@pytest.mark.parametrize("length", [1, 63, 65, 72, 2420])
def test_a_signature_of_another_length_does_not_verify(length: int) -> None:
    bad = Signature(ALICE.verifier.name, ALICE.verifier.key_id, bytes(length))
    with pytest.raises(BadSignature, match="expected 64 bytes"):
        note.open_note(SignedNote(TEXT, (bad,)).encode(), [ALICE.verifier])


def test_a_changed_text_does_not_verify() -> None:
    with pytest.raises(BadSignature):
        note.open_note(SIGNED.replace(b"two", b"tow"), [ALICE.verifier])


def test_two_keys_that_share_name_and_id_are_the_operators_mistake() -> None:
    twin = note.VerifierKey(ALICE.verifier.name, ALICE.verifier.key_id, KeyKind.ED25519, BOB.verifier.public)
    with pytest.raises(InvalidStatement, match="two different keys"):
        note.open_note(SIGNED, [ALICE.verifier, twin])
    assert note.open_note(SIGNED, [ALICE.verifier, ALICE.verifier])[1] == (ALICE.verifier,)


@pytest.mark.parametrize("kind", [KeyKind.ED25519_COSIGNATURE, KeyKind.ML_DSA_44])
def test_cosigning_keys_neither_sign_nor_open_any_text(kind: KeyKind) -> None:
    witness = signer("w.example", kind, 1)
    with pytest.raises(InvalidStatement):
        note.sign_note(TEXT, [witness])
    line = Signature(witness.verifier.name, witness.verifier.key_id, witness.sign(TEXT.encode()))
    with pytest.raises(InvalidStatement):
        note.open_note(SignedNote(TEXT, (line,)).encode(), [witness.verifier])


@pytest.mark.parametrize("text", ["", "no line feed", "tab\t\n", "return\r\n"])
def test_a_text_that_no_note_holds_is_not_signed(text: str) -> None:
    with pytest.raises(InvalidStatement):
        note.sign_note(text, [ALICE])
    with pytest.raises(InvalidStatement):
        note.sign_note("text\n", [])


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_vkey_goes_there_and_back(kind: KeyKind) -> None:
    key = signer("example.com/é", kind, 1).verifier
    assert note.parse_vkey(key.vkey) == key
    assert key.key_id == note.key_id_of(key.name, kind, key.public)


@pytest.mark.parametrize(
    ("vkey", "reason"),
    [
        ("", "name\\+hex\\+base64"),
        ("a+b", "name\\+hex\\+base64"),
        ("a++AAAA", "8 lower-case hex"),
        ("a+0A0B0C0D+AQ==", "8 lower-case hex"),
        ("a+0a0b0c0+AQ==", "8 lower-case hex"),
        ("a+0a0b0c0d+", "base64"),
        ("a+0a0b0c0d+AQ", "base64"),
        ("a+0a0b0c0d+Ag==", "type 02"),
        ("a+0a0b0c0d+/w==", "type ff"),
        ("a+0a0b0c0d+AQ==", "32 public bytes, here are 0"),
        ("a+0a0b0c0d+Bg==", "1312 public bytes"),
        (ALICE.verifier.vkey.replace("alice", "al ice"), "key name"),
        (ALICE.verifier.vkey.replace("a.example/alice", ""), "key name"),
        (ALICE.verifier.vkey.replace("alice", "al\x1bice"), "key name"),
        (ALICE.verifier.vkey.replace("alice", "al\ud800ice"), "key name"),
        (ALICE.verifier.vkey.replace("alice", "alicia"), "the key id is"),
        (" " + ALICE.verifier.vkey, "key name"),
        (ALICE.verifier.vkey + "\n", "base64"),
    ],
)
def test_a_vkey_of_another_shape_is_refused(vkey: str, reason: str) -> None:
    with pytest.raises(InvalidStatement, match=reason):
        note.parse_vkey(vkey)


def test_a_private_key_has_32_seed_bytes_and_belongs_to_its_public_key() -> None:
    for kind in KeyKind:
        for length in (0, 31, 33, 64):
            with pytest.raises(InvalidStatement, match="32 seed bytes"):
                note.signer_from_seed("a.example", kind, bytes(length))
    with pytest.raises(InvalidStatement, match="does not belong"):
        note.SignerKey(ALICE.verifier, bytes(32))


def test_a_private_key_never_shows_its_secret() -> None:
    shown = repr(ALICE) + str(ALICE)
    assert ALICE.secret.hex() not in shown
    assert repr(ALICE.secret) not in shown


@pytest.mark.parametrize("kind", list(KeyKind))
def test_possession_is_proved_for_one_key_and_one_occasion(kind: KeyKind) -> None:
    key = signer("a.example", kind, 3)
    proof = note.prove_possession(key, b"enrolment at b.example")
    note.verify_possession(key.verifier, b"enrolment at b.example", proof)
    note.verify_possession(key.verifier.vkey, b"enrolment at b.example", proof)
    other = signer("a.example", kind, 4)
    renamed = note.verifier_key("c.example", kind, key.verifier.public)
    for verifier, context in [
        (key.verifier, b"elsewhere"),
        (other.verifier, b"enrolment at b.example"),
        (renamed, b""),
    ]:
        with pytest.raises(BadSignature):
            note.verify_possession(verifier, context, proof)


def test_a_proof_of_possession_is_never_a_note_and_a_note_never_a_proof() -> None:
    context = b"\nb.example/log\n"
    proof = note.prove_possession(ALICE, context)
    with pytest.raises(BadSignature):
        ALICE.verifier.verify(context, proof)
    with pytest.raises(BadSignature):
        note.verify_possession(ALICE.verifier, context, ALICE.sign(context))


def test_signature_lines_are_read_without_a_note() -> None:
    assert note.parse_signature_lines(LINE.encode()) == note.parse_note(SIGNED).signatures
    for data in [
        b"",
        b"\n" + LINE.encode(),
        (LINE + "\n" + LINE).encode(),
        b"\n\n" + LINE.encode(),
        LINE[:-1].encode(),
    ]:
        with pytest.raises(MalformedReply):
            note.parse_signature_lines(data)
