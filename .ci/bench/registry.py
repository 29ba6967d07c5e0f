"""Real registries on loopback that hold what a run is to find: nothing, or what was pushed before."""

import http.client
import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.place import Place, version
from bench.service import Service

CONFIG = "/srv/registry.yml"
"""Inside of the root; also what tells these processes from others."""
_CONFIG = """\
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  cache: {blobdescriptor: inmemory}
  filesystem: {rootdirectory: /var/lib/registry}
http:
  addr: 127.0.0.1:0
"""
_ACCEPT = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in ("docker.distribution.manifest.v2", "oci.image.manifest.v1", "oci.image.index.v1")
)


@dataclass(kw_only=True)
class Registry:
    """One of them: distribution, storing files on the disk where everything else of this lies too."""

    host: str
    storage: Path
    service: Service

    def reset(self, contents: Path | None = None) -> None:
        """Begin anew, empty or with a copy of what another one held; it remembers nothing."""
        self.service.stop()
        shutil.rmtree(self.storage, ignore_errors=True)
        if contents:
            shutil.copytree(contents, self.storage)
        else:
            self.storage.mkdir()
        self.service.start()

    def keep(self, folder: Path) -> None:
        """Copy what it holds."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.storage, folder)

    def manifest(self, repository: str, tag: str) -> tuple[Any, int]:
        """Give the manifest under a tag, and its size."""
        status, body = _get(self.host, f"/v2/{repository}/manifests/{tag}")
        if status != http.client.OK:
            raise LookupError(f"{repository}:{tag} is not there: {status}")
        return json.loads(body), len(body)


@contextmanager
def registries(place: Place, number: int) -> Iterator[list[Registry]]:
    """Run several, and remove them with what they hold."""
    folder = place.newest / "srv"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "registry.yml").write_text(_CONFIG)
    made = [_registry(place, folder / str(one)) for one in range(number)]
    try:
        for one in made:
            one.reset()
        yield made
    finally:
        for one in made:
            one.service.stop()
            shutil.rmtree(one.storage, ignore_errors=True)


def registry_version(place: Place) -> str:
    """Name the program."""
    return f"distribution {version(place.newest, 'docker-registry')}"


def _registry(place: Place, storage: Path) -> Registry:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    inside = f"/srv/{storage.name}"
    environ = {"REGISTRY_HTTP_ADDR": host, "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": inside}
    root = str(place.newest)
    service = Service(
        name="the registry",
        argv=["chroot", root, "docker-registry", "serve", CONFIG],
        environ={**environ, "OTEL_TRACES_EXPORTER": "none"},
        answers=lambda: _answers(host),
        pid_file=place.run / f"registry-{storage.name}.pid",
        log=place.state / f"registry-{storage.name}.log",
    )
    return Registry(host=host, storage=storage, service=service)


def _answers(host: str) -> bool:
    try:
        return _get(host, "/v2/")[0] == http.client.OK
    except OSError:
        return False


def _get(host: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request("GET", path, headers={"Accept": _ACCEPT})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
