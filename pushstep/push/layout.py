"""An image layout in a folder as destination (image-layout.md of the OCI image specification 1.1).

    oci-layout             says what the folder is
    index.json             an entry for each tag, whose annotation has its name; and those of others
    blobs/sha256/<hex>     manifests, configurations and layers

Blobs come first, and index.json is replaced last and under a lock. So whoever reads it, while runs add to it
or after one was killed, finds no tag that lacks a blob. Where others left an image in part, it counts as
absent: what lacks is sent, and the tag put again.
"""

import errno
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from threading import Lock
from typing import Any, Literal, TypeVar

from pushstep import oci
from pushstep.errors import Problem, StepError
from pushstep.folder import Folder, check_writable, make
from pushstep.image.model import Slice
from pushstep.oci import DIGEST, LARGEST, OCI_INDEX, ContentError, Descriptor, Index, Manifest
from pushstep.push import whole
from pushstep.push.whole import file_name

_TAG = "org.opencontainers.image.ref.name"
_BLOBS = ("blobs", "sha256")
_INDEX = "index.json"
_MARK = "oci-layout"
_VERSION = "1.0.0"
_HINTS = (
    (
        (errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
        "Make room, or name a folder elsewhere. What is whole there stays, and is not copied again.",
    ),
    (
        (errno.EACCES, errno.EPERM, errno.EROFS),
        "Let whoever runs pushstep write to the folder and all in it; in a container it must be mounted so.",
    ),
    (
        (errno.ELOOP, errno.ENOTDIR),
        "A layout is a folder, and nothing in it is reached through a symbolic link: name another folder.",
    ),
)

Value = TypeVar("Value")


class Layout:
    """A `Place` of tags and blobs; the folder and what is in it are made with the first blob."""

    def __init__(self, path: str, name: str) -> None:
        self.name = name
        self.requests = 0
        self.bytes_sent = 0
        self._path = path
        self._guard = Lock()
        self._prepared = False

    def check(self) -> None:
        """Raise `StepError` where the folder holds something else."""

        def look(folder: Folder) -> None:
            with folder.locked(shared=True):
                self._verify(folder)

        self._asked(look)

    def digest(self, reference: str) -> str | None:
        """What a tag or digest names, if all of it is there, or None."""
        found = self._named(reference)
        if found is None:
            return None

        def look(folder: Folder) -> bool:
            root = whole.named(folder, found)
            return root is not None and whole.has_all(folder, root)

        return found.digest if self._asked(look, *_BLOBS) else None

    def manifest(self, reference: str) -> Manifest | Index | None:
        """What a tag or digest names, verified, if all of it is there, or None."""
        found = self._named(reference)
        if found is None:
            return None
        with self._understood(f"the manifest {found.digest}"):
            root = oci.parse(self.blob(found.digest), found.media_type)
        return root if self._asked(lambda folder: whole.has_all(folder, root), *_BLOBS) else None

    def blob_size(self, digest: str) -> int | None:
        """Size of a blob that is there, or None."""
        name = file_name(digest)
        return self._asked(lambda folder: folder.size(name), *_BLOBS)

    def blob(self, digest: str) -> bytes:
        """A small blob, verified: 4 MiB at most."""
        name = file_name(digest)
        with self._understood(f"the blob {digest}"):
            content = self._asked(lambda folder: folder.read(name, LARGEST), *_BLOBS)
            if content is None:
                raise ContentError("it is not there")
            if oci.sha256(content) != digest:
                raise ContentError("its content has another digest")
            return content

    def upload(
        self, digest: str, content: Slice, sent: Callable[[int], None], mount_from: str | None = None
    ) -> Literal["uploaded", "mounted"]:
        """Copy a blob there; `sent` hears of the bytes, and there is nowhere to mount from."""
        del mount_from
        self._store(digest, _read(digest, content), sent)
        return "uploaded"

    def mount(self, digest: str, source: str) -> bool:
        """There is nowhere to take it from."""
        del digest, source
        return False

    def probe(self) -> bool:
        """Raise `StepError` where the folder cannot be written, as far as can be seen without doing so."""
        with self._translated():
            check_writable(self._path, *_BLOBS)
        return True

    def put(self, reference: str, manifest: Manifest | Index) -> None:
        """Let a tag name `manifest`, and no other one any more; under a digest it is only stored."""
        self._store(manifest.digest, [manifest.content], lambda _: None)
        if not DIGEST.fullmatch(reference):
            self._tag(reference, manifest)

    def _named(self, reference: str) -> Descriptor | None:
        if DIGEST.fullmatch(reference):
            size = self.blob_size(reference)
            return None if size is None else Descriptor(media_type="", digest=reference, size=size)
        index = self._asked(self._index)
        entries = [one for one in index["manifests"] if _tag(one) == reference] if index else []
        # a tag of several images, or of one that is not there whole, names none: it can only be put right
        if len(entries) != 1:
            return None
        with suppress(ContentError):
            found = oci.descriptor(entries[0])
            return found if self.blob_size(found.digest) == found.size else None
        return None

    def _index(self, folder: Folder) -> dict[str, Any]:
        with self._understood(_INDEX):
            index = oci.mapping(folder.read(_INDEX, LARGEST), _INDEX)
            if not isinstance(index.get("manifests"), list):
                raise ContentError("it has no list of manifests")
            return index

    def _tag(self, tag: str, manifest: Manifest | Index) -> None:
        entry = {
            "mediaType": manifest.media_type,
            "digest": manifest.digest,
            "size": len(manifest.content),
            "annotations": {_TAG: tag},
        }
        with self._translated(), Folder.at(self._path) as folder, folder.locked():
            with Folder.at(self._path, *_BLOBS) as blobs:
                blobs.settle()
            index = self._index(folder)
            others = [one for one in index["manifests"] if _tag(one) != tag]
            _write_json(folder, _INDEX, {**index, "manifests": [*others, entry]})

    def _store(self, digest: str, blocks: Iterable[bytes], sent: Callable[[int], None]) -> None:
        self._prepare()
        content = sha256()
        with (
            self._translated(),
            Folder.at(self._path, *_BLOBS) as folder,
            folder.new(file_name(digest)) as write,
        ):
            for block in blocks:
                content.update(block)
                write(block)
                with self._guard:
                    self.bytes_sent += len(block)
                sent(len(block))
            if content.hexdigest() != file_name(digest):
                hint = "The image was changed while it was read, or is damaged: make it anew."
                message = f"what should be the blob {digest} has the digest sha256:{content.hexdigest()}"
                raise StepError(Problem(code="digest", message=message, hint=hint))

    def _prepare(self) -> None:
        """Make what is missing of a layout, once."""
        with self._guard:
            if self._prepared:
                return
            with self._translated():
                make(self._path)
                with Folder.at(self._path) as folder, folder.locked():
                    self._verify(folder)
                    there = folder.names()
                    if _MARK not in there:
                        _write_json(folder, _MARK, {"imageLayoutVersion": _VERSION})
                    if _INDEX not in there:
                        empty = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
                        _write_json(folder, _INDEX, empty)
                    self._index(folder)
                    folder.sweep()
                    with folder.inside(_BLOBS[0]) as above, above.inside(_BLOBS[1]) as blobs:
                        blobs.sweep()
            self._prepared = True

    def _verify(self, folder: Folder) -> None:
        names = folder.names()
        if _MARK in names:
            with self._understood(_MARK):
                version = str(oci.mapping(folder.read(_MARK, LARGEST), _MARK).get("imageLayoutVersion"))
                if not version.startswith("1."):
                    raise ContentError(f"its version is {version}")
        elif names:
            message = f"{self.name} is no image layout, and not empty"
            hint = f"Name a folder that is empty, or none yet, or a layout; this one holds {min(names)!r}."
            raise _failed(message, hint)

    def _asked(self, ask: Callable[[Folder], Value], *inside: str) -> Value | None:
        """What `ask` finds in the folder `inside`; None where it is not there."""
        with self._translated():
            try:
                with Folder.at(self._path, *inside) as folder:
                    return ask(folder)
            except FileNotFoundError:
                return None

    @contextmanager
    def _understood(self, what: str) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            hint = "The layout is damaged: name another folder, or make it anew."
            raise _failed(f"{self.name}: {what} is none that can be used: {error}", hint) from None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            about = f"{error.filename}: " if error.filename not in (None, self._path) else ""
            hints = [hint for numbers, hint in _HINTS if error.errno in numbers]
            hint = next(iter(hints), "Name another folder if that cannot be put right.")
            raise _failed(f"{self.name} cannot be used: {about}{error.strerror}", hint) from None


def open(path: str, name: str = "") -> Layout:  # noqa: A001 - read as layout.open
    """The layout that a folder is, or becomes with the first blob; `name` is what its user calls it.

    Raises `StepError` where the folder holds something else.
    """
    layout = Layout(path, name or f"oci:{path}")
    layout.check()
    return layout


def _read(digest: str, content: Slice) -> Iterator[bytes]:
    try:
        yield from content.blocks()
    except (OSError, EOFError) as error:
        hint = "It was changed while it was read, or its disk fails: make the image anew."
        message = f"the blob {digest} cannot be read to its end: {error}"
        raise StepError(Problem(code="candidate", message=message, hint=hint)) from None


def _tag(entry: object) -> str | None:
    """The tag of an entry of index.json, whoever wrote it."""
    match entry:
        case {"annotations": {"org.opencontainers.image.ref.name": str() as tag}}:
            return tag
        case _:
            return None


def _write_json(folder: Folder, name: str, data: Mapping[str, object]) -> None:
    with folder.new(name) as write:
        write(json.dumps(data, indent=3).encode() + b"\n")


def _failed(message: str, hint: str) -> StepError:
    return StepError(Problem(code="layout", message=message, hint=hint, path="registry"))
