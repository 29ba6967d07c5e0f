"""Local names are left exactly as they were: after a push, a failure, a signal; nothing is deleted."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.models.images import Image

from tests.integration.conftest import build, names, remove
from tests.integration.test_refusals import ends_well
from tests.support.pushstep import Pushstep
from tests.support.registries import Registry, Scripted, scripted

REFUSED = '{"errors":[{"code":"DENIED","message":"no"}]}'


@pytest.fixture(name="pushstep")
def _pushstep(pushstep: Pushstep) -> Pushstep:
    """The daemon pushes here, whatever could reach the registry."""
    pushstep.environ["PUSHSTEP_TRANSPORT"] = "daemon"
    return pushstep


@pytest.fixture
def other(docker_client: docker.DockerClient, tmp_path: Path, image: Image) -> Iterator[Image]:
    """Another image, which has the wanted name before the run."""
    name = f"{image.tags[0].partition(':')[0]}-other"
    built = build(docker_client, tmp_path, name)
    yield built
    remove(docker_client, f"{name}:ci")


@pytest.fixture
def nameless(docker_client: docker.DockerClient, tmp_path: Path, image: Image) -> Iterator[str]:
    """The ID of an image that has no name at all."""
    built = build(docker_client, tmp_path, f"{image.tags[0].partition(':')[0]}-nameless")
    identity = str(built.id)
    # the name moves on to another image; removing it would delete this one
    image.tag(built.tags[0].partition(":")[0], "ci")
    remove(docker_client, built.tags[0])
    assert docker_client.images.get(identity).tags == []
    yield identity
    docker_client.images.remove(identity, force=True)


@pytest.mark.parametrize("refused", [False, True])
def test_a_wanted_name_that_is_taken_names_the_same_image_afterwards(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    other: Image,
    repository: str,
    docker_client: docker.DockerClient,
    *,
    refused: bool,
) -> None:
    with scripted(403, REFUSED) as bad:
        host = bad.host if refused else registries["open"].host
        wanted = f"{host}/{repository}"
        other.tag(wanted, "1")
        before = names(docker_client)

        run = pushstep("--candidate", image.tags[0], "--tags", f"{wanted}:1,{wanted}:2")

    assert run.status == int(refused), run.err
    assert names(docker_client) == before
    if not refused:
        assert registries["open"].digest(repository, "1") == run.report["steps"][0]["digest"]
    remove(docker_client, f"{wanted}:1")


@pytest.mark.parametrize("taken", [False, True])
def test_nameless_images_survive(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    nameless: str,
    repository: str,
    docker_client: docker.DockerClient,
    *,
    taken: bool,
) -> None:
    """The candidate has no name but the one it is lent; or the image that had it had no other."""
    wanted = f"{registries['open'].host}/{repository}"
    if taken:
        docker_client.images.get(nameless).tag(wanted, "1")
    before = names(docker_client)

    run = pushstep("--candidate", image.tags[0] if taken else nameless, "--tags", f"{wanted}:1")

    assert run.status == 0, run.err
    assert names(docker_client) == before
    assert docker_client.images.get(nameless).id == nameless
    if taken:
        # back to having no name, without losing it
        image.tag(wanted, "1")
        remove(docker_client, f"{wanted}:1")


def test_a_name_that_was_there_is_used_as_it_is(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    repository: str,
    docker_client: docker.DockerClient,
) -> None:
    wanted = f"{registries['open'].host}/{repository}"
    image.tag(wanted, "1")
    before = names(docker_client)

    run = pushstep("--candidate", f"{wanted}:1", "--tags", "1,2")

    assert run.status == 0, run.err
    assert names(docker_client) == before
    assert registries["open"].tags(repository) == ["1", "2"]
    remove(docker_client, f"{wanted}:1")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_with_the_report_written_and_names_given_back(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    other: Image,
    repository: str,
    docker_client: docker.DockerClient,
    number: signal.Signals,
    status: int,
) -> None:
    """It comes while the second of three destinations takes its time."""
    first, last = registries["open"].host, registries["other"].host

    def interrupt(process: subprocess.Popen[bytes], registry: Scripted) -> None:
        assert registry.stalled.wait(30)
        process.send_signal(number)

    (pushstep.folder / "output").touch()
    with scripted(0, "") as slow:
        other.tag(f"{slow.host}/{repository}", "1")
        before = names(docker_client)
        run = pushstep(
            *("--candidate", image.tags[0], "--tags"),
            f"{first}/{repository}:1,{slow.host}/{repository}:1,{slow.host}/{repository}:2,{last}/{repository}:1",
            environ={"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(pushstep.folder / "output")},
            meanwhile=lambda process: interrupt(process, slow),
        )
        assert names(docker_client) == before
        remove(docker_client, f"{slow.host}/{repository}:1")

    assert run.status == status, run.err
    assert run.seconds < 30
    statuses = [[tag["status"] for tag in place["tags"]] for place in run.destinations]
    assert statuses == [["pushed"], ["failed", "not_attempted"], ["not_attempted"]]
    assert set(run.codes) == {"interrupted"}
    assert run.report["result"] == "failure"
    assert f"{first}/{repository}:1" in run.file("output")
    assert registries["other"].tags(repository) == []
    ends_well(run)


def test_a_signal_before_the_push_begins(pushstep: Pushstep) -> None:
    """While the password is awaited on standard input."""

    process = subprocess.Popen(
        [*pushstep.argv, "push", "--candidate=a", "--image-name=b/c", "--username=u", "--password-stdin"],
        cwd=pushstep.folder,
        env=pushstep.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    # reading file descriptor 0 is where it waits: system call 0 on this architecture, 63 on others
    waiting = Path(f"/proc/{process.pid}/syscall")
    while process.poll() is None and waiting.read_text().split()[:2] not in (["0", "0x0"], ["63", "0x0"]):
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 143, err
    report = json.loads((pushstep.folder / "report.json").read_text())
    assert [error["code"] for error in report["errors"]] == ["interrupted"]
