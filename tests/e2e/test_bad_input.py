"""Bad files and requests: a clear error within bounded time and memory, and the node as it was.

Time and memory are bounds of a size that only a missing limit would reach, so that a busy machine does not fail them.
"""

from __future__ import annotations

import gzip
import json
import re
import resource
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from detente.node.open import opened
from detente.store.database import truth
from tests.e2e.processes import detente, free_port, serving

SECONDS_MAX = 60
EXTRA_BYTES_MAX = 1 << 30

OBJECT = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": "indicator--7f8a3d0c-5c1e-4d5e-9a63-0d3f6a1b2c3d",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-01T00:00:00.000Z",
    "pattern": "[ipv4-addr:value = '198.51.100.7']",
    "pattern_type": "stix",
    "valid_from": "2026-01-01T00:00:00Z",
}
BUNDLE = json.dumps(
    {"type": "bundle", "id": "bundle--7f8a3d0c-5c1e-4d5e-9a63-0d3f6a1b2c3d", "objects": [OBJECT]}
).encode()


def _duplicate_key() -> bytes:
    return BUNDLE.replace(b'"type": "indicator"', b'"type": "indicator", "type": "malware"')


FILES: dict[str, Callable[[], bytes]] = {
    "truncated": lambda: BUNDLE[:-20],
    "nested": lambda: b'{"type":"bundle","objects":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "duplicate-key": _duplicate_key,
    "nan": lambda: BUNDLE.replace(b'"spec_version": "2.1"', b'"spec_version": "2.1", "x_n": NaN'),
    "1e400": lambda: BUNDLE.replace(b'"spec_version": "2.1"', b'"spec_version": "2.1", "x_n": 1e400'),
    "2**64": lambda: BUNDLE.replace(b'"spec_version": "2.1"', b'"spec_version": "2.1", "x_n": 18446744073709551616'),
    "surrogate": lambda: BUNDLE.replace(b'"spec_version": "2.1"', b'"spec_version": "2.1", "x_n": "\\ud800"'),
    "utf-16": lambda: BUNDLE.decode().encode("utf-16"),
    "not-utf-8": lambda: b'{"type":"bundle","objects":["\xff\xfe"]}',
    "empty": lambda: b"",
    "too-large": lambda: b'{"type":"bundle","objects":["' + b"x" * (101 << 20) + b'"]}',
    "gzip": lambda: gzip.compress(BUNDLE),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    node = tmp_path_factory.mktemp("node") / "a"
    detente(node, "init", "--origin", "cert-a.example", "--title", "CERT-A")
    detente(node, "collection", "add", "in", "--ceiling", "red")
    return node


@pytest.mark.parametrize("name", FILES)
def test_a_bad_document_is_refused_with_a_reason_and_leaves_the_node_as_it_was(
    folder: Path, tmp_path: Path, name: str
) -> None:
    file = tmp_path / f"{name}.json"
    file.write_bytes(FILES[name]())
    before = _snapshot(folder)
    done = subprocess.run(
        [sys.executable, "-m", "detente.cli.main", "--node", str(folder), "import", str(file), "--collection", "in"],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
        preexec_fn=_bound_memory,
    )
    assert done.returncode == 1, (done.stdout[-500:], done.stderr[-500:])
    assert re.match(r"error: .{20,}", done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert _snapshot(folder) == before


def test_a_compressed_log_that_unpacks_to_a_gigabyte_is_hunted_in_bounded_memory(folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "one.txt"
    listed.write_text("198.51.100.7\n")
    detente(folder, "import", str(listed), "--collection", "in")
    bomb = tmp_path / "bomb.gz"
    piece = b"198.51.100.8 - - [01/Jan/2026:00:00:00 +0000] GET /\n" * 20_000
    with gzip.open(bomb, "wb", compresslevel=9) as stream:
        for _ in range(300):
            stream.write(piece)
        stream.write(b"198.51.100.7 - - [02/Jan/2026:00:00:00 +0000] GET /\n")
    done = subprocess.run(
        [sys.executable, "-m", "detente.cli.main", "--node", str(folder), "--json", "hunt", str(bomb)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=_bound_memory,
    )
    found = json.loads(done.stdout)
    assert (done.returncode, found["hit_lines"], found["lines"]) == (0, 1, 6_000_001)


def test_a_truncated_compressed_log_is_searched_as_far_as_it_goes_and_says_so(folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "one.txt"
    listed.write_text("198.51.100.7\n")
    detente(folder, "import", str(listed), "--collection", "in")
    whole = gzip.compress(b"198.51.100.7 x\n" + b"".join(b"line %d\n" % i for i in range(50_000)))
    log = tmp_path / "cut.gz"
    log.write_bytes(whole[: len(whole) // 2])
    found = detente(folder, "hunt", str(log))
    assert found["hit_lines"] == 1
    assert list(found["stopped"]) == [str(log)]


REQUESTS: dict[str, tuple[str, str, Callable[[], bytes], set[int]]] = {
    "taxii truncated": ("POST", "/taxii2/shared/collections/in/objects/", lambda: BUNDLE[:-20], {400}),
    "taxii nested": ("POST", "/taxii2/shared/collections/in/objects/", lambda: b"[" * 100_000, {400}),
    "taxii duplicate": ("POST", "/taxii2/shared/collections/in/objects/", _duplicate_key, {400}),
    "taxii nan": ("POST", "/taxii2/shared/collections/in/objects/", lambda: b'{"objects":[NaN]}', {400}),
    "taxii too large": ("POST", "/taxii2/shared/collections/in/objects/", lambda: b" " * (101 << 20), {413}),
    "taxii gzip": ("POST", "/taxii2/shared/collections/in/objects/", lambda: gzip.compress(BUNDLE), {400}),
    "taxii query": ("GET", "/taxii2/shared/collections/in/objects/?limit=-1", bytes, {400}),
    "witness garbage": ("POST", "/witness/add-checkpoint", lambda: b"\xff" * 100, {400}),
    "witness empty": ("POST", "/witness/add-checkpoint", bytes, {400}),
    "witness too large": ("POST", "/witness/add-checkpoint", lambda: b"old 0\n" * (1 << 22), {413}),
    "tile": ("GET", "/log/tile/0/x001/../../../etc/passwd", bytes, {404}),
    "tile width": ("GET", "/log/tile/0/000.p/999", bytes, {404}),
    "openings": ("GET", "/log/openings?from=0&to=99999999999999999999", bytes, {400, 401}),
    "openings words": ("GET", "/log/openings?from=%EF%BC%91&to=2", bytes, {400}),
    "method": ("DELETE", "/log/checkpoint", bytes, {405}),
    "path": ("GET", "/%00%ff/../..", bytes, {404}),
}


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[tuple[int, str]]:
    token = detente(folder, "token", "add", "tool", "--write", "in")["secret"]
    port = free_port()
    with serving(folder, port):
        yield port, token


@pytest.mark.parametrize("name", REQUESTS)
def test_a_bad_request_gets_its_status_and_leaves_the_node_as_it_was(
    server: tuple[int, str], folder: Path, name: str
) -> None:
    port, token = server
    method, path, body, statuses = REQUESTS[name]
    before = _snapshot(folder)
    headers = {"Authorization": f"Bearer {token}", "Accept": "*/*"}
    if path.startswith("/taxii2/"):
        headers["Content-Type"] = headers["Accept"] = "application/taxii+json;version=2.1"
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data=body() or None, headers=headers, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as reply:
            status, answer = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        status, answer = error.code, error.read()
    except (ConnectionError, urllib.error.URLError):
        # The server answers too large a body before all of it has come, and may close while we still send.
        assert "too large" in name
        status, answer = 413, b"-"
    assert status in statuses, (status, answer[:300])
    assert answer
    assert _snapshot(folder) == before


def _bound_memory() -> None:
    """An address space that the command fits into with its input a few times over, and not with a bomb unpacked."""
    resource.setrlimit(resource.RLIMIT_AS, (EXTRA_BYTES_MAX + (1 << 30), EXTRA_BYTES_MAX + (1 << 30)))


def _snapshot(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that the node holds to be true, row by row."""
    with opened(folder) as node, node.store.reading() as connection:
        return {t.name: sorted(map(tuple, connection.execute(sa.select(t))), key=repr) for t in truth.sorted_tables}
