"""`detente.toml`: the operator's choices. Read strictly: an unknown key is an error, not a wish that nobody hears."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from detente.channel.moves import MOVES, OPENINGS
from detente.errors import InvalidObject, NotFound
from detente.party import check_origin, check_url
from detente.stix.marking import Tlp, parse_tlp

FILE_NAME = "detente.toml"


@dataclass(frozen=True, slots=True)
class PartyChoices:
    """Who we are. The origin can never change: it is in every checkpoint."""

    origin: str = ""
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class StoreChoices:
    """Where the logs lie. Empty: SQLite in the node's folder."""

    url: str = ""


@dataclass(frozen=True, slots=True)
class ListenChoices:
    """Where `detente serve` listens."""

    host: str = "127.0.0.1"
    port: int = 8440
    tls_cert: str = ""
    tls_key: str = ""
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class ShareChoices:
    """The marking of what came without one."""

    default_marking: str = "amber"


@dataclass(frozen=True, slots=True)
class MinimiseChoices:
    """What must not leave, see `docs/minimise.md`."""

    own_networks: list[str] = field(default_factory=list)
    own_domains: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    e_mail: bool = True
    user_paths: bool = True
    private_addresses: bool = False


@dataclass(frozen=True, slots=True)
class WitnessChoices:
    """How many cosignatures by parties other than the two concerned make a checkpoint *witnessed*."""

    quorum: int = 1


@dataclass(frozen=True, slots=True)
class ChannelChoices:
    """Talking with partners, see `docs/channel.md`.

    `four_eyes`: what is sent waits until a second person has approved it. `four_eyes_kinds`: only these, all when empty.
    `drill_days`: after so many days without a message a drill falls due.
    """

    four_eyes: bool = False
    four_eyes_kinds: list[str] = field(default_factory=list)
    drill_days: int = 90


@dataclass(frozen=True, slots=True)
class Config:
    party: PartyChoices
    store: StoreChoices
    listen: ListenChoices
    share: ShareChoices
    minimise: MinimiseChoices
    witness: WitnessChoices
    channel: ChannelChoices = field(default_factory=ChannelChoices)

    @property
    def default_marking(self) -> Tlp:
        return parse_tlp(self.share.default_marking)


_SECTIONS = {
    "party": PartyChoices,
    "store": StoreChoices,
    "listen": ListenChoices,
    "share": ShareChoices,
    "minimise": MinimiseChoices,
    "witness": WitnessChoices,
    "channel": ChannelChoices,
}


def read_config(folder: Path) -> Config:
    """The choices in a node's folder. Raises NotFound or InvalidObject naming file, section and key."""
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(
            f"there is no node in {folder} (no {FILE_NAME}). Create one with: detente --node {folder} init …"
        ) from None
    return parse_config(text, where=str(path))


def parse_config(text: str, *, where: str = FILE_NAME) -> Config:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidObject(f"{where}: {error}") from None
    unknown = set(document) - set(_SECTIONS)
    if unknown:
        raise InvalidObject(f"{where}: unknown section [{sorted(unknown)[0]}]; known are {', '.join(_SECTIONS)}")
    config = Config(
        **{name: _section(kind, document.get(name, {}), f"{where} [{name}]") for name, kind in _SECTIONS.items()}
    )
    check_origin(config.party.origin)
    check_url(config.party.url)
    parse_tlp(config.share.default_marking)
    strange = sorted(set(config.channel.four_eyes_kinds) - set(OPENINGS) - set(MOVES))
    if strange:
        raise InvalidObject(
            f"{where} [channel]: four_eyes_kinds names {strange[0]}; known are {', '.join((*OPENINGS, *MOVES))}"
        )
    if config.channel.drill_days < 1:
        raise InvalidObject(f"{where} [channel]: drill_days is a number of days, at least 1")
    return config


def write_config(party: PartyChoices, store: StoreChoices, listen: ListenChoices) -> str:
    """The file that `init` leaves, with every choice and what it means."""
    return f"""# Détente: the choices of this node. `detente config show` prints what is in force.

[party]
origin = {_toml(party.origin)}   # in every checkpoint; never change it
title = {_toml(party.title)}
url = {_toml(party.url)}   # where partners reach this node

[store]
url = {_toml(store.url)}   # empty: SQLite in this folder; or postgresql+psycopg://…

[listen]
host = {_toml(listen.host)}
port = {listen.port}
tls_cert = {_toml(listen.tls_cert)}   # PEM files; empty: plain HTTP, for loopback or behind a proxy
tls_key = {_toml(listen.tls_key)}
ca_file = {_toml(listen.ca_file)}   # certificates to trust beside the system's, when we call partners

[share]
default_marking = "amber"   # of objects that come without a marking

[minimise]
own_networks = []        # "192.0.2.0/24": addresses of ours never leave
own_domains = []         # "corp.example": host names under these never leave
words = []               # names, projects: removed wherever they stand
e_mail = true
user_paths = true
private_addresses = false   # true: 10.0.0.0/8 and the like never leave

[witness]
quorum = 1   # cosignatures by others that make a checkpoint witnessed

[channel]
four_eyes = false      # true: a second person approves what is sent, see `detente outbox`
four_eyes_kinds = []   # "demarche", "request": only these; empty: all
drill_days = 90        # without a message for so long, a drill falls due
"""


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _section(kind: type[Any], values: object, where: str) -> Any:
    if not isinstance(values, dict):
        raise InvalidObject(f"{where} must be a section")
    defaults = {f.name: getattr(kind(), f.name) for f in fields(kind)}
    for key, value in values.items():
        if key not in defaults:
            raise InvalidObject(f"{where}: unknown key {key}; known are {', '.join(defaults)}")
        if type(value) is not type(defaults[key]):
            raise InvalidObject(f"{where}: {key} must be {type(defaults[key]).__name__}, not {type(value).__name__}")
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            raise InvalidObject(f"{where}: {key} must be a list of texts")
    return kind(**values)
