"""Law: whatever bytes arrive, a parser of the log formats raises our exceptions only; what it accepts, it can spell."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.tlog.memory_log import MemoryLog, signer

from detente.errors import DetenteError
from detente.tlog import checkpoint, note, policy, proof, tiles, trusted, witness
from detente.tlog.note import KeyKind

LOG = MemoryLog(kinds=(KeyKind.ED25519,)).append(9)
LIE = LOG.fork(3).append(9, "other")
WITNESS = signer("w.example", KeyKind.ED25519_COSIGNATURE, 1)
NOTE = checkpoint.with_signatures(LOG.note(), checkpoint.cosign(LOG.checkpoint(), [WITNESS], at_s=1))
RECEIPT = proof.Receipt(6, LOG.inclusion(6), NOTE, b"extra").encode()
EVIDENCE = trusted.make_evidence(LOG.keys, LOG.note(7), LIE.note(12), LIE.consistency(7, 12))
REQUEST = witness.encode_request(5, LOG.consistency(5), NOTE)
POLICY = f"# one\nlog {LOG.keys[0].vkey}\nwitness W {WITNESS.verifier.vkey} https://w\ngroup G 1 W\nquorum G\n".encode()
VKEY = LOG.keys[0].vkey.encode()
BUNDLE = tiles.encode_bundle([b"one", b"", b"three"])
PATHS = b"tile/0/x001/x234/067.p/5"


def _note(data: bytes) -> None:
    assert note.parse_note(data).encode() == data


def _checkpoint(data: bytes) -> None:
    text = note.parse_note(data).text
    assert checkpoint.parse_checkpoint(text).text == text


def _verify(data: bytes) -> None:
    verified = checkpoint.verify_checkpoint(data, origin=LOG.origin, log_keys=LOG.keys, witnesses=[WITNESS.verifier])
    assert verified.checkpoint == LOG.checkpoint()


def _vkey(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    assert note.parse_vkey(text).vkey == text


def _receipt(data: bytes) -> None:
    assert proof.parse_receipt(data).encode() == data


def _policy(data: bytes) -> None:
    policy.parse_policy(data).satisfied_by([])


def _evidence(data: bytes) -> None:
    assert trusted.verify_evidence(data) == trusted.verify_evidence(EVIDENCE)


def _request(data: bytes) -> None:
    request = witness.parse_request(data)
    assert witness.encode_request(request.old_size, request.proof, request.note) == data


def _decide(data: bytes) -> None:
    state = witness.WitnessState(5, LOG.checkpoint(5).root, 1, LOG.note(5))
    decision = witness.decide(data, known={LOG.origin: (LOG.keys, state)}, signers=[WITNESS], at_s=2)
    assert decision.status in (200, 400, 403, 404, 409, 422)
    if decision.status == 200:
        assert decision.new_state is not None
        assert decision.new_state.root == LOG.checkpoint().root


def _cosignatures(data: bytes) -> None:
    for line in witness.parse_cosignatures(data, LOG.checkpoint(), [WITNESS.verifier]):
        checkpoint.verify_cosignature(LOG.checkpoint(), WITNESS.verifier, line)


def _bundle(data: bytes) -> None:
    for width in (1, 2, 3, 256):
        with suppress(DetenteError):
            assert tiles.encode_bundle(tiles.parse_bundle(data, width)) == data


def _path(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    parsed = tiles.parse_path(text)
    if isinstance(parsed, tiles.Tile):
        assert tiles.tile_path(parsed) == text
    else:
        assert tiles.bundle_path(parsed.index, parsed.width) == text


def _size(data: bytes) -> None:
    assert b"%d\n" % witness.parse_size(data) == data


CASES: list[tuple[Callable[[bytes], None], bytes]] = [
    (_note, NOTE),
    (_checkpoint, NOTE),
    (_verify, NOTE),
    (_vkey, VKEY),
    (_receipt, RECEIPT),
    (_policy, POLICY),
    (_evidence, EVIDENCE),
    (_request, REQUEST),
    (_decide, REQUEST),
    (_cosignatures, NOTE.split(b"\n\n")[1]),
    (_bundle, BUNDLE),
    (_path, PATHS),
    (_size, b"20852163\n"),
]

# What breaks parsers of these formats when it stands in the wrong place.
SPLINTERS = [
    b"\n",
    b"\n\n",
    b" ",
    b"+",
    b"=",
    b"0",
    b"-1",
    b"\xe2\x80\x94 ",
    b"\xff",
    b"\x00",
    b"\r",
    b"9" * 30,
    b"A" * 44,
]


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(changed)))
        length = draw(st.integers(0, 3))
        changed[at : at + length] = draw(st.one_of(st.sampled_from(SPLINTERS), st.binary(max_size=3)))
    return bytes(changed)


@settings(max_examples=60)
@given(st.data())
def test_damaged_bytes_raise_our_exceptions_or_parse_to_what_they_spell(data: st.DataObject) -> None:
    for parse, right in CASES:
        with suppress(DetenteError):
            parse(data.draw(damaged(right)))


@settings(max_examples=40)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_our_exceptions(data: bytes) -> None:
    for parse, _ in CASES:
        with suppress(DetenteError):
            parse(data)


def test_the_undamaged_bytes_parse() -> None:
    for parse, right in CASES:
        parse(right)
