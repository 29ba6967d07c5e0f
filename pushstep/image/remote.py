"""An image in a registry, to be pushed to another or to another name: nothing is read before it is wanted.

Layers that the registry has uncompressed go so: compressing them would make another image of it.
"""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Protocol

from pushstep.image import choose
from pushstep.image.gather import gather, image_id
from pushstep.image.model import Image, Packed, Part
from pushstep.image.unfit import unfit
from pushstep.oci import Descriptor, Index, Manifest, Platform
from pushstep.step.candidate import RemoteImage


class Repository(Protocol):
    """Where it is read. Every verb verifies digests, and raises `StepError`."""

    def manifest(self, reference: str) -> Manifest | Index | None:
        """What a tag or digest names, or None."""
        ...

    def blob(self, digest: str) -> bytes:
        """A small blob: a configuration."""
        ...

    def blob_blocks(self, digest: str, size: int) -> Iterator[bytes]:
        """A blob of any size."""
        ...


def opened(candidate: RemoteImage, repository: Repository, platform: Platform | None = None) -> Image:
    """The image that `candidate` names; raises `StepError` where there is none."""
    name = f"{candidate.host}/{candidate.repository}"
    reference = candidate.digest or candidate.tag or "latest"
    root = repository.manifest(reference)
    if root is None:
        raise unfit(
            f"{name} has no image {reference}",
            "Look up its tags there; a private repository hides them from whoever may not read it.",
        )
    if candidate.digest and root.digest != candidate.digest:
        raise unfit(f"{candidate.host} gives {root.digest} for {candidate.digest}", "It is damaged there.")
    gathered = gather(root, _Blobs(repository, name), platform)
    content = Packed(manifests=gathered.manifests)
    return Image(
        image_id=image_id(gathered.manifests),
        names=choose.repositories([f"{name}:{candidate.tag}"] if candidate.tag else []),
        content=content,
        contents=_Contents(repository, content),
        notices=gathered.notices,
    )


class _Blobs:
    """What is under an index there. That blobs are there is the registry's own business."""

    def __init__(self, repository: Repository, name: str) -> None:
        self._repository = repository
        self.name = name

    def manifest(self, one: Descriptor) -> Manifest | Index | None:
        return self._repository.manifest(one.digest)

    def configuration(self, one: Manifest) -> bytes:
        return self._repository.blob(one.config.digest)

    def missing(self, one: Manifest) -> tuple[str, ...]:  # noqa: ARG002 - nothing of a registry's manifest is
        return ()

    def check(self, one: Manifest) -> None:
        if not one.layers:
            raise unfit(f"the manifest {one.digest} in {self.name} has no layers", "Build and push it again.")


class _Contents:
    """Its blobs, each by a request of its own."""

    def __init__(self, repository: Repository, content: Packed) -> None:
        self._repository = repository
        self._blobs = {one.digest: one for one in content.blobs}

    def parts(self, wanted: Collection[str]) -> Iterator[Part]:
        """Give every blob of `wanted` once."""
        for digest in dict.fromkeys(wanted):
            if digest not in self._blobs:
                raise unfit(f"the image in the registry has no blob {digest}", "It is damaged there.")
            size = self._blobs[digest].size
            stream = partial(self._repository.blob_blocks, digest, size)
            yield Part(digest=digest, size=size, stream=stream, beside=True)

    def close(self) -> None:
        """Connections belong to whoever opened them."""
