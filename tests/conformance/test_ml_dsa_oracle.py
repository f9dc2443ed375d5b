"""ML-DSA-44 keys and cosignatures beside `dilithium-py`, an implementation of FIPS 204 in plain Python.

The message is written here a second time, from the words of c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

import struct
from typing import Any

import pytest
from dilithium_py.ml_dsa import ML_DSA_44  # type: ignore[import-untyped]  # it ships no py.typed
from tests.unit.tlog.memory_log import MemoryLog

from detente.errors import BadSignature
from detente.tlog.checkpoint import cosign, verify_checkpoint, verify_cosignature, with_signatures
from detente.tlog.note import KeyKind, Signature, signer_from_seed

ORACLE: Any = ML_DSA_44
SEED = bytes(range(32))
WITNESS = signer_from_seed("witness.example/w1", KeyKind.ML_DSA_44, SEED)
LOG = MemoryLog("b.example/log").append(5)
AT_S = 1_679_315_147


def _vector(text: bytes) -> bytes:
    return struct.pack(">B", len(text)) + text


def _message(*, name: bytes = b"witness.example/w1", at_s: int = AT_S, start: int = 0, end: int = 5) -> bytes:
    return (
        b"subtree/v1\n\0"
        + _vector(name)
        + struct.pack(">Q", at_s)
        + _vector(b"b.example/log")
        + struct.pack(">QQ", start, end)
        + LOG.checkpoint().root
    )


def test_a_seed_gives_the_same_public_key_there() -> None:
    public, _ = ORACLE.key_derive(SEED)
    assert public == WITNESS.verifier.public


def test_our_cosignature_verifies_there() -> None:
    [line] = cosign(LOG.checkpoint(), [WITNESS], at_s=AT_S)
    at_s, signature = struct.unpack(">Q2420s", line.value)
    assert at_s == AT_S
    assert ORACLE.verify(WITNESS.verifier.public, _message(), signature)
    assert not ORACLE.verify(WITNESS.verifier.public, _message(end=6), signature)


def test_a_cosignature_from_there_verifies_with_us() -> None:
    _, secret = ORACLE.key_derive(SEED)
    value = struct.pack(">Q", AT_S) + ORACLE.sign(secret, _message(), deterministic=True)
    line = Signature(WITNESS.verifier.name, WITNESS.verifier.key_id, value)
    assert verify_cosignature(LOG.checkpoint(), WITNESS.verifier, line).at_s == AT_S
    verified = verify_checkpoint(
        with_signatures(LOG.note(), [line]), origin=LOG.origin, log_keys=LOG.keys, witnesses=[WITNESS.verifier]
    )
    assert [cosignature.at_s for cosignature in verified.cosignatures] == [AT_S]


@pytest.mark.parametrize(
    "message",
    [
        _message(name=b"witness.example/w2"),
        _message(at_s=AT_S + 1),
        _message(start=1),
        _message(end=4),
        _message()[:-1],
        _message().replace(b"\0", b"", 1),
    ],
)
def test_a_signature_over_any_other_message_is_refused(message: bytes) -> None:
    line = Signature(WITNESS.verifier.name, WITNESS.verifier.key_id, struct.pack(">Q", AT_S) + WITNESS.sign(message))
    with pytest.raises(BadSignature):
        verify_cosignature(LOG.checkpoint(), WITNESS.verifier, line)
