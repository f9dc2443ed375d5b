"""The servers that bench/taxii.py measures, each a process of its own.

Run as a program it becomes one of ours: `python -m bench.taxii_servers node PORT FOLDER CACHE_BYTES` (or `memory`, for
collections in memory) or `python -m bench.taxii_servers bare PORT FOLDER`.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.contract.worlds import IMPLEMENTATIONS, basic

from detente.web.collections import Collections
from detente.web.taxii import CACHE_BYTES, make_app

TAXII = "application/taxii+json;version=2.1"
MEDALLION_COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens, and which collection to use with which credentials."""

    port: int
    objects: str
    authorization: str


Start = Callable[[Path], contextlib.AbstractContextManager[Server]]


def make_collections(kind: str, folder: Path) -> tuple[Collections, str, str]:
    """What stands under our surface: collections, the id of one, and a bearer token that may read and write it.

    "node" is a real one, on disk, with log, markings and partners; "memory" is the fake of the tests.
    """
    world = IMPLEMENTATIONS[kind](folder)
    return world.collections, world.exchange, world.token("own")[1]


@contextlib.contextmanager
def detente(folder: Path, *, kind: str = "node", cache_bytes: int = CACHE_BYTES) -> Iterator[Server]:
    """Ours, with `cache_bytes` for pages kept ready."""
    port = _free_port()
    command = [sys.executable, "-m", "bench.taxii_servers", kind, str(port), str(folder), str(cache_bytes)]
    with _running(command, port):
        collection, token = json.loads((folder / "server.json").read_text())
        yield Server(port, f"/taxii2/shared/collections/{collection}/objects/", f"Bearer {token}")


@contextlib.contextmanager
def bare(folder: Path) -> Iterator[Server]:
    """Nothing but bytes: the files of `folder`, by number, sent with the headers that ours has."""
    port = _free_port()
    with _running([sys.executable, "-m", "bench.taxii_servers", "bare", str(port), str(folder)], port):
        yield Server(port, "/", "Bearer none")


@contextlib.contextmanager
def medallion(folder: Path) -> Iterator[Server]:
    """Its memory backend, started by its own program."""
    port = _free_port()
    start = {
        "/discovery": {"title": "bench", "default": "/bench/", "api_roots": ["/bench/"]},
        "bench": {
            "information": {"title": "bench", "versions": [TAXII], "max_content_length": 1 << 30},
            "status": [],
            "collections": [
                {
                    "id": MEDALLION_COLLECTION,
                    "title": "bench",
                    "can_read": True,
                    "can_write": True,
                    "media_types": ["application/stix+json;version=2.1"],
                    "objects": [],
                    "manifest": [],
                }
            ],
        },
    }
    (folder / "data.json").write_text(json.dumps(start))
    settings = {
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": str(folder / "data.json"),
            "session_timeout": 3_600,
        },
        "users": {"bench": "bench"},
        "taxii": {"max_page_size": 1_000},
    }
    (folder / "medallion.json").write_text(json.dumps(settings))
    program = "from medallion.scripts.run import main; main()"
    with _running([sys.executable, "-c", program, "--port", str(port), str(folder / "medallion.json")], port):
        yield Server(port, f"/bench/collections/{MEDALLION_COLLECTION}/objects/", f"Basic {basic('bench', 'bench')}")


@contextlib.contextmanager
def opentaxii(folder: Path) -> Iterator[Server]:
    """With SQLite and a token, under gunicorn as its manual says; with a thread, because only so it keeps connections.

    `OPENTAXII_PYTHON` is the interpreter that it is installed for.
    """
    port = _free_port()
    python = os.environ["OPENTAXII_PYTHON"]
    settings = {
        "domain": f"127.0.0.1:{port}",
        "auth_api": {
            "class": "opentaxii.auth.sqldb.SQLDatabaseAPI",
            "parameters": {
                "db_connection": f"sqlite:///{folder / 'auth.db'}",
                "create_tables": True,
                "secret": "bench",
                "token_ttl_secs": 86_400,
            },
        },
        "taxii1": None,
        "taxii2": {
            "persistence_api": {
                "class": "opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI",
                "parameters": {"db_connection": f"sqlite:///{folder / 'data.db'}", "create_tables": True},
            },
            "title": "bench",
            "max_content_length": 1 << 30,
        },
        "logging": {"opentaxii": "error", "root": "error"},
    }
    (folder / "opentaxii.yml").write_text(json.dumps(settings))  # JSON is YAML
    environment = {**os.environ, "OPENTAXII_CONFIG": str(folder / "opentaxii.yml")}
    made = subprocess.run(
        [python, "-c", _OPENTAXII_SETUP], env=environment, capture_output=True, text=True, check=True, cwd=folder
    )
    root, collection, token = json.loads(made.stdout.splitlines()[-1])
    command = [python, "-m", "gunicorn", "opentaxii.http:app", "--bind", f"127.0.0.1:{port}", "--timeout", "300"]
    command += ["--worker-class", "gthread", "--threads", "1", "--keep-alive", "300", "--log-level", "error"]
    with _running([*command, "--config", "python:opentaxii.http"], port, environment):
        yield Server(port, f"/taxii2/{root}/collections/{collection}/objects/", f"Bearer {token}")


_OPENTAXII_SETUP = """
import json
from opentaxii.cli import app
with app.app_context():
    app.taxii_server.auth.api.create_account(username="bench", password="bench", is_admin=True)
    token = app.taxii_server.auth.authenticate(username="bench", password="bench")
    api = app.taxii_server.servers.taxii2.persistence.api
    root = api.add_api_root(title="bench", default=True)
    collection = api.add_collection(api_root_id=str(root.id), title="bench")
    print(json.dumps([str(root.id), str(collection.id), token]))
"""


@contextlib.contextmanager
def _running(command: Sequence[str], port: int, environment: dict[str, str] | None = None) -> Iterator[None]:
    """The program, from when it answers until the block ends."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise SystemExit(f"it ended at once with {process.returncode}: {' '.join(command)}")
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/taxii2/")
                connection.getresponse().read()
                break
            except OSError:
                time.sleep(0.05)
            finally:
                connection.close()
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _bare_app(folder: Path) -> ASGIApp:
    bodies = [path.read_bytes() for path in sorted(folder.iterdir())]
    stamp = b"2026-01-01T00:00:00.000000Z"

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        name = scope["path"].strip("/")
        body = bodies[int(name)] if name.isdigit() else b"{}"
        headers = [
            (b"content-type", TAXII.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"content-length", str(len(body)).encode()),
            (b"x-taxii-date-added-first", stamp),
            (b"x-taxii-date-added-last", stamp),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def main(kind: str, port: str, folder: str, cache_bytes: str = str(CACHE_BYTES)) -> None:
    if kind == "bare":
        app = _bare_app(Path(folder))
    else:
        collections, collection, token = make_collections(kind, Path(folder))
        (Path(folder) / "server.json").write_text(json.dumps([collection, token]))
        app = make_app(collections, title="bench", cache_bytes=int(cache_bytes))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_config=None, access_log=False, ws="none", lifespan="off")


if __name__ == "__main__":
    main(*sys.argv[1:])
