"""The tar of `docker save` in its three shapes, told apart by what is in it.

    manifest.json, layers as they are              before 25
    the same, and index.json with the diff IDs     25 and later: the index is made up for the tar
    index.json, layers compressed                  the containerd store: this index or manifest is the image

Other tools write the first with compressed layers.
"""

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial

from pushstep import oci
from pushstep.image import choose, layout, store
from pushstep.image.compressed import GZIP, is_compressed
from pushstep.image.gather import check_platform, configurations, platform_of
from pushstep.image.layout import Layout
from pushstep.image.model import Image, Layer, Unpacked
from pushstep.image.store import Files, Stored
from pushstep.image.unfit import unfit
from pushstep.oci import ContentError, Descriptor, Index, Manifest, Platform
from pushstep.values import dataclass

_LIST = "manifest.json"
_AGAIN = "Make it again: save or build the image once more."
_HEX = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Listed:
    """An image in `manifest.json`: paths of its configuration and layers, and its names."""

    config: str
    layers: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Choice:
    """One of the images in the tar."""

    names: tuple[str, ...]
    digests: tuple[str, ...]
    """What it goes by, its own digest first."""
    open: Callable[[], Image]


def opened(files: Files, selector: str | None, platform: Platform | None, *, real: bool = False) -> Image:
    """The one image among `files`, or that which `selector` means. Raises `StepError`.

    `real` says that `index.json` is known to be more than made up.
    """
    listed = _listed(files)
    if listed is None:
        return layout.opened(files, selector, platform)
    choices, known = _roots(Layout(files), platform, real=real)
    for one in listed:
        digest = _config_digest(files, one)
        if digest not in known:
            how = partial(_unpacked, files, one, digest, platform)
            choices.append(_Choice(names=one.names, digests=(digest,), open=how))
    found = [one for one in choices if selector is None or choose.by_name(selector, one.names, one.digests)]
    found = list({one.digests[0]: one for one in found}.values())
    if len(found) == 1:
        return found[0].open()
    called = [one.names[0] if one.names else one.digests[0] for one in found or choices]
    raise choose.unclear(files.name, selector, called, several=bool(found))


def _roots(there: Layout, platform: Platform | None, *, real: bool) -> tuple[list[_Choice], set[str]]:
    """The images that `index.json` really has, and the configurations that are in them."""
    choices: list[_Choice] = []
    known: set[str] = set()
    for root in there.roots() if there.files.size(layout.INDEX) is not None else []:
        content = there.root(root.descriptor)
        if not (real or isinstance(content, Index) or _is_real(content, there)):
            continue
        inside = configurations(content, there)
        known.update(inside)
        how = partial(there.image, root.descriptor, root.names, platform)
        digests = (root.descriptor.digest, *(inside if len(inside) == 1 else ()))
        choices.append(_Choice(names=choose.repositories(root.names), digests=digests, open=how))
    return choices, known


def _is_real(manifest: Manifest, there: Layout) -> bool:
    """Whether a manifest is more than made up for the tar. Docker 25.0.0 made it up without layers."""
    if not manifest.layers:
        return False
    config = store.small(there.files, layout.path(manifest.config.digest))
    try:
        return config is None or oci.diff_ids(config) != tuple(one.digest for one in manifest.layers)
    except ContentError:
        return True


def _listed(files: Files) -> list[_Listed] | None:
    content = store.small(files, _LIST)
    if content is None:
        return None
    try:
        return [_typed(one) for one in json.loads(content)]
    except (ValueError, TypeError, RecursionError) as error:
        raise unfit(f"{_LIST} in {files.name} is no list of images: {error}", _AGAIN) from None


def _typed(data: object) -> _Listed:
    if isinstance(data, dict) and isinstance(config := data.get("Config"), str):
        layers, names = data.get("Layers") or [], data.get("RepoTags") or []
        if isinstance(layers, list) and isinstance(names, list) and all(map(_is_text, [*layers, *names])):
            return _Listed(config=config, layers=tuple(layers), names=tuple(names))
    raise ValueError("an entry has no Config, Layers and RepoTags")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _config_digest(files: Files, one: _Listed) -> str:
    """The digest that the name of the configuration tells, as Docker writes it, or that it has."""
    told = _HEX.search(one.config)
    return f"sha256:{told[0]}" if told else oci.sha256(_configuration(files, one))


def _configuration(files: Files, one: _Listed) -> bytes:
    content = store.small(files, one.config)
    if content is None:
        raise unfit(f"{files.name} lacks {one.config!r}, which its {_LIST} names", _AGAIN)
    return content


def _unpacked(files: Files, listed: _Listed, digest: str, platform: Platform | None) -> Image:
    config = _configuration(files, listed)
    if oci.sha256(config) != digest:
        raise unfit(f"{listed.config!r} in {files.name} has other content than that digest says", _AGAIN)
    try:
        diff_ids = oci.diff_ids(config)
    except ContentError as error:
        raise unfit(f"the image {digest} in {files.name} is broken: {error}", _AGAIN) from None
    if not diff_ids or len(diff_ids) != len(listed.layers):
        raise unfit(
            f"{files.name} has {len(listed.layers)} layers of the image {digest}, "
            f"and its configuration has {len(diff_ids)}",
            _AGAIN,
        )
    there = platform_of(config, files.name)
    check_platform(platform, there, files.name)
    layers = [_layer(files, diff_id, path) for diff_id, path in zip(diff_ids, listed.layers, strict=True)]
    paths = zip((one.name for one in layers), listed.layers, strict=True)
    return Image(
        image_id=digest,
        names=choose.repositories(listed.names),
        content=Unpacked(
            config_digest=digest, config=config, layers=tuple(layers), kind="docker", platform=there
        ),
        contents=Stored(files, [(digest, listed.config), *paths]),
    )


def _layer(files: Files, diff_id: str, path: str) -> Layer:
    size = files.size(path)
    if size is None:
        raise unfit(f"{files.name} lacks {path!r}, which its {_LIST} names", _AGAIN)
    start = files.read(path, 4)
    if not is_compressed(start):
        return Layer(diff_id=diff_id, size=size)
    media_type = oci.layer_type("docker", "gzip") if start.startswith(GZIP) else oci.layer_type("oci", "zstd")
    hashed = hashlib.sha256()
    try:
        for block in files.place(path).blocks():
            hashed.update(block)
    except (OSError, EOFError) as error:
        raise unfit(f"{path!r} in {files.name} cannot be read: {error}", _AGAIN) from None
    return Layer(
        diff_id=diff_id,
        blob=Descriptor(media_type=media_type, digest=f"sha256:{hashed.hexdigest()}", size=size),
    )
