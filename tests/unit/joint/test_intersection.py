"""The mathematics of a private intersection, without a node."""

from __future__ import annotations

import hashlib
import random

import pytest
from nacl.bindings import crypto_scalarmult_ed25519_noclamp

from detente.errors import BadProof, DetenteError, InvalidStatement, MalformedReply
from detente.joint import intersection as psi

SESSION = hashlib.sha256(b"session").digest()


def side(items: list[bytes], seed: int = 1, session: bytes = SESSION) -> psi.Blinded:
    return psi.blind(items, session, random.Random(seed).randbytes(psi.random_bytes_needed(len(items))))


def items(*numbers: int) -> list[bytes]:
    return [b"ipv4 192.0.2.%d" % number for number in numbers]


def run(ours: list[bytes], theirs: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """A whole session; what each side learns."""
    a, b = side(ours, 1), side(theirs, 2)
    at_b, proof_b = psi.again(b, a.key, a.points, random.Random(3).randbytes(64))
    psi.verify_again(a, b.key, at_b, proof_b)
    at_a, proof_a = psi.again(a, b.key, b.points, random.Random(4).randbytes(64))
    psi.verify_again(b, a.key, at_a, proof_a)
    return psi.common(a, at_b, at_a), psi.common(b, at_a, at_b)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [((), ()), ((1,), ()), ((1,), (1,)), ((1, 2, 3), (3, 4)), (tuple(range(70)), (5, 69, 200)), ((1, 2), (3, 4))],
)
def test_both_sides_learn_exactly_what_both_have(ours: tuple[int, ...], theirs: tuple[int, ...]) -> None:
    wanted = sorted(items(*(set(ours) & set(theirs))))
    assert run(items(*ours), items(*theirs)) == (wanted, wanted)


def test_the_number_of_points_tells_no_more_than_the_bucket() -> None:
    assert [psi.bucket(n) for n in (0, 1, 64, 65, 128, 129, 8192)] == [64, 64, 64, 128, 128, 256, 8192]
    assert len(side(items(1)).points) == len(side(items(*range(64))).points) == 64
    with pytest.raises(InvalidStatement, match="at most 8192"):
        psi.bucket(8193)


def test_whoever_knows_the_items_finds_none_of_them_among_the_points() -> None:
    """The dictionary attack: hash every address of the network, with and without the session, and look for its point."""
    a = side(items(*range(10)))
    sent = {*a.points, a.key}
    for number in range(256):
        (item,) = items(number)
        assert psi.item_point(SESSION, item) not in sent
        assert psi.item_point(bytes(32), item) not in sent
        assert hashlib.sha256(item).digest() not in sent


def test_the_points_of_one_item_differ_from_session_to_session_and_from_party_to_party() -> None:
    seen = [set(side(items(1), seed, session).items) for seed, session in ((1, SESSION), (2, SESSION), (1, bytes(32)))]
    assert all(one.isdisjoint(other) for i, one in enumerate(seen) for other in seen[:i])


def test_a_padding_point_that_was_sent_back_is_no_item() -> None:
    a, b = side([], 1), side([], 1)  # the same padding on both sides, as with a broken source of randomness
    at_b, _ = psi.again(b, a.key, a.points, bytes(63) + b"\1")
    at_a, _ = psi.again(a, b.key, b.points, bytes(63) + b"\1")
    assert set(at_a) == set(at_b)
    assert psi.common(a, at_b, at_a) == []


def test_a_reordered_answer_and_one_with_another_scalar_are_refused() -> None:
    a, b, other = side(items(1, 2), 1), side(items(2), 2), side(items(2), 5)
    at_b, proof = psi.again(b, a.key, a.points, random.Random(3).randbytes(64))
    psi.verify_again(a, b.key, at_b, proof)
    elsewhere, other_proof = psi.again(other, a.key, a.points, random.Random(3).randbytes(64))
    mixed = (*at_b[:-1], crypto_scalarmult_ed25519_noclamp(other.scalar, a.points[-1]))
    for results, shown, key in (
        ((at_b[1], at_b[0], *at_b[2:]), proof, b.key),
        (mixed, proof, b.key),
        (elsewhere, other_proof, b.key),
        (elsewhere, proof, other.key),
        (at_b[:-1], proof, b.key),
        (at_b, proof[:-1] + bytes([proof[-1] ^ 1]), b.key),
        (at_b, proof[:32], b.key),
        (at_b, bytes(64), b.key),
    ):
        with pytest.raises(BadProof):
            psi.verify_again(a, key, results, shown)


def test_what_is_no_set_of_points_is_refused() -> None:
    a, b = side(items(1), 1), side(items(2), 2)
    identity = b"\1" + bytes(31)
    small = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    for points in (
        a.points[:-1],
        (*a.points[:-1], a.points[0]),
        (*a.points[:-1], identity),
        (*a.points[:-1], small),
        (*a.points[:-1], b"\xff" * 32),
        (*a.points[:-1], b"short"),
        (),
    ):
        with pytest.raises(BadProof):
            psi.again(b, a.key, points, random.Random(3).randbytes(64))
    with pytest.raises(BadProof):
        psi.again(b, identity, a.points, random.Random(3).randbytes(64))


def test_a_session_goes_on_from_what_was_kept() -> None:
    a = side(items(1, 2, 3))
    assert psi.reopen(SESSION, a.scalar, a.points, items(1, 2, 3)) == a
    with pytest.raises(InvalidStatement, match="does not fit"):
        psi.reopen(SESSION, a.scalar, a.points, items(1, 2, 4))


def test_items_stand_once_and_are_bounded() -> None:
    for bad in ([b"x", b"x"], [b""], [b"x" * 9001]):
        with pytest.raises(InvalidStatement, match="distinct"):
            side(bad)
    with pytest.raises(ValueError, match="random"):
        psi.blind([b"x"], SESSION, bytes(10))


def test_points_travel_as_text_in_one_spelling() -> None:
    points = side(items(1)).points
    assert psi.unpack(psi.pack(points)) == points
    text = psi.pack(points[:1])
    for bad in (text[:-1], text + "A", text[:-1] + "!", text[:-1] + "é", text[:-1] + chr(ord(text[-1]) + 1), "=" * 43):
        with pytest.raises(DetenteError):
            psi.unpack(bad)
    with pytest.raises(MalformedReply):
        psi.unpack("A" * 43 * 8193)
