"""What tests of the direct transport start from: candidates in files, runs side by side, ports before registries."""

import os
import random
import re
import socket
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.models.containers import Container

from pushstep.amounts import size
from tests.support import archives, held
from tests.support.archives import Made
from tests.support.pushstep import Pushstep, Run, environment
from tests.support.registries import Registry
from tests.support.spoiling import Doorkeeper, Spoiled, one_after_another
from tests.support.wire import Exchange, Kind, Wire, wire

UPLOAD = ("PUT", Kind.UPLOAD)
MANIFEST = ("PUT", Kind.MANIFEST)
_SUMMARY = re.compile(r"read (?P<read>.+?), compressed (?P<plain>.+?) to .+?, sent ")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What is pushed, as a run is told, and what is in it."""

    text: str
    made: Made

    @property
    def options(self) -> tuple[str, ...]:
        return "--candidate", self.text, "--transport", "direct"


def candidate(folder: Path, made: Made) -> Candidate:
    """A `docker save` tar."""
    path = folder / f"{made.image_id[7:19]}.tar"
    path.write_bytes(archives.tar(archives.docker_before_25({made: ("app:ci",)})))
    return Candidate(text=f"docker-archive:{path}", made=made)


Process = subprocess.Popen[bytes]
Start = Callable[..., Run]


def starting(tmp_path: Path) -> Start:
    def run(
        what: Candidate,
        *options: str,
        folder: Path | None = None,
        prefix: tuple[str, ...] = (),
        meanwhile: Callable[[Process], None] = lambda _: None,
    ) -> Run:
        folder = folder or tmp_path / uuid.uuid4().hex
        home, temporary = folder / "home", folder / "temporary"
        for one in (home, temporary):
            one.mkdir(parents=True, exist_ok=True)
        environ = {**environment(home), "TMPDIR": str(temporary)}
        pushstep = Pushstep(folder=folder, environ=environ)
        pushstep.argv = (*prefix, *pushstep.argv)
        done = pushstep(*what.options, *options, meanwhile=meanwhile)
        assert list(temporary.iterdir()) == []
        return done

    return run


@dataclass(kw_only=True)
class Own:
    """A registry that is nobody else's, so that it may be killed."""

    container: Container
    host: str

    def kill(self) -> None:
        self.container.kill()

    def start(self) -> None:
        self.container.start()
        for _ in range(100):
            try:
                held.tags(self.host, "nothing/here")
            except OSError:
                time.sleep(0.05)
            else:
                return


@contextmanager
def ownership(client: docker.DockerClient) -> Iterator[Own]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    container = client.containers.create(
        os.environ["DEV_REGISTRY_IMAGE"], ports={"5000/tcp": ("127.0.0.1", port)}
    )
    own = Own(container=container, host=f"127.0.0.1:{port}")
    try:
        own.start()
        yield own
    finally:
        container.remove(force=True, v=True)


@dataclass(frozen=True, kw_only=True)
class Way:
    """A destination of a run, behind a port that spoils."""

    port: Wire
    spoiled: Spoiled
    repository: str

    @property
    def reference(self) -> str:
        return f"{self.port.host}/{self.repository}:1"


@contextmanager
def ways(
    registry: Registry, spoiled: list[Spoiled], *, tokens: bool = False, older: bool = True
) -> Iterator[list[Way]]:
    """One for each: the repository holds an older image, and tokens are asked for."""
    with ExitStack() as stack:
        made = []
        for one, repository in zip(spoiled, names(len(spoiled)), strict=True):
            if older:
                earlier(registry, repository)
            port = stack.enter_context(wire(registry.host, one))
            if tokens:
                port.hook = one_after_another(one, Doorkeeper(host=port.host))
            made.append(Way(port=port, spoiled=one, repository=repository))
        yield made


def everywhere(made: list[Way], *more: str) -> tuple[str, str]:
    """What makes a run push there."""
    return "--tags", ",".join([*(one.reference for one in made), *more])


def earlier(registry: Registry, repository: str) -> str:
    """Have a repository hold an older image, of which a layer is the same; its name is returned."""
    held.put(
        registry.host, repository, "1", archives.manifest(archives.image(1, 9, size=40_000), docker=True)
    )
    return repository


def digest_of(one: Exchange) -> str:
    return one.target.rpartition("digest=")[2]


def puts(made: Wire) -> Counter[str]:
    """How often each blob was sent, or begun."""
    return Counter(digest_of(one) for one in made.seen if (one.method, one.kind) == UPLOAD)


def is_layer(one: Exchange) -> bool:
    return int(one.headers.get("Content-Length") or 0) > 30_000


def names(count: int) -> list[str]:
    return [f"acme/app-{uuid.uuid4().hex[:8]}" for _ in range(count)]


def dice() -> random.Random:
    """Chance whose seed is told, for whoever looks into a failure."""
    seed = random.randrange(1 << 32)  # noqa: S311 - no secret
    print(f"{seed=}")  # noqa: T201
    return random.Random(seed)  # noqa: S311 - likewise


def statuses(run: Run) -> list[list[str]]:
    return [[tag["status"] for tag in place["tags"]] for place in run.destinations]


def read_and_compressed(run: Run) -> tuple[str, str]:
    """What all attempts together read and compressed, as the log tells."""
    (found,) = _SUMMARY.finditer(run.log)
    return found["read"], found["plain"]


def once(what: Candidate, known: int = 0) -> tuple[str, str]:
    """The same of a run that does nothing twice, and nothing for its first `known` layers."""
    layers = sum(map(len, what.made.layers[known:]))
    return size(layers + len(what.made.config)), size(layers)
