"""A port in front of a registry that carries bytes: as far away as a test wants, and cut where it says."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PIECE = 1 << 16
_UNDER_WAY = 1024
"""Pieces: more than a fast sender has in the air, so that delay costs time and not throughput."""


@dataclass(kw_only=True)
class Line:
    """A running one. Clients are told `host`; the registry may come and go meanwhile."""

    host: str = ""
    registry: str
    delay: float
    """Seconds that every byte takes in each direction, however many there are."""
    cut_after: int | None = None
    """Bytes towards the registry, of all connections, after which all of them end, once."""
    heard: Callable[[int], object] = lambda _: None
    """Called with the number of bytes that have come from clients until now, before they go on."""
    was_cut: bool = False
    _came: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    connections: list[socket.socket] = field(default_factory=list)

    def hear(self, data: bytes) -> tuple[bytes, bool]:
        """Count what has come; returns what of it goes on, and whether that is the last."""
        with self._lock:
            before, self._came = self._came, self._came + len(data)
            self.heard(self._came)
            if self.cut_after is None or self.was_cut or self._came < self.cut_after:
                return data, False
            self.was_cut = True
            return data[: self.cut_after - before], True

    def cut(self) -> None:
        """End every connection; new ones are taken."""
        ended, self.connections = self.connections, []
        for one in ended:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, kw_only=True)
class _Piece:
    due: float
    data: bytes
    """Nothing ends the direction."""
    last: bool = False


@contextmanager
def line(
    registry: str,
    *,
    delay: float = 0,
    cut_after: int | None = None,
    heard: Callable[[int], object] = lambda _: None,
    host: str = "127.0.0.1",
) -> Iterator[Line]:
    """Run one in front of the registry at `host:port`; two delays are a round trip.

    A connection costs a round trip before its first byte, as the handshake of a far one does.
    """
    made = Line(registry=registry, delay=delay, cut_after=cut_after, heard=heard)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family, backlog=128) as listener:
        made.host = f"{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        accepting = threading.Thread(target=_accept, args=(made, listener), daemon=True)
        accepting.start()
        try:
            yield made
        finally:
            # closing alone does not wake a thread that waits in accept()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(5)
            made.cut()


def _accept(made: Line, listener: socket.socket) -> None:
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_carry, args=(made, near), daemon=True).start()


def _carry(made: Line, near: socket.socket) -> None:
    host, _, port = made.registry.rpartition(":")
    opened = time.monotonic() + 2 * made.delay
    with near, suppress(OSError), socket.create_connection((host, int(port))) as far:
        made.connections += [near, far]
        threads = []
        for source, target, not_before in ((near, far, opened), (far, near, 0.0)):
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            under_way: queue.Queue[_Piece] = queue.Queue(maxsize=_UNDER_WAY)
            threads += [
                threading.Thread(target=_take, args=(made, source, under_way, not_before), daemon=True),
                threading.Thread(target=_give, args=(made, target, under_way), daemon=True),
            ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made.connections = [one for one in made.connections if one not in {near, far}]


def _take(made: Line, source: socket.socket, under_way: "queue.Queue[_Piece]", not_before: float) -> None:
    data = b"first"
    while data:
        try:
            data = source.recv(_PIECE)
        except OSError:
            data = b""
        last = False
        if not_before and data:
            data, last = made.hear(data)
        due = max(time.monotonic(), not_before) + made.delay
        under_way.put(_Piece(due=due, data=data, last=last))


def _give(made: Line, target: socket.socket, under_way: "queue.Queue[_Piece]") -> None:
    listens = True
    while (piece := under_way.get()).data or piece.last:
        time.sleep(max(0.0, piece.due - time.monotonic()))
        try:
            if listens:
                target.sendall(piece.data)
        except OSError:
            listens = False  # what is still under way is taken off, so that its sender is not held up
        if piece.last:
            made.cut()
            break
    with suppress(OSError):
        time.sleep(max(0.0, piece.due - time.monotonic()))
        target.shutdown(socket.SHUT_WR)
