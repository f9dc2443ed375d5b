"""LyingParty: an honest node's endpoint that lies. Each lie is a method; what it does not lie about it answers truly.

A lie is armed for everybody, or `towards` one origin: every partner shows the token of its own invitation, so a liar
knows whom it is talking to and can show each side another face. Lies armed later come first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import parse_qs

from tests.world import World

from detente.node.collections import token_of
from detente.node.open import Node
from detente.party import Role
from detente.statement import Opening, encode_openings, parse_openings
from detente.store.bodies import read_opening
from detente.store.log import OWN, read_head, read_leaves
from detente.tlog.checkpoint import Checkpoint, cosign, sign_checkpoint
from detente.tlog.merkle import EMPTY_ROOT, Frontier, leaf_hash
from detente.tlog.note import (
    SIGNATURES_MAX,
    KeyKind,
    Signature,
    SignedNote,
    SignerKey,
    parse_note,
    signer_from_seed,
)
from detente.tlog.tiles import Bundle, Tile, encode_bundle, extend, hash_reader, parse_path
from detente.tlog.witness import parse_request
from detente.web.log import Answer, Request

Lie = Callable[[Request], Answer | None]


class Branch:
    """A history in memory, served as a log is: checkpoint, tiles, entries."""

    def __init__(self, origin: str, signers: Sequence[SignerKey], leaves: Sequence[bytes], at_s: int) -> None:
        self.leaves = list(leaves)
        hashes = [leaf_hash(leaf) for leaf in leaves]
        self.checkpoint = Checkpoint(origin, len(leaves), Frontier.EMPTY.extended(hashes).root())
        self.note = sign_checkpoint(self.checkpoint, signers, at_s=at_s)
        self._tiles = {(tile.level, tile.index): data for tile, data in extend(0, {}, hashes)}
        self.read = hash_reader(len(leaves), lambda tile: self._tiles[tile.level, tile.index])

    def __call__(self, request: Request) -> Answer | None:
        if request.path == "/log/checkpoint":
            return Answer(200, self.note)
        if request.path == "/log/openings":
            return Answer(200, b"", headers={"x-detente-upto": parse_qs(request.query)["to"][0]})
        if not request.path.startswith("/log/tile/"):
            return None
        match parse_path(request.path.removeprefix("/log/")):
            case Tile(level, index, width):
                data = self._tiles.get((level, index), b"")
                return Answer(200, data[: 32 * width]) if len(data) >= 32 * width else Answer(404)
            case Bundle(index, width):
                part = self.leaves[256 * index : 256 * index + width]
                return Answer(200, encode_bundle(part)) if len(part) == width else Answer(404)


class LyingParty:
    """Put in front of `world.nodes[name]`; `node` is the honest node behind it, which knows nothing of this.

    `settled` is the size that its log had at that moment.
    """

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.node: Node = world.nodes[name]
        self.honest = world.endpoints[name]
        self._lies: list[tuple[str | None, Lie]] = []
        self._salt = 0
        self.settled = self.size
        world.endpoints[name] = self

    def __call__(self, request: Request) -> Answer:
        for towards, lie in reversed(self._lies):
            if towards is None or towards == self.asker(request):
                answer = lie(request)
                if answer is not None:
                    return answer
        return self.honest(request)

    def tell_the_truth(self) -> None:
        """Every lie ends here."""
        self._lies.clear()

    def arm(self, lie: Lie, *, towards: str | None = None) -> None:
        self._lies.append((towards, lie))

    def asker(self, request: Request) -> str | None:
        """Whose token is shown."""
        secret = request.headers.get("authorization", "").removeprefix("Bearer ")
        with self.node.store.reading() as connection:
            token = token_of(connection, secret)
        return token.party if token is not None else None

    @property
    def size(self) -> int:
        with self.node.store.reading() as connection:
            return read_head(connection, OWN).size

    @property
    def leaves(self) -> list[bytes]:
        with self.node.store.reading() as connection:
            return read_leaves(connection, OWN, 0, read_head(connection, OWN).size)

    @property
    def signers(self) -> Sequence[SignerKey]:
        return self.node.signers[Role.LOG]

    @property
    def at_s(self) -> int:
        return self.world.clock() // 1_000_000

    def noise(self, count: int = 1) -> list[bytes]:
        """Well-formed commitments to nothing, never the same twice."""
        made = []
        for _ in range(count):
            self._salt += 1
            digest = hashlib.sha256(f"noise {self._salt}".encode()).hexdigest()
            made.append(b'{"c":"%b","t":"c","v":1}' % (digest[:42].encode() + b"A"))
        return made

    def sign(self, size: int, root: bytes, *, origin: str | None = None) -> bytes:
        return sign_checkpoint(Checkpoint(origin or self.node.origin, size, root), self.signers, at_s=self.at_s)

    # -- another history ----------------------------------------------------------------------------------------------

    def fork_at(self, index: int, *, size: int | None = None, towards: str | None = None) -> Branch:
        """From entry `index` on, another history, as long as the true one or of `size` entries."""
        leaves = self.leaves
        other = leaves[:index] + self.noise((len(leaves) if size is None else size) - index)
        return self.show(other, towards=towards)

    def show(self, leaves: Sequence[bytes], *, towards: str | None = None) -> Branch:
        branch = Branch(self.node.origin, self.signers, leaves, self.at_s)
        self.arm(branch, towards=towards)
        return branch

    def roll_back_to(self, size: int, *, towards: str | None = None) -> Branch:
        """The true beginning, signed afresh as if there were no more."""
        return self.show(self.leaves[:size], towards=towards)

    def serve_stale(self, note: bytes) -> None:
        """A checkpoint that was true once."""
        self.arm(_at("/log/checkpoint", Answer(200, note)))

    def claim(self, size: int, root: bytes) -> None:
        """A signed size and root with nothing behind them."""
        self.arm(_at("/log/checkpoint", Answer(200, self.sign(size, root))))

    # -- checkpoints that are none ------------------------------------------------------------------------------------

    def serve_checkpoint(self, note: bytes) -> None:
        self.arm(_at("/log/checkpoint", Answer(200, note)))

    def sign_with_old_key(self) -> None:
        """Keys of the right name that the partner never pinned."""
        old = [
            signer_from_seed(s.verifier.name, s.verifier.kind, hashlib.sha256(b"old %d" % i).digest())
            for i, s in enumerate(self.signers)
        ]
        self.serve_checkpoint(self._note(old))

    def sign_with_one_key(self, position: int, *, leaves: Sequence[bytes] | None = None) -> None:
        """Only one of the keys that were pinned; two such notes have no key in common."""
        branch = Branch(self.node.origin, [self.signers[position]], leaves or self.leaves, self.at_s)
        self.arm(branch)

    def use_the_witness_key(self) -> None:
        """A key of this party, pinned, but for another role."""
        witness = self.node.signers[Role.WITNESS]
        text = Checkpoint(self.node.origin, self.size, self._root(self.size))
        self.serve_checkpoint(SignedNote(text.text, tuple(cosign(text, witness, at_s=self.at_s))).encode())

    def break_signature(self) -> None:
        note = parse_note(self._note(self.signers))
        first, *rest = note.signatures
        broken = replace(first, value=first.value[:-1] + bytes([first.value[-1] ^ 1]))
        self.serve_checkpoint(SignedNote(note.text, (broken, *rest)).encode())

    def forge_line_of(self, name: str, key_id: bytes, kind: KeyKind) -> None:
        """A true checkpoint with a line that looks like a cosignature of somebody else."""
        size = {KeyKind.ED25519: 64, KeyKind.ED25519_COSIGNATURE: 72, KeyKind.ML_DSA_44: 2428}[kind]
        self._add_lines([Signature(name, key_id, bytes(7) + b"\x01" + bytes(size - 8))])

    def sign_many_times(self, lines: int) -> None:
        """A true checkpoint among lines of unknown keys, `lines` of them in all."""
        own = len(self.signers)
        self._add_lines([Signature(f"crowd{i}.example", bytes(4), bytes(64)) for i in range(lines - own)])

    def add_lines_to_the_text(self) -> None:
        """An extension line, well signed with the one kind of key that can."""
        signer = self.signers[0]
        text = Checkpoint(self.node.origin, self.size, self._root(self.size)).text + "see also: elsewhere\n"
        line = Signature(signer.verifier.name, signer.verifier.key_id, signer.sign(text.encode()))
        self.serve_checkpoint(SignedNote(text, (line,)).encode())

    def sign_other_origin(self, origin: str) -> None:
        """Our keys under somebody else's name."""
        signers = [signer_from_seed(origin, s.verifier.kind, s.secret) for s in self.signers]
        note = sign_checkpoint(Checkpoint(origin, self.size, self._root(self.size)), signers, at_s=self.at_s)
        self.serve_checkpoint(note)

    def empty_tree_with_a_root(self) -> None:
        self.claim(0, bytes(32))

    # -- entries, tiles and openings ----------------------------------------------------------------------------------

    def swap_entry(self, index: int) -> None:
        """One entry is another, under a true checkpoint."""
        self._edit_entries(lambda leaves: leaves.__setitem__(index, self.noise()[0]))

    def reorder(self, a: int, b: int) -> None:
        """Two entries change places."""

        def edit(leaves: list[bytes]) -> None:
            leaves[a], leaves[b] = leaves[b], leaves[a]

        self._edit_entries(edit)

    def truncate_bundle(self, bytes_less: int = 1) -> None:
        self._edit_bodies("/log/tile/entries/", lambda body: body[:-bytes_less])

    def lengthen_bundle(self) -> None:
        self._edit_bodies("/log/tile/entries/", lambda body: body + b"\x00\x00")

    def wrong_width_tile(self) -> None:
        """Tiles one hash short. They are asked for only when entries and root disagree."""
        self._edit_bodies("/log/tile/0/", lambda body: body[:-32])

    def garble_tiles(self) -> None:
        self._edit_bodies("/log/tile/0/", lambda body: bytes(len(body)))

    def swap_body(self, index: int) -> None:
        """Another text for a statement than the one that was committed to."""
        self._edit_opening(index, lambda o: replace(o, body=o.body.replace(b"Example", b"Ehample")))

    def swap_header(self, index: int) -> None:
        """A header that names another time; it is as long and as canonical as the true one."""
        self._edit_opening(index, lambda o: replace(o, header=_next_digit(o.header)))

    def swap_salt(self, index: int) -> None:
        self._edit_opening(index, lambda o: replace(o, body_salt=bytes(32)))

    def cut_salt(self, index: int) -> None:
        self._edit_opening(index, lambda o: replace(o, header_salt=o.header_salt[:31]))

    def withhold_text(self, index: int) -> None:
        """The header without its text, as if it had been erased."""
        self._edit_opening(index, lambda o: replace(o, body=b"", body_salt=b""))

    def withhold_salt(self, index: int) -> None:
        self._edit_opening(index, lambda o: replace(o, body_salt=b""))

    def withhold_opening(self, index: int) -> None:
        self._edit_openings(lambda found: [(i, o) for i, o in found if i != index])

    def answer_for_someone_else(self, other: LyingParty) -> None:
        """Another party's log, all of it, in place of our own."""
        self.arm(lambda request: other.honest(request) if request.path.startswith("/log/") else None)

    def open_what_others_were_told(self, index: int) -> None:
        """An opening of a statement that was addressed to somebody else."""
        with self.node.store.reading() as connection:
            opening = read_opening(connection, OWN, index)
        self._edit_openings(lambda found: sorted([*found, (index, opening)], key=lambda pair: pair[0]))

    def copy_commitment(self, of: LyingParty, index: int) -> int:
        """Another party's commitment as an entry of our own, opened with what that party opened it with."""
        leaf = of.leaves[index]
        with of.node.store.reading() as connection:
            opening = read_opening(connection, OWN, index)
        copied = self.size
        self.show([*self.leaves, leaf])
        self._edit_openings(lambda found: [*found, (copied, opening)])
        return copied

    def reverse_openings(self) -> None:
        self._edit_openings(lambda found: found[::-1])

    def repeat_openings(self) -> None:
        self._edit_openings(lambda found: sorted([*found, *found], key=lambda pair: pair[0]))

    def openings_out_of_range(self) -> None:
        self._edit_openings(lambda found: [(i + 1_000_000, o) for i, o in found])

    def openings_up_to(self, upto: str | None) -> None:
        """Another answer to how far the openings are complete, or none."""

        def lie(request: Request) -> Answer | None:
            if request.path != "/log/openings":
                return None
            headers = {} if upto is None else {"x-detente-upto": upto}
            return replace(self.honest(request), headers=headers)

        self.arm(lie)

    def truncate_openings(self) -> None:
        self._edit_bodies("/log/openings", lambda body: body[:-1])

    def one_opening_at_a_time(self) -> None:
        """As slow an answer as the protocol allows: every request brings one index further."""

        def lie(request: Request) -> Answer | None:
            if request.path != "/log/openings":
                return None
            start = int(parse_qs(request.query)["from"][0])
            return self.honest(replace(request, query=f"from={start}&to={start + 1}"))

        self.arm(lie)

    # -- any answer at all --------------------------------------------------------------------------------------------

    def answer_with(self, status: int, body: bytes = b"", *, path: str = "/log/checkpoint") -> None:
        self.arm(_at(path, Answer(status, body)))

    def flood(self, path: str, bytes_sent: int) -> None:
        self.answer_with(200, b"A" * bytes_sent, path=path)

    def garble(self, path: str, change: Callable[[bytes], bytes]) -> None:
        """The true answer, with anything done to its bytes."""
        self._edit_bodies(path, change)

    # -- as a witness -------------------------------------------------------------------------------------------------

    def witness_answers(self, status: int, body: bytes) -> None:
        self.arm(_at("/witness/add-checkpoint", Answer(status, body)))

    def cosign_another_checkpoint(self) -> None:
        """Good signatures over a tree that nobody asked about."""
        self._cosign_as(lambda checkpoint: replace(checkpoint, root=bytes(32)), self.node.signers[Role.WITNESS])

    def cosign_with_the_mirror_key(self) -> None:
        self._cosign_as(lambda checkpoint: checkpoint, self.node.signers[Role.MIRROR])

    def cosign_many_times(self, times: int) -> None:
        """Each line verifies; each states another time."""

        def lie(request: Request) -> Answer | None:
            if request.path != "/witness/add-checkpoint":
                return None
            checkpoint = parse_request(request.body).checkpoint
            signer = self.node.signers[Role.WITNESS][:1]
            lines = [cosign(checkpoint, signer, at_s=self.at_s + i)[0] for i in range(times)]
            return Answer(200, "".join(line.line for line in lines).encode())

        self.arm(lie)

    def pretend_to_have_cosigned(self, origin: str, note: bytes) -> None:
        """Any note in the places where we keep what we cosigned of a log."""
        digest = hashlib.sha256(origin.encode()).hexdigest()
        for role in ("witness", "mirror"):
            self.arm(_at(f"/{role}/{digest}/checkpoint", Answer(200, note)))

    # -- how ----------------------------------------------------------------------------------------------------------

    def _cosign_as(self, change: Callable[[Checkpoint], Checkpoint], signers: Sequence[SignerKey]) -> None:
        def lie(request: Request) -> Answer | None:
            if request.path != "/witness/add-checkpoint":
                return None
            checkpoint = change(parse_request(request.body).checkpoint)
            return Answer(200, "".join(s.line for s in cosign(checkpoint, signers, at_s=self.at_s)).encode())

        self.arm(lie)

    def _root(self, size: int) -> bytes:
        hashes = [leaf_hash(leaf) for leaf in self.leaves[:size]]
        return Frontier.EMPTY.extended(hashes).root() if hashes else EMPTY_ROOT

    def _note(self, signers: Sequence[SignerKey]) -> bytes:
        return sign_checkpoint(Checkpoint(self.node.origin, self.size, self._root(self.size)), signers, at_s=self.at_s)

    def _add_lines(self, lines: Sequence[Signature]) -> None:
        note = parse_note(self._note(self.signers))
        assert len(note.signatures) + len(lines) <= SIGNATURES_MAX + 1
        self.serve_checkpoint(SignedNote(note.text, (*note.signatures, *lines)).encode())

    def _edit_entries(self, edit: Callable[[list[bytes]], object]) -> None:
        leaves = self.leaves
        edit(leaves)

        def lie(request: Request) -> Answer | None:
            if not request.path.startswith("/log/tile/entries/"):
                return None
            asked = parse_path(request.path.removeprefix("/log/"))
            return Answer(200, encode_bundle(leaves[256 * asked.index : 256 * asked.index + asked.width]))

        self.arm(lie)

    def _edit_bodies(self, prefix: str, change: Callable[[bytes], bytes]) -> None:
        def lie(request: Request) -> Answer | None:
            if not request.path.startswith(prefix):
                return None
            answer = self._below(lie, request)
            return replace(answer, body=change(answer.body)) if answer.status == 200 else answer

        self.arm(lie)

    def _edit_openings(self, change: Callable[[list[tuple[int, Opening]]], list[tuple[int, Opening]]]) -> None:
        self._edit_bodies("/log/openings", lambda body: encode_openings(change(list(parse_openings(body)))))

    def _edit_opening(self, index: int, change: Callable[[Opening], Opening]) -> None:
        self._edit_openings(lambda found: [(i, change(o) if i == index else o) for i, o in found])

    def _below(self, lie: Lie, request: Request) -> Answer:
        """What would be answered without this lie and those above it."""
        position = next(i for i, (_, other) in enumerate(self._lies) if other is lie)
        for towards, other in reversed(self._lies[:position]):
            if towards is None or towards == self.asker(request):
                answer = other(request)
                if answer is not None:
                    return answer
        return self.honest(request)


def _at(path: str, answer: Answer) -> Lie:
    return lambda request: answer if request.path == path else None


def _next_digit(header: bytes) -> bytes:
    """The same header with its last digit of the time changed."""
    at = header.rindex(b',"v":1}') - 1
    return header[:at] + (b"1" if header[at : at + 1] == b"0" else b"0") + header[at + 1 :]
