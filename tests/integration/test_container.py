"""The built container image: the same job through `docker run`, its size, and what it must not depend on."""

import os
import subprocess
from pathlib import Path

import docker
import pytest
from docker.models.images import Image

from tests.integration.test_refusals import ends_well
from tests.support.pushstep import Pushstep
from tests.support.registries import PASSWORD, USER, Registry, scripted

MEGABYTE = 1_000_000


@pytest.fixture(scope="session")
def container_image() -> str:
    return os.environ["DEV_PUSHSTEP_IMAGE"]


def in_container(pushstep: Pushstep, image: str, socket: str, *options: str) -> Pushstep:
    """The same command, run as a GitHub runner runs a container action."""
    workspace = "/github/workspace"
    argv = [
        *(
            "docker",
            "run",
            "--rm",
            "-i",
            "-v",
            f"{socket}:/var/run/docker.sock",
            "-v",
            f"{pushstep.folder}:{workspace}",
        ),
        *(
            "--workdir",
            workspace,
            "-e",
            "HOME=/github/home",
            "-e",
            "GITHUB_ACTIONS=true",
            "-e",
            "PUSHSTEP_PASSWORD",
        ),
        *("-e", f"GITHUB_OUTPUT={workspace}/output", "-e", f"GITHUB_STEP_SUMMARY={workspace}/summary"),
        *("-e", "PUSHSTEP_REPORT=report.json", *options, image),
    ]
    for name in ("output", "summary"):
        (pushstep.folder / name).touch()
    return Pushstep(folder=pushstep.folder, environ=pushstep.environ, argv=argv)


@pytest.mark.usefixtures("unchanged_names")
def test_three_tags_through_docker_run(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    repository: str,
    container_image: str,
    socket: str,
    docker_client: docker.DockerClient,
) -> None:
    registry = registries["htpasswd"]

    run = in_container(pushstep, container_image, socket)(
        *("--candidate", image.tags[0], "--registry", registry.host, "--image-name", repository),
        *("--tags", "1.2.3,1.2,latest", "--username", USER),
        environ={"PUSHSTEP_PASSWORD": PASSWORD},
        watch=True,
    )

    assert run.status == 0, run.err
    digests = {registry.digest(repository, tag) for tag in ("1.2.3", "1.2", "latest")}
    assert len(digests) == 1
    digest = digests.pop()
    assert run.out == f"{registry.host}/{repository}@{digest}\n"
    assert f"\n{digest}\n" in run.file("output")
    assert f"\n{image.id}\n" in run.file("output")
    assert not [line for line in run.command_lines if PASSWORD in line]
    pulled = docker_client.images.pull(
        f"{registry.host}/{repository}@{digest}", auth_config={"username": USER, "password": PASSWORD}
    )
    assert pulled.id == image.id
    docker_client.images.remove(f"{registry.host}/{repository}@{digest}")
    ends_well(run)


def test_another_user_works_and_owns_nothing_of_roots(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    repository: str,
    container_image: str,
    socket: str,
) -> None:
    """The folder's owner gets the files, also when root writes them."""
    group = Path(socket).stat().st_gid
    os.chown(pushstep.folder, 4321, 4321)
    options = ("--user", "4321", "--group-add", str(group))
    command = in_container(pushstep, container_image, socket, *options)
    for name in ("output", "summary"):
        os.chown(pushstep.folder / name, 4321, 4321)

    run = command(
        "--candidate", image.tags[0], "--registry", registries["open"].host, "--image-name", repository
    )

    assert run.status == 0, run.err

    (pushstep.folder / "report.json").unlink()
    run = in_container(pushstep, container_image, socket)("--candidate", "no/such")

    assert run.status == 1
    assert (pushstep.folder / "report.json").stat().st_uid == 4321


def test_a_checkout_cannot_lend_it_modules(pushstep: Pushstep, container_image: str, socket: str) -> None:
    for name in ("yaml", "docker", "pushstep", "json"):
        (pushstep.folder / f"{name}.py").write_text("raise SystemExit('taken from the checkout')")

    run = in_container(pushstep, container_image, socket, "-e", "PYTHONPATH=/github/workspace")(
        "--candidate", "no/such"
    )

    assert run.status == 1
    assert "[candidate]" in run.err


def test_it_is_small_labelled_and_has_a_shell(
    docker_client: docker.DockerClient, container_image: str
) -> None:
    image, base = (docker_client.images.get(name) for name in (container_image, os.environ["DEV_BASE_IMAGE"]))
    over = image.attrs["Size"] - base.attrs["Size"]
    print(f"image {image.attrs['Size'] / MEGABYTE:.1f} MB, base {base.attrs['Size'] / MEGABYTE:.1f} MB")  # noqa: T201

    assert over <= 45 * MEGABYTE
    assert image.labels["org.opencontainers.image.licenses"] == "MIT"
    assert image.labels["org.opencontainers.image.version"]
    shell = ["docker", "run", "--rm", "--entrypoint", "", container_image, "sh", "-c", "pushstep --version"]
    assert subprocess.run(shell, capture_output=True, text=True, check=True).stdout.startswith("pushstep ")


def test_a_signal_reaches_it_as_process_one(
    pushstep: Pushstep, image: Image, container_image: str, socket: str, repository: str
) -> None:
    name = f"pushstep-dev-{repository.rpartition('-')[2]}"

    def stop(_: subprocess.Popen[bytes]) -> None:
        assert slow.stalled.wait(30)
        subprocess.run(["docker", "stop", "--time", "30", name], check=True, capture_output=True)

    with scripted(0, "") as slow:
        run = in_container(pushstep, container_image, socket, "--name", name)(
            *("--candidate", image.tags[0], "--registry", slow.host, "--image-name", repository),
            meanwhile=stop,
        )

    assert run.status == 143
    assert set(run.codes) == {"interrupted"}
    assert Path(pushstep.folder / "output").read_text().count("failure")
