"""Registries as a test sees them: real ones asked over HTTP, scripted ones for what no real one answers."""

import json
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_server
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

    def _get(self, path: str, method: str = "GET"):  # type: ignore[no-untyped-def]  # noqa: ANN202 - urllib's
        scheme = "https" if self.tls else "http"
        request = urllib.request.Request(f"{scheme}://{self.host}/v2/{path}", method=method)
        request.add_header("Accept", _MANIFESTS)
        if self.user:
            request.add_header(
                "Authorization", "Basic " + b64encode(f"{self.user}:{PASSWORD}".encode()).decode()
            )
        return urllib.request.urlopen(request, context=self.tls, timeout=10)


@dataclass(kw_only=True)
class Scripted:
    """A registry that takes blobs and gives every manifest one answer.

    A fake, for refusals that only other registries give. It refuses the manifest and not the blobs because
    Docker sends a refused blob five times, for 50 seconds.
    """

    status: int
    body: bytes
    content_type: str
    host: str = ""
    requests: int = 0
    blobs: set[str] = field(default_factory=set)
    stalled: threading.Event = field(default_factory=threading.Event)
    """Set once a request waits in vain (only with status 0)."""
    released: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Scripted

    def _answer(self) -> None:
        self.script.requests += 1
        size = self._drain()
        path, _, query = self.path.partition("?")
        digest = query.rpartition("digest=")[2].replace("%3A", ":")
        match self.command, path.split("/")[-2:]:
            case "PUT", ["manifests", _]:
                self._refuse()
            case "HEAD", ["blobs", known] if known in self.script.blobs:
                self._send(200, {"Docker-Content-Digest": known})
            case "POST", ["blobs", _] | ["uploads", _]:
                self._send(202, {"Location": f"{path}1"})
            case "PATCH", _:
                self._send(202, {"Location": path, "Range": f"0-{size - 1}"})
            case "PUT", _:
                self.script.blobs.add(digest)
                self._send(201, {"Docker-Content-Digest": digest})
            case _:
                self._send(200 if path == "/v2/" else 404, {})

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815 - names of the base class

    def _drain(self) -> int:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        total = 0
        while size := int(self.rfile.readline(), 16):
            total += size
            self.rfile.read(size + 2)
        self.rfile.readline()
        return total

    def _refuse(self) -> None:
        if self.script.status == 0:
            self.script.stalled.set()
            self.script.released.wait(60)
        self._send(self.script.status or 500, {}, self.script.body, self.script.content_type)

    def _send(
        self, status: int, headers: dict[str, str], body: bytes = b"", kind: str = "text/plain"
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Docker tries TLS first, and leaves in the middle when it is told to stop."""


@contextmanager
def scripted(status: int, body: str | bytes, content_type: str = "application/json") -> Iterator[Scripted]:
    """Run one on a loopback port; status 0 never answers."""
    raw = body.encode() if isinstance(body, str) else body
    script = Scripted(status=status, body=raw, content_type=content_type)
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
def listening() -> Iterator[Listener]:
    """Listen on a loopback port, and hang up on everybody."""
    with create_server(("127.0.0.1", 0)) as socket:
        listener = Listener(f"127.0.0.1:{socket.getsockname()[1]}")

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
