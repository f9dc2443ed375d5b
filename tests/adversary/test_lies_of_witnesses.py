"""A partner lies as a witness, about our own log or when it asks us to cosign: our state stays what it was."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from tests.adversary.lying_party import Branch, LyingParty
from tests.scene import kept_evidence, require_sound, tell, trouble_with, truth_of
from tests.world import World

from detente.errors import (
    BadSignature,
    CorruptLog,
    DetenteError,
    MalformedReply,
    NotFound,
    TransportError,
    UnknownKey,
)
from detente.node.sync import sync
from detente.party import Role
from detente.store.log import OWN, read_head
from detente.store.store import read_witnessed
from detente.tlog.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from detente.tlog.merkle import EMPTY_ROOT, consistency_proof
from detente.tlog.note import KeyKind, Signature, SignedNote, parse_note, signer_from_seed
from detente.tlog.witness import encode_request
from detente.web.log import Answer, Request, answer

ANSWERS: list[tuple[str, type[DetenteError], Callable[[LyingParty], object]]] = [
    ("a size that nobody ever had", MalformedReply, lambda a: a.witness_answers(409, b"99999999\n")),
    ("a size that is no number", MalformedReply, lambda a: a.witness_answers(409, b"many\n")),
    ("a size below zero", MalformedReply, lambda a: a.witness_answers(409, b"-1\n")),
    ("a size without an end", MalformedReply, lambda a: a.witness_answers(409, b"9" * 60_000)),
    ("no size", MalformedReply, lambda a: a.witness_answers(409, b"")),
    ("a size that it does not stand by", NotFound, lambda a: a.witness_answers(409, b"3\n")),
    ("no lines", MalformedReply, lambda a: a.witness_answers(200, b"")),
    ("a page of HTML", MalformedReply, lambda a: a.witness_answers(200, b"<html></html>\n")),
    ("101 lines", MalformedReply, lambda a: a.cosign_many_times(101)),
    ("more bytes than an answer has", TransportError, lambda a: a.witness_answers(200, b"A" * 65_537)),
    ("a cosignature on another checkpoint", BadSignature, lambda a: a.cosign_another_checkpoint()),
    ("a cosignature of another role", UnknownKey, lambda a: a.cosign_with_the_mirror_key()),
    ("status 403", NotFound, lambda a: a.witness_answers(403, b"no\n")),
    ("status 404", NotFound, lambda a: a.witness_answers(404, b"who\n")),
    ("status 422", NotFound, lambda a: a.witness_answers(422, b"\xff\x00\x1b[31m\n")),
    ("status 429", NotFound, lambda a: a.witness_answers(429, b"")),
    ("status 500", NotFound, lambda a: a.witness_answers(500, b"")),
]


@pytest.mark.parametrize(("expected", "lie"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_a_witness_that_answers_nonsense_costs_us_its_cosignature_and_nothing_else(
    scene: World, liar: LyingParty, expected: type[DetenteError], lie: Callable[[LyingParty], object]
) -> None:
    ours = scene.nodes["cert-b"]
    tell(ours, [40], "cert-c")
    lie(liar)
    report = sync(ours, scene.fetch)
    errors = {p.party: p.error for p in report.partners}
    assert isinstance(errors["cert-a"], expected), repr(errors)
    assert errors["cert-c"] is None
    assert report.cosigners == ("cert-c.example/witness",)
    with ours.store.reading() as connection:
        head = read_head(connection, OWN)
    assert head.witnessed_size == head.size
    assert b"cert-a.example" not in head.witnessed_note
    assert head.hold == ""
    require_sound(ours)
    assert tell(ours, [41], "cert-c").said == 1


def test_ninety_cosignatures_of_one_witness_count_as_one(scene: World, liar: LyingParty) -> None:
    """Each verifies, each states another time; kept, they would leave no room for anybody else's."""
    ours = scene.nodes["cert-b"]
    tell(ours, [40], "cert-c")
    liar.cosign_many_times(90)
    assert sync(ours, scene.fetch).worst is None
    with ours.store.reading() as connection:
        head = read_head(connection, OWN)
    names = [signature.name for signature in parse_note(head.witnessed_note).signatures]
    assert names.count("cert-a.example/witness") == 1
    assert "cert-c.example/witness" in names
    require_sound(ours)


def test_what_a_partner_pretends_to_hold_of_our_log_stops_nothing_without_our_signature(
    scene: World, liar: LyingParty
) -> None:
    ours = scene.nodes["cert-b"]
    with ours.store.reading() as connection:
        head = read_head(connection, OWN)
    longer = Checkpoint(head.origin, head.size + 50, bytes(32))
    seed = bytes(range(32))
    strangers = [signer_from_seed(head.origin, kind, seed) for kind in (KeyKind.ED25519, KeyKind.ML_DSA_44)]
    own = parse_note(head.note).signatures
    pretended = [
        b"",
        b"garbage\n",
        sign_checkpoint(longer, strangers, at_s=1_790_000_000),
        SignedNote(longer.text, own).encode(),
        SignedNote(Checkpoint("cert-c.example", 9999, bytes(32)).text, own).encode(),
        liar.sign(9999, bytes(32)),
    ]
    for number, note in enumerate(pretended):
        liar.tell_the_truth()
        liar.pretend_to_have_cosigned(head.origin, note)
        assert sync(ours, scene.fetch).worst is None
        assert tell(ours, [600 + number], "cert-c").said == 1
    with ours.store.reading() as connection:
        assert read_head(connection, OWN).hold == ""


def test_a_checkpoint_of_ours_that_our_log_does_not_reach_stops_all_signing(scene: World, liar: LyingParty) -> None:
    """Signed with our keys, it is no lie: an old copy of this node is running."""
    ours = scene.nodes["cert-b"]
    with ours.store.reading() as connection:
        head = read_head(connection, OWN)
    note = sign_checkpoint(
        Checkpoint(head.origin, head.size + 1, bytes(32)), ours.signers[Role.LOG], at_s=scene.clock() // 1_000_000
    )
    liar.pretend_to_have_cosigned(head.origin, note)
    with pytest.raises(CorruptLog, match="old backup"):
        sync(ours, scene.fetch)
    with pytest.raises(CorruptLog, match="nothing is signed"):
        tell(ours, [44], "cert-c")
    liar.tell_the_truth()
    before = truth_of(ours)["entries"]
    assert sync(ours, scene.fetch).worst is None
    assert truth_of(ours)["entries"][: len(before)] == before
    assert tell(ours, [44], "cert-c").said == 1


# -- asked to cosign --------------------------------------------------------------------------------------------------


def ask(scene: World, body: bytes) -> Answer:
    return answer(scene.nodes["cert-b"], Request("POST", "/witness/add-checkpoint", body=body))


@pytest.fixture
def next_branch(liar: LyingParty) -> Branch:
    """What cert-a may truly ask for next: its log with three entries more."""
    return Branch(liar.node.origin, liar.signers, [*liar.leaves, *liar.noise(3)], liar.at_s)


def test_requests_that_are_refused_leave_the_witness_as_it_was(
    scene: World, liar: LyingParty, next_branch: Branch
) -> None:
    """The statuses are those of the table in the formats' page."""
    ours = scene.nodes["cert-b"]
    known = liar.settled
    good = consistency_proof(known, next_branch.checkpoint.size, next_branch.read)
    stranger = [signer_from_seed("nobody.example", KeyKind.ED25519, bytes(32))]
    unknown = sign_checkpoint(Checkpoint("nobody.example", 0, EMPTY_ROOT), stranger, at_s=1_790_000_000)
    old_keys = [signer_from_seed(s.verifier.name, s.verifier.kind, bytes(range(32))) for s in liar.signers]
    broken = parse_note(next_branch.note)
    first, *rest = broken.signatures
    bad = SignedNote(broken.text, (Signature(first.name, first.key_id, bytes(64)), *rest)).encode()
    one_key = sign_checkpoint(next_branch.checkpoint, liar.signers[:1], at_s=liar.at_s)
    requests = {
        404: [encode_request(0, (), unknown)],
        403: [
            encode_request(known, good, sign_checkpoint(next_branch.checkpoint, old_keys, at_s=liar.at_s)),
            encode_request(known, good, bad),
            encode_request(known, good, one_key),
        ],
        400: [
            b"",
            b"\n\n",
            b"old 13\n",
            encode_request(99, (), next_branch.note),
            b"old 013\n\n" + next_branch.note,
            b"old 13\nnot base64\n\n" + next_branch.note,
            b"old 13\n" + b"AAAA\n" * 64 + b"\n" + next_branch.note,
            encode_request(known, good, next_branch.note)[:-1],
            encode_request(known, good, next_branch.note.replace(b"\n", b"\r\n")),
            bytes(range(256)) * 4096,
        ],
        409: [
            encode_request(0, (), next_branch.note),
            encode_request(known - 1, good, next_branch.note),
            encode_request(known + 1, (), next_branch.note),
        ],
        422: [
            encode_request(known, (), next_branch.note),
            encode_request(known, good[::-1], next_branch.note),
            encode_request(known, good[:-1], next_branch.note),
            encode_request(known, (*good, bytes(32)), next_branch.note),
        ],
    }
    before = truth_of(ours)
    for status, bodies in requests.items():
        for body in bodies:
            reply = ask(scene, body)
            assert reply.status == status, (status, body[:80], reply)
            assert truth_of(ours) == before
    assert ask(scene, requests[409][0]).body == b"%d\n" % known
    assert ask(scene, encode_request(known, good, next_branch.note)).status == 200


def test_a_line_under_our_own_name_does_not_poison_the_witness(
    scene: World, liar: LyingParty, next_branch: Branch
) -> None:
    """A stranger who has a log's checkpoint adds a line that looks like ours; what we keep and serve is our own line alone."""
    ours = scene.nodes["cert-b"]
    forged = [
        Signature(key.name, key.key_id, bytes(7) + b"\x01" + bytes(64 if key.kind is not KeyKind.ML_DSA_44 else 2420))
        for key in ours.public_keys[Role.WITNESS]
    ]
    note = parse_note(next_branch.note)
    poisoned = SignedNote(note.text, (*forged, *note.signatures)).encode()
    proof = consistency_proof(liar.settled, next_branch.checkpoint.size, next_branch.read)
    assert ask(scene, encode_request(liar.settled, proof, poisoned)).status == 200
    with ours.store.reading() as connection:
        row = read_witnessed(connection, "cert-a.example")
    assert row is not None
    kept = verify_checkpoint(
        row[2],
        origin="cert-a.example",
        log_keys=liar.node.public_keys[Role.LOG],
        witnesses=ours.public_keys[Role.WITNESS],
    )
    assert {c.kind for c in kept.cosignatures} == {KeyKind.ED25519_COSIGNATURE, KeyKind.ML_DSA_44}
    assert forged[0].line.encode() not in row[2]
    require_sound(ours)


def test_asked_to_cosign_a_second_history_a_witness_keeps_the_proof(scene: World, liar: LyingParty) -> None:
    ours = scene.nodes["cert-b"]
    leaves = [*liar.leaves[:5], *liar.noise(liar.settled - 5)]
    for more in (0, 4):
        other = Branch(liar.node.origin, liar.signers, [*leaves, *liar.noise(more)], liar.at_s)
        proof = consistency_proof(liar.settled, other.checkpoint.size, other.read)
        before = truth_of(ours)
        reply = ask(scene, encode_request(liar.settled, proof, other.note))
        assert reply.status == 422
        assert truth_of(ours) == before
        assert trouble_with(ours, "cert-a.example") == "SplitView"
    assert kept_evidence(ours)


def test_no_interleaving_of_requests_rolls_a_witness_back(scene: World, liar: LyingParty) -> None:
    """Requests for every size, in every order, again and again: the record only grows, and repeats change nothing."""
    ours = scene.nodes["cert-b"]
    branch = Branch(liar.node.origin, liar.signers, [*liar.leaves, *liar.noise(12)], liar.at_s)
    notes = {
        size: Branch(liar.node.origin, liar.signers, branch.leaves[:size], liar.at_s).note
        for size in range(liar.settled, liar.settled + 13)
    }
    dice = random.Random(11)
    last = liar.settled
    for _ in range(150):
        old, new = dice.choice(list(notes)), dice.choice(list(notes))
        proof = consistency_proof(old, new, branch.read) if old <= new else ()
        reply = ask(scene, encode_request(old, proof, notes[new]))
        with ours.store.reading() as connection:
            row = read_witnessed(connection, "cert-a.example")
        assert row is not None
        assert row[0] >= last
        assert (reply.status == 200) == (old == last and new >= last)
        last = row[0]
    require_sound(ours)


def test_strangers_who_ask_for_cosignatures_hold_up_nobody(scene: World, liar: LyingParty) -> None:
    """What is refused is refused from a snapshot: while a write is going on, a stranger's answer does not wait for it."""
    ours = scene.nodes["cert-b"]
    answers: list[int] = []

    stranger = [signer_from_seed("nobody.example", KeyKind.ED25519, bytes(32))]
    unknown = sign_checkpoint(Checkpoint("nobody.example", 0, EMPTY_ROOT), stranger, at_s=1_790_000_000)

    def busy(_: object) -> None:
        answers.append(ask(scene, encode_request(0, (), unknown)).status)
        answers.append(ask(scene, encode_request(1, (), liar.leaves[0])).status)

    ours.store.write(scene.clock(), busy)
    assert answers == [404, 400]
