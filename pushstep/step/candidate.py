"""What a step pushes, as containers-transports(5) spells it (push-step.md 4).

[docker-daemon:]NAME          an image of the Docker daemon: an ID, name[:tag], name@digest
docker-archive:FILE[:REF]     a `docker save` tar
oci-archive:FILE[:TAG]        an OCI image layout in a tar
oci:DIR[:TAG]                 an OCI image layout in a folder
docker://REF                  an image in a registry

Of a layout, `@digest` in the place of `:TAG` is what an earlier push into it hands on.
"""

import re
from contextlib import suppress
from typing import Literal

from pushstep.registry import reference
from pushstep.registry.reference import HUB, LocalImage, NameFormatError
from pushstep.values import dataclass

_BY_DIGEST = re.compile(r"([^:]+)@(sha256:[0-9a-f]{64})")
_OTHERS = ("containers-storage:", "dir:", "ostree:", "tarball:", "sif:")
"""Transports of containers-transports(5) that nothing can be pushed from here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredImage:
    """An image in a file or folder; `selector` tells it from others there: a tag, a name or a digest."""

    text: str
    transport: Literal["docker-archive", "oci-archive", "oci"]
    path: str
    selector: str | None = None
    host: str | None = None
    repository: str | None = None
    """The name that the selector gives: a `docker save` tar holds images by names, and some layouts do."""


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
        return remote_image(text)
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
    if transport != "docker-archive" and (found := _BY_DIGEST.fullmatch(f"{path}{colon}{selector}")):
        path, selector = found.groups()
    wrong = ""
    if not path or not path.isprintable():
        wrong = f"names no {'folder' if transport == 'oci' else 'file'}"
    elif colon and not selector:
        wrong = "ends in a colon"
    if wrong:
        hint = f"Write {transport}:PATH, or {transport}:PATH:NAME for one of several images there."
        raise NameFormatError(f"{text!r} {wrong}", hint, code="value")
    named = _named(selector, transport)
    return StoredImage(
        text=text,
        transport=transport,
        path=path,
        selector=selector or None,
        host=named.host if named else None,
        repository=named.repository if named else None,
    )


def _named(selector: str, transport: Literal["docker-archive", "oci-archive", "oci"]) -> LocalImage | None:
    if selector and transport == "docker-archive":
        return reference.local_image(selector)
    if "/" in selector or ":" in selector:
        # podman writes whole names where others have tags, and the specification takes any text
        with suppress(NameFormatError):
            return reference.local_image(selector)
    return None


def remote_image(text: str) -> RemoteImage:
    """Parse `docker://REF`; raises `NameFormatError`."""
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
