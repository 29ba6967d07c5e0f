"""Connections that urllib3 keeps for requests: checked before anything is sent, watched while it is.

Four things urllib3 would do by itself: let the time-out for connecting count for sending as well, go on
sending a body that was answered long ago, use such a connection again, and take an answer for whole that ends
in its head.
"""

import http.client
import ssl
import threading
from collections.abc import Callable
from socket import socket
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse
from urllib3.util import parse_url
from urllib3.util.ssltransport import SSLTransport
from urllib3.util.wait import wait_for_read

from pushstep.image.model import BLOCK
from pushstep.registry.client.line import Line
from pushstep.registry.client.urls import PORTS


class _Lines:
    """What a head is read from, with the last line that came."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - http.client's type has no name
        self._file = file
        self.last = b"\n"

    def readline(self, limit: int) -> bytes:
        self.last = self._file.readline(limit)
        return self.last

    def close(self) -> None:
        self._file.close()


class _Head(http.client.HTTPResponse):
    """An answer with its head; the base class takes the end of a connection for the head's end."""

    def begin(self) -> None:
        file: Any = self.fp
        lines: Any = _Lines(file)
        self.fp = lines
        try:
            super().begin()
        finally:
            if self.fp is lines:
                self.fp = file
        if not lines.last:
            raise http.client.IncompleteRead(b"")


class _Plain(HTTPConnection):
    """A connection without TLS."""

    response_class = _Head
    line: Line
    _sends_body = False
    _answered = False
    """Whether an answer came: with TLS something else comes before the first one, a session's tickets."""
    _unfinished = False
    """Whether a body was left in the middle: what is sent next would be taken for the rest of it."""

    def _new_conn(self) -> socket:
        return self.line.connected(self.host, int(self.port or 0), tls=isinstance(self, HTTPSConnection))

    def connect(self) -> None:
        self._answered = self._unfinished = False
        super().connect()
        if isinstance(self.sock, socket):
            # TLS that the system itself verifies makes sockets of its own
            self.line.network.watch(self.sock)

    @property
    def is_connected(self) -> bool:
        return super().is_connected and not self._unfinished

    def putrequest(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as the base class has them
        self._sends_body = False
        super().putrequest(*arguments, **named)

    def endheaders(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - likewise
        super().endheaders(*arguments, **named)
        self._sends_body = True

    def send(self, data: Any) -> None:  # noqa: ANN401 - likewise
        if self.sock is None:
            self.connect()
        self.sock.settimeout(self.line.network.timeouts.silence)
        if self._sends_body and self._answered_early:
            self._unfinished = True
            # urllib3 takes it for the sign to read the answer, as it is
            raise BrokenPipeError("answered before the body ended")
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.sock.send(rest) :]
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
                self._unfinished = True
                raise BrokenPipeError(str(error)) from error

    @property
    def _answered_early(self) -> bool:
        tells = self._answered or not isinstance(self.sock, ssl.SSLSocket | SSLTransport)
        return tells and wait_for_read(self.sock, 0.0)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3's does
        answer = super().getresponse()
        self._answered = True
        return answer


class _Tls(_Plain, HTTPSConnection):
    """A connection with TLS."""

    def _new_conn(self) -> socket:
        one = super()._new_conn()
        if isinstance(one, ssl.SSLSocket):
            # the proxy's own TLS: urllib3 puts ours into it where it believes in a tunnel yet to be made
            self.set_tunnel(self.host, self.port, scheme="https")
        return one

    def _connect_tls_proxy(self, hostname: str, sock: Any) -> Any:  # noqa: ANN401 - as the base class has it
        del hostname
        return sock

    def _tunnel(self) -> None:
        """Do nothing: the line went through the proxy."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain
    line: Line

    def _new_conn(self) -> Any:  # noqa: ANN401 - urllib3's type for it cannot be imported
        one: Any = super()._new_conn()
        one.line = self.line
        return one


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls
    line: Line

    def _new_conn(self) -> Any:  # noqa: ANN401 - likewise
        one: Any = super()._new_conn()
        one.line = self.line
        return one

    def _validate_conn(self, conn: Any) -> None:  # noqa: ANN401 - likewise
        # the base class's warns of every connection that nobody verified, on standard error
        if conn.is_closed:
            conn.connect()


class Adapter(HTTPAdapter):
    """Sends requests: no cookies, no redirects, no `.netrc`, no authorities but the context's.

    A proxy is the line's affair, but for plain HTTP: then it is told the whole address, and its own login.
    """

    def __init__(self, line: Line, context: Callable[[], ssl.SSLContext], size: int) -> None:
        super().__init__()
        self._line = line
        self._context = context
        self._size = size
        self._pools: dict[tuple[str, str, int], _PlainPool | _TlsPool] = {}
        self._lock = threading.Lock()

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: object, proxies: object = None, cert: object = None
    ) -> HTTPConnectionPool:
        """Give the connections to the request's host; requests asks for them here."""
        del verify, proxies, cert
        url = parse_url(request.url or "")
        # without a port the end of an address of IPv6 would be taken for one
        key = (url.scheme or "", url.host or "", url.port or PORTS[url.scheme or "http"])
        with self._lock:
            if key not in self._pools:
                self._pools[key] = self._pool(*key)
            return self._pools[key]

    def _pool(self, scheme: str, host: str, port: int) -> _PlainPool | _TlsPool:
        pool: _PlainPool | _TlsPool
        if scheme == "https":
            pool = _TlsPool(host, port, maxsize=self._size, blocksize=BLOCK, ssl_context=self._context())
        else:
            pool = _PlainPool(host, port, maxsize=self._size, blocksize=BLOCK)
        pool.line = self._line
        return pool

    def request_url(self, request: PreparedRequest, proxies: object) -> str:
        """Give what stands in the request's first line; requests asks for it here."""
        del proxies
        url = request.url or ""
        proxy = self._line.forwarding(url)
        if proxy and proxy.authorization:
            request.headers["Proxy-Authorization"] = proxy.authorization
        return url.partition("#")[0] if proxy else request.path_url

    def send(self, request: PreparedRequest, *arguments: Any, **named: Any) -> Response:  # noqa: ANN401 - as the base class has them
        """Send a request; raises `ProxyError` where a proxy wants a login first."""
        response = super().send(request, *arguments, **named)
        try:
            self._line.let_through(response)
        except BaseException:
            response.close()
            raise
        return response

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Leave the connections' own context as it is; requests would put other authorities into it."""

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
        super().close()
