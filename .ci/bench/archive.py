"""An image in a file, as `docker save` of Docker before 25 writes it, put together without a daemon."""

import hashlib
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

_CREATED = "2024-01-01T00:00:00Z"
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One layer: a tar file inside the archive."""

    diff_id: str
    offset: int
    """Where it begins in the archive."""
    size: int
    content: int
    """Its bytes before the two blocks of zeros that end it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """An image in a file."""

    path: Path
    name: str
    """What a daemon calls it that has loaded it."""
    image_id: str
    layers: tuple[Layer, ...]

    @property
    def size(self) -> int:
        """Bytes of all layers, not compressed."""
        return sum(one.size for one in self.layers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A piece of a layer: bytes, or a piece of a file."""

    data: bytes = b""
    path: Path | None = None
    offset: int = 0
    size: int = 0

    def read(self) -> Iterator[bytes]:
        """Give its bytes in blocks."""
        if self.path is None:
            yield self.data
            return
        with self.path.open("rb") as file:
            file.seek(self.offset)
            left = self.size
            while left:
                block = file.read(min(left, _BLOCK))
                if not block:
                    raise EOFError(self.path)
                left -= len(block)
                yield block


def written(path: Path, name: str, made: Iterable[Sequence[Part]]) -> Archive:
    """Write the archive: each layer from its parts, then what tells of them."""
    ids: list[str] = []
    layers: list[Layer] = []
    with path.open("wb") as file:
        for content in made:
            parts = [*content, Part(data=bytes(1024))]
            diff_id, size = _hashed(parts)
            # which layer lies below which is all that these IDs say
            own = hashlib.sha256(f"{diff_id} {ids[-1:]}".encode()).hexdigest()
            about = {"id": own, "created": _CREATED, "os": "linux"} | ({"parent": ids[-1]} if ids else {})
            ids.append(own)
            _put(file, f"{own}/VERSION", b"1.0")
            _put(file, f"{own}/json", json.dumps(about).encode())
            offset = _begin(file, f"{own}/layer.tar", size)
            for block in _blocks(parts):
                file.write(block)
            file.write(bytes(-size % 512))
            layers.append(Layer(diff_id=diff_id, offset=offset, size=size, content=size - 1024))
        config = _config([one.diff_id for one in layers])
        image_id = hashlib.sha256(config).hexdigest()
        _put(file, f"{image_id}.json", config)
        listed = [f"{own}/layer.tar" for own in ids]
        told = [{"Config": f"{image_id}.json", "RepoTags": [name], "Layers": listed}]
        _put(file, "manifest.json", json.dumps(told).encode())
        repository, _, tag = name.partition(":")
        _put(file, "repositories", json.dumps({repository: {tag: ids[-1]}}).encode())
        file.write(bytes(1024))
    return Archive(path=path, name=name, image_id=f"sha256:{image_id}", layers=tuple(layers))


def entry(name: str, data: bytes) -> bytes:
    """Give a small file as it stands in a tar file."""
    return _head(name, len(data)) + data + bytes(-len(data) % 512)


def describe(archive: Archive, path: Path) -> None:
    """Write down what `described` reads."""
    path.write_text(json.dumps(asdict(archive) | {"path": archive.path.name}))


def described(path: Path) -> Archive:
    """Give an archive that lies beside its description."""
    known = json.loads(path.read_text())
    layers = tuple(Layer(**one) for one in known.pop("layers"))
    return Archive(layers=layers, **(known | {"path": path.with_name(known["path"])}))


def _head(name: str, size: int) -> bytes:
    head = tarfile.TarInfo(name)
    head.size = size
    return head.tobuf(tarfile.GNU_FORMAT)


def _put(file: BinaryIO, name: str, data: bytes) -> None:
    file.write(entry(name, data))


def _begin(file: BinaryIO, name: str, size: int) -> int:
    file.write(_head(name, size))
    return file.tell()


def _hashed(parts: Sequence[Part]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for block in _blocks(parts):
        digest.update(block)
        size += len(block)
    return f"sha256:{digest.hexdigest()}", size


def _blocks(parts: Sequence[Part]) -> Iterator[bytes]:
    for part in parts:
        yield from part.read()


def _config(diff_ids: Sequence[str]) -> bytes:
    history = [{"created": _CREATED, "created_by": f"layer {number}"} for number in range(len(diff_ids))]
    return json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": _CREATED,
            "config": {"Cmd": ["/bin/true"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": history,
        }
    ).encode()
