"""Everything that can go wrong: its exit status, its code, its hint, and what was left untouched."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml
from docker.models.images import Image

from tests.support.pushstep import ROOT, Pushstep, Run
from tests.support.registries import PASSWORD, USER, Listener, Registry, listening, scripted
from tests.unit.ci.recorded import environment

SCHEMA = json.loads((ROOT / "docs/report.schema.json").read_text())
ANSI = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def ends_well(run: Run) -> None:
    """What holds for every run, however it ends."""
    jsonschema.validate(run.report, SCHEMA)
    assert run.report["exit"] == run.status
    assert "Traceback" not in run.err
    assert not ANSI.search(run.err)
    assert PASSWORD not in run.everything()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as one:
        yield one


BAD: dict[str, tuple[list[str], dict[str, str], str, str]] = {
    # options, environment, error code, what the hint or message must hold
    "1.4 nothing given": ([], {}, "missing", "candidate"),
    "1.4 empty candidate": (["--candidate="], {}, "missing", "candidate"),
    "1 tag and tags": (["--candidate=a", "--tag=1", "--tags=2"], {}, "conflict", "Use one of them"),
    "interface 2 unknown option": (["--candidate=a", "--tagz=1"], {}, "unknown", "--tag"),
    "interface 2 unknown variable": (["--candidate=a"], {"PUSHSTEP_TAGZ": "1"}, "unknown", "PUSHSTEP_TAG"),
    "interface 2 unknown action input": (
        ["--candidate=a"],
        {"GITHUB_ACTIONS": "true", "INPUT_IMAGENAME": "x"},
        "unknown",
        "INPUT_IMAGE_NAME",
    ),
    "interface 2 one input, two values": (
        ["--candidate=a"],
        {"INPUT_IMAGE-NAME": "x/y", "INPUT_IMAGE_NAME": "x/z"},
        "conflict",
        "Set one of them",
    ),
    "interface 2 secret as argument": (
        ["--candidate=a", f"--password={PASSWORD}"],
        {},
        "unknown",
        "--password-stdin",
    ),
    "interface 2 boolean": (["--candidate=a", "--dry-run=perhaps"], {}, "value", "true or false"),
    "interface 2 option twice": (["--candidate=a", "--tag=1", "--tag=2"], {}, "conflict", "Give it once"),
    "interface 2 option without value": (["--candidate"], {}, "missing", "wants a value"),
    "interface 2 stray argument": (["--candidate=a", "b"], {}, "unknown", "--candidate"),
    "interface 1 command of later": (
        ["--candidate=a", "--login=gcp"],
        {},
        "unsupported",
        "login",
    ),
    "2 provider": (["--candidate=a", "--provider=gcr"], {}, "value", "docker or ecr"),
    "2 region": (["--candidate=a", "--provider=ecr", "--region=Ireland"], {}, "value", "eu-west-1"),
    "2 no region": (
        ["--candidate=a/b", "--provider=ecr"],
        {"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "y"},
        "missing",
        "AWS_REGION",
    ),
    "create-repository": (
        ["--candidate=a/b", "--create-repository={immutabel: true}"],
        {},
        "unknown",
        "'immutable'",
    ),
    "2 half a credential": (["--candidate=a", "--username=u"], {}, "missing", "password"),
    "2 one credential, two registries": (
        ["--candidate=a", "--registry=r.example,s.example", "--image-name=a/b", "--username=u"],
        {"PUSHSTEP_PASSWORD": PASSWORD},
        "conflict",
        "2 registries",
    ),
    "2 image_name with a tag": (["--candidate=a", "--image-name=a/b:1"], {}, "reference", "tag '1'"),
    "2 image_name with a digest": (
        ["--candidate=a", f"--image-name=a/b@sha256:{'0' * 64}"],
        {},
        "reference",
        "candidate",
    ),
    "2 image_name with another host": (
        ["--candidate=a", "--image-name=quay.io/a/b", "--registry=ghcr.io"],
        {},
        "reference",
        "Give registry 'quay.io'",
    ),
    "2 upper-case repository": (["--candidate=a", "--image-name=Acme/App"], {}, "reference", "'acme/app'"),
    "2 bad tag": (["--candidate=a", "--tag=feature/login"], {}, "reference", "feature_login"),
    "2 tag too long": (["--candidate=a", f"--tag={'x' * 129}"], {}, "reference", "1 to 128"),
    "2 fail_fast": (["--candidate=a"], {"PUSHSTEP_FAIL_FAST": "maybe"}, "value", "true or false"),
    "3 a variable that nothing gives": (["--candidate=a", "--tag=${{CF_X}}"], {}, "variable", "CF_X"),
    "2.1 mixed": (["--candidate=a", "--tags=1,ghcr.io/a/b:1"], {}, "conflict", "mixed"),
    "2.1 with image_name": (
        ["--candidate=a", "--tags=ghcr.io/a/b:1", "--image-name=c/d"],
        {},
        "conflict",
        "Leave it out",
    ),
    "2.1 with registry": (
        ["--candidate=a", "--tags=ghcr.io/a/b:1", "--registry=quay.io"],
        {},
        "conflict",
        "registry",
    ),
    "2.1 no tag behind": (["--candidate=a", "--tags=ghcr.io/a/b"], {}, "reference", "A full reference has"),
    "2.1 digest": (["--candidate=a", f"--tags=ghcr.io/a/b:1@sha256:{'0' * 64}"], {}, "reference", "digest"),
    "2.1 tag with a colon": (["--candidate=a", "--tags=a:1"], {}, "reference", "full reference"),
    "4 an archive for the daemon": (
        ["--candidate=docker-archive:a.tar", "--transport=daemon"],
        {},
        "conflict",
        "load the image into the daemon",
    ),
    "4 an image in a registry for the daemon": (
        ["--candidate=docker://a/b", "--transport=daemon"],
        {},
        "conflict",
        "Leave transport out",
    ),
    "4 a file without a name": (["--candidate=docker-archive:"], {}, "value", "docker-archive:PATH"),
    "4 bad name": (["--candidate=A_b//c"], {}, "reference", "repository name"),
    "4 bad digest": (["--candidate=a@sha256:12"], {}, "reference", "64"),
    "4 bad ID": (["--candidate=sha256:12"], {}, "reference", "64"),
    "5.1 logical name": (["--candidate=a", "--registry=prod"], {}, "reference", "there is no such document"),
    "5.1 http": (["--candidate=a", "--registry=http://r.example"], {}, "reference", "insecure: http"),
    "5.1 path": (["--candidate=a", "--registry=r.example/team"], {}, "reference", "image_name"),
    "5.1 a layout for the daemon": (
        ["--candidate=a", "--registry=oci:out", "--transport=daemon"],
        {},
        "conflict",
        "Leave transport out",
    ),
    "5.1 a layout with a tag": (["--candidate=a", "--registry=oci:out:1"], {}, "reference", "'oci:out'"),
    "5.1 a layout as full reference": (
        ["--candidate=a", "--tags=oci:out/a:1"],
        {},
        "reference",
        "as registry",
    ),
    "5.1 the credentials of another registry": (
        ["--candidate=docker://ghcr.io/a/b", "--registry-context=quay.io"],
        {},
        "conflict",
        "Leave it out",
    ),
    "5.1 one part on Docker Hub": (["--candidate=a"], {}, "reference", "namespace"),
    "6 regex": (["--candidate=a", "--when={branch: {only: ['/(/']}}"], {}, "regex", "when.branch.only[0]"),
    "6 flags": (["--candidate=a", "--when={branch: {only: ['/a/y']}}"], {}, "regex", "i, g, m, s, u"),
    "6 no list": (["--candidate=a", "--when={branch: {only: main}}"], {}, "value", "no list"),
    "6 empty list": (["--candidate=a", "--when={branch: {ignore: []}}"], {}, "value", "empty list"),
    "6 unknown key": (["--candidate=a", "--when={branches: {}}"], {}, "unknown", "branch"),
    "6 no expression": (
        ["--candidate=a", "--when={condition: {all: {x: CF_BRANCH = 'main'}}}"],
        {},
        "condition-syntax",
        "when.condition.all.x",
    ),
    "6 unknown step": (["--candidate=a", "--when={steps: [{name: b}]}"], {}, "unknown", "no other step"),
    "6 no YAML": (["--candidate=a", "--when={branch: ["], {}, "yaml", "YAML"),
}


@pytest.mark.parametrize("row", BAD)
def test_bad_input_is_told_and_nothing_is_touched(pushstep: Pushstep, listener: Listener, row: str) -> None:
    options, environ, code, said = BAD[row]

    run = pushstep(*options, environ={"DOCKER_HOST": f"tcp://{listener.host}", **environ})

    assert run.status == 2, run.err
    errors = [error for error in run.report["errors"] if error["code"] == code]
    assert errors, run.report["errors"]
    assert any(said in f"{error['path']} {error['message']} {error['hint']}" for error in errors), errors
    assert all(error["message"] for error in errors)
    assert f"[{code}]" in run.err
    assert run.out == ""
    assert run.report["result"] == "failure"
    assert listener.connections == 0
    ends_well(run)


def test_all_mistakes_come_at_once(pushstep: Pushstep) -> None:
    run = pushstep(
        *("--tag", "a b", "--registry", "http://x", "--fail-fast=perhaps", "--wen=x", "--username=u"),
        "--when={branch: {only: ['/(/'], ignore: []}}",
        environ={"PUSHSTEP_TAGZ": "1"},
    )

    paths = sorted(str(error["path"]) for error in run.report["errors"])
    assert paths == [
        *("--fail-fast", "--registry[0]", "--tag", "--wen", "--when.branch.ignore", "--when.branch.only[0]"),
        *("PUSHSTEP_TAGZ", "candidate", "password"),
    ]
    assert run.status == 2


FAILURES: dict[str, tuple[Callable[[dict[str, Registry]], list[str]], str, str]] = {
    # options, given the registries; error code; what the hint holds
    "missing candidate": (
        lambda _: ["--candidate=pushstep-dev/pythom:3.13-slim-trixie"],
        "candidate",
        "closest names",
    ),
    "refused login": (
        lambda found: [f"--registry={found['htpasswd'].host}", "--username=bot", "--password-stdin"],
        "login",
        "input username/password",
    ),
    "no login": (lambda found: [f"--registry={found['htpasswd'].host}"], "login", "docker login"),
    "closed port": (lambda _: ["--registry=127.0.0.1:1"], "unreachable", "port"),
    "unknown name": (lambda _: ["--registry=registry.invalid"], "unreachable", "host's name"),
    "plain HTTP": (
        lambda found: [f"--registry={found['open'].address}"],
        "plain-http",
        "insecure: http",
    ),
    "unknown authority": (lambda found: [f"--registry={found['tls'].address}"], "tls", "SSL_CERT_FILE"),
    "plain HTTP, by the daemon": (
        lambda found: [f"--registry={found['open'].address}", "--transport=daemon"],
        "plain-http",
        "insecure-registries",
    ),
    "unknown authority, by the daemon": (
        lambda found: [f"--registry={found['tls'].address}", "--transport=daemon"],
        "tls",
        "certs.d",
    ),
}


@pytest.mark.parametrize("row", FAILURES)
@pytest.mark.usefixtures("unchanged_names")
def test_a_push_that_fails_says_why_and_what_to_do(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str, row: str
) -> None:
    options, code, hint = FAILURES[row]
    chosen = options(registries)
    candidate = [] if any(one.startswith("--candidate") for one in chosen) else ["--candidate", image.tags[0]]

    run = pushstep(*candidate, f"--image-name={repository}", *chosen, stdin="wrong-password\n")

    assert run.status == 1, run.err
    assert run.codes == [code], run.err
    error = run.report["steps"][0]["error"]
    assert hint in error["hint"]
    assert "\n" not in error["message"]
    assert "wrong-password" not in run.everything()
    assert run.out == ""
    ends_well(run)


def test_no_daemon_says_how_to_get_one(pushstep: Pushstep, tmp_path: Path) -> None:
    run = pushstep("--candidate=acme/app", environ={"DOCKER_HOST": f"unix://{tmp_path}/none.sock"})

    assert run.status == 1
    assert run.codes == ["daemon"]
    assert "-v /var/run/docker.sock:/var/run/docker.sock" in run.report["steps"][0]["error"]["hint"]
    assert "none.sock" in run.report["steps"][0]["error"]["message"]
    ends_well(run)


@pytest.mark.parametrize("username", ["bot", ""])
def test_interface_4_a_forks_pull_request_has_no_secrets_and_is_told_so(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, username: str
) -> None:
    """A secret of the workflow arrives as an empty text there, with a user name beside it or not."""
    (pushstep.folder / "event.json").write_text(
        (ROOT / "tests/fixtures/ci/github/pull_request-fork.json").read_text()
    )
    recorded = environment("github/pull_request-fork") | {
        "GITHUB_EVENT_PATH": "event.json",
        "GITHUB_OUTPUT": "",
        "GITHUB_STEP_SUMMARY": "",
        "GITHUB_WORKSPACE": str(pushstep.folder),
    }

    run = pushstep(
        *("--candidate", image.tags[0], "--registry", registries["htpasswd"].host, "--image-name", "a/b"),
        *("--username", username),
        environ={**recorded, "INPUT_PASSWORD": "", "PATH": pushstep.environ["PATH"]},
    )

    assert run.status == (2 if username else 1)
    errors = run.report["errors"] or [run.report["steps"][0]["error"]]
    assert "fork" in errors[0]["hint"]
    assert "secrets" in errors[0]["hint"]
    ends_well(run)


def test_a_broken_docker_configuration_is_an_error_and_no_way_to_be_anonymous(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    run = pushstep(
        *(
            "--candidate",
            image.tags[0],
            "--registry",
            registries["htpasswd"].host,
            "--image-name",
            repository,
        ),
        environ={"DOCKER_AUTH_CONFIG": "{"},
    )

    assert (run.status, run.codes) == (1, ["credentials"])
    assert [tag["status"] for tag in run.destinations[0]["tags"]] == ["not_attempted"]
    ends_well(run)


def test_a_refused_login_is_not_repeated_for_the_same_host(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image
) -> None:
    htpasswd, good = registries["htpasswd"].host, registries["open"].host

    run = pushstep(
        *("--candidate", image.tags[0], "--tags"),
        f"{htpasswd}/a/one:1,{htpasswd}/a/one:2,{htpasswd}/a/two:1,{good}/a/three:1",
    )

    statuses = [[tag["status"] for tag in place["tags"]] for place in run.destinations]
    assert statuses == [["not_attempted", "not_attempted"], ["not_attempted"], ["created"]]
    ends_well(run)


HOSTILE = (
    "::error::x\n::set-output name=a::b\r##[group]y %0A \x1b[0Ksection_start:1:a\r\x1b[0K "
    "`code` <b>h</b> <<EOF \u2028 \u202e |"
)


@pytest.mark.parametrize("ci", ["plain", "github", "gitlab"])
@pytest.mark.usefixtures("unchanged_names")
def test_what_a_registry_and_a_branch_say_never_acts(
    pushstep: Pushstep, image: Image, repository: str, ci: str
) -> None:
    """A registry's words and a branch name, through the daemon, to every way out."""
    body = json.dumps({"errors": [{"code": "MANIFEST_INVALID", "message": HOSTILE, "detail": HOSTILE}]})
    (pushstep.folder / "output").touch()
    environ = {
        "plain": {"CF_BRANCH": HOSTILE},
        "github": {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REF_NAME": HOSTILE,
            "GITHUB_OUTPUT": str(pushstep.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(pushstep.folder / "summary"),
        },
        "gitlab": {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": HOSTILE, "CI_PROJECT_DIR": str(pushstep.folder)},
    }[ci]
    with scripted(400, body) as registry:
        run = pushstep(
            *("--candidate", image.tags[0], "--registry", registry.host, "--image-name", repository),
            *("--title", HOSTILE.replace("\n", " "), "--when", "branch: {only: [/./]}"),
            environ=environ,
        )

    assert run.status == 1
    commands = [line for line in run.err.splitlines() if line.lstrip().startswith("::") or "##[" in line]
    ours = ("::group::", "::endgroup::", "::error title=pushstep")
    assert [line for line in commands if not line.startswith(ours)] == []
    assert len([line for line in commands if line.startswith("::error")]) == (ci == "github")
    assert not re.search("[\u2028\u202e]", run.everything())
    if ci == "gitlab":
        sections = re.findall(r"section_(?:start|end):[0-9]+:([a-z0-9_]+)(?:\[[^\]]*\])?\r", run.err)
        assert set(sections) == {"push_0"}
        assert [line for line in run.file("pushstep.env").splitlines() if line] == run.file(
            "pushstep.env"
        ).splitlines()
    else:
        jsonschema.validate(run.report, SCHEMA)
    assert "<b>h</b>" not in re.sub(r"(`+).*?\1", "", run.file("summary"))


def test_a_branch_that_when_excludes_connects_to_nobody(pushstep: Pushstep, listener: Listener) -> None:
    (pushstep.folder / "summary").touch()

    run = pushstep(
        *("--candidate", "app", "--registry", listener.host, "--image-name", "a/b", "--username", USER),
        *("--password-stdin", "--when", r"branch: {only: [main, /^release\/\d/]}"),
        stdin=PASSWORD,
        environ={
            "DOCKER_HOST": f"tcp://{listener.host}",
            "GITHUB_ACTIONS": "true",
            "GITHUB_REF_NAME": "feature/x",
            "GITHUB_STEP_SUMMARY": str(pushstep.folder / "summary"),
        },
    )

    assert run.status == 0, run.err
    assert run.report["result"] == "skipped"
    reason = r"branch `feature/x` is not in `only`: main, /^release\/\d/"
    assert run.report["steps"][0]["reason"] == reason
    assert reason in run.err
    assert reason in run.file("summary")
    assert listener.connections == 0
    ends_well(run)


CONDITIONS: dict[str, tuple[str, int, list[str], list[str]]] = {
    # expression; exit status, codes, what the log and the summary hold
    "false": (
        "'${{CF_BRANCH}}' == 'main'",
        0,
        [],
        [r"condition `x` does not hold: 'it\'s' == 'main'", r"'it\'s' == 'main'"],
    ),
    "fails": ("CF_BRANCH == main", 1, ["condition"], ["Invalid identifier: 'main'", "             ^"]),
    "is none": ("CF_BRANCH = 'main'", 2, ["condition-syntax"], ['Unexpected "="', "          ^"]),
    "a secret": (
        "'${{CF_API_KEY}}' == 'x'",
        1,
        ["condition"],
        ["CF_API_KEY looks like a secret", "'${{CF_API_KEY}}' == 'x'"],
    ),
}


@pytest.mark.parametrize("row", CONDITIONS)
def test_a_condition_decides_before_anybody_is_asked(
    pushstep: Pushstep, listener: Listener, row: str
) -> None:
    expression, status, codes, said = CONDITIONS[row]
    (pushstep.folder / "summary").touch()

    run = pushstep(
        *(
            "--candidate=app",
            "--image-name=a/b",
            "--when",
            yaml.dump({"condition": {"all": {"x": expression}}}),
        ),
        environ={
            "CF_BRANCH": "it's",
            "CF_API_KEY": PASSWORD,
            "DOCKER_HOST": f"tcp://{listener.host}",
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(pushstep.folder / "summary"),
        },
    )

    assert (run.status, run.codes) == (status, codes), run.err
    assert all(text in run.err and text in run.file("summary") for text in said), run.err
    assert PASSWORD not in run.everything()
    assert listener.connections == 0
    ends_well(run)


@pytest.mark.parametrize("fail_fast", [True, False])
def test_a_catastrophic_regex_ends_within_three_seconds(
    pushstep: Pushstep, listener: Listener, *, fail_fast: bool
) -> None:
    run = pushstep(
        *("--candidate=app", "--image-name=a/b", "--when", "branch: {only: ['/^(a+)+$/']}"),
        f"--fail-fast={str(fail_fast).lower()}",
        environ={"CF_BRANCH": "a" * 5000 + "b", "DOCKER_HOST": f"tcp://{listener.host}"},
    )

    assert run.seconds < 3
    assert (run.status, run.codes) == (int(fail_fast), ["condition"])
    assert [one["outcome"] for one in run.report["steps"][0]["conditions"]] == ["error"]
    assert listener.connections == 0
    ends_well(run)


def test_a_report_that_cannot_be_written_leaves_the_push(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    registry = registries["open"]
    options = ("--candidate", image.tags[0], "--registry", registry.host, "--image-name", repository)

    run = pushstep(*options, "--report", "no/such/folder/report.json")

    assert run.status == 1
    assert "[report]" in run.err
    assert registry.tags(repository) == ["latest"]
    assert run.out == f"{registry.host}/{repository}@{registry.digest(repository, 'latest')}\n"


def test_outputs_are_not_written_through_a_link(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    target = pushstep.folder / "target"
    target.write_text("precious")
    (pushstep.folder / "pushstep.env").symlink_to(target)

    run = pushstep(
        *("--candidate", image.tags[0], "--registry", registries["open"].host, "--image-name", repository),
        environ={"GITLAB_CI": "true", "CI_PROJECT_DIR": str(pushstep.folder)},
    )

    assert target.read_text() == "precious"
    assert run.status == 1
    assert [error["code"] for error in run.report["errors"]] == ["report"]
