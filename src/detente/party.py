"""A party: its name, origin, pinned keys and our standing with it; the invitation file it is met by.

An *invitation* is one JSON file that a party hands over by a channel of its own choosing:

    {"invitation": "detente/invitation/v1", "keys": {"log": ["<vkey>", …], "mirror": […], "witness": […]},
     "origin": "cert-a.example", "possession": ["<base64>", …], "title": "CERT-A", "token": "…", "url": "https://…"}

Every key signs the file without `possession` and `token` (proof of possession), so that nobody can enrol a key that they do not
hold. Nothing else in it is proved: that this file is CERT-A's is settled by two people who compare the fingerprint by voice.
`docs/formats/invitation.md` is the normative page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from detente.errors import InvalidObject, InvalidStatement, MalformedReply, RemoteError
from detente.stix.canonical import JsonValue, encode, parse
from detente.stix.marking import Tlp, parse_tlp
from detente.tlog.note import KeyKind, SignerKey, VerifierKey, parse_vkey, prove_possession, verify_possession

INVITATION_BYTES_MAX = 64 * 1024
KEYS_MAX = 16  # in one role
FORMER_MAX = 512  # in one role: a rotation every month for twenty years
KEY_EVENT = b"detente/key-event/v1"  # the context of the proof in an event that adds a key
_FORMAT = "detente/invitation/v1"
_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"
_ORIGIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,198}[a-z0-9])?(?:/[a-z0-9][a-z0-9._-]{0,60})*")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,255}(?:/[A-Za-z0-9._~/-]{0,255})?")


class Role(StrEnum):
    """What a key is for. One key has one role, and its name says which."""

    LOG = "log"
    WITNESS = "witness"
    MIRROR = "mirror"
    JOURNAL = "journal"


def key_name(origin: str, role: Role) -> str:
    """The C2SP key name: the origin itself for the log key, the origin and the role for the others."""
    return origin if role is Role.LOG else f"{origin}/{role}"


@dataclass(frozen=True, slots=True)
class Party:
    """One partner as the operator pinned it. Nothing that a partner says about itself changes this, with one exception: its log may
    hand over to new keys under a checkpoint that the pinned keys and the new ones all signed (`docs/formats/rotation.md`).

    `former` are keys that it has retired since: they verify what was signed before, and nothing new. `receives` is the ceiling of the
    agreement: the most restrictive marking that we send them. `token` is what we show them to fetch what they addressed to us.
    """

    name: str
    title: str
    origin: str
    url: str
    keys: Mapping[Role, tuple[VerifierKey, ...]]
    token: str = ""
    receives: Tlp = Tlp.AMBER
    paused: bool = False
    added_us: int = 0
    former: Mapping[Role, tuple[VerifierKey, ...]] = field(default_factory=dict)

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        return self.keys.get(Role.LOG, ())

    @property
    def all_log_keys(self) -> tuple[VerifierKey, ...]:
        """Also those that it has retired: who signed what we hold from before."""
        return self.log_keys + self.former.get(Role.LOG, ())

    @property
    def former_cosigning_keys(self) -> tuple[VerifierKey, ...]:
        return self.former.get(Role.WITNESS, ()) + self.former.get(Role.MIRROR, ())

    @property
    def cosigning_keys(self) -> tuple[VerifierKey, ...]:
        """Keys whose cosignature on somebody's checkpoint is this party's word that it saw it."""
        return self.keys.get(Role.WITNESS, ()) + self.keys.get(Role.MIRROR, ())

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.origin, self.keys)


def after_key_events(party: Party, events: Iterable[tuple[str, str, str, str]]) -> Party:
    """The party as the key events of its log leave it, in their order: event, role, vkey and proof of possession of each.

    Whether the checkpoint over them is signed as it must be is the caller's to check. Events and roles that we do not know, keys that
    cannot be its, and those whose holder did not sign are passed over: nobody takes another's key for its own. Raises MalformedReply
    for a key that comes back after it was retired, and for a log that is left without a key.
    """
    keys = {role: list(held) for role, held in party.keys.items()}
    former = {role: list(held) for role, held in party.former.items()}
    for event, role_text, vkey, proof in events:
        if event not in ("add", "retire") or role_text not in ("log", "witness", "mirror"):
            continue
        role = Role(role_text)
        try:
            key = parse_vkey(vkey)
            _check_key(key, party.origin, role)
            held, gone = keys.setdefault(role, []), former.setdefault(role, [])
            if event == "add" and key not in held:
                verify_possession(key, KEY_EVENT, _base64(proof))
        except (InvalidStatement, InvalidObject, RemoteError):
            continue
        if event == "retire" and key in held:
            held.remove(key)
            gone.append(key)
        elif event == "add" and key in gone:
            raise MalformedReply(f"{party.origin}: a retired key comes back: {key.vkey}", party=party.origin)
        elif event == "add" and key not in held:
            held.append(key)
    if not keys.get(Role.LOG):
        raise MalformedReply(f"{party.origin} retires the last key of its log and names no other", party=party.origin)
    publics = [key.public for held in (*keys.values(), *former.values()) for key in held]
    too_many = any(len(held) > KEYS_MAX for held in keys.values()) or any(
        len(gone) > FORMER_MAX for gone in former.values()
    )
    if len(set(publics)) != len(publics) or too_many:
        raise MalformedReply(
            f"{party.origin}: its key events leave one key in two roles, or too many", party=party.origin
        )
    return replace(
        party,
        keys={role: tuple(held) for role, held in keys.items() if held},
        former={role: tuple(held) for role, held in former.items() if held},
    )


def check_origin(origin: str) -> str:
    """An origin: lower-case host name with optional path, no scheme, no trailing slash (C2SP tlog-checkpoint)."""
    if not _ORIGIN.fullmatch(origin):
        raise InvalidStatement(
            f"an origin is a lower-case host name, optionally with a path, such as cert-a.example; got {origin!r}"
        )
    return origin


def check_name(name: str) -> str:
    """A short local name of a partner, collection or token."""
    if not _NAME.fullmatch(name):
        raise InvalidStatement(
            f"a name has 1 to 63 characters of a-z 0-9 . _ - and begins with a letter or digit; got {name!r}"
        )
    return name


def check_url(url: str) -> str:
    """The base URL of a node, without a trailing slash."""
    if not _URL.fullmatch(url):
        raise InvalidStatement(f"a node's address is http(s)://host[:port][/path]; got {url!r}")
    return url.rstrip("/")


def fingerprint(origin: str, keys: Mapping[Role, Sequence[VerifierKey]]) -> str:
    """128 bits over origin and all keys as eight pronounceable words, to be compared by telephone.

    Shape: proquints (D. S. Wilkerson, arXiv:0901.4016), 16 bits a word: `lusab-babad-…`. The words need no list, sound
    alike in many languages and carry no meaning that could offend anybody.
    """
    lines = [origin] + [
        f"{role} {key.vkey}" for role in sorted(keys) for key in sorted(keys[role], key=lambda k: k.vkey)
    ]
    digest = hashlib.sha256("\n".join(["detente/fingerprint/v1", *lines, ""]).encode()).digest()
    return proquints(digest[:16])


def proquints(data: bytes) -> str:
    """An even number of bytes as words of five letters, 16 bits each."""
    return "-".join(_proquint(int.from_bytes(data[i : i + 2], "big")) for i in range(0, len(data), 2))


def unproquints(words: str) -> bytes:
    """The inverse of `proquints`. Raises InvalidStatement for anything that is no such word."""
    raw = bytearray()
    for word in words.split("-"):
        try:
            a, b, c, d, e = tuple(word)
            number = _CONSONANTS.index(a) << 12 | _VOWELS.index(b) << 10 | _CONSONANTS.index(c) << 6
            number |= _VOWELS.index(d) << 4 | _CONSONANTS.index(e)
        except ValueError:
            raise InvalidStatement(
                f"a word is like lusab: consonant, vowel, consonant, vowel, consonant; got {word!r}"
            ) from None
        raw += number.to_bytes(2, "big")
    return bytes(raw)


def _proquint(word: int) -> str:
    return (
        _CONSONANTS[word >> 12 & 15]
        + _VOWELS[word >> 10 & 3]
        + _CONSONANTS[word >> 6 & 15]
        + _VOWELS[word >> 4 & 3]
        + _CONSONANTS[word & 15]
    )


def write_invitation(
    *, title: str, origin: str, url: str, token: str, signers: Mapping[Role, Sequence[SignerKey]]
) -> bytes:
    """The invitation file of a party that holds `signers`; canonical JSON, one line."""
    document: dict[str, JsonValue] = {
        "invitation": _FORMAT,
        "keys": {str(role): [signer.verifier.vkey for signer in signers[role]] for role in signers},
        "origin": origin,
        "title": title,
        "url": url,
    }
    context = encode(document)
    proofs: list[JsonValue] = [
        base64.b64encode(prove_possession(signer, context)).decode()
        for role in sorted(signers)
        for signer in signers[role]
    ]
    return encode({**document, "possession": proofs, "token": token}) + b"\n"


def read_invitation(data: bytes, *, name: str | None = None) -> Party:
    """Parse an invitation and check its proofs of possession.

    Raises InvalidObject or InvalidStatement saying which field is wrong, BadSignature when a key's holder did not sign.
    """
    if len(data) > INVITATION_BYTES_MAX:
        raise InvalidObject(f"an invitation has at most {INVITATION_BYTES_MAX} bytes; this file has {len(data)}")
    value = parse(data)
    if not isinstance(value, dict) or value.get("invitation") != _FORMAT:
        raise InvalidObject(f'this is no invitation: the field "invitation" must be "{_FORMAT}"')
    origin, title, url, token = (_text(value, one) for one in ("origin", "title", "url", "token"))
    keys = _keys(value.get("keys"), check_origin(origin))
    context = encode({k: v for k, v in value.items() if k not in ("possession", "token")})
    proofs = value.get("possession")
    ordered = [key for role in sorted(keys) for key in keys[role]]
    if not isinstance(proofs, list) or len(proofs) != len(ordered):
        raise InvalidObject(f'"possession" needs one signature for each of the {len(ordered)} keys')
    for key, proof in zip(ordered, proofs, strict=True):
        verify_possession(key, context, _base64(proof))
    short = check_name(name or origin.split("/")[0].split(".")[0])
    return Party(name=short, title=title, origin=origin, url=check_url(url), token=token, keys=keys)


def encode_party(party: Party) -> bytes:
    """A party as canonical JSON, for our own store."""
    former: dict[str, JsonValue] = {str(role): [key.vkey for key in keys] for role, keys in party.former.items()}
    return encode(
        {
            **({"former": former} if former else {}),
            "added_us": party.added_us,
            "keys": {str(role): [key.vkey for key in keys] for role, keys in party.keys.items()},
            "name": party.name,
            "origin": party.origin,
            "paused": party.paused,
            "receives": party.receives.label,
            "title": party.title,
            "token": party.token,
            "url": party.url,
        }
    )


def parse_party(data: bytes) -> Party:
    """The inverse of `encode_party`."""
    value = parse(data)
    if not isinstance(value, dict):
        raise InvalidObject("a stored party is a JSON object")
    origin = _text(value, "origin")
    added = value.get("added_us")
    return replace(
        Party(
            name=_text(value, "name"),
            title=_text(value, "title"),
            origin=origin,
            url=_text(value, "url"),
            keys=_keys(value.get("keys"), origin),
            token=_text(value, "token"),
            receives=parse_tlp(_text(value, "receives")),
        ),
        paused=value.get("paused") is True,
        added_us=added if isinstance(added, int) else 0,
        former=_keys(value.get("former", {}), origin, log_needed=False),
    )


def _keys(value: JsonValue, origin: str, *, log_needed: bool = True) -> dict[Role, tuple[VerifierKey, ...]]:
    if not isinstance(value, dict) or (log_needed and not value.get("log")):
        raise InvalidObject('"keys" must list at least one log key')
    keys: dict[Role, tuple[VerifierKey, ...]] = {}
    for role_text, vkeys in value.items():
        if role_text not in ("log", "witness", "mirror") or not isinstance(vkeys, list) or len(vkeys) > KEYS_MAX:
            raise InvalidObject(
                f'"keys" has the roles log, witness and mirror, each a list of at most {KEYS_MAX}; got {role_text!r}'
            )
        role = Role(role_text)
        parsed = tuple(parse_vkey(v if isinstance(v, str) else "") for v in vkeys)
        for key in parsed:
            _check_key(key, origin, role)
        keys[role] = parsed
    publics = [key.public for parsed in keys.values() for key in parsed]
    if len(set(publics)) != len(publics):
        raise InvalidObject("one key per role: the same public key stands in two roles")
    return keys


def _check_key(key: VerifierKey, origin: str, role: Role) -> None:
    if key.name != key_name(origin, role):
        raise InvalidObject(f"a {role} key of {origin} must be named {key_name(origin, role)}; got {key.name}")
    if (key.kind is KeyKind.ED25519_COSIGNATURE) is (role is Role.LOG) and key.kind is not KeyKind.ML_DSA_44:
        raise InvalidObject(f"a {role} key cannot be of the kind {key.kind.name}: {key.name}")


def _text(value: Mapping[str, JsonValue], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str) or len(text) > 300 or any(ord(c) < 32 for c in text):
        raise InvalidObject(f'the field "{name}" must be one line of text of at most 300 characters')
    return text


def _base64(value: JsonValue) -> bytes:
    try:
        raw = base64.b64decode(value if isinstance(value, str) else "", validate=True)
    except ValueError:  # not base64, or not even ASCII
        raw = b""
    if base64.b64encode(raw).decode() != value or not raw:
        raise MalformedReply("a proof of possession must be canonical base64")
    return raw
