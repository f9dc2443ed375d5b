"""A server on the loopback interface that breaks HTTP in every way it can think of; the path of a request names the way."""

from __future__ import annotations

import asyncio
import functools
import gzip
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

PAUSE_S = 0.04
"""Between two bytes of a slow answer: far below every timeout for one read."""

Way = Callable[["EvilServer", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
# Says that it hangs up: a client that keeps connections would else meet the end of this one with its next request.
NOTHING_MORE = b"Connection: close\r\nContent-Length: 0\r\n\r\n"


@functools.cache
def _bomb() -> bytes:
    """Made before anybody asks: pressing it takes longer than the client of these tests waits."""
    return gzip.compress(bytes(64 << 20))


class EvilServer:
    """Runs in a thread of its own. `sent` counts the bytes that somebody took; `asked` the requests."""

    def __init__(self) -> None:
        _bomb()
        self.sent = 0
        self.asked: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="evil")
        self._thread.start()
        assert self._started.wait(20)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port: int = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._answer(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            self.asked.append(path)
            await WAYS[path.strip("/").partition("?")[0]](self, reader, writer)
        writer.close()

    async def send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await writer.drain()
        self.sent += len(data)

    async def pause(self, seconds: float = PAUSE_S) -> None:
        await asyncio.wait({self._loop.create_task(self._stop.wait())}, timeout=seconds)

    async def for_ever(self) -> None:
        await self._stop.wait()


async def endless_body(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"\r\n")
    while True:
        await server.send(writer, bytes(1 << 16))


async def endless_chunks(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        await server.send(writer, b"10000\r\n" + bytes(1 << 16) + b"\r\n")


async def slow_body(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        await server.send(writer, b"A")
        await server.pause()


async def slow_chunks(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        await server.send(writer, b"1\r\nA\r\n")
        await server.pause()


async def slow_headers(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"X-Slow: ")
    while True:
        await server.send(writer, b"A")
        await server.pause()


async def slow_first_line(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 " + b"O" * 10_000:
        await server.send(writer, bytes([byte]))
        await server.pause()


async def silence(server: EvilServer, _: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await server.for_ever()


async def silence_after_the_headers(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"Content-Length: 10\r\n\r\n12345")
    await server.for_ever()


async def wait_and_see(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """`100 Continue`, again and again."""
    while True:
        await server.send(writer, b"HTTP/1.1 100 Continue\r\n\r\n")
        await server.pause()


async def ten_gibibytes_announced(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"Content-Length: %d\r\n\r\n" % (10 << 30))
    while True:
        await server.send(writer, bytes(1 << 16))


async def a_length_of_ten_thousand_digits(
    server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await server.send(writer, HEAD + b"Content-Length: " + b"9" * 10_000 + b"\r\n\r\n")
    await server.for_ever()


async def two_lengths(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")


async def a_length_below_zero(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"Content-Length: -1\r\n\r\nabcd")


async def less_than_announced(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"Content-Length: 100\r\n\r\nabcd")


async def chunks_that_break_off(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n")


async def chunks_of_no_size(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"Transfer-Encoding: chunked\r\n\r\nwhat\r\nabcd\r\n")


async def a_chunk_with_an_endless_name(
    server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await server.send(writer, HEAD + b"Transfer-Encoding: chunked\r\n\r\n4;")
    while True:
        await server.send(writer, b"a" * 4096)


async def endless_headers(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD)
    while True:
        await server.send(writer, b"X-More: and more\r\n" * 100)


async def many_headers(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    lines = b"".join(b"X-%d: y\r\n" % i for i in range(300))
    await server.send(writer, HEAD + lines + b"Content-Length: 2\r\n\r\nok")


async def redirect_loop(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, b"HTTP/1.1 302 Found\r\nLocation: /redirect_loop?again\r\n" + NOTHING_MORE)


async def redirect_elsewhere(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    target = b"http://127.0.0.1:%d/silence" % server._port
    await server.send(writer, b"HTTP/1.1 307 Moved\r\nLocation: " + target + b"\r\n" + NOTHING_MORE)


async def gzip_bomb(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    bomb = _bomb()
    await server.send(writer, HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb)


async def gzip_bomb_in_transfer(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    bomb = gzip.compress(bytes(1 << 20))
    head = HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n"
    await server.send(writer, head + b"%x\r\n" % len(bomb) + bomb + b"\r\n0\r\n\r\n")


async def another_protocol(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, b"SSH-2.0-OpenSSH_9.0\r\n")


async def hang_up(_: EvilServer, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def read_nothing(server: EvilServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The request's body is never read."""
    transport = writer.transport
    assert isinstance(transport, asyncio.ReadTransport)
    transport.pause_reading()
    await server.for_ever()


async def well(server: EvilServer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.send(writer, HEAD + b"X-Detente-Upto: 5\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")


WAYS: dict[str, Way] = {
    way.__name__: way
    for way in (
        endless_body, endless_chunks, slow_body, slow_chunks, slow_headers, slow_first_line, silence,
        silence_after_the_headers, wait_and_see, ten_gibibytes_announced, a_length_of_ten_thousand_digits, two_lengths,
        a_length_below_zero, less_than_announced, chunks_that_break_off, chunks_of_no_size, a_chunk_with_an_endless_name,
        endless_headers, many_headers, redirect_loop, redirect_elsewhere, gzip_bomb, gzip_bomb_in_transfer,
        another_protocol, hang_up, read_nothing, well,
    )
}  # fmt: skip
