"""One destination of a push: what it has, what it lacks, what it got, and what its tags name afterwards.

discover ─▶ plan ─▶ mount ─▶ (the transfer brings the rest) ─▶ finish
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Lock
from typing import Literal

from pushstep.errors import Problem, StepError
from pushstep.image.model import Image, Packed, Slice, Unpacked
from pushstep.oci import Descriptor, Index, Manifest, write_manifest
from pushstep.push.discovery import Before, Known, discover
from pushstep.push.place import Place
from pushstep.push.plan import Destination
from pushstep.push.probe import Probed, probed, unanswered
from pushstep.push.progress import Progress
from pushstep.push.workers import AbandonedError, Workers
from pushstep.result import ARRIVED, LayerResult, TagResult

AT_ONCE = 10
"""Blobs, tags and questions under way at one destination."""
_FOR_ALL = frozenset({"login", "digest", "unreachable"})
"""Failures of a tag that are those of every other."""

Status = Literal["uploaded", "mounted", "present"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where to, and as whom."""

    destination: Destination
    place: Place
    identity: str | None
    source: str | None = None
    """The repository that the candidate is read from, where it is of the same registry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Blob:
    """A blob that is ready to be sent."""

    descriptor: Descriptor
    content: Slice
    is_new: bool
    """Whether nobody knew its digest before, and no destination was asked for it."""


@dataclass(kw_only=True, slots=True)
class Delivery:
    """A destination under way; its verbs run in threads, one after the other."""

    target: Target
    image: Image
    progress: Progress
    seconds: Callable[[], float]
    before: Before = field(default_factory=Before)
    known: Known = field(default_factory=lambda: Known(tags={}))
    error: StepError | None = None
    awaited: dict[str, "Future[Descriptor]"] = field(default_factory=dict)
    """What the source has to give: a diff ID, or a digest → the blob, once it is there."""
    root: Manifest | Index | None = None
    """What the tags are to name."""
    layers: dict[str, LayerResult] = field(default_factory=dict)
    """Digest → what became of a blob; configurations are among them."""
    tags: dict[str, TagResult] = field(default_factory=dict)
    """Tag → what became of it; one that is missing was never begun."""
    started: float = 0.0
    ended: float | None = None
    probed: Probed | None = None
    _found: Manifest | Index | None = None
    """The image as the repository had it, which is another `root` where others have other compressions."""
    _workers: Workers = field(default_factory=lambda: Workers(AT_ONCE))
    _lock: Lock = field(default_factory=Lock)

    @property
    def place(self) -> Place:
        """The repository."""
        return self.target.place

    @property
    def host(self) -> str:
        """The registry."""
        return self.target.destination.registry

    @property
    def repository(self) -> str:
        """The path there."""
        return self.target.destination.repository

    def discover(self) -> None:
        """Find out what is there."""
        self.started = self.seconds()
        content, wanted = self.image.content, self.target.destination.tags
        try:
            self.known = discover(self.place, wanted, content, self._workers.all, self.before)
            self._found = self.known.whole
        except StepError as failed:
            self.fail(failed)

    def plan(self, known: Known) -> None:
        """Find out what the source has to give, where so much is `known`; nothing is asked for it."""
        self.known = known
        self.root = known.whole
        self.progress.begin(self.place.name, len(self.image.content.layer_sizes))
        blobs = {blob.digest: blob for blob in self._named()}
        there = blobs if self.root else self.known.sizes
        for blob in blobs.values():
            if blob.digest in there:
                self._note(blob, "present")
        if self.root is None:
            self.awaited = {name: Future() for name in self._lacking()}

    def probe(self) -> None:
        """Once `discover` is done: ask whether a push would be taken."""
        self.probed = unanswered(self.error) if self.error else probed(self.place)
        if self.probed.failed:
            self.fail(self.probed.failed)

    def mount(self) -> None:
        """Take over what the repository that the candidate comes from hands over."""
        source = self.target.source
        if source is None:
            return
        blobs = [blob for blob in self.image.content.blobs if blob.digest in self.awaited]
        try:
            mounted = self._workers.all(lambda blob: self.place.mount(blob.digest, source), blobs)
        except StepError as failed:
            self.fail(failed)
            return
        for blob, there in zip(blobs, mounted, strict=True):
            if there:
                self._note(blob, "mounted")
                del self.awaited[blob.digest]

    def has(self, digest: str) -> bool:
        """Whether the repository holds the blob."""
        return digest in self.known.sizes or digest in self.layers

    def take(self, blob: Blob, mount_from: str | None = None) -> "Future[bool]":
        """Send a blob; the future says whether it is there then."""
        return self._workers.submit(partial(self._take, blob, mount_from))

    def finish(self) -> None:
        """Once all blobs are there: manifests, then the tags that do not name the image yet."""
        try:
            self.root = self.root or self._below()
            if self.error is None:
                self._workers.all(partial(self._tag, self.root), self.target.destination.tags)
                if self._found and all(map(self._is_left, self.tags.values())):
                    self.root = self._found
        except StepError as failed:
            self.fail(failed)
        except AbandonedError:
            pass  # why is known to whoever ended it, or is `error`
        finally:
            self.ended = self.seconds()
            self.progress.end(self.place.name)

    def close(self) -> None:
        """Let its threads end, whatever came of it."""
        self._workers.close()

    def lost(self) -> frozenset[str]:
        """What the repository said it had, and has not: all of it where it does not say what."""
        if self.error is None or self.error.missing is None:
            return frozenset()
        return frozenset(self.error.missing or {*self.known.sizes, *self.layers})

    def fail(self, failed: StepError) -> None:
        """Remember the first failure; what follows from it is none of its own."""
        with self._lock:
            self.error = self.error or failed

    def _named(self) -> Iterator[Descriptor]:
        """The blobs of the image that have a digest before anything is read."""
        yield from self.known.layers.values()
        if isinstance(self.root, Manifest):
            yield from self.root.layers
        yield from self.image.content.blobs

    def _lacking(self) -> list[str]:
        sizes, layers = self.known.sizes, self.known.layers
        match self.image.content:
            case Packed() as content:
                return [blob.digest for blob in content.blobs if blob.digest not in sizes]
            case Unpacked() as content:
                # a layer's diff ID is the digest of a blob too, where the repository has it uncompressed
                missing = (one for one in content.layers if one.diff_id not in layers)
                names = [one.name for one in missing if one.blob is None or one.blob.digest not in sizes]
                config = content.config_digest
                return list(dict.fromkeys((*names, *([config] if config not in sizes else []))))

    def _take(self, blob: Blob, mount_from: str | None) -> bool:
        if self.error:
            return False
        one, is_known = blob.descriptor, blob.descriptor.digest not in self.before.without
        try:
            if blob.is_new and is_known and self.place.blob_size(one.digest) == one.size:
                self._note(one, "present")
                return True
            self.progress.due(self.place.name, one.digest, one.size)
            sent = partial(self.progress.sent, self.place.name, one.digest)
            self._note(one, self.place.upload(one.digest, blob.content, sent, mount_from))
        except StepError as failed:
            self.fail(failed)
            return False
        return True

    def _note(self, blob: Descriptor, status: Status) -> None:
        sent = blob.size if status == "uploaded" else 0
        done = LayerResult(digest=blob.digest, size=blob.size, status=status, bytes_sent=sent)
        with self._lock:
            self.layers[blob.digest] = done
        if not sent:
            self.progress.saved(blob.size)
        if blob.digest not in self.image.content.configurations:
            self.progress.layer(self.place.name, blob.digest, blob.size, status, sent)

    def _below(self) -> Manifest | Index:
        """Put what the image stands on, and give what the tags are to name."""
        arrived = {name: future.result() for name, future in self.awaited.items()}
        match self.image.content:
            case Packed() as content:
                for child in content.manifests[:-1]:
                    if not self.error and child.digest not in self.known.sizes:
                        self.place.put(child.digest, child)
                return content.root
            case Unpacked() as content:
                return self._written(content, arrived)

    def _written(self, content: Unpacked, arrived: Mapping[str, Descriptor]) -> Manifest:
        layers = [
            self.known.layers.get(layer.diff_id) or layer.blob or arrived[layer.diff_id]
            for layer in content.layers
        ]
        digest = content.config_digest
        size = arrived[digest].size if digest in arrived else self.known.sizes.get(digest, 0)
        config = Descriptor(media_type="", digest=digest, size=size)
        return write_manifest(config, layers, self.known.kind or content.kind, content.template)

    def _tag(self, root: Manifest | Index, tag: str) -> None:
        before = self.known.tags.get(tag)
        begun = TagResult(tag=tag, status="failed", previous_digest=before)
        if before == root.digest:
            earlier = self.before.tags.get(tag)
            if earlier and earlier.status in ARRIVED:
                self.tags[tag] = earlier
                return
            done = replace(begun, status="unchanged")
        elif self.error:
            return
        else:
            # until it has ended nobody knows whether it came to anything
            self.tags[tag] = begun
            done = self._put(root, begun)
        self.tags[tag] = done
        digest = self._found.digest if self._found and self._is_left(done) else root.digest
        self.progress.tag(self.place.name, tag, done.status, digest)

    def _put(self, root: Manifest | Index, begun: TagResult) -> TagResult:
        try:
            self.place.put(begun.tag, root)
        except StepError as failed:
            if failed.missing is not None or failed.problem.code in _FOR_ALL:
                self.fail(failed)
            if failed.problem.code == "immutable" and self._names_found(begun):
                return replace(begun, status="unchanged")
            return replace(begun, error=_with_holder(failed.problem, begun))
        return replace(begun, status="moved" if begun.previous_digest else "created")

    def _names_found(self, tag: TagResult) -> bool:
        """Whether the tag named this image already, however it is compressed there."""
        return self._found is not None and tag.previous_digest == self._found.digest

    def _is_left(self, tag: TagResult) -> bool:
        return tag.status == "unchanged" and self._names_found(tag)


def _with_holder(problem: Problem, begun: TagResult) -> Problem:
    """Say what an immutable tag names."""
    before = begun.previous_digest
    if problem.code != "immutable" or before is None or before in problem.message:
        return problem
    return replace(problem, message=f"{problem.message} ({begun.tag} names {before} there)")
