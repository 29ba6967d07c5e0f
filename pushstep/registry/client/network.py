"""The network as the client uses it: clocks, waits and sockets, all of which one call brings to an end."""

import socket
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
from weakref import WeakSet

from pushstep import __version__
from pushstep.registry.client.addresses import Address, address
from pushstep.registry.client.proxies import Proxies
from pushstep.registry.client.trust import Contexts
from pushstep.values import dataclass

AGENT = f"pushstep/{__version__}"
"""What servers are told of who asks."""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """`Network.stop` was called: what was under way has ended, and nobody tries again."""


class NotConnected(Exception):  # noqa: N818 - likewise a fact
    """No connection came about: the name is unknown, nobody listens, no way leads there."""


class AddressRefused(Exception):  # noqa: N818 - a decision
    """The host has an address that nothing is sent to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeouts:
    """Seconds after which somebody counts as gone."""

    connect: float = 10.0
    silence: float = 60.0
    """Without a byte in either direction."""


class Network:
    """What a run's connections have in common."""

    def __init__(  # noqa: PLR0913 - each is of another kind
        self,
        *,
        seconds: Callable[[], float],
        now: Callable[[], datetime],
        jitter: Callable[[], float],
        pause: Callable[[float], object] | None = None,
        timeouts: Timeouts | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        """Start without sockets.

        `seconds` is a clock that never goes back, `jitter` a number from 0 to 1, another one each time.
        `pause` waits so many seconds, unless one that `stop` ends is good enough.
        """
        self.seconds = seconds
        self.now = now
        self.jitter = jitter
        self.timeouts = timeouts or Timeouts()
        self.proxies = proxies or Proxies({})
        self._stopping = threading.Event()
        self._pause = pause or self._stopping.wait
        self._changed = threading.Condition()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self.contexts = Contexts(self.watch)

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    def check(self) -> None:
        """Raise `Cancelled` once it was told to stop."""
        if self.stopped:
            raise Cancelled

    def stop(self) -> None:
        """End every wait and every connection, now and from now on, whichever thread is in them."""
        self._stopping.set()
        with self._changed:
            for one in list(self._sockets):
                _shut(one)
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait; raises `Cancelled`."""
        self.check()
        self._pause(max(0.0, seconds))
        self.check()

    def until(self, done: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until `done`, which is asked after every `change`; False: in vain. Raises `Cancelled`."""
        with self._changed:
            came = self._changed.wait_for(lambda: self.stopped or done(), seconds)
        self.check()
        return came

    def change(self, make: Callable[[], None]) -> None:
        """Change what somebody may wait for in `until`."""
        with self._changed:
            make()
            self._changed.notify_all()

    def watch(self, one: socket.socket) -> None:
        """Let `stop` end this socket as well."""
        with self._changed:
            self._sockets.add(one)
        if self.stopped:
            _shut(one)

    def connected(
        self, host: str, port: int, objection: Callable[[Address], str | None] = lambda _: None
    ) -> socket.socket:
        """A connection to the first of the host's addresses that answers and to which there is no objection.

        Raises `NotConnected`, `AddressRefused`, `Cancelled`.
        """
        objections: list[str] = []
        why = ""
        for found in self._addresses(host, port):
            self.check()
            if refused := objection(address(found[-1][0])):
                objections.append(refused)
                continue
            try:
                return self._opened(found)
            except TimeoutError:
                why = f"no answer within {self.timeouts.connect:g} s"
            except OSError as error:
                why = str(error.strerror or error)
        self.check()
        if objections and not why:
            raise AddressRefused(f"{host}: {objections[0]}")
        raise NotConnected(f"{host}:{port}: {why or 'it has no address'}")

    def _opened(self, found: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, where = found
        one = socket.socket(family, kind, protocol)
        try:
            self.watch(one)
            one.settimeout(self.timeouts.connect)
            # a request and its body are two writes, and the second must not wait for an answer
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.connect(where)
        except OSError:
            one.close()
            raise
        return one

    def _addresses(self, host: str, port: int) -> list[tuple[Any, ...]]:
        found: list[list[tuple[Any, ...]] | Exception] = []

        def look_up() -> None:
            answer: list[tuple[Any, ...]] | Exception
            try:
                answer = list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                answer = error
            self.change(lambda: found.append(answer))

        # the system's look-up cannot be ended, only left alone
        threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
        if not self.until(lambda: bool(found), self.timeouts.connect):
            raise NotConnected(f"the name {host} was not found within {self.timeouts.connect:g} s")
        if isinstance(found[0], Exception):
            why = getattr(found[0], "strerror", None) or found[0]
            raise NotConnected(f"the name {host} was not found: {why}")
        return found[0]


def _shut(one: socket.socket) -> None:
    try:
        # the plain socket's own: that of a TLS socket first stops encrypting what another thread still sends
        socket.socket.shutdown(one, socket.SHUT_RDWR)
    except OSError:
        return  # it is closed, or was never connected
