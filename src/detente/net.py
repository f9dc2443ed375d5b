"""Fetch from a partner, with limits: bytes, seconds, no redirects, no compression, no address but the one that was pinned.

Every answer is bounded before it is parsed. A partner that sends too much, too slowly or something else gets a typed error, and the
caller keeps what it had.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx2

from detente.errors import MalformedReply, TimedOut, TooLarge, Unreachable

CONNECT_SECONDS_MAX = 5.0
WHOLE_SECONDS_MAX = 60.0
HEADERS_MAX = 100
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
                verify=_tls(self.ca_file) if url.startswith("https:") else True,
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            )
        deadline = time.monotonic() + self.whole_seconds_max
        timeout = httpx2.Timeout(min(self.whole_seconds_max, 20.0), connect=CONNECT_SECONDS_MAX)
        try:
            with self._client.stream(
                method, url, content=body or None, headers=dict(headers or {}), timeout=timeout
            ) as response:
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise MalformedReply(f"{url}: answered compressed although we asked for plain bytes", party=url)
                announced = response.headers.get("content-length", "")
                if announced.isdigit() and int(announced) > bytes_max:
                    raise TooLarge(f"{url}: announces {announced} bytes; at most {bytes_max} are accepted here")
                parts: list[bytes] = []
                size = 0
                for part in response.iter_raw():
                    size += len(part)
                    if size > bytes_max:
                        raise TooLarge(f"{url}: sent more than {bytes_max} bytes")
                    if time.monotonic() > deadline:
                        raise TimedOut(f"{url}: no complete answer within {self.whole_seconds_max:.0f} s")
                    parts.append(part)
                return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, b"".join(parts))
        except httpx2.TimeoutException as error:
            raise TimedOut(f"{url}: {type(error).__name__}, no answer in time") from error
        except httpx2.RemoteProtocolError as error:
            raise Unreachable(f"{url}: the answer broke off or is not HTTP ({error})") from error
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise Unreachable(f"{url}: {error}") from error

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
