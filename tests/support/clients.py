"""Runs on the machine of the runners: HOST/REPOSITORY TAG... pulled by every client there; what each got, as JSON.

    registry   what it holds under the first tag, read here and hashed: root, and all blobs below it
    tags       what each tag names there
    skopeo     the first tag copied into a layout: root and blobs
    docker     ID and diff IDs of the first tag, by the daemon at /var/run/docker.sock
    podman     the same of Podman

Blobs are base64. The password of the user `bot` is in the environment.
"""

import base64
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

_ACCEPTED = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        *("oci.image.index.v1", "oci.image.manifest.v1"),
        *("docker.distribution.manifest.list.v2", "docker.distribution.manifest.v2"),
    )
)


def main(name: str, tags: list[str]) -> None:
    """Let all of them pull at the same time."""
    image = f"{name}:{tags[0]}"
    with ThreadPoolExecutor() as pool:
        found: dict[str, Future[Any]] = {
            "registry": pool.submit(registry, name, tags[0]),
            "tags": pool.submit(lambda: [manifest(name, tag)[0] for tag in tags]),
            "skopeo": pool.submit(skopeo, image),
            "docker": pool.submit(pulled, "docker", image),
            "podman": pool.submit(pulled, "podman", image),
        }
        print(json.dumps({key: one.result() for key, one in found.items()}))  # noqa: T201 - its result


def registry(name: str, tag: str) -> dict[str, Any]:
    """Give a manifest or index, and all that it names."""
    root, content = manifest(name, tag)
    blobs = {root: content}
    collect(name, content, blobs)
    return stored(root, blobs)


def collect(name: str, content: bytes, blobs: dict[str, bytes]) -> None:
    """Add what is below a manifest or index."""
    data = json.loads(content)
    for child in data.get("manifests", ()):
        blobs[child["digest"]] = below = get(name, f"manifests/{child['digest']}")
        collect(name, below, blobs)
    for one in [data["config"], *data["layers"]] if "layers" in data else []:
        blobs[one["digest"]] = get(name, f"blobs/{one['digest']}")


def manifest(name: str, tag: str) -> tuple[str, bytes]:
    """Give the digest that it has, and its bytes."""
    content = get(name, f"manifests/{tag}")
    return digest(content), content


def get(name: str, path: str) -> bytes:
    """Ask the registry."""
    host, _, repository = name.partition("/")
    context = ssl.create_default_context(cafile="/etc/ssl/certs/ca-certificates.crt")
    login = base64.b64encode(f"bot:{os.environ['PASSWORD']}".encode()).decode()
    headers = {"Accept": _ACCEPTED, "Authorization": f"Basic {login}"}
    request = urllib.request.Request(f"https://{host}/v2/{repository}/{path}", headers=headers)
    with urllib.request.urlopen(request, context=context, timeout=20) as answer:
        content: bytes = answer.read()
    return content


def skopeo(image: str) -> dict[str, Any]:
    """Copy it into a layout: an index with all that it names."""
    folder = Path(tempfile.mkdtemp())
    run("skopeo", "copy", "--all", f"docker://{image}", f"oci:{folder}:here")
    (root,) = json.loads((folder / "index.json").read_text())["manifests"]
    blobs = {f"sha256:{path.name}": path.read_bytes() for path in (folder / "blobs/sha256").iterdir()}
    shutil.rmtree(folder)
    return stored(root["digest"], blobs)


def pulled(client: str, image: str) -> dict[str, Any]:
    """Pull it, and forget it again, so that the next one comes whole."""
    run(client, "pull", "--quiet", image)
    (told,) = json.loads(run(client, "image", "inspect", image))
    run(client, "rmi", image)
    return {"id": f"sha256:{told['Id'].removeprefix('sha256:')}", "layers": told["RootFS"]["Layers"]}


def stored(root: str, blobs: dict[str, bytes]) -> dict[str, Any]:
    """Blobs that are what they are called."""
    assert all(digest(content) == name for name, content in blobs.items()), sorted(blobs)
    return {"root": root, "blobs": {name: base64.b64encode(one).decode() for name, one in blobs.items()}}


def digest(content: bytes) -> str:
    """Give its name."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def run(*argv: str) -> str:
    """Run a command; what it says of a failure is this script's last word."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{argv}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
