"""Fetch from a partner, with limits: bytes, seconds, no redirects, no compression, no address but the one that was pinned.

Every answer is bounded before it is parsed. A partner that sends too much, too slowly or something else gets a typed error, and the
caller keeps what it had.
"""

from __future__ import annotations

import math
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpcore2
import httpx2

from detente.errors import MalformedReply, TimedOut, TooLarge, Unreachable

CONNECT_SECONDS_MAX = 5.0
READ_SECONDS_MAX = 20.0
WHOLE_SECONDS_MAX = 60.0
# Shorter than what servers allow, so that we do not ask on a connection that is just being closed.
KEEP_ALIVE_SECONDS = 3.0
HEADERS_MAX = 100
ADDRESSES_MAX = 4
WRITE_BYTES = 1 << 14
USER_AGENT = "detente/0.1"


@dataclass(frozen=True, slots=True)
class Reply:
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetch(Protocol):
    """One request and its bounded answer. Raises TransportError."""

    def __call__(
        self,
        method: str,
        url: str,
        *,
        bytes_max: int,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply: ...


@dataclass(slots=True)
class HttpFetch:
    """Fetch over HTTP(S). `ca_file`: certificates to trust beside the system's, for partners with their own authority."""

    ca_file: str = ""
    whole_seconds_max: float = WHOLE_SECONDS_MAX
    _client: httpx2.Client | None = field(default=None, init=False)

    def __call__(
        self,
        method: str,
        url: str,
        *,
        bytes_max: int,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        if self._client is None:
            self._client = httpx2.Client(
                follow_redirects=False,
                trust_env=False,
                transport=_Transport(_tls(self.ca_file)),
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            )
        _deadline.ends_at = time.monotonic() + self.whole_seconds_max
        timeout = httpx2.Timeout(READ_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
        try:
            with self._client.stream(
                method, url, content=body or None, headers=dict(headers or {}), timeout=timeout
            ) as response:
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise MalformedReply(f"{url}: answered compressed although we asked for plain bytes", party=url)
                if len(response.headers) > HEADERS_MAX:
                    raise MalformedReply(f"{url}: answered with more than {HEADERS_MAX} headers", party=url)
                announced = response.headers.get("content-length", "")
                if announced.isascii() and announced.isdecimal() and int(announced[:20]) > bytes_max:
                    raise TooLarge(f"{url}: announces {announced[:20]} bytes; at most {bytes_max} are accepted here")
                parts: list[bytes] = []
                size = 0
                for part in response.iter_raw():
                    size += len(part)
                    if size > bytes_max:
                        raise TooLarge(f"{url}: sent more than {bytes_max} bytes")
                    parts.append(part)
                return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, b"".join(parts))
        except (httpx2.TimeoutException, httpcore2.TimeoutException) as error:
            raise TimedOut(f"{url}: no complete answer in time ({type(error).__name__})") from error
        except (httpx2.RemoteProtocolError, httpcore2.RemoteProtocolError) as error:
            raise Unreachable(f"{url}: the answer broke off or is not HTTP ({error})") from error
        except (httpx2.TransportError, httpx2.InvalidURL, *_CORE_ERRORS) as error:
            raise Unreachable(f"{url}: {error}") from error
        finally:
            _deadline.ends_at = math.inf

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _tls(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


_CORE_ERRORS = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, httpcore2.ProxyError)


class _Deadline(threading.local):
    """When the request that this thread is waiting for must have ended, by `time.monotonic`."""

    ends_at = math.inf

    def left(self, timeout: float | None) -> float:
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the time for the whole answer is over")
        return min(left, READ_SECONDS_MAX if timeout is None else timeout)


_deadline = _Deadline()


class _Transport(httpx2.BaseTransport):
    """Requests over connections whose every wait ends with the deadline of the whole request.

    The library's own timeouts begin anew with every byte that arrives: a server that sends one byte before each of them ends would be
    waited for without end, in the headers even without passing our hands.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls, network_backend=_Backend(), keepalive_expiry=KEEP_ALIVE_SECONDS
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        response = self._pool.handle_request(
            httpcore2.Request(
                request.method,
                httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _Backend(httpcore2.NetworkBackend):
    """Plain TCP; a name with many addresses is tried at the first few of them."""

    def __init__(self) -> None:
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"{host}: {error}") from error
        failed: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in list(dict.fromkeys(str(row[4][0]) for row in found))[:ADDRESSES_MAX]:
            try:
                return _Stream(
                    self._inner.connect_tcp(address, port, _deadline.left(timeout), local_address, socket_options)
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_BYTES):
            self._inner.write(buffer[start : start + WRITE_BYTES], _deadline.left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _deadline.left(timeout)))

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
