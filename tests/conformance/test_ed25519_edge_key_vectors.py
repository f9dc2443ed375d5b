"""Ed25519 keys and signatures at the edges, in the manner of Wycheproof and the "speccheck" study.

With a key of small order one signature fits any message, so that its holder can deny everything; OpenSSL accepts such
keys. A key outside the main subgroup, or written in another way than the canonical one, gives verifiers that disagree.
"""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_is_valid_point,
    crypto_core_ed25519_scalar_reduce,
)

from detente.errors import BadSignature, InvalidStatement
from detente.tlog.note import (
    KeyKind,
    VerifierKey,
    key_id_of,
    parse_vkey,
    sign_note,
    signer_from_seed,
    verifier_key,
)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493


def _encoded(y: int, sign: int = 0) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


# y of the two pairs of points of order 8.
Y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
Y8_OTHER = P - Y8

SMALL_ORDER = {
    "order 1, the identity": _encoded(1),
    "order 2": _encoded(P - 1),
    "order 4": _encoded(0),
    "order 4, other sign": _encoded(0, 1),
    "order 8, first": _encoded(Y8),
    "order 8, second": _encoded(Y8, 1),
    "order 8, third": _encoded(Y8_OTHER),
    "order 8, fourth": _encoded(Y8_OTHER, 1),
}
NON_CANONICAL = {
    "the identity with a sign": _encoded(1, 1),
    "order 2 with a sign": _encoded(P - 1, 1),
    "y = p": _encoded(P),
    "y = p with a sign": _encoded(P, 1),
    "y = p + 1": _encoded(P + 1),
    "y = p + 1 with a sign": _encoded(P + 1, 1),
    **{f"y = p + {n}": _encoded(P + n) for n in range(2, 19)},
    "all ones": b"\xff" * 32,
}
# y for which no x exists.
NOT_ON_THE_CURVE = {f"y = {y}": _encoded(y) for y in (2, 7, 8, 12)}

GOOD = signer_from_seed("example.com/log", KeyKind.ED25519, bytes(range(32)))
MIXED_ORDER = {
    f"a good key plus a point of {name}": crypto_core_ed25519_add(GOOD.verifier.public, point)
    for name, point in SMALL_ORDER.items()
    if not name.startswith("order 1")
}
BAD_KEYS = SMALL_ORDER | NON_CANONICAL | NOT_ON_THE_CURVE | MIXED_ORDER


def test_the_small_points_are_what_they_are_called() -> None:
    def times(point: bytes, count: int) -> bytes:
        total = _encoded(1)
        for _ in range(count):
            total = crypto_core_ed25519_add(total, point)
        return total

    for name, point in SMALL_ORDER.items():
        order = int(name.split()[1].rstrip(","))
        multiples = [times(point, count) for count in range(1, order + 1)]
        assert multiples[-1] == _encoded(1)
        assert _encoded(1) not in multiples[:-1]


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.ED25519_COSIGNATURE])
@pytest.mark.parametrize("name", list(BAD_KEYS))
def test_a_key_that_proves_nothing_is_refused_at_enrolment(name: str, kind: KeyKind) -> None:
    public = BAD_KEYS[name]
    with pytest.raises(InvalidStatement, match="canonical form and of prime order"):
        verifier_key("example.com/log", kind, public)
    bare = VerifierKey("example.com/log", key_id_of("example.com/log", kind, public), kind, public)
    with pytest.raises(InvalidStatement, match="canonical form and of prime order"):
        parse_vkey(bare.vkey)


@pytest.mark.parametrize("name", list(SMALL_ORDER))
def test_a_signature_that_fits_any_message_does_not_verify_even_if_such_a_key_were_enrolled(name: str) -> None:
    public = SMALL_ORDER[name]
    key = VerifierKey("example.com/log", b"abcd", KeyKind.ED25519, public)
    fits_all = 0
    for point in SMALL_ORDER.values():
        signature = point + bytes(32)
        for number in range(8):
            message = b"message %d" % number
            with pytest.raises(BadSignature):
                key.verify(message, signature)
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
                fits_all += 1
            except (InvalidSignature, ValueError):
                continue
    if name == "order 1, the identity":
        # The reason for libsodium's rule: to OpenSSL this signature fits every message, R being the identity too.
        assert fits_all >= 8


def test_a_signature_has_one_form_only() -> None:
    message = b"message"
    signature = GOOD.sign(message)
    GOOD.verifier.verify(message, signature)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    for other in (s + L, s + 2 * L, s + 8 * L, L - s, 0, L, 2**253, 2**256 - 1):
        if other < 2**256:
            with pytest.raises(BadSignature):
                GOOD.verifier.verify(message, r + other.to_bytes(32, "little"))
    for point in (*SMALL_ORDER.values(), *NON_CANONICAL.values()):
        with pytest.raises(BadSignature):
            GOOD.verifier.verify(message, point + signature[32:])
        with pytest.raises(BadSignature):
            GOOD.verifier.verify(message, _moved(r, point) + signature[32:])


def _moved(r: bytes, point: bytes) -> bytes:
    """R moved by a small point, or the bare point where the sum is not defined or is R itself."""
    if point in SMALL_ORDER.values() and point != _encoded(1):
        return crypto_core_ed25519_add(r, point)
    return point


def test_every_bit_of_a_signature_counts() -> None:
    message = b"message"
    signature = GOOD.sign(message)
    for bit in range(512):
        changed = (int.from_bytes(signature, "big") ^ (1 << bit)).to_bytes(64, "big")
        with pytest.raises(BadSignature):
            GOOD.verifier.verify(message, changed)


def test_the_private_keys_that_rfc_8032_prints_give_the_printed_public_keys_and_signatures() -> None:
    vectors = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                "d25bf5f0595bbe24655141438e7a100b"
            ),
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                "387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
    ]
    for seed, public, message, signature in vectors:
        key = signer_from_seed("example.com/log", KeyKind.ED25519, bytes.fromhex(seed))
        assert key.verifier.public.hex() == public
        assert key.sign(bytes.fromhex(message)).hex() == signature
        key.verifier.verify(bytes.fromhex(message), bytes.fromhex(signature))


def test_a_good_key_passes_every_check_that_the_bad_ones_fail() -> None:
    for number in range(50):
        seed = crypto_core_ed25519_scalar_reduce(number.to_bytes(64, "little"))
        key = signer_from_seed("example.com/log", KeyKind.ED25519, seed)
        assert crypto_core_ed25519_is_valid_point(key.verifier.public)
        assert parse_vkey(key.verifier.vkey) == key.verifier
        assert sign_note("text\n", [key])
