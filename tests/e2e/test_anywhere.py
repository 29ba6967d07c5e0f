"""The commands for every other place run as they are: in a container, and installed by pip."""

import re
import subprocess

import pytest

from tests.support.app import app
from tests.support.machine import PASSWORD, Machine
from tests.support.pushstep import ROOT

EXAMPLES = ROOT / "docs/examples/anywhere"
NAME = "registry.example.com/team/app"
_LOGIN = "--volume=/root/.docker:/root/.docker:ro"
CASES = {
    # example: tags that hold the image afterwards
    "docker-run": ["1.2.3"],
    "docker-run-login": ["1.2", "1.2.3"],
    "pip": ["1.2.3"],
    "carry-away": ["1.2.3", "latest"],
}


@pytest.fixture(name="folder")
def _folder(machine: Machine) -> str:
    """An image `app:ci`, and no login."""
    machine.put("/anywhere", app())
    machine.docker("build", "--quiet", "--tag", "app:ci", "/anywhere")
    machine.run("docker", "logout", "registry.example.com")
    return "/anywhere"


def run(machine: Machine, name: str, folder: str) -> subprocess.CompletedProcess[str]:
    script = (EXAMPLES / f"{name}.sh").read_text()
    environ = {"PUSHSTEP_PASSWORD": PASSWORD}
    return machine.run(
        *("bash", "-c", 'PATH=/venv/bin:$PATH; set -euo pipefail; eval "$0"', script),
        cwd=folder,
        environ=environ,
    )


def command(machine: Machine, *options: str) -> None:
    """Let the command `pushstep` be its container, run with these options in the words of a shell."""
    socket = "--volume=/var/run/docker.sock:/var/run/docker.sock"
    words = " ".join(("docker run --rm", socket, *options, 'ghcr.io/owner/pushstep:1 "$@"'))
    machine.put("/venv/bin", {"pushstep": f"#!/bin/sh\nexec {words}\n"})


@pytest.mark.parametrize("name", CASES)
def test_the_command_runs_as_it_is(machine: Machine, folder: str, name: str) -> None:
    if name == "pip":
        machine.run("sh", "-c", "rm -rf /venv && python3 -m venv /venv")
    if name == "carry-away":
        machine.run("rm", "-rf", f"{folder}/carried", f"{folder}/carried.tar")
        command(machine, "--network=host", '--volume="$PWD:$PWD"', '--workdir="$PWD"', _LOGIN)
    if name != "docker-run":
        machine.login("registry.example.com")

    done = run(machine, name, folder)

    digests = {machine.digest(NAME, tag) for tag in CASES[name]}
    assert len(digests) == 1
    digest = digests.pop()
    assert f"{NAME}@{digest}" in done.stdout
    assert name != "carry-away" or f"oci:carried/app@{digest}" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr


def test_the_trial_without_github(machine: Machine) -> None:
    done = run(machine, "try-locally", "/pushstep")

    assert re.search(r'"tags":\["(1\.2\.3","latest|latest","1\.2\.3)"\]', done.stdout)
    assert machine.docker("ps", "--all", "--quiet", "--filter=name=trial") == ""


def test_the_rehearsal_pushes_nothing(machine: Machine, folder: str) -> None:
    command(machine)
    names = ("quay.io/acme/app", "ghcr.io/acme/app")
    before = [machine.digest(name, "1.2.3") for name in names]

    done = run(machine, "dry-run", folder)

    assert [f"would push {name}:1.2.3 as anonymous" in done.stderr for name in names] == [True, True]
    assert [machine.digest(name, "1.2.3") for name in names] == before


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    """Whoever runs this test has run one of them, and `.ci/run` runs it."""
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^make (\w+)", (EXAMPLES / "two-commands.sh").read_text(), re.MULTILINE)

    assert targets == ["demo", "test"]
    assert all(f"\n{target}: ## " in makefile for target in targets)


def test_every_example_is_run() -> None:
    others = {"try-locally", "dry-run", "two-commands"}
    assert {*CASES, *others} == {path.stem for path in EXAMPLES.glob("*")}
