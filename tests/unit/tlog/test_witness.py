from __future__ import annotations

import pytest
from tests.unit.tlog.memory_log import ORIGIN, MemoryLog, signer

from detente.errors import BadSignature, InvalidStatement, MalformedReply, UnknownKey
from detente.tlog import witness
from detente.tlog.checkpoint import Checkpoint, cosign, sign_checkpoint, verify_checkpoint, with_signatures
from detente.tlog.note import KeyKind, Signature, SignedNote, parse_note
from detente.tlog.trusted import verify_evidence
from detente.tlog.witness import Decision, WitnessState, encode_request

LOG = MemoryLog(kinds=(KeyKind.ED25519, KeyKind.ML_DSA_44)).append(20)
SIGNERS = [
    signer("w.example", KeyKind.ED25519_COSIGNATURE, 1),
    signer("w.example", KeyKind.ML_DSA_44, 2),
]
KEYS = [key.verifier for key in SIGNERS]
NOW_S = 1_800_000_000


def ask(request: bytes, state: WitnessState | None = None, *, at_s: int = NOW_S, log: MemoryLog = LOG) -> Decision:
    return witness.decide(request, known={ORIGIN: (log.keys, state)}, signers=SIGNERS, at_s=at_s)


def state_at(size: int) -> WitnessState:
    """The state after cosigning this size of the log."""
    new_state = ask(encode_request(0, (), LOG.note(size))).new_state
    assert new_state is not None
    return new_state


def refused(decision: Decision, status: int) -> None:
    assert decision.status == status
    assert decision.new_state is None
    assert decision.body.endswith(b"\n")
    assert decision.body.count(b"\n") == 1


def test_a_first_checkpoint_is_cosigned_with_both_kinds() -> None:
    decision = ask(encode_request(0, (), LOG.note(5)))
    assert (decision.status, decision.content_type) == (200, "text/plain; charset=utf-8")
    lines = witness.parse_cosignatures(decision.body, LOG.checkpoint(5), KEYS)
    assert [line.key_id for line in lines] == [key.key_id for key in KEYS]
    assert decision.new_state is not None
    assert (decision.new_state.size, decision.new_state.root) == (5, LOG.checkpoint(5).root)
    assert decision.new_state.at_s == NOW_S


def test_the_log_grows_step_by_step() -> None:
    state: WitnessState | None = None
    old = 0
    for new in (0, 1, 1, 2, 7, 16, 20):
        decision = ask(encode_request(old, LOG.consistency(old, new), LOG.note(new)), state)
        assert decision.status == 200, decision.body
        state, old = decision.new_state, new


def test_the_stored_note_serves_monitors() -> None:
    stranger = Signature("stranger", b"abcd", b"noise")
    note = with_signatures(LOG.note(5), [stranger])
    state = ask(encode_request(0, (), note)).new_state
    assert state is not None
    verified = verify_checkpoint(state.note, origin=ORIGIN, log_keys=LOG.keys, witnesses=KEYS)
    assert len(verified.log_keys) == 2
    assert [cosignature.at_s for cosignature in verified.cosignatures] == [NOW_S, NOW_S]
    assert b"stranger" not in state.note


def test_a_log_cannot_fill_the_stored_note_with_its_own_lines() -> None:
    lines = [line for at_s in range(1, 99) for line in parse_note(LOG.note(5, at_s=at_s)).signatures]
    full = SignedNote(LOG.checkpoint(5).text, tuple(dict.fromkeys(lines))[:100]).encode()
    state = ask(encode_request(0, (), full)).new_state
    assert state is not None
    assert len(parse_note(state.note).signatures) == 4


def test_404_an_origin_that_is_not_known() -> None:
    other = MemoryLog("c.example/log").append(1)
    refused(ask(encode_request(0, (), other.note())), 404)


def test_403_no_signature_of_a_trusted_key() -> None:
    impostor = signer(ORIGIN, KeyKind.ED25519, 99)
    refused(ask(encode_request(0, (), sign_checkpoint(LOG.checkpoint(5), [impostor], at_s=1))), 403)
    right = parse_note(LOG.note(5)).signatures[0]
    wrong_id = SignedNote(LOG.checkpoint(5).text, (Signature(ORIGIN, b"abcd", right.value),)).encode()
    wrong_name = SignedNote(LOG.checkpoint(5).text, (Signature("x", right.key_id, right.value),)).encode()
    refused(ask(encode_request(0, (), wrong_id)), 403)
    refused(ask(encode_request(0, (), wrong_name)), 403)


def test_403_a_line_of_a_trusted_key_that_fails_even_beside_a_good_one() -> None:
    key = LOG.keys[0]
    forged = with_signatures(LOG.note(5), [Signature(key.name, key.key_id, bytes(64))])
    refused(ask(encode_request(0, (), forged)), 403)


def test_400_an_old_size_above_the_checkpoints() -> None:
    refused(ask(encode_request(6, (), LOG.note(5))), 400)
    refused(ask(encode_request(6, (), LOG.note(5)), state_at(6)), 400)


NOTE5 = LOG.note(5).decode()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "old 0\n",
        "old 0\n" + NOTE5,
        "old 0\n\n",
        "old 0\n\n" + NOTE5[:-1],
        "old 0\n\n\n" + NOTE5,
        "old 00\n\n" + NOTE5,
        "old -1\n\n" + NOTE5,
        "old １\n\n" + NOTE5,
        "old  0\n\n" + NOTE5,
        "old 0 \n\n" + NOTE5,
        "Old 0\n\n" + NOTE5,
        "old 0\r\n\r\n" + NOTE5,
        f"old {2**63}\n\n" + NOTE5,
        "old 0\nAAAA\n\n" + NOTE5,
        "old 0\nnot base64\n\n" + NOTE5,
        NOTE5,
        "old 0\n\n" + NOTE5.replace("\n\n", "\nextension line\n\n"),
        "old 0\n\n" + NOTE5.replace("\n5\n", "\n05\n"),
    ],
)
def test_400_a_body_that_does_not_parse(body: str) -> None:
    refused(ask(body.encode()), 400)


def test_400_more_than_63_proof_lines() -> None:
    request = encode_request(5, [bytes(32)] * 63, LOG.note(9))
    refused(ask(request, state_at(5)), 422)
    more = request.replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n\n", 1)
    assert more.count(b"A" * 43) == 64
    refused(ask(more, state_at(5)), 400)
    with pytest.raises(InvalidStatement, match="at most 63"):
        encode_request(5, [bytes(32)] * 64, LOG.note(9))


def test_400_a_body_above_the_bound() -> None:
    request = encode_request(0, (), LOG.note(5))
    for length, reason in ((witness.REQUEST_BYTES_MAX, b"signed note"), (witness.REQUEST_BYTES_MAX + 1, b"at most")):
        decision = ask(request.ljust(length, b"x"))
        refused(decision, 400)
        assert reason in decision.body


@pytest.mark.parametrize(("old", "last", "body"), [(0, 5, b"5\n"), (4, 5, b"5\n"), (6, 5, b"5\n"), (3, None, b"0\n")])
def test_409_tells_the_size_that_was_cosigned_last(old: int, last: int | None, body: bytes) -> None:
    state = None if last is None else state_at(last)
    decision = ask(encode_request(old, LOG.consistency(old, 9), LOG.note(9)), state)
    assert (decision.status, decision.body, decision.content_type) == (409, body, "text/x.tlog.size")
    assert decision.new_state is None
    assert witness.parse_size(decision.body) == int(body)


def test_422_an_empty_tree_with_a_root_of_its_own() -> None:
    odd = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), LOG.signers, at_s=1)
    decision = ask(encode_request(0, (), odd))
    refused(decision, 422)
    assert b"SHA-256 of nothing" in decision.body


def test_422_a_proof_from_the_empty_tree() -> None:
    refused(ask(encode_request(0, LOG.consistency(3, 5), LOG.note(5))), 422)


def test_422_a_bad_proof() -> None:
    proof = LOG.consistency(5, 9)
    for bad in ((), proof[:-1], (*proof, bytes(32)), proof[::-1]):
        refused(ask(encode_request(5, bad, LOG.note(9)), state_at(5)), 422)
    refused(ask(encode_request(5, proof, LOG.note(5)), state_at(5)), 422)


def test_422_equal_sizes_with_different_roots_and_the_evidence_of_it() -> None:
    lie = LOG.fork(4).append(1, "other")
    decision = ask(encode_request(5, (), lie.note()), state_at(5))
    refused(decision, 422)
    assert decision.evidence is not None
    assert verify_evidence(decision.evidence).sizes == (5, 5)


def test_422_a_larger_fork_and_the_evidence_of_it() -> None:
    lie = LOG.fork(4).append(5, "other")
    decision = ask(encode_request(5, lie.consistency(5), lie.note()), state_at(5))
    refused(decision, 422)
    assert decision.evidence is not None
    assert verify_evidence(decision.evidence).sizes == (5, 9)
    # A wrong proof accuses nobody, and neither does a state that was stored without its note.
    assert ask(encode_request(5, (), LOG.note(9)), state_at(5)).evidence is None
    bare = WitnessState(5, LOG.checkpoint(5).root)
    assert ask(encode_request(5, lie.consistency(5), lie.note()), bare).evidence is None


def test_200_the_same_checkpoint_again_gets_a_fresh_time() -> None:
    decision = ask(encode_request(5, (), LOG.note(5)), state_at(5), at_s=NOW_S + 60)
    assert decision.status == 200
    assert decision.new_state is not None
    assert decision.new_state.at_s == NOW_S + 60


def test_503_a_clock_behind_the_last_cosignature() -> None:
    request = encode_request(5, LOG.consistency(5, 9), LOG.note(9))
    decision = ask(request, state_at(5), at_s=NOW_S - 7)
    refused(decision, 503)
    assert decision.retry_after_s == 7
    assert ask(request, state_at(5), at_s=NOW_S - 10**6).retry_after_s == 3600
    assert ask(request, state_at(5), at_s=NOW_S).status == 200


def test_the_statuses_are_checked_in_the_order_of_the_table() -> None:
    other = MemoryLog("c.example/log").append(5)
    impostor = signer(ORIGIN, KeyKind.ED25519, 99)
    unsigned = sign_checkpoint(LOG.checkpoint(5), [impostor], at_s=1)
    lie = LOG.fork(4).append(1, "other")
    odd = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), LOG.signers, at_s=1)
    state = state_at(9)
    assert ask(encode_request(6, (), sign_checkpoint(other.checkpoint(), other.signers, at_s=1))).status == 404
    assert ask(encode_request(6, (), unsigned), state).status == 403
    assert ask(encode_request(6, (), lie.note()), state).status == 400
    assert ask(encode_request(5, (), lie.note()), state).status == 409
    assert ask(encode_request(0, (), odd), state).status == 409
    assert ask(encode_request(9, (), LOG.note(20)), state, at_s=1).status == 422


def test_a_forged_line_under_our_own_name_harms_nothing() -> None:
    for key in KEYS:
        for value in (bytes(72), bytes(2428), b"x"):
            forged = with_signatures(LOG.note(9), [Signature(key.name, key.key_id, value)])
            decision = ask(encode_request(5, LOG.consistency(5, 9), forged), state_at(5))
            assert decision.status == 200
            assert decision.new_state is not None
            verify_checkpoint(decision.new_state.note, origin=ORIGIN, log_keys=LOG.keys, witnesses=KEYS)


def test_a_checkpoint_without_the_logs_line_but_with_our_own_is_403() -> None:
    ours = SignedNote(LOG.checkpoint(5).text, tuple(cosign(LOG.checkpoint(5), SIGNERS, at_s=1))).encode()
    refused(ask(encode_request(0, (), ours)), 403)


def test_a_witness_without_a_key_cannot_answer() -> None:
    with pytest.raises(InvalidStatement, match="give it a key"):
        witness.decide(encode_request(0, (), LOG.note(5)), known={ORIGIN: (LOG.keys, None)}, signers=[], at_s=1)


def test_a_request_goes_there_and_back() -> None:
    proof = LOG.consistency(5, 9)
    request = witness.parse_request(encode_request(5, proof, LOG.note(9)))
    assert (request.old_size, request.proof, request.checkpoint) == (5, proof, LOG.checkpoint(9))
    assert request.note.startswith(LOG.checkpoint(9).text.encode())


def test_the_asker_takes_the_lines_of_its_witness_and_leaves_others() -> None:
    answer = ask(encode_request(0, (), LOG.note(5))).body
    stranger = Signature("stranger", b"abcd", b"noise").line.encode()
    assert witness.parse_cosignatures(stranger + answer, LOG.checkpoint(5), KEYS[:1]) == (
        parse_note(b"x\n\n" + answer).signatures[0],
    )
    with pytest.raises(UnknownKey):
        witness.parse_cosignatures(stranger, LOG.checkpoint(5), KEYS)
    with pytest.raises(BadSignature):
        witness.parse_cosignatures(answer, LOG.checkpoint(6), KEYS)
    for bad in (b"", b"\n" + answer, answer[:-1], answer + b"\n" + answer):
        with pytest.raises(MalformedReply):
            witness.parse_cosignatures(bad, LOG.checkpoint(5), KEYS)


def test_the_asker_refuses_a_cosignature_that_states_no_time() -> None:
    key = SIGNERS[1]
    name, origin = key.verifier.name.encode(), ORIGIN.encode()
    message = b"subtree/v1\n\x00" + bytes([len(name)]) + name + bytes(8) + bytes([len(origin)]) + origin + bytes(8)
    message += (5).to_bytes(8, "big") + LOG.checkpoint(5).root
    line = Signature(key.verifier.name, key.verifier.key_id, bytes(8) + key.sign(message))
    with pytest.raises(BadSignature, match="states no time"):
        witness.parse_cosignatures(line.line.encode(), LOG.checkpoint(5), KEYS)


@pytest.mark.parametrize("body", [b"", b"5", b"05\n", b"5\n\n", b"-5\n", b"\xff\n", b"9" * 40 + b"\n"])
def test_a_size_of_another_spelling_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedReply):
        witness.parse_size(body)
