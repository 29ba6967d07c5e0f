"""How far a push is: the one ear for all its threads, and who shows what they tell."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Protocol

from pushstep.log import Log
from pushstep.push import lines
from pushstep.push.lines import Blob, Delivery, LayerStatus, State
from pushstep.result import TagStatus

_PATIENCE = 2.0
"""Seconds that the end of a push waits for a line being written; who reads our log may have stopped."""


class Renderer(Protocol):
    """Shows what is under way. What has happened is a line of the log, whoever renders."""

    @property
    def every(self) -> float:
        """Seconds between two calls of `show`."""
        ...

    def shown(self) -> AbstractContextManager[object]:
        """While entered there may be something to show."""
        ...

    def show(self, now: State) -> None:
        """Show where the push stands; always called by the same thread."""
        ...


class Lines:
    """A line every few seconds, if something has changed: for logs that are read later."""

    def __init__(self, say: Callable[[str], None], *, every: float = 5) -> None:
        self.every = every
        self._say = say
        self._told = State()
        self._line = ""

    def shown(self) -> AbstractContextManager[object]:
        """Nothing to set up."""
        return nullcontext()

    def show(self, now: State) -> None:
        """Say it, unless it was said."""
        line = lines.under_way(now, self._told)
        if line and now != self._told and line != self._line:
            self._say(line)
            self._told, self._line = now, line


def renderer(log: Log, terminal: Callable[[str], None] | None) -> Renderer:
    """Live lines where there is a terminal and rich is installed, else a line of the log now and then."""
    if terminal is not None:
        # an extra that the container does not carry
        with suppress(ImportError):
            from pushstep.push.live import Live  # noqa: PLC0415

            return Live(log, terminal)
    return Lines(log.say)


@dataclass(kw_only=True, slots=True)
class _Way:
    """What is known of one place."""

    layers: int | None = None
    finished: int = 0
    kept: int = 0
    """Bytes of finished uploads."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Of blobs announced and not finished."""
    sent: dict[str, int] = field(default_factory=dict)
    """Of blobs begun and not finished."""


class Progress:
    """Takes what a push tells of itself, from any thread; `layer` and `tag` are a line of the log each.

    `begin` tells how many layers there will be and `due` how large one is: without them less is shown.
    """

    def __init__(
        self, *, say: Callable[[str], None], seconds: Callable[[], float], renderer: Renderer
    ) -> None:
        self._say = say
        self._seconds = seconds
        self._renderer = renderer
        self._started = seconds()
        self._lock = Lock()
        self._read = self._plain = self._packed = self._sent = self._again = self._saved = 0
        self._ways: dict[str, _Way] = {}
        self._ended: set[str] = set()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show what is under way while entered; leaving ends it at once, whatever the reason."""
        over = Event()
        ticking = Thread(target=self._tick, args=(over,), name="progress", daemon=True)
        with self._renderer.shown():
            ticking.start()
            try:
                yield
            finally:
                over.set()
                ticking.join(_PATIENCE)

    def _tick(self, over: Event) -> None:
        while not over.wait(self._renderer.every):
            self._renderer.show(self.state())

    def read(self, count: int) -> None:
        """So many more bytes of the source were read."""
        with self._lock:
            self._read += count

    def compressed(self, before: int, after: int) -> None:
        """So many more bytes were compressed, to so many."""
        with self._lock:
            self._plain += before
            self._packed += after

    def saved(self, count: int) -> None:
        """So many bytes did not have to be sent; `layer` does not count them."""
        with self._lock:
            self._saved += count

    def begin(self, place: str, layers: int) -> None:
        """An attempt at `place` begins; `layer` will be told of it so often."""
        with self._lock:
            self._ways[place] = _Way(layers=layers)
            self._ended.discard(place)

    def due(self, place: str, digest: str, size: int) -> None:
        """A blob is going to be sent, and how large it is is known by now."""
        with self._lock:
            if way := self._way(place):
                way.sizes[digest] = size

    def sent(self, place: str, digest: str, count: int) -> None:
        """So many more bytes of a blob are on the wire; negative: an attempt failed, they are sent again."""
        with self._lock:
            self._sent += count
            self._again += max(0, -count)
            if way := self._way(place):
                way.sent[digest] = way.sent.get(digest, 0) + count

    def layer(self, place: str, digest: str, size: int, status: LayerStatus, sent: int = 0) -> None:
        """A layer is there; `sent` are the bytes it took, repetitions included."""
        with self._lock:
            if way := self._way(place):
                way.finished += 1
                way.kept += size if status == "uploaded" else 0
                way.sizes.pop(digest, None)
                way.sent.pop(digest, None)
        self._say(lines.layer(place, digest, size, status, sent))

    def tag(self, place: str, tag: str, status: TagStatus, digest: str | None = None) -> None:
        """Something became of a tag."""
        self._say(lines.tag(place, tag, status, digest))

    def end(self, place: str) -> None:
        """Nothing more goes to `place`: it has everything, or was given up."""
        with self._lock:
            self._ways.pop(place, None)
            self._ended.add(place)

    def state(self) -> State:
        """Where the push stands now."""
        with self._lock:
            return State(
                read=self._read,
                plain=self._plain,
                packed=self._packed,
                sent=self._sent,
                again=self._again,
                saved=self._saved,
                deliveries=tuple(_delivery(place, way) for place, way in self._ways.items()),
            )

    def summary(self) -> str:
        """What it came to, as the line for the end."""
        return lines.summary(self.state(), self._seconds() - self._started)

    def _way(self, place: str) -> _Way | None:
        """What is known of `place`; None: a thread that has not heard of its end speaks of it."""
        return None if place in self._ended else self._ways.setdefault(place, _Way())


def _delivery(place: str, way: _Way) -> Delivery:
    sent = way.kept + sum(way.sent.values())
    left = sum(max(0, size - way.sent.get(digest, 0)) for digest, size in way.sizes.items())
    all_known = way.layers is not None and way.finished + len(way.sizes) >= way.layers
    return Delivery(
        place=place,
        finished=way.finished,
        layers=way.layers,
        sent=sent,
        total=sent + left if all_known else None,
        blobs=tuple(
            Blob(digest=digest, sent=count, size=way.sizes[digest])
            for digest, count in way.sent.items()
            if digest in way.sizes
        ),
    )
