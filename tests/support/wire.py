"""A port in front of a registry that speaks HTTP: it counts requests and their bytes, and spoils what a test says."""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

_PIECE = 1 << 16
_OWN = {"connection", "keep-alive", "expect", "te", "upgrade"}
"""Headers of one connection, not of the message."""


class Kind(StrEnum):
    """What a request is about; with its method that says what it does."""

    PING = "ping"
    TOKEN = "token"  # whatever is asked outside of /v2/
    MANIFEST = "manifest"
    BLOB = "blob"
    UPLOAD = "upload"
    TAGS = "tags"


@dataclass(kw_only=True)
class Exchange:
    """One request, and what was answered."""

    number: int
    method: str
    target: str
    """Path and query."""
    headers: Message
    kind: Kind
    at: float = field(default_factory=time.monotonic)
    """When its head was there."""
    received: int = 0
    """Bytes of the body that came, without the framing of chunks."""
    status: int = 0
    """0 while nobody has answered."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The registry is not asked; this is the answer once the request's body has come."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The registry gets this much of the request's body, then both connections end."""

    after: int = 0


@dataclass(frozen=True, kw_only=True)
class Lost:
    """The registry does what is asked, and nobody hears of it: the connection ends instead of an answer."""


@dataclass(frozen=True, kw_only=True)
class Truncated:
    """The registry's answer ends after this much of its body, or of its head."""

    after: int
    in_head: bool = False


@dataclass(frozen=True, kw_only=True)
class Changed:
    """The registry's answer with these headers in place of its own; None leaves one out."""

    headers: Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class Amid:
    """Once the registry has this much of the request's body something happens; the rest goes on afterwards."""

    after: int
    deed: Callable[[], object]


Fault = Answered | Cut | Lost | Truncated | Changed | Amid
Hook = Callable[[Exchange], Fault | None]
"""Asked once the head of a request is there; None lets it through. It may also wait, or stop a registry."""


@dataclass(kw_only=True)
class Wire:
    """A running one. Clients are told `host`; the registry may come and go meanwhile."""

    host: str = ""
    registry: str
    hook: Hook | None = None
    seen: list[Exchange] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def counts(self) -> Counter[tuple[str, Kind]]:
        """How often each method came for each kind."""
        return Counter((one.method, one.kind) for one in self.seen)

    def sent(self, *kinds: Kind) -> int:
        """How many bytes came in bodies of requests of these kinds."""
        return sum(one.received for one in self.seen if one.kind in kinds)


def kind(target: str) -> Kind:
    """Tell a request's kind by its path."""
    path = target.partition("?")[0]
    match path.split("/"):
        case ["", "v2"] | ["", "v2", ""]:
            return Kind.PING
        case ["", "v2", *_, "tags", "list"]:
            return Kind.TAGS
        case ["", "v2", *_, "manifests", _]:
            return Kind.MANIFEST
        case ["", "v2", *middle] if "uploads" in middle:
            return Kind.UPLOAD
        case ["", "v2", *_, "blobs", _]:
            return Kind.BLOB
        case _:
            return Kind.TOKEN


@contextmanager
def wire(registry: str, hook: Hook | None = None) -> Iterator[Wire]:
    """Run one in front of the registry at `host:port`, on a port of its own."""
    made = Wire(registry=registry, hook=hook)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"wire": made}))
    made.host = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A client that leaves in the middle is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wire: Wire
    registry: http.client.HTTPConnection | None = None

    def handle(self) -> None:
        # docker and skopeo try TLS first, and would wait for an answer to it
        if self.connection.recv(1, socket.MSG_PEEK) != b"\x16":
            super().handle()

    def finish(self) -> None:
        super().finish()
        if self.registry:
            self.registry.close()

    def _exchange(self) -> None:
        one = Exchange(
            number=next(self.wire.numbers),
            method=self.command,
            target=self.path,
            headers=self.headers,
            kind=kind(self.path),
        )
        self.wire.seen.append(one)
        fault = self.wire.hook(one) if self.wire.hook else None
        try:
            if isinstance(fault, Answered):
                for _ in self._body(one):
                    pass
                self._begin(
                    one, fault.status, [*fault.headers.items(), ("Content-Length", str(len(fault.body)))]
                )
                self.wfile.write(b"" if one.method == "HEAD" else fault.body)
            elif isinstance(fault, Cut):
                self._forward(one, limit=fault.after)
                self.close_connection = True
            else:
                self._answer(one, self._forward(one, amid=fault if isinstance(fault, Amid) else None), fault)
        except (OSError, http.client.HTTPException):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _exchange  # noqa: N815 - names of the base class

    def _forward(
        self, one: Exchange, limit: int | None = None, amid: Amid | None = None
    ) -> http.client.HTTPConnection:
        """Send the request on: whole, or only `limit` bytes of its body and then hang up."""
        if not self.registry:
            self.registry = http.client.HTTPConnection(self.wire.registry, timeout=120)
        self.registry.putrequest(one.method, one.target, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in _OWN:
                self.registry.putheader(name, value)
        self.registry.endheaders()
        listens = True
        for piece in self._body(one):
            data = piece if limit is None else piece[: max(0, limit - one.received + len(piece))]
            if amid and one.received >= amid.after:
                before = amid.after - one.received + len(data)
                listens = listens and self._send(data[:before])
                amid.deed()
                data, amid = data[before:], None
            listens = listens and self._send(data)
            if limit is not None and one.received >= limit:
                break
        if limit is not None:
            self.registry.close()
        elif self._chunked and listens:
            self._send(b"", ends=True)
        return self.registry

    def _send(self, data: bytes, *, ends: bool = False) -> bool:
        """Say whether the registry still listens: one that has answered early reads no further."""
        assert self.registry
        try:
            if self._chunked and (data or ends):
                data = b"%x\r\n%s\r\n" % (len(data), data)
            self.registry.send(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    @property
    def _chunked(self) -> bool:
        return str(self.headers.get("Transfer-Encoding", "")).lower() == "chunked"

    def _body(self, one: Exchange) -> Iterator[bytes]:
        if not self._chunked:
            yield from self._piecewise(one, int(self.headers.get("Content-Length") or 0))
            return
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield from self._piecewise(one, size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _piecewise(self, one: Exchange, size: int) -> Iterator[bytes]:
        while size:
            piece = self.rfile.read1(min(size, _PIECE))
            if not piece:
                raise ConnectionError
            one.received += len(piece)
            size -= len(piece)
            yield piece

    def _answer(self, one: Exchange, registry: http.client.HTTPConnection, fault: Fault | None) -> None:
        answer = registry.getresponse()
        framing = {*_OWN, "transfer-encoding"}
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in framing]
        if isinstance(fault, Lost) or (isinstance(fault, Truncated) and fault.in_head):
            answer.read()
            one.status = answer.status
            head = f"HTTP/1.1 {answer.status} {answer.reason}\r\nContent-Type: text/plain\r\n".encode()
            self.wfile.write(head[: fault.after] if isinstance(fault, Truncated) else b"")
            self.close_connection = True
            return
        if isinstance(fault, Changed):
            lowered = {name.lower() for name in fault.headers}
            headers = [(name, value) for name, value in headers if name.lower() not in lowered]
            headers += [(name, value) for name, value in fault.headers.items() if value is not None]
        if answer.getheader("Content-Length") is None and one.method != "HEAD":
            headers.append(("Connection", "close"))
            self.close_connection = True
        self._begin(one, answer.status, headers)
        left = fault.after if isinstance(fault, Truncated) else None
        while left != 0 and (piece := answer.read1(_PIECE if left is None else left)):
            self.wfile.write(piece)
            left = None if left is None else left - len(piece)
        answer.read()  # only this ends an answer without a body, so that its connection is free again
        if left is not None:
            self.close_connection = True

    def _begin(self, one: Exchange, status: int, headers: Iterable[tuple[str, str]]) -> None:
        one.status = status
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""
