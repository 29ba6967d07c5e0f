"""What a repository already has of an image: asked in few requests, so that only the rest is sent.

Layers of an unpacked image are recognised by their diff IDs: a manifest of the repository and its
configuration pair `rootfs.diff_ids[i]` with `layers[i]`. Only the wanted tags and `latest` of the destination
itself are looked into: whoever may write there is trusted as for a pull.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Protocol, TypeVar

from pushstep.errors import StepError
from pushstep.image.model import Packed, Unpacked
from pushstep.oci import ContentError, Descriptor, Index, Kind, Manifest, diff_ids
from pushstep.push.place import Place
from pushstep.result import TagResult
from pushstep.values import dataclass

T = TypeVar("T")
S = TypeVar("S")
_LOOKED_INTO = 4
"""Images of the repository at most."""
_PASSED_BY = frozenset({"registry", "not-found", "digest", "unavailable"})
"""Failures of an image there that only cost what could have been saved."""


class Together(Protocol):
    """Does things side by side."""

    def __call__(self, deed: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """See `Workers.all`."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What a repository has of an image."""

    tags: Mapping[str, str | None]
    """Each wanted tag, and the digest it names."""
    whole: Manifest | Index | None = None
    """The image, when it is there: what the tags are to name."""
    layers: Mapping[str, Descriptor] = field(default_factory=dict)
    """Diff ID → the blob that holds this layer there."""
    kind: Kind | None = None
    """Whose media types the image speaks that layers were found in."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Digests of blobs and manifests that are there, and the blobs' sizes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Before:
    """What earlier attempts and rounds of the same push have come to."""

    without: frozenset[str] = frozenset()
    """Digests that the repository once said it had, and had not."""
    arrived: Manifest | Index | None = None
    """What this push has put somewhere already: everywhere it is to be the same."""
    tags: Mapping[str, TagResult] = field(default_factory=dict)
    """What became of tags in an earlier round."""


def discover(
    place: Place, tags: Sequence[str], content: Unpacked | Packed, together: Together, before: Before
) -> Known:
    """Ask `place`. Raises `StepError`."""
    known = Known(tags=dict(zip(tags, together(place.digest, tags), strict=True)))
    match content:
        case Packed():
            return _packed(place, known, content, together, before.without)
        case Unpacked():
            return _unpacked(place, known, content, together, before)


def _packed(
    place: Place, known: Known, content: Packed, together: Together, without: frozenset[str]
) -> Known:
    root = content.root.digest
    if not without and (root in known.tags.values() or place.digest(root) is not None):
        return replace(known, whole=content.root)
    children = content.manifests[:-1]
    there = set() if without else set(together(place.digest, [one.digest for one in children]))
    missing = [one for one in content.manifests if one.digest not in there]
    blobs = Packed(manifests=tuple(missing)).blobs if missing else ()
    sizes = _sizes(place, {blob.digest: blob.size for blob in blobs}, together, without)
    kept = [one for one in children if one.digest in there]
    sizes |= {one.digest: len(one.content) for one in kept}
    sizes |= {blob.digest: blob.size for blob in Packed(manifests=tuple(kept)).blobs} if kept else {}
    return replace(known, sizes=sizes)


def _unpacked(place: Place, known: Known, content: Unpacked, together: Together, before: Before) -> Known:
    wanted = {layer.diff_id for layer in content.layers}
    layers: dict[str, Descriptor] = {}
    kind: Kind | None = None
    for manifest in _images(place, known, content, before.arrived):
        if manifest.config.digest == content.config_digest and not before.without:
            return replace(known, whole=manifest)
        found = {
            one: blob
            for one, blob in _pairs(place, manifest)
            if one in wanted and blob.compression is not None
        }
        if found and kind is None:
            kind = manifest.kind
        layers = {**found, **layers}
        if wanted <= layers.keys():
            break
    fixed = [layer.blob for layer in content.layers if layer.blob]
    ask: dict[str, int | None] = {blob.digest: blob.size for blob in (*layers.values(), *fixed)}
    ask[content.config_digest] = None if content.config is None else len(content.config)
    sizes = _sizes(place, ask, together, before.without)
    layers = {one: blob for one, blob in layers.items() if blob.digest in sizes}
    return replace(known, layers=layers, kind=kind, sizes=sizes)


def _sizes(
    place: Place, blobs: Mapping[str, int | None], together: Together, without: frozenset[str]
) -> dict[str, int]:
    """Which of `blobs`, digests and sizes as far as they are known, are there."""
    asked = [digest for digest in blobs if digest not in without]
    found = zip(asked, together(place.blob_size, asked), strict=True)
    # another size is the answer of something else: a web page's, say
    return {digest: size for digest, size in found if size is not None and blobs[digest] in (None, size)}


def _images(
    place: Place, known: Known, content: Unpacked, arrived: Manifest | Index | None
) -> Iterator[Manifest]:
    """What the push itself has put there, and what the wanted tags and `latest` name, each once."""
    named = (arrived.digest if arrived else None, *known.tags.values())
    references = [digest for digest in dict.fromkeys(named) if digest]
    if "latest" not in known.tags:
        references.append("latest")
    seen: set[str] = set()
    for reference in references[:_LOOKED_INTO]:
        found = _passing_by(place.manifest, reference)
        if isinstance(found, Index):
            found = _of_platform(place, found, content)
        if isinstance(found, Manifest) and found.digest not in seen:
            seen.add(found.digest)
            yield found


def _of_platform(place: Place, index: Index, content: Unpacked) -> Manifest | Index | None:
    """The manifest of the image's own platform, or the only one."""
    images = [one for one in index.manifests if not one.is_attestation]
    fitting = [one for one in images if one.platform == content.platform]
    chosen = fitting or (images if len(images) == 1 else [])
    return _passing_by(place.manifest, chosen[0].digest) if chosen else None


def _pairs(place: Place, manifest: Manifest) -> list[tuple[str, Descriptor]]:
    configuration = _passing_by(place.blob, manifest.config.digest)
    try:
        named = diff_ids(configuration) if configuration else ()
    except ContentError:
        return []  # no image of a file system, which an OCI manifest may well be
    return list(zip(named, manifest.layers, strict=True)) if len(named) == len(manifest.layers) else []


def _passing_by(ask: Callable[[str], T], reference: str) -> T | None:
    """What `ask` gives, or None where only something to save is lost."""
    try:
        return ask(reference)
    except StepError as failed:
        if failed.problem.code in _PASSED_BY:
            return None
        raise
