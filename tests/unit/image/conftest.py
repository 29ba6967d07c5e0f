"""Candidates in files and folders of the test, opened as a run opens them, and closed after it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pushstep.errors import StepError
from pushstep.image import source
from pushstep.image.model import Image
from pushstep.oci import Platform
from pushstep.step.candidate import StoredImage, candidate
from tests.support.archives import Link, tar, written


@dataclass
class Opener:
    """Opens what a test has made."""

    folder: Path
    _open: ExitStack = field(default_factory=ExitStack)

    def __call__(
        self,
        files: Mapping[str, bytes | Link] | bytes,
        selector: str = "",
        *,
        transport: str = "docker-archive",
        platform: Platform | None = None,
    ) -> Image:
        """Open the image in `files`, or in the archive that has these bytes; `image` is its name."""
        path = self.folder / "image"
        if isinstance(files, bytes):
            path.write_bytes(files)
        elif transport == "oci":
            written(files, path)
        else:
            path.write_bytes(tar(files))
        return self.at(path, selector, transport=transport, platform=platform)

    def at(
        self,
        path: Path,
        selector: str = "",
        *,
        transport: str = "docker-archive",
        platform: Platform | None = None,
        spool_folder: Path | None = None,
    ) -> Image:
        """Open the image at `path`."""
        named = candidate(f"{transport}:{path.name}{':' if selector else ''}{selector}")
        assert isinstance(named, StoredImage)
        folder = str(spool_folder or self.folder)
        read = source.stored(named, str(path), spool_folder=folder, platform=platform)
        self._open.callback(read.contents.close)
        return read

    def refusal(
        self,
        files: Mapping[str, bytes | Link] | bytes,
        selector: str = "",
        *,
        transport: str = "docker-archive",
        platform: Platform | None = None,
    ) -> str:
        """Why that cannot be opened: message and hint."""
        with pytest.raises(StepError) as caught:
            self(files, selector, transport=transport, platform=platform)
        problem = caught.value.problem
        assert (problem.code, problem.path, problem.retryable) == ("candidate", "candidate", False)
        assert "'image'" in problem.message
        assert problem.hint
        return f"{problem.message} | {problem.hint}"

    def close(self) -> None:
        """Close all that was opened."""
        self._open.close()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(tmp_path)
    yield opener
    opener.close()
