"""Open a node: its folder, choices, keys and store. The one place that reads private keys.

A folder holds `detente.toml` (choices), `keys/` (identity), `log.db` (what was said and seen), `index.db` (a cache) and `lock`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from detente.errors import InvalidStatement, Locked, NotDurable, NotFound, StaleWrite
from detente.minimise import RemovalRules
from detente.node.clock import system_clock as system_clock
from detente.node.config import (
    FILE_NAME,
    Config,
    ListenChoices,
    PartyChoices,
    StoreChoices,
    parse_config,
    read_config,
    write_config,
)
from detente.party import Party, Role, check_origin, check_url, fingerprint, key_name, parse_party
from detente.statement import JSON_MEDIA, SALTS_BYTES, KeyLeaf, key_leaf, seal
from detente.stix.canonical import JsonValue, encode, parse
from detente.store.database import Connection
from detente.store.keys import create_keys, move_keys, read_keys, read_some_keys, sync_folder
from detente.store.log import JOURNAL, OWN, head_of
from detente.store.store import Store, Transaction, read_record, read_records
from detente.tlog.checkpoint import Checkpoint, cosign, sign_checkpoint
from detente.tlog.note import Signature, SignerKey, VerifierKey, parse_vkey

# The records that say which keys are ours, once there was a rotation; and where new ones lie until they are.
KEYS, CURRENT, FORMER = "keys", "current", "former"
NEXT = "keys.next"

Clock = Callable[[], int]
Random = Callable[[int], bytes]


class Node:
    """One party's running Détente: what every use case needs. Time and randomness come in from outside."""

    def __init__(
        self,
        folder: Path,
        config: Config,
        keys: Mapping[Role, Sequence[SignerKey]],
        *,
        clock: Clock,
        random: Random,
    ) -> None:
        self.folder = folder
        self.config = config
        self.clock = clock
        self.random = random
        self._keys = keys
        self._compared = b""  # the record about our keys that these were found to agree with
        self.store = Store.open(
            folder,
            config.store.url or None,
            {
                OWN: lambda checkpoint, at_s: sign_checkpoint(checkpoint, self._keys[Role.LOG], at_s=at_s),
                JOURNAL: lambda checkpoint, at_s: sign_checkpoint(checkpoint, self._keys[Role.JOURNAL], at_s=at_s),
            },
            self._require_present_keys,
        )
        self.rules = RemovalRules(
            own_networks=tuple(config.minimise.own_networks),
            own_domains=tuple(config.minimise.own_domains),
            words=tuple(config.minimise.words),
            e_mail=config.minimise.e_mail,
            user_paths=config.minimise.user_paths,
            private_addresses=config.minimise.private_addresses,
        )

    @property
    def origin(self) -> str:
        return self.config.party.origin

    @property
    def title(self) -> str:
        return self.config.party.title or self.origin

    @property
    def public_keys(self) -> dict[Role, tuple[VerifierKey, ...]]:
        """What partners may know: the keys of the log, the witness and the mirror."""
        return {role: tuple(s.verifier for s in self._keys[role]) for role in (Role.LOG, Role.WITNESS, Role.MIRROR)}

    @property
    def journal_key(self) -> VerifierKey:
        return self._keys[Role.JOURNAL][0].verifier

    @property
    def signers(self) -> dict[Role, Sequence[SignerKey]]:
        """The keys behind `public_keys`, for proving that we hold them."""
        return {role: self._keys[role] for role in (Role.LOG, Role.WITNESS, Role.MIRROR)}

    def former_keys(self, connection: Connection) -> dict[Role, tuple[VerifierKey, ...]]:
        """The keys of ours that our log has retired: they verify what was signed with them, and sign nothing more."""
        value = read_record(connection, KEYS, FORMER)
        return {} if value is None else {role: tuple(map(parse_vkey, vkeys)) for role, vkeys in _by_role(value).items()}

    def all_log_keys(self, connection: Connection) -> tuple[VerifierKey, ...]:
        """The keys with which our log signs, and those with which it did."""
        return self.public_keys[Role.LOG] + self.former_keys(connection).get(Role.LOG, ())

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.origin, self.public_keys)

    def make_new_keys(self, roles: Sequence[Role]) -> dict[Role, tuple[SignerKey, ...]]:
        """New keys for these roles, on the disk beside the present ones. Inside a write only: two at once would destroy one's.

        Those of a rotation that never was committed are removed: nothing was published that they signed.
        """
        partial, folder = self.folder / f"{NEXT}.new", self.folder / NEXT
        for leftover in (partial, folder):
            _remove_partial(leftover)
        create_keys(partial, self.origin, self.random, roles)
        partial.rename(folder)
        sync_folder(self.folder)  # or a power cut could leave a log that has gone over to keys without a place
        return read_keys(folder, roles)

    def take_new_keys(self) -> None:
        """If our log has gone over to the keys that lie beside the present ones, put them into their place.

        The commit that says so is one thing and these files are others; so this is run after the commit, and again by every opening.
        """
        folder = self.folder / NEXT
        if not folder.exists():
            return
        with self.store.reading() as connection:
            value = read_record(connection, KEYS, CURRENT)
        named = set() if value is None else {vkey for vkeys in _by_role(value).values() for vkey in vkeys}
        if value is not None and all(signer.verifier.vkey in named for signer in read_some_keys(folder)):
            move_keys(folder, self.folder / "keys")
            self._keys = read_keys(self.folder / "keys")
            self._compared = b""

    def _require_present_keys(self, connection: Connection) -> None:
        """Before every write: never sign with a key that our log has retired, as after a rotation by another process."""
        value = read_record(connection, KEYS, CURRENT)
        if value is None or value == self._compared:
            return
        if _by_role(value) != self._vkeys():
            self._keys = read_keys(self.folder / "keys")
        if _by_role(value) != self._vkeys():
            raise StaleWrite(
                "the log of this node has gone over to other keys than those in keys/; nothing was signed. Right after a rotation by "
                "another process, try again. After a restore, put back the keys of a later backup."
            )
        self._compared = value

    def _vkeys(self) -> dict[Role, list[str]]:
        return {role: [signer.verifier.vkey for signer in signers] for role, signers in self._keys.items()}

    def own_signers(self, role: Role) -> Sequence[SignerKey]:
        """The present keys of one role, the journal's too."""
        return self._keys[role]

    def cosign(self, checkpoint: Checkpoint, role: Role, at_us: int) -> list[Signature]:
        """Our cosignatures on a checkpoint that was verified; persist the fact before handing them out."""
        return cosign(checkpoint, self._keys[role], at_s=at_us // 1_000_000)

    def journal(self, transaction: Transaction, kind: str, body: JsonValue) -> int:
        """One private entry; returns its index in the journal."""
        return self.journal_bodies(transaction, kind, [encode(body)])

    def journal_bodies(
        self,
        transaction: Transaction,
        kind: str,
        bodies: Sequence[bytes],
        *,
        collection: str = "",
        media: str = JSON_MEDIA,
    ) -> int:
        """Private entries of canonical bodies; returns the index of the first."""
        sealed = seal(
            bodies,
            aud=(),
            kind=kind,
            log=key_name(self.origin, Role.JOURNAL),
            media=media,
            times_us=[transaction.now_us] * len(bodies),
            salts=self.random(SALTS_BYTES * len(bodies)),
        )
        first, _ = transaction.append(
            JOURNAL, [s.leaf for s in sealed], [s.opening for s in sealed], collection=collection
        )
        return first

    def partners(self, connection: Connection) -> list[Party]:
        """All partners by name."""
        return [parse_party(value) for _, value in read_records(connection, "partner")]

    def partner(self, connection: Connection, name: str) -> Party:
        """A partner by short name or origin. Raises NotFound naming those that exist."""
        value = read_record(connection, "partner", name)
        if value is not None:
            return parse_party(value)
        partners = self.partners(connection)
        for party in partners:
            if party.origin == name:
                return party
        known = ", ".join(p.name for p in partners) or "none yet"
        raise NotFound(f"there is no partner {name!r}. Partners: {known}. See: detente partner list")

    def close(self) -> None:
        self.store.close()


def open_node(folder: Path, *, clock: Clock = system_clock, random: Random = os.urandom) -> Node:
    """Open an existing node. Raises NotFound when there is none, CorruptLog when something in it is damaged."""
    config = read_config(folder)
    node = Node(folder, config, read_keys(folder / "keys"), clock=clock, random=random)
    try:
        node.take_new_keys()
        node.store.finish_purge(clock())
    except (Locked, NotDurable):
        pass  # another process is at it, or the disk is full: the reminder stays, fsck shows it, the next opening tries again
    except BaseException:
        node.close()
        raise
    return node


@contextmanager
def opened(folder: Path, *, clock: Clock = system_clock, random: Random = os.urandom) -> Iterator[Node]:
    node = open_node(folder, clock=clock, random=random)
    try:
        yield node
    finally:
        node.close()


def create_node(
    folder: Path,
    party: PartyChoices,
    *,
    store: StoreChoices | None = None,
    listen: ListenChoices | None = None,
    clock: Clock = system_clock,
    random: Random = os.urandom,
) -> Node:
    """Make a node in an empty or missing folder: keys, choices, and a log whose first entries are its public keys.

    Interrupted half way, the same call completes it: keys that exist are kept, and the log begins in one transaction.
    """
    check_origin(party.origin)
    check_url(party.url)
    if (folder / FILE_NAME).exists():
        raise InvalidStatement(f"there is a node in {folder} already; choose another folder with --node")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "keys").exists():
        partial = folder / "keys.new"
        _remove_partial(partial)
        create_keys(partial, party.origin, random)
        partial.rename(folder / "keys")
    text = write_config(party, store or StoreChoices(), listen or ListenChoices())
    draft = folder / f"{FILE_NAME}.new"
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o600)
    config = parse_config(text, where=str(draft))
    node = Node(folder, config, read_keys(folder / "keys"), clock=clock, random=random)
    try:
        _begin_log(node)
    except BaseException:
        node.close()
        raise
    # The node exists from here on: its choices are found only after its log began.
    draft.rename(folder / FILE_NAME)
    return node


def _begin_log(node: Node) -> None:
    def begin(transaction: Transaction) -> None:
        transaction.create_log(OWN, node.origin, "own")
        transaction.create_log(JOURNAL, key_name(node.origin, Role.JOURNAL), "journal")
        for role, keys in node.public_keys.items():
            for key in keys:
                transaction.append_clear(OWN, key_leaf(KeyLeaf("add", str(role), key.vkey, transaction.now_us)))
        node.journal(transaction, "decision", {"decided": "node created", "origin": node.origin})

    with node.store.reading() as connection:
        begun = head_of(connection, node.origin) is not None
    if not begun:
        node.store.write(node.clock(), begin)


def _by_role(record: bytes) -> dict[Role, list[str]]:
    value = parse(record)
    assert isinstance(value, dict)
    return {Role(role): [str(v) for v in vkeys] for role, vkeys in value.items() if isinstance(vkeys, list)}


def _remove_partial(folder: Path) -> None:
    """Keys of an interrupted `init`: nothing was ever signed with them."""
    if folder.exists():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
