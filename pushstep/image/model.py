"""An image as every source gives it: what it is made of, and where its bytes are read.

Unpacked   layers not compressed (the Docker daemon, `docker save`): they are compressed on the way, and
           the manifest is written for each destination
Packed     blobs under their final digests (layouts, registries): everything goes as it is
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from typing import Protocol

from pushstep.oci import Descriptor, Index, Kind, Manifest, Platform
from pushstep.values import dataclass

BLOCK = 1 << 20
"""Bytes that are read at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """`size` bytes from `offset` of an open file, which several threads may read at the same time.

    Whoever opened the file closes it.
    """

    file: int
    """A file descriptor."""
    offset: int
    size: int

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """Read it from its beginning; raises `OSError`, `EOFError` where the file has become shorter."""
        position, end = self.offset, self.offset + self.size
        while position < end:
            block = os.pread(self.file, min(size, end - position), position)
            if not block:
                raise EOFError(_short(end - position))
            position += len(block)
            yield block

    def passing(self) -> Iterator[memoryview]:
        """Read it likewise, each block to where the one before was: as much memory as one of them takes."""
        room = memoryview(bytearray(min(BLOCK, self.size)))
        position, end = self.offset, self.offset + self.size
        while position < end:
            count = os.preadv(self.file, [room[: end - position]], position)
            if not count:
                raise EOFError(_short(end - position))
            position += count
            yield room[:count]


def _short(missing: int) -> str:
    return f"the file ends {missing} bytes too early"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A blob of the source under way.

    With a `place` it can be read at any time, and again; without one it is read once, in `blocks`, to its end
    before the next part is asked for.
    """

    digest: str | None
    """What it was asked for by; None: a layer whose content has to tell (`docker save` before 25)."""
    size: int
    place: Slice | None = None
    stream: Callable[[], Iterator[bytes]] | None = None
    beside: bool = False
    """Whether the stream may be read later, and while others are."""

    def blocks(self) -> Iterator[bytes]:
        """Its bytes; raises `StepError` where the source fails."""
        if self.place is not None:
            return self.place.blocks()
        if self.stream is None:
            raise ValueError("a part has a place or a stream")
        return self.stream()


class Contents(Protocol):
    """Where an image's bytes are read."""

    def parts(self, wanted: Collection[str]) -> Iterator[Part]:
        """Give every blob of `wanted` once, in the source's own order, and stop when all were given.

        Names are digests of what the source stores: an uncompressed layer goes by its diff ID. What is not
        wanted is not read where that can be helped. The reader verifies digests. Raises `StepError`
        (candidate, daemon) where one is missing or the source is broken.
        """
        ...

    def close(self) -> None:
        """Give files and connections back."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A layer of an unpacked image: with a `blob` it goes as it is, without one it is compressed."""

    diff_id: str
    size: int | None = None
    """Bytes, uncompressed; None: not known before it is read."""
    blob: Descriptor | None = None

    @property
    def name(self) -> str:
        """What the source gives it by."""
        return self.blob.digest if self.blob else self.diff_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Unpacked:
    """One image of one platform with layers to compress."""

    config_digest: str
    config: bytes | None = field(default=None, repr=False)
    """None: the source gives it among its parts, under its digest."""
    layers: tuple[Layer, ...]
    kind: Kind
    """Whose media types its manifest speaks, unless the repository already has layers of the other's."""
    template: Manifest | None = None
    """The manifest that the source has, where that is more than made up: its annotations are kept."""
    platform: Platform | None = None

    @property
    def configurations(self) -> frozenset[str]:
        """Blobs that are no layers."""
        return frozenset({self.config_digest})

    @property
    def layer_sizes(self) -> Mapping[str, int | None]:
        """Each layer by the name that the source gives it by, and its bytes there, where they are known."""
        return {layer.name: layer.size for layer in self.layers}

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Blobs that go as they are, and are named before anything is read."""
        return tuple(layer.blob for layer in self.layers if layer.blob)


@dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    """A manifest, or an index with all its manifests, and blobs that go as they are."""

    manifests: tuple[Manifest | Index, ...]
    """What is put, in this order: children before parents, last the one that the tags name."""

    @property
    def root(self) -> Manifest | Index:
        """What the tags name."""
        return self.manifests[-1]

    @property
    def configurations(self) -> frozenset[str]:
        """Blobs that are no layers."""
        return frozenset(one.config.digest for one in self.manifests if isinstance(one, Manifest))

    @property
    def layer_sizes(self) -> Mapping[str, int | None]:
        """Each layer by its digest, and its bytes."""
        return {one.digest: one.size for one in self.blobs if one.digest not in self.configurations}

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Configurations and layers, each once; what lies elsewhere (foreign layers) is not among them."""
        every = (
            blob
            for one in self.manifests
            if isinstance(one, Manifest)
            for blob in (*one.layers, one.config)
            if not blob.is_foreign
        )
        return tuple({blob.digest: blob for blob in every}.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image to push."""

    image_id: str
    """push-step.md 10: the same from every source."""
    names: tuple[str, ...] = ()
    """References that its source knows it by."""
    content: Unpacked | Packed
    contents: Contents = field(repr=False)
    notices: tuple[str, ...] = ()
    """Sentences for people: what was left out, say."""
