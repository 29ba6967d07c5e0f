"""The GitLab column of push-step.md section 7 against environments of every kind of pipeline."""

import pytest

from pushstep.ci.protocol import Context, OwnRegistry
from tests.unit.ci.recorded import NOW_MS, run

MAIN = "b28b7af69320201d1cf206ebf28373980add1451"
HEAD = "1a954628a960aaef81d7b2d4521929579f3541e6"
MERGE = "14091a9f2461267ee7e02525b4f1f2923f1c9849"
FORK = "3f673f2a8e0aacb6d0fa4504233f4f284e4a1b4c"
PROJECT = "https://gitlab.example.com/Acme/Shop/App"
TITLE = 'Let people log in: $HOME & "quotes"'

SECTION_7: dict[str, dict[str, str | None]] = {
    "CF_BRANCH": {
        "branch": "main",
        "branch-of-open-merge-request": "feature/login",
        "merged-results": "feature/login",
        "detached-merge-request": "feature/login",
        "fork-merge-request": "feature/login",
        "fork-merge-request-in-parent": "feature/login",
        "tag": "v1.10",
        "schedule": "main",
        "web": "feature/login",
    },
    "CF_BRANCH_TAG_NORMALIZED": {"web": "feature_login", "tag": "v1.10"},
    "CF_BRANCH_TAG_NORMALIZED_LOWER_CASE": {"web": "feature_login"},
    "CF_BASE_BRANCH": {
        "merged-results": "main",
        "detached-merge-request": "main",
        "branch": None,
        "branch-of-open-merge-request": None,
        "tag": None,
    },
    "CF_PULL_REQUEST_TARGET": {"detached-merge-request": "main", "branch": None},
    "CF_PULL_REQUEST_NUMBER": {"detached-merge-request": "42", "branch-of-open-merge-request": None},
    "CF_PULL_REQUEST_ID": {"detached-merge-request": "92055", "branch": None},
    "CF_PULL_REQUEST_TITLE": {"detached-merge-request": TITLE, "branch": None},
    "CF_PULL_REQUEST_ACTION": {"detached-merge-request": None},
    "CF_PULL_REQUEST_LABELS": {
        "merged-results": "area::login,needs tests",
        "detached-merge-request": None,
        "branch": None,
    },
    "CF_PULL_REQUEST_HEAD_BRANCH": {"detached-merge-request": "feature/login", "branch": None},
    "CF_PULL_REQUEST_MERGED": {"detached-merge-request": None},
    "CF_REVISION": {
        "branch": MAIN,
        "merged-results": HEAD,
        "detached-merge-request": HEAD,
        "fork-merge-request": FORK,
    },
    "CF_SHORT_REVISION": {"branch": MAIN[:7], "merged-results": HEAD[:7]},
    "CF_COMMIT_MESSAGE": {
        "branch": "Let people log in\n\nCloses #7\n",
        "merged-results": "Merge branch 'feature/login' into 'main'\n",
    },
    "CF_COMMIT_AUTHOR": {"branch": "Mona Lisa <mona@acme.example>"},
    "CF_COMMIT_URL": {
        "branch": f"{PROJECT}/-/commit/{MAIN}",
        "merged-results": f"{PROJECT}/-/commit/{MERGE}",
    },
    "CF_REPO_OWNER": {"branch": "Acme/Shop", "fork-merge-request": "octo-friend"},
    "CF_REPO_NAME": {"branch": "App", "fork-merge-request": "app"},
    "CF_REPO_OWNER_LOWER_CASE": {"branch": "acme/shop"},
    "CF_REPO_NAME_LOWER_CASE": {"branch": "app"},
    "CF_BUILD_ID": {"branch": "550077"},
    "CF_BUILD_URL": {"branch": f"{PROJECT}/-/pipelines/550077"},
    "CF_BUILD_TIMESTAMP": {"branch": str(NOW_MS)},
    "CF_BUILD_INITIATOR": {"branch": "mona", "schedule": "mona"},
    "CF_RELEASE_TAG": {"tag": None},
    "CF_RELEASE_NAME": {"tag": None},
    "CF_RELEASE_ID": {"tag": None},
    "CF_PRERELEASE_FLAG": {"tag": None},
    "CF_STEP_NAME": {"branch": None},
    "CI": {"branch": "true", "detached-merge-request": "true"},
}


@pytest.mark.parametrize(
    ("variable", "pipeline", "expected"),
    [(variable, pipeline, value) for variable, row in SECTION_7.items() for pipeline, value in row.items()],
)
def test_section_7_gitlab(variable: str, pipeline: str, expected: str | None) -> None:
    assert facts(pipeline).variables.get(variable) == expected


def test_section_7_gitlab_gives_nothing_beyond_its_rows() -> None:
    given = facts("merged-results").variables.keys()

    assert given == {row for row, cases in SECTION_7.items() if any(cases.values())}


@pytest.mark.parametrize("variable", ["CI_COMMIT_BRANCH", "CI_COMMIT_TAG", "CI_COMMIT_REF_NAME"])
def test_any_name_of_the_ref_is_the_branch(variable: str) -> None:
    others = dict.fromkeys(["CI_COMMIT_BRANCH", "CI_COMMIT_TAG", "CI_COMMIT_REF_NAME"], "")

    assert run("gitlab/branch", **others | {variable: "release/2"}).context.branch == "release/2"


def test_without_any_ref_there_is_no_branch() -> None:
    found = run("gitlab/schedule", CI_COMMIT_BRANCH="", CI_COMMIT_REF_NAME="").context

    assert found.branch is None
    assert "CF_BRANCH_TAG_NORMALIZED" not in found.variables


def test_a_real_variable_wins() -> None:
    variables = run("gitlab/branch", CF_BRANCH="mine", CF_CUSTOM="yes", CF_REVISION="").context.variables

    assert (variables["CF_BRANCH"], variables["CF_CUSTOM"]) == ("mine", "yes")
    assert variables["CF_REVISION"] == MAIN


def test_a_commit_has_no_url_without_its_project() -> None:
    assert "CF_COMMIT_URL" not in run("gitlab/branch", CI_PROJECT_URL="").context.variables


REGISTRIES: dict[str, tuple[dict[str, str], tuple[str, str, str]]] = {
    "all of it": ({}, ("acme/shop/app", "gitlab-ci-token", "not-a-token-registry")),
    "no login": (
        {"CI_REGISTRY_USER": "", "CI_REGISTRY_PASSWORD": ""},
        ("acme/shop/app", "", ""),
    ),
    "no image": ({"CI_REGISTRY_IMAGE": ""}, ("", "gitlab-ci-token", "not-a-token-registry")),
    "image elsewhere": (
        {"CI_REGISTRY_IMAGE": "other.example.com/x"},
        ("", "gitlab-ci-token", "not-a-token-registry"),
    ),
}


@pytest.mark.parametrize(("changes", "expected"), REGISTRIES.values(), ids=REGISTRIES)
def test_own_registry(changes: dict[str, str], expected: tuple[str, str, str]) -> None:
    repository, username, password = expected

    assert run("gitlab/branch", **changes).context.own_registry == OwnRegistry(
        host="registry.example.com", repository=repository, username=username, password=password
    )


def test_no_own_registry_where_it_is_disabled() -> None:
    assert facts("no-registry").own_registry is None


def test_the_password_of_the_own_registry_is_not_shown() -> None:
    assert "not-a-token-registry" not in repr(facts("branch"))


OF_A_FORK = "This job is for a merge request from a fork (octo-friend/app): GitLab gives it "
WITHHELD = {
    "branch": None,
    "detached-merge-request": None,
    "merged-results": None,
    "fork-merge-request": f"{OF_A_FORK}none of its parent's variables.",
    "fork-merge-request-in-parent": f"{OF_A_FORK}no protected variables.",
}


@pytest.mark.parametrize(("pipeline", "expected"), WITHHELD.items())
def test_variables_are_withheld_from_forks(pipeline: str, expected: str | None) -> None:
    assert facts(pipeline).withheld == expected


@pytest.mark.parametrize("pipeline", WITHHELD)
def test_a_strange_checkout_is_one_that_meets_secrets(pipeline: str) -> None:
    assert bool(facts(pipeline).strange_checkout) is (pipeline == "fork-merge-request-in-parent")


def test_a_merge_request_of_no_known_target_is_of_its_own_project() -> None:
    assert run("gitlab/detached-merge-request", CI_MERGE_REQUEST_PROJECT_ID="").context.withheld is None


def test_a_fork_is_known_by_its_number_alone() -> None:
    numbers = {"CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "", "CI_MERGE_REQUEST_PROJECT_ID": ""}

    found = run("gitlab/fork-merge-request-in-parent", **numbers).context

    assert found.withheld
    assert "(project 702)" in found.withheld


def test_debug() -> None:
    assert facts("web").debug
    assert not facts("branch").debug


def facts(pipeline: str) -> Context:
    return run(f"gitlab/{pipeline}").context
