"""`plan --probe` at real registries and scripted ones: what it says, and that it leaves nothing behind."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

import docker
import pytest
from docker.models.containers import Container
from docker.models.images import Image

from tests.support.pushstep import Pushstep, Run
from tests.support.registries import PASSWORD, USER, Registry
from tests.support.small_servers import Heard, Reply, Shelf, errors, serving

STORED = "/var/lib/registry/docker/registry/v2/repositories"


@pytest.fixture
def plan(pushstep: Pushstep, image: Image) -> Callable[..., Run]:
    pushstep.command = "plan"
    return lambda *options, **more: pushstep("--candidate", image.tags[0], "--probe", *options, **more)


@pytest.fixture
def uploads(
    docker_client: docker.DockerClient, docker_compose_project_name: str, registries: dict[str, Registry]
) -> Callable[[str, str], list[str]]:
    """The uploads to a repository that a registry of the compose file has open.

    distribution has a folder for each, with `startedat` and `data`. Ending one removes both, but its clean-up
    then writes the state of a hash there (2.8), which is none of ours, and no upload any more.
    """
    assert registries

    def found(service: str, repository: str) -> list[str]:
        labels = [
            f"com.docker.compose.service={service}",
            f"com.docker.compose.project={docker_compose_project_name}",
        ]
        container: Container = docker_client.containers.list(filters={"label": labels})[0]
        # the folder of all uploads is made with the first one, and stays
        within = ["find", f"{STORED}/{repository}/_uploads", "-name", "startedat", "-o", "-name", "data"]
        status, out = container.exec_run(within)
        assert status == 0, out
        assert isinstance(out, bytes)
        return out.decode().split()

    return found


@pytest.mark.usefixtures("unchanged_names")
def test_section_1_who_may_push_hears_it_and_no_upload_is_left(
    plan: Callable[..., Run],
    registries: dict[str, Registry],
    repository: str,
    uploads: Callable[[str, str], list[str]],
) -> None:
    registry = registries["htpasswd"]

    run = plan(
        *("--registry", registry.host, "--image-name", repository, "--tags", "1,2"),
        *("--username", USER, "--password-stdin"),
        stdin=PASSWORD,
    )

    assert run.status == 0, run.err
    assert run.err == ""
    assert "     may be pushed to as this identity" in run.out.splitlines()
    (place,) = run.destinations
    assert (place["probe"], place["probe_notice"], place["result"]) == ("may_push", None, "skipped")
    assert registry.tags(repository) == []
    assert uploads("htpasswd", repository) == []


def test_uploads_are_counted(
    registries: dict[str, Registry], repository: str, uploads: Callable[[str, str], list[str]]
) -> None:
    """So that none is no wonder."""
    address = f"http://{registries['open'].host}/v2/{repository}/blobs/uploads/"
    urlopen(Request(address, method="POST")).close()

    assert [name.rpartition("/")[2] for name in sorted(uploads("open", repository))] == ["data", "startedat"]


@pytest.mark.usefixtures("unchanged_names")
def test_section_1_each_place_answers_for_itself(
    plan: Callable[..., Run],
    registries: dict[str, Registry],
    repository: str,
    uploads: Callable[[str, str], list[str]],
    tmp_path: Path,
) -> None:
    """Of three: one asks for a login that nobody gave, one takes anybody, and one is a folder."""
    closed, anybody = registries["htpasswd"], registries["open"]

    run = plan(
        *("--registry", f"{closed.host},{anybody.host},oci:out", "--image-name", repository),
        "--fail-fast=false",
    )

    assert run.status == 1
    assert [place["probe"] for place in run.destinations] == ["refused", "may_push", "may_push"]
    assert [place["result"] for place in run.destinations] == ["failure", "skipped", "skipped"]
    assert run.destinations[0]["error"]["code"] == "login"
    assert "     may not be pushed to as this identity" in run.out.splitlines()
    assert uploads("open", repository) == []
    assert not (tmp_path / "workspace/out").exists()


REFUSALS = {
    "denied": (
        Reply(status=403, body=errors("DENIED", "requested access to the resource is denied")),
        "denied",
    ),
    "no such repository": (
        Reply(status=404, body=errors("NAME_UNKNOWN", "The repository does not exist")),
        "not-found",
    ),
    "a cache": (Reply(status=405, body=errors("UNSUPPORTED", "The operation is unsupported.")), "registry"),
}


@pytest.mark.parametrize(("reply", "code"), REFUSALS.values(), ids=REFUSALS)
def test_section_1_who_may_not_push_hears_why(plan: Callable[..., Run], reply: Reply, code: str) -> None:
    shelf = Shelf()

    def answer(heard: Heard) -> Reply:
        return reply if heard.method == "POST" else shelf(heard)

    with serving(answer) as server:
        run = plan("--registry", server.host, "--image-name", "acme/app")

    assert run.status == 1
    (place,) = run.destinations
    assert (place["probe"], place["result"], place["error"]["code"]) == ("refused", "failure", code)
    assert f"error [{code}]" in run.err
    assert {heard.method for heard in server.heard} == {"GET", "HEAD", "POST"}
    assert shelf.sessions == 0


def test_section_1_an_upload_that_stays_is_told(plan: Callable[..., Run]) -> None:
    shelf = Shelf()

    def answer(heard: Heard) -> Reply:
        return Reply(status=405) if heard.method == "DELETE" else shelf(heard)

    with serving(answer) as server:
        run = plan("--registry", server.host, "--image-name", "acme/app", "--json")

    assert run.status == 0, run.err
    (place,) = json.loads(run.out)["steps"][0]["destinations"]
    assert place["probe"] == "may_push"
    assert "the upload that was opened to ask this is not ended" in place["probe_notice"]
    assert [heard.method for heard in server.heard if heard.method != "HEAD"][-2:] == ["POST", "DELETE"]
    assert shelf.blobs == {}


def test_section_1_a_registry_that_fails_has_not_refused(plan: Callable[..., Run]) -> None:
    def answer(heard: Heard) -> Reply:
        slow = {"Retry-After": "600"}
        return Reply(status=503, headers=slow) if heard.method == "POST" else Shelf()(heard)

    with serving(answer) as server:
        run = plan("--registry", server.host, "--image-name", "acme/app")

    assert run.status == 1
    (place,) = run.destinations
    assert (place["probe"], place["error"]["code"]) == ("unknown", "unavailable")


@pytest.mark.usefixtures("unchanged_names")
def test_section_1_the_daemon_cannot_be_asked(
    plan: Callable[..., Run], registries: dict[str, Registry], repository: str
) -> None:
    host = registries["open"].host
    run = plan("--registry", host, "--image-name", repository, "--transport", "daemon")

    assert run.status == 0, run.err
    (place,) = run.destinations
    assert (place["probe"], place["result"]) == ("unknown", "skipped")
    assert "     notice: the Docker daemon pushes there, and cannot be asked without a push" in run.out


def test_section_1_a_plan_without_it_asks_nothing(
    pushstep: Pushstep, image: Image, registries: dict[str, Registry], repository: str
) -> None:
    pushstep.command = "plan"
    host = registries["open"].host

    run = pushstep("--candidate", image.tags[0], "--registry", host, "--image-name", repository)

    assert run.status == 0, run.err
    assert run.destinations[0]["probe"] is None
    assert "pushed to as" not in run.out
