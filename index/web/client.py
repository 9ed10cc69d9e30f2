"""One HTTP request at a time, within bounds of size and time, to addresses that may be asked."""

from __future__ import annotations

import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Protocol

import httpcore

from index.web.addresses import may_connect, web_address
from prompts import MessageError

MAX_BYTES = 50_000_000  # of an answer once it is unpacked
MAX_SECONDS = 60.0  # for a request, from the look-up of the host to the last byte
MAX_CONNECTIONS = 3  # of a host's addresses that are tried


class FetchError(MessageError):
    """An address that could not be fetched; the message says why."""


class PassingError(FetchError):
    """Trying again may help, after ``wait`` seconds where the site has named a time."""

    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What a site answered: headers by lower-case name, the body unpacked."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Client(Protocol):
    """What asks a site."""

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Response:
        """The answer to one request; a redirect is an answer.

        Raises:
            FetchError: there was none, or none within bounds.
        """


@lru_cache(maxsize=1)
def user_agent() -> str:
    """Who asks: the project's name and version."""
    from importlib.metadata import version

    return f"tanya/{version('tanya-berita')} (tanya-berita; a reader's own news archive)"


def addresses_of(host: str, port: int) -> list[str]:
    """The IP addresses of a host, by the system's look-up."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@dataclass
class HttpClient:
    """Asks over the network. ``allow_private``: also addresses inside the own network.

    A host is looked up once a request; the address that was checked is the one connected to, so
    that a name cannot mean another machine a moment later.
    """

    allow_private: bool = False
    max_bytes: int = MAX_BYTES
    max_seconds: float = MAX_SECONDS
    look_up: Callable[[str, int], list[str]] = addresses_of

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Response:
        url = web_address(address)
        deadline = _Deadline(self.max_seconds, time.monotonic() + self.max_seconds)
        backend = _Backend(self, deadline)
        sent = {
            "User-Agent": user_agent(),
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Encoding": "gzip",
            "Connection": "close",
            **(headers or {}),
        }
        waits = dict.fromkeys(("connect", "read", "write", "pool"), self.max_seconds)
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._trust, network_backend=backend) as pool,
                pool.stream(
                    "GET",
                    url,
                    headers=[
                        (name.encode("ascii"), value.encode("latin-1", "replace"))
                        for name, value in sent.items()
                    ],
                    extensions={"timeout": waits},
                ) as answer,
            ):
                told = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in answer.headers
                }
                body = self._body(answer, told) if answer.status == 200 else b""
                return Response(answer.status, told, body)
        except httpcore.TimeoutException as error:
            raise PassingError("no_answer", seconds=round(self.max_seconds)) from error
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise PassingError("not_fetched", error=error) from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            raise FetchError("not_fetched", error=error) from error

    def _body(self, answer: httpcore.Response, headers: Mapping[str, str]) -> bytes:
        stated = headers.get("content-length", "")
        if stated.isdigit() and int(stated) > self.max_bytes:
            raise FetchError("too_large", megabytes=self.max_bytes // 1_000_000)
        chunks: Iterable[bytes] = answer.iter_stream()
        packing = headers.get("content-encoding", "identity").strip().lower()
        if packing in ("gzip", "x-gzip", "deflate"):
            chunks = unpacked(chunks, self.max_bytes)
        elif packing not in ("", "identity"):
            raise FetchError("unknown_packing", packing=packing[:40])
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > self.max_bytes:
                raise FetchError("too_large", megabytes=self.max_bytes // 1_000_000)
        return bytes(body)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """The system's certificates and certifi's."""
        import certifi

        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        return context


def unpacked(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The bytes of a gzip or deflate stream, never more than ``most`` + 1 at once.

    Raises:
        FetchError: it is broken or cut short.
    """
    packed = zlib.decompressobj(wbits=47)  # either of them, by their first bytes
    begun = False
    try:
        for chunk in chunks:
            while chunk:
                begun = True
                yield packed.decompress(chunk, most + 1)
                chunk = packed.unconsumed_tail
                if packed.eof:  # another member may follow
                    chunk = packed.unused_data.lstrip(b"\0")
                    if chunk:
                        packed = zlib.decompressobj(wbits=47)
    except zlib.error as error:
        raise FetchError("broken_gzip", error=error) from error
    if begun and not packed.eof:
        raise PassingError("broken_off")


class _Backend(httpcore.NetworkBackend):
    """Connections to checked addresses that end at a deadline."""

    def __init__(self, client: HttpClient, deadline: _Deadline) -> None:
        self._client = client
        self._deadline = deadline
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(host)
        for address in self._checked(host, port):
            try:
                stream = self._network.connect_tcp(
                    address, port, self._deadline.left(), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _Stream(stream, self._deadline)
        raise failure

    def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            found = self._client.look_up(host, port)
        except (OSError, UnicodeError) as error:
            raise PassingError("unknown_host", host=host, error=error) from error
        for one in found:
            named = host if host == one else f"{host} ({one})"
            if not may_connect(one, private=True):
                raise FetchError("closed_address", host=named)
            if not may_connect(one, self._client.allow_private):
                raise FetchError("private_address", host=named)
        return found[:MAX_CONNECTIONS]


class _Stream(httpcore.NetworkStream):
    """A connection whose every step ends at the deadline, however slowly bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left()
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@dataclass(frozen=True, slots=True)
class _Deadline:
    """When a request that may take ``seconds`` ends, by the monotonic clock."""

    seconds: float
    until: float

    def left(self) -> float:
        """The seconds until then.

        Raises:
            PassingError: it has passed.
        """
        left = self.until - time.monotonic()
        if left <= 0:
            raise PassingError("no_answer", seconds=round(self.seconds))
        return left
