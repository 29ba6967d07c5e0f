"""The entries of a tar, found from front to back, in a file or a stream, whatever somebody wrote into it.

tarfile reads the headers, extended ones among them, through a `Forward` that never goes back and hands out a
bounded number of bytes; contents are read by whoever wants them, past tarfile.
"""

import os
import posixpath
import tarfile
from collections.abc import Iterator
from typing import Literal, Protocol

from pushstep.image.model import BLOCK
from pushstep.values import dataclass

MOST = 20_000
"""Entries; an image has two for a layer."""
_LONGEST_NAME = 4096
_LARGEST_HEADER = 1 << 20
_HEADERS = 64 << 20
"""Bytes of all headers together."""
_UNIT = 512

# what tarfile lets through of headers that make no sense
_NONSENSE = (tarfile.TarError, ValueError, ArithmeticError, LookupError, TypeError, RecursionError)


class TarError(Exception):
    """A tar that is broken, or none; the message goes on behind its name ('... is no tar')."""


class Forward(Protocol):
    """Bytes that are read from front to back."""

    def tell(self) -> int:
        """The position."""
        ...

    def seek(self, position: int) -> None:
        """Go forward to there, or to the end where that comes first."""
        ...

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end."""
        ...


class ForwardFile:
    """An open file, read where nobody else's position is moved."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._position = 0

    def tell(self) -> int:
        """The position."""
        return self._position

    def seek(self, position: int) -> None:
        """Go forward to there."""
        self._position = position

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end."""
        content = os.pread(self._file, size, self._position)
        self._position += len(content)
        return content


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A member of the tar; `size` bytes of content stand at `offset`."""

    name: str
    """Normalized: `./a` and `/a` are `a`. No entry is ever written anywhere: `../a` is just a name."""
    kind: Literal["file", "symlink", "hardlink", "other"]
    target: str
    """Of a link: what it was given."""
    offset: int
    size: int


def entries(source: Forward) -> Iterator[Entry]:
    """Find them; the caller may read from `source` between one and the next. Raises `TarError`, `OSError`."""
    headers = _Headers(source)
    archive = _opened(headers)
    count = 0
    while (member := _next(archive, headers)) is not None:
        # tarfile keeps them for random access, which nobody wants here
        archive.members = []  # type: ignore[attr-defined]  # not among its types
        count += 1
        if count > MOST:
            raise TarError(f"has more than {MOST} entries")
        yield _entry(member)
    if headers.last != bytes(_UNIT):
        raise TarError(headers.broken())


def normalized(name: str) -> str:
    """The name as it is looked up."""
    return posixpath.normpath(name.lstrip("/"))


def _opened(headers: "_Headers") -> tarfile.TarFile:
    try:
        return tarfile.TarFile(fileobj=headers, mode="r", encoding="utf-8")
    except _NONSENSE:
        raise TarError(headers.broken()) from None


def _next(archive: tarfile.TarFile, headers: "_Headers") -> tarfile.TarInfo | None:
    try:
        return archive.next()
    except _NONSENSE:
        raise TarError(headers.broken()) from None


def _entry(member: tarfile.TarInfo) -> Entry:
    if len(member.name) > _LONGEST_NAME or len(member.linkname) > _LONGEST_NAME:
        raise TarError(f"has an entry with a name of more than {_LONGEST_NAME} characters")
    if member.issparse():
        raise TarError(f"holds {member.name!r} as a sparse file, which no image is stored with")
    if member.size < 0:
        raise TarError(f"holds {member.name!r} with a size of {member.size} bytes")
    kind: Literal["file", "symlink", "hardlink", "other"] = "other"
    if member.isreg():
        kind = "file"
    elif member.issym():
        kind = "symlink"
    elif member.islnk():
        kind = "hardlink"
    return Entry(
        name=normalized(member.name),
        kind=kind,
        target=member.linkname,
        offset=member.offset_data,
        size=member.size if kind == "file" else 0,
    )


class _Headers:
    """What tarfile reads through: forwards only, and no more than headers can need."""

    def __init__(self, source: Forward) -> None:
        self._source = source
        self._left = _HEADERS
        self.last = b""
        """What was read last: the end marker, if all is well."""

    def broken(self) -> str:
        """Why nothing comes after what was read last."""
        start = self._source.tell() - len(self.last)
        if start == 0:
            return "is no tar" if self.last else "is empty"
        if len(self.last) < _UNIT:
            return "ends in the middle"
        return f"is no tar any more at byte {start}"

    def tell(self) -> int:
        return self._source.tell()

    def seek(self, position: int) -> None:
        if position < self._source.tell():
            raise tarfile.ReadError("a header that leads back")
        self._source.seek(position)

    def read(self, size: int) -> bytes:
        self._left -= size
        if not 0 <= size <= _LARGEST_HEADER or self._left < 0:
            raise tarfile.ReadError("headers that are too large")
        self.last = self._source.read(size)
        return self.last

    def write(self, _: bytes) -> int:
        raise tarfile.ReadError("nothing is written")

    def close(self) -> None:
        """Whoever opened the source closes it."""


def skipped(source: Forward, position: int) -> Iterator[bytes]:
    """Read up to there, or to the end, in blocks."""
    while (left := position - source.tell()) > 0:
        block = source.read(min(left, BLOCK))
        if not block:
            return
        yield block
