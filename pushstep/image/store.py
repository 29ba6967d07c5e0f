"""Files by their path: in a tar, found without unpacking it, or in a folder. Nothing outside is ever read."""

import os
import posixpath
import resource
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Protocol

from pushstep import files as paths
from pushstep.errors import StepError
from pushstep.image import entries
from pushstep.image.entries import Entry, ForwardFile, TarError
from pushstep.image.model import Part, Slice
from pushstep.image.unfit import unfit
from pushstep.oci import LARGEST

_AGAIN = "Make it again: save, build or download the image once more."
_MANY_FILES = 256
_ENOUGH_FILES = 1 << 16
"""More blobs than the first, and this process lets itself open as many files as the second says."""
_LONGEST_CHAIN = 40
"""Links that lead to links."""


class Files(Protocol):
    """Where an image's files are. Every verb raises `StepError`."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def size(self, path: str) -> int | None:
        """Size of a regular file, or None where there is none."""
        ...

    def read(self, path: str, most: int) -> bytes:
        """The first `most` bytes of a file that is there."""
        ...

    def place(self, path: str) -> Slice:
        """A file that is there, to be read until `close`."""
        ...

    def close(self) -> None:
        """Give all files back."""
        ...


def small(files: Files, path: str) -> bytes | None:
    """A file that is read whole, or None where there is none: a manifest or configuration."""
    size = files.size(path)
    if size is None:
        return None
    if size > LARGEST:
        raise unfit(f"{path!r} in {files.name} has {size} bytes, more than any manifest", _AGAIN)
    return files.read(path, size)


class Archive:
    """The files in a tar that is not compressed; `file` is closed with it, and when it is none."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self._file = file
        try:
            # of two with one name the last counts, as it does where they are unpacked
            self._entries = {entry.name: entry for entry in entries.entries(ForwardFile(file.fileno()))}
        except TarError as error:
            file.close()
            raise unfit(f"{name} {error}", _AGAIN) from None
        except OSError as error:
            file.close()
            raise _unreadable(name, error) from None

    def size(self, path: str) -> int | None:
        """Size of a regular file, or of what a link leads to."""
        found = self._find(path)
        return found.size if found else None

    def read(self, path: str, most: int) -> bytes:
        """The first bytes of a file that is there."""
        found = self.place(path)
        try:
            return os.pread(found.file, min(most, found.size), found.offset)
        except OSError as error:
            raise _unreadable(self.name, error) from None

    def place(self, path: str) -> Slice:
        """Where a file that is there lies in the tar."""
        found = self._find(path)
        if found is None:
            raise unfit(f"{self.name} has no {path!r}", _AGAIN)
        return Slice(file=self._file.fileno(), offset=found.offset, size=found.size)

    def close(self) -> None:
        """Close the tar."""
        self._file.close()

    def _find(self, path: str) -> Entry | None:
        path = entries.normalized(path)
        for _ in range(_LONGEST_CHAIN):
            found = self._entries.get(path)
            if found is None or found.kind == "other":
                return None
            if found.kind == "file":
                return found
            path = self._led(found)
        raise unfit(f"{self.name} holds {path!r} as a link that leads to itself", _AGAIN)

    def _led(self, link: Entry) -> str:
        if link.kind == "hardlink":
            return entries.normalized(link.target)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(link.name), link.target))
        if path.startswith(("/", "../")):
            raise unfit(f"{self.name} holds {link.name!r} as a link out of it, to {link.target!r}", _AGAIN)
        return path


class Folder:
    """The files below a folder."""

    def __init__(self, path: str, name: str) -> None:
        if not Path(path).is_dir():
            raise unfit(f"{name} is no folder", "An archive of an image layout is written oci-archive:FILE.")
        self.name = name
        self._path = path
        self._open: dict[str, int] = {}

    def size(self, path: str) -> int | None:
        """Size of a regular file; build systems keep blobs elsewhere and link to them."""
        try:
            found = Path(self._path, path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(f"{path!r} in {self.name}", error) from None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def read(self, path: str, most: int) -> bytes:
        """The first bytes of a file that is there."""
        try:
            # never wait for the writer of a named pipe
            file = os.open(f"{self._path}/{path}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                return os.pread(file, most, 0)
            finally:
                os.close(file)
        except OSError as error:
            raise _unreadable(f"{path!r} in {self.name}", error) from None

    def place(self, path: str) -> Slice:
        """A file that is there, kept open."""
        if path not in self._open:
            if len(self._open) == _MANY_FILES:
                _allow_many_files()
            try:
                self._open[path] = os.open(f"{self._path}/{path}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            except OSError as error:
                raise _unreadable(f"{path!r} in {self.name}", error) from None
        file = self._open[path]
        return Slice(file=file, offset=0, size=os.fstat(file).st_size)

    def close(self) -> None:
        """Close every file."""
        while self._open:
            os.close(self._open.popitem()[1])


class Stored:
    """The blobs among files: `Contents` that can be read at any time."""

    def __init__(self, files: Files, blobs: Iterable[tuple[str, str]]) -> None:
        """`blobs` pairs each digest with its path."""
        self._files = files
        self._paths = dict(blobs)

    def parts(self, wanted: Iterable[str]) -> Iterator[Part]:
        """Give every blob of `wanted` once, in the order in which a disk reads them fastest."""
        found = [(digest, self._place(digest)) for digest in dict.fromkeys(wanted)]
        for digest, place in sorted(found, key=lambda one: one[1].offset):
            yield Part(digest=digest, size=place.size, place=place)

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def _place(self, digest: str) -> Slice:
        if digest not in self._paths:
            raise unfit(f"{self._files.name} has no blob {digest}", _AGAIN)
        return self._files.place(self._paths[digest])


def _unreadable(name: str, error: OSError) -> StepError:
    return unfit(f"{name} cannot be read: {paths.reason(error)}", "See that it is there, for this user.")


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = _ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH_FILES)
    if 0 <= soft < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
