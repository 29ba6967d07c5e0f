"""One repository at a registry: the distribution protocol's verbs (see `pushstep.push.place.Place`)."""

from collections.abc import Callable, Iterator
from typing import Literal

from pushstep.image.model import Slice
from pushstep.oci import Index, Manifest
from pushstep.registry.client import blobs, manifests, sessions
from pushstep.registry.client.errand import Errand
from pushstep.registry.client.registry import Registry
from pushstep.registry.client.upload import mount, upload


class Repository:
    """A repository; many threads use it at the same time.

    Every verb raises `RegistryError`, or `Cancelled`.
    """

    def __init__(self, registry: Registry, repository: str, *, push: bool = True) -> None:
        """Let the registry's first token be good for this repository, if it was not asked for before."""
        self._errand = Errand(registry, repository, push=push)

    @property
    def name(self) -> str:
        """`registry/repository`."""
        return f"{self._errand.registry.host}/{self._errand.repository}"

    @property
    def requests(self) -> int:
        """Requests made for it until now, tokens and repetitions included."""
        return self._errand.account.requests

    @property
    def bytes_sent(self) -> int:
        """Bytes of bodies sent until now, repetitions included."""
        return self._errand.account.bytes_sent

    def digest(self, reference: str) -> str | None:
        """What a tag or digest names, or None."""
        return self._errand.patiently(lambda: manifests.digest(self._errand, reference))

    def manifest(self, reference: str) -> Manifest | Index | None:
        """What a tag or digest names, verified, or None."""
        return self._errand.patiently(lambda: manifests.manifest(self._errand, reference))

    def blob_size(self, digest: str) -> int | None:
        """Size of a blob that is there, or None."""
        return self._errand.patiently(lambda: blobs.size(self._errand, digest))

    def blob(self, digest: str) -> bytes:
        """A small blob, verified: a configuration, 4 MiB at most."""
        return self._errand.patiently(lambda: blobs.whole(self._errand, digest))

    def blob_blocks(self, digest: str, size: int) -> Iterator[bytes]:
        """A blob of any size, block by block; its reader verifies it."""
        return blobs.blocks(self._errand, digest, size)

    def upload(
        self, digest: str, content: Slice, sent: Callable[[int], None], mount_from: str | None = None
    ) -> Literal["uploaded", "mounted"]:
        """Bring a blob there.

        `sent` hears of bytes under way, and of a negative number when a try failed and starts again.
        `mount_from` is another repository of the same registry that has it.
        """
        return upload(self._errand, digest, content, sent, mount_from)

    def mount(self, digest: str, source: str) -> bool:
        """Take a blob over from another repository of the registry; False where that does not work."""
        return mount(self._errand, digest, source)

    def put(self, reference: str, manifest: Manifest | Index) -> None:
        """Let a tag or digest name `manifest`, and see that the answer names its digest.

        Where what it names is not there, the error's `missing` is not None.
        """
        manifests.put(self._errand, reference, manifest)

    def probe(self) -> bool:
        """Ask whether we may push here: an upload is opened, and ended; False: it could not be ended."""
        return sessions.probe(self._errand)
