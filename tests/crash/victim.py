"""The victim: a process that has imported everything, and forks a child for every operation that is to be interrupted.

Run as `python -m tests.crash.victim`. For each line `operation place` on its standard input it forks a child and prints
the child's process id; the child stops itself until it gets SIGCONT (strace has attached by then), runs the operation on
the node in `place/node`, and notes in `place/acks` what was acknowledged, one line each, as soon as it was. When the
child has ended, its exit status is printed.

What is noted survives the child: a SIGKILL takes no bytes back that were written. A test reads the lines as

    said FIRST NUMBER COUNT     entries FIRST … hold the example objects NUMBER …
    head SIZE ROOT              what our own checkpoint said after that
    failed CLASS                the operation raised; what follows is what the same process can still do
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.scene import examples
from tests.world import Clock

from detente.errors import DetenteError
from detente.net import Reply
from detente.node.backup import backup, restore
from detente.node.config import PartyChoices
from detente.node.erase import erase_entry
from detente.node.fsck import fsck
from detente.node.open import Node, create_node, open_node
from detente.node.rotate import rotate
from detente.node.share import say
from detente.node.sync import sync
from detente.store.log import OWN, read_head
from detente.tlog.checkpoint import cosign
from detente.tlog.note import KeyKind, SignerKey, signer_from_seed
from detente.tlog.witness import parse_request
from detente.web.log import Request, answer

# Later than anything in a prepared folder, and the same for every case.
NOW_US = 1_800_000_000_000_000
ERASED_ENTRY = 10
CHOICES = PartyChoices(origin="cert-n.example", title="CERT-N", url="http://cert-n.test")

Note = Callable[[str], None]


@dataclass(frozen=True)
class Partner:
    """Answers from memory, so that every file call is the victim's own; it cosigns whatever it is asked to."""

    answers: Mapping[str, Reply]
    signers: Sequence[SignerKey]

    def __call__(
        self, method: str, url: str, *, bytes_max: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        if method == "POST":
            lines = cosign(parse_request(body).checkpoint, self.signers, at_s=NOW_US // 1_000_000)
            return Reply(200, {}, "".join(line.line for line in lines).encode())
        return self.answers.get(url, Reply(404, {}, b""))

    def write(self, path: Path) -> None:
        answers = {u: [r.status, dict(r.headers), r.body.hex()] for u, r in self.answers.items()}
        signers = [[s.verifier.name, int(s.verifier.kind), s.secret.hex()] for s in self.signers]
        path.write_text(json.dumps([answers, signers]))

    @classmethod
    def read(cls, path: Path) -> Partner:
        answers, signers = json.loads(path.read_text())
        return cls(
            {url: Reply(status, headers, bytes.fromhex(body)) for url, (status, headers, body) in answers.items()},
            [signer_from_seed(name, KeyKind(kind), bytes.fromhex(seed)) for name, kind, seed in signers],
        )


def write_requests(path: Path, requests: Sequence[bytes]) -> None:
    path.write_text(json.dumps([request.decode() for request in requests]))


def read_requests(path: Path) -> list[bytes]:
    return [request.encode() for request in json.loads(path.read_text())]


def opened(place: Path) -> Node:
    return open_node(place / "node", clock=Clock(NOW_US), random=Random(1).randbytes)


def tell(node: Node, note: Note, number: int, count: int = 1) -> None:
    told = say(node, "", examples(range(number, number + count)), to=["cert-b"])
    assert told.entries is not None
    note(f"said {told.entries[0]} {number} {count}")
    note_head(node, note)


def note_head(node: Node, note: Note) -> None:
    with node.store.reading() as connection:
        head = read_head(connection, OWN)
    note(f"head {head.size} {head.root.hex()}")


def append_one_by_one(node: Node, note: Note) -> None:
    """Three writes of one entry each; in the prepared folder the second of them fills a tile."""
    for number in (9000, 9001, 9002):
        tell(node, note, number)


def append_many(node: Node, note: Note) -> None:
    """One write of 257 entries: it fills a tile and goes on behind it."""
    tell(node, note, 2000, 257)


def erase(node: Node, note: Note) -> None:
    erase_entry(node, ERASED_ENTRY, ground="asked for by the person concerned")
    note("erased")


def cosign_twice(node: Node, note: Note) -> None:
    """A partner asks for our cosignature on two checkpoints, one after the other."""
    for request in read_requests(node.folder.parent / "requests"):
        reply = answer(node, Request("POST", "/witness/add-checkpoint", body=request))
        checkpoint = parse_request(request).checkpoint
        note(f"cosigned {reply.status} {checkpoint.size} {checkpoint.root.hex()}")


def publish(node: Node, note: Note) -> None:
    """Pull, verify, mirror, acknowledge, and have our own checkpoint cosigned."""
    partner = Partner.read(node.folder.parent / "partner")
    report = sync(node, partner)
    if report.worst is not None:
        raise report.worst
    assert report.cosigners
    note_head(node, note)


def back_up(node: Node, note: Note) -> None:
    backup(node, node.folder.parent / "new.tar")
    note("backed up")


def rotate_keys(node: Node, note: Note) -> None:
    """Go over to new keys, then say something under them."""
    node.random = Random(77).randbytes  # no key of before is drawn again
    rotate(node)
    note("rotated")
    note_head(node, note)
    tell(node, note, 9100)


OPERATIONS: dict[str, Callable[[Node, Note], None]] = {
    "append_one_by_one": append_one_by_one,
    "append_many": append_many,
    "erase": erase,
    "cosign_twice": cosign_twice,
    "publish": publish,
    "back_up": back_up,
    "rotate_keys": rotate_keys,
}


def run(operation: str, place: Path) -> None:
    """The child. Errors are noted by class; after one, what the same node says to a second try and to a reader."""
    acks = os.open(place / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(text: str) -> None:
        os.write(acks, text.encode() + b"\n")

    os.kill(os.getpid(), signal.SIGSTOP)
    if operation == "restore":
        restore(place / "backup.tar", place / "restored")
        note("done")
        return
    try:
        node = create_node(place / "node", CHOICES, clock=Clock(NOW_US)) if operation == "create" else opened(place)
    except DetenteError as error:
        note(f"not opened {type(error).__name__}")
        return
    try:
        if operation != "create":
            OPERATIONS[operation](node, note)
        note("done")
    except DetenteError as error:
        note(f"failed {type(error).__name__}")
        _try_again(node, note)
    finally:
        try:
            node.close()
        except DetenteError as error:
            note(f"not closed {type(error).__name__}")


def _try_again(node: Node, note: Note) -> None:
    try:
        tell(node, note, 9500)
    except DetenteError as error:
        note(f"failed again {type(error).__name__}")
    try:
        findings = fsck(node).findings
        note(f"read {findings}" if findings else "read")
    except DetenteError as error:
        note(f"not read {type(error).__name__}")


def serve() -> None:
    gc.freeze()
    for line in sys.stdin:
        operation, place = line.split()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                run(operation, Path(place))
                status = 0
            except BaseException as error:
                print(f"{operation}: {error!r}", file=sys.stderr, flush=True)
            finally:
                os._exit(status)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


if __name__ == "__main__":
    serve()
