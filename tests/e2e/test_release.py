"""The project's own release workflow, as it is: pushstep pushes its image, and a commit's action runs that."""

import re

import pytest

from pushstep import __version__
from tests.support.app import app
from tests.support.machine import Machine
from tests.support.pushstep import ROOT
from tests.support.runners import STAND_INS, Workflow, act

REMOTE = "/release.git"
NAME = "ghcr.io/owner/pushstep"
TAG = f"v{__version__}"
MAJOR = TAG.partition(".")[0]
PLATFORMS = ["linux/amd64", "linux/arm64"]
"""The stand-in for the build makes the second in name only: arm64 does not run here."""
WORKFLOW = ".github/workflows/release.yml"
USED = re.findall(r"uses: (docker/([\w-]+)@\w+)", (ROOT / WORKFLOW).read_text())
REWRITTEN = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": f"url.{REMOTE}.insteadOf",
    "GIT_CONFIG_VALUE_0": "https://github.com/OWNER/pushstep.git",
}


@pytest.fixture(scope="module", name="released")
def _released(machine: Machine) -> Workflow:
    """Publish a release on a machine where github.com is a bare repository, and `gh` has nothing to set up."""
    project = "/release"
    machine.run("rm", "-rf", project, REMOTE)
    machine.git("/", "clone", "--quiet", "/pushstep", project)
    machine.git(project, "tag", "--delete", *machine.git(project, "tag").split())
    machine.git(project, "tag", TAG)
    machine.git("/", "clone", "--quiet", "--bare", project, REMOTE)
    machine.git(project, "remote", "set-url", "origin", "https://github.com/OWNER/pushstep.git")
    machine.put("/stand-ins", {"gh": "#!/bin/sh\n"})
    # the build asks for the newest base
    base = "docker.io/library/python:3.13-slim-trixie"
    machine.docker("tag", "python:3.13-slim-trixie", base)
    machine.docker("push", "--quiet", base)
    mounts = f"--volume {REMOTE}:{REMOTE} --volume /stand-ins/gh:/usr/local/bin/gh:ro"
    return act(
        machine,
        project,
        f"--workflows={WORKFLOW}",
        f"--container-options={mounts}",
        *(f"--env={name}={value}" for name, value in REWRITTEN.items()),
        event="release",
        payload={"action": "published", "release": {"tag_name": TAG, "prerelease": False}},
        actions={pinned: f"{STAND_INS}/{name}" for pinned, name in USED},
    )


def test_the_image_is_pushed_by_pushstep_itself(machine: Machine, released: Workflow) -> None:
    assert released.jobs == {"image": "success", "tags": "success"}, released.text
    digest = released.step("push").outputs["digest"]
    minor, major = __version__.rpartition(".")[0], __version__.partition(".")[0]
    assert machine.tags(NAME) == sorted({__version__, minor, major, "latest"})
    assert {machine.digest(NAME, tag) for tag in machine.tags(NAME)} == {digest}
    assert [machine.platforms(NAME, tag) for tag in machine.tags(NAME)] == [PLATFORMS] * 4


def test_the_tags_name_an_action_that_runs_it(machine: Machine, released: Workflow) -> None:
    digest = released.step("push").outputs["digest"]
    head = machine.git(REMOTE, "rev-parse", "main")
    commits = {machine.git(REMOTE, "rev-parse", tag) for tag in (TAG, __version__, MAJOR)}
    (commit,) = commits

    assert machine.git(REMOTE, "rev-parse", f"{commit}^") == head
    assert machine.git(REMOTE, "diff", "--name-only", head, commit) == "action.yml"
    assert f"  image: docker://{NAME}@{digest}" in machine.git(REMOTE, "show", f"{commit}:action.yml")
    assert machine.platforms(NAME, digest) == PLATFORMS
    assert "  image: Dockerfile" in (ROOT / "action.yml").read_text()


def test_the_released_action_builds_nothing(machine: Machine, released: Workflow) -> None:
    assert released.status == 0
    machine.run("rm", "-rf", "/released")
    machine.git("/", "clone", "--quiet", "--branch", MAJOR, REMOTE, "/released")
    # its image is public there, and behind a login here
    machine.login("ghcr.io")
    image = f"{NAME}@{released.step('push').outputs['digest']}"
    machine.docker("pull", "--quiet", image)
    example = (ROOT / "docs/examples/github/ghcr.yml").read_text()
    project = machine.project({**app(), "w.yml": example})

    run = act(machine, project, "--workflows=w.yml", actions={"OWNER/pushstep@v1": "/released"})

    assert run.jobs == {"image": "success"}, run.text
    assert f"docker run image={image}" in run.text
    assert "docker build -t act-" not in run.text
    assert machine.digest("ghcr.io/acme/app", machine.git(project, "rev-parse", "HEAD"))
