"""Private keys on disk: one file for each, mode 0600, in the node's folder `keys/`. Only `detente.node.open` reads them.

A file is one line, `DETENTE-PRIVATE-KEY name kind base64(32-byte seed)`. Seeds are made from the system's random bytes, once.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from detente.errors import CorruptLog, NotFound
from detente.party import Role, key_name
from detente.tlog.note import KeyKind, SignerKey, signer_from_seed

SEED_BYTES = 32
_LABEL = "DETENTE-PRIVATE-KEY"
# Logs sign with Ed25519 (01) and ML-DSA-44; cosigners with the cosignature kinds. The journal is read by nobody else: one key.
KINDS: Mapping[Role, tuple[KeyKind, ...]] = {
    Role.LOG: (KeyKind.ED25519, KeyKind.ML_DSA_44),
    Role.WITNESS: (KeyKind.ED25519_COSIGNATURE, KeyKind.ML_DSA_44),
    Role.MIRROR: (KeyKind.ED25519_COSIGNATURE, KeyKind.ML_DSA_44),
    Role.JOURNAL: (KeyKind.ED25519,),
}


def create_keys(
    folder: Path, origin: str, random: Callable[[int], bytes], roles: Iterable[Role] = tuple(KINDS)
) -> None:
    """Make the keys of a new node, or new ones for some roles. Refuses to touch a folder that has some."""
    folder.mkdir(mode=0o700)
    for role in roles:
        for kind in KINDS[role]:
            line = f"{_LABEL} {key_name(origin, role)} {kind.name} {base64.b64encode(random(SEED_BYTES)).decode()}\n"
            path = folder / _file_name(role, kind)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(descriptor, line.encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    sync_folder(folder)


def read_keys(folder: Path, roles: Iterable[Role] = tuple(KINDS)) -> dict[Role, tuple[SignerKey, ...]]:
    """The signing keys of the node. Raises NotFound or CorruptLog naming the file; never shows its content."""
    return {role: tuple(_read_key(folder / _file_name(role, kind), kind) for kind in KINDS[role]) for role in roles}


def read_some_keys(folder: Path) -> tuple[SignerKey, ...]:
    """Those keys that are there, of a set that was moved away in part."""
    paths = [(folder / _file_name(role, kind), kind) for role, kinds in KINDS.items() for kind in kinds]
    return tuple(_read_key(path, kind) for path, kind in paths if path.exists())


def move_keys(source: Path, target: Path) -> None:
    """Put the keys of `source` into the place of those in `target`, one after the other, and remove the empty folder.

    The old private keys are gone with that. Stopped half way, the same call goes on; of two at once each finishes the other's.
    """
    for path in sorted(source.iterdir()):
        with suppress(FileNotFoundError):
            path.replace(target / path.name)
    sync_folder(target)
    with suppress(FileNotFoundError):
        source.rmdir()
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """The names in a folder are on the disk when this returns."""
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _file_name(role: Role, kind: KeyKind) -> str:
    return f"{role}.{kind.name.lower().replace('_', '-')}.key"


def _read_key(path: Path, kind: KeyKind) -> SignerKey:
    try:
        line = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise NotFound(f"the key file {path} is missing: restore it from your backup of keys/") from None
    parts = line.split()
    try:
        seed = base64.b64decode(parts[3], validate=True) if len(parts) == 4 else b""
    except binascii.Error:
        seed = b""
    if len(parts) != 4 or parts[0] != _LABEL or parts[2] != kind.name or len(seed) != SEED_BYTES:
        raise CorruptLog(f"the key file {path} is damaged: restore it from your backup of keys/")
    return signer_from_seed(parts[1], kind, seed)
