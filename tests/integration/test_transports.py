"""Who pushes, and what is sent: the direct transport, the daemon, and what `auto` makes of them."""

import gzip
import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.images import Image

from tests.integration.conftest import build, remove
from tests.integration.test_container import in_container
from tests.support.proxy import in_front_of
from tests.support.pushstep import Pushstep, Run
from tests.support.registries import PASSWORD, USER, Registry

NOTICE = "cannot be reached from here, so the Docker daemon pushes there"


def read(registry: Registry, repository: str, tag: str = "1") -> tuple[Any, list[str]]:
    """The configuration under a tag, and digests of the layers, uncompressed."""
    manifest = json.loads(registry.content(repository, "manifests", tag))
    layers = [registry.content(repository, "blobs", one["digest"]) for one in manifest["layers"]]
    plain = [hashlib.sha256(gzip.decompress(one)).hexdigest() for one in layers]
    return registry.content(repository, "blobs", manifest["config"]["digest"]), plain


def statuses(run: Run) -> list[str]:
    return [tag["status"] for place in run.destinations for tag in place["tags"]]


def layers(run: Run) -> list[str]:
    return [layer["status"] for place in run.destinations for layer in place["layers"]]


@pytest.mark.usefixtures("unchanged_names")
def test_both_transports_push_the_same_image(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    registry = registries["open"]
    options = ("--candidate", image.tags[0], "--registry", registry.host, "--tag", "1")

    for transport, status in (("direct", "created"), ("daemon", "pushed")):
        run = pushstep(*options, "--image-name", f"{repository}/{transport}", f"--transport={transport}")
        assert statuses(run) == [status]
        assert run.report["steps"][0]["image_id"] == image.id
    assert read(registry, f"{repository}/direct") == read(registry, f"{repository}/daemon")


@pytest.mark.usefixtures("unchanged_names")
def test_what_the_daemon_pushed_before_is_not_sent_again(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    options = (
        "--candidate",
        image.tags[0],
        "--registry",
        registries["open"].host,
        "--image-name",
        repository,
    )
    pushstep(*options, "--tag=latest", "--transport=daemon")

    run = pushstep(*options, "--tags=1,latest")

    assert statuses(run) == ["created", "unchanged"]
    assert set(layers(run)) == {"present"}
    (place,) = run.destinations
    assert place["bytes_sent"] < 2000
    assert place["requests"] <= 6


def test_only_the_layer_that_changed_is_sent(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    docker_client: docker.DockerClient,
    repository: str,
    tmp_path: Path,
) -> None:
    registry = registries["open"]
    base = build(docker_client, tmp_path, f"pushstep-dev/{repository}-base", megabytes=1)
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM {base.tags[0]}\nCOPY Dockerfile /\n")
    more, _ = docker_client.images.build(path=str(folder), tag=f"pushstep-dev/{repository}:more", rm=True)
    options = ("--registry", registry.host, "--image-name", repository, "--tag", "1")
    try:
        first = pushstep("--candidate", base.tags[0], *options)
        assert layers(first) == ["uploaded"]
        before = first.report["steps"][0]["digest"]
        second = pushstep("--candidate", more.tags[0], *options)
    finally:
        remove(docker_client, more.tags[0])
        remove(docker_client, base.tags[0])

    assert layers(second) == ["present", "uploaded"]
    assert second.destinations[0]["tags"][0]["previous_digest"] == before
    assert second.destinations[0]["bytes_sent"] < 5000


@pytest.mark.usefixtures("unchanged_names")
def test_auto_leaves_to_the_daemon_what_only_the_daemon_reaches(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str, socket: str
) -> None:
    """From inside a container, where the registry on the host's loopback is not."""
    command = in_container(pushstep, "pushstep-dev/pushstep:test", socket)
    options = (
        "--candidate",
        image.tags[0],
        "--registry",
        registries["open"].host,
        "--image-name",
        repository,
    )

    run = command(*options)

    assert (run.status, NOTICE in run.err) == (0, True), run.err
    assert registries["open"].tags(repository) == ["latest"]


@pytest.mark.usefixtures("unchanged_names")
@pytest.mark.parametrize("name", ["tls", "htpasswd"])
def test_auto_never_goes_around_a_refusal(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str, name: str
) -> None:
    """The daemon would take any certificate of a registry on loopback."""
    run = pushstep(
        "--candidate", image.tags[0], "--registry", registries[name].host, "--image-name", repository
    )

    assert (run.status, run.codes) == (1, ["tls" if name == "tls" else "login"])
    assert NOTICE not in run.err


def test_auto_sends_no_credential_to_a_far_daemon(
    pushstep: Pushstep, image: Image, repository: str, socket: str, docker_client: docker.DockerClient
) -> None:
    """Only who asks for the daemon sends passwords to it unencrypted (interface 4)."""
    address = docker_client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
    options = ("--candidate", image.tags[0], "--registry", "127.0.0.1:1", "--image-name", repository)
    with in_front_of(socket, address) as proxy:
        run = pushstep(
            *options,
            *("--username", USER, "--password-stdin"),
            stdin=PASSWORD,
            environ={"DOCKER_HOST": proxy.address},
        )

    assert (run.status, run.codes) == (1, ["unreachable"])
    assert NOTICE not in run.err


@pytest.mark.usefixtures("unchanged_names")
def test_a_plan_tells_what_would_be_sent_and_what_tags_name(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    registry = registries["open"]
    options = ("--candidate", image.tags[0], "--registry", registry.host, "--image-name", repository)
    plan = Pushstep(folder=pushstep.folder, environ=pushstep.environ, command="plan")

    before = plan(*options, "--tags=1,latest")
    pushstep(*options, "--tag=1")
    after = plan(*options, "--tags=1,latest")

    assert "1 of 1 layer to send" in before.out
    assert before.out.count(", a new tag") == 2
    assert "0 of 1 layer to send" in after.out
    assert f"{repository}:1 as anonymous, which names it already" in after.out
    assert f"{repository}:latest as anonymous, a new tag" in after.out
    assert registry.tags(repository) == ["1"]


def test_a_promotion_inside_a_registry_sends_no_layer(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    registry = registries["htpasswd"]
    login = ("--registry", registry.host, "--username", USER, "--password-stdin")
    pushstep(
        *("--candidate", image.tags[0], *login, "--image-name", f"{repository}/dev", "--tag=1"),
        stdin=PASSWORD,
    )

    run = pushstep(
        *("--candidate", f"docker://{registry.host}/{repository}/dev:1", *login),
        *("--image-name", f"{repository}/prod", "--tag=1"),
        stdin=PASSWORD,
    )

    assert run.status == 0, run.err
    assert layers(run) == ["mounted"]
    assert run.report["steps"][0]["image_id"] == image.id
    assert registry.digest(f"{repository}/prod", "1") == registry.digest(f"{repository}/dev", "1")
    assert run.destinations[0]["bytes_sent"] < 2000


@pytest.mark.usefixtures("unchanged_names")
def test_section_4_a_name_with_a_host_is_read_from_there(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    """Where the daemon has no such image, as the original pulls it."""
    registry = registries["open"]
    there = f"{registry.host}/{repository}:1"
    pushstep("--candidate", image.tags[0], "--tags", there)

    run = pushstep("--candidate", there, "--registry", registries["other"].host, "--tag", "2")

    assert run.status == 0, run.err
    assert f"the Docker daemon has no image {there}, so it is read from {registry.host}" in run.err
    assert run.report["steps"][0]["image_id"] == image.id
    assert registries["other"].digest(repository, "2") == registry.digest(repository, "1")


def test_a_demonstration_without_docker_fills_a_layout(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        ["bash", ".ci/demo-without-docker"],
        cwd=root,
        env={**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "latest   sha256:" in done.stdout
    assert done.stderr.count("unchanged oci:") == 3
    assert list(tmp_path.iterdir()) == []
