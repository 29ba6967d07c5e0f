"""The workflow runners, run on the machine as their users would, and what they tell of a run."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.support.machine import PASSWORD, Machine

_SHOWN = ("group", "error", "warning", "notice")


@dataclass(frozen=True)
class Step:
    """One step of a job, as act tells of it."""

    result: str
    shown: Sequence[Mapping[str, Any]]
    """What a reader of the log sees: lines, and commands that show as one."""
    commands: Sequence[Mapping[str, Any]]
    """Workflow commands that the runner took from the step: `command`, `arg`, `kvPairs`."""
    outputs: Mapping[str, str]
    summary: str

    @property
    def annotations(self) -> list[Mapping[str, Any]]:
        """What GitHub would show beside the job."""
        return [one for one in self.commands if one["command"] in ("error", "warning", "notice")]


@dataclass(frozen=True)
class Workflow:
    """A run of act."""

    status: int
    events: Sequence[Mapping[str, Any]]
    text: str

    @property
    def jobs(self) -> dict[str, str]:
        """Job → how it ended."""
        return {one["jobID"]: one["jobResult"] for one in self.events if "jobResult" in one}

    def step(self, name: str) -> Step:
        """The step with this `id` (or number)."""
        own = [one for one in self.events if one.get("stepID") == [name] and one.get("stage") == "Main"]
        commands = [one for one in own if one.get("command")]
        return Step(
            result=next((one["stepResult"] for one in own if "stepResult" in one), "none"),
            shown=[one for one in own if one.get("raw_output") or one.get("command") in _SHOWN],
            commands=[one for one in commands if one["command"] not in ("set-output", "summary")],
            outputs={one["name"]: one["arg"] for one in commands if one["command"] == "set-output"},
            summary="".join(one["content"] for one in commands if one["command"] == "summary"),
        )

    @cached_property
    def said(self) -> list[str]:
        """Lines that any step of any job printed."""
        return [one["msg"].removesuffix("\n") for one in self.events if one.get("raw_output")]


STAND_INS = "/pushstep/tests/e2e/actions"
ACTIONS = {
    "OWNER/pushstep@v1": "/pushstep",
    "actions/download-artifact@634f93cb2916e3fdff6788551b99b062d0335ce0": f"{STAND_INS}/download-artifact",
    "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02": f"{STAND_INS}/upload-artifact",
    "docker/build-push-action@263435318d21b8e681c14492fe198d362a7d2c83": f"{STAND_INS}/build-push-action",
    "docker/login-action@184bdaa0721073962dff0199f1fb9940f07167d1": f"{STAND_INS}/login-action",
    "docker/metadata-action@c1e51972afc2121e065aed6d45c65596fe445f3f": f"{STAND_INS}/metadata-action",
    "docker/setup-buildx-action@e468171a9de216ec08956ac3ada2f0791b6bd435": f"{STAND_INS}/setup-buildx-action",
}
"""What `uses:` names → a folder on the machine: this checkout, and small stand-ins for foreign actions."""


_RUNS_ON = ("-P", "ubuntu-latest=ubuntu-latest:latest", "-P", "ubuntu-24.04=ubuntu-latest:latest")


def act(
    machine: Machine,
    project: str,
    *options: str,
    event: str = "push",
    actor: str = "mona",
    secrets: Mapping[str, str] | None = None,
    payload: Mapping[str, Any] | None = None,
    actions: Mapping[str, str] | None = None,
) -> Workflow:
    """Run the workflows of a project for an event; the job's token is one that the registries take.

    `payload` is the event's; `actions` are other folders for what `uses:` names.
    """
    secret = {"GITHUB_TOKEN": PASSWORD, **(secrets or {})}
    local = [f"--local-repository={name}={path}" for name, path in {**ACTIONS, **(actions or {})}.items()]
    if payload:
        machine.put(project, {".event.json": json.dumps(payload)})
        options = (*options, "--eventpath=.event.json")
    done = machine.run(
        *("act", event, "--json", "--pull=false", "--no-cache-server", f"--actor={actor}", *local),
        *(*_RUNS_ON, *(f"--secret={name}" for name in secret), *options),
        cwd=project,
        environ=secret,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    text = "".join(f"{event['msg'].rstrip()}\n" for event in events) + done.stderr
    return Workflow(done.returncode, events, text)


@dataclass(frozen=True)
class Pipeline:
    """A run of gitlab-ci-local."""

    status: int
    text: str
    machine: Machine = field(repr=False)
    project: str

    @property
    def jobs(self) -> dict[str, str]:
        """Job → `PASS`, `WARN` or `FAIL`."""
        found = re.findall(r"^ (PASS|WARN|FAIL)  (\S+) *$", self.text, re.MULTILINE)
        return {name: result for result, name in found}

    def said(self, job: str) -> list[str]:
        """Lines that the job's script printed."""
        return re.findall(rf"^{re.escape(job)} +> ?(.*)$", self.text, re.MULTILINE)

    def report(self, job: str, name: str) -> str:
        """A file that the job handed over, report or artifact."""
        found = self.machine.run(
            "find", f"{self.project}/.gitlab-ci-local/artifacts/{job}", "-name", name, check=False
        )
        return self.machine.read(found.stdout.splitlines()[0]) if found.stdout else ""


def gitlab(
    machine: Machine, project: str, *options: str, variables: Mapping[str, str] | None = None
) -> Pipeline:
    """Run a project's pipeline with what GitLab itself sets where the registry is enabled."""
    path = "acme/app"
    given = {
        "GITLAB_CI": "true",
        "CI_REGISTRY": "registry.gitlab.com",
        "CI_REGISTRY_IMAGE": f"registry.gitlab.com/{path}",
        "CI_REGISTRY_USER": "gitlab-ci-token",
        "CI_REGISTRY_PASSWORD": PASSWORD,
        **(variables or {}),
    }
    done = machine.run(
        *(
            "gitlab-ci-local",
            "--color=false",
            "--pull-policy=if-not-present",
            "--helper-image=ubuntu-latest:latest",
        ),
        *(f"--variable={name}={value}" for name, value in given.items()),
        *options,
        cwd=project,
        check=False,
    )
    return Pipeline(done.returncode, done.stdout + done.stderr, machine, project)
