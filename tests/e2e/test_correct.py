"""Every shape that an image comes in is pushed, and pulled again by docker, skopeo and podman: the same image.

What a source holds is read by another reader (tests/support/contents.py); each case pushes two tags.
"""

import base64
import json
import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import archives
from tests.support.contents import Content, Stored, of_docker, of_layout
from tests.support.machine import PASSWORD, Machine, Second
from tests.support.pushstep import ROOT

FOLDER = "/correct"
HOSTS = ("registry.example.com", "quay.io")
TAGS = ("1", "latest")
PUSHSTEP = ("/opt/pushstep/bin/python", "-I", "/app/entrypoint.py", "push")
KEPT = ("architecture", "created", "history", "os", "rootfs")
"""What skopeo takes over of a configuration, apart from `config`, of which it drops what is Docker's alone."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A candidate, and where another reader finds the same image."""

    candidate: str
    witness: str
    """A file: the tar of `docker save`, or of a layout."""
    store: str = "classic"
    """The daemon that the run finds: of the machine (`classic`), or the second one (`containerd`)."""
    as_it_is: bool = False
    """Whether the manifest or index goes byte for byte: all of it is compressed already."""


SOURCES = {
    "daemon, classic store": Source(candidate="correct:ci", witness="classic.tar"),
    "daemon, containerd store, loaded": Source(
        candidate="loaded:ci", witness="loaded.tar", store="containerd"
    ),
    "daemon, containerd store, built": Source(
        candidate="built:ci", witness="built.tar", store="containerd", as_it_is=True
    ),
    "daemon, containerd store, two platforms": Source(
        candidate="two:ci", witness="two.tar", store="containerd", as_it_is=True
    ),
    # of two platforms, Docker has pulled its own alone
    "daemon, containerd store, pulled": Source(
        candidate="pulled:ci", witness="pulled.tar", store="containerd"
    ),
    "docker-archive, since 25": Source(candidate="docker-archive:classic.tar", witness="classic.tar"),
    "docker-archive, before 25": Source(candidate="docker-archive:before.tar", witness="before.tar"),
    "docker-archive, compressed": Source(candidate="docker-archive:classic.tar.gz", witness="classic.tar"),
    "docker-archive, of the developer's daemon": Source(
        candidate="docker-archive:outside.tar", witness="outside.tar"
    ),
    "docker-archive, containerd store": Source(
        candidate="docker-archive:built.tar", witness="built.tar", as_it_is=True
    ),
    "oci-archive": Source(candidate="oci-archive:layout.tar:ci", witness="layout.tar", as_it_is=True),
    "oci": Source(candidate="oci:layout:ci", witness="layout.tar", as_it_is=True),
    "oci, zstd": Source(candidate="oci:zstd", witness="zstd.tar", as_it_is=True),
    "oci, two platforms": Source(candidate="oci:two", witness="two.tar", as_it_is=True),
    "registry, another": Source(
        candidate="docker://quay.io/acme/correct:ci", witness="layout.tar", as_it_is=True
    ),
    "registry, the same, two platforms": Source(
        candidate="docker://registry.example.com/acme/two:ci", witness="other.tar", as_it_is=True
    ),
}
PULLED = "daemon, containerd store, pulled"
DAEMONS = {name: one for name, one in SOURCES.items() if name.startswith("daemon") and name != PULLED}


@dataclass(frozen=True, kw_only=True)
class Place:
    """The machine with all these sources, a daemon for each store, and one more that has nothing."""

    machine: Machine
    containerd: Second
    empty: Second

    def push(self, source: Source, *options: str) -> tuple[str, Mapping[str, Any]]:
        """Push it to a new repository; returns its name and what the report says of the step."""
        name = f"team/{uuid.uuid4().hex[:10]}"
        where = self.machine if source.store == "classic" else self.containerd
        done = where.run(
            *(*PUSHSTEP, "--json", "--candidate", source.candidate, "--registry", "registry.example.com"),
            *("--image-name", name, "--tags", ",".join(TAGS), *options),
            cwd=FOLDER,
        )
        (step,) = json.loads(done.stdout)["steps"]
        assert (step["result"], len(step["destinations"][0]["tags"])) == ("success", len(TAGS))
        return f"registry.example.com/{name}", step

    def pulled(self, name: str) -> "Pulled":
        """What the registry has there, and what its clients get."""
        script = ("python3", f"{FOLDER}/clients.py", name, *TAGS)
        found = json.loads(self.empty.run(*script, environ={"PASSWORD": PASSWORD}).stdout)
        return Pulled(
            registry=_stored(found["registry"]),
            skopeo=_stored(found["skopeo"]),
            tags=found["tags"],
            docker=found["docker"],
            podman=found["podman"],
        )

    def witness(self, source: Source) -> "Content | Stored":
        """The image as another reader finds it at its source."""
        archive = self.machine.fetch(f"{FOLDER}/{source.witness}")
        return of_layout(archive) if source.as_it_is else of_docker(archive)


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """An image in a registry, and at its clients."""

    registry: Stored
    skopeo: Stored
    tags: list[str]
    docker: Mapping[str, Any]
    podman: Mapping[str, Any]


def _stored(data: Mapping[str, Any]) -> Stored:
    blobs = {name: base64.b64decode(content) for name, content in data["blobs"].items()}
    return Stored(root=data["root"], blobs=blobs)


@pytest.fixture(scope="module", name="place")
def _place(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    for host in HOSTS:
        machine.login(host)
    machine.run("rm", "-rf", FOLDER)
    for name in ("two", "other"):
        files = archives.layout((f"{name}:ci", _two_platforms()))
        machine.put(f"{FOLDER}/{name}", files)  # type: ignore[arg-type]  # no links are among them
    context = {"Dockerfile": "FROM scratch\nCOPY a /\nCOPY b /\nCOPY a /\nENV A=b\n", **_contents()}
    outside = _outside(context, tmp_path_factory.mktemp("outside"))
    before = (ROOT / "tests/fixtures/archives/docker-20.10.tar").read_bytes()
    clients = (ROOT / "tests/support/clients.py").read_bytes()
    machine.put(FOLDER, {**context, "outside.tar": outside, "before.tar": before, "clients.py": clients})
    machine.run("sh", "-euc", _PREPARED, cwd=FOLDER)
    with (
        machine.second_daemon(tls=None, containerd=True) as containerd,
        machine.second_daemon(tls=None) as empty,
    ):
        containerd.run("sh", "-euc", _LOADED, cwd=FOLDER)
        yield Place(machine=machine, containerd=containerd, empty=empty)
    machine.docker("rmi", "correct:ci")
    for host in HOSTS:
        machine.docker("logout", host)


_PREPARED = """
docker build --quiet --tag correct:ci .
docker save --output classic.tar correct:ci
gzip --keep classic.tar
tar -C two -cf two.tar .
tar -C other -cf other.tar .
skopeo copy docker-archive:classic.tar oci:layout:ci
skopeo copy --dest-compress-format zstd docker-archive:classic.tar oci:zstd
skopeo copy oci:layout:ci docker://quay.io/acme/correct:ci
skopeo copy --all oci:other docker://registry.example.com/acme/two:ci
tar -C layout -cf layout.tar .
tar -C zstd -cf zstd.tar .
image=$(docker create ghcr.io/owner/pushstep:1)
docker cp --quiet "$image:/opt/pushstep" /opt
docker cp --quiet "$image:/app" /
docker rm "$image"
"""
_LOADED = """
docker load --input classic.tar
docker tag correct:ci loaded:ci
docker save --output loaded.tar loaded:ci
docker load --input two.tar
docker build --quiet --tag built:ci .
docker save --output built.tar built:ci
docker pull --quiet registry.example.com/acme/two:ci
docker tag registry.example.com/acme/two:ci pulled:ci
docker save --output pulled.tar pulled:ci
"""


def _two_platforms() -> archives.Kept:
    """An index that no registry has yet: of two images with one layer in common, one with an attestation."""
    first, second, third = (uuid.uuid4().int for _ in range(3))
    amd64 = archives.manifest(archives.image(first, second))
    arm64 = archives.manifest(archives.image(first, third, platform="linux/arm64"))
    return archives.index(amd64, arm64, archives.attestation(amd64))


def _contents() -> dict[str, str]:
    """Two files that no registry has yet: few bytes, and so many that they are read in pieces."""
    return {"a": uuid.uuid4().hex, "b": uuid.uuid4().hex * 100_000}


def _outside(context: Mapping[str, str], folder: Path) -> bytes:
    """What the developer's own daemon saves."""
    for name, text in context.items():
        (folder / name).write_text(text)
    name = f"pushstep-dev/correct-{uuid.uuid4().hex[:10]}:ci"
    build = ["docker", "build", "--quiet", "--tag", name, str(folder)]
    environ = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    subprocess.run(build, check=True, capture_output=True, env=environ)
    try:
        return subprocess.run(["docker", "save", name], check=True, capture_output=True).stdout
    finally:
        subprocess.run(["docker", "rmi", name], check=True, capture_output=True)


# --- pulled again --------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_what_is_pushed_is_pulled_again(place: Place, source: Source) -> None:
    name, step = place.push(source, "--transport", "direct")

    witness, pulled = place.witness(source), place.pulled(name)
    check(step, witness, pulled)
    if isinstance(witness, Stored):
        # byte for byte, manifests included
        assert pulled.registry == pulled.skopeo == witness


@pytest.mark.parametrize("source", DAEMONS.values(), ids=DAEMONS)
def test_the_daemon_pushes_the_same(place: Place, source: Source) -> None:
    # a daemon of this store writes the manifests of an index under the tag that it asks for at the same time, and
    # the registry answers 500 now and then: it reads a file that is written. `docker push` would fail as well.
    again = ("--retry", "{maxAttempts: 5, delay: 0.2}")
    name, step = place.push(source, "--transport", "daemon", *(again if source.store == "containerd" else ()))

    check(step, place.witness(source), place.pulled(name))


def check(step: Mapping[str, Any], witness: Content | Stored, pulled: Pulled) -> None:
    """See that the image is the same everywhere: configuration, layers uncompressed, ID."""
    contents = witness.contents if isinstance(witness, Stored) else [witness]
    mine = contents[0]
    assert mine.told["rootfs"]["diff_ids"] == mine.diff_ids
    assert pulled.registry.contents == contents
    assert set(pulled.tags) == {pulled.registry.root} == {step["digest"]}
    assert step["image_id"] == (mine.image_id if len(contents) == 1 else pulled.registry.root)
    assert pulled.docker == {"id": mine.image_id, "layers": mine.diff_ids}
    assert pulled.podman == {"id": mine.image_id, "layers": mine.diff_ids}
    check_layout(pulled)


def check_layout(pulled: Pulled) -> None:
    """See that skopeo has the same in its layout; it writes Docker's configurations anew, in OCI's form."""
    for own, theirs in zip(pulled.registry.contents, pulled.skopeo.contents, strict=True):
        assert theirs.layers == own.layers
        assert {key: theirs.told.get(key) for key in KEPT} == {key: own.told.get(key) for key in KEPT}
        assert theirs.told.get("config", {}).items() <= own.told.get("config", {}).items()


# --- two platforms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("name", ["oci, two platforms", "daemon, containerd store, two platforms"])
def test_a_platform_picks_one_of_two(place: Place, name: str, number: int) -> None:
    witness = place.witness(SOURCES[name])
    assert isinstance(witness, Stored)
    wanted = witness.children[number]

    pushed, step = place.push(SOURCES[name], "--platform", ["linux/amd64", "linux/arm64"][number])

    assert step["image_id"] == wanted.content.image_id
    assert step["digest"] == wanted.root
    assert place.machine.digest(pushed, TAGS[1]) == wanted.root
