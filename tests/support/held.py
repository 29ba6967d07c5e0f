"""What a registry holds, asked over plain HTTP by nothing of pushstep: images whole, and tags that are not."""

import gzip
import hashlib
import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.archives import Kept, Made

_ACCEPT = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1",
        "oci.image.manifest.v1",
        "docker.distribution.manifest.list.v2",
        "docker.distribution.manifest.v2",
    )
)


def pulled(host: str, repository: str, tag: str) -> tuple[bytes, list[bytes]]:
    """The configuration and the unpacked layers of the image that the tag names, all digests verified."""
    with _asking(host, repository) as ask:
        manifest = ask("GET", f"manifests/{tag}")
        data = json.loads(manifest)
        blobs = [ask("GET", f"blobs/{one['digest']}") for one in (data["config"], *data["layers"])]
    for one, blob in zip((data["config"], *data["layers"]), blobs, strict=True):
        assert one["digest"] == f"sha256:{hashlib.sha256(blob).hexdigest()}"
        assert one["size"] == len(blob)
    return blobs[0], [gzip.decompress(blob) for blob in blobs[1:]]


def check(host: str, repository: str, tag: str, made: Made) -> None:
    """The tag names this very image."""
    config, layers = pulled(host, repository, tag)
    assert config == made.config
    assert layers == list(made.layers)


def in_layout(folder: Path, tag: str) -> tuple[bytes, list[bytes]]:
    """The same of an image layout."""

    def blob(digest: str) -> bytes:
        content = (folder / "blobs" / digest.replace(":", "/")).read_bytes()
        assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
        return content

    roots = json.loads((folder / "index.json").read_text())["manifests"]
    named = {one["annotations"]["org.opencontainers.image.ref.name"]: one["digest"] for one in roots}
    data = json.loads(blob(named[tag]))
    layers = [gzip.decompress(blob(one["digest"])) for one in data["layers"]]
    return blob(data["config"]["digest"]), layers


def tags(host: str, repository: str) -> list[str]:
    """All tags, each of which names an image that is there to its last byte."""
    with _asking(host, repository) as ask:
        found: list[str] = json.loads(ask("GET", "tags/list", absent=b'{"tags":[]}'))["tags"] or []
        for tag in found:
            manifest = json.loads(ask("GET", f"manifests/{tag}"))
            for one in (manifest["config"], *manifest["layers"]):
                ask("HEAD", f"blobs/{one['digest']}")
    return sorted(found)


def put(host: str, repository: str, tag: str, kept: Kept) -> None:
    """Have the registry hold an image before a test."""
    with _asking(host, repository) as ask:
        for name, blob in kept.blobs.items():
            if name != kept.digest:
                location = ask("POST", "blobs/uploads/", header="Location")
                ask("PUT", f"{location.decode()}&digest={name}", blob)
        ask("PUT", f"manifests/{tag}", kept.content, kind=str(kept.descriptor["mediaType"]))


def forget(host: str, session: str) -> None:
    """Have the registry forget an upload that was begun."""
    with _asking(host, "") as ask:
        ask("DELETE", f"http://{host}{session}")


@contextmanager
def _asking(host: str, repository: str) -> Iterator[Any]:
    connection = http.client.HTTPConnection(host, timeout=20)

    def ask(
        method: str,
        path: str,
        body: bytes = b"",
        *,
        header: str = "",
        kind: str = "application/octet-stream",
        absent: bytes | None = None,
    ) -> bytes:
        path = path.partition(host)[2] if "://" in path else f"/v2/{repository}/{path}"
        connection.request(method, path, body, {"Accept": _ACCEPT, "Content-Type": kind})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == 404 and absent is not None:
            return absent
        assert answer.status < 300, f"{method} {path} {answer.status} {content!r}"
        return (answer.getheader(header) or "").encode() if header else content

    try:
        yield ask
    finally:
        connection.close()
