"""Documents run as they are, on both CIs: the pipeline of docs/examples/codefresh, and registries by name."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.support.app import app
from tests.support.formats import gitlab_dotenv
from tests.support.machine import HOSTS, PASSWORD, Machine
from tests.support.pushstep import ROOT
from tests.support.runners import act, gitlab

EXAMPLES = ROOT / "docs/examples/codefresh"
REGISTRIES = ROOT / "docs/examples/registries"
SOCKET = "--volume=/var/run/docker.sock:/var/run/docker.sock"
FIRST, SECOND = "registry.example.com/team/app", "quay.io/acme/app"
LOGIN = json.dumps(
    {
        "auths": {
            host: {"username": "bot", "password": PASSWORD} for host in ("registry.example.com", "quay.io")
        }
    }
)
NOT_RUN = "steps.build_image is not run here: it is a step of type build"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A branch with its last commit, and how the two pushes end there."""

    branch: str
    tag: str
    message: str = "Begin"
    results: tuple[str, str]
    because: str = ""
    """What the log says of the second, where it is skipped."""


CASES = {
    "main": Case(branch="main", tag="main", results=("success", "success")),
    "a branch": Case(branch="feature/x", tag="feature_x", results=("success", "skipped"), because="onMain"),
    "a message": Case(
        branch="main",
        tag="main",
        message='Fix it [No release] "&&" \'',
        results=("success", "skipped"),
        because="wanted",
    ),
}


def project(machine: Machine, files: Mapping[str, str], case: Case, *, remote: str) -> str:
    document = {"pipeline.yml": (EXAMPLES / "pipeline.yml").read_text()}
    folder = machine.project({**app(), **document, **files}, remote=remote)
    machine.git(folder, "checkout", "--quiet", "-B", case.branch)
    machine.git(folder, "commit", "--quiet", "--amend", f"--message={case.message}")
    return folder


def check(machine: Machine, folder: str, case: Case, digest: str) -> None:
    """Each registry holds what it should: the second one the image of the first, or an older one."""
    short = machine.git(folder, "rev-parse", "HEAD")[:7]
    assert {machine.digest(FIRST, tag) for tag in (case.tag, short)} == {digest}
    # where somebody else pushed some of its layers, the same image has another digest
    images = {machine.image_id(FIRST, case.tag), machine.image_id(SECOND, "latest")}
    assert (len(images) == 1) is (case.results[1] == "success")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_pipeline_runs_on_github(machine: Machine, case: Case) -> None:
    workflow = (EXAMPLES / "github.yml").read_text()
    folder = project(
        machine,
        {".github/workflows/pipeline.yml": workflow},
        case,
        remote="https://github.com/acme/app.git",
    )
    payload = {
        "ref": f"refs/heads/{case.branch}",
        "head_commit": {"id": machine.git(folder, "rev-parse", "HEAD"), "message": case.message},
    }

    run = act(machine, folder, secrets={"DOCKER_AUTH_CONFIG": LOGIN}, payload=payload)

    assert run.status == 0, run.text
    step = run.step("push")
    assert step.outputs["result"] == "success"
    first, second = json.loads(step.outputs["json"])["steps"]
    assert [(one["name"], one["result"]) for one in (first, second)] == [
        ("push_one", case.results[0]),
        ("push_two", case.results[1]),
    ]
    assert (first["stage"], second["stage"]) == ("push", "push")
    if case.results[1] == "success":
        # the second took its candidate from the first
        assert second["candidate"] == first["image_id"] == second["image_id"]
    else:
        outcomes = {one["name"]: one["outcome"] for one in second["conditions"]}
        assert outcomes.pop(case.because) == "false"
        assert set(outcomes.values()) == {"true"}
    # the outputs are those of the first that pushed
    assert step.outputs["image"] == f"{FIRST}@{step.outputs['digest']}"
    check(machine, folder, case, step.outputs["digest"])
    assert NOT_RUN in "\n".join(run.said)
    assert PASSWORD not in run.text


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_pipeline_runs_on_gitlab(machine: Machine, case: Case) -> None:
    pipeline = (EXAMPLES / "gitlab.yml").read_text()
    folder = project(machine, {".gitlab-ci.yml": pipeline}, case, remote="https://gitlab.com/acme/app.git")

    # the runner on this machine knows one message for all commits
    told = {"DOCKER_AUTH_CONFIG": LOGIN, "CI_COMMIT_MESSAGE": case.message}
    run = gitlab(machine, folder, SOCKET, variables=told)

    assert run.status == 0, run.text
    assert run.jobs == {"build": "PASS", "push": "PASS"}
    outputs = gitlab_dotenv(run.report("push", "pushstep.env"))
    assert outputs["PUSHED_RESULT"] == "success"
    assert outputs["PUSHED_IMAGE"] == f"{FIRST}@{outputs['PUSHED_DIGEST']}"
    check(machine, folder, case, outputs["PUSHED_DIGEST"])
    said = "\n".join(run.said("push"))
    assert NOT_RUN in said
    assert not case.because or f"condition `{case.because}` does not hold" in said
    # standard output: a line for each step that pushed, and nothing else
    pushed = [line for line in run.said("push") if line.endswith(f"@{outputs['PUSHED_DIGEST']}")]
    assert [line for line in pushed if line.startswith((f"{FIRST}@", f"{SECOND}@"))] == [
        f"{name}@{outputs['PUSHED_DIGEST']}"
        for name, result in zip((FIRST, SECOND), case.results, strict=True)
        if result == "success"
    ]
    assert PASSWORD not in run.text


LAB = "registry.example.com:5000"
_DIGEST = """
import sys, urllib.request
kinds = ("oci.image.manifest.v1", "docker.distribution.manifest.v2")
request = urllib.request.Request(f"http://{sys.argv[1]}/v2/team/app/manifests/1.2.3")
request.add_header("Accept", ", ".join(f"application/vnd.{kind}+json" for kind in kinds))
print(urllib.request.urlopen(request, timeout=10).headers["Docker-Content-Digest"])
"""


@pytest.fixture(name="lab")
def _lab(machine: Machine) -> Iterator[str]:
    """A registry without TLS, at another port of a host that has one with it."""
    address = f"REGISTRY_HTTP_ADDR={HOSTS['registry.example.com']}:5000"
    name = machine.docker("run", "--detach", "--network", "host", "--env", address, "registry:2")
    yield LAB
    machine.docker("rm", "--force", "--volumes", name)


def private_registries(machine: Machine, files: Mapping[str, str], *, remote: str) -> str:
    """A project that has the document, and what it names but the key, which is a secret."""
    document = (REGISTRIES / "private-registries.yml").read_text()
    certificates = {"company": "/certs/server/ca.pem", "ci": "/certs/client/cert.pem"}
    known = {f"certificates/{name}.pem": machine.read(path) for name, path in certificates.items()}
    return machine.project({**app(), "registries.yml": document, **known, **files}, remote=remote)


def check_private(machine: Machine, lab: str, digest: str, said: str) -> None:
    """Both have the image: one takes it with TLS and a login alone, the other without."""
    assert machine.digest("registry.example.com/team/app", "1.2.3") == digest
    assert machine.run("python3", "-c", _DIGEST, lab).stdout.strip() == digest
    assert PASSWORD not in said
    assert "PRIVATE KEY" not in said


def test_private_registries_by_name_on_github(machine: Machine, lab: str) -> None:
    workflow = (REGISTRIES / "github/private-registries.yml").read_text()
    folder = private_registries(
        machine,
        {".github/workflows/private.yml": workflow},
        remote="https://github.com/acme/app.git",
    )
    secrets = {"REGISTRY_PASSWORD": PASSWORD, "CLIENT_KEY": machine.read("/certs/client/key.pem")}

    run = act(machine, folder, secrets=secrets)

    assert run.status == 0, run.text
    [digest] = {
        one["arg"] for one in run.events if one.get("command") == "set-output" and one["name"] == "digest"
    }
    groups = [one["arg"] for one in run.events if one.get("command") == "group"]
    said = "\n".join([*run.said, *groups])
    check_private(machine, lab, digest, said)
    # the runner of GitLab on this machine shows no headings
    assert "registry.example.com/team/app as bot (registry company)" in said
    assert f"{lab}/team/app as anonymous" in said


def test_private_registries_by_name_on_gitlab(machine: Machine, lab: str) -> None:
    pipeline = (REGISTRIES / "gitlab/private-registries.yml").read_text()
    folder = private_registries(
        machine, {".gitlab-ci.yml": pipeline}, remote="https://gitlab.com/acme/app.git"
    )
    # what is pushed from the job itself goes where the machine has its registries
    options = (SOCKET, "--network=host", "--volume=/certs/client:/certs/client:ro")
    given = {"REGISTRY_PASSWORD": PASSWORD, "CLIENT_KEY": "/certs/client/key.pem"}

    run = gitlab(machine, folder, *options, variables=given)

    assert run.status == 0, run.text
    outputs = gitlab_dotenv(run.report("push", "pushstep.env"))
    check_private(machine, lab, outputs["PUSHED_DIGEST"], run.text)


@pytest.mark.parametrize("name", ["documents/commands", "codefresh/check"])
def test_the_commands_for_people_who_write_documents(machine: Machine, name: str) -> None:
    """Validate, plan, push and schema, by the command as its container."""
    script = ROOT / f"docs/examples/{name}.sh"
    document = script.with_name("pipeline.yml").read_text()
    folder = machine.project({**app(), "pipeline.yml": document, "script.sh": script.read_text()})
    machine.docker("build", "--quiet", "--tag", "app:ci", folder)
    mounts = '-v /var/run/docker.sock:/var/run/docker.sock -v "$PWD:$PWD" -w "$PWD" -v /root/.docker:/root/.docker:ro'
    # where no CI is, nobody derives them
    told = {
        "CF_BRANCH": "main",
        "CF_BRANCH_TAG_NORMALIZED": "main",
        "CF_SHORT_REVISION": "0123abc",
        "CF_COMMIT_MESSAGE": "Begin",
    }
    names = " ".join(f"-e {name}" for name in told)
    command = f'#!/bin/sh\nexec docker run --rm {mounts} {names} ghcr.io/owner/pushstep:1 "$@"\n'
    machine.put("/documents", {"pushstep": command})
    for host in ("ghcr.io", "registry.example.com", "quay.io"):
        machine.login(host)

    path = "PATH=/documents:$PATH; set -euo pipefail; . ./script.sh"
    done = machine.run("bash", "-c", path, cwd=folder, environ=told)

    assert "pipeline.yml" in done.stdout + done.stderr
    if name == "documents/commands":
        digest = machine.digest("ghcr.io/acme/app", "main")
        assert f"ghcr.io/acme/app@{digest}" in done.stdout
        assert json.loads(machine.read(f"{folder}/step.schema.json"))["$schema"]


ORIGINAL = {
    # example of the original page: exit status, what is there then or what is said
    "credentials": (0, {"dtr.host.com/codefresh/app": ["latest", "FB-1"]}, ""),
    "tags-lines": (0, {"docker.io/acme/app": ["tag1", "tag2", "FB-1", "tag4"]}, ""),
    "tags-list": (0, {"docker.io/acme/app": ["tag1", "tag2", "FB-1", "tag4"]}, ""),
    "integration": (0, {"registry.example.com/codefresh/app": ["latest"]}, "as bot (registry my-registry)"),
    "ecr": (1, {}, "AWS cannot be reached in eu-west-1"),  # it is not on this machine
}


@pytest.mark.parametrize("name", ORIGINAL)
def test_an_example_of_the_original_page_runs_unchanged(machine: Machine, name: str) -> None:
    status, there, said = ORIGINAL[name]
    files = {"step.yml": f"{name}.yml", "registries.yml": "registries.yml"}
    documents = {path: (EXAMPLES / example).read_text() for path, example in files.items()}
    folder = machine.project({**app(), **documents})
    machine.docker("build", "--quiet", "--tag", "acme/app:ci", folder)

    done = machine.run(
        *("docker", "run", "--rm", "-v", "/var/run/docker.sock:/var/run/docker.sock"),
        *(
            "-v",
            f"{folder}:{folder}",
            "-w",
            folder,
            "-e",
            "CF_BRANCH=FB-1",
            "-e",
            "CF_SHORT_REVISION=0123abc",
        ),
        *("-e", "AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "-e", "AWS_SECRET_ACCESS_KEY=none-of-yours"),
        *("-e", "AWS_ENDPOINT_URL=http://127.0.0.1:1"),
        *("-e", "REGISTRY_USER=bot", "-e", f"REGISTRY_PASSWORD={PASSWORD}"),
        *("ghcr.io/owner/pushstep:1", "push", "--step=step.yml", "--registries=registries.yml"),
        "--variables=build_step_name=acme/app:ci",
        check=False,
    )

    assert done.returncode == status, done.stderr
    assert said in done.stderr
    digests = {machine.digest(place, tag) for place, tags in there.items() for tag in tags}
    assert len(digests) == bool(there)
    assert None not in digests
    assert all(digest in done.stdout for digest in digests if digest)
    assert "none-of-yours" not in done.stdout + done.stderr
