"""C2SP signed notes: text, an empty line, signature lines.

Specification: c2sp.org/signed-note, all of it for the signature types 01 (Ed25519), 04 (Ed25519 cosignature) and 06
(ML-DSA-44 cosignature); what a 04 or 06 signature is made over is in `detente.tlog.checkpoint`.

Stricter than the text: at most 100 signatures and 1 MiB; base64 has one spelling; a key id is always the one that the
specification recommends; Ed25519 keys of small or mixed order, or not in canonical form, are no keys, and Ed25519
signatures are verified with libsodium's rule, because OpenSSL accepts small-order keys, with which one signature fits
any message; every line of a known key is verified, also the second one of the same key.

The verifier key and the note that it verifies, from the specification:

    example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import CryptoError

from detente.errors import BadSignature, InvalidStatement, MalformedReply, UnknownKey
from detente.tlog.ascii import base64_text, parse_base64

SIGNATURES_MAX = 100
NOTE_BYTES_MAX = 1 << 20
SEED_BYTES = 32
KEY_ID_BYTES = 4

# Unicode White_Space, written out: `str.isspace` adds U+001C to U+001F, and its table moves with the Python version.
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_KEY_NAME = re.compile(f"[^+\\x00-\\x1f{_SPACES}]+")
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_VKEY_ID = re.compile(r"[0-9a-f]{8}")

# The NUL keeps this apart from every signed note and Ed25519 cosignature, the first word from ML-DSA cosignatures.
_POSSESSION = b"detente/possession/v1\n\x00"


class KeyKind(IntEnum):
    """The signature type byte. Logs sign with 01 and 06, witnesses with 04 and 06."""

    ED25519 = 1
    ED25519_COSIGNATURE = 4
    ML_DSA_44 = 6


PUBLIC_KEY_BYTES = {KeyKind.ED25519: 32, KeyKind.ED25519_COSIGNATURE: 32, KeyKind.ML_DSA_44: 1312}
SIGNATURE_BYTES = {KeyKind.ED25519: 64, KeyKind.ED25519_COSIGNATURE: 64, KeyKind.ML_DSA_44: 2420}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name. Make it with `parse_vkey` or `verifier_key`, which refuse bad keys."""

    name: str
    key_id: bytes
    kind: KeyKind
    public: bytes

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64_text(bytes([self.kind]) + self.public)}"

    def verify(self, message: bytes, signature: bytes) -> None:
        """Check the bare 64 or 2,420 signature bytes over exactly these bytes. Raises BadSignature."""
        if len(signature) != SIGNATURE_BYTES[self.kind]:
            raise BadSignature(
                f"signature by {self.name}+{self.key_id.hex()}: expected {SIGNATURE_BYTES[self.kind]} bytes, "
                f"got {len(signature)}",
                party=self.name,
            )
        try:
            if self.kind is KeyKind.ML_DSA_44:
                _ml_dsa_public(self.public).verify(signature, message)
            else:
                crypto_sign_open(signature + message, self.public)
        except (CryptoError, InvalidSignature):
            raise BadSignature(
                f"signature by {self.name}+{self.key_id.hex()} does not verify", party=self.name
            ) from None


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A private key: 32 seed bytes of either kind. Its text form shows the verifier key only."""

    verifier: VerifierKey
    secret: bytes = field(repr=False)
    # Loading an ML-DSA-44 key costs as much as verifying with it, so the loaded key stays here.
    _private: Ed25519PrivateKey | MLDSA44PrivateKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        private = _load_private(self.verifier.kind, self.secret)
        if private.public_key().public_bytes_raw() != self.verifier.public:
            raise InvalidStatement(f"the private key does not belong to {self.verifier.name}")
        object.__setattr__(self, "_private", private)

    def sign(self, message: bytes) -> bytes:
        """The bare signature over exactly these bytes. ML-DSA-44 signatures of one message differ: they are hedged."""
        return self._private.sign(message)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; `value` is what follows the key id."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        return f"— {self.name} {base64_text(self.key_id + self.value)}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note that parsed; nothing about it is verified. `text` ends in LF."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        return (self.text + "\n" + "".join(signature.line for signature in self.signatures)).encode()


def parse_note(data: bytes) -> SignedNote:
    """Raises MalformedReply. `parse_note(data).encode() == data` whenever it does not."""
    if len(data) > NOTE_BYTES_MAX:
        raise _malformed(f"expected at most {NOTE_BYTES_MAX} bytes, got {len(data)}", data[:NOTE_BYTES_MAX])
    if (control := _CONTROL.search(data)) is not None:
        raise _malformed(f"control character at byte {control.start()}", data)
    split = data.rfind(b"\n\n")
    if split < 0:
        raise _malformed("no empty line between text and signatures", data)
    try:
        text = data[: split + 1].decode("utf-8")
        lines = data[split + 2 :].decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise _malformed(f"not UTF-8: {error.reason}", data) from None
    if lines.pop() != "" or not lines:
        raise _malformed("expected one or more signature lines, each ending in LF", data)
    if len(lines) > SIGNATURES_MAX:
        raise _malformed(f"expected at most {SIGNATURES_MAX} signatures, got {len(lines)}", data)
    return SignedNote(text, tuple(_parse_line(line, data) for line in lines))


def parse_signature_lines(data: bytes) -> tuple[Signature, ...]:
    """Signature lines without a note, as a witness answers them. Raises MalformedReply."""
    if data.startswith(b"\n") or b"\n\n" in data:
        raise _malformed("expected signature lines and no empty line", data)
    return parse_note(b"\n\n" + data).signatures


def sign_note(text: str, signers: Sequence[SignerKey]) -> bytes:
    """A note signed with Ed25519 (01) keys; the other kinds sign checkpoints only. Raises InvalidStatement."""
    if not text.endswith("\n") or not signers or any(s.verifier.kind is not KeyKind.ED25519 for s in signers):
        raise InvalidStatement("a note is text ending in LF and at least one Ed25519 (01) key")
    message = text.encode()
    lines = (Signature(s.verifier.name, s.verifier.key_id, s.sign(message)) for s in signers)
    note = SignedNote(text, tuple(lines))
    if _CONTROL.search(message) is not None:
        raise InvalidStatement("the text of a note has no control character but LF")
    return note.encode()


def open_note(data: bytes, keys: Sequence[VerifierKey]) -> tuple[str, tuple[VerifierKey, ...]]:
    """The text, and which of the Ed25519 (01) `keys` signed it. Raises MalformedReply, BadSignature, UnknownKey."""
    note = parse_note(data)
    message = note.text.encode()
    verified: dict[VerifierKey, None] = {}
    for key, signature in known_signatures(note, keys):
        if key.kind is not KeyKind.ED25519:
            raise InvalidStatement(f"{key.name}: a key of kind {key.kind:02x} signs checkpoints, not any text")
        key.verify(message, signature.value)
        verified[key] = None
    if not verified:
        raise UnknownKey("no signature by a known key", evidence=data)
    return note.text, tuple(verified)


def known_signatures(note: SignedNote, keys: Sequence[VerifierKey]) -> Iterator[tuple[VerifierKey, Signature]]:
    """The lines whose name AND key id are those of one of `keys`; all other lines are ignored, as the text demands."""
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        other = known.setdefault((key.name, key.key_id), key)
        if other != key:
            raise InvalidStatement(f"two different keys called {key.name}+{key.key_id.hex()}")
    for signature in dict.fromkeys(note.signatures):  # the same line twice is verified once
        found = known.get((signature.name, signature.key_id))
        if found is not None:
            yield found, signature


def key_id_of(name: str, kind: KeyKind, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_BYTES]


def verifier_key(name: str, kind: KeyKind, public: bytes) -> VerifierKey:
    """Refuses names and keys that must not be enrolled. Raises InvalidStatement."""
    if _KEY_NAME.fullmatch(name) is None or not _is_text(name):
        raise InvalidStatement(f"key name {name!r}: expected text without spaces, control characters and '+'")
    if len(public) != PUBLIC_KEY_BYTES[kind]:
        raise InvalidStatement(
            f"key {name}: kind {kind:02x} has {PUBLIC_KEY_BYTES[kind]} public bytes, here are {len(public)}"
        )
    # Canonical form, on the curve, not of small order, in the main subgroup.
    if kind is not KeyKind.ML_DSA_44 and not crypto_core_ed25519_is_valid_point(public):
        raise InvalidStatement(
            f"key {name}: not an Ed25519 key in canonical form and of prime order; with such a key a signature proves "
            "nothing. Ask for a fresh key"
        )
    return VerifierKey(name, key_id_of(name, kind, public), kind, public)


def parse_vkey(text: str) -> VerifierKey:
    """`name+hex key id+base64(kind and public key)`. Raises InvalidStatement: a vkey comes from the operator."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise InvalidStatement(f"verifier key {text[:80]!r}: expected name+hex+base64")
    name, key_id, encoded = parts
    if _VKEY_ID.fullmatch(key_id) is None:
        raise InvalidStatement(f"verifier key {name[:80]!r}: expected 8 lower-case hex digits, got {key_id[:80]!r}")
    material = parse_base64(encoded)
    if not material:
        raise InvalidStatement(f"verifier key {name[:80]!r}: the last part is not standard padded base64")
    try:
        kind = KeyKind(material[0])
    except ValueError:
        raise InvalidStatement(f"verifier key {name[:80]!r}: type {material[0]:02x} is not 01, 04 or 06") from None
    key = verifier_key(name, kind, material[1:])
    if key.key_id.hex() != key_id:
        raise InvalidStatement(f"verifier key {name}: the key id is {key.key_id.hex()}, the text says {key_id}")
    return key


def signer_from_seed(name: str, kind: KeyKind, seed: bytes) -> SignerKey:
    """A private key from 32 random bytes of the caller."""
    public = _load_private(kind, seed).public_key().public_bytes_raw()
    return SignerKey(verifier_key(name, kind, public), seed)


def prove_possession(signer: SignerKey, context: bytes) -> bytes:
    """A signature that shows, at enrolment, that the private key is there; `context` names the occasion."""
    return signer.sign(_possession_message(signer.verifier, context))


def verify_possession(vkey: VerifierKey | str, context: bytes, proof: bytes) -> None:
    """Raises BadSignature, or InvalidStatement when the vkey itself is refused."""
    key = parse_vkey(vkey) if isinstance(vkey, str) else vkey
    key.verify(_possession_message(key, context), proof)


def _possession_message(key: VerifierKey, context: bytes) -> bytes:
    vkey = key.vkey.encode()
    return _POSSESSION + len(vkey).to_bytes(2, "big") + vkey + context


def _parse_line(line: str, data: bytes) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or _KEY_NAME.fullmatch(parts[1]) is None:
        raise _malformed(f"expected '— name base64', got {line[:80]!r}", data)
    value = parse_base64(parts[2])
    if value is None or len(value) <= KEY_ID_BYTES:
        raise _malformed(f"signature of {parts[1]}: expected base64 of a key id and a signature", data)
    return Signature(parts[1], value[:KEY_ID_BYTES], value[KEY_ID_BYTES:])


def _malformed(reason: str, data: bytes) -> MalformedReply:
    return MalformedReply(f"signed note: {reason}", evidence=data)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _load_private(kind: KeyKind, seed: bytes) -> Ed25519PrivateKey | MLDSA44PrivateKey:
    if len(seed) != SEED_BYTES:
        raise InvalidStatement(f"a private key is {SEED_BYTES} seed bytes, here are {len(seed)}")
    if kind is KeyKind.ML_DSA_44:
        return MLDSA44PrivateKey.from_seed_bytes(seed)
    return Ed25519PrivateKey.from_private_bytes(seed)


@lru_cache(maxsize=1024)
def _ml_dsa_public(public: bytes) -> MLDSA44PublicKey:
    return MLDSA44PublicKey.from_public_bytes(public)
