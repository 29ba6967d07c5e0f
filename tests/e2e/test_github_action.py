"""The action under a real workflow runner: what it hands over, and what it says when it fails."""

import json

import pytest

from pushstep import __version__
from tests.support.app import app
from tests.support.machine import PASSWORD, Machine
from tests.support.markdown import code, headings
from tests.support.pushstep import ROOT
from tests.support.runners import act

CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8"
IMAGE = f"docker://ghcr.io/owner/pushstep:{__version__}"
BUILD = (
    "mkdir app && cd app && date +%s%N >content && printf 'FROM alpine:3\\nCOPY content /\\n' >Dockerfile"
    " && docker build -q -t app:ci ."
)


def workflow(*steps: str, job: str = "", more: str = "") -> str:
    """Write a workflow of one job `push` that builds `app:ci`, then takes `steps`."""
    lines = "\n".join(f"      {line}" for step in steps for line in step.splitlines())
    return (
        f"on: [push, pull_request]\njobs:\n  push:\n    runs-on: ubuntu-latest\n{job}    steps:\n"
        f"      - uses: {CHECKOUT}\n      - run: {BUILD}\n{lines}\n{more}"
    )


def push(uses: str = "OWNER/pushstep@v1", **inputs: str) -> str:
    """Write the step `push`."""
    given = "".join(f"    {name.replace('_', '-')}: {json.dumps(value)}\n" for name, value in inputs.items())
    return f"- id: push\n  uses: {uses}\n  with:\n    candidate: app:ci\n{given}"


def test_this_checkout_as_an_action_hands_its_outputs_to_steps_and_jobs(machine: Machine) -> None:
    repository = f"acme/{machine.unique()}"
    steps = (
        push("./", tags=f"ghcr.io/{repository}:1.2.3\nghcr.io/{repository}:latest"),
        '- run: echo "step $DIGEST"\n  env:\n    DIGEST: ${{ steps.push.outputs.digest }}',
    )
    job = "    outputs:\n      image: ${{ steps.push.outputs.image }}\n"
    later = (
        '  later:\n    needs: push\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo "job $IMAGE"\n'
        "        env:\n          IMAGE: ${{ needs.push.outputs.image }}\n"
    )
    machine.put("/tmp/self", {"self.yml": workflow(*steps, job=job, more=later)})  # noqa: S108 - the machine's

    run = act(machine, "/pushstep", "--workflows=/tmp/self/self.yml")

    assert run.jobs == {"push": "success", "later": "success"}, run.text
    digest = machine.digest(f"ghcr.io/{repository}", "1.2.3")
    assert digest
    step = run.step("push")
    assert step.outputs["digest"] == digest == machine.digest(f"ghcr.io/{repository}", "latest")
    assert step.outputs["imageid"] == step.outputs["image-id"]
    assert step.outputs["tags"].split("\n") == [f"ghcr.io/{repository}:{tag}" for tag in ("1.2.3", "latest")]
    assert json.loads(step.outputs["json"])["result"] == step.outputs["result"] == "success"
    assert f"step {digest}" in run.said
    assert f"job ghcr.io/{repository}@{digest}" in run.said
    assert headings(step.summary) == ["✅ push: pushed 2 tags"]
    assert f"docker pull ghcr.io/{repository}@{digest}" in step.summary
    assert step.annotations == []


def test_a_push_that_fails_fails_the_job_with_one_annotation(machine: Machine) -> None:
    """Two registries refuse, and the third has the image."""
    repository = f"acme/{machine.unique()}"
    hosts = ("quay.io", "registry.example.com", "ghcr.io")
    project = machine.project(
        {"w.yml": workflow(push(tags=",".join(f"{host}/{repository}:1" for host in hosts)))}
    )

    run = act(machine, project, "--workflows=w.yml")

    assert run.jobs == {"push": "failure"}
    step = run.step("push")
    assert step.result == "failure"
    (annotation,) = step.annotations
    assert annotation["command"] == "error"
    assert annotation["kvPairs"]["title"] == "pushstep 2 errors"
    assert "error [login]: quay.io refused the login without a login" in annotation["arg"]
    assert "error [login]: registry.example.com" in annotation["arg"]
    assert headings(step.summary) == ["❌ push: pushed 1 of 3 tags"]
    assert step.outputs["result"] == "failure"
    assert step.outputs["digest"] == machine.digest(f"ghcr.io/{repository}", "1")
    assert step.outputs["tags"] == f"ghcr.io/{repository}:1"


def test_a_push_that_is_skipped_fails_nothing(machine: Machine) -> None:
    project = machine.project(
        {"w.yml": workflow(push(tags="ghcr.io/acme/none:1", when="branch: {ignore: [main]}"))}
    )

    run = act(machine, project, "--workflows=w.yml")

    assert run.jobs == {"push": "success"}
    step = run.step("push")
    assert (step.outputs["result"], step.outputs["digest"]) == ("skipped", "")
    assert step.annotations == []
    assert headings(step.summary) == ["⏭️ push: skipped"]
    assert machine.tags("ghcr.io/acme/none") == []


def test_the_built_image_as_an_action(machine: Machine) -> None:
    """`docker://` is the form that needs no build, and the only one for Kubernetes and locked-down runners."""
    repository = f"acme/{machine.unique()}"
    step = push(IMAGE, tags=f"ghcr.io/{repository}:1", github_token="${{ github.token }}")
    project = machine.project({"w.yml": workflow(step)})

    run = act(machine, project, "--workflows=w.yml")

    assert run.jobs == {"push": "success"}, run.text
    assert "docker build" not in run.text.partition("Run Main docker://")[2]
    assert run.step("push").outputs["digest"] == machine.digest(f"ghcr.io/{repository}", "1")


def test_a_registry_that_is_a_service_of_the_job(machine: Machine) -> None:
    """The daemon knows it by the port that the job publishes."""
    service = "    services:\n      registry:\n        image: registry:2\n        ports: ['5000:5000']\n"
    look = (
        "- run: >-\n    python3 -c 'import urllib.request as r;\n"
        '    print(r.urlopen("http://localhost:5000/v2/acme/app/tags/list").read().decode())\''
    )
    project = machine.project({"w.yml": workflow(push(tags="localhost:5000/acme/app:1"), look, job=service)})

    run = act(machine, project, "--workflows=w.yml")

    assert run.jobs == {"push": "success"}, run.text
    assert any('"tags":["1"]' in line for line in run.said)


def test_a_runner_without_a_socket_is_told_what_to_use(machine: Machine) -> None:
    step = push(IMAGE, tags="ghcr.io/acme/none:1")
    text = workflow(step).replace(f"      - run: {BUILD}\n", "")
    project = machine.project({"w.yml": text})

    run = act(machine, project, "--workflows=w.yml", "--container-daemon-socket=-")

    assert run.jobs == {"push": "failure"}
    (annotation,) = run.step("push").annotations
    assert annotation["kvPairs"]["title"] == "pushstep error [daemon]"
    assert "no Docker daemon answers at unix:///var/run/docker.sock" in annotation["arg"]
    assert "runs-on: ubuntu-latest" in annotation["arg"]


def test_a_login_that_an_earlier_step_made_is_bridged_by_the_error(machine: Machine) -> None:
    login = (
        '- run: printf %s "$PASSWORD" | docker login -u bot --password-stdin registry.example.com\n'
        "  env:\n    PASSWORD: ${{ secrets.PASSWORD }}"
    )
    project = machine.project({"w.yml": workflow(login, push(tags="registry.example.com/acme/none:1"))})

    run = act(machine, project, "--workflows=w.yml", secrets={"PASSWORD": PASSWORD})

    assert run.jobs == {"push": "failure"}
    (annotation,) = run.step("push").annotations
    assert "A container action does not see logins of earlier steps" in annotation["arg"]
    assert "env: DOCKER_CONFIG: ${{ github.workspace }}/.docker" in annotation["arg"]


WITHHELD = {
    "pull_request-fork": ("mona", "pull request from a fork"),
    "pull_request-dependabot": ("dependabot[bot]", "started by Dependabot"),
}


@pytest.mark.parametrize("event", WITHHELD)
def test_a_run_that_gets_no_secrets_is_told_so(machine: Machine, event: str) -> None:
    actor, words = WITHHELD[event]
    payload = json.loads((ROOT / f"tests/fixtures/ci/github/{event}.json").read_text())
    step = push(tags="quay.io/acme/none:1", username="acme", password="${{ secrets.NONE }}")
    project = machine.project({"w.yml": workflow(step)}, remote="https://github.com/Acme/App.git")

    run = act(machine, project, "--workflows=w.yml", event="pull_request", actor=actor, payload=payload)

    assert run.jobs == {"push": "failure"}
    (annotation,) = run.step("push").annotations
    assert words in annotation["arg"]
    assert words in " ".join(code(run.step("push").summary))


def test_paths_of_the_runner_lead_into_the_container(machine: Machine) -> None:
    """`report` below the host's workspace, as the container action of a hosted runner sees it."""
    repository = f"acme/{machine.unique()}"
    step = push(IMAGE, tags=f"ghcr.io/{repository}:1", github_token="${{ github.token }}", report="out.json")
    project = machine.project({"w.yml": workflow(step, "- run: cat out.json"), **app()})

    run = act(machine, project, "--workflows=w.yml")

    assert run.jobs == {"push": "success"}, run.text
    assert '  "result": "success",' in run.said
