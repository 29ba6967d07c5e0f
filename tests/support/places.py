"""Where images go and come from in tests of the engine, in memory.

Fakes of the protocols `Place` and `Contents`: the real ones (registries, layouts, daemons, files) are tested with
real registries and files. These count, and fail where a test says so.
"""

import io
import os
import random
import tarfile
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Literal

from pushstep.errors import Problem, StepError
from pushstep.image.model import Image, Layer, Packed, Part, Slice, Unpacked
from pushstep.oci import Index, Manifest, sha256
from pushstep.push.direct import Direct
from pushstep.push.progress import Lines, Progress
from pushstep.push.spool import Spool

Fault = Callable[[str, str], Problem | None]
"""Verb and reference → why it fails this time."""


@dataclass
class Memory:
    """A registry's repository, as real ones are: a manifest whose blobs are missing is refused."""

    name: str = "registry.example.com/acme/app"
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, Manifest | Index] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    shared: "dict[str, Memory]" = field(default_factory=dict)
    """Repositories of the same registry, to mount from."""
    fault: Fault = lambda _verb, _reference: None
    calls: list[tuple[str, str]] = field(default_factory=list)
    requests: int = 0
    bytes_sent: int = 0
    keeps_sessions: bool = False
    lies: frozenset[str] = frozenset()
    """Blobs that it says it has."""
    _lock: Lock = field(default_factory=Lock)

    def _called(self, verb: str, reference: str) -> None:
        with self._lock:
            self.calls.append((verb, reference))
            self.requests += 1
        problem = self.fault(verb, reference)
        if problem:
            raise StepError(problem)

    def count(self, verb: str) -> int:
        return sum(one == verb for one, _ in self.calls)

    def digest(self, reference: str) -> str | None:
        self._called("digest", reference)
        return self.tags.get(reference) or (reference if reference in self.manifests else None)

    def manifest(self, reference: str) -> Manifest | Index | None:
        self._called("manifest", reference)
        return self.manifests.get(self.tags.get(reference, reference))

    def blob_size(self, digest: str) -> int | None:
        self._called("blob_size", digest)
        if digest in self.lies:
            return 1
        return len(self.blobs[digest]) if digest in self.blobs else None

    def blob(self, digest: str) -> bytes:
        self._called("blob", digest)
        return self.blobs[digest]

    def upload(
        self, digest: str, content: Slice, sent: Callable[[int], None], mount_from: str | None = None
    ) -> Literal["uploaded", "mounted"]:
        self._called("upload", digest)
        if mount_from and digest in self.shared[mount_from].blobs:
            self.blobs[digest] = self.shared[mount_from].blobs[digest]
            return "mounted"
        body = b"".join(content.blocks())
        assert sha256(body) == digest
        sent(len(body))
        with self._lock:
            self.bytes_sent += len(body)
            self.blobs[digest] = body
        return "uploaded"

    def mount(self, digest: str, source: str) -> bool:
        self._called("mount", digest)
        there = self.shared[source].blobs.get(digest)
        if there is not None:
            self.blobs[digest] = there
        return there is not None

    def probe(self) -> bool:
        self._called("probe", "")
        return not self.keeps_sessions

    def put(self, reference: str, manifest: Manifest | Index) -> None:
        self._called("put", reference)
        below = (
            {one.digest for one in (*manifest.layers, manifest.config)} - self.blobs.keys()
            if isinstance(manifest, Manifest)
            else {one.digest for one in manifest.manifests} - self.manifests.keys()
        )
        if below:
            problem = Problem(code="registry", message=f"blobs are missing: {sorted(below)}")
            refused = StepError(problem)
            refused.missing = tuple(below)
            raise refused
        self.manifests[manifest.digest] = manifest
        if not reference.startswith("sha256:"):
            self.tags[reference] = manifest.digest


@dataclass
class Given:
    """Contents in memory, read at random (`seekable`) or one after the other."""

    parts_by_name: dict[str, bytes]
    seekable: bool = True
    nameless: bool = False
    """Whether layers do not say which they are (`docker save` before 25)."""
    reads: list[str] = field(default_factory=list)
    _files: list[int] = field(default_factory=list)

    def parts(self, wanted: Collection[str]) -> Iterator[Part]:
        for name, content in self.parts_by_name.items():
            if name not in wanted:
                continue
            self.reads.append(name)
            if self.seekable:
                yield Part(digest=name, size=len(content), place=self._file(content))
            else:
                yield Part(
                    digest=None if self.nameless and not content.startswith(b"{") else name,
                    size=len(content),
                    stream=partial(iter, [content[:1000], content[1000:]]),
                )

    def _file(self, content: bytes) -> Slice:
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            self._files.append(os.dup(file.fileno()))
        return Slice(file=self._files[-1], offset=0, size=len(content))

    def close(self) -> None:
        for file in self._files:
            os.close(file)
        self._files.clear()


def layer_tar(seed: int, size: int = 50_000) -> bytes:
    """A layer: a tar with one file that compresses by half."""
    chance = random.Random(seed)  # noqa: S311 - content, no secret
    body = chance.randbytes(size // 2) + bytes(size // 2)
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        info = tarfile.TarInfo(f"file-{seed}")
        info.size = len(body)
        tar.addfile(info, io.BytesIO(body))
    return file.getvalue()


def unpacked(
    seeds: Sequence[int],
    *,
    seekable: bool = True,
    nameless: bool = False,
    known_config: bool = True,
    extra: str = "",
) -> tuple[Image, Given]:
    """An image of Docker's, with the layers of these seeds."""
    layers = {sha256(tar): tar for tar in map(layer_tar, seeds)}
    order = [sha256(layer_tar(seed)) for seed in seeds]
    names = ",".join(f'"{one}"' for one in order)
    config = (
        f'{{"os":"linux","architecture":"amd64","x":"{extra}","rootfs":{{"diff_ids":[{names}]}}}}'.encode()
    )
    given = Given({**layers, sha256(config): config}, seekable=seekable, nameless=nameless)
    content = Unpacked(
        config_digest=sha256(config),
        config=config if known_config else None,
        layers=tuple(Layer(diff_id=one) for one in order),
        kind="docker",
    )
    return Image(image_id=sha256(config), content=content, contents=given), given


def packed(manifests: Sequence[Manifest | Index], blobs: dict[str, bytes]) -> tuple[Image, Given]:
    """An image as a layout has it."""
    given = Given(blobs)
    content = Packed(manifests=tuple(manifests))
    return Image(image_id=content.root.digest, content=content, contents=given), given


def direct(folder: str, said: Callable[[str], None] = lambda _line: None) -> Direct:
    """The engine, with a clock that stands still."""
    return Direct(
        progress=Progress(say=said, seconds=lambda: 0.0, renderer=Lines(said)),
        seconds=lambda: 0.0,
        raising=nullcontext,
        stop=lambda: None,
        spool=Spool(folder),
    )
