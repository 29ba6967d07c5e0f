"""A TCP port in front of the Docker daemon's socket, which a test can cut as a network does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """The port, and the connections through it."""

    address: str
    listener: socket.socket
    pairs: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """End every connection, and take no further one."""
        for one in (self.listener, *self.pairs):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextmanager
def in_front_of(path: str, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """Forward connections to a port of `host` to the Unix socket `path`."""
    listener = socket.create_server((host, 0))
    proxy = Proxy(f"tcp://{host}:{listener.getsockname()[1]}", listener)

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(path)
            proxy.pairs += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_copy, args=(source, target), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.cut()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
