"""The body of an answer that comes in chunks (RFC 9112, 7.1), taken from its connection in large pieces.

The daemon writes chunks of 32 KiB. Read one by one, as http.client does, those of 1.5 GB cost it and us 0.9 s
of processor time: a quarter of all that is done with them.
"""

import re
from http.client import HTTPException
from typing import Protocol

_AT_ONCE = 1 << 18
"""Bytes that are asked for; a connection holds no more."""
_LONGEST_LINE = 1 << 12
_SIZE = re.compile(rb"[0-9a-fA-F]{1,16}")


class Reader(Protocol):
    """A buffered connection."""

    def read1(self, size: int, /) -> bytes:
        """What is there, once something is; nothing at the end."""
        ...


class ChunkError(HTTPException):
    """The connection ends in the middle of the body, or what comes is no chunk."""


class Chunked:
    """The bytes in the chunks. Raises `ChunkError`, and what the connection raises."""

    def __init__(self, connection: Reader) -> None:
        self._connection = connection
        self._held = b""
        """What came last, of which everything before `_at` was taken."""
        self._at = 0
        self._left: int | None = 0
        """Bytes of this chunk that are still to be taken; None after the last."""
        self._first = True

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end."""
        pieces: list[memoryview] = []
        while size and self._has_more():
            if self._at == len(self._held):
                self._hold(b"")
            piece = memoryview(self._held)[self._at : self._at + min(size, self._left or 0)]
            self._take(len(piece))
            size -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def _has_more(self) -> bool:
        """Whether there is a chunk to take from: the next one begins where one has ended."""
        if self._left == 0:
            # what ends a chunk is a line as well
            if not self._first and self._line():
                raise ChunkError("a chunk is longer than it says")
            self._first = False
            told = self._line().partition(b";")[0].strip()
            if not _SIZE.fullmatch(told):
                raise ChunkError(f"{told[:20]!r} is no size of a chunk")
            self._left = int(told, 16) or None
        return self._left is not None

    def _take(self, size: int) -> None:
        self._at += size
        self._left = (self._left or 0) - size

    def _line(self) -> bytes:
        while (end := self._held.find(b"\n", self._at)) < 0:
            rest = self._held[self._at :]
            if len(rest) > _LONGEST_LINE:
                raise ChunkError("a line between chunks has no end")
            self._hold(rest)
        line = self._held[self._at : end]
        self._at = end + 1
        return line.rstrip(b"\r")

    def _hold(self, rest: bytes) -> None:
        came = self._connection.read1(_AT_ONCE)
        if not came:
            raise ChunkError("the connection was closed in the middle")
        self._held, self._at = rest + came, 0
