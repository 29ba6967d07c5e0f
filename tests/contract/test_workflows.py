"""The project's own pipelines keep their promises: least privilege, pinned actions, a release that uses itself."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pushstep import __version__

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
WORKFLOWS: dict[str, dict[Any, Any]] = {path.stem: yaml.safe_load(path.read_text()) for path in FILES}
JOBS = {f"{name}/{job}": body for name, whole in WORKFLOWS.items() for job, body in whole["jobs"].items()}
STEPS = [(job, step) for job, body in JOBS.items() for step in body["steps"]]
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
DEPENDABOT: dict[str, Any] = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())


def steps(job: str, key: str) -> list[Any]:
    """What the steps of a job have under a key."""
    return [step[key] for step in JOBS[job]["steps"] if key in step]


def step(job: str, name: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = (one for one in JOBS[job]["steps"] if one.get("id") == name)
    return found


# every workflow


def test_both_workflows_are_read() -> None:
    assert set(WORKFLOWS) >= {"ci", "release"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_foreign_action_is_pinned_by_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"^[ -]*uses: *(.+)$", path.read_text(), re.MULTILINE)
    pinned = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert used
    assert [one for one in used if one != "./" and not pinned.fullmatch(one)] == []


def test_one_action_has_one_pin() -> None:
    used = {one["uses"] for _, one in STEPS if one.get("uses", "./") != "./"}
    assert len(used) == len({one.partition("@")[0] for one in used})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_nothing_and_each_job_says_what_it_needs(name: str) -> None:
    whole = WORKFLOWS[name]
    assert whole["permissions"] == {}
    assert [job for job, body in whole["jobs"].items() if "permissions" not in body] == []
    assert "concurrency" in whole


def test_who_may_write_what() -> None:
    """A job that pushes the image cannot touch the repository, and the one that can runs no foreign code."""
    writers = {
        (job, scope)
        for job, body in JOBS.items()
        for scope, may in body["permissions"].items()
        if may != "read"
    }
    assert writers == {("release/image", "packages"), ("release/tags", "contents")}
    assert [one.partition("@")[0] for one in steps("release/tags", "uses")] == ["actions/checkout"]


@pytest.mark.parametrize("job", JOBS)
def test_a_job_ends_in_time_and_keeps_no_token_in_its_checkout(job: str) -> None:
    checkouts = [one for one in JOBS[job]["steps"] if one.get("uses", "").startswith("actions/checkout@")]
    assert JOBS[job]["timeout-minutes"] <= 60
    assert [one for one in checkouts if one["with"]["persist-credentials"] is not False] == []


def test_nothing_is_pasted_into_a_script() -> None:
    """A tag's or a branch's name there would be code."""
    assert [(job, one["run"]) for job, one in STEPS if "${{" in one.get("run", "")] == []


def test_scripts_and_targets_that_are_called_exist() -> None:
    text = "\n".join(one.get("run", "") for _, one in STEPS)
    makefile = (ROOT / "Makefile").read_text()
    called = re.findall(r"\.ci/[\w.-]+", text)
    targets = re.findall(r"^make (\w+)", text, re.MULTILINE)
    assert set(targets) == {"lint", "test"}
    assert [name for name in called if not (ROOT / name).is_file()] == []
    assert [name for name in targets if f"\n{name}: " not in makefile] == []


# ci.yml


def test_ci_runs_for_changes_and_every_day() -> None:
    on = WORKFLOWS["ci"][True]  # YAML 1.1 reads `on` as a boolean
    assert set(on) == {"push", "pull_request", "schedule"}
    assert on["push"] == {"branches": ["main"]}


def test_the_required_job_waits_for_every_other_and_is_never_skipped() -> None:
    jobs = WORKFLOWS["ci"]["jobs"]
    assert {"lint", "test", "image", "action", "required"} <= set(jobs)
    assert set(jobs["required"]["needs"]) == set(jobs) - {"required"}
    assert jobs["required"]["if"] == "always()"


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ("success", 0),
        ("success success success success", 0),
        ("success failure success", 1),
        ("skipped success", 1),
        ("success cancelled", 1),
        ("", 1),
    ],
)
def test_the_required_job_passes_only_if_all_passed(tmp_path: Path, results: str, status: int) -> None:
    (only,) = JOBS["ci/required"]["steps"]
    assert only["env"] == {"RESULTS": "${{ join(needs.*.result, ' ') }}"}
    assert shell(only["run"], tmp_path, RESULTS=results).returncode == status


def test_the_action_tests_itself_on_every_ending() -> None:
    tried = [one for one in JOBS["ci/action"]["steps"] if one.get("uses") == "./"]
    assert [one["id"] for one in tried if one.get("continue-on-error")] == ["bad"]
    (names,) = steps("ci/action", "env")
    assert names == {one["id"].upper(): f"${{{{ toJSON(steps.{one['id']}) }}}}" for one in tried}
    checked = set(re.findall(r"^check ([A-Z]+) ", (ROOT / ".ci/check-action").read_text(), re.MULTILINE))
    assert checked == set(names) == {"GOOD", "SKIPPED", "BAD"}


# release.yml


def test_a_release_is_built_for_both_platforms_into_a_file() -> None:
    built = step("release/image", "build")["with"]
    assert built["platforms"] == "linux/amd64,linux/arm64"
    assert built["outputs"].startswith("type=oci,dest=")
    assert built["pull"] is True
    arguments = dict(line.split("=", 1) for line in built["build-args"].splitlines())
    declared = set(re.findall(r"^ARG (\w+)=$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert set(arguments) == declared
    (emulated,) = {one["with"]["platforms"] for one in JOBS["release/image"]["steps"] if "qemu" in str(one)}
    assert f"linux/{emulated}" in built["platforms"]


def test_a_release_takes_nothing_from_the_caches_of_other_runs() -> None:
    given = [step for step in steps("release/image", "with") if any("cache" in name for name in step)]
    cached = {name: value for step in given for name, value in step.items() if "cache" in name}
    assert cached == {"cache-image": False, "cache-binary": False}


def test_a_release_pushes_its_image_with_itself() -> None:
    pushed = step("release/image", "push")
    assert pushed["uses"] == "./"
    assert pushed["with"]["registry"] == "ghcr.io"
    built = step("release/image", "build")["with"]
    assert f"type=oci,dest={pushed['with']['candidate'].removeprefix('oci-archive:')}" == built["outputs"]
    # No other way out, and no other login than the token that the action takes by itself.
    assert [run for run in steps("release/image", "run") if re.search(r"docker (push|login)", run)] == []
    assert not {"push", "load", "tags"} & set(built)
    assert [one for one in steps("release/image", "uses") if "login" in one] == []
    assert "password" not in pushed["with"]


def test_the_release_commit_names_the_image_that_was_pushed() -> None:
    *_, last = JOBS["release/tags"]["steps"]
    assert JOBS["release/image"]["outputs"] == {"image": "${{ steps.push.outputs.image }}"}
    assert last["env"]["IMAGE"] == "${{ needs.image.outputs.image }}"
    assert 'release.py "$TAG" "$IMAGE" --push' in last["run"]


def test_every_tag_is_there_when_a_release_compares_versions() -> None:
    depths = [one["fetch-depth"] for job in ("image", "tags") for one in steps(f"release/{job}", "with")[:1]]
    assert depths == [0, 0]


def test_the_names_of_the_image_are_what_the_push_takes(tmp_path: Path) -> None:
    """GHCR wants lower case, whatever the owner is called."""
    names = step("release/image", "names")

    done = shell(names["run"], tmp_path, TAG=f"v{__version__}", OWNER="Acme-Corp")

    assert (done.returncode, done.stderr) == (0, "")
    written = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert written["version"] == __version__
    assert written["image-name"] == "acme-corp/pushstep"
    assert written["tags"].split(",")[0] == __version__
    used = set(re.findall(r"steps\.names\.outputs\.([\w-]+)", yaml.safe_dump(JOBS["release/image"])))
    assert used == set(written)


def test_a_tag_of_another_version_stops_the_release_before_anything_is_built(tmp_path: Path) -> None:
    done = shell(step("release/image", "names")["run"], tmp_path, TAG="v999.0.0", OWNER="acme")
    assert done.returncode == 2
    assert "v999.0.0 is not" in done.stderr
    assert (tmp_path / "output").read_text() == ""


def shell(script: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a step's script as the runner does, in this checkout."""
    output = folder / "output"
    output.touch()
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=ROOT,
        env={**os.environ, "GITHUB_OUTPUT": str(output), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


# .gitlab-ci.yml


def test_gitlab_tests_the_component_of_the_same_commit() -> None:
    (included,) = GITLAB["include"]
    inputs = included["inputs"]
    assert included["component"] == "$CI_SERVER_FQDN/$CI_PROJECT_PATH/push@$CI_COMMIT_SHA"
    assert GITLAB["outputs"]["needs"] == [{"job": inputs["job-name"], "artifacts": True}]
    stages = [GITLAB["container"]["stage"], inputs["job-stage"], GITLAB["outputs"]["stage"], "release"]
    assert stages == GITLAB["stages"]
    # The job that makes the image, and both that run it, mean the same one.
    assert inputs["job-image"] == GITLAB["outputs"]["image"]["name"]
    assert inputs["job-image"] in GITLAB["container"]["script"][-1]


@pytest.mark.parametrize(
    ("tag", "runs"),
    [
        ("1.2.3", True),
        ("0.1.0", True),
        ("1.2.3-rc.1", True),
        (__version__, True),
        ("v1.2.3", False),
        ("v1", False),
        ("1", False),
        ("1.2.3.4", False),
        ("nightly", False),
    ],
)
def test_gitlab_publishes_the_plain_tag_of_a_release_alone(tag: str, runs: bool) -> None:
    """Those with `v` move; their pipelines would release a version twice."""
    first, second, *others = GITLAB["workflow"]["rules"]
    pattern = first["if"].removeprefix("$CI_COMMIT_TAG =~ /").removesuffix("/")
    assert (re.search(pattern, tag) is not None) == runs
    assert second == {"if": "$CI_COMMIT_TAG", "when": "never"}
    assert [rule for rule in others if "CI_COMMIT_TAG" in rule["if"]] == []
    assert GITLAB["release"]["rules"] == [{"if": "$CI_COMMIT_TAG"}]
    assert GITLAB["release"]["release"]["tag_name"] == "$CI_COMMIT_TAG"


# dependabot.yml


def test_dependabot_watches_what_is_pinned_and_waits_a_week() -> None:
    files = {
        "pip": "requirements.txt",
        "npm": "package.json",
        "docker": "Dockerfile",
        "github-actions": ".github/workflows/ci.yml",
    }
    updates = DEPENDABOT["updates"]
    assert {one["package-ecosystem"] for one in updates} == set(files)
    for one in updates:
        for folder in one.get("directories") or [one["directory"]]:
            assert (ROOT / folder.strip("/") / files[one["package-ecosystem"]]).is_file()
        assert one["schedule"]["interval"] == "weekly"
        assert one["cooldown"]["default-days"] >= 7
