"""Which of several images is meant: by its name, its ID, or its platform."""

import re
from collections.abc import Iterable, Sequence

from pushstep.errors import StepError
from pushstep.image.unfit import unfit
from pushstep.oci import Platform
from pushstep.registry import reference
from pushstep.registry.reference import HUB, NameFormatError

_SHORT_ID = re.compile("[0-9a-f]{12,64}")
_USUAL_VARIANTS = {("arm64", "v8"), ("arm", "v7"), ("amd64", "v1")}
"""What an architecture means where no variant is told (containerd's platforms)."""


def full(name: str) -> str:
    """A name spelled out, as Docker does: `app` is `docker.io/library/app:latest`."""
    path, at, digest = name.partition("@")
    head, slash, last = path.rpartition("/")
    short, _, tag = last.partition(":")
    host, rest = reference.split_host(f"{head}{slash}{short}")
    try:
        host = reference.host(host or HUB)
    except NameFormatError:
        # whatever an archive says that is no host equals nothing but itself
        host = host or HUB
    if host == HUB and "/" not in rest:
        rest = f"library/{rest}"
    return f"{host}/{rest}@{digest}" if at else f"{host}/{rest}:{tag or 'latest'}"


def familiar(name: str) -> str:
    """A name as `docker images` shows it: without Docker Hub's host and `library/`."""
    spelled = full(name)
    return spelled.removeprefix(f"{HUB}/library/").removeprefix(f"{HUB}/")


def repositories(names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that are names with a tag, each once and familiar."""
    return tuple(dict.fromkeys(familiar(name) for name in names if _is_tagged(name)))


def by_name(selector: str, names: Sequence[str], digests: Sequence[str]) -> bool:
    """Whether `selector` is one of an image's names, or its ID.

    As in Docker: no tag means `latest`, and an ID may be short.
    """
    repository, at, digest = full(selector).partition("@")
    if at:
        return digest in digests and repository in {full(name).rpartition(":")[0] for name in names}
    if full(selector) in {full(name) for name in names}:
        return True
    identity = selector.removeprefix("sha256:")
    return bool(_SHORT_ID.fullmatch(identity)) and any(
        digest.removeprefix("sha256:").startswith(identity) for digest in digests
    )


def by_tag(selector: str, names: Sequence[str], digests: Sequence[str]) -> bool:
    """Whether `selector` is a name of an image in a layout, the tag in one, or a digest."""
    return (
        selector in digests
        or selector in names
        or any(_is_tagged(name) and name.rpartition(":")[2] == selector for name in names)
        or any(_is_tagged(name) and full(name) == full(selector) for name in names)
    )


def fitting(wanted: Platform, offered: Sequence[Platform | None]) -> list[int]:
    """Which of `offered` are `wanted`; one that is it to the variant stands before others."""
    same = [
        number
        for number, one in enumerate(offered)
        if one and (one.os, one.architecture) == (wanted.os, wanted.architecture)
    ]
    exact = [number for number in same if _variant(offered[number]) == _variant(wanted)]
    return exact if exact or wanted.variant else same


def unclear(name: str, selector: str | None, offered: Sequence[str], *, several: bool) -> StepError:
    """The error for a store in which no image, or `several`, are what was asked for."""
    listed = ", ".join(offered[:20]) + (f" and {len(offered) - 20} more" if offered[20:] else "")
    if not offered:
        return unfit(f"{name} holds no image", "Save or build the image once more.")
    hint = f"Write one of them behind the path, as in PATH:{offered[0]}."
    if selector is None:
        return unfit(f"{name} holds {len(offered)} images: {listed}", hint)
    if several:
        return unfit(f"{selector!r} means {len(offered)} images in {name}: {listed}", hint)
    return unfit(f"{name} has no image {selector!r}, it holds {listed}", hint)


def _variant(one: Platform | None) -> str:
    if one is None or (one.architecture, one.variant) in _USUAL_VARIANTS:
        return ""
    return one.variant


def _is_tagged(name: str) -> bool:
    return "@" not in name and ":" in name.rpartition("/")[2]
