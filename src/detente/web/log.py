"""The log's endpoints: what partners, witnesses and strangers read of a node, as a pure answer to a request.

    GET  /log/checkpoint                        our signed checkpoint, with cosignatures when the latest has them
    GET  /log/rotations                         the checkpoints at which it went over to new keys
    GET  /log/tile/<L>/<N>[.p/<W>]              C2SP tlog-tiles
    GET  /log/tile/entries/<N>[.p/<W>]
    GET  /log/openings?from=I&to=J              openings addressed to the party whose token is shown
    POST /witness/add-checkpoint                C2SP tlog-witness
    GET  /witness/<hash>/checkpoint             what we cosigned of a log as a witness
    GET  /mirror/<hash>/checkpoint              what we mirror of a log, cosigned as a mirror
    GET  /mirror/<hash>/rotations               the same of a log that we mirror
    GET  /mirror/<hash>/tile/…                  its tiles and entries, so that a party can recover its own log

Everything but the openings is public and static: 65 bytes a leaf, which say nothing to a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from detente.errors import LocalError, NotFound
from detente.node.open import Node
from detente.node.openings import openings_for
from detente.node.rotate import encode_rotations, read_rotations
from detente.node.witness import answer_add_checkpoint, latest_cosigned, mirror_number, partner_with_hash
from detente.party import Role
from detente.store.log import OWN, read_bundle, read_head, read_tile
from detente.tlog.ascii import parse_decimal
from detente.tlog.tiles import TILE_WIDTH, Tile, parse_path
from detente.tlog.witness import REQUEST_BYTES_MAX

PREFIXES = ("/log/", "/witness/", "/mirror/")
BODY_BYTES_MAX = REQUEST_BYTES_MAX

_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_FOREVER = "public, max-age=31536000, immutable"
_MIRRORED = re.compile(r"/mirror/([0-9a-f]{64})/(tile/.{1,80})")
_ROTATED = re.compile(r"/mirror/([0-9a-f]{64})/rotations")
_COSIGNED = re.compile(r"/(witness|mirror)/([0-9a-f]{64})/checkpoint")


@dataclass(frozen=True, slots=True)
class Request:
    """Header names in lower case; `query` without the question mark; the body is bounded by the caller.

    `client` is the address that the connection comes from, "" when that is not known.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = _TEXT
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(node: Node, request: Request) -> Answer:
    """Answer one request. What a stranger sends raises nothing; a failing store raises StoreError."""
    if request.method == "POST" and request.path == "/witness/add-checkpoint":
        return _add_checkpoint(node, request)
    if request.method not in ("GET", "HEAD"):
        return Answer(405, b"only GET here\n", headers={"allow": "GET, HEAD"})
    if request.path == "/log/checkpoint":
        with node.store.reading() as connection:
            head = read_head(connection, OWN)
        # Cosignatures are worth waiting for, a newer checkpoint is worth more: serve the latest, cosigned if it is.
        note = head.witnessed_note if head.witnessed_size == head.size and head.witnessed_note else head.note
        return Answer(200, note, headers={"cache-control": "no-cache"})
    if request.path == "/log/rotations":
        return _rotations(node, node.origin)
    if request.path == "/log/openings":
        return _openings(node, request)
    if request.path.startswith("/log/tile/"):
        return _tile(node, OWN, request.path.removeprefix("/log/"))
    if match := _ROTATED.fullmatch(request.path):
        return _rotations(node, partner_with_hash(node, match[1]))
    if match := _MIRRORED.fullmatch(request.path):
        log = mirror_number(node, match[1])
        return _tile(node, log, match[2]) if log is not None else Answer(404, b"no mirror of this log\n")
    if match := _COSIGNED.fullmatch(request.path):
        note = latest_cosigned(node, match[2], Role(match[1])) or b""
        return (
            Answer(200, note, headers={"cache-control": "no-cache"})
            if note
            else Answer(404, b"nothing cosigned of this log\n")
        )
    return Answer(404, b"nothing here\n")


def _add_checkpoint(node: Node, request: Request) -> Answer:
    decision = answer_add_checkpoint(node, request.body)
    headers = {} if decision.retry_after_s is None else {"retry-after": str(decision.retry_after_s)}
    return Answer(decision.status, decision.body, decision.content_type, headers)


def _tile(node: Node, log: int, path: str) -> Answer:
    try:
        asked = parse_path(path)
        with node.store.reading() as connection:
            match asked:
                case Tile():
                    body = read_tile(connection, log, asked)
                case _:
                    body = read_bundle(connection, log, asked.index, asked.width)
    except LocalError:
        return Answer(404, b"no such tile\n")
    caching = _FOREVER if asked.width == TILE_WIDTH else "public, max-age=60"
    return Answer(200, body, _BYTES, {"cache-control": caching})


def _rotations(node: Node, origin: str | None) -> Answer:
    if origin is None:
        return Answer(404, b"no mirror of this log\n")
    with node.store.reading() as connection:
        notes = read_rotations(connection, origin)
    return Answer(200, encode_rotations(notes), "application/json", {"cache-control": "no-cache"})


def _openings(node: Node, request: Request) -> Answer:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    query = parse_qs(request.query)
    start, end = (parse_decimal(query.get(name, [""])[0]) for name in ("from", "to"))
    if start is None or end is None or not start < end:
        return Answer(400, b"expected from=I&to=J with I below J\n")
    if scheme.lower() != "bearer":
        return Answer(401, b"show the token of your invitation\n", headers={"www-authenticate": "Bearer"})
    try:
        body, upto = openings_for(node, secret.strip(), start, end)
    except NotFound:
        return Answer(401, b"this token is not known here\n", headers={"www-authenticate": "Bearer"})
    return Answer(200, body, _BYTES, {"x-detente-upto": str(upto), "cache-control": "private, no-store"})
