"""The GitHub column of push-step.md section 7 against environments of every kind of event."""

import json

import pytest

from pushstep import ci
from pushstep.ci.protocol import Context
from tests.unit.ci.recorded import NOW_MS, environment, run

MAIN = "b28b7af69320201d1cf206ebf28373980add1451"
HEAD = "1a954628a960aaef81d7b2d4521929579f3541e6"
FORK = "3f673f2a8e0aacb6d0fa4504233f4f284e4a1b4c"
TAG = "5e9b60f69165f32f8930843ca718e10fdee30c52"
QUEUED = "1038345ecc525ca37383914c8d7839e94ccf5448"
QUEUE = f"gh-readonly-queue/main/pr-42-{MAIN}"
TITLE = 'Let people log in: `::error::` & "quotes"'

SECTION_7: dict[str, dict[str, str | None]] = {
    "CF_BRANCH": {
        "push": "main",
        "push-slashes": "feature/Login-2",
        "push-tag": "v1.10",
        "delete": "main",
        "pull_request": "feature/login",
        "pull_request-merged": "feature/login",
        "pull_request-fork": "patch-1",
        "pull_request_target": "patch-1",
        "pull_request_review": "feature/login",
        "schedule": "main",
        "release": "v1.10",
        "workflow_dispatch": "feature/login",
        "workflow_run": "main",
        "workflow_run-fork": "main",
        "merge_group": QUEUE,
    },
    "CF_BRANCH_TAG_NORMALIZED": {
        "push-slashes": "feature_Login-2",
        "push-tag": "v1.10",
        "pull_request-dependabot": "dependabot_pip_urllib3-2.6.0",
    },
    "CF_BRANCH_TAG_NORMALIZED_LOWER_CASE": {"push-slashes": "feature_login-2", "push-tag": "v1.10"},
    "CF_BASE_BRANCH": {
        "pull_request": "main",
        "pull_request_target": "main",
        "pull_request_review": "main",
        "merge_group": "main",
        "push": None,
        "push-tag": None,
    },
    "CF_PULL_REQUEST_TARGET": {"pull_request": "main", "pull_request_review": "main", "push": None},
    "CF_PULL_REQUEST_NUMBER": {"pull_request": "42", "pull_request_target": "42", "push": None},
    "CF_PULL_REQUEST_ID": {"pull_request": "2150042042", "push": None, "merge_group": None},
    "CF_PULL_REQUEST_TITLE": {"pull_request": TITLE, "schedule": None},
    "CF_PULL_REQUEST_ACTION": {
        "pull_request": "synchronize",
        "pull_request-merged": "closed",
        "pull_request_review": "submitted",
        "release": None,
        "workflow_run": None,
        "merge_group": None,
    },
    "CF_PULL_REQUEST_LABELS": {
        "pull_request": "needs tests,area:login",
        "pull_request-deleted-fork": "needs tests",
        "pull_request-merged": None,
        "push": None,
    },
    "CF_PULL_REQUEST_HEAD_BRANCH": {
        "pull_request": "feature/login",
        "pull_request_review": "feature/login",
        "push": None,
        "merge_group": None,
    },
    "CF_PULL_REQUEST_MERGED": {
        "pull_request": "false",
        "pull_request-merged": "true",
        "pull_request_review": None,
        "push": None,
    },
    "CF_REVISION": {
        "push": MAIN,
        "push-tag": TAG,
        "pull_request": HEAD,
        "pull_request-merged": HEAD,
        "pull_request-fork": FORK,
        "pull_request_target": FORK,
        "pull_request_review": HEAD,
        "schedule": MAIN,
        "workflow_run-fork": MAIN,
        "merge_group": QUEUED,
    },
    "CF_SHORT_REVISION": {"push": MAIN[:7], "pull_request": HEAD[:7]},
    "CF_COMMIT_MESSAGE": {
        "push": "Let people log in\n\nCloses #7",
        "push-tag": "Release 1.10",
        "merge_group": "Merge pull request #42 from Acme/feature/login\n\nLet people log in",
        "pull_request": None,
        "release": None,
        "schedule": None,
        "workflow_run-fork": None,
    },
    "CF_COMMIT_AUTHOR": {"push": "Mona Lisa", "merge_group": "Mona Lisa", "pull_request": None},
    "CF_COMMIT_URL": {
        "push": f"https://github.com/Acme/App/commit/{MAIN}",
        "merge_group": None,
        "pull_request": None,
    },
    "CF_REPO_OWNER": {"push": "Acme", "pull_request-fork": "Acme"},
    "CF_REPO_NAME": {"push": "App", "pull_request-fork": "App"},
    "CF_REPO_OWNER_LOWER_CASE": {"push": "acme"},
    "CF_REPO_NAME_LOWER_CASE": {"push": "app"},
    "CF_BUILD_ID": {"push": "11904242", "schedule": "11904242"},
    "CF_BUILD_URL": {"push": "https://github.com/Acme/App/actions/runs/11904242"},
    "CF_BUILD_TIMESTAMP": {"push": str(NOW_MS)},
    "CF_BUILD_INITIATOR": {"push": "mona", "pull_request-fork": "octo-friend"},
    "CF_RELEASE_TAG": {"release": "v1.10", "push-tag": None, "push": None},
    "CF_RELEASE_NAME": {"release": "Version 1.10", "push-tag": None},
    "CF_RELEASE_ID": {"release": "181920", "push-tag": None},
    "CF_PRERELEASE_FLAG": {"release": "true", "push-tag": None},
    "CF_STEP_NAME": {"push": None},
    "CI": {"push": "true", "schedule": "true"},
}


@pytest.mark.parametrize(
    ("variable", "event", "expected"),
    [(variable, event, value) for variable, row in SECTION_7.items() for event, value in row.items()],
)
def test_section_7_github(variable: str, event: str, expected: str | None) -> None:
    assert run(f"github/{event}").context.variables.get(variable) == expected


def test_section_7_github_gives_nothing_beyond_its_rows() -> None:
    given = {name for row in ("pull_request", "push", "release") for name in facts(row).variables}

    assert given == SECTION_7.keys() - {"CF_STEP_NAME"}


def test_the_branch_of_when_is_cf_branch() -> None:
    assert facts("pull_request").branch == "feature/login"


def test_a_real_variable_wins_and_its_other_spellings_follow() -> None:
    variables = run("github/push", CF_BRANCH="Release/2", CF_CUSTOM="yes").context.variables

    assert variables["CF_BRANCH"] == "Release/2"
    assert variables["CF_BRANCH_TAG_NORMALIZED"] == "Release_2"
    assert variables["CF_CUSTOM"] == "yes"


def test_a_real_spelling_wins_over_the_one_that_would_follow() -> None:
    variables = run("github/push", CF_BRANCH="a/b", CF_BRANCH_TAG_NORMALIZED="mine").context.variables

    assert variables["CF_BRANCH_TAG_NORMALIZED"] == "mine"
    assert variables["CF_BRANCH_TAG_NORMALIZED_LOWER_CASE"] == "a_b"


def test_an_empty_real_variable_is_absent() -> None:
    variables = run("github/push", CF_BRANCH="", CF_CUSTOM="").context.variables

    assert variables["CF_BRANCH"] == "main"
    assert "CF_CUSTOM" not in variables


@pytest.mark.parametrize("name", ["push", "pull_request", "schedule", "release", "merge_group"])
def test_no_variable_is_empty(name: str) -> None:
    assert all(facts(name).variables.values())


PAYLOADS = {
    "no JSON": "{",
    "a list": "[]",
    "a number too long": "1" * 5000,
    "nested too deeply": "[" * 200_000,
    "another shape": json.dumps({"pull_request": {"head": [], "labels": {"name": "x"}, "number": {}}}),
    "no list of labels": json.dumps({"pull_request": {"labels": 5}}),
    "labels of another shape": json.dumps({"pull_request": {"labels": [None, "x", {"name": None}]}}),
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_broken_payload_leaves_the_facts_of_the_environment(payload: str) -> None:
    found = ci.detect(environment("github/pull_request"), lambda _path: payload, NOW_MS).context

    assert found.branch == "feature/login"
    assert found.variables["CF_BASE_BRANCH"] == "main"
    assert not found.variables.keys() & {"CF_REVISION", "CF_PULL_REQUEST_NUMBER", "CF_PULL_REQUEST_LABELS"}
    assert found.withheld is None


@pytest.mark.parametrize("error", [FileNotFoundError(2, "no"), ValueError("no UTF-8")])
def test_a_payload_that_cannot_be_read_is_no_payload(error: Exception) -> None:
    def read_text(_path: str) -> str:
        raise error

    found = ci.detect(environment("github/push"), read_text, NOW_MS).context

    assert found.variables["CF_REVISION"] == MAIN
    assert "CF_COMMIT_MESSAGE" not in found.variables


def test_an_environment_that_says_nothing_more_gives_what_there_is() -> None:
    def read_text(path: str) -> str:
        raise FileNotFoundError(path)

    found = ci.detect({"GITHUB_ACTIONS": "true"}, read_text, NOW_MS).context

    assert found == Context(ci="github", variables={"CF_BUILD_TIMESTAMP": str(NOW_MS), "CI": "true"})


def test_a_build_has_no_url_without_its_server() -> None:
    assert "CF_BUILD_URL" not in run("github/push", GITHUB_SERVER_URL="").context.variables


WITHHELD = {
    "push": None,
    "pull_request": None,
    "pull_request_review": None,
    "pull_request-fork": (
        "This run is for a pull request from a fork (octo-friend/App): GitHub gives it no secrets."
    ),
    "pull_request-deleted-fork": (
        "This run is for a pull request from a deleted fork: GitHub gives it no secrets."
    ),
    "pull_request-dependabot": (
        "This run was started by Dependabot: GitHub gives it Dependabot's secrets only."
    ),
    "pull_request_target": None,
    "workflow_run-fork": None,
    "schedule": None,
}


@pytest.mark.parametrize(("event", "expected"), WITHHELD.items())
def test_secrets_are_withheld_from_forks_and_dependabot(event: str, expected: str | None) -> None:
    assert facts(event).withheld == expected


FROM_FORK = {
    "push": False,
    "pull_request": False,
    "pull_request-fork": True,
    "pull_request-deleted-fork": True,
    "pull_request_target": False,
    "workflow_run-fork": False,
}


@pytest.mark.parametrize(("event", "expected"), FROM_FORK.items())
def test_a_forks_pull_request_is_one_that_gets_no_secrets(event: str, expected: bool) -> None:
    assert facts(event).from_fork is expected


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run"])
def test_dependabot_has_secrets_where_github_gives_them(event: str) -> None:
    assert run(f"github/{event}", GITHUB_ACTOR="dependabot[bot]").context.withheld is None


def test_a_pull_request_within_a_repository_that_is_a_fork_has_its_secrets() -> None:
    payload = {"pull_request": {"head": {"repo": {"full_name": "Acme/App", "fork": True}}}}

    found = ci.detect(environment("github/pull_request"), lambda _path: json.dumps(payload), NOW_MS)

    assert found.context.withheld is None


STRANGE = {
    "push": False,
    "pull_request": False,
    "pull_request-fork": False,
    "pull_request_target": True,
    "workflow_run": False,
    "workflow_run-fork": True,
}


@pytest.mark.parametrize(("event", "expected"), STRANGE.items())
def test_a_strange_checkout_is_one_that_meets_secrets(event: str, expected: bool) -> None:
    assert bool(facts(event).strange_checkout) is expected


def test_a_workflow_run_of_unknown_origin_is_strange() -> None:
    found = ci.detect(environment("github/workflow_run"), lambda _path: "{}", NOW_MS)

    assert found.context.strange_checkout


def test_actor_debug_and_registry() -> None:
    quiet, loud = facts("push"), run("github/push", RUNNER_DEBUG="1").context

    assert (quiet.actor, quiet.debug, quiet.own_registry) == ("mona", False, None)
    assert loud.debug


def facts(event: str) -> Context:
    return run(f"github/{event}").context
