"""The head of an answer: the final one's, known of while the body is still being sent, and whole.

`http.client` would take the end of a connection for the head's end, and interim answers (RFC 9110, 15.2)
other than 100 for final ones.
"""

import http.client
import re
import ssl
from typing import Any

_INTERIM = re.compile(rb"HTTP/1\.\d 1\d\d\b")


class _Lines:
    """What a head is read from, with the last line that came."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - http.client's type has no name
        self._file = file
        self.last = b"\n"

    def readline(self, limit: int) -> bytes:
        self.last = self._file.readline(limit)
        return self.last

    def close(self) -> None:
        self._file.close()


class Head(http.client.HTTPResponse):
    """An answer with its head."""

    def begin(self) -> None:
        """Read the head."""
        file: Any = self.fp
        lines: Any = _Lines(file)
        self.fp = lines
        try:
            super().begin()
        finally:
            if self.fp is lines:
                self.fp = file
        if not lines.last:
            raise http.client.IncompleteRead(b"")

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]  # as `begin` calls it
        # the one that it passes over
        return version, http.client.CONTINUE if status < http.client.OK else status, reason


class Coming:
    """What comes while a body is being sent; the answer is made of this in place of the socket."""

    def __init__(self, sock: Any) -> None:  # noqa: ANN401 - TLS within TLS is no socket
        self._sock = sock
        self._file = sock.makefile("rb")

    def is_final(self) -> bool:
        """Whether the final answer has begun to come: interim ones, which nobody asked for, are dropped."""
        while start := self._start():
            if not _INTERIM.match(start):
                return True
            while self._file.readline().strip():
                pass
        return False

    def makefile(self, _mode: str) -> Any:  # noqa: ANN401 - likewise
        """Give what the answer is read from; its class asks for it."""
        return self._file

    def _start(self) -> bytes:
        """What has come, without waiting for it: with TLS a session's tickets come that are nothing of it."""
        timeout = self._sock.gettimeout()
        self._sock.settimeout(0.0)
        try:
            start: bytes = self._file.peek()
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        finally:
            self._sock.settimeout(timeout)
        return start
