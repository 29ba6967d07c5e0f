"""Every example for GitLab runs as it is, with what GitLab itself sets where a project's registry is enabled."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from pushstep import __version__
from tests.support.app import app
from tests.support.formats import gitlab_dotenv
from tests.support.machine import PASSWORD, Machine
from tests.support.pushstep import ROOT
from tests.support.runners import gitlab

EXAMPLES = ROOT / "docs/examples/gitlab"
TO_REGISTRIES = ROOT / "docs/examples/registries/gitlab"
SOCKET = "--volume=/var/run/docker.sock:/var/run/docker.sock"
HOST_NETWORK = "--network=host"
OWN = "registry.gitlab.com/acme/app"
LOGIN = json.dumps({"auths": {"quay.io": {"username": "bot", "password": PASSWORD}}})


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a run of an example comes to; the job that pushes is `job`."""

    job: str = "push"
    there: Mapping[str, list[str]] = field(default_factory=dict)
    """Repository with its host → tags that hold the image afterwards."""
    says: Mapping[str, str] = field(default_factory=dict)
    """Job → what it prints."""
    variables: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = (SOCKET,)


CASES = {
    "build-then-push": Case(there={f"{OWN}/app": ["SHA", "latest"]}, says={"build": "tested"}),
    "component": Case(there={f"{OWN}/app": ["SHA", "latest"]}),
    # what is in no daemon is pushed from the job itself: the registries are where the machine has them
    "archive": Case(
        there={f"{OWN}/app": ["SHA", "latest"]}, says={"build": "tested"}, options=(SOCKET, HOST_NETWORK)
    ),
    "kubernetes": Case(there={OWN: ["SHA"]}, options=(HOST_NETWORK,)),
    "job-output": Case(there={f"{OWN}/app": ["latest"]}, says={"deploy": f"deploy {OWN}/app@DIGEST"}),
    "several-registries": Case(
        there={OWN: ["1.2.3", "latest"], "quay.io/acme/app": ["1.2.3"]},
        variables={"DOCKER_AUTH_CONFIG": LOGIN},
    ),
    "fail-softly": Case(
        job="mirror",
        says={"tell": "The mirror has no nightly image today."},
        variables={"PUSHSTEP_PASSWORD": "no-longer-valid"},
    ),
}

LOGGED_IN = {"PUSHSTEP_PASSWORD": PASSWORD}
REGISTRIES = {
    "docker-hub": Case(there={"docker.io/acme/app": ["1.2.3"]}, variables=LOGGED_IN),
    "ghcr": Case(there={"ghcr.io/acme/app": ["1.2.3"]}, variables=LOGGED_IN),
    "private": Case(there={"registry.example.com/team/app": ["1.2.3"]}, variables=LOGGED_IN),
}
"""Of the examples that push to one registry each those whose registry is on the machine."""


@pytest.mark.parametrize("name", [*CASES, *REGISTRIES])
def test_the_example_runs_as_it_is(machine: Machine, name: str) -> None:
    case = (CASES | REGISTRIES)[name]
    folder = TO_REGISTRIES if name in REGISTRIES else EXAMPLES
    project = machine.project(
        {**app(), ".gitlab-ci.yml": (folder / f"{name}.yml").read_text()},
        remote="https://gitlab.com/acme/app.git",
    )

    run = gitlab(machine, project, *case.options, variables=case.variables)

    assert run.status == 0, run.text
    assert set(run.jobs.values()) == {"PASS"}
    short = machine.git(project, "rev-parse", "HEAD")[:8]
    digests = {
        machine.digest(repository, short if tag == "SHA" else tag)
        for repository, tags in case.there.items()
        for tag in tags
    }
    outputs = gitlab_dotenv(run.report(case.job, "pushstep.env"))
    assert digests == ({outputs["PUSHED_DIGEST"]} if case.there else set())
    for job, words in case.says.items():
        assert words.replace("DIGEST", outputs["PUSHED_DIGEST"]) in "\n".join(run.said(job))
    assert PASSWORD not in run.text


def test_docker_in_docker_builds_and_pushes_in_one_job(machine: Machine) -> None:
    """The service is the machine's second daemon; what docker:27's own entry point sets is given here."""
    project = machine.project(
        {**app(), ".gitlab-ci.yml": (EXAMPLES / "docker-in-docker.yml").read_text()},
        remote="https://gitlab.com/acme/app.git",
    )
    client = {
        "DOCKER_HOST": "tcp://docker:2376",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": "/certs/client",
    }
    with machine.second_daemon(tls=True) as second:
        second.load("alpine:3", f"ghcr.io/owner/pushstep:{__version__}", "ghcr.io/owner/pushstep:1")
        run = gitlab(machine, project, *second.reached, variables=client)

    assert run.status == 0, run.text
    short = machine.git(project, "rev-parse", "HEAD")[:8]
    digest = machine.digest("registry.gitlab.com/acme/app/app", short)
    assert f"{OWN}/app@{digest}" in run.said("push")
    assert "tested" in run.said("push")


def test_every_example_is_run() -> None:
    assert {*CASES, "docker-in-docker"} == {path.stem for path in EXAMPLES.glob("*")}
