"""Nodes as a user runs them: the `detente` command in processes of its own, servers on loopback, and a recorder between them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_SECONDS_MAX = 60


def detente(folder: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run one command with --json and return its document; the exit code must be `code`."""
    command = [sys.executable, "-m", "detente.cli.main", "--node", str(folder), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code, (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    document: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {"text": done.stdout}
    return document


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(folder: Path, port: int) -> Iterator[None]:
    """`detente serve` in a process of its own, from the moment it accepts connections until the block ends."""
    command = [sys.executable, "-m", "detente.cli.main", "--node", str(folder), "--json", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert '"address"' in line, (line, process.stderr.read() if process.stderr else "")
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


class Recorder:
    """A TCP relay on loopback that keeps every byte it passed on, in each direction."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.sent = bytearray()
        self.received = bytearray()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self._relay, args=(client, server, self.sent), daemon=True).start()
            threading.Thread(target=self._relay, args=(server, client, self.received), daemon=True).start()

    @staticmethod
    def _relay(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
        try:
            while data := source.recv(65536):
                kept += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        finally:
            source.close()
