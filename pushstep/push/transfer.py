"""From the source to every destination: each blob is read once, compressed once, and sent from one place.

Contents.parts ─▶ hashed, compressed into the spool ─▶ every delivery that awaits it ─▶ the spool forgets it
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import field
from functools import partial
from itertools import count
from threading import Event, Lock
from typing import TypeVar

from pushstep.errors import Problem, StepError
from pushstep.image.model import Image, Part, Unpacked
from pushstep.oci import Descriptor, layer_type
from pushstep.push.ahead import read_ahead
from pushstep.push.compression import compressed
from pushstep.push.delivery import Blob, Delivery
from pushstep.push.hashed import Hashed, verify
from pushstep.push.order import in_order
from pushstep.push.progress import Progress
from pushstep.push.spool import Spool, Spooled
from pushstep.push.workers import AbandonedError, Workers
from pushstep.values import dataclass

_T = TypeVar("_T")
_READERS = 2
"""Blobs of a file read side by side; each is compressed on all cores."""
_FETCHERS = 8
"""Blobs of another registry read side by side: it is the way there that takes the time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """One reading of an image, for all deliveries that lack something of it."""

    image: Image
    deliveries: Sequence[Delivery]
    spool: Spool
    pool: Workers
    """What compresses, in `threads`. What was begun first comes first: what ends together is sent late."""
    threads: int
    progress: Progress
    ended: Event
    """Set when nobody waits any longer."""
    _sent: set[str] = field(default_factory=set)
    _ranks: Iterator[int] = field(default_factory=count)
    _broken: Event = field(default_factory=Event)
    """Set when a part could not be read: then nobody gets a whole image."""
    _readers: Workers = field(default_factory=lambda: Workers(_READERS))
    _fetchers: Workers = field(default_factory=lambda: Workers(_FETCHERS))

    def run(self) -> None:
        """Bring all that any delivery awaits; every awaited future is settled at the end, or will be."""
        failed: BaseException = StepError(_INCOMPLETE)
        try:
            self._read({name for delivery in self.deliveries for name in delivery.awaited})
        except (StepError, AbandonedError) as error:
            failed = error
        except BaseException as error:
            failed = error
            raise
        finally:
            self._readers.close()
            self._fetchers.close()
            for delivery in self.deliveries:
                for name, future in delivery.awaited.items():
                    if name not in self._sent:
                        future.set_exception(failed)

    def _read(self, wanted: set[str]) -> None:
        content = self.image.content
        if isinstance(content, Unpacked) and content.config is not None and content.config_digest in wanted:
            wanted.discard(content.config_digest)
            self._bring(_in_memory(content.config_digest, content.config))
        if not wanted:
            return
        at_any_time: list[Part] = []
        with closing(_closable(self.image.contents.parts(wanted))) as parts:
            for part in parts:
                if part.place or part.beside:
                    at_any_time.append(part)
                else:
                    self._bring(part)
        reading = [self._workers(part).submit(partial(self._bring, part)) for part in in_order(at_any_time)]
        # all of them: what is still being read would be handed on after it was given up
        wait(reading)
        failures = [error for one in reading if (error := one.exception())]
        for error in sorted(failures, key=lambda error: isinstance(error, AbandonedError)):
            raise error

    def _workers(self, part: Part) -> Workers:
        return self._readers if part.place else self._fetchers

    def _bring(self, part: Part) -> None:
        """Make a blob of a part, and send it to all that lack it."""
        self._check()
        spooled = self.spool.begin() if self._compresses(part) or not part.place else None
        try:
            name, blob = self._made(part, spooled)
        except BaseException:
            self._broken.set()
            if spooled:
                spooled.close()
            raise
        self._send(name, blob, spooled.close if spooled else lambda: None)

    def _compresses(self, part: Part) -> bool:
        """Whether it is a layer that goes another way than it is stored; all else has its own digest."""
        content = self.image.content
        return isinstance(content, Unpacked) and part.digest not in {
            content.config_digest,
            *(layer.blob.digest for layer in content.layers if layer.blob),
        }

    def _made(self, part: Part, spooled: Spooled | None) -> tuple[str, Blob]:
        """The name that the part is awaited by, and the blob that holds it."""
        with closing(_closable(part.blocks())) as blocks:
            if part.place or part.beside:
                return self._made_of(part, blocks, spooled)
            with closing(read_ahead(blocks)) as ahead:
                return self._made_of(part, ahead, spooled)

    def _made_of(self, part: Part, blocks: Iterator[bytes], spooled: Spooled | None) -> tuple[str, Blob]:
        read = Hashed(blocks, self._heard)
        if spooled is None:
            for _ in read:
                pass
            verify(part, read)
            content, digest = part.place, read.digest
        elif self._compresses(part):
            submit = partial(self.pool.submit, rank=next(self._ranks))
            made = Hashed(compressed(iter(read), submit, self.threads + 1), spooled.write)
            for _ in made:
                pass
            verify(part, read)
            self.progress.compressed(read.size, made.size)
            content, digest = spooled.content, made.digest
        else:
            for block in read:
                spooled.write(block)
            verify(part, read)
            content, digest = spooled.content, read.digest
        if content is None:  # pragma: no cover - a part without a place has a file in the spool
            raise AbandonedError
        descriptor = Descriptor(media_type=_GZIP, digest=digest, size=content.size)
        return read.digest, Blob(descriptor=descriptor, content=content, is_new=digest != read.digest)

    def _check(self) -> None:
        over = self.ended.is_set() or self._broken.is_set()
        if over or all(delivery.error for delivery in self.deliveries):
            raise AbandonedError

    def _heard(self, block: bytes) -> None:
        self._check()
        self.progress.read(len(block))

    def _send(self, name: str, blob: Blob, release: Callable[[], None]) -> None:
        awaiting = [delivery for delivery in self.deliveries if name in delivery.awaited]
        if name in self._sent or not awaiting:
            release()
            return
        self._sent.add(name)
        rest = _Countdown(len(awaiting), release)

        def settled(delivery: Delivery, done: "Future[bool]") -> None:
            rest.one_less()
            error = done.exception()
            if error:
                delivery.awaited[name].set_exception(error)
            else:
                delivery.awaited[name].set_result(blob.descriptor)

        def hand(to: Iterable[Delivery], mount_from: str | None) -> None:
            for delivery in to:
                delivery.take(blob, mount_from).add_done_callback(partial(settled, delivery))

        for group in _by_host(awaiting):
            digest, host = blob.descriptor.digest, group[0].host
            holders = (one for one in self.deliveries if one.host == host and one.has(digest))
            holder = next((one.repository for one in holders), None)
            if holder is not None or len(group) == 1:
                hand(group, holder)
                continue
            # the others take it over from the first, once that one has it
            first, others = group[0], group[1:]

            def then(done: "Future[bool]", first: Delivery = first, others: list[Delivery] = others) -> None:
                arrived = not done.exception() and done.result()
                hand(others, first.repository if arrived else None)
                settled(first, done)

            first.take(blob).add_done_callback(then)


class _Countdown:
    """Does something once so many have come to an end."""

    def __init__(self, count: int, deed: Callable[[], None]) -> None:
        self._left = count
        self._deed = deed
        self._lock = Lock()

    def one_less(self) -> None:
        """Count one that has ended."""
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._deed()


_GZIP = layer_type("oci", "gzip")
_INCOMPLETE = Problem(
    code="candidate",
    message="the source did not give all that the image is made of",
    hint="Make the image anew.",
    path="candidate",
)


def _closable(items: Iterator[_T]) -> Generator[_T, None, None]:
    """The same; a connection that `items` hold ends with this, however long an error refers to them."""
    yield from items


def _in_memory(digest: str, content: bytes) -> Part:
    return Part(digest=digest, size=len(content), stream=lambda: iter([content]))


def _by_host(deliveries: Iterable[Delivery]) -> Iterator[list[Delivery]]:
    groups: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        groups.setdefault(delivery.host, []).append(delivery)
    yield from groups.values()
