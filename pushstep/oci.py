"""Descriptors, manifests and indexes of the OCI image specification and of Docker, parsed and written.

    Index ──▶ Manifest ──▶ configuration, whose `rootfs.diff_ids` name the layers uncompressed
                      └──▶ layers, as they are stored: with gzip or zstd, or not compressed

Sources: OCI image specification 1.1 (descriptor.md, manifest.md, image-index.md, config.md, layer.md) and
Docker's "Image Manifest V 2, Schema 2".
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Any, Literal

from pushstep.values import dataclass

LARGEST = 4 * 1024 * 1024
"""Bytes of a manifest or configuration at most: what every registry takes (distribution specification)."""
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

Kind = Literal["docker", "oci"]
Compression = Literal["", "gzip", "zstd"]

_OCI = "application/vnd.oci.image"
_DOCKER = "application/vnd.docker"
OCI_MANIFEST = f"{_OCI}.manifest.v1+json"
OCI_INDEX = f"{_OCI}.index.v1+json"
DOCKER_MANIFEST = f"{_DOCKER}.distribution.manifest.v2+json"
DOCKER_LIST = f"{_DOCKER}.distribution.manifest.list.v2+json"
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
ACCEPTED = (OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST)
"""Media types of what is asked for under a tag."""

_CONFIGURATIONS: Mapping[Kind, str] = MappingProxyType(
    {"docker": f"{_DOCKER}.container.image.v1+json", "oci": f"{_OCI}.config.v1+json"}
)
_LAYERS: Mapping[tuple[Kind, Compression], str] = MappingProxyType(
    {
        ("docker", ""): f"{_DOCKER}.image.rootfs.diff.tar",
        ("docker", "gzip"): f"{_DOCKER}.image.rootfs.diff.tar.gzip",
        ("oci", ""): f"{_OCI}.layer.v1.tar",
        ("oci", "gzip"): f"{_OCI}.layer.v1.tar+gzip",
        ("oci", "zstd"): f"{_OCI}.layer.v1.tar+zstd",
    }
)
_FOREIGN = (f"{_DOCKER}.image.rootfs.foreign.", f"{_OCI}.layer.nondistributable.")
_ATTESTATION = "vnd.docker.reference.type"


class ContentError(ValueError):
    """Content that is not what the specification says; the message names what and where."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """`os/architecture[/variant]`."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Descriptor:
    """What names a blob or a manifest: `size` in bytes."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    urls: tuple[str, ...] = ()

    @property
    def is_foreign(self) -> bool:
        """Whether its content lies elsewhere and is never pushed (layer.md, non-distributable layers)."""
        return self.media_type.startswith(_FOREIGN)

    @property
    def is_attestation(self) -> bool:
        """Whether it is a manifest about another one (BuildKit's attestation storage)."""
        return _ATTESTATION in self.annotations

    @property
    def compression(self) -> Compression | None:
        """How a layer's media type says it is compressed; None where it is no type of a layer."""
        return next((how for (_, how), name in _LAYERS.items() if name == self.media_type), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """One image, as the bytes that name it."""

    media_type: str
    content: bytes = field(repr=False)
    config: Descriptor
    layers: tuple[Descriptor, ...]

    @property
    def digest(self) -> str:
        """The digest of its bytes."""
        return sha256(self.content)

    @property
    def kind(self) -> Kind:
        """Whose media types it speaks."""
        return "docker" if self.media_type == DOCKER_MANIFEST else "oci"

    @property
    def is_image(self) -> bool:
        """Whether it is of an image, and of no other artifact."""
        return self.config.media_type in ("", *_CONFIGURATIONS.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """Several images under one name, as the bytes that name them."""

    media_type: str
    content: bytes = field(repr=False)
    manifests: tuple[Descriptor, ...]

    @property
    def digest(self) -> str:
        """The digest of its bytes."""
        return sha256(self.content)


def sha256(content: bytes) -> str:
    """The digest of `content`."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def parse(content: bytes, media_type: str | None = None) -> Manifest | Index:
    """Parse a manifest or index; raises `ContentError`.

    `media_type` is what a descriptor or a registry calls it; the content's own word wins, and what neither
    tells is told by what is in it (the field was optional in OCI 1.0).
    """
    data = mapping(content, "manifest")
    kind = str(data.get("mediaType") or media_type or "")
    if kind in INDEXES or (kind not in MANIFESTS and "manifests" in data):
        return Index(
            media_type=kind if kind in INDEXES else OCI_INDEX,
            content=content,
            manifests=tuple(descriptor(one, "manifests") for one in _list(data, "manifests")),
        )
    if kind in MANIFESTS or "config" in data:
        return Manifest(
            media_type=kind if kind in MANIFESTS else OCI_MANIFEST,
            content=content,
            config=descriptor(data.get("config"), "config"),
            layers=tuple(descriptor(one, "layers") for one in _list(data, "layers")),
        )
    raise ContentError(f"a manifest of the media type {kind!r} is not one of an image")


def descriptor(data: object, where: str = "descriptor") -> Descriptor:
    """Type a descriptor; raises `ContentError`."""
    match data:
        case {"digest": str() as digest, "size": int() as size, **more} if (
            DIGEST.fullmatch(digest) and size >= 0
        ):
            annotations = more.get("annotations")
            urls = more.get("urls")
            return Descriptor(
                media_type=str(more.get("mediaType") or ""),
                digest=digest,
                size=size,
                platform=platform(more.get("platform")),
                annotations={str(name): str(text) for name, text in annotations.items()}
                if isinstance(annotations, dict)
                else {},
                urls=tuple(map(str, urls)) if isinstance(urls, list) else (),
            )
    raise ContentError(f"{where}: {str(data)[:200]} is no descriptor with a sha256 digest and a size")


def platform(data: object) -> Platform | None:
    """Type the platform of a descriptor or configuration; None where it is not told."""
    match data:
        case {"os": str() as name, "architecture": str() as architecture, **more} if name and architecture:
            return Platform(os=name, architecture=architecture, variant=str(more.get("variant") or ""))
    return None


def diff_ids(configuration: bytes) -> tuple[str, ...]:
    """The digests of the layers' uncompressed content, lowest layer first; raises `ContentError`."""
    root = mapping(configuration, "configuration").get("rootfs")
    listed = root.get("diff_ids") if isinstance(root, dict) else None
    if isinstance(listed, list) and all(isinstance(one, str) and DIGEST.fullmatch(one) for one in listed):
        return tuple(listed)
    raise ContentError("the configuration has no rootfs.diff_ids that name the layers")


def mapping(content: bytes, what: str) -> dict[str, Any]:
    """The JSON object in `content`; raises `ContentError`."""
    if len(content) > LARGEST:
        raise ContentError(f"the {what} has {len(content)} bytes, more than {LARGEST}")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ContentError(f"the {what} is no JSON: {error}") from None
    if not isinstance(data, dict):
        raise ContentError(f"the {what} is no JSON object")
    return data


def layer_type(kind: Kind, compression: Compression) -> str:
    """The media type of a layer; raises `ContentError` where that kind has none (zstd for Docker)."""
    try:
        return _LAYERS[kind, compression]
    except KeyError:
        raise ContentError(f"no {kind} media type for a layer with {compression}") from None


def write_manifest(
    config: Descriptor, layers: Sequence[Descriptor], kind: Kind, template: Manifest | None = None
) -> Manifest:
    """The manifest that names this configuration and these layers, all with `kind`'s media types.

    What else `template` says (annotations, say) stays. A layer with zstd makes it an OCI manifest, since
    Docker has no media type for it. The bytes are the same for the same values.
    """
    if any(layer.compression == "zstd" for layer in layers):
        kind = "oci"
    data: dict[str, Any] = mapping(template.content, "manifest") if template else {"schemaVersion": 2}
    data["mediaType"] = DOCKER_MANIFEST if kind == "docker" else OCI_MANIFEST
    own = config.media_type in _CONFIGURATIONS.values() or not config.media_type
    data["config"] = _written(config, _CONFIGURATIONS[kind] if own else config.media_type)
    data["layers"] = [
        _written(layer, layer.media_type if how is None else layer_type(kind, how))
        for layer in layers
        for how in [layer.compression]
    ]
    # three blanks, as registries and Docker write it: people read manifests
    content = json.dumps(data, indent=3).encode()
    made = parse(content)
    if not isinstance(made, Manifest):  # pragma: no cover - its media type was just written
        raise ContentError("the written manifest is none")
    return made


def _written(one: Descriptor, media_type: str) -> dict[str, object]:
    more: dict[str, object] = {"urls": list(one.urls)} if one.urls else {}
    if one.annotations:
        more["annotations"] = dict(one.annotations)
    return {"mediaType": media_type, "size": one.size, "digest": one.digest, **more}


def _list(data: Mapping[str, object], name: str) -> list[object]:
    value = data.get(name)
    if not isinstance(value, list):
        raise ContentError(f"the manifest has no list of {name}")
    return value


MOST_BELOW = 1000
"""Manifests under an index at most; real ones have some dozen."""
