"""HTTP servers of a few lines on loopback ports, which answer what a function of the test says, or break off."""

import hashlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6, SHUT_RDWR, create_server, socket
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A request as it came."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""

    @property
    def login(self) -> str:
        """The header `Authorization`."""
        return self.headers.get("authorization", "")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    """After so many bytes of the body the server hangs up."""


HANG_UP = Reply(status=0)
"""No answer at all."""
Answer = Callable[[Heard], Reply]
Early = Callable[[Heard], Reply | None]
"""What is answered before a request's body was read; the server hangs up then."""


@dataclass
class Server:
    """Its host, and what it heard until now."""

    host: str
    scheme: str
    heard: list[Heard] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its root, without a slash."""
        return f"{self.scheme}://{self.host}"

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.host.rpartition(":")[2])

    def told(self) -> list[str]:
        """Method and path of every request."""
        return [f"{one.method} {one.path}" for one in self.heard]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Python's servers write headers and body apart, and the second would wait for the first to be confirmed
    disable_nagle_algorithm = True
    answer: Answer
    early: Early
    interim: bytes
    server_told: Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        heard = Heard(
            method=self.command,
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        size = int(self.headers.get("Content-Length") or 0)
        if size:
            self.wfile.write(self.interim)
        early = self.early(heard)
        if early is None:
            heard = replace(heard, body=self.rfile.read(size))
        self.server_told.heard.append(heard)
        self._say(early or self.answer(heard))
        self.close_connection = self.close_connection or early is not None

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names of the base class

    def _say(self, reply: Reply) -> None:
        if reply.status == 0:
            self.close_connection = True
            return
        self.send_response(reply.status)
        headers = {"Content-Length": str(len(reply.body)), **reply.headers}
        for name, value in headers.items():
            for one in value.split("\n"):
                self.send_header(name, one)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: reply.cut])
        self.close_connection = self.close_connection or reply.cut is not None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class Loopback(ThreadingHTTPServer):
    """A server of the tests."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Clients greet in TLS first, and go in the middle when they are told to stop."""

    @contextmanager
    def running(self, tls: ssl.SSLContext | None = None) -> Iterator[None]:
        """Let it serve, with TLS if that is given."""
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=self.serve_forever, args=(0.002,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            thread.join(5)


@contextmanager
def serving(
    answer: Answer,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    early: Early = lambda _: None,
    interim: bytes = b"",
) -> Iterator[Server]:
    """Run one; `interim` is what it says as soon as a request with a body comes, before it reads that."""
    bound = type("Server", (Loopback,), {"address_family": AF_INET6}) if ":" in host else Loopback
    server = bound((host, port), _Handler)
    shown = f"[{host}]" if ":" in host else host
    told = Server(f"{shown}:{server.server_address[1]}", "https" if tls else "http")
    # functions of a class would be methods
    script = {"answer": staticmethod(answer), "early": staticmethod(early)}
    server.RequestHandlerClass = type(
        "Handler", (_Handler,), {**script, "interim": interim, "server_told": told}
    )
    with server.running(tls):
        yield told


@contextmanager
def talking(talk: Callable[[socket], None]) -> Iterator[str]:
    """A port that does with each connection what `talk` says."""
    with create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    one, _ = listener.accept()
                except OSError:
                    return
                with one:
                    talk(one)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        # closing alone does not wake a thread that waits in accept()
        listener.shutdown(SHUT_RDWR)
    thread.join(5)


def greeting(reply: Reply) -> Answer:
    """A registry that greets, and then says the same to everything."""
    return lambda heard: Reply() if heard.path == "/v2/" else reply


def digest(content: bytes) -> str:
    """Its digest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def errors(code: str, message: str = "", detail: object = None) -> bytes:
    """An error's body as the specification has it."""
    return json.dumps({"errors": [{"code": code, "message": message, "detail": detail}]}).encode()


@dataclass
class Shelf:
    """A registry in memory: the verbs of a push and of reading, every repository there from the start."""

    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """Repository and digest → content."""
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    """Repository and tag or digest → media type and content."""
    sessions: int = 0

    def __call__(self, heard: Heard) -> Reply:
        """Answer a request."""
        if heard.path == "/v2/":
            return Reply()
        repository, _, rest = heard.path.removeprefix("/v2/").partition("/blobs/")
        if rest:
            return self._blob(heard, repository, rest)
        repository, _, reference = heard.path.removeprefix("/v2/").partition("/manifests/")
        return self._manifest(heard, repository, reference)

    def _blob(self, heard: Heard, repository: str, rest: str) -> Reply:
        wanted = "".join(heard.query.get("digest", heard.query.get("mount", [])))
        match heard.method:
            case "POST":
                source = "".join(heard.query.get("from", []))
                if wanted and (source, wanted) in self.blobs:
                    self.blobs[repository, wanted] = self.blobs[source, wanted]
                    return Reply(status=201, headers={"Docker-Content-Digest": wanted})
                self.sessions += 1
                return Reply(status=202, headers={"Location": f"{heard.path}{self.sessions}?_state=secret"})
            case "PUT" if digest(heard.body) == wanted:
                self.blobs[repository, wanted] = heard.body
                return Reply(status=201, headers={"Docker-Content-Digest": wanted})
            case "PUT":
                return Reply(status=400, body=errors("DIGEST_INVALID", "provided digest did not match"))
            case _ if (repository, rest) in self.blobs:
                return Reply(body=self.blobs[repository, rest])
            case _:
                return Reply(status=404, body=errors("BLOB_UNKNOWN", "blob unknown to registry"))

    def _manifest(self, heard: Heard, repository: str, reference: str) -> Reply:
        if heard.method == "PUT":
            found = digest(heard.body)
            kind = heard.headers.get("content-type", "")
            self.manifests[repository, reference] = self.manifests[repository, found] = kind, heard.body
            return Reply(status=201, headers={"Docker-Content-Digest": found})
        try:
            kind, content = self.manifests[repository, reference]
        except KeyError:
            return Reply(status=404, body=errors("MANIFEST_UNKNOWN", "manifest unknown"))
        headers = {"Content-Type": kind, "Docker-Content-Digest": digest(content)}
        return Reply(headers=headers, body=content)
