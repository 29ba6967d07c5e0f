"""The main job, on a real daemon and real registries: what they hold afterwards, and what the run says."""

from pathlib import Path

import docker
import pytest
import trustme
from docker.models.images import Image

from tests.integration.conftest import names
from tests.support.formats import github_file
from tests.support.pushstep import Pushstep
from tests.support.registries import PASSWORD, USER, Registry, scripted

DENIED = '{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}'


def github(pushstep: Pushstep) -> dict[str, str]:
    """The environment of a container action, as far as a run reads it."""
    folder = pushstep.folder
    for name in ("output", "summary"):
        (folder / name).touch()
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REF_NAME": "main",
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }


@pytest.mark.usefixtures("unchanged_names")
def test_three_tags_hold_one_digest_and_the_pulled_image_has_the_same_id(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    repository: str,
    docker_client: docker.DockerClient,
) -> None:
    registry = registries["htpasswd"]

    run = pushstep(
        *("--candidate", image.tags[0], "--registry", registry.host, "--image-name", repository),
        *("--tags", "1.2.3,1.2", "--tags", "latest", "--username", USER, "--password-stdin"),
        stdin=f"{PASSWORD}\n",
        environ=github(pushstep),
        watch=True,
    )

    assert run.status == 0, run.err
    digests = {registry.digest(repository, tag) for tag in ("1.2.3", "1.2", "latest")}
    assert len(digests) == 1
    digest = digests.pop()
    assert run.out == f"{registry.host}/{repository}@{digest}\n"
    outputs = github_file(run.file("output"))
    assert outputs["digest"] == digest
    assert outputs["image-id"] == image.id
    assert outputs["image"] == f"{registry.host}/{repository}@{digest}"
    assert outputs["registry"] == registry.host
    assert outputs["result"] == "success"
    assert outputs["tags"].splitlines() == [
        f"{registry.host}/{repository}:{tag}" for tag in ("1.2.3", "1.2", "latest")
    ]
    assert f"docker pull {registry.host}/{repository}@{digest}" in run.file("summary")
    # the password is nowhere, and was in no process's arguments
    assert PASSWORD not in run.everything()
    assert run.command_lines
    assert not [line for line in run.command_lines if PASSWORD in line]
    assert not list(Path(pushstep.environ["HOME"]).rglob("*"))
    pulled = docker_client.images.pull(
        f"{registry.host}/{repository}@{digest}", auth_config={"username": USER, "password": PASSWORD}
    )
    assert pulled.id == image.id
    docker_client.images.remove(f"{registry.host}/{repository}@{digest}")


@pytest.mark.usefixtures("unchanged_names")
def test_full_references_go_to_both_registries(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    """As docker/metadata-action prints them: a line each."""
    first, second = registries["open"], registries["other"]

    run = pushstep(
        *("--candidate", image.tags[0], "--tags"),
        f"{first.host}/{repository}:1.2\n{first.host}/{repository}:latest\n{second.host}/{repository}:1.2\n",
    )

    assert run.status == 0, run.err
    assert first.tags(repository) == ["1.2", "latest"]
    assert second.tags(repository) == ["1.2"]
    assert first.digest(repository, "1.2") == second.digest(repository, "1.2")


@pytest.mark.parametrize(
    ("options", "status"),
    [([], 1), (["--fail-fast=false"], 0), (["--fail-fast=false", "--strict-fail-fast"], 1)],
)
@pytest.mark.usefixtures("unchanged_names")
def test_one_registry_refuses_and_the_others_tags_are_there(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    repository: str,
    options: list[str],
    status: int,
) -> None:
    good = registries["open"]
    with scripted(403, DENIED) as bad:
        run = pushstep(
            *("--candidate", image.tags[0], *options, "--tags"),
            f"{bad.host}/{repository}:1.2,{good.host}/{repository}:1.2,{good.host}/{repository}:latest",
            environ=github(pushstep),
        )

    assert run.status == status
    assert good.tags(repository) == ["1.2", "latest"]
    outputs = github_file(run.file("output"))
    assert outputs["result"] == "failure"
    assert outputs["registry"] == good.host
    assert outputs["digest"] == good.digest(repository, "1.2")
    assert outputs["tags"].splitlines() == [f"{good.host}/{repository}:{tag}" for tag in ("1.2", "latest")]
    refused, there = run.destinations
    assert [tag["status"] for tag in refused["tags"]] == ["failed"]
    assert refused["error"]["code"] == "denied"
    assert [tag["status"] for tag in there["tags"]] == ["created", "created"]
    assert run.report["exit"] == status
    # standard output names steps that succeeded; this one did not
    assert run.out == ""


@pytest.mark.usefixtures("unchanged_names")
def test_a_list_of_registries_gets_the_same_tags_and_a_dry_run_none(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    hosts = [registries[name].host for name in ("open", "other")]
    options = (
        "--candidate",
        str(image.id),
        "--image-name",
        repository,
        "--registry",
        ",".join(hosts),
        "--tag",
        "1.10",
    )

    for transport in ("direct", "daemon"):
        rehearsal = pushstep(*options, "--dry-run", f"--transport={transport}")

        assert rehearsal.status == 0
        assert rehearsal.report["result"] == "skipped"
        assert [tag["status"] for place in rehearsal.destinations for tag in place["tags"]] == [
            "planned",
            "planned",
        ]
        assert [line for line in rehearsal.err.splitlines() if line.startswith("would push ")] == [
            f"would push {host}/{repository}:1.10 as anonymous" for host in hosts
        ]
    assert [registries[name].tags(repository) for name in ("open", "other")] == [[], []]

    run = pushstep(*options)

    assert run.status == 0
    assert [registries[name].tags(repository) for name in ("open", "other")] == [["1.10"], ["1.10"]]


@pytest.mark.parametrize("kind", ["name", "id", "short id", "name with a digest"])
@pytest.mark.usefixtures("unchanged_names")
def test_section_4_spellings_of_a_candidate(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    repository: str,
    kind: str,
    docker_client: docker.DockerClient,
) -> None:
    registry = registries["open"]
    identity = str(image.id)
    spelled = {"name": image.tags[0], "id": identity, "short id": identity.removeprefix("sha256:")[:12]}
    if kind == "name with a digest":
        first = pushstep(
            "--candidate", image.tags[0], "--registry", registry.host, "--image-name", repository
        )
        docker_client.images.pull(first.out.strip())
        spelled[kind] = first.out.strip()

    run = pushstep(
        "--candidate", spelled[kind], "--registry", registry.host, "--image-name", repository, "--tag", "x"
    )

    assert run.status == 0, run.err
    assert run.report["steps"][0]["image_id"] == image.id
    assert registry.digest(repository, "x") == run.report["steps"][0]["digest"]
    if kind == "name with a digest":
        docker_client.images.remove(spelled[kind])


@pytest.mark.usefixtures("unchanged_names")
@pytest.mark.parametrize("transport", ["direct", "daemon"])
def test_a_tls_registry_on_loopback(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    authority: trustme.CA,
    image: Image,
    repository: str,
    tmp_path: Path,
    transport: str,
) -> None:
    registry = registries["tls"]
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    run = pushstep(
        *("--candidate", image.tags[0], "--registry", registry.host, "--image-name", repository),
        f"--transport={transport}",
        # the daemon verifies nothing on loopback
        environ={"SSL_CERT_FILE": str(tmp_path / "ca.pem")} if transport == "direct" else {},
    )

    assert run.status == 0, run.err
    assert registry.digest(repository, "latest") == run.report["steps"][0]["digest"]


def test_gitlab_gets_a_dotenv_file_and_its_own_registry_is_the_default(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, docker_client: docker.DockerClient
) -> None:
    registry = registries["htpasswd"]
    before = names(docker_client)

    run = pushstep(
        "--candidate",
        image.tags[0],
        environ={
            "GITLAB_CI": "true",
            "CI_COMMIT_BRANCH": "main",
            "CI_PROJECT_DIR": str(pushstep.folder),
            "CI_REGISTRY": registry.host,
            "CI_REGISTRY_IMAGE": f"{registry.host}/acme/shop",
            "CI_REGISTRY_USER": USER,
            "CI_REGISTRY_PASSWORD": PASSWORD,
        },
    )

    assert run.status == 0, run.err
    repository = "acme/shop/" + image.tags[0].partition(":")[0]
    digest = registry.digest(repository, "latest")
    dotenv = dict(line.split("=", 1) for line in run.file("pushstep.env").splitlines())
    assert dotenv == {
        "PUSHED_IMAGE_ID": image.id,
        "PUSHED_DIGEST": digest,
        "PUSHED_IMAGE": f"{registry.host}/{repository}@{digest}",
        "PUSHED_TAGS": f"{registry.host}/{repository}:latest",
        "PUSHED_REGISTRY": registry.host,
        "PUSHED_RESULT": "success",
    }
    assert PASSWORD not in run.everything()
    assert names(docker_client) == before


def test_json_on_standard_output_is_the_report(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    host = registries["open"].host

    run = pushstep(
        "--candidate", image.tags[0], "--registry", host, "--image-name", repository, "--json", "--quiet"
    )

    assert run.out == run.file("report.json")
    assert run.err == ""
