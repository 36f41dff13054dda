"""A client for the web that connects to public addresses alone and gives each answer a bounded time.

A name is looked up once, when the connection is made, and the address that was checked is the one that is asked: a
name that leads elsewhere a moment later gains nothing. Behind a proxy, which looks up names itself, the names are
checked before each request, but the proxy connects.
"""

from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any
from urllib.request import getproxies

import httpcore
import httpx

from analysis.texts import web
from analysis.texts.web import Limits


class TimedStream(httpcore.NetworkStream):
    """A connection on which the answer to each request, headers and body, must be there in so many seconds."""

    def __init__(self, stream: httpcore.NetworkStream, total: float) -> None:
        self._stream, self._total, self._ends = stream, total, monotonic() + total

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to so many bytes. Raises httpcore.ReadTimeout where the time is over."""
        if (left := self._ends - monotonic()) > 0:
            try:
                return self._stream.read(max_bytes, left if timeout is None else min(timeout, left))
            except httpcore.ReadTimeout:
                if monotonic() < self._ends:
                    raise
        raise httpcore.ReadTimeout(f"{web.TOO_LONG} {self._total:g} s")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes; the time for the answer begins anew."""
        self._stream.write(buffer, timeout)
        self._ends = monotonic() + self._total

    def close(self) -> None:
        """End the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted."""
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._total)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._stream.get_extra_info(info)


class PublicBackend(httpcore.SyncBackend):
    """Connects to public addresses alone. local: whether private ones may be asked, as in tests."""

    def __init__(self, total: float, *, local: bool) -> None:
        self._total, self._local = total, local

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to an address of a host. Raises httpcore.ConnectError where one of its addresses is private."""
        found = web.addresses_of(host)
        if not found:
            raise httpcore.ConnectError(f"the name {host} is not known")
        if not self._local and (private := [address for address in found if not web.is_public(address)]):
            raise httpcore.ConnectError(f"{host} leads to {private[0]}, a private address")
        for number, address in enumerate(found, 1):
            try:
                stream = super().connect_tcp(address, port, timeout, local_address, socket_options)
                return TimedStream(stream, self._total)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(found):
                    raise
        raise AssertionError  # found holds an address


class PublicTransport(httpx.HTTPTransport):
    """The transport of httpx over PublicBackend."""

    def __init__(self, total: float, *, local: bool) -> None:
        super().__init__()
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), network_backend=PublicBackend(total, local=local)
        )


def open_client(headers: Mapping[str, str], limits: Limits, *, local: bool = False) -> httpx.Client:
    """A client with these headers and limits. local: whether private addresses may be asked, as in tests."""
    timeout = httpx.Timeout(limits.read, connect=limits.connect)
    transport = None if getproxies().keys() & {"http", "https", "all"} else PublicTransport(limits.total, local=local)
    return httpx.Client(headers=dict(headers), timeout=timeout, transport=transport)
