"""What a step pushes, as containers-transports(5) spells it (push-step.md 4).

[docker-daemon:]NAME          an image of the Docker daemon: an ID, name[:tag], name@digest
docker-archive:FILE[:REF]     a `docker save` tar
oci-archive:FILE[:TAG]        an OCI image layout in a tar
oci:DIR[:TAG]                 an OCI image layout in a folder
docker://REF                  an image in a registry
"""

from dataclasses import dataclass
from typing import Literal

from pushstep.registry import reference
from pushstep.registry.reference import HUB, LocalImage, NameFormatError

_OTHERS = ("containers-storage:", "dir:", "ostree:", "tarball:", "sif:")
"""Transports of containers-transports(5) that nothing can be pushed from here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredImage:
    """An image in a file or folder; `selector` tells it from others there."""

    text: str
    transport: Literal["docker-archive", "oci-archive", "oci"]
    path: str
    selector: str | None = None
    host: str | None = None
    repository: str | None = None
    """The name that the selector gives, as a `docker save` tar holds images by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteImage:
    """An image in a registry."""

    text: str
    host: str
    repository: str
    tag: str | None = None
    digest: str | None = None


Candidate = LocalImage | StoredImage | RemoteImage


def candidate(text: str) -> Candidate:
    """Parse a candidate; raises `NameFormatError`."""
    if text.startswith(_OTHERS):
        raise NameFormatError(
            f"{text.partition(':')[0]!r} is no transport that a candidate is read from",
            "Write docker-daemon:, docker-archive:, oci-archive:, oci: or docker://.",
            code="value",
        )
    if text.startswith("docker://"):
        return _remote(text)
    if text.startswith("docker-archive:"):
        return _stored(text, "docker-archive")
    if text.startswith("oci-archive:"):
        return _stored(text, "oci-archive")
    if text.startswith("oci:"):
        return _stored(text, "oci")
    return reference.local_image(text.removeprefix("docker-daemon:"))


def _stored(text: str, transport: Literal["docker-archive", "oci-archive", "oci"]) -> StoredImage:
    # the first colon ends the path: the transports know no escape for it
    path, colon, selector = text.removeprefix(f"{transport}:").partition(":")
    if not path or (colon and not selector):
        raise NameFormatError(
            f"{text!r} names no {'file' if 'archive' in transport else 'folder'}"
            if not path
            else f"{text!r} ends in a colon",
            f"Write {transport}:PATH, or {transport}:PATH:NAME for one of several images there.",
            code="value",
        )
    named = reference.local_image(selector) if selector and transport == "docker-archive" else None
    return StoredImage(
        text=text,
        transport=transport,
        path=path,
        selector=selector or None,
        host=named.host if named else None,
        repository=named.repository if named else None,
    )


def _remote(text: str) -> RemoteImage:
    name, at, digest = text.removeprefix("docker://").partition("@")
    # the grammar of a name in the daemon is that of one in a registry, but for IDs
    image = reference.local_image(
        f"{name}{at}{digest}" if "/" in name else f"{HUB}/library/{name}{at}{digest}"
    )
    tag = name.rpartition("/")[2].partition(":")[2]
    repository = image.repository or ""
    host = image.host or HUB
    return RemoteImage(
        text=text,
        host=host,
        # where Docker Hub's own images are
        repository=repository if host != HUB or "/" in repository else f"library/{repository}",
        tag=tag or None if at else tag or "latest",
        digest=digest or None,
    )
