"""Several nodes in one process, run by dice: they share, sync, erase and restart over a network that loses, repeats and delays.

Everything comes from one seed: what happens, in which order, with which keys and at what time. The oracles are those of the page on
reliability:

    1  no honest node signs or cosigns two checkpoints that contradict each other
    2  what was acknowledged stays at its index in every later checkpoint
    3  a fork shown to two connected honest parties becomes evidence that anybody can check, within K rounds after healing
    4  no evidence ever verifies against an honest node
    5  when the faults stop, every honest log is published and cosigned by its honest partners
    6  no text and no salt comes to a node that was not addressed
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.adversary.lying_party import Branch, LyingParty
from tests.scene import example, index_rows, kept_evidence, reopen, require_sound, trouble_with
from tests.world import World

from detente.errors import CorruptLog, DetenteError, MalformedReply, NotFound, RemoteError, TransportError, Unreachable
from detente.net import Reply
from detente.node.erase import erase_entry
from detente.node.open import Node
from detente.node.share import say
from detente.node.sync import sync
from detente.party import Role
from detente.store import bodies, index
from detente.store.log import OWN, head_of, read_head, read_heads, read_leaves
from detente.store.store import read_witnessed
from detente.tlog.checkpoint import Checkpoint, verify_checkpoint
from detente.tlog.merkle import Frontier, leaf_hash
from detente.tlog.trusted import verify_evidence

ROUNDS_TO_EVIDENCE = 2
"""K of oracle 3: how often everybody must have synced after the network is whole."""


@dataclass
class Weather:
    """How likely a request is lost, its answer lost, an old answer repeated, or the answer cut. All zero when healed."""

    lost: float = 0.0
    answer_lost: float = 0.0
    repeated: float = 0.0
    cut: float = 0.0


@dataclass
class Acknowledged:
    """What `say` returned: the entry, its leaf, its text and who was addressed."""

    speaker: str
    entry: int
    leaf: bytes
    secrets: tuple[bytes, ...]
    addressees: frozenset[str]
    erased: bool = False


@dataclass
class Cluster:
    """One simulated world. `forker`: the name of the node whose endpoint lies, or None."""

    folder: Path
    seed: int
    dice: random.Random = field(init=False)
    world: World = field(init=False)
    names: list[str] = field(init=False)
    forker: str | None = field(init=False)
    liar: LyingParty | None = field(default=None, init=False)
    branches: list[Branch] = field(default_factory=list, init=False)
    said: list[Acknowledged] = field(default_factory=list, init=False)
    seen: dict[str, dict[int, bytes]] = field(default_factory=dict, init=False)
    weather: Weather = field(default_factory=Weather, init=False)
    recorded: dict[tuple[str, str, bytes], list[Reply]] = field(default_factory=dict, init=False)
    history: list[str] = field(default_factory=list, init=False)
    number: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.world = World(self.folder, seed=self.seed)
        self.names = [f"cert-{letter}" for letter in "abcd"[: self.dice.choice([2, 3, 3, 4])]]
        for name in self.names:
            self.world.node(name)
        for position, name in enumerate(self.names):
            for other in self.names[position + 1 :]:
                self.world.introduce(name, other)
        self.forker = self.dice.choice(self.names) if len(self.names) > 2 and self.dice.random() < 0.5 else None
        self.weather = Weather(*(self.dice.choice([0.0, 0.02, 0.1, 0.3]) for _ in range(4)))

    @property
    def honest(self) -> list[str]:
        return [name for name in self.names if name != self.forker]

    # -- what happens -------------------------------------------------------------------------------------------------

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.world.clock.advance(self.dice.choice([0, 0, 1, 60, 3600]))
            act = self.dice.choice(
                [self.share, self.share, self.share, self.sync_one, self.sync_one, self.sync_one, self.erase, self.restart,
                 self.go_away, self.fork]
            )  # fmt: skip
            name = self.dice.choice(self.names)
            act(name)
            self.check_always(name)
        self.heal()

    def share(self, name: str) -> None:
        node = self.world.nodes[name]
        others = [other for other in self.names if other != name]
        to = self.dice.sample(others, self.dice.randrange(1, len(others) + 1))
        count = self.dice.choice([1, 1, 2, 5, 300 if self.dice.random() < 0.05 else 3])
        objects = [example(self.number + i) for i in range(count)]
        self.number += count
        told = say(node, "", objects, to=to)
        assert told.entries is not None
        first, last = told.entries
        with node.store.reading() as connection:
            leaves = read_leaves(connection, OWN, first, last + 1)
            openings = bodies.read_openings(connection, OWN, first, last + 1)
        self.note(f"{name} says {first}–{last} to {', '.join(to)}")
        for (entry, opening), leaf in zip(openings, leaves, strict=True):
            secrets = (opening.body, opening.body_salt, opening.header_salt)
            self.said.append(Acknowledged(name, entry, leaf, secrets, frozenset(to)))

    def sync_one(self, name: str) -> None:
        if name == self.forker and self.branches:
            return  # a liar's own node is of no interest any more
        try:
            report = sync(self.world.nodes[name], self.fetch)
        except CorruptLog as error:
            raise AssertionError(f"{name} believes to be an old copy of itself: {error}") from error
        errors = {p.party: p.error for p in report.partners if p.error is not None}
        self.note(f"{name} syncs: { ({party: type(error).__name__ for party, error in errors.items()}) }")

    def erase(self, name: str) -> None:
        mine = [a for a in self.said if a.speaker == name and not a.erased]
        if mine:
            chosen = self.dice.choice(mine)
            erase_entry(self.world.nodes[name], chosen.entry, ground="asked for")
            chosen.erased = True
            self.note(f"{name} erases {chosen.entry}")

    def restart(self, name: str) -> None:
        reopen(self.world, name)
        self.note(f"{name} restarts")

    def go_away(self, name: str) -> None:
        self.world.away ^= {name}
        self.note(f"{name} {'goes away' if name in self.world.away else 'comes back'}")

    def fork(self, _: str) -> None:
        """Once: from here on each partner of the forker sees a branch of its own, longer each time it looks."""
        if self.forker is None or self.branches or self.dice.random() < 0.5:
            return
        self.liar = liar = LyingParty(self.world, self.forker)
        shared = liar.leaves
        for reader in self.honest:
            longer = self.dice.choice([1, 2, 7, 260])
            self.branches.append(liar.show([*shared, *liar.noise(longer)], towards=f"{reader}.example"))
        self.note(f"{self.forker} forks behind {len(shared)} entries")

    def heal(self) -> None:
        """The faults stop, and everybody syncs as often as oracle 3 allows."""
        self.weather = Weather()
        self.world.away.clear()
        self.note("healed")
        for _ in range(ROUNDS_TO_EVIDENCE):
            for name in self.names:
                self.sync_one(name)
                self.check_always(name)

    def note(self, text: str) -> None:
        self.history.append(text)

    def fetch(
        self, method: str, url: str, *, bytes_max: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """The network: what is asked may not arrive, nor the answer; or an answer from earlier comes instead, or half of one."""
        dice, weather = self.dice, self.weather
        if dice.random() < weather.lost:
            raise Unreachable(f"{url}: lost")
        key = (method, url, body[:0] if method == "GET" else body)
        old = self.recorded.get((*key[:2], str(headers).encode()), [])
        if old and dice.random() < weather.repeated:
            return dice.choice(old)
        reply = self.world.fetch(method, url, bytes_max=bytes_max, body=body, headers=headers)
        if dice.random() < weather.answer_lost:
            raise Unreachable(f"{url}: the answer was lost")
        if dice.random() < weather.cut:
            raise Unreachable(f"{url}: broke off after {dice.randrange(len(reply.body) + 1)} bytes")
        if method == "GET":
            self.recorded.setdefault((*key[:2], str(headers).encode()), []).append(reply)
        return reply

    # -- what must be true at every moment ----------------------------------------------------------------------------

    def check_always(self, name: str) -> None:
        """Oracles 1, 2, 4 and 6 at the node that just acted."""
        node = self.world.nodes[name]
        if name != self.forker:
            self.check_signatures(name, node)
            self.check_acknowledged(name, node)
            self.check_accusations(name, node)
        self.check_secrets(name, node)

    def check_signatures(self, name: str, node: Node) -> None:
        """Oracle 1: of each log, all that this node ever signed or cosigned is one history."""
        with node.store.reading() as connection:
            own = read_head(connection, OWN)
            self.remember(f"{name} signed {own.origin}", own.size, own.root)
            for other in self.names:
                origin = f"{other}.example"
                head = head_of(connection, origin)
                if head is None or other == name:
                    continue
                self.remember(f"{name} cosigned {origin}", head.size, head.root)
                row = read_witnessed(connection, origin)
                if row is not None:
                    self.remember(f"{name} cosigned {origin}", row[0], row[1])
                leaves = read_leaves(connection, head.log, 0, head.size)
                self.require_beginnings(f"{name} cosigned {origin}", leaves)
            leaves = read_leaves(connection, OWN, 0, own.size)
        self.require_beginnings(f"{name} signed {own.origin}", leaves)
        note = verify_checkpoint(own.note, origin=own.origin, log_keys=node.public_keys[Role.LOG])
        assert note.checkpoint == Checkpoint(own.origin, own.size, own.root)

    def remember(self, what: str, size: int, root: bytes) -> None:
        known = self.seen.setdefault(what, {}).setdefault(size, root)
        assert known == root, f"{what}: two roots at {size}"

    def require_beginnings(self, what: str, leaves: list[bytes]) -> None:
        """Every root remembered for a smaller size is the root of as many of these entries."""
        frontier = Frontier.EMPTY
        for size in sorted(self.seen.get(what, {})):
            if size <= len(leaves):
                frontier = frontier.extended([leaf_hash(leaf) for leaf in leaves[frontier.size : size]])
                assert frontier.root() == self.seen[what][size], f"{what}: {size} entries do not begin {len(leaves)}"

    def check_acknowledged(self, name: str, node: Node) -> None:
        """Oracle 2."""
        with node.store.reading() as connection:
            leaves = read_leaves(connection, OWN, 0, read_head(connection, OWN).size)
            for told in self.said:
                if told.speaker == name:
                    assert leaves[told.entry] == told.leaf
                    opening = bodies.read_opening(connection, OWN, told.entry)
                    assert bool(opening.body) is not told.erased

    def check_accusations(self, name: str, node: Node) -> None:
        """Oracle 4: evidence that verifies is against the forker; of honest logs, at most an old answer was noticed."""
        for data in kept_evidence(node):
            try:
                evidence = verify_evidence(data)
            except RemoteError:
                continue
            assert self.forker is not None, f"{name} holds evidence against {evidence.origin}"
            assert self.branches, f"{name} holds evidence against {evidence.origin}, who has not forked"
            assert evidence.origin == f"{self.forker}.example"
        for other in self.honest:
            trouble = trouble_with(node, f"{other}.example")
            assert trouble in (None, "Rollback"), f"{name} accuses {other} of {trouble}"
            assert trouble is None or self.recorded, "a rollback without an old answer"

    def check_secrets(self, name: str, node: Node) -> None:
        """Oracle 6, and that an erased text is nowhere at its speaker's."""
        files = b"".join(path.read_bytes() for path in sorted(node.folder.glob("*.db*")))
        for told in self.said[-40:]:
            if told.speaker == name:
                if told.erased:
                    assert told.secrets[0] not in files
                    assert told.secrets[1] not in files
            elif name not in told.addressees:
                assert not any(secret in files for secret in told.secrets), (
                    f"{name} holds what {told.speaker} told others"
                )

    # -- what must be true in the end ---------------------------------------------------------------------------------

    def check_end(self) -> None:
        """Oracles 3 and 5, and that every store is whole."""
        for name in self.honest:
            node = self.world.nodes[name]
            require_sound(node)
            rows = index_rows(node)
            index.rebuild(node.store.database)
            assert index_rows(node) == rows
        if self.forker is not None and self.branches:
            self.require_evidence()
        self.require_published()

    def require_evidence(self) -> None:
        """Oracle 3: who was shown a branch, and knows somebody who was shown another, can prove it."""
        for name in self.honest:
            node = self.world.nodes[name]
            assert trouble_with(node, f"{self.forker}.example") == "SplitView", (
                f"{name} was not warned of {self.forker}"
            )
            proofs = [data for data in kept_evidence(node) if _verifies(data)]
            assert proofs, f"{name} has nothing to show against {self.forker}"

    def require_published(self) -> None:
        """Oracle 5."""
        for name in self.honest:
            node = self.world.nodes[name]
            with node.store.reading() as connection:
                own = read_head(connection, OWN)
                logs = {head.origin for head in read_heads(connection)}
            keys = [key for other in self.honest for key in self.world.nodes[other].public_keys[Role.WITNESS]]
            note = verify_checkpoint(
                own.witnessed_note, origin=own.origin, log_keys=node.public_keys[Role.LOG], witnesses=keys
            )
            names = {cosignature.name for cosignature in note.cosignatures}
            expected = {f"{other}.example/witness" for other in self.honest if other != name}
            assert expected <= names, f"{name} is cosigned by {names}"
            assert {f"{other}.example" for other in self.honest} <= logs

    def close(self) -> None:
        self.world.close()


def _verifies(data: bytes) -> bool:
    try:
        verify_evidence(data)
    except (RemoteError, MalformedReply):
        return False
    return True


KNOWN_ERRORS = (DetenteError, TransportError, NotFound)
