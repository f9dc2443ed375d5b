"""Collections and tokens: standing audiences, and who may read or write them over TAXII.

A collection is a title, the partners that may read it, and a marking ceiling. What a reader gets from it is decided object by object.
A token belongs to one party; it is shown once and stored as a hash.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from detente.errors import InvalidObject, InvalidStatement, NotFound
from detente.node.open import Node
from detente.party import Party, check_name
from detente.statement import base64url
from detente.stix.canonical import JsonValue, encode, parse
from detente.stix.marking import Tlp, parse_tlp
from detente.store.database import Connection
from detente.store.store import Transaction, read_record, read_records

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Collection:
    """`readers`: origins of partners, or ("*",) for every partner that there is."""

    id: str
    alias: str
    title: str
    description: str
    ceiling: Tlp
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """`party`: the origin it stands for, "" for our own tools. `read`, `write`: collection ids, or None for all that it may."""

    id: str
    name: str
    party: str
    read: tuple[str, ...] | None
    write: tuple[str, ...] | None


def add_collection(
    node: Node,
    alias: str,
    *,
    title: str = "",
    description: str = "",
    ceiling: Tlp = Tlp.AMBER,
    readers: Sequence[str] = (),
) -> Collection:
    """A new collection. Raises InvalidStatement when the alias is taken."""
    check_name(alias)

    def work(transaction: Transaction) -> Collection:
        if any(c.alias == alias for c in read_collections(transaction.connection)):
            raise InvalidStatement(f"there is a collection {alias} already")
        origins = tuple(r if r == "*" else node.partner(transaction.connection, r).origin for r in readers)
        collection = Collection(
            str(uuid.UUID(bytes=node.random(16), version=4)),
            alias,
            title or alias,
            description,
            ceiling,
            tuple(sorted(set(origins))),
        )
        value: dict[str, JsonValue] = {
            **asdict(collection),
            "ceiling": ceiling.label,
            "readers": list(collection.readers),
        }
        transaction.put_record("collection", collection.id, encode(value))
        node.journal(transaction, "decision", {"decided": "collection added", **value})
        return collection

    return node.store.write(node.clock(), work)


def read_collections(connection: Connection) -> list[Collection]:
    """By alias."""
    return sorted((_parse(value) for _, value in read_records(connection, "collection")), key=lambda c: c.alias)


def read_collection(connection: Connection, name: str) -> Collection:
    """By id or alias. Raises NotFound naming those that exist."""
    value = read_record(connection, "collection", name)
    if value is not None:
        return _parse(value)
    known = read_collections(connection)
    for collection in known:
        if collection.alias == name:
            return collection
    names = ", ".join(c.alias for c in known) or "none yet"
    raise NotFound(
        f"there is no collection {name!r}. Collections: {names}. Make one with: detente collection add {name}"
    )


def readers(collection: Collection, partners: Sequence[Party]) -> list[Party]:
    """The partners that read a collection."""
    return [p for p in partners if "*" in collection.readers or p.origin in collection.readers]


def add_token(
    node: Node, name: str, *, party: str = "", read: Sequence[str] | None = None, write: Sequence[str] | None = None
) -> tuple[Token, str]:
    """A new token and its secret, which is not stored and cannot be shown again.

    `party`: the origin it stands for, "" for our own tools. Only our own tools may write: what is written becomes a statement of ours.
    """
    check_name(name)
    if party and write:
        raise InvalidStatement(
            "a partner's token cannot write: what is posted becomes a statement of ours. Make a token without --party."
        )
    secret = base64url(node.random(TOKEN_BYTES))

    def work(transaction: Transaction) -> Token:
        if any(t.name == name for t in read_tokens(transaction.connection)):
            raise InvalidStatement(f"there is a token {name} already; revoke it first or choose another name")
        ids = {
            field: None if names is None else tuple(read_collection(transaction.connection, n).id for n in names)
            for field, names in (("read", read), ("write", write))
        }
        token = Token(str(uuid.UUID(bytes=node.random(16), version=4)), name, party, ids["read"], ids["write"])
        put_token(transaction, token, secret)
        node.journal(transaction, "decision", {"decided": "token added", "token": name, "party": party})
        return token

    return node.store.write(node.clock(), work), secret


def put_token(transaction: Transaction, token: Token, secret: str) -> None:
    value: dict[str, JsonValue] = {
        "id": token.id,
        "name": token.name,
        "party": token.party,
        "read": None if token.read is None else list(token.read),
        "write": None if token.write is None else list(token.write),
    }
    transaction.put_record("token", secret_digest(secret), encode(value))


def read_tokens(connection: Connection) -> list[Token]:
    """By name."""
    return sorted((_parse_token(value) for _, value in read_records(connection, "token")), key=lambda t: t.name)


def token_of(connection: Connection, secret: str) -> Token | None:
    """The token with this secret. It is looked up by its hash, so that the time taken tells nothing about the secret."""
    value = read_record(connection, "token", secret_digest(secret))
    return None if value is None else _parse_token(value)


def revoke_token(node: Node, name: str) -> None:
    def work(transaction: Transaction) -> None:
        for key, value in read_records(transaction.connection, "token"):
            if _parse_token(value).name == name:
                transaction.drop_record("token", key)
                node.journal(transaction, "decision", {"decided": "token revoked", "token": name})
                return
        raise NotFound(f"there is no token {name!r}. See: detente token list")

    node.store.write(node.clock(), work)


def secret_digest(secret: str) -> str:
    """Secrets have 256 random bits, so that one hash is enough to store them by."""
    return hashlib.sha256(b"detente/token/v1\x00" + secret.encode("utf-8", "surrogatepass")).hexdigest()


def _parse(data: bytes) -> Collection:
    match parse(data):
        case {
            "id": str(id),
            "alias": str(alias),
            "title": str(title),
            "description": str(description),
            "ceiling": str(ceiling),
            "readers": list(origins),
        }:
            return Collection(id, alias, title, description, parse_tlp(ceiling), tuple(str(r) for r in origins))
    raise InvalidObject("a stored collection is damaged; run detente fsck")


def _parse_token(data: bytes) -> Token:
    match parse(data):
        case {"id": str(id), "name": str(name), "party": str(party), "read": read, "write": write}:
            return Token(id, name, party, _ids(read), _ids(write))
    raise InvalidObject("a stored token is damaged; run detente fsck")


def _ids(value: JsonValue) -> tuple[str, ...] | None:
    return tuple(str(v) for v in value) if isinstance(value, list) else None
