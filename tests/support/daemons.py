"""A Docker daemon that saves one image as it is told to: shapes and failures that the real ones here do not have.

A small real server of the Engine API. What it sends is made in `archives`; that the oldest shape is a daemon's
is shown with one (tests/integration/test_image_daemon.py).
"""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from docker import APIClient

from pushstep.image.daemon import Daemon, Found
from tests.support.archives import Made

CONTAINERD = [["driver-type", "io.containerd.snapshotter.v1"]]


@dataclass(kw_only=True)
class Saves:
    """What it has, and what it sends."""

    image_id: str
    stream: bytes = b""
    layers: tuple[str, ...] = ()
    platform: str = "linux/amd64"
    driver: list[list[str]] = field(default_factory=list)
    status: int = 200
    waits: float = 0
    """Seconds before anything is answered: 25 and later write the whole image to the disk first."""
    cut: bool = False
    """Whether the connection is reset behind the stream."""
    stalls: bool = False
    """Whether nothing more comes behind the stream, and the connection stays."""
    begun: int = 0
    """How often it was asked to save."""
    sent: int = 0
    """Bytes of all streams."""
    stalled: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    """Set when a client has hung up in the middle."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    saves: Saves

    def do_GET(self) -> None:
        path = self.path.partition("/v1.45")[2] or self.path
        if path == "/info":
            self._json({"DriverStatus": self.saves.driver})
        elif path == f"/images/{self.saves.image_id}/json":
            system, architecture, *variant = self.saves.platform.split("/")
            self._json({
                "Id": self.saves.image_id,
                "Os": system,
                "Architecture": architecture,
                "Variant": "".join(variant),
                "RootFS": {"Type": "layers", "Layers": list(self.saves.layers)},
            })  # fmt: skip
        elif path == f"/images/{self.saves.image_id}/get":
            self._save()
        else:
            self._json({"message": "page not found"}, 404)

    def _json(self, data: object, status: int = 200) -> None:
        content = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _save(self) -> None:
        self.saves.begun += 1
        self.saves.released.wait(self.saves.waits)
        if self.saves.status != 200:
            self._json({"message": "no such thing"}, self.saves.status)
            return
        self.send_response(200)
        in_chunks = self.request_version != "HTTP/1.0"
        if in_chunks:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        try:
            for start in range(0, len(self.saves.stream), 1 << 15):
                chunk = self.saves.stream[start : start + (1 << 15)]
                framed = f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n"
                self.wfile.write(framed if in_chunks else chunk)
                self.saves.sent += len(chunk)
            if self.saves.stalls:
                self.saves.stalled.set()
                self.saves.released.wait(30)
            if self.saves.cut:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif in_chunks:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.saves.left.set()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients hang up as soon as they have what they want."""


@contextmanager
def saving(saves: Saves, *, timeout: float = 10) -> Iterator[Daemon]:
    """Run one on a loopback port, and connect to it with that time-out for short requests."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"saves": saves}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    address = f"tcp://127.0.0.1:{server.server_address[1]}"
    client = APIClient(base_url=address, version="1.45", timeout=timeout)  # type: ignore[arg-type]  # requests takes it
    try:
        yield Daemon(client, address)
    finally:
        saves.released.set()
        client.close()
        with suppress(OSError):
            server.shutdown()
        server.server_close()


def found(saves: Saves, *names: str) -> Found:
    """What looking it up by name gives."""
    return Found(image_id=saves.image_id, names=names, digests=())


def classic(made: Made, stream: bytes, **more: object) -> Saves:
    """A daemon with the classic store."""
    return Saves(
        image_id=made.image_id,
        layers=made.diff_ids,
        platform=made.platform,
        stream=stream,
        **more,  # type: ignore[arg-type]
    )
