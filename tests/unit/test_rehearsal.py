"""What whole runs say of where an image goes, as whom, and why there: most are dry, or plans."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import archives
from tests.support.pushstep import Pushstep, environment
from tests.support.small_servers import Reply, Server, Shelf, serving

IMAGE = archives.manifest(archives.image(1))


@pytest.fixture(name="push")
def _push(tmp_path: Path) -> Pushstep:
    archives.written(archives.layout(("ci", IMAGE)), tmp_path / "L")
    return Pushstep(folder=tmp_path, environ=environment(tmp_path))


@pytest.fixture(name="plan")
def _plan(push: Pushstep) -> Pushstep:
    return replace(push, command="plan")


@pytest.fixture(name="registry")
def _registry() -> Iterator[Server]:
    with serving(Shelf()) as server:
        yield server


def told(log: str) -> list[str]:
    return [line for line in log.splitlines() if line.startswith("would push ")]


def test_section_2_a_dry_run_says_what_would_go_where_and_as_whom(push: Pushstep, registry: Server) -> None:
    run = push(
        *("--candidate=oci:L", f"--registry=oci:out,{registry.host}", "--image-name=acme/app"),
        *("--tags=1.2,latest", "--dry-run"),
    )

    assert run.status == 0, run.err
    assert told(run.err) == [
        "would push oci:out:1.2",
        "would push oci:out:latest",
        f"would push {registry.host}/acme/app:1.2 as anonymous",
        f"would push {registry.host}/acme/app:latest as anonymous",
    ]
    assert run.err.splitlines()[-2:] == ["skipped: dry run: nothing was pushed", "skipped"]


def test_section_2_a_dry_run_says_nothing_of_where_nothing_would_go(push: Pushstep) -> None:
    with serving(lambda _: Reply(status=401)) as closed:
        run = push(
            "--candidate=oci:L", f"--registry={closed.host},oci:out", "--image-name=acme/app", "--dry-run"
        )

    assert run.status == 1
    assert told(run.err) == ["would push oci:out:latest"]


def test_section_1_a_plan_says_it_once(plan: Pushstep, registry: Server) -> None:
    run = plan(
        "--candidate=oci:L", f"--registry=oci:out,{registry.host}", "--image-name=acme/app", "--tags=1.2"
    )

    assert run.status == 0, run.err
    assert [line for line in run.out.splitlines() if line.startswith("  to ")] == [
        "  to oci:out:1.2, a new tag",
        f"  to {registry.host}/acme/app:1.2 as anonymous, a new tag",
    ]
    assert run.err == ""


DOCUMENT = """
steps:
  build: {type: build}
  push: {type: push, candidate: oci:L, tags: [], retry: {maxAttempts: 50}}
"""
NOTICES = [
    (
        "PUSHSTEP_USERNAME, PUSHSTEP_PASSWORD: not used, because the registry is named at a higher level "
        "(command line, then INPUT_*, then PUSHSTEP_*); give both at the same one"
    ),
    "steps.build is not run here: it is a step of type build",
    "steps.push.tags is empty, as if not given",
    "steps.push.retry.maxAttempts: 50 is brought to 10",
    "no tag was given: pushing under latest",
]


@pytest.mark.parametrize(("options", "notices"), [([], NOTICES), (["--quiet"], [])], ids=["", "quiet"])
def test_section_1_a_plan_says_how_it_was_understood(
    plan: Pushstep, options: list[str], notices: list[str]
) -> None:
    """Beside the plan: standard output is what was asked for, and nothing else."""
    run = plan(
        *("--step", DOCUMENT, "--registry=oci:out", "--json", *options),
        environ={"PUSHSTEP_USERNAME": "bot", "PUSHSTEP_PASSWORD": "hunter2hunter2"},
    )

    assert run.status == 0, run.err
    assert run.err.splitlines() == [f"notice: {one}" for one in notices]
    assert json.loads(run.out) == run.report


@pytest.mark.parametrize(
    ("options", "environ", "is_told"),
    [
        (["--debug"], {}, True),
        ([], {"CI_DEBUG_TRACE": "true", "GITLAB_CI": "true"}, True),
        (["--debug", "--quiet"], {}, False),
    ],
    ids=["--debug", "as GitLab has it", "and --quiet"],
)
def test_section_1_a_plan_that_is_looked_into_tells_all(
    plan: Pushstep, options: list[str], environ: dict[str, str], *, is_told: bool
) -> None:
    run = plan("--candidate=oci:L", "--registry=oci:out", *options, environ=environ)

    assert run.status == 0, run.err
    assert ("push: oci:L is sha256:" in run.err) is is_told
    assert is_told or run.err == ""


@pytest.mark.parametrize("options", [[], ["--dry-run"]], ids=["", "dry"])
def test_section_1_4_latest_for_want_of_a_tag_is_said_everywhere(push: Pushstep, options: list[str]) -> None:
    summary = push.folder / "summary.md"
    summary.touch()

    run = push(
        *("--candidate=oci:L", "--registry=oci:out", *options),
        environ={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)},
    )

    assert run.status == 0, run.err
    said = "no tag was given: pushing under latest"
    assert f"notice: {said}" in run.err.splitlines()
    assert f"- Notice: `{said}`" in summary.read_text().splitlines()
    assert run.report["steps"][0]["notices"] == [said]


def test_section_1_4_nothing_is_said_of_a_tag_that_was_given(push: Pushstep) -> None:
    run = push("--candidate=oci:L", "--registry=oci:out", "--tag=latest")

    assert run.status == 0, run.err
    assert run.report["steps"][0]["notices"] == []
    assert "notice: " not in run.err
