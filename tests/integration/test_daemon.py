"""The daemon at its worst: it says no digest, goes away, or is far; and what else a run survives."""

import os
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import docker
import pytest
from docker.models.images import Image

from pushstep import cli
from pushstep.image.daemon import Daemon, Patience, connect
from pushstep.interrupts import Interrupts
from pushstep.push import daemon as transport
from pushstep.push.plan import Destination
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from pushstep.result import DestinationResult
from pushstep.world import World
from tests.integration.conftest import names, remove
from tests.integration.test_refusals import ends_well
from tests.support.proxy import in_front_of
from tests.support.pushstep import Pushstep
from tests.support.registries import PASSWORD, USER, Registry, Scripted, scripted

AT_ONCE = Patience(seconds=time.monotonic, sleep=time.sleep, say=print)


@pytest.fixture(name="pushstep")
def _pushstep(pushstep: Pushstep) -> Pushstep:
    """The daemon pushes here, whatever could reach the registry."""
    pushstep.environ["PUSHSTEP_TRANSPORT"] = "daemon"
    return pushstep


class Reticent(Daemon):
    """The real daemon, but for the lines that tell a digest, as some end of the containerd store's."""

    def push(
        self, repository: str, tag: str, credential: Credential
    ) -> Generator[Mapping[str, Any], None, None]:
        yield {"aux": {"manifestPushedInsteadOfIndex": {}}}
        for event in super().push(repository, tag, credential):
            if "digest" not in str(event):
                yield event


class Idle(Daemon):
    """Says that it has pushed, and has not."""

    def push(self, repository: str, tag: str, _: Credential) -> Generator[Mapping[str, Any], None, None]:
        yield {"status": f"{repository}:{tag}"}


def pushed(kind: type[Daemon], image: Image, where: Destination, said: list[str]) -> DestinationResult:
    """Push with that daemon, in this process."""
    daemon = kind(connect(os.environ, "", AT_ONCE)._client, "")
    how = transport.Transport(
        daemon=daemon,
        say=said.append,
        seconds=time.monotonic,
        raising=nullcontext,
        stopped=lambda: False,
        no_login_hint=lambda host: host,
    )
    return transport.push(how, daemon.find(image.tags[0]), where, ANONYMOUS)[0]


@pytest.mark.usefixtures("unchanged_names")
def test_a_digest_that_the_daemon_keeps_to_itself_is_asked_of_the_registry(
    registries: dict[str, Registry], image: Image, repository: str
) -> None:
    registry = registries["open"]
    said: list[str] = []

    result = pushed(
        Reticent, image, Destination(registry=registry.host, repository=repository, tags=("1",)), said
    )

    assert result.result == "success"
    assert result.digest == registry.digest(repository, "1")
    assert any("not the index" in line for line in said)


@pytest.mark.usefixtures("unchanged_names")
def test_a_push_that_the_registry_knows_nothing_of_has_failed(
    registries: dict[str, Registry], image: Image, repository: str
) -> None:
    result = pushed(
        Idle, image, Destination(registry=registries["open"].host, repository=repository, tags=("1",)), []
    )

    assert result.result == "failure"
    assert result.error is not None
    assert result.error.code == "digest"


def test_a_daemon_that_goes_away_is_said_and_so_is_the_name_it_kept(
    pushstep: Pushstep, image: Image, repository: str, docker_client: docker.DockerClient, socket: str
) -> None:
    before = names(docker_client)
    with scripted(0, "") as slow, in_front_of(socket) as proxy:

        def cut(_: subprocess.Popen[bytes]) -> None:
            assert slow.stalled.wait(30)
            proxy.cut()

        run = pushstep(
            *("--candidate", image.tags[0], "--registry", slow.host, "--image-name", repository),
            environ={"DOCKER_HOST": proxy.address},
            meanwhile=cut,
        )

        assert run.status == 1
        assert run.codes == ["daemon"]
        assert f"the local name {slow.host}/{repository}:latest could not be given back" in run.err
        ends_well(run)
        remove(docker_client, f"{slow.host}/{repository}:latest")
    assert names(docker_client) == before


def test_a_name_that_somebody_moves_meanwhile_is_theirs(
    pushstep: Pushstep, image: Image, repository: str, docker_client: docker.DockerClient
) -> None:
    other = docker_client.images.get(os.environ["DEV_BASE_IMAGE"])

    def move(_: subprocess.Popen[bytes], slow: Scripted) -> None:
        assert slow.stalled.wait(30)
        other.tag(f"{slow.host}/{repository}", "latest")
        slow.released.set()

    with scripted(0, "") as slow:
        run = pushstep(
            *("--candidate", image.tags[0], "--registry", slow.host, "--image-name", repository),
            meanwhile=lambda process: move(process, slow),
        )
        assert run.status == 1
        assert docker_client.images.get(f"{slow.host}/{repository}:latest").id == other.id
        remove(docker_client, f"{slow.host}/{repository}:latest")


def test_interface_4_a_credential_on_its_way_to_a_far_daemon_is_warned_of(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str, socket: str
) -> None:
    """The gateway of the test's own Docker network stands for another machine."""
    registry = registries["htpasswd"]
    gateway = registry.address.rpartition(":")[0].rpartition(".")[0] + ".1"
    with in_front_of(socket, gateway) as proxy:
        run = pushstep(
            *("--candidate", image.tags[0], "--registry", registry.host, "--image-name", repository),
            *("--username", USER, "--password-stdin", "--description", "a far daemon"),
            stdin=PASSWORD,
            environ={"DOCKER_HOST": proxy.address},
        )

    assert run.status == 0, run.err
    assert f"the credential for {registry.host} goes to {proxy.address} unencrypted" in run.err
    assert "a far daemon" in run.err
    ends_well(run)


def test_a_daemon_that_speaks_no_docker(pushstep: Pushstep, registries: dict[str, Registry]) -> None:
    run = pushstep(
        "--candidate=a", "--image-name=b/c", environ={"DOCKER_HOST": f"tcp://{registries['open'].host}"}
    )

    assert (run.status, run.codes) == (1, ["daemon"])
    ends_well(run)


def test_interface_3_outputs_that_hold_the_password_are_left_empty(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    """GitHub would drop them without a word."""
    (pushstep.folder / "output").touch()

    run = pushstep(
        *("--candidate", image.tags[0], "--registry", registries["open"].host, "--image-name", repository),
        *("--username", "u", "--password-stdin"),
        stdin=repository,
        environ={"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(pushstep.folder / "output")},
    )

    assert run.status == 0, run.err
    digest = registries["open"].digest(repository, "latest")
    assert "left empty" in run.err
    assert f"\n{digest}\n" in run.file("output")
    assert repository not in run.file("output")


def test_a_dry_run_tells_of_a_broken_login(pushstep: Pushstep, image: Image) -> None:
    run = pushstep(
        *("--candidate", image.tags[0], "--registry", "r.example", "--image-name", "a/b", "--dry-run"),
        environ={"DOCKER_AUTH_CONFIG": "{"},
    )

    assert (run.status, run.codes) == (1, ["credentials"])
    ends_well(run)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_goes_away_does_not_end_the_push(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str, stream: str
) -> None:
    registry = registries["open"]
    read, write = os.pipe()
    os.close(read)
    out, err = (write if name == stream else subprocess.DEVNULL for name in ("stdout", "stderr"))

    done = subprocess.run(
        [
            *pushstep.argv,
            "--candidate",
            image.tags[0],
            "--registry",
            registry.host,
            "--image-name",
            repository,
        ],
        cwd=pushstep.folder,
        env=pushstep.environ,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
        stdout=out,
        stderr=err,
    )
    os.close(write)

    assert done.returncode == 0
    assert registry.tags(repository) == ["latest"]


def test_a_bug_of_ours_keeps_its_traceback_but_neither_secrets_nor_outputs_are_lost() -> None:
    out: list[str] = []
    err: list[str] = []

    def broken() -> float:
        raise RuntimeError(f"a clock with {PASSWORD}")

    world = World(
        arguments=("push", "--candidate=a", "--image-name=b/c", "--json", "--username=u"),
        environ={"PUSHSTEP_PASSWORD": PASSWORD},
        read_input=lambda: "",
        read_text=lambda _: "",
        out=out.append,
        err=err.append,
        now_ms=0,
        now=lambda: datetime.now(UTC),
        seconds=broken,
        sleep=time.sleep,
        jitter=lambda: 0.0,
        interrupts=Interrupts(),
    )

    assert cli.main(world) == 1
    assert '"code": "bug"' in "".join(out)
    assert "RuntimeError: a clock with ***" in "".join(err)
    assert PASSWORD not in "".join([*out, *err])
