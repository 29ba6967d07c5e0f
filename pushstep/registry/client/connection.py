"""Connections that urllib3 keeps for requests: checked before anything is sent, watched while it is.

Three things urllib3 would do by itself: let the time-out for connecting count for sending as well, go on
sending a body that was answered long ago, and use such a connection again.
"""

import ssl
import threading
from collections.abc import Callable
from socket import socket
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import parse_url

from pushstep.image.model import BLOCK
from pushstep.registry.client.head import Coming, Head
from pushstep.registry.client.line import Line
from pushstep.registry.client.urls import PORTS


class _Plain(HTTPConnection):
    """A connection without TLS."""

    line: Line
    _sends_body = False
    _coming: Coming | None = None
    """What is there of the answer to the body that is being sent."""
    _unfinished = False
    """Whether a body was left in the middle: what is sent next would be taken for the rest of it."""

    def _new_conn(self) -> socket:
        return self.line.connected(self.host, int(self.port or 0), tls=isinstance(self, HTTPSConnection))

    def connect(self) -> None:
        self._unfinished = False
        super().connect()
        if isinstance(self.sock, socket):
            # TLS that the system itself verifies makes sockets of its own
            self.line.network.watch(self.sock)

    @property
    def is_connected(self) -> bool:
        return super().is_connected and not self._unfinished

    def putrequest(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as the base class has them
        self._sends_body, self._coming = False, None
        super().putrequest(*arguments, **named)

    def endheaders(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - likewise
        super().endheaders(*arguments, **named)
        self._sends_body = True

    def send(self, data: Any) -> None:  # noqa: ANN401 - likewise
        if self.sock is None:
            self.connect()
        self.sock.settimeout(self.line.network.timeouts.silence)
        rest = memoryview(data)
        try:
            if self._sends_body and self._answered_early():
                # urllib3 takes it for the sign to read the answer, as it is
                raise BrokenPipeError("answered before the body ended")
            while rest:
                rest = rest[self.sock.send(rest) :]
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            self._unfinished = True
            raise BrokenPipeError(str(error)) from error

    def _answered_early(self) -> bool:
        self._coming = self._coming or Coming(self.sock)
        return self._coming.is_final()

    def response_class(self, sock: Any, *arguments: Any, **named: Any) -> Head:  # type: ignore[override]  # noqa: ANN401 - as the base class calls it
        """Make the answer of all that came."""
        source: Any = self._coming or sock
        self._coming = None
        return Head(source, *arguments, **named)

    def close(self) -> None:
        # it would keep the socket open
        self._coming = None
        super().close()


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
