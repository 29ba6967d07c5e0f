"""Where blobs wait on the disk until every destination has them: files without a name, bounded together."""

from collections.abc import Callable
from threading import Condition

from pushstep.image.model import Slice
from pushstep.image.nameless import NamelessFile
from pushstep.push.workers import AbandonedError

LIMIT = 2 << 30
"""Bytes that wait at most before the next blob is begun; one blob may be larger, alone."""


class Spool:
    """The files in `folder`; many threads use it at the same time."""

    def __init__(self, folder: str, limit: int = LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._used = 0
        self._room = Condition()
        self._closed = False

    def begin(self) -> "Spooled":
        """An empty file, once there is room. Raises `StepError` (disk), `AbandonedError`."""
        with self._room:
            self._room.wait_for(lambda: self._closed or self._used < self._limit)
            if self._closed:
                raise AbandonedError
        return Spooled(NamelessFile(self._folder, "a layer that is sent"), self._take)

    def close(self) -> None:
        """Let nobody wait for room any longer."""
        with self._room:
            self._closed = True
            self._room.notify_all()

    def _take(self, size: int) -> None:
        with self._room:
            self._used += size
            if size < 0:
                self._room.notify_all()


class Spooled:
    """One blob under way."""

    def __init__(self, file: NamelessFile, take: Callable[[int], None]) -> None:
        self._file = file
        self._take = take
        self._size = 0

    def write(self, block: bytes) -> None:
        """Append. Raises `StepError` (disk)."""
        self._size += self._file.add([block]).size
        self._take(len(block))

    @property
    def content(self) -> Slice:
        """All that was written, until it is closed."""
        return Slice(file=self._file.file.fileno(), offset=0, size=self._size)

    def close(self) -> None:
        """Give the room back; nobody may read it any more."""
        self._file.close()
        size, self._size = self._size, 0
        self._take(-size)
