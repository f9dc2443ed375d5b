"""Private intersection: two parties learn which items both have, and of the others how many there are at most.

Method: Diffie-Hellman private set intersection (Meadows 1986; Huberman, Franklin & Hogg 1999) over the prime-order group of Ed25519, with
libsodium through PyNaCl. An item is hashed to a point by two Elligator maps added (the shape of hash_to_curve in RFC 9380, section 3);
each party multiplies by a secret scalar of its own, drawn for one session:

    A -> B  offer    aG, { a·H(x) }                     sorted, padded with random points to a bucket
    B -> A  answer   bG, { b·H(y) }, [ b·(a·H(x)) ]     the last in the order of the offer, with a proof
    A -> B  result   [ a·(b·H(y)) ]                     in the order of the answer, with a proof

Both compare the twice-multiplied points: equal points mean equal items. The proofs (Chaum-Pedersen over a random combination, as in
RFC 9497, section 2.2) show that one scalar, that of aG or bG, was used for every point, in order.

Nobody can prove that a party put its true items in, and whoever got the answer may fail to send the result: "semi-honest" means that
both are assumed to put in what they say and to go on to the end. docs/joint.md says what a party that does not could learn.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_from_uniform,
    crypto_core_ed25519_is_valid_point,
    crypto_core_ed25519_scalar_mul,
    crypto_core_ed25519_scalar_reduce,
    crypto_core_ed25519_scalar_sub,
    crypto_scalarmult_ed25519_base_noclamp,
    crypto_scalarmult_ed25519_noclamp,
)
from nacl.exceptions import RuntimeError as SodiumError

from detente.errors import BadProof, InvalidStatement, MalformedReply

SESSION_BYTES = 32
SCALAR_SEED_BYTES = 64
POINT_BYTES = 32
POINT_CHARACTERS = 43
PROOF_BYTES = 64
BUCKET_MIN = 64
ITEMS_MAX = 8192
ITEM_BYTES_MAX = 9000

_DOMAIN = b"detente/intersection/v1/"


@dataclass(frozen=True, slots=True)
class Blinded:
    """One party's side of a session: what it sends (`key`, `points`), and what it must keep to itself (`scalar`, `items`).

    `items`: each item by the point that stands for it; padding points stand for none.
    """

    session: bytes
    scalar: bytes
    key: bytes
    points: tuple[bytes, ...]
    items: Mapping[bytes, bytes]


def bucket(count: int) -> int:
    """How many points stand for `count` items: the next power of two from 64 on, so that this is all that is told of the size."""
    if count > ITEMS_MAX:
        raise InvalidStatement(
            f"an intersection takes at most {ITEMS_MAX} items at once; this set has {count}. Split it"
        )
    size = BUCKET_MIN
    while size < count:
        size *= 2
    return size


def random_bytes_needed(count: int) -> int:
    """How many random bytes `blind` takes for `count` items."""
    return SCALAR_SEED_BYTES + (bucket(count) - count) * 2 * POINT_BYTES


def blind(items: Sequence[bytes], session: bytes, randomness: bytes) -> Blinded:
    """Our set as points nobody can read. `items`: distinct normal forms; `randomness`: fresh bytes, `random_bytes_needed` of them.

    Raises InvalidStatement for a set that is too large, an item twice, or one that is too long.
    """
    if len(session) != SESSION_BYTES or len(randomness) != random_bytes_needed(len(items)):
        raise ValueError("blind needs a session of 32 bytes and as many random bytes as random_bytes_needed says")
    if len(set(items)) != len(items) or any(not 0 < len(item) <= ITEM_BYTES_MAX for item in items):
        raise InvalidStatement(f"items are distinct and have 1 to {ITEM_BYTES_MAX} bytes")
    scalar = crypto_core_ed25519_scalar_reduce(randomness[:SCALAR_SEED_BYTES])
    by_point = {_times(scalar, item_point(session, item)): item for item in items}
    fill = randomness[SCALAR_SEED_BYTES:]
    padding = [_point_from(fill[i : i + 2 * POINT_BYTES]) for i in range(0, len(fill), 2 * POINT_BYTES)]
    points = tuple(sorted((*by_point, *padding)))
    return Blinded(session, scalar, crypto_scalarmult_ed25519_base_noclamp(scalar), points, by_point)


def reopen(session: bytes, scalar: bytes, points: Sequence[bytes], items: Sequence[bytes]) -> Blinded:
    """Our side of a session that was begun earlier, from what was kept to ourselves and the points that were sent."""
    by_point = {_times(scalar, item_point(session, item)): item for item in items}
    if not by_point.keys() <= set(points):
        raise InvalidStatement("what was kept of this intersection does not fit what was sent; begin a new one")
    return Blinded(session, scalar, crypto_scalarmult_ed25519_base_noclamp(scalar), tuple(points), by_point)


def item_point(session: bytes, item: bytes) -> bytes:
    """The point of an item in this session: nobody knows its logarithm, and nobody can compute the item from it but by trying."""
    return _point_from(hashlib.sha512(_DOMAIN + b"item\x00" + session + item).digest())


def again(
    own: Blinded, their_key: bytes, their_points: Sequence[bytes], nonce: bytes
) -> tuple[tuple[bytes, ...], bytes]:
    """Their points multiplied by our scalar, in their order, and the proof. `nonce`: 64 fresh random bytes.

    Raises BadProof for what is no set of points: too many, too few, twice the same, or off the group.
    """
    require_points(their_key, their_points)
    results = tuple(_times(own.scalar, point) for point in their_points)
    combined, product = _combination(own.session, own.key, their_points, results)
    secret = crypto_core_ed25519_scalar_reduce(nonce)
    challenge = _challenge(
        own.key,
        combined,
        product,
        crypto_scalarmult_ed25519_base_noclamp(secret),
        _times(secret, combined),
    )
    response = crypto_core_ed25519_scalar_sub(secret, crypto_core_ed25519_scalar_mul(challenge, own.scalar))
    return results, challenge + response


def verify_again(own: Blinded, their_key: bytes, results: Sequence[bytes], proof: bytes) -> None:
    """That `results` are our points, in order, multiplied by the scalar behind `their_key`. Raises BadProof."""
    if len(results) != len(own.points) or len(proof) != PROOF_BYTES:
        raise BadProof(f"an intersection: expected {len(own.points)} points and a proof of {PROOF_BYTES} bytes")
    require_points(their_key, results)
    combined, product = _combination(own.session, their_key, own.points, results)
    challenge, response = proof[:POINT_BYTES], proof[POINT_BYTES:]
    try:
        first = crypto_core_ed25519_add(
            crypto_scalarmult_ed25519_base_noclamp(response), crypto_scalarmult_ed25519_noclamp(challenge, their_key)
        )
        second = crypto_core_ed25519_add(_times(response, combined), _times(challenge, product))
    except (SodiumError, TypeError, ValueError):
        first = second = b""
    if not first or _challenge(their_key, combined, product, first, second) != challenge:
        raise BadProof("an intersection: the proof does not show that one scalar was used for every point, in order")


def common(own: Blinded, results: Sequence[bytes], their_points_again: Sequence[bytes]) -> list[bytes]:
    """The items that both have, sorted. `results`: our points multiplied by them; `their_points_again`: theirs multiplied by us."""
    theirs = set(their_points_again)
    return sorted(
        own.items[point]
        for point, result in zip(own.points, results, strict=True)
        if point in own.items and result in theirs
    )


def require_points(key: bytes, points: Sequence[bytes]) -> None:
    """Raises BadProof unless key and points are canonical, of prime order and distinct, and fill a bucket."""
    if len(points) > ITEMS_MAX or len(points) != bucket(len(points)):
        raise BadProof(f"an intersection: {len(points)} points fill no bucket of {BUCKET_MIN} to {ITEMS_MAX}")
    if len(set(points)) != len(points):
        raise BadProof("an intersection: one point stands twice in a set")
    for point in (key, *points):
        if len(point) != POINT_BYTES or not crypto_core_ed25519_is_valid_point(point):
            raise BadProof("an intersection: a point is not in the group of prime order, or not in canonical form")


def pack(points: Sequence[bytes]) -> str:
    """Points as one text: 43 characters of unpadded base64url each."""
    return "".join(base64.urlsafe_b64encode(point)[:POINT_CHARACTERS].decode() for point in points)


def unpack(text: str) -> tuple[bytes, ...]:
    """The inverse of `pack`. Raises MalformedReply for another length, alphabet or spelling."""
    if len(text) % POINT_CHARACTERS or len(text) > ITEMS_MAX * POINT_CHARACTERS:
        raise MalformedReply(f"points are a text of {POINT_CHARACTERS} characters each, at most {ITEMS_MAX} of them")
    points = []
    for at in range(0, len(text), POINT_CHARACTERS):
        part = text[at : at + POINT_CHARACTERS]
        try:
            point = base64.b64decode(part.encode("ascii") + b"=", altchars=b"-_", validate=True)
        except ValueError:
            point = b""
        if len(point) != POINT_BYTES or pack((point,)) != part:
            raise MalformedReply("a point is 32 bytes of unpadded base64url, with no bit left over")
        points.append(point)
    return tuple(points)


def _combination(session: bytes, key: bytes, points: Sequence[bytes], results: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Σ dᵢ·pointᵢ and Σ dᵢ·resultᵢ, with weights that depend on everything: one wrong result changes the second and not the first."""
    seed = hashlib.sha512(b"".join((_DOMAIN, b"weights\x00", session, key, *points, *results))).digest()
    combined = product = b""
    for position, (point, result) in enumerate(zip(points, results, strict=True)):
        weight = crypto_core_ed25519_scalar_reduce(hashlib.sha512(seed + position.to_bytes(4, "big")).digest())
        one, other = _times(weight, point), _times(weight, result)
        combined = crypto_core_ed25519_add(combined, one) if combined else one
        product = crypto_core_ed25519_add(product, other) if product else other
    return combined, product


def _challenge(key: bytes, combined: bytes, product: bytes, first: bytes, second: bytes) -> bytes:
    transcript = b"".join((_DOMAIN, b"proof\x00", key, combined, product, first, second))
    return crypto_core_ed25519_scalar_reduce(hashlib.sha512(transcript).digest())


def _point_from(uniform: bytes) -> bytes:
    return crypto_core_ed25519_add(
        crypto_core_ed25519_from_uniform(uniform[:POINT_BYTES]), crypto_core_ed25519_from_uniform(uniform[POINT_BYTES:])
    )


def _times(scalar: bytes, point: bytes) -> bytes:
    try:
        return crypto_scalarmult_ed25519_noclamp(scalar, point)
    except SodiumError:
        raise BadProof("an intersection: a point or a scalar gives nothing in the group") from None
