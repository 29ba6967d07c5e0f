#!/usr/bin/env python3
"""Stands in for buildah: makes images, without a daemon, and writes them into files.

buildah build [--platform OS/ARCH,...] (-t | --manifest) NAME SOURCE
buildah push NAME oci:DIR
buildah manifest push --all NAME oci-archive:FILE

SOURCE is a folder, whose files are the image, or a file that `docker save` wrote. That one's image is there for
every platform then, and for all but its own in name only: nothing is emulated.
"""

import argparse
import gzip
import io
import json
import shutil
import sys
import tarfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

STORE = Path("/var/tmp/buildah")  # noqa: S108 - the real one's folder for builds
OCI = "application/vnd.oci.image"


def main(words: list[str]) -> None:
    """Do what the command line says."""
    if words[:2] == ["manifest", "push"]:
        words = [word for word in words[1:] if word != "--all"]
    command, *rest = words
    if command == "build":
        parser = argparse.ArgumentParser()
        parser.add_argument("--platform", default="linux/amd64")
        parser.add_argument("-t", "--manifest", dest="name", required=True)
        parser.add_argument("source", type=Path)
        given = parser.parse_args(rest)
        build(STORE / given.name, given.source, given.platform.split(","))
    elif command == "push":
        push(STORE / rest[0], *rest[1].split(":"))
    else:
        sys.exit(f"{command}: the stand-in does not know this")


def build(layout: Path, source: Path, platforms: list[str]) -> None:
    """Make a layout of one image for each platform, and an index where there are several."""
    shutil.rmtree(layout, ignore_errors=True)
    (layout / "blobs/sha256").mkdir(parents=True)
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    config, tars = files(source) if source.is_dir() else saved(source)
    # a low level: the tests wait for it
    layers = [put(layout, f"{OCI}.layer.v1.tar+gzip", gzip.compress(tar, 1, mtime=0)) for tar in tars]
    made = [image(layout, config, layers, *platform.split("/")) for platform in platforms]
    if len(made) > 1:
        index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": made}
        made = [put(layout, f"{OCI}.index.v1+json", json.dumps(index).encode())]
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": made}))


def files(folder: Path) -> tuple[bytes, Iterable[bytes]]:
    """Give configuration and the one layer of a folder's files."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for path in sorted(folder.iterdir()):
            if path.is_file():
                tar.add(path, f"app/{path.name}")
    diff_id = f"sha256:{sha256(layer.getvalue()).hexdigest()}"
    config = {"config": {"WorkingDir": "/app"}, "rootfs": {"type": "layers", "diff_ids": [diff_id]}}
    return json.dumps(config).encode(), [layer.getvalue()]


def saved(path: Path) -> tuple[bytes, Iterable[bytes]]:
    """Give configuration and layers of the image that `docker save` wrote."""
    (one,) = json.loads(next(members(path, ["manifest.json"])))
    return next(members(path, [one["Config"]])), members(path, one["Layers"])


def members(path: Path, names: list[str]) -> Iterator[bytes]:
    """Give files of a tar, one after the other: a large image is not in memory whole."""
    with tarfile.open(path) as tar:
        for name in names:
            # a layer that is there twice is a link the second time
            yield tar.extractfile(name).read()  # type: ignore[union-attr]  # none is a folder


def image(
    layout: Path, config: bytes, layers: list[dict[str, object]], system: str, architecture: str
) -> dict[str, object]:
    """Put one image of the layers; returns its descriptor."""
    platform = {"os": system, "architecture": architecture}
    told = json.loads(config)
    if not platform.items() <= told.items():
        config = json.dumps({**told, **platform}).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": put(layout, f"{OCI}.config.v1+json", config),
        "layers": layers,
    }
    found = put(layout, f"{OCI}.manifest.v1+json", json.dumps(manifest).encode())
    return {**found, "platform": platform}


def put(layout: Path, media_type: str, content: bytes) -> dict[str, object]:
    """Store a blob; returns its descriptor."""
    name = sha256(content).hexdigest()
    (layout / "blobs/sha256" / name).write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{name}", "size": len(content)}


def push(layout: Path, transport: str, path: str) -> None:
    """Copy the layout to a folder, or into an archive."""
    if transport == "oci":
        shutil.copytree(layout, path, dirs_exist_ok=True)
    elif transport == "oci-archive":
        with tarfile.open(path, mode="w") as tar:
            for entry in sorted(layout.iterdir()):
                tar.add(entry, entry.name)
    else:
        sys.exit(f"{transport}: the stand-in does not know this transport")


if __name__ == "__main__":
    main(sys.argv[1:])
