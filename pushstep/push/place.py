"""Where an image goes, as the engine sees it: a repository at a registry, or an image layout in a folder."""

from collections.abc import Callable
from typing import Literal, Protocol

from pushstep.image.model import Slice
from pushstep.oci import Index, Manifest


class Place(Protocol):
    """One repository. Every verb raises `StepError`, whose problem knows whether trying again may help."""

    @property
    def name(self) -> str:
        """As people read it: `registry/repository`, or `oci:DIR`."""
        ...

    @property
    def requests(self) -> int:
        """Requests made for it until now, tokens and repetitions included."""
        ...

    @property
    def bytes_sent(self) -> int:
        """Bytes of bodies sent until now, repetitions included."""
        ...

    def digest(self, reference: str) -> str | None:
        """What a tag or digest names (`HEAD`), or None."""
        ...

    def manifest(self, reference: str) -> Manifest | Index | None:
        """What a tag or digest names (`GET`), verified, or None."""
        ...

    def blob_size(self, digest: str) -> int | None:
        """Size of a blob that is there (`HEAD`), or None."""
        ...

    def blob(self, digest: str) -> bytes:
        """A small blob, verified: a configuration, 4 MiB at most."""
        ...

    def upload(
        self, digest: str, content: Slice, sent: Callable[[int], None], mount_from: str | None = None
    ) -> Literal["uploaded", "mounted"]:
        """Bring a blob there.

        `sent` hears of bytes under way, and of a negative number when an attempt failed and starts again.
        `mount_from` is another repository of the same registry that has it.
        """
        ...

    def mount(self, digest: str, source: str) -> bool:
        """Take a blob over from the repository `source` of this registry; False where that does not work."""
        ...

    def probe(self) -> bool:
        """Ask whether we may push here, without pushing anything; False: something of that is left behind."""
        ...

    def put(self, reference: str, manifest: Manifest | Index) -> None:
        """Let a tag or digest name `manifest`, and see that the answer names its digest."""
        ...
