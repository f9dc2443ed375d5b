"""How long does a busy node's inbox take: 200 partners, 100,000 messages, 10,000 claims?

    python -m bench.inbox [--threads 25000] [--claims 10000] [--partners 200] [--rounds 7]

The node is made first, with logs of the partners as they would have been pulled: four messages a thread, each acknowledged by whoever
it was said to; one thread in a hundred still waits for somebody. Then the inbox, one thread and the list of claims are read from a warm
index in one process. Making the index anew is timed too. The median, and in brackets the lowest and highest.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.machine import machine

from detente.channel.bodies import Message
from detente.claims.bodies import Claim
from detente.node.claim import record
from detente.node.config import PartyChoices
from detente.node.inbox import read_inbox
from detente.node.open import Node, create_node
from detente.node.talk import thread
from detente.party import Party, Role, encode_party
from detente.said import written
from detente.statement import JSON_MEDIA, SALTS_BYTES, Opening, Ref, base64url, seal
from detente.stix.canonical import JsonValue, encode
from detente.stix.marking import Tlp
from detente.store import index
from detente.store.bodies import put_openings
from detente.store.log import OWN, read_head
from detente.store.store import Transaction
from detente.tlog.checkpoint import Checkpoint, sign_checkpoint
from detente.tlog.merkle import Frontier, leaf_hash
from detente.tlog.note import KeyKind, signer_from_seed
from detente.when import DAY_US, HOUR_US

NOW_US = 1_790_000_000_000_000
OPEN_ONE_IN = 100
DAYS = 360


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--partners", type=int, default=200)
    arguments.add_argument("--threads", type=int, default=25_000)
    arguments.add_argument("--claims", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=7)
    chosen = arguments.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder) / "node", chosen.partners)
        town.talk(chosen.threads, chosen.claims)
        node = town.store()
        print(
            f"{chosen.partners} partners, {4 * chosen.threads:,} messages in {chosen.threads:,} threads, {chosen.claims:,} claims; "
            f"n = {chosen.rounds}"
        )
        shown("index made anew", timed(lambda: index.rebuild(node.store.database), 1))
        shown("inbox", timed(lambda: read_inbox(node), chosen.rounds))
        waiting = read_inbox(node)[0][0].id
        shown("one thread", timed(lambda: thread(node, waiting), chosen.rounds))
        shown("all claims", timed(lambda: all_claims(node), chosen.rounds))
        node.close()


def all_claims(node: Node) -> object:
    with node.store.indexed() as connection:
        return record(connection)


Spent = tuple[list[float], list[float]]


def timed(work: Callable[[], object], rounds: int) -> Spent:
    """Milliseconds of the clock and of the processor, for each round."""
    if rounds > 1:
        work()
    clock, processor = [], []
    for _ in range(rounds):
        start, start_cpu = time.perf_counter(), time.process_time()
        work()
        clock.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - start_cpu))
    return clock, processor


def shown(what: str, spent: Spent) -> None:
    clock, processor = (f"{statistics.median(ms):,.0f} ms ({min(ms):,.0f} to {max(ms):,.0f})" for ms in spent)
    print(f"{what:<16} {clock:>28} of the clock, {processor:>28} of the processor")


class Town:
    """A node and what it and its partners said, in memory until `store`."""

    def __init__(self, folder: Path, partners: int) -> None:
        self.dice = random.Random(20_261_122)
        self.now_us = NOW_US - DAYS * DAY_US
        choices = PartyChoices(origin="busy.example", title="Busy", url="http://busy.test")
        self.node: Node = create_node(folder, choices, clock=lambda: self.now_us, random=self.dice.randbytes)
        with self.node.store.reading() as connection:
            self.first = read_head(connection, OWN).size
        self.signers = {
            f"p{n}.example": signer_from_seed(f"p{n}.example", KeyKind.ED25519, self.dice.randbytes(32))
            for n in range(partners)
        }
        self.leaves: dict[str, list[bytes]] = defaultdict(list)
        self.openings: dict[str, list[tuple[int, Opening]]] = defaultdict(list)
        self.heard: dict[tuple[str, str], list[int]] = defaultdict(list)

    def talk(self, threads: int, claims: int) -> None:
        step_us = (DAYS - 2) * DAY_US // threads
        names = list(self.signers)
        claim_every = max(1, threads // max(claims, 1))
        for n in range(threads):
            at_us = NOW_US - DAYS * DAY_US + n * step_us
            partner = self.dice.choice(names)
            asks, answers = (self.node.origin, partner) if n % 2 else (partner, self.node.origin)
            waits = n % OPEN_ONE_IN == 0
            if waits:
                at_us = NOW_US - (1 + n % 20) * HOUR_US
            opening = Message(
                move="request",
                number=1,
                level=1,
                profile="technical",
                subject=f"Logs of host {n}",
                text="Please.",
                wants=("information",),
            )
            root = self.say(asks, answers, "message", written(opening), at_us)
            thread = base64url(root.leaf)
            self.say(
                answers,
                asks,
                "message",
                written(Message(move="acknowledge", thread=thread, number=1)),
                at_us + HOUR_US // 2,
                root,
            )
            if waits:
                continue
            reply = Message(move="answer", thread=thread, number=2, extent="full", text="Attached.")
            self.say(answers, asks, "message", written(reply), at_us + HOUR_US, root)
            self.say(
                asks,
                answers,
                "message",
                written(Message(move="satisfied", thread=thread, number=2)),
                at_us + 2 * HOUR_US,
                root,
            )
            if n % claim_every == 0:
                claim = Claim(
                    quote=f"We saw nothing of host {n}.",
                    language="en",
                    speaker="Duty officer",
                    polarity="asserts",
                    about=(thread,),
                )
                self.say(partner, self.node.origin, "claim", written(claim), at_us + 3 * HOUR_US)

    def say(
        self, speaker: str, to: str, kind: str, body: dict[str, JsonValue], at_us: int, re: Ref | None = None
    ) -> Ref:
        self._acknowledge(speaker, to, at_us)
        ref = self._append(speaker, to, kind, {**body, "marking": "TLP:AMBER"}, at_us, re)
        self.heard[to, speaker].append(ref.index)
        return ref

    def _acknowledge(self, speaker: str, to: str, at_us: int) -> None:
        """What it had heard of the other when it speaks."""
        heard = self.heard.pop((speaker, to), [])
        if heard:
            entries: list[JsonValue] = [{"first": i, "last": i, "log": to} for i in heard]
            self._append(speaker, to, "acknowledgement", {"entries": entries}, at_us - 1, None)

    def _append(self, speaker: str, to: str, kind: str, body: dict[str, JsonValue], at_us: int, re: Ref | None) -> Ref:
        (sealed,) = seal(
            [encode(body)],
            aud=[to],
            kind=kind,
            log=speaker,
            media=JSON_MEDIA,
            times_us=[at_us],
            salts=self.dice.randbytes(SALTS_BYTES),
            re=[re],
        )
        own = self.first if speaker == self.node.origin else 0
        idx = own + len(self.leaves[speaker])
        self.leaves[speaker].append(sealed.leaf)
        self.openings[speaker].append((idx, sealed.opening))
        return Ref(speaker, idx, leaf_hash(sealed.leaf))

    def store(self) -> Node:
        self.now_us = NOW_US
        self.node.store.write(NOW_US, self._store)
        return self.node

    def _store(self, transaction: Transaction) -> None:
        for n, (origin, signer) in enumerate(self.signers.items()):
            party = Party(
                f"p{n}", f"P{n}", origin, f"http://p{n}.test", {Role.LOG: (signer.verifier,)}, receives=Tlp.RED
            )
            transaction.put_record("partner", party.name, encode_party(replace(party, added_us=NOW_US - DAYS * DAY_US)))
            leaves = self.leaves[origin]
            log = transaction.mirror_of(origin)
            if not leaves:
                continue
            root = Frontier.EMPTY.extended([leaf_hash(leaf) for leaf in leaves]).root()
            checkpoint = Checkpoint(origin, len(leaves), root)
            transaction.extend_mirror(
                log, leaves, checkpoint, sign_checkpoint(checkpoint, [signer], at_s=NOW_US // 1_000_000)
            )
            put_openings(
                transaction.database,
                transaction.connection,
                log,
                self.openings[origin],
                collection="received",
                now_us=NOW_US,
            )
            transaction.set_head(log, opened_size=len(leaves))
        own = self.node.origin
        transaction.append(OWN, self.leaves[own], [opening for _, opening in self.openings[own]])


if __name__ == "__main__":
    main()
