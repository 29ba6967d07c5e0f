"""What is read of a blob: hashed on the way, and compared with what its source called it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator

from pushstep.errors import Problem, StepError
from pushstep.image.model import Part


class Hashed:
    """Blocks passed on, with the digest and size of what has passed."""

    def __init__(self, blocks: Iterable[bytes], heard: Callable[[bytes], None]) -> None:
        self._blocks = blocks
        self._heard = heard
        self._sha256 = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        try:
            for block in self._blocks:
                self._sha256.update(block)
                self.size += len(block)
                self._heard(block)
                yield block
        except (OSError, EOFError) as error:
            raise StepError(
                Problem(
                    code="candidate",
                    message=f"the candidate cannot be read to its end: {error}",
                    hint="Nobody may change or move it while it is pushed.",
                    path="candidate",
                )
            ) from None

    @property
    def digest(self) -> str:
        """Of all that has passed until now."""
        return f"sha256:{self._sha256.hexdigest()}"


def verify(part: Part, read: Hashed) -> None:
    """Raise `StepError` where the source's bytes are not what their digest says."""
    if part.digest in (None, read.digest):
        return
    raise StepError(
        Problem(
            code="candidate",
            message=f"the candidate is damaged: what it stores as {part.digest} has the digest {read.digest}",
            hint="Make or copy the image anew.",
            path="candidate",
        )
    )
