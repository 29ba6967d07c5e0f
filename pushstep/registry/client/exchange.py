"""One request and its answer, nothing more: no login, no second try, no redirect followed."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from urllib.parse import urlsplit

from requests import Request, Response

from pushstep.errors import Problem, StepError
from pushstep.image.model import BLOCK
from pushstep.registry.client.answer import LARGEST, Answer
from pushstep.registry.client.connection import Adapter
from pushstep.registry.client.failures import RegistryError, Subject
from pushstep.registry.client.faults import EXPECTED, Where, is_unsent, lost
from pushstep.registry.client.line import Line
from pushstep.registry.client.network import AGENT
from pushstep.registry.client.urls import shown
from pushstep.values import dataclass

Block = bytes | memoryview


class Account:
    """On whose behalf requests are made: what they are about, how many there were, what they took along."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.requests = 0
        self.bytes_sent = 0
        self._lock = threading.Lock()

    def count(self, *, requests: int = 0, sent: int = 0) -> None:
        """Add to it, from any thread."""
        with self._lock:
            self.requests += requests
            self.bytes_sent += sent


class Body:
    """What a request takes along; it can be sent again, and tells what went."""

    def __init__(
        self, size: int, blocks: Callable[[], Iterator[Block]], heard: Callable[[int], None]
    ) -> None:
        self._size = size
        self._blocks = blocks
        self._heard = heard
        self._told = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Block]:
        """Give it from its beginning; raises `StepError` where it cannot be read."""
        self.take_back()
        blocks = self._blocks()
        while True:
            try:
                block = next(blocks, b"")
            except (OSError, EOFError) as error:
                # in urllib3's hands it would pass for a broken connection
                message = f"what is to be sent cannot be read: {error}"
                raise StepError(Problem(code="candidate", message=message, hint="Push again.")) from error
            if not block:
                return
            yield block
            self._told += len(block)
            self._heard(len(block))

    def take_back(self) -> None:
        """Tell that what went goes again, or came to nothing."""
        if self._told:
            self._heard(-self._told)
            self._told = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A request."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Body | None = field(default=None, repr=False)
    slack: float = 0.0
    """Seconds that the answer may take longer than others."""


class Arriving:
    """An answer whose body is still on its way."""

    def __init__(
        self, response: Response, ask: Ask, way: str, fail: Callable[[Exception], RegistryError]
    ) -> None:
        self.ask = ask
        self.way = way
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self._raw = response.raw
        self._fail = fail

    def blocks(self) -> Iterator[bytes]:
        """Its body; raises `RegistryError` where it is cut, `Cancelled`."""
        while True:
            try:
                block = self._raw.read(BLOCK)
            except EXPECTED as error:
                raise self._fail(error) from error
            if not block:
                return
            yield block

    def whole(self, limit: int = LARGEST) -> Answer:
        """The answer with the first `limit` bytes of its body."""
        body = bytearray()
        for block in self.blocks():
            body += block
            if len(body) > limit:
                break
        return Answer(
            method=self.ask.method,
            url=self.ask.url,
            way=self.way,
            status=self.status,
            headers=self.headers,
            body=bytes(body[: limit + 1]),
        )


class Wire:
    """Sends requests over one line's connections."""

    def __init__(
        self, line: Line, adapter: Adapter, debug: Callable[[str], None], *, certified: bool = False
    ) -> None:
        """`certified`: with a client certificate."""
        self._line = line
        self._network = line.network
        self._adapter = adapter
        self._debug = debug
        self._certified = certified

    @contextmanager
    def opened(self, ask: Ask, account: Account) -> Iterator[Arriving]:
        """Send a request; the connection is free again, or closed, at the end of the block.

        Raises `RegistryError` where no answer came, and `Cancelled`.
        """
        way = self._line.shown(ask.url)
        response = self._sent(ask, account, way)
        try:
            # what a tunnel leads to speaks for itself
            told = way if self._line.forwarding(ask.url) else ""
            yield Arriving(response, ask, told, lambda error: self._failure(error, ask, account, way))
        finally:
            # a body that was not read to its end goes with its connection
            if ask.method != "HEAD":
                response.raw.close()
            response.raw.release_conn()

    def _sent(self, ask: Ask, account: Account, way: str) -> Response:
        self._network.check()
        started = self._network.seconds()
        times = self._network.timeouts
        asked = f"{ask.method} {shown(ask.url)}"
        try:
            request = Request(
                ask.method, ask.url, {"User-Agent": AGENT, **ask.headers}, data=ask.body or b""
            ).prepare()
            response = self._adapter.send(
                request, stream=True, timeout=(times.connect, times.silence + ask.slack)
            )
        except EXPECTED as error:
            failed = self._failure(error, ask, account, way)
            account.count(requests=0 if is_unsent(failed) else 1)
            self._debug(f"{asked} {failed.problem.message}")
            raise failed from error
        account.count(requests=1)
        milliseconds = 1000 * (self._network.seconds() - started)
        self._debug(f"{asked} {response.status_code} {milliseconds:.0f} ms {way}".rstrip())
        return response

    def _failure(self, error: Exception, ask: Ask, account: Account, way: str) -> RegistryError:
        # a socket that `stop` shut looks like one that the registry closed
        self._network.check()
        host = urlsplit(ask.url).netloc
        where = Where(host=host, way=way, certified=self._certified)
        return lost(error, account.subject, where, self._network.timeouts)
