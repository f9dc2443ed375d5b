"""Invitations and fingerprints: nobody enrols a key that they do not hold, and two people can compare what they pinned."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import BadSignature, DetenteError, InvalidObject, InvalidStatement, MalformedReply
from detente.party import (
    Party,
    Role,
    check_name,
    check_origin,
    check_url,
    encode_party,
    fingerprint,
    key_name,
    parse_party,
    read_invitation,
    write_invitation,
)
from detente.stix.canonical import encode
from detente.stix.marking import Tlp
from detente.tlog.note import KeyKind, SignerKey, prove_possession, signer_from_seed

ORIGIN = "cert-a.example"
TOKEN = "t0ken"
KINDS = {
    Role.LOG: (KeyKind.ED25519, KeyKind.ML_DSA_44),
    Role.WITNESS: (KeyKind.ED25519_COSIGNATURE, KeyKind.ML_DSA_44),
    Role.MIRROR: (KeyKind.ED25519_COSIGNATURE, KeyKind.ML_DSA_44),
}


def signers(origin: str = ORIGIN, *, seed: int = 1) -> dict[Role, list[SignerKey]]:
    made: dict[Role, list[SignerKey]] = {}
    for position, (role, kinds) in enumerate(KINDS.items()):
        made[role] = [
            signer_from_seed(key_name(origin, role), kind, bytes([seed, position, number]) + bytes(29))
            for number, kind in enumerate(kinds)
        ]
    return made


def invitation(origin: str = ORIGIN, *, seed: int = 1, title: str = "CERT-A", token: str = TOKEN) -> bytes:
    keys = signers(origin, seed=seed)
    return write_invitation(title=title, origin=origin, url="https://a.test", token=token, signers=keys)


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(invitation())
    change(value)
    return encode(value)


def test_an_invitation_is_read_as_it_was_written() -> None:
    party = read_invitation(invitation())
    assert (party.name, party.title, party.origin, party.url, party.token) == (
        "cert-a",
        "CERT-A",
        ORIGIN,
        "https://a.test",
        TOKEN,
    )
    assert party.keys == {role: tuple(s.verifier for s in keys) for role, keys in signers().items()}
    assert party.log_keys == party.keys[Role.LOG]
    assert set(party.cosigning_keys) == {*party.keys[Role.WITNESS], *party.keys[Role.MIRROR]}
    assert read_invitation(invitation(), name="alice").name == "alice"


MANGLED: dict[str, Callable[[dict[str, Any]], object]] = {
    "another format": lambda v: v.update(invitation="detente/invitation/v2"),
    "no format": lambda v: v.pop("invitation"),
    "another origin": lambda v: v.update(origin="cert-x.example"),
    "an origin with a scheme": lambda v: v.update(origin="https://cert-a.example"),
    "an origin in capitals": lambda v: v.update(origin="CERT-A.example"),
    "another title": lambda v: v.update(title="CERT-B"),
    "a title of two lines": lambda v: v.update(title="CERT-A\nCERT-B"),
    "a title that never ends": lambda v: v.update(title="A" * 301),
    "a title that is a number": lambda v: v.update(title=1),
    "another address": lambda v: v.update(url="https://x.test"),
    "an address that is none": lambda v: v.update(url="file:///etc/passwd"),
    "a token of two lines": lambda v: v.update(token="a\nb"),
    "no keys": lambda v: v.update(keys={}),
    "keys that are a list": lambda v: v.update(keys=[]),
    "no log key": lambda v: v["keys"].update(log=[]),
    "a role that is none": lambda v: v["keys"].update(journal=v["keys"]["log"]),
    "seventeen keys": lambda v: v["keys"].update(log=v["keys"]["log"] * 9),
    "a key twice": lambda v: v["keys"].update(log=v["keys"]["log"][:1] * 2),
    "a key of another role": lambda v: v["keys"].update(witness=v["keys"]["log"]),
    "a key that is a number": lambda v: v["keys"].update(log=[7]),
    "a key that is cut short": lambda v: v["keys"].update(log=[v["keys"]["log"][0][:-4]]),
    "roles exchanged": lambda v: v["keys"].update(witness=v["keys"]["mirror"], mirror=v["keys"]["witness"]),
    "one proof less": lambda v: v["possession"].pop(),
    "no proofs": lambda v: v.update(possession=[]),
    "proofs that are no list": lambda v: v.update(possession={}),
    "a proof that is a number": lambda v: v["possession"].__setitem__(0, 1),
    "a proof in another base64": lambda v: v["possession"].__setitem__(0, v["possession"][0].replace("=", "")),
    "proofs in another order": lambda v: v["possession"].reverse(),
    "a proof of zeros": lambda v: v["possession"].__setitem__(0, "A" * 86 + "=="),
    "a field more": lambda v: v.update(extra=1),
}


@pytest.mark.parametrize("change", MANGLED.values(), ids=MANGLED)
def test_a_changed_invitation_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises((InvalidObject, InvalidStatement, BadSignature, MalformedReply)):
        read_invitation(changed(change))


def test_only_the_token_may_differ_between_two_readers() -> None:
    """It is secret and for one party; everything else is signed by every key."""
    assert replace(read_invitation(invitation(token="other")), token=TOKEN) == read_invitation(invitation())


def test_a_key_cannot_be_enrolled_by_who_does_not_hold_it() -> None:
    """The thief lists the victim's key in place of its own, and signs the result with the keys that it has."""
    thief = signers(seed=2)
    document = json.loads(invitation(seed=2))
    document["keys"]["log"][0] = signers(seed=1)[Role.LOG][0].verifier.vkey
    context = encode({k: v for k, v in document.items() if k not in ("possession", "token")})
    document["possession"] = [
        base64.b64encode(prove_possession(signer, context)).decode() for role in sorted(thief) for signer in thief[role]
    ]
    with pytest.raises(BadSignature):
        read_invitation(encode(document))
    document["possession"][0] = json.loads(invitation(seed=1))["possession"][0]
    with pytest.raises(BadSignature):
        read_invitation(encode(document))


def test_a_proof_of_possession_is_no_checkpoint_signature_and_of_one_invitation_only() -> None:
    one, two = json.loads(invitation()), json.loads(invitation(title="CERT-A2"))
    with pytest.raises(BadSignature):
        read_invitation(encode({**two, "possession": one["possession"]}))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"{", b"\xff", b"x" * 70_000, b'{"invitation":1}'])
def test_a_file_that_is_no_invitation_says_so(data: bytes) -> None:
    with pytest.raises(InvalidObject):
        read_invitation(data)


@settings(max_examples=150)
@given(st.integers(0, 1 << 16), st.binary(max_size=3))
def test_no_touched_invitation_names_another_party_or_key(position: int, bytes_: bytes) -> None:
    data = invitation()
    at = position % len(data)
    touched = data[:at] + bytes_ + data[at + 1 :]
    try:
        party = read_invitation(touched)
    except DetenteError:
        return
    genuine = read_invitation(data)
    assert replace(party, token="") == replace(genuine, token="")


# -- fingerprints -----------------------------------------------------------------------------------------------------


def publics(origin: str = ORIGIN, *, seed: int = 1) -> Mapping[Role, tuple[Any, ...]]:
    return {role: tuple(s.verifier for s in keys) for role, keys in signers(origin, seed=seed).items()}


def test_a_fingerprint_is_eight_words_that_can_be_spoken() -> None:
    words = fingerprint(ORIGIN, publics()).split("-")
    assert len(words) == 8
    assert all(len(word) == 5 and word.isalpha() and word.islower() for word in words)


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    keys = publics()
    backwards = {role: keys[role][::-1] for role in reversed(list(keys))}
    assert fingerprint(ORIGIN, backwards) == fingerprint(ORIGIN, keys)


def test_a_fingerprint_changes_with_the_origin_with_every_key_and_with_its_role() -> None:
    keys, other = publics(), publics(seed=2)
    seen = {fingerprint(ORIGIN, keys), fingerprint("cert-b.example", keys)}
    for role in keys:
        seen.add(fingerprint(ORIGIN, {**keys, role: other[role]}))
        seen.add(fingerprint(ORIGIN, {**keys, role: keys[role][:1]}))
        seen.add(fingerprint(ORIGIN, {r: k for r, k in keys.items() if r is not role}))
    seen.add(fingerprint(ORIGIN, {**keys, Role.WITNESS: keys[Role.MIRROR], Role.MIRROR: keys[Role.WITNESS]}))
    assert len(seen) == 2 + 9 + 1


# -- what we keep -----------------------------------------------------------------------------------------------------


def test_a_party_comes_back_from_our_store_as_it_was() -> None:
    party = replace(read_invitation(invitation()), receives=Tlp.RED, paused=True, added_us=77)
    assert parse_party(encode_party(party)) == party
    assert isinstance(parse_party(encode_party(party)), Party)


@pytest.mark.parametrize(
    "origin", ["", "A.example", "a..", "-a", "a/", "/a", "a b", "a\n", "https://a", "a/../b", "a" * 201]
)
def test_an_origin_that_is_none_is_refused(origin: str) -> None:
    with pytest.raises(InvalidStatement):
        check_origin(origin)


@pytest.mark.parametrize("name", ["", "A", ".a", "a b", "a/b", "a\n", "é", "a" * 64, "../a"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidStatement):
        check_name(name)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.test",
        "ftp://a.test",
        "http://",
        "http://a.test/?q",
        "http://a.test/#f",
        "http://u:p@a.test",
        "http://a test",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidStatement):
        check_url(url)


def test_addresses_lose_their_last_slash_only() -> None:
    assert check_url("http://a.test/node/") == "http://a.test/node"
    assert check_url("http://[::1]:8440") == "http://[::1]:8440"
