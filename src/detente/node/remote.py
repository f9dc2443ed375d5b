"""What a partner's node answers, read with limits: one function for each kind of thing, all over `Fetch`.

Everything here is unverified: the callers check it against pinned keys before anything is believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from detente.errors import MalformedReply, NotFound, Unreachable
from detente.net import Fetch, Reply
from detente.party import Party
from detente.statement import Opening, parse_openings
from detente.tlog.ascii import parse_decimal
from detente.tlog.merkle import HASH_BYTES, HashReader
from detente.tlog.tiles import TILE_WIDTH, Tile, bundle_path, hash_reader, parse_bundle, tile_path
from detente.tlog.witness import encode_request

NOTE_BYTES_MAX = 256 * 1024
BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + 65_535)
OPENINGS_BYTES_MAX = 16 << 20
ANSWER_BYTES_MAX = 64 * 1024
ROTATIONS_BYTES_MAX = 1 << 20
SIZE_HEADER = "x-detente-upto"


def witness_path(origin: str) -> str:
    """Where a witness serves the latest checkpoint that it cosigned for an origin (C2SP tlog-witness)."""
    return f"{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"


@dataclass(slots=True)
class Remote:
    """A partner's node, seen through its endpoints."""

    party: Party
    fetch: Fetch
    prefix: str = "log"

    def checkpoint(self) -> bytes:
        return self._read(f"{self.prefix}/checkpoint", NOTE_BYTES_MAX)

    def witnessed(self, origin: str, *, role: str = "witness") -> bytes | None:
        """The latest checkpoint of `origin` that this party cosigned as a witness or as a mirror; None when it has none."""
        reply = self._ask("GET", f"{role}/{witness_path(origin)}", NOTE_BYTES_MAX)
        return None if reply.status == 404 else self._expect(reply, f"{role}/checkpoint").body

    def mirrored(self, origin: str) -> Remote:
        """The same partner's mirror of another log: its checkpoint, tiles and entries."""
        return Remote(self.party, self.fetch, f"mirror/{hashlib.sha256(origin.encode()).hexdigest()}")

    def rotations(self) -> bytes:
        """The checkpoints at which this log went over to new keys, as its owner or a mirror of it shows them."""
        return self._read(f"{self.prefix}/rotations", ROTATIONS_BYTES_MAX)

    def leaves(self, start: int, end: int, *, progress: Callable[[int], None] | None = None) -> Iterator[list[bytes]]:
        """Entries [start, end) bundle by bundle. `end` is the size of the tree they belong to."""
        index = start // TILE_WIDTH
        while index * TILE_WIDTH < end:
            width = min(TILE_WIDTH, end - index * TILE_WIDTH)
            bundle = parse_bundle(self._read(f"{self.prefix}/{bundle_path(index, width)}", BUNDLE_BYTES_MAX), width)
            yield bundle[max(0, start - index * TILE_WIDTH) :]
            index += 1
            if progress is not None:
                progress(min(end, index * TILE_WIDTH))

    def hashes(self, size: int) -> HashReader:
        """Hashes of the partner's tree at `size`, from its tiles."""
        kept: dict[Tile, bytes] = {}

        def read(tile: Tile) -> bytes:
            if tile not in kept:
                data = self._read(f"{self.prefix}/{tile_path(tile)}", TILE_WIDTH * HASH_BYTES)
                if len(data) != tile.width * HASH_BYTES:
                    raise MalformedReply(
                        f"{self.party.name}: {tile_path(tile)} has {len(data)} bytes, not {tile.width * HASH_BYTES}",
                        party=self.party.origin,
                    )
                kept[tile] = data
            return kept[tile]

        return hash_reader(size, read)

    def openings(self, start: int, end: int) -> tuple[list[tuple[int, Opening]], int]:
        """Openings addressed to us with start ≤ index < end, and how far the answer reaches."""
        reply = self._expect(
            self._ask("GET", f"log/openings?from={start}&to={end}", OPENINGS_BYTES_MAX), "log/openings"
        )
        upto = parse_decimal(reply.headers.get(SIZE_HEADER, ""))
        if upto is None or not start < upto <= end:
            raise MalformedReply(
                f"{self.party.name}: openings without a valid {SIZE_HEADER} header", party=self.party.origin
            )
        found = list(parse_openings(reply.body))
        indices = [index for index, _ in found]
        if indices != sorted(set(indices)) or (indices and not start <= indices[0] <= indices[-1] < upto):
            raise MalformedReply(f"{self.party.name}: openings out of order or out of range", party=self.party.origin)
        return found, upto

    def add_checkpoint(self, old_size: int, proof: tuple[bytes, ...], note: bytes) -> Reply:
        """Ask this party's witness for a cosignature (C2SP tlog-witness); the status is the caller's to read."""
        return self._ask("POST", "witness/add-checkpoint", ANSWER_BYTES_MAX, body=encode_request(old_size, proof, note))

    def _read(self, path: str, bytes_max: int) -> bytes:
        return self._expect(self._ask("GET", path, bytes_max), path).body

    def _ask(self, method: str, path: str, bytes_max: int, *, body: bytes = b"") -> Reply:
        headers = {"Authorization": f"Bearer {self.party.token}"} if self.party.token else {}
        return self.fetch(method, f"{self.party.url}/{path}", bytes_max=bytes_max, body=body, headers=headers)

    def _expect(self, reply: Reply, path: str) -> Reply:
        if reply.status == 200:
            return reply
        if reply.status in (401, 403):
            raise NotFound(
                f"{self.party.name} does not accept our token for {path} (status {reply.status}): ask for a new invitation"
            )
        raise Unreachable(f"{self.party.name}: {path} answered with status {reply.status}")
