"""Documents on a real daemon: several steps, what each sees of those before it, and who may read what."""

import signal
import subprocess
from pathlib import Path

import pytest
from docker.models.images import Image

from tests.support.pushstep import Pushstep
from tests.support.registries import PASSWORD, USER, Registry, listening, scripted

TWO = """\
version: "1.0"
steps:
  build: {{title: Building, type: build, image_name: app}}
  first:
    type: push
    title: To ${{{{WHERE}}}}
    candidate: ${{{{build}}}}
    image_name: {repository}
    registry: {registry}
    tags: [latest, ${{{{CF_BRANCH}}}}]
    when:
      condition:
        all: {{onMain: '"${{{{CF_BRANCH}}}}" == "main"'}}
  second:
    type: push
    candidate: ${{{{first.imageId}}}}
    image_name: {repository}
    registry: {registry}
    tag: of-${{{{steps.first.result}}}}-$[[first.name]]
    when: {{steps: [{{name: first}}, {{name: build}}]}}
"""


def pipeline(pushstep: Pushstep, text: str, *, name: str = "pipeline.yml") -> tuple[str, str]:
    (pushstep.folder / name).write_text(text)
    return "--step", name


@pytest.mark.usefixtures("unchanged_names")
@pytest.mark.parametrize("dry", [False, True])
def test_section_1_3_the_second_step_pushes_what_the_first_did(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str, *, dry: bool
) -> None:
    registry = registries["open"]
    text = TWO.format(repository=repository, registry=registry.host)

    run = pushstep(
        *pipeline(pushstep, text),
        *("--variables", f"build={image.tags[0]}\nWHERE=the store", f"--dry-run={str(dry).lower()}"),
        environ={"CF_BRANCH": "main"},
    )

    assert run.status == 0, run.err
    first, second = run.report["steps"]
    assert (first["name"], first["title"]) == ("first", "To the store")
    assert [one["outcome"] for one in (*first["conditions"], *second["conditions"])] == ["true"] * 3
    assert "step `build` is not run here and counts as success" in run.err
    assert first["image_id"] == second["image_id"] == image.id
    if dry:
        assert [one["result"] for one in run.report["steps"]] == ["skipped", "skipped"]
        assert registry.tags(repository) == []
        assert run.out == ""
        return
    assert registry.tags(repository) == ["latest", "main", "of-success-first"]
    digest = registry.digest(repository, "main")
    assert registry.digest(repository, "of-success-first") == digest
    assert run.out == f"{registry.host}/{repository}@{digest}\n" * 2


def test_section_1_3_a_step_that_when_excludes_is_skipped_and_nothing_else(pushstep: Pushstep) -> None:
    """Its variables are unset, its tag is none, its registry is a name that nobody knows."""
    with listening() as listener:
        run = pushstep(
            "--step",
            f"""
one:
  type: push
  candidate: ${{{{build_image}}}}
  tag: ${{{{BAD}}}}
  registry: my-registry
  image_name: ${{{{OWNER}}}}/app
  credentials: {{username: ${{{{U}}}}, password: ${{{{P}}}}}}
  provider: ecr
  when: {{branch: {{only: [main]}}}}
  on_finish: {{metadata: {{set: ["${{{{one.imageId}}}}": [a: b]]}}}}
two: {{type: push, candidate: "${{{{one}}}}", registry: {listener.host}, when: {{steps: [{{name: one}}]}}}}
""",
            environ={"CF_BRANCH": "topic", "BAD": "a b", "DOCKER_HOST": f"tcp://{listener.host}"},
        )

        assert run.status == 0, run.err
        assert [one["result"] for one in run.report["steps"]] == ["skipped", "skipped"]
        assert run.report["steps"][1]["reason"] == "step `one` is skipped, not success"
        assert run.codes == []
        assert listener.connections == 0


FAIL_FAST = {
    "true": (1, ["failure", "skipped"], "step `first` failed before it"),
    "false": (0, ["failure", "success"], None),
    "false, strict_fail_fast: true": (1, ["failure", "success"], None),
}


@pytest.mark.usefixtures("unchanged_names")
@pytest.mark.parametrize("word", FAIL_FAST)
def test_section_2_2_what_a_failed_step_means_for_later_ones(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str, word: str
) -> None:
    status, results, reason = FAIL_FAST[word]
    with scripted(403, "denied") as bad:
        run = pushstep(
            "--step",
            f"""
first: {{type: push, candidate: {image.tags[0]}, tags: ['{bad.host}/a/b:1'], fail_fast: {word}}}
second: {{type: push, candidate: {image.tags[0]}, tags: ['{registries["open"].host}/{repository}:1']}}
""",
        )

    assert run.status == status, run.err
    assert [one["result"] for one in run.report["steps"]] == results
    assert run.report["steps"][1]["reason"] == reason
    assert registries["open"].tags(repository) == (["1"] if status == 0 or "strict" in word else [])


LATE = {
    # what the second step wants; the exit status where the first was skipped, and where it pushed
    "candidate: '${{NOBODY}}'": ("variable", 2, 1),
    "candidate: '${{first.imageId}}'": ("variable", 1, 0),
    "candidate: a, tag: '${{BAD}}'": ("reference", 2, 1),
    "candidate: a, registry: my-registry": ("reference", 2, 1),
}


@pytest.mark.usefixtures("unchanged_names")
@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize("row", LATE)
def test_section_1_3_a_mistake_that_shows_late(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    repository: str,
    row: str,
    *,
    pushed: bool,
) -> None:
    code, *statuses = LATE[row]
    target = f"{registries['open'].host}/{repository}"
    run = pushstep(
        "--step",
        f"""
first: {{type: push, candidate: {image.tags[0]}, tags: ['{target}:1'], when: {{branch: {{only: [main]}}}}}}
second: {{type: push, {row}, image_name: {repository}}}
""",
        environ={
            "CF_BRANCH": "main" if pushed else "topic",
            "BAD": "a b",
            "HTTPS_PROXY": "http://127.0.0.1:1",
        },
    )

    if statuses[pushed] == 0:
        # its own failure to push there is nothing of this test
        assert code not in run.codes
        return
    assert run.status == statuses[pushed], run.err
    assert run.codes == [code]
    assert run.report["steps"][0]["result"] == ("success" if pushed else "skipped")


SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
    "CI_JOB_TOKEN": "glcbt-64_abcdefgh",
    "INPUT_PASSWORD": PASSWORD,
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "ey.request.token",
}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("place", ["image_name", "tag", "title", "condition", "candidate", "registry"])
def test_section_3_secrets_stay_where_they_belong(pushstep: Pushstep, name: str, place: str) -> None:
    (pushstep.folder / "summary").touch()
    fields = {"candidate": "app", "registry": "localhost:1", "image_name": "a/b", place: f"x${{{{{name}}}}}"}
    condition = fields.pop("condition", "true")
    text = "".join(f"{key}: '{value}'\n" for key, value in fields.items())

    with listening() as listener:
        run = pushstep(
            *pipeline(pushstep, f'{text}when: {{condition: {{all: {{it: \'"{condition}" != ""\'}}}}}}\n'),
            *("--username", USER, "--debug"),
            environ={
                **SECRETS,
                "GITHUB_STEP_SUMMARY": str(pushstep.folder / "summary"),
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(pushstep.folder),
                "DOCKER_HOST": f"tcp://{listener.host}",
            },
        )

        assert listener.connections == 0
    assert run.status == (1 if place == "condition" else 2), run.err
    assert run.codes == ["condition" if place == "condition" else "variable"]
    assert f"{name} looks like a secret" in run.err
    assert not [value for value in SECRETS.values() if value in run.everything()]


@pytest.mark.usefixtures("unchanged_names")
def test_section_3_secrets_resolve_in_credential_fields(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    registry = registries["htpasswd"]
    run = pushstep(
        "--step",
        f"""
candidate: {image.tags[0]}
registry: {registry.host}
image_name: {repository}
title: as ${{{{WHO}}}}
credentials: {{username: "${{{{WHO}}}}", password: "${{{{DTR_PASSWORD}}}}"}}
""",
        environ={"DTR_PASSWORD": PASSWORD, "WHO": USER},
    )

    assert run.status == 0, run.err
    assert registry.tags(repository) == ["latest"]
    assert PASSWORD not in run.everything()


TRUST = {
    # options, whether the document is read
    "a file": (["--step=push.yml"], {"GITHUB_TOKEN": "t0ken"}, False),
    "a file that leads out and in again": (["--step=../workspace/push.yml"], {"X_TOKEN": "t0ken"}, False),
    "a trusted file": (["--step=push.yml", "--trust-document"], {"GITHUB_TOKEN": "t0ken"}, True),
    "no credentials": (["--step=push.yml"], {"GITHUB_TOKEN": ""}, True),
    "an input that is none": (["--step=push.yml"], {"INPUT_TITLE": "x"}, True),
    "the job's token": (["--step=push.yml"], {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t0ken"}, False),
    "GitLab's token": (["--step=push.yml"], {"PUSHSTEP_ID_TOKEN": "t0ken"}, False),
    "a method of login": (["--step=push.yml", "--login=github"], {}, False),
    "no method of login": (["--step=push.yml", "--login=none"], {}, True),
    "a role": (["--step=push.yml", "--aws-role-to-assume=arn:aws:iam::123456789012:role/a"], {}, False),
    "a role as an input": (["--step=push.yml"], {"INPUT_AWS-ROLE-TO-ASSUME": "x"}, False),
    "AWS's file": (["--step=push.yml"], {"HOME": "{home}/with-aws"}, False),
    "a password": (["--step=push.yml"], {"INPUT_PASSWORD": "hunter22"}, False),
    "a variable given on purpose": (["--step=push.yml"], {"PUSHSTEP_VAR_MY_TOKEN": "hunter22"}, False),
    "text": (["--step={candidate: app, when: {branch: {only: [x]}}}"], {"GITHUB_TOKEN": "t0ken"}, True),
    "standard input": (["--step=-"], {"GITHUB_TOKEN": "t0ken"}, True),
    "a file outside": (["--step={home}/push.yml"], {"GITHUB_TOKEN": "t0ken"}, True),
    "a link from outside": (["--step={home}/link.yml"], {"GITHUB_TOKEN": "t0ken"}, False),
}


@pytest.mark.parametrize("row", TRUST)
def test_section_5_3_a_document_of_a_strange_checkout(pushstep: Pushstep, row: str) -> None:
    options, environ, read = TRUST[row]
    text = "candidate: app\nwhen: {branch: {only: [x]}}\n"
    home = Path(pushstep.environ["HOME"])
    for folder in (pushstep.folder, home):
        (folder / "push.yml").write_text(text)
    (home / "link.yml").symlink_to(pushstep.folder / "push.yml")
    (home / "with-aws/.aws").mkdir(parents=True)
    (home / "with-aws/.aws/credentials").touch()

    run = pushstep(
        *(option.replace("{home}", str(home)) for option in options),
        stdin=text,
        environ={
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "pull_request_target",
            "GITHUB_WORKSPACE": str(pushstep.folder),
            **{name: value.replace("{home}", str(home)) for name, value in environ.items()},
        },
    )

    assert run.status == (0 if read else 2), run.err
    assert run.report["result"] == ("skipped" if read else "failure")
    assert ("trust-document" in run.err) is not read


def test_interface_2_a_document_that_is_not_there(pushstep: Pushstep) -> None:
    run = pushstep("--step=no/such.yml", "--tag=a b", "--wen=x")

    assert run.status == 2
    assert {one["path"] for one in run.report["errors"]} == {"--step", "--wen"}
    assert "No such file" in run.err


def test_errors_carry_file_line_column_and_path(pushstep: Pushstep) -> None:
    run = pushstep(
        *pipeline(pushstep, "steps:\n  push_app:\n    type: push\n    tagz: x\n    retry: {maxAttempts: 0}\n")
    )

    assert run.status == 2
    places = [(one["path"], one["line"], one["column"]) for one in run.report["errors"]]
    assert places == [
        ("steps.push_app.candidate", 2, 3),
        ("steps.push_app.tagz", 4, 11),
        ("steps.push_app.retry.maxAttempts", 5, 26),
    ]
    assert "pipeline.yml:4:11: steps.push_app.tagz: no such field" in run.err
    assert "Did you mean " in run.err


def test_a_signal_ends_the_step_that_goes_on_and_skips_the_rest(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    target = f"{registries['open'].host}/{repository}"

    with scripted(0) as slow:

        def interrupt(process: subprocess.Popen[bytes]) -> None:
            assert slow.stalled.wait(30)
            process.send_signal(signal.SIGTERM)

        run = pushstep(
            "--step",
            f"""
first: {{type: push, candidate: {image.tags[0]}, tags: ['{target}:1']}}
second:
  type: push
  candidate: {image.tags[0]}
  tags: ['{slow.host}/a/b:1']
  timeout: 1h
  retry: {{maxAttempts: 3}}
  fail_fast: false
third: {{type: push, candidate: {image.tags[0]}, tags: ['{target}:3']}}
""",
            meanwhile=interrupt,
        )

    assert run.status == 143, run.err
    assert [one["result"] for one in run.report["steps"]] == ["success", "failure", "skipped"]
    assert run.report["steps"][1]["attempts"] == 1
    assert run.report["steps"][2]["reason"] == "signal 15 ended the run"
    assert run.codes == ["interrupted"]
    assert registries["open"].tags(repository) == ["1"]


def test_standard_input_is_read_for_one_thing(pushstep: Pushstep) -> None:
    run = pushstep("--step=-", "--username=u", "--password-stdin", stdin=PASSWORD)

    assert run.status == 2
    assert "both read standard input" in run.err
    assert PASSWORD not in run.everything()


# --- what follows a step -------------------------------------------------------------------------------

AFTER = """
candidate: {candidate}
tags: ['{target}:1']
on_success:
  metadata: {{set: [qa: passed]}}
  annotations:
    set:
      - entity_type: build
        annotations:
          - id: ${{{{push.imageId}}}}
          - on_main: {{evaluate: "'${{{{CF_BRANCH}}}}' == 'main' && '${{{{push.result}}}}' == 'success'"}}
          - notes: file:notes.txt
          - git: file:.git/config
          - out: file:../home/x
          - link: file:link
          - large: file:large
          - key: {{evaluate: "'${{{{API_KEY}}}}' == ''"}}
          - step: ${{{{CF_STEP_NAME}}}}
          - attempt: ${{{{CF_CURRENT_ATTEMPT}}}} of ${{{{CF_MAX_ATTEMPTS}}}}
          - done
        display: id
on_fail: {{annotations: {{set: [{{annotations: [broken]}}]}}}}
on_finish: {{annotations: {{unset: [{{annotations: [done]}}]}}}}
"""


@pytest.mark.usefixtures("unchanged_names")
@pytest.mark.parametrize("refused", [False, True])
def test_section_9_what_follows_a_step_never_changes_its_result(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str, *, refused: bool
) -> None:
    folder, home = pushstep.folder, Path(pushstep.environ["HOME"])
    (folder / ".git").mkdir()
    for place in (folder / ".git/config", home / "x"):
        place.write_text("none of your business")
    (folder / "link").symlink_to(home / "x")
    (folder / "notes.txt").write_text("two\nlines\n")
    (folder / "large").write_text("x" * 5000)
    (folder / "summary").touch()

    with scripted(403, "denied") as bad:
        host = bad.host if refused else registries["open"].host
        run = pushstep(
            *pipeline(pushstep, AFTER.format(candidate=image.tags[0], target=f"{host}/{repository}")),
            environ={
                "CF_BRANCH": "main",
                "API_KEY": "k3yk3yk3y",
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(folder),
                "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            },
        )

    assert run.status == int(refused), run.err
    found = {one["name"]: (one["action"], one["value"]) for one in run.report["steps"][0]["metadata"]}
    assert "k3yk3yk3y" not in run.everything()
    if refused:
        assert found == {"broken": ("set", None), "done": ("unset", None)}
        return
    assert found == {
        "id": ("set", image.id),
        "on_main": ("set", "true"),
        "notes": ("set", "two\nlines"),
        "step": ("set", "push"),
        "attempt": ("set", "1 of 1"),
        "done": ("unset", None),
    }
    assert "annotations of images are not supported yet" in run.err
    for name in ("git", "out", "link", "large", "key"):
        assert f"annotation {name} is left out" in run.err
    assert "none of your business" not in run.err + run.file("report.json") + run.file("summary")
    assert "**`id`**" in run.file("summary")


# --- plan ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("unchanged_names")
def test_interface_1_a_plan_shows_every_step_and_writes_nothing(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    registry = registries["open"]
    pushstep.command = "plan"
    (pushstep.folder / "output").touch()
    text = TWO.format(repository=repository, registry=registry.host)

    run = pushstep(
        *pipeline(pushstep, text),
        *("--variables", f"build={image.tags[0]}\nWHERE=the store"),
        environ={
            "GITHUB_ACTIONS": "true",
            "GITHUB_REF_NAME": "main",
            "GITHUB_WORKSPACE": str(pushstep.folder),
            "GITHUB_OUTPUT": str(pushstep.folder / "output"),
        },
    )

    assert run.status == 0, run.err
    assert run.out.splitlines() == [
        "first: To the store: would be pushed",
        '  when condition onMain: true ("${{CF_BRANCH}}" == "main"; with its values: "main" == "main")',
        f"  image {image.tags[0]} is {image.id}",
        f"  to {registry.host}/{repository}:latest as anonymous, a new tag",
        f"  to {registry.host}/{repository}:main as anonymous, a new tag",
        "     1 of 1 layer to send",
        "second: would be pushed",
        "  when steps first: true (step `first` is success)",
        "  when steps build: true (step `build` is success)",
        f"  image {image.id} is {image.id}",
        f"  to {registry.host}/{repository}:of-success-first as anonymous, a new tag",
        "     1 of 1 layer to send",
    ]
    assert run.err.splitlines() == [
        "notice: steps.build is not run here: it is a step of type build",
        "notice: step `build` is not run here and counts as success",
    ]
    assert run.file("output") == ""
    assert registry.tags(repository) == []


@pytest.mark.parametrize("options", [["--fail-fast=false"], []])
def test_interface_1_a_plan_that_cannot_be_made(pushstep: Pushstep, options: list[str]) -> None:
    pushstep.command = "plan"

    assert pushstep("--candidate", "pushstep-dev/no-such-image", *options).status == 1
    assert pushstep("--candidate", "A", *options).status == 2


def test_section_7_a_step_knows_its_name(pushstep: Pushstep) -> None:
    run = pushstep(
        "--step",
        """
first: {type: push, candidate: a, when: {condition: {all: {me: 'CF_STEP_NAME == "second"'}}}}
second: {type: push, candidate: a, when: {condition: {all: {me: 'CF_STEP_NAME == "first"'}}}}
""",
    )

    assert run.status == 0, run.err
    shown = [one["conditions"][0]["outcome"] for one in run.report["steps"]]
    assert shown == ["false", "false"]


# --- the log -------------------------------------------------------------------------------------------


def test_section_2_title_and_stage_group_the_log_and_the_report(pushstep: Pushstep) -> None:
    run = pushstep(
        "--step",
        """
stages: [one, two]
steps:
  first: {type: push, candidate: a, stage: one, title: "::error::x", when: {branch: {only: [x]}}}
  second: {type: push, candidate: a, stage: two, when: {steps: [{name: first, on: [finished]}]}}
""",
        environ={"GITHUB_ACTIONS": "true", "GITHUB_REF_NAME": "main"},
    )

    assert run.status == 0
    assert run.err.splitlines() == [
        "::group::one: first: ::error::x",
        "when branch only: false (branch `main` is not in `only`: x)",
        "::endgroup::",
        "skipped: branch `main` is not in `only`: x",
        "::group::two: second",
        "when steps first: false (step `first` is skipped, not finished)",
        "::endgroup::",
        "skipped: step `first` is skipped, not finished",
        "skipped",
    ]
    assert [one["stage"] for one in run.report["steps"]] == ["one", "two"]
