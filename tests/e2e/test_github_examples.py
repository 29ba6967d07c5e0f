"""Every example for GitHub runs as it is: the names of registries lead to local ones of the machine.

Foreign actions are the stand-ins in `tests/e2e/actions`, which do what the examples need of them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.app import app
from tests.support.machine import PASSWORD, Machine
from tests.support.pushstep import ROOT
from tests.support.runners import act

EXAMPLES = ROOT / "docs/examples/github"
TO_REGISTRIES = ROOT / "docs/examples/registries/github"
LOGIN = json.dumps(
    {
        "auths": {
            host: {"username": "bot", "password": PASSWORD}
            for host in ("quay.io", "registry.example.com", "https://index.docker.io/v1/")
        }
    }
)
TAG = {"ref": "refs/tags/v1.2.3"}
BRANCH = {"ref": "refs/heads/feature/x"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a run of an example comes to."""

    there: Mapping[str, list[str]] = field(default_factory=dict)
    """Repository with its host → tags that hold the image afterwards."""
    platforms: tuple[str, ...] = ()
    """Of the index that all of them then name."""
    says: tuple[str, ...] = ()
    """What some line of the jobs holds."""
    payload: Mapping[str, Any] | None = None
    pushed_before: str = ""
    """Repository with its host that has the project's image under its commit already."""
    secrets: Mapping[str, str] = field(default_factory=dict)


CASES = {
    "build-test-push": Case(there={"ghcr.io/acme/app": ["SHA", "latest"]}, says=("tested",)),
    "separate-jobs": Case(there={"ghcr.io/acme/app": ["SHA", "latest"]}, says=("tested",)),
    "ghcr": Case(there={"ghcr.io/acme/app": ["SHA"]}, says=("as mona (github-token)",)),
    "metadata-action": Case(
        there={
            "ghcr.io/acme/app": ["1.2.3", "latest"],
            "registry.example.com/team/app": ["1.2.3", "latest"],
        },
        payload=TAG,
        secrets={"DOCKER_AUTH_CONFIG": LOGIN},
    ),
    "build-push-action": Case(there={"ghcr.io/acme/app": ["1.2.3"]}, says=("tested",)),
    "buildx-oci": Case(
        there={"ghcr.io/acme/app": ["1.2.3", "latest"], "quay.io/acme/app": ["1.2.3"]},
        platforms=("linux/amd64", "linux/arm64"),
        secrets={"DOCKER_AUTH_CONFIG": LOGIN},
    ),
    "promote": Case(
        there={
            "ghcr.io/acme/app": ["SHA", "v1.2.3"],
            "registry.example.com/team/app": ["v1.2.3"],
        },
        payload=TAG,
        pushed_before="ghcr.io/acme/app",
        secrets={"DOCKER_AUTH_CONFIG": LOGIN},
    ),
    "several-registries": Case(
        there={
            "ghcr.io/acme/app": ["1.2.3", "latest"],
            "quay.io/acme/app": ["1.2.3"],
            "docker.io/acme/app": ["1.2.3"],
        },
        secrets={"DOCKER_AUTH_CONFIG": LOGIN},
    ),
    "main-and-releases": Case(there={"ghcr.io/acme/app": ["latest"]}),
    "main-and-releases, a tag": Case(there={"ghcr.io/acme/app": ["v1.2.3"]}, payload=TAG),
    "main-and-releases, a branch": Case(
        says=("branch `feature/x` is not in `only`",),
        payload=BRANCH,
    ),
    "job-output": Case(there={"ghcr.io/acme/app": ["1.2.3"]}, says=("deploy ghcr.io/acme/app@DIGEST",)),
    "fail-softly": Case(
        says=("The mirror has no nightly image today.",), secrets={"QUAY_PASSWORD": "no-longer-valid"}
    ),
    "login-action": Case(
        there={"registry.example.com/team/app": ["1.2.3"]},
        says=("config.json, auths",),
        secrets={"REGISTRY_PASSWORD": PASSWORD},
    ),
}

REGISTRIES = {
    "docker-hub": Case(there={"docker.io/acme/app": ["1.2.3"]}, secrets={"DOCKERHUB_TOKEN": PASSWORD}),
    "private": Case(
        there={"registry.example.com/team/app": ["1.2.3"]}, secrets={"REGISTRY_PASSWORD": PASSWORD}
    ),
}
"""Of the examples that push to one registry each those whose registry is on the machine."""


@pytest.mark.parametrize("name", [*CASES, *REGISTRIES])
def test_the_example_runs_as_it_is(machine: Machine, name: str) -> None:
    case, example = (CASES | REGISTRIES)[name], name.partition(",")[0]
    workflow = ((TO_REGISTRIES if name in REGISTRIES else EXAMPLES) / f"{example}.yml").read_text()
    project = machine.project({**app(), f".github/workflows/{example}.yml": workflow})

    if case.pushed_before:
        push(machine, project, case.pushed_before)

    run = act(machine, project, secrets=case.secrets, payload=case.payload)

    assert run.status == 0, run.text
    assert set(run.jobs.values()) == {"success"}
    digests = {
        machine.digest(repository, machine.git(project, "rev-parse", "HEAD") if tag == "SHA" else tag)
        for repository, tags in case.there.items()
        for tag in tags
    }
    assert None not in digests
    for repository, tags in case.there.items() if case.platforms else ():
        assert {tuple(machine.platforms(repository, tag)) for tag in tags} == {case.platforms}
    outputs = [
        one["arg"] for one in run.events if one.get("command") == "set-output" and one["name"] == "digest"
    ]
    if digests:
        assert digests == set(outputs)
    else:
        assert outputs in ([], [""])
    said = "\n".join([*run.said, *(one["arg"] for one in run.events if one.get("command") == "group")])
    for words in case.says:
        assert words.replace("DIGEST", *digests or ("",)) in said
    assert PASSWORD not in said


def push(machine: Machine, project: str, repository: str) -> None:
    """Push the project's image under its commit, as an earlier run would have."""
    name = f"{repository}:{machine.git(project, 'rev-parse', 'HEAD')}"
    machine.docker("build", "--quiet", "--tag", name, project)
    socket = "/var/run/docker.sock:/var/run/docker.sock"
    argv = ["docker", "run", "--rm", "--network=host", "--volume", socket, "--env", "PUSHSTEP_PASSWORD"]
    command = ["push", "--candidate", name, "--tags", name, "--username", "bot"]
    machine.run(*argv, "ghcr.io/owner/pushstep:1", *command, environ={"PUSHSTEP_PASSWORD": PASSWORD})
    machine.docker("rmi", name)


def told(text: str) -> list[str]:
    """Lines without what differs from run to run: what was there before decides what is sent."""
    plain = re.sub("[0-9a-f]{40}", "SHA", re.sub("sha256:[0-9a-f]{64}", "DIGEST", text))
    plain = re.sub("layer [0-9a-f]{12} (sent|already there|mounted)", "layer DONE", plain)
    plain = re.sub(r"[0-9.]+ (B|kB|MB|GB|s)\b", "AMOUNT", plain)
    plain = re.sub(r"^(created|moved) |\| (new|moved) \|", "STATUS ", plain, flags=re.MULTILINE)
    return plain.splitlines()


def test_what_the_readme_shows_is_what_the_example_prints(machine: Machine) -> None:
    example = "build-test-push"
    workflow = (EXAMPLES / f"{example}.yml").read_text()
    project = machine.project({**app(), f".github/workflows/{example}.yml": workflow})

    step = act(machine, project).step("push")

    shown = EXAMPLES.parent / "output"
    log = [str(one["arg"] if one.get("command") == "group" else one["msg"]) for one in step.shown]
    # standard output and standard error arrive in either order
    assert sorted({*told("\n".join(line.rstrip() for line in log))}) == sorted(
        {*told((shown / "log.txt").read_text())}
    )
    assert told(step.summary) == told((shown / "summary.md").read_text())


def test_every_example_is_run() -> None:
    assert {name.partition(",")[0] for name in CASES} == {path.stem for path in Path(EXAMPLES).glob("*")}
