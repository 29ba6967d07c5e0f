"""What is pushed of an index: all that is under it, or the one manifest that `platform` or the store leaves.

An index that the store does not hold whole is treated as the Docker daemon treats it: when one image of it
is there, that one is pushed instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pushstep import oci
from pushstep.errors import StepError
from pushstep.image import choose
from pushstep.image.unfit import unfit
from pushstep.oci import INDEXES, ContentError, Descriptor, Index, Manifest, Platform

_MOST_BYTES = 64 << 20
_DEEPEST = 8
"""Bounds of all that is under an index, beside `oci.MOST_BELOW`; real ones are hardly ever nested."""


class Blobs(Protocol):
    """Where manifests and configurations are read, each verified. Every verb raises `StepError`."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def manifest(self, one: Descriptor) -> Manifest | Index | None:
        """What the descriptor names, or None where it is not there."""
        ...

    def configuration(self, one: Manifest) -> bytes:
        """The manifest's configuration, which is there."""
        ...

    def missing(self, one: Manifest) -> tuple[str, ...]:
        """Digests of its blobs that are not there; raises where one is not what the manifest says."""
        ...

    def check(self, one: Manifest) -> None:
        """See that an image of which nothing is missing is one."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """What is pushed, children before parents, and sentences for people."""

    manifests: tuple[Manifest | Index, ...]
    notices: tuple[str, ...] = ()


def gather(root: Manifest | Index, blobs: Blobs, platform: Platform | None) -> Gathered:
    """Find all that `root` needs; raises `StepError` where it is no image, or not all there."""
    if isinstance(root, Index) and platform is None:
        return _Walk(blobs).whole(root)
    one = _picked(root, blobs, platform) if isinstance(root, Index) and platform else root
    if not isinstance(one, Manifest) or not one.is_image:
        raise unfit(
            f"{blobs.name} holds no image but another artifact", "Name an image: nothing else is pushed."
        )
    missing = blobs.missing(one)
    if missing:
        raise unfit(
            f"{blobs.name} lacks {' and '.join(missing[:3])}, which the manifest {one.digest} names",
            "Save, build or download the whole image once more.",
        )
    blobs.check(one)
    if platform and isinstance(root, Manifest):
        check_platform(platform, platform_of(blobs.configuration(root), blobs.name), blobs.name)
    return Gathered(manifests=(one,))


def configurations(root: Manifest | Index, blobs: Blobs) -> tuple[str, ...]:
    """Digests of all configurations under `root` that are named by a manifest that is there."""
    if isinstance(root, Manifest):
        return (root.config.digest,)
    return tuple(_Bounds(blobs.name).configurations(root, blobs))


def image_id(manifests: Sequence[Manifest | Index]) -> str:
    """The ID of what is pushed, wherever it was read (push-step.md 10)."""
    parents = [one for one in manifests if isinstance(one, Index)]
    attestations = {one.digest for index in parents for one in index.manifests if one.is_attestation}
    images = [
        one.config.digest
        for one in manifests
        if isinstance(one, Manifest) and one.is_image and one.digest not in attestations
    ]
    return images[0] if len(images) == 1 else manifests[-1].digest


def platform_of(configuration: bytes, name: str) -> Platform | None:
    """The platform that a configuration tells."""
    try:
        return oci.platform(oci.mapping(configuration, "configuration"))
    except ContentError as error:
        raise unfit(f"the image in {name} is broken: {error}", "Build it again.") from None


def check_platform(wanted: Platform | None, there: Platform | None, name: str) -> None:
    """See that an image of one platform has the one that is wanted, if one is."""
    if wanted and not choose.fitting(wanted, [there]):
        raise _no_such(wanted, [there], name)


def _picked(root: Index, blobs: Blobs, wanted: Platform) -> Manifest | Index | None:
    offered = list(_Bounds(blobs.name).offered(root, blobs))
    found = [offered[number] for number in choose.fitting(wanted, [there for _, there in offered])]
    if not found:
        raise _no_such(wanted, [there for _, there in offered], blobs.name)
    if len(found) > 1:
        raise unfit(
            f"{blobs.name} has {len(found)} images for {wanted}: "
            + ", ".join(f"{there} ({one.digest})" for one, there in found[:10]),
            "Set `platform` with the variant, or name one by its digest where the candidate can.",
        )
    (one, _), *_ = found
    content = blobs.manifest(one)
    if content is None:
        raise unfit(
            f"{blobs.name} names {one.digest} for {wanted}, and does not have it",
            "Get that platform into the store it is read from.",
        )
    return content


def _no_such(wanted: Platform, offered: Sequence[Platform | None], name: str) -> StepError:
    known = ", ".join(sorted({str(one) for one in offered if one})) or "no platform that it tells"
    return unfit(
        f"{name} has no image for {wanted}: it has {known}",
        "Set `platform` to what is there, or leave it out.",
    )


@dataclass(slots=True)
class _Bounds:
    """Gives each manifest under an index once, and not more than any image has."""

    name: str
    seen: set[str] = field(default_factory=set)
    size: int = 0

    def children(self, index: Index, level: int) -> Iterator[Descriptor]:
        for child in index.manifests:
            if child.digest in self.seen:
                continue
            self.seen.add(child.digest)
            self.size += child.size
            if level > _DEEPEST or len(self.seen) > oci.MOST_BELOW or self.size > _MOST_BYTES:
                raise unfit(f"{self.name} has an index with more in it than any image", "Name another image.")
            yield child

    def offered(
        self, index: Index, blobs: Blobs, level: int = 1
    ) -> Iterator[tuple[Descriptor, Platform | None]]:
        """Give the images under an index with their platforms, and read no more than that needs."""
        for child in self.children(index, level):
            if child.is_attestation:
                continue
            if child.platform and child.media_type not in INDEXES:
                yield child, child.platform
                continue
            content = blobs.manifest(child)
            if isinstance(content, Index):
                yield from self.offered(content, blobs, level + 1)
            elif content and content.is_image and not blobs.missing(content):
                yield child, platform_of(blobs.configuration(content), blobs.name)

    def configurations(self, index: Index, blobs: Blobs, level: int = 1) -> Iterator[str]:
        """Give the digests of the configurations under an index, as far as their manifests are there."""
        for child in self.children(index, level):
            content = blobs.manifest(child)
            if isinstance(content, Index):
                yield from self.configurations(content, blobs, level + 1)
            elif content:
                yield content.config.digest


class _Walk:
    """Everything under an index, and what of it is not there."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._bounds = _Bounds(blobs.name)
        self._present: list[Manifest | Index] = []
        self._images: list[tuple[Descriptor, Manifest]] = []
        self._absent: list[Descriptor] = []

    def whole(self, root: Index) -> Gathered:
        """All of it, or the one image that is there."""
        self._visit(root, 1)
        if not self._absent and self._images:
            return Gathered(manifests=tuple(self._present))
        if len(self._images) == 1:
            child, manifest = self._images[0]
            notice = (
                f"{self._blobs.name} lacks {self._lacking()} of the index {root.digest}: "
                f"as Docker does, the manifest of {_called(child)} is pushed instead of the index"
            )
            return Gathered(manifests=(manifest,), notices=(notice,))
        there = ", ".join(_called(child) for child, _ in self._images)
        message = f"{self._blobs.name} has the index {root.digest}, but "
        message += f"lacks {self._lacking()} of it" if self._absent else "no image is in it"
        raise unfit(
            message,
            f"Get the whole image into the store it is read from, or set `platform` to one of {there}."
            if there
            else "Save, build or download the whole image once more.",
        )

    def _visit(self, index: Index, level: int) -> None:
        for child in self._bounds.children(index, level):
            content = self._blobs.manifest(child)
            if isinstance(content, Index):
                self._visit(content, level + 1)
            elif content is None or self._blobs.missing(content):
                self._absent.append(child)
            else:
                self._present.append(content)
                if content.is_image and not child.is_attestation:
                    self._blobs.check(content)
                    self._images.append((child, content))
        self._present.append(index)

    def _lacking(self) -> str:
        named = [_called(child) for child in self._absent]
        return ", ".join(named[:10]) + (f" and {len(named) - 10} more" if named[10:] else "")


def _called(child: Descriptor) -> str:
    if child.is_attestation:
        return f"the attestation {child.digest}"
    return f"{child.platform} ({child.digest})" if child.platform else child.digest
