"""Registries as a test sees them: real ones asked over HTTP, scripted ones for what no real one answers."""

import hashlib
import json
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6, create_server
from ssl import SSLContext

USER = "bot"
PASSWORD = 'sesame/Open:1+2"$'
HTPASSWD = f"{USER}:$2b$05$dPAW9dvs9QegkL/7ijK/pOlcCF6AarmqkNRCh0N4Hpz2DZWroIxri\n"
"""bcrypt of `PASSWORD`, the only form that distribution takes."""
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A real registry on this machine."""

    host: str
    address: str
    """`ip:5000` inside the test's own Docker network: no loopback, so Docker insists on TLS there."""
    user: str = ""
    tls: SSLContext | None = field(default=None, repr=False)

    def digest(self, repository: str, tag: str) -> str | None:
        """What the registry holds under the tag, or None."""
        try:
            with self._get(f"{repository}/manifests/{tag}", method="HEAD") as answer:
                return str(answer.headers["Docker-Content-Digest"])
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def tags(self, repository: str) -> list[str]:
        """All tags of the repository."""
        try:
            with self._get(f"{repository}/tags/list") as answer:
                return sorted(json.load(answer)["tags"] or [])
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return []
            raise

    def content(self, repository: str, kind: str, name: str) -> bytes:
        """What the registry holds, one of its `manifests` or `blobs`."""
        with self._get(f"{repository}/{kind}/{name}") as answer:
            return bytes(answer.read())

    def _get(self, path: str, method: str = "GET"):  # type: ignore[no-untyped-def]  # noqa: ANN202 - urllib's
        scheme = "https" if self.tls else "http"
        request = urllib.request.Request(f"{scheme}://{self.host}/v2/{path}", method=method)
        request.add_header("Accept", _MANIFESTS)
        if self.user:
            request.add_header(
                "Authorization", "Basic " + b64encode(f"{self.user}:{PASSWORD}".encode()).decode()
            )
        return urllib.request.urlopen(request, context=self.tls, timeout=10)


Answer = Callable[[str, int], int]
"""Tag, and how many manifests came under it → the status for this one; 0 never answers, 201 takes it."""


@dataclass(kw_only=True)
class Scripted:
    """A registry that takes blobs and answers manifests as it is told.

    A fake, for refusals that only other registries give. It refuses the manifest and not the blobs because
    Docker sends a refused blob five times, for 50 seconds.
    """

    answer: Answer
    body: bytes
    content_type: str
    host: str = ""
    stalls_in_layers: bool = False
    """Whether the first layer is taken half, and no more comes of it."""
    requests: int = 0
    blobs: dict[str, int] = field(default_factory=dict)
    """Digest → size."""
    uploads: dict[str, int] = field(default_factory=dict)
    manifests: list[str] = field(default_factory=list)
    """The tags under which manifests came, in their order."""
    stalled: threading.Event = field(default_factory=threading.Event)
    """Set once a request waits in vain."""
    left: threading.Event = field(default_factory=threading.Event)
    """Set after the release, once whoever sent a layer that stalls has hung up."""
    released: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Scripted

    def _answer(self) -> None:
        self.script.requests += 1
        if self.command == "PATCH" and self.script.stalls_in_layers:
            self._stall()
            return
        content = self._content()
        path, _, query = self.path.partition("?")
        digest = query.rpartition("digest=")[2].replace("%3A", ":")
        match self.command, path.split("/")[-2:]:
            case "PUT", ["manifests", tag]:
                self._take(tag, content)
            case "HEAD", ["blobs", known] if known in self.script.blobs:
                # Docker writes this size into the manifest
                self._send(200, {"Docker-Content-Digest": known}, bytes(self.script.blobs[known]))
            case "POST", ["blobs", _] | ["uploads", _]:
                self._send(202, {"Location": f"{path}{self.script.requests}"})
            case "PATCH", _:
                self.script.uploads[path] = len(content)
                self._send(202, {"Location": path, "Range": f"0-{len(content) - 1}"})
            case "PUT", _:
                self.script.blobs[digest] = self.script.uploads.get(path, 0) + len(content)
                self._send(201, {"Docker-Content-Digest": digest})
            case _:
                self._send(200 if path == "/v2/" else 404, {})

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815 - names of the base class

    def _content(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size + 2)[:-2])
        self.rfile.readline()
        return b"".join(chunks)

    def _take(self, tag: str, content: bytes) -> None:
        # when a manifest is refused, older Docker daemons send it once more in a form of long ago
        if "manifest.v1" not in self.headers.get("Content-Type", ""):
            self.script.manifests.append(tag)
        status = self.script.answer(tag, self.script.manifests.count(tag))
        if status == 0:
            self.script.stalled.set()
            self.script.released.wait(60)
        if status == 201:
            self._send(201, {"Docker-Content-Digest": f"sha256:{hashlib.sha256(content).hexdigest()}"})
        else:
            self._send(status or 500, {}, self.script.body, self.script.content_type)

    def _stall(self) -> None:
        self.rfile.read(1000)
        self.script.stalled.set()
        self.script.released.wait(60)
        # a sender that has hung up is heard of once all that was under way has been read
        self.connection.settimeout(5)
        with suppress(OSError):
            while self.connection.recv(1 << 20):
                pass
            self.script.left.set()
        self.close_connection = True

    def _send(
        self, status: int, headers: dict[str, str], body: bytes = b"", kind: str = "text/plain"
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Docker tries TLS first, and leaves in the middle when it is told to stop."""


@contextmanager
def scripted(
    answer: int | Answer,
    body: str | bytes = "",
    content_type: str = "application/json",
    *,
    stalls_in_layers: bool = False,
) -> Iterator[Scripted]:
    """Run one on a loopback port."""
    script = Scripted(
        answer=answer if callable(answer) else lambda _tag, _number: answer,
        body=body.encode() if isinstance(body, str) else body,
        content_type=content_type,
        stalls_in_layers=stalls_in_layers,
    )
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"script": script}))
    script.host = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield script
    finally:
        script.released.set()
        server.shutdown()
        server.server_close()


@dataclass
class Listener:
    """A port that counts who connects."""

    host: str
    connections: int = 0


@contextmanager
def listening(host: str = "127.0.0.1", interface: int = 0) -> Iterator[Listener]:
    """Listen on a port, and hang up on everybody; an address of IPv6 that is link-local has an interface."""
    family = AF_INET6 if ":" in host else AF_INET
    with create_server((host, 0, 0, interface) if ":" in host else (host, 0), family=family) as socket:
        listener = Listener(f"{host}:{socket.getsockname()[1]}")

        def accept() -> None:
            while True:
                try:
                    connection, _ = socket.accept()
                except OSError:
                    return
                listener.connections += 1
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener
        # closing alone does not wake a thread that waits in accept()
        socket.shutdown(2)
        thread.join(5)
