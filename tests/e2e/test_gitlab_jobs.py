"""Template and component under a GitLab runner: daemons of every kind, outputs after every ending."""

import json

import pytest

from pushstep import __version__
from tests.support.formats import gitlab_dotenv
from tests.support.machine import PASSWORD, Machine
from tests.support.runners import Pipeline, gitlab

SOCKET = "--volume=/var/run/docker.sock:/var/run/docker.sock"
OWN = "registry.gitlab.com/acme/app"
TEMPLATE = "include: [{project: OWNER/pushstep, ref: v1, file: .gitlab-ci-template.yml}]\n"
AFTER = """
after:
  stage: .post
  image: docker:27
  needs: [push]
  when: always
  script:
    - echo "result $PUSHED_RESULT digest $PUSHED_DIGEST tags $PUSHED_TAGS"
"""


def template(**variables: str) -> str:
    """Write a pipeline whose job `push` extends the template."""
    given = {"PUSHSTEP_CANDIDATE": "app:ci", **variables}
    lines = "".join(f"    {name}: {json.dumps(value)}\n" for name, value in given.items())
    return f"{TEMPLATE}push:\n  extends: .pushstep\n  variables:\n{lines}  artifacts:\n    paths: ['*.json']\n{AFTER}"


def component(**inputs: str) -> str:
    """Write a pipeline that includes the component."""
    lines = "".join(
        f"      {name.replace('_', '-')}: {json.dumps(value)}\n" for name, value in inputs.items()
    )
    where = "$CI_SERVER_FQDN/OWNER/pushstep/push@1.0.0"
    return f"include:\n  - component: {where}\n    inputs:\n      candidate: app:ci\n{lines}{AFTER}"


def built(machine: Machine, pipeline: str) -> str:
    """Make a project with this pipeline, and an image `app:ci` on the machine; returns the folder."""
    project = machine.project({".gitlab-ci.yml": pipeline}, remote="https://gitlab.com/acme/app.git")
    machine.put(f"{project}-app", {"Dockerfile": "FROM alpine:3\nCOPY content /\n", "content": project})
    machine.docker("build", "--quiet", "--tag", "app:ci", f"{project}-app")
    return project


@pytest.mark.parametrize("kind", [template, component])
def test_the_default_registry_with_what_gitlab_sets(machine: Machine, kind) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - one of the two above
    project = built(machine, kind())

    run = gitlab(machine, project, SOCKET)

    assert run.jobs == {"push": "PASS", "after": "PASS"}, run.text
    digest = machine.digest("registry.gitlab.com/acme/app/app", "latest")
    image = machine.docker("image", "inspect", "--format={{.Id}}", "app:ci")
    assert gitlab_dotenv(run.report("push", "pushstep.env")) == {
        "PUSHED_RESULT": "success",
        "PUSHED_IMAGE_ID": image,
        "PUSHED_DIGEST": digest,
        "PUSHED_REGISTRY": "registry.gitlab.com",
        "PUSHED_IMAGE": f"{OWN}/app@{digest}",
        "PUSHED_TAGS": f"{OWN}/app:latest",
    }
    assert f"result success digest {digest} tags {OWN}/app:latest" in run.said("after")
    if kind is template:
        (link,) = json.loads(run.report("push", "pushstep-annotations.json"))["pushstep"]
        assert link["external_link"] == {
            "label": f"{OWN}/app:latest",
            "url": "https://gitlab.com/acme/app/container_registry",
        }
    assert PASSWORD not in run.text


def test_a_failed_push_tells_later_jobs_what_is_there(machine: Machine) -> None:
    tags = f"{OWN}/half:1,quay.io/acme/half:1"
    project = built(machine, template(PUSHSTEP_TAGS=tags))

    run = gitlab(machine, project, SOCKET)

    assert run.jobs == {"push": "FAIL", "after": "PASS"}, run.text
    assert any("error [login]: quay.io refused the login" in line for line in run.said("push"))
    digest = machine.digest("registry.gitlab.com/acme/app/half", "1")
    outputs = gitlab_dotenv(run.report("push", "pushstep.env"))
    assert outputs["PUSHED_RESULT"] == "failure"
    assert outputs["PUSHED_DIGEST"] == digest
    assert f"result failure digest {digest} tags {OWN}/half:1" in run.said("after")


def test_inputs_of_the_component_arrive_whatever_they_hold(machine: Machine) -> None:
    """Lines, quotes and a regular expression go into variables, where nothing reads them as code."""
    hostile = 'it\'s "quoted" $(touch /tmp/x) `y` # no comment'
    project = built(
        machine,
        component(
            tags=f"{OWN}/many:1\n{OWN}/many:2\n",
            when="branch: {only: ['/^ma(in|ster)$/']}",
            title=hostile,
            fail_fast="false",
            job_name="push",
            job_stage="test",
        ),
    )

    run = gitlab(machine, project, SOCKET)

    assert run.jobs["push"] == "PASS", run.text
    assert machine.tags("registry.gitlab.com/acme/app/many") == ["1", "2"]
    assert any(line.startswith(f"{hostile}: app:ci is sha256:") for line in run.said("push"))


def dind(machine: Machine, pipeline: str, *, tls: bool, after: float = 0) -> Pipeline:
    """Run a pipeline whose images are in the second daemon, which jobs reach as they reach a service."""
    project = built(machine, pipeline)
    with machine.second_daemon(tls=tls, after=after, loaded=("app:ci",)) as second:
        return gitlab(
            machine, project, *second.reached, variables={"DOCKER_TLS_CERTDIR": "/certs" if tls else ""}
        )


@pytest.mark.parametrize("tls", [True, False])
def test_docker_in_docker_is_found(machine: Machine, *, tls: bool) -> None:
    name = machine.unique()

    run = dind(machine, template(PUSHSTEP_IMAGE_NAME=name), tls=tls)

    assert run.jobs["push"] == "PASS", run.text
    assert machine.tags(f"registry.gitlab.com/acme/app/{name}") == ["latest"]


def test_a_service_that_is_still_starting_is_waited_for(machine: Machine) -> None:
    name = machine.unique()

    run = dind(machine, template(PUSHSTEP_IMAGE_NAME=name), tls=True, after=5)

    assert run.jobs["push"] == "PASS", run.text
    assert "waiting for the Docker daemon at tcp://docker:2376 to answer" in run.said("push")
    assert machine.tags(f"registry.gitlab.com/acme/app/{name}") == ["latest"]


def test_a_job_without_a_daemon_is_told_how_to_get_one(machine: Machine) -> None:
    project = built(machine, template())

    run = gitlab(machine, project)

    assert run.jobs["push"] == "FAIL"
    assert any("services: [docker:27-dind]" in line for line in run.said("push"))
    assert gitlab_dotenv(run.report("push", "pushstep.env"))["PUSHED_RESULT"] == "failure"


def test_the_job_image_is_the_one_of_this_version(machine: Machine) -> None:
    assert f"pushstep {__version__}" in machine.docker(
        "run", "--rm", f"ghcr.io/owner/pushstep:{__version__}", "--version"
    )
