"""An image out of the Docker daemon, as `docker save` streams it: read on the way, no further than needed.

    <64 hex>.json, <64 hex>/layer.tar    before 25: only the configuration tells by its name what it is
    blobs/sha256/<64 hex>                since then: every blob does

What the containerd store holds is known at the end of its stream, which is spooled and read as a file is.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pushstep import oci
from pushstep.errors import StepError
from pushstep.image import entries, saved
from pushstep.image.entries import Entry, TarError
from pushstep.image.gather import check_platform
from pushstep.image.model import Image, Layer, Part, Unpacked
from pushstep.image.nameless import NamelessFile
from pushstep.image.saving import Body, Saving
from pushstep.image.store import Archive
from pushstep.image.unfit import unfit
from pushstep.oci import DIGEST, LARGEST, Platform

_NAMED = re.compile(r"blobs/sha256/([0-9a-f]{64})|([0-9a-f]{64})\.json")
_NAMELESS = re.compile(r"[0-9a-f]{64}/layer\.tar")
_WHAT = "the image that the Docker daemon saves"


def from_graph(
    saving: Saving,
    details: Mapping[str, Any],
    names: tuple[str, ...],
    platform: Platform | None,
    spool_folder: str,
) -> Image:
    """The image in the classic store that `details` describe; nothing is saved yet."""
    layers = (details.get("RootFS") or {}).get("Layers") or []
    if not layers or not all(DIGEST.fullmatch(one) for one in layers):
        raise unfit(
            f"the image {saving.image_id} has no layers, and Docker does not save such", "Build another."
        )
    there = oci.platform({key.lower(): details.get(key) for key in ("Os", "Architecture", "Variant")})
    check_platform(platform, there, f"the Docker daemon's image {saving.image_id}")
    return Image(
        image_id=saving.image_id,
        names=names,
        content=Unpacked(
            config_digest=saving.image_id,
            layers=tuple(Layer(diff_id=one) for one in layers),
            kind="docker",
            platform=there,
        ),
        contents=Stream(saving, frozenset(layers), spool_folder),
    )


def from_containerd(
    saving: Saving, names: tuple[str, ...], platform: Platform | None, spool_folder: str
) -> Image:
    """The image in the containerd store, saved into the spool."""
    spool = NamelessFile(spool_folder, _WHAT)
    body = saving.start()
    try:
        spool.add(body.all())
        files = Archive(spool.file, _WHAT)
        image = saved.opened(files, saving.image_id, platform, real=True)
    except BaseException as error:
        spool.close()
        if isinstance(error, StepError) and body.told():
            raise body.failed("failed in the middle of `docker save`") from None
        raise
    finally:
        body.close()
    return replace(image, names=names)


class Stream:
    """The blobs of an image in the classic store: `Contents` that are saved anew whenever some are wanted."""

    def __init__(self, saving: Saving, diff_ids: frozenset[str], spool_folder: str) -> None:
        self._saving = saving
        self._diff_ids = diff_ids
        self._folder = spool_folder
        self._body: Body | None = None
        self._spool: NamelessFile | None = None

    def parts(self, wanted: Collection[str]) -> Iterator[Part]:
        """Give every blob of `wanted` once, as the daemon sends them, and hang up after the last."""
        if not wanted:
            return
        self._body = body = self._saving.start()
        try:
            yield from self._given(body, set(wanted))
        except TarError as error:
            raise body.failed(f"sends a `docker save` that {error}") from None
        finally:
            body.close()

    def close(self) -> None:
        """End a stream that another thread waits for, which then hangs up; give the spool back."""
        if self._body:
            self._body.stop()
        if self._spool:
            self._spool.close()

    def _given(self, body: Body, left: set[str]) -> Iterator[Part]:
        # whoever wants every layer tells them apart by their content, which is read anyway
        every = self._diff_ids <= left
        nameless = 0
        for entry in entries.entries(body):
            if entry.kind != "file":
                # an equal layer further down, which is given there
                continue
            digest = _digest(entry)
            if digest in left:
                left.discard(digest)
                yield self._part(body, entry, digest)
            elif _NAMELESS.fullmatch(entry.name) and left & self._diff_ids:
                if every:
                    nameless += 1
                    left -= self._diff_ids if nameless == len(self._diff_ids) else set()
                    yield self._part(body, entry, None)
                else:
                    yield from self._sorted_out(body, entry, left)
            if not left:
                return
        raise body.failed(f"sends a `docker save` without {' and '.join(sorted(left)[:3])}")

    def _part(self, body: Body, entry: Entry, digest: str | None) -> Part:
        if digest == self._saving.image_id and entry.size > LARGEST:
            raise unfit(
                f"the configuration of the image {digest} has {entry.size} bytes, more than registries take",
                "Build the image with fewer labels and a shorter history.",
            )
        return Part(digest=digest, size=entry.size, stream=partial(body.content, entry))

    def _sorted_out(self, body: Body, entry: Entry, left: set[str]) -> Iterator[Part]:
        """Give a layer if it is one of those that are `left`, which only all of it tells."""
        self._spool = self._spool or NamelessFile(self._folder, "a layer that the Docker daemon saves")
        hashed = hashlib.sha256()

        def read() -> Iterator[bytes]:
            for block in body.content(entry):
                hashed.update(block)
                yield block

        place = self._spool.add(read())
        digest = f"sha256:{hashed.hexdigest()}"
        if digest in left:
            left.discard(digest)
            yield Part(digest=digest, size=entry.size, place=place)
        else:
            self._spool.drop(place)


def _digest(entry: Entry) -> str | None:
    """What the entry's name says that it is."""
    found = _NAMED.fullmatch(entry.name)
    return f"sha256:{found[1] or found[2]}" if found else None
