"""The commands for every other place run as they are: in a container, and installed by pip."""

import pytest

from tests.support.app import app
from tests.support.machine import PASSWORD, Machine
from tests.support.pushstep import ROOT

EXAMPLES = ROOT / "docs/examples/anywhere"
NAME = "registry.example.com/team/app"
CASES = {
    # example: tags that hold the image afterwards
    "docker-run": ["1.2.3"],
    "docker-run-login": ["1.2", "1.2.3"],
    "pip": ["1.2.3"],
}


@pytest.mark.parametrize("name", CASES)
def test_the_command_runs_as_it_is(machine: Machine, name: str) -> None:
    machine.put("/anywhere", app())
    machine.docker("build", "--quiet", "--tag", "app:ci", "/anywhere")
    login = ("docker", "login", "--username", "bot", "--password-stdin", "registry.example.com")
    if name == "docker-run":
        machine.run("docker", "logout", "registry.example.com")
    else:
        machine.run(*login, data=PASSWORD.encode())
    # pip installs where nothing else is
    machine.run("sh", "-c", "rm -rf /venv && python3 -m venv /venv")
    machine.run(
        "git", "config", "--global", "url./pushstep.git.insteadOf", "https://github.com/OWNER/pushstep"
    )
    script = (EXAMPLES / f"{name}.sh").read_text()

    done = machine.run(
        *("bash", "-c", 'PATH=/venv/bin:$PATH; set -euo pipefail; eval "$0"', script),
        cwd="/anywhere",
        environ={"PUSHSTEP_PASSWORD": PASSWORD},
    )

    digests = {machine.digest(NAME, tag) for tag in CASES[name]}
    assert len(digests) == 1
    assert f"{NAME}@{digests.pop()}" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr
