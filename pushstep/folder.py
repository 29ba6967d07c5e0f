"""A folder that several runs may write to at once, and in which no symbolic link leads elsewhere.

Files are named once they are whole. Every verb raises `OSError`, with the name that it is about.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Self

from pushstep.files import give

_UNFINISHED = ".unfinished-"
_FILE_MODE, _FOLDER_MODE = 0o644, 0o755
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


class Folder:
    """An open one; left with `with`."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def at(cls, path: str, *inside: str) -> Self:
        """Open the folder at `path`, which may lead through links, or one `inside` it, which may not."""
        folder = cls(os.open(path, _READ | os.O_DIRECTORY))
        for name in inside:
            with folder:
                folder = cls(os.open(name, _READ | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder._handle))
        return folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        os.close(self._handle)

    def names(self) -> list[str]:
        """What is in it, without what is not finished."""
        return [name for name in self._names() if not name.startswith(_UNFINISHED)]

    def size(self, name: str) -> int:
        """Bytes of a file."""
        found = os.stat(name, dir_fd=self._handle, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.ELOOP, "it is no regular file", name)
        return found.st_size

    def read(self, name: str, largest: int) -> bytes:
        """A small file's content. Raises `ValueError` where it is larger."""
        # of a pipe or a device, nobody asks what is in it
        if self.size(name) > largest:
            raise ValueError(f"{name} has more than {largest} bytes")
        handle = os.open(name, _READ | os.O_NOFOLLOW, dir_fd=self._handle)
        with os.fdopen(handle, "rb") as file:
            return file.read(largest)

    @contextmanager
    def new(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """Give what writes a block of a file, which gets its name at the end, and goes if there is none."""
        unfinished, handle = self._begun()
        try:
            yield lambda block: _write(handle, block)
            os.fsync(handle)
            os.rename(unfinished, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)
        except BaseException:
            with suppress(OSError):
                os.unlink(unfinished, dir_fd=self._handle)
            raise
        finally:
            os.close(handle)

    def inside(self, name: str) -> Self:
        """Open a folder in it, which is made if there is none."""
        made = False
        with suppress(FileExistsError):
            os.mkdir(name, _FOLDER_MODE, dir_fd=self._handle)
            made = True
        handle = os.open(name, _READ | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._handle)
        if made:
            give(handle, os.fstat(self._handle))
        return type(self)(handle)

    @contextmanager
    def locked(self, *, shared: bool = False) -> Iterator[None]:
        """Keep other runs from what they do under the same lock; the kernel gives it back, come what may."""
        fcntl.flock(self._handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def sweep(self) -> None:
        """Remove what a run that was killed did not finish: it holds no lock any more."""
        for name in self._names():
            if name.startswith(_UNFINISHED):
                with suppress(OSError):
                    handle = os.open(name, _READ | os.O_NOFOLLOW, dir_fd=self._handle)
                    try:
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        os.unlink(name, dir_fd=self._handle)
                    finally:
                        os.close(handle)

    def settle(self) -> None:
        """Wait until its names are on the disk."""
        os.fsync(self._handle)

    def _names(self) -> list[str]:
        return os.listdir(self._handle)  # noqa: PTH208 - no path leads to it for certain

    def _begun(self) -> tuple[str, int]:
        while True:
            name = f"{_UNFINISHED}{token_hex(8)}"
            how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            handle = os.open(name, how, _FILE_MODE, dir_fd=self._handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
            # another run may have swept it away before it was locked
            if os.fstat(handle).st_nlink:
                give(handle, os.fstat(self._handle))
                return name, handle
            os.close(handle)


def make(path: str) -> None:
    """Make a folder, and those that it is in; each belongs to whom the one around it belongs to."""
    missing = []
    place = Path(path).absolute()
    while not place.exists():
        missing.append(place)
        place = place.parent
    for one in reversed(missing):
        one.mkdir(_FOLDER_MODE, exist_ok=True)
        with Folder.at(str(one)) as folder:
            give(folder._handle, one.parent.stat())  # noqa: SLF001 - its own module's


def check_writable(path: str, *inside: str) -> None:
    """Raise `OSError` where a folder, or one `inside` it, takes nothing new.

    If there is none, the one that it would be made in. Nothing is written, so a full disk is not found.
    """
    place = Path(path).absolute()
    while not place.exists():
        place = place.parent
    ways = [Path(path, *inside[:depth]) for depth in range(1, len(inside) + 1)]
    for one in (place, *filter(Path.exists, ways)):
        if not one.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(one))
        if not os.access(one, os.W_OK | os.X_OK, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(one))


def _write(handle: int, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[os.write(handle, rest) :]
