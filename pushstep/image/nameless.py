"""A file without a name for bytes that come only once: the system takes it back, however the process ends."""

import os
import tempfile
from collections.abc import Iterable
from typing import IO

from pushstep import files
from pushstep.errors import Problem, StepError
from pushstep.image.model import Slice


class NamelessFile:
    """One such file in `folder`, for what people call `what`. Every verb raises `StepError` (disk)."""

    def __init__(self, folder: str, what: str) -> None:
        self._folder = folder
        self._what = what
        self._size = 0
        try:
            self.file: IO[bytes] = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - see close
        except OSError as error:
            raise self._failed(error) from None

    def add(self, blocks: Iterable[bytes]) -> Slice:
        """Write them behind what is there."""
        start = self._size
        for block in blocks:
            rest = memoryview(block)
            while rest:
                try:
                    written = os.pwrite(self.file.fileno(), rest, self._size)
                except OSError as error:
                    raise self._failed(error) from None
                self._size += written
                rest = rest[written:]
        return Slice(file=self.file.fileno(), offset=start, size=self._size - start)

    def drop(self, last: Slice) -> None:
        """Take back what was added last."""
        self._size = last.offset
        os.ftruncate(self.file.fileno(), self._size)

    def close(self) -> None:
        """Close the file, and it is gone."""
        self.file.close()

    def _failed(self, error: OSError) -> StepError:
        return StepError(
            Problem(
                code="disk",
                message=f"no room in {self._folder} for {self._what}, {self._size} bytes are there: "
                f"{files.reason(error)}",
                hint="Free some there, or name another folder in TMPDIR.",
            )
        )
