"""What an image is, however it is stored: its configuration, and its layers as they are uncompressed.

Read without a line of pushstep, so that what both say of the same image is worth comparing.
"""

import gzip
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


@dataclass(frozen=True, kw_only=True)
class Content:
    """One image of one platform; or an attestation, which is stored like one."""

    config: bytes
    layers: tuple[bytes, ...]
    """Lowest first."""

    @property
    def image_id(self) -> str:
        return digest(self.config)

    @property
    def diff_ids(self) -> list[str]:
        return list(map(digest, self.layers))

    @property
    def told(self) -> dict[str, Any]:
        """The configuration, parsed."""
        found: dict[str, Any] = json.loads(self.config)
        return found


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Blobs by their digest, and that of the manifest or index they belong to."""

    root: str
    blobs: Mapping[str, bytes]

    @property
    def manifest(self) -> dict[str, Any]:
        """What the root is, parsed."""
        found: dict[str, Any] = json.loads(self.blobs[self.root])
        return found

    @property
    def children(self) -> list["Stored"]:
        """What an index names."""
        return [Stored(root=one["digest"], blobs=self.blobs) for one in self.manifest["manifests"]]

    @property
    def content(self) -> Content:
        """What a manifest names."""
        data = self.manifest
        layers = [unpacked(self.blobs[one["digest"]]) for one in data["layers"]]
        return Content(config=self.blobs[data["config"]["digest"]], layers=tuple(layers))

    @property
    def contents(self) -> list[Content]:
        """Of everything under the root, in its order."""
        if "manifests" in self.manifest:
            return [content for child in self.children for content in child.contents]
        return [self.content]


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def unpacked(blob: bytes) -> bytes:
    """What a blob is, uncompressed."""
    if blob.startswith(b"\x1f\x8b"):
        return gzip.decompress(blob)
    if blob.startswith(b"\x28\xb5\x2f\xfd"):
        return zstd.decompress(blob)
    return blob


def of_docker(archive: bytes) -> Content:
    """The one image that `manifest.json` names in a tar of `docker save`."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:

        def read(path: str) -> bytes:
            file = tar.extractfile(path)  # it follows links
            assert file, path
            return file.read()

        (one,) = json.loads(read("manifest.json"))
        layers = tuple(unpacked(read(path)) for path in one["Layers"])
        return Content(config=read(one["Config"]), layers=layers)


def of_layout(archive: bytes) -> Stored:
    """The one image or index in a tar of a layout."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {one.name.removeprefix("./"): tar.extractfile(one) for one in tar if one.isfile()}
        contents = {name: file.read() for name, file in files.items() if file}
    (root,) = json.loads(contents["index.json"])["manifests"]
    blobs = {
        name.removeprefix("blobs/").replace("/", ":"): content
        for name, content in contents.items()
        if name.startswith("blobs/")
    }
    assert blobs.keys() == {digest(content) for content in blobs.values()}
    return Stored(root=root["digest"], blobs=blobs)
