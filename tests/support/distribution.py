"""Registries of distribution for one test module: a process each, all in one container, so that they cost little."""

import socket
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import yaml
from docker.models.containers import Container

_FILES = "/files"
_FIRST_PORT = 5001


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """One registry: where it is from here, and where it is in the container's own network."""

    host: str
    address: str

    @property
    def port(self) -> int:
        """The one on this machine."""
        return int(self.host.rpartition(":")[2])


@contextmanager
def distributions(
    client: docker.DockerClient, image: str, folder: Path, settings: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Distribution]]:
    """Run one for each of `settings`, by its name; files in `folder` are below `/files`."""
    ports = {name: _FIRST_PORT + number for number, name in enumerate(settings)}
    for name, wanted in settings.items():
        http = {"addr": f":{ports[name]}", **wanted.get("http", {})}
        whole = {"version": "0.1", "log": {"level": "error"}, "storage": {"inmemory": {}}}
        (folder / f"{ports[name]}.yml").write_text(yaml.safe_dump({**whole, **wanted, "http": http}))
    script = " & ".join(f"registry serve {_FILES}/{port}.yml" for port in ports.values())
    container = client.containers.run(
        image,
        entrypoint=["sh", "-c", f"{script} & wait"],
        command=[],
        name=f"pushstep-dev-{uuid.uuid4().hex[:8]}",
        volumes=[f"{folder}:{_FILES}:ro"],
        ports={f"{port}/tcp": ("127.0.0.1", 0) for port in ports.values()},
        detach=True,
    )
    try:
        yield _found(container, ports)
    finally:
        container.remove(force=True, v=True)


def _found(container: Container, ports: Mapping[str, int]) -> dict[str, Distribution]:
    container.reload()
    network = container.attrs["NetworkSettings"]
    found = {}
    for name, port in ports.items():
        there = network["Ports"][f"{port}/tcp"][0]["HostPort"]
        host = f"127.0.0.1:{there}"
        _awaited(container, name, host)
        found[name] = Distribution(host=host, address=f"{network['IPAddress']}:{port}")
    return found


def _awaited(container: Container, name: str, host: str) -> None:
    """Wait until it answers: with TLS it says in plain words that it wants TLS."""
    last = time.monotonic() + 15
    while time.monotonic() < last:
        try:
            with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), timeout=5) as one:
                one.sendall(b"GET / HTTP/1.0\r\n\r\n")
                if one.recv(1):
                    return
        except OSError:
            pass
        time.sleep(0.02)
    raise TimeoutError(f"the registry {name} does not answer:\n{container.logs().decode(errors='replace')}")
