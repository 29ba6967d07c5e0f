"""Images made on the spot, in every shape that an archive or layout of one has.

`docker_before_25`, `docker_25` and `docker_containerd` are the shapes of `docker save`: the first is what the
daemon of the integration tests writes (they compare), the others follow what moby's `tarexport/save.go` and
containerd's `images/archive/exporter.go` write. `without_layers` makes the second what Docker 25.0.0 wrote
(moby#47065).
"""

import gzip
import hashlib
import io
import json
import random
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pushstep.image.model import Image, Packed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


Compression = Literal["", "gzip", "zstd"]
OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker"
_SUFFIX: Mapping[Compression, str] = {"": "", "gzip": "+gzip", "zstd": "+zstd"}


@dataclass(frozen=True)
class Link:
    """A symbolic link in a tar, or a hard one."""

    target: str
    hard: bool = False


Files = dict[str, bytes | Link]
"""Path → content."""


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def layer(seed: int, size: int = 3000) -> bytes:
    """The tar of a layer: one file of its own."""
    return tar({f"file-{seed}": random.Random(seed).randbytes(size)})  # noqa: S311 - content, no secret


@dataclass(frozen=True, kw_only=True)
class Made:
    """An image before it is stored anywhere."""

    layers: tuple[bytes, ...]
    """Their tars."""
    config: bytes
    platform: str

    @property
    def where(self) -> dict[str, str]:
        """The platform, as JSON has it."""
        return dict(zip(("os", "architecture", "variant"), self.platform.split("/"), strict=False))

    @property
    def image_id(self) -> str:
        return digest(self.config)

    @property
    def diff_ids(self) -> tuple[str, ...]:
        return tuple(map(digest, self.layers))


def image(*seeds: int, platform: str = "linux/amd64", size: int = 3000, **more: object) -> Made:
    """An image with the layers of these seeds; `more` stands in its configuration."""
    layers = tuple(layer(seed, size) for seed in seeds)
    rootfs = {"type": "layers", "diff_ids": [digest(one) for one in layers]}
    made = Made(layers=layers, config=b"", platform=platform)
    return replace(made, config=json.dumps({**made.where, "rootfs": rootfs, **more}).encode())


def compressed(content: bytes, how: Compression) -> bytes:
    match how:
        case "gzip":
            return gzip.compress(content, mtime=0)
        case "zstd":
            return zstd.compress(content)
        case _:
            return content


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A manifest or index in a layout, with all the blobs that it needs."""

    descriptor: Mapping[str, Any]
    blobs: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        return str(self.descriptor["digest"])

    @property
    def content(self) -> bytes:
        return self.blobs[self.digest]

    def without(self, *digests: str) -> "Kept":
        """The same, with blobs gone."""
        left = {name: content for name, content in self.blobs.items() if name not in digests}
        return Kept(descriptor=self.descriptor, blobs=left)


def described(media_type: str, content: bytes, **more: object) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest(content), "size": len(content), **more}


def manifest(
    made: Made,
    how: Compression | Sequence[Compression] = "gzip",
    *,
    docker: bool = False,
    annotations: Mapping[str, str] | None = None,
    layer_type: str | None = None,
    config_type: str | None = None,
) -> Kept:
    """The image as a manifest with its blobs; `how` may be given for each layer."""
    each = [how] * len(made.layers) if isinstance(how, str) else how
    blobs = [compressed(one, kind) for one, kind in zip(made.layers, each, strict=True)]
    types = [
        layer_type
        or (
            f"{DOCKER}.image.rootfs.diff.tar{'.gzip' if kind else ''}"
            if docker
            else f"{OCI}.layer.v1.tar{_SUFFIX[kind]}"
        )
        for kind in each
    ]
    config_type = config_type or (f"{DOCKER}.container.image.v1+json" if docker else f"{OCI}.config.v1+json")
    media_type = f"{DOCKER}.distribution.manifest.v2+json" if docker else f"{OCI}.manifest.v1+json"
    data = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": described(config_type, made.config),
        "layers": [described(kind, blob) for kind, blob in zip(types, blobs, strict=True)],
        **({"annotations": dict(annotations)} if annotations else {}),
    }
    content = json.dumps(data).encode()
    return Kept(
        descriptor=described(media_type, content, platform=made.where),
        blobs={digest(one): one for one in (*blobs, made.config, content)},
    )


def attestation(of: Kept, config: bytes | None = None) -> Kept:
    """What BuildKit says about how a manifest was made."""
    statement = json.dumps({"_type": "https://in-toto.io/Statement/v0.1", "subject": of.digest}).encode()
    if config is None:
        rootfs = {"type": "layers", "diff_ids": [digest(statement)]}
        config = json.dumps({"os": "unknown", "architecture": "unknown", "rootfs": rootfs}).encode()
    data = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": described(f"{OCI}.config.v1+json", config),
        "layers": [described("application/vnd.in-toto+json", statement)],
    }
    content = json.dumps(data).encode()
    return Kept(
        descriptor=described(
            f"{OCI}.manifest.v1+json",
            content,
            platform={"os": "unknown", "architecture": "unknown"},
            annotations={
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": of.digest,
            },
        ),
        blobs={digest(one): one for one in (statement, config, content)},
    )


def index(*children: Kept, docker: bool = False) -> Kept:
    """An index of these."""
    media_type = f"{DOCKER}.distribution.manifest.list.v2+json" if docker else f"{OCI}.index.v1+json"
    listed = [dict(one.descriptor) for one in children]
    content = json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": listed}).encode()
    blobs = {digest(content): content}
    for one in children:
        blobs.update(one.blobs)
    return Kept(descriptor=described(media_type, content), blobs=blobs)


def two_platforms(how: Compression = "gzip") -> tuple[Kept, Kept, Kept]:
    """An index of two images, one of them with an attestation; and the two manifests."""
    first = manifest(image(1, 2), how)
    second = manifest(image(1, 3, platform="linux/arm64"), how)
    return index(first, second, attestation(first)), first, second


def layout(*roots: Kept | tuple[str, Kept]) -> Files:
    """An OCI image layout; a root may have a name, as containerd and BuildKit give it."""
    listed = []
    files: Files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    for root in roots:
        name, kept = root if isinstance(root, tuple) else ("", root)
        annotations = dict(kept.descriptor.get("annotations", {})) | _named(name)
        listed.append({**kept.descriptor, **({"annotations": annotations} if annotations else {})})
        files |= {f"blobs/{key.replace(':', '/')}": content for key, content in kept.blobs.items()}
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": listed}).encode()
    return files


def _named(name: str) -> dict[str, str]:
    if not name:
        return {}
    if ":" not in name:
        return {"org.opencontainers.image.ref.name": name}
    full = name if "/" in name else f"docker.io/library/{name}"
    return {
        "io.containerd.image.name": full,
        "org.opencontainers.image.ref.name": name.rpartition(":")[2],
    }


Several = Mapping[Made, Sequence[str]]
"""Images and the names of each."""


def docker_before_25(images: Several) -> Files:
    """`docker save` before version 25: a folder for each layer; one that comes again is a link."""
    files: Files = {}
    listed = []
    for made, names in images.items():
        paths, seen, parent = [], dict[str, str](), ""
        for number, (diff_id, content) in enumerate(zip(made.diff_ids, made.layers, strict=True)):
            parent = hashlib.sha256(f"{made.image_id}{number}{parent}".encode()).hexdigest()
            path = f"{parent}/layer.tar"
            files[f"{parent}/VERSION"] = b"1.0"
            files[f"{parent}/json"] = json.dumps({"id": parent}).encode()
            files[path] = Link(f"../{seen[diff_id]}") if diff_id in seen else content
            seen.setdefault(diff_id, path)
            paths.append(path)
        name = f"{made.image_id.removeprefix('sha256:')}.json"
        files[name] = made.config
        listed.append({"Config": name, "RepoTags": list(names) or None, "Layers": paths})
    files["manifest.json"] = json.dumps(listed).encode()
    files["repositories"] = b"{}"
    return files


def docker_25(images: Several, *, without_layers: bool = False) -> Files:
    """`docker save` since version 25, classic store: uncompressed blobs, and a manifest made up for the tar."""
    files: Files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "repositories": b"{}"}
    listed, roots = [], []
    for made, names in images.items():
        kept = manifest(made, "")
        if without_layers:
            content = json.dumps({**json.loads(kept.content), "layers": []}).encode()
            kept = Kept(
                descriptor=described(f"{OCI}.manifest.v1+json", content),
                blobs={**kept.without(kept.digest).blobs, digest(content): content},
            )
        roots += [(name, kept) for name in names] or [("", kept)]
        old = json.dumps({"id": made.image_id}).encode()
        files[f"blobs/{digest(old).replace(':', '/')}"] = old
        listed.append(_listed(made, names, made.diff_ids))
    return {**layout(*roots), **files, "manifest.json": json.dumps(listed).encode()}


def docker_containerd(*roots: tuple[str, Kept, Made, Kept]) -> Files:
    """`docker save` from the containerd store: name, what the store has, and one image of that."""
    listed = [
        _listed(made, [name] if name else [], [one["digest"] for one in json.loads(kept.content)["layers"]])
        for name, _, made, kept in roots
    ]
    files = layout(*((name, root) for name, root, _, _ in roots))
    return {**files, "manifest.json": json.dumps(listed).encode()}


def _listed(made: Made, names: Sequence[str], layers: Iterable[str]) -> dict[str, object]:
    def path(one: str) -> str:
        return f"blobs/{one.replace(':', '/')}"

    return {"Config": path(made.image_id), "RepoTags": list(names) or None, "Layers": list(map(path, layers))}


def tar(files: Mapping[str, bytes | Link], *, form: int = tarfile.PAX_FORMAT, folders: bool = False) -> bytes:
    """A tar with these entries, in this order."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as made:
        if folders:
            for name in sorted({str(Path(name).parent) for name in files} - {"."}):
                info = tarfile.TarInfo(f"{name}/")
                info.type = tarfile.DIRTYPE
                made.addfile(info)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, Link):
                info.type = tarfile.LNKTYPE if content.hard else tarfile.SYMTYPE
                info.linkname = content.target
                made.addfile(info)
            else:
                info.size = len(content)
                made.addfile(info, io.BytesIO(content))
    return file.getvalue()


def written(files: Mapping[str, bytes | Link], folder: Path) -> Path:
    """The same as files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content.target)
        else:
            path.write_bytes(content)
    return folder


def everything(read: Image) -> dict[str, bytes]:
    """All bytes that a source gives of an image, by the names that they are asked for by."""
    content = read.content
    names = (
        {one.digest for one in content.blobs}
        if isinstance(content, Packed)
        else {*(one.name for one in content.layers), content.config_digest}
    )
    parts = list(read.contents.parts(names))
    assert sorted(str(one.digest) for one in parts) == sorted(names)
    return {str(one.digest): b"".join(one.blocks()) for one in parts}
