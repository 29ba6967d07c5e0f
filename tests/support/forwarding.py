"""A forward proxy as companies have them: it carries what it is asked to, or says why not, and remembers."""

import select
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote, urlsplit

from tests.support.small_servers import Loopback, Reply

USER, PASSWORD = "bot of ours", "p@ss/w:rd#1"
_HOP_BY_HOP = {"proxy-authorization", "proxy-connection", "connection", "keep-alive", "transfer-encoding"}


@dataclass(kw_only=True)
class Forwarding:
    """A running one."""

    host: str
    scheme: str
    hosts: Mapping[str, str]
    """What it is asked for, `host:port` → where it finds that; everything else is unknown to it."""
    refuses: Callable[[str], Reply | None]
    asked: list[str] = field(default_factory=list)
    """The first line of each request, without the version."""
    logins: list[str] = field(default_factory=list)
    """The header `Proxy-Authorization` of each, `""` if there was none."""
    heads: list[Mapping[str, str]] = field(default_factory=list)
    """All headers of each that it saw in the clear, names in lower case."""

    @property
    def url(self) -> str:
        """How a variable names it."""
        return f"{self.scheme}://{self.host}"

    @property
    def url_with_login(self) -> str:
        """The same, with what it wants to hear."""
        return f"{self.scheme}://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@{self.host}"


BASIC = f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"


def wanting_login(kind: str = "Basic") -> Reply:
    """What one says that wants a login."""
    return Reply(
        status=407,
        headers={"Proxy-Authenticate": f'{kind} realm="proxy"'},
        body=b"<html><title>Cache Access Denied</title></html>",
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: Forwarding
    login: str

    def _may(self) -> bool:
        headers = {name.lower(): value for name, value in self.headers.items()}
        login = headers.get("proxy-authorization", "")
        self.proxy.asked.append(f"{self.command} {self.path}")
        self.proxy.logins.append(login)
        self.proxy.heads.append(headers)
        reply = wanting_login() if self.login and login != self.login else self.proxy.refuses(self.path)
        if reply:
            self._say(reply)
        return reply is None

    def _say(self, reply: Reply) -> None:
        if reply.status:
            self.send_response(reply.status)
            for name, value in {
                "Content-Length": str(len(reply.body)),
                "Connection": "close",
                **reply.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)
        self.close_connection = True

    def _connected(self, target: str) -> socket.socket | None:
        host, _, port = self.proxy.hosts.get(target, "").rpartition(":")
        try:
            return socket.create_connection((host, int(port)), timeout=10)
        except (OSError, ValueError):
            self._say(Reply(status=502, body=b"<html><title>Unknown host</title></html>"))
            return None

    def do_CONNECT(self) -> None:
        if not self._may() or not (far := self._connected(self.path)):
            return
        with far:
            self.send_response(200, "Connection established")
            self.end_headers()
            _carried(self.connection, far)
        self.close_connection = True

    def _forward(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._may():
            return
        host, _, port = self.proxy.hosts.get(parts.netloc, "").rpartition(":")
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        try:
            far = HTTPConnection(host, int(port), timeout=10)
            far.request(self.command, f"{parts.path}?{parts.query}".rstrip("?"), body, headers)
            answer = far.getresponse()
            content = answer.read()
            far.close()
        except (OSError, ValueError, HTTPException):
            self._say(Reply(status=503, body=b"<html><title>Unknown host</title></html>"))
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _forward  # noqa: N815 - names of the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def forwarding(
    hosts: Mapping[str, str] | None = None,
    *,
    login: bool = False,
    tls: ssl.SSLContext | None = None,
    refuses: Callable[[str], Reply | None] = lambda _: None,
) -> Iterator[Forwarding]:
    """Run one on a loopback port; with `login` it wants USER and PASSWORD."""
    server = Loopback(("127.0.0.1", 0), _Handler)
    proxy = Forwarding(
        host=f"127.0.0.1:{server.server_address[1]}",
        scheme="https" if tls else "http",
        hosts=hosts or {},
        refuses=refuses,
    )
    script: dict[str, Any] = {"proxy": proxy, "login": BASIC if login else ""}
    server.RequestHandlerClass = type("Handler", (_Handler,), script)
    with server.running(tls):
        yield proxy


def _carried(near: socket.socket, far: socket.socket) -> None:
    """Carry bytes both ways until one side has said all."""
    near.settimeout(10)
    with suppress(OSError):
        while True:
            waiting = isinstance(near, ssl.SSLSocket) and near.pending()
            ready, _, _ = ([near], [], []) if waiting else select.select([near, far], [], [], 30)
            for source, target in ((near, far), (far, near)):
                if source in ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    target.sendall(data)
