"""What GitLab CI says of a job, read from its predefined variables."""

from collections.abc import Mapping

from pushstep.ci.facts import complete
from pushstep.ci.protocol import Context, OwnRegistry
from pushstep.text import visible


def context(environ: Mapping[str, str], now_ms: int) -> Context:
    """The facts of a GitLab job."""
    return Context(
        ci="gitlab",
        variables=complete(_column(environ, now_ms), environ),
        own_registry=_own_registry(environ),
        withheld=_withheld(environ),
        strange_checkout=_strange_checkout(environ),
        debug=environ.get("CI_DEBUG_TRACE") == "true",
    )


def _column(environ: Mapping[str, str], now_ms: int) -> dict[str, str | None]:
    """The GitLab column of push-step.md section 7, row by row."""
    env = environ.get
    head = env("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")
    base = env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    commit, project = env("CI_COMMIT_SHA"), env("CI_PROJECT_URL")
    return {
        # Neither a merge request's pipeline nor a tag's has CI_COMMIT_BRANCH.
        "CF_BRANCH": head or env("CI_COMMIT_BRANCH") or env("CI_COMMIT_TAG") or env("CI_COMMIT_REF_NAME"),
        "CF_BASE_BRANCH": base,
        "CF_PULL_REQUEST_TARGET": base,
        "CF_PULL_REQUEST_NUMBER": env("CI_MERGE_REQUEST_IID"),
        "CF_PULL_REQUEST_ID": env("CI_MERGE_REQUEST_ID"),
        "CF_PULL_REQUEST_TITLE": env("CI_MERGE_REQUEST_TITLE"),
        "CF_PULL_REQUEST_ACTION": None,
        "CF_PULL_REQUEST_LABELS": env("CI_MERGE_REQUEST_LABELS"),
        "CF_PULL_REQUEST_HEAD_BRANCH": head,
        "CF_PULL_REQUEST_MERGED": None,
        # Merged-results pipelines run on a merge commit that nobody wrote; only they have the other SHA.
        "CF_REVISION": env("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or commit,
        "CF_COMMIT_MESSAGE": env("CI_COMMIT_MESSAGE"),
        "CF_COMMIT_AUTHOR": env("CI_COMMIT_AUTHOR"),
        "CF_COMMIT_URL": f"{project}/-/commit/{commit}" if project and commit else None,
        "CF_REPO_OWNER": env("CI_PROJECT_NAMESPACE"),
        "CF_REPO_NAME": env("CI_PROJECT_NAME"),
        "CF_BUILD_ID": env("CI_PIPELINE_ID"),
        "CF_BUILD_URL": env("CI_PIPELINE_URL"),
        "CF_BUILD_TIMESTAMP": str(now_ms),
        "CF_BUILD_INITIATOR": env("GITLAB_USER_LOGIN"),
        "CF_RELEASE_TAG": None,
        "CF_RELEASE_NAME": None,
        "CF_RELEASE_ID": None,
        "CF_PRERELEASE_FLAG": None,
        "CI": "true",
    }


def _own_registry(environ: Mapping[str, str]) -> OwnRegistry | None:
    host = environ.get("CI_REGISTRY")
    if not host:
        return None
    before, _, path = environ.get("CI_REGISTRY_IMAGE", "").partition("/")
    return OwnRegistry(
        host=host,
        repository=path if before == host else "",
        username=environ.get("CI_REGISTRY_USER", ""),
        password=environ.get("CI_REGISTRY_PASSWORD", ""),
    )


def _withheld(environ: Mapping[str, str]) -> str | None:
    source = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
    here = environ.get("CI_PROJECT_ID")
    if source in (None, environ.get("CI_MERGE_REQUEST_PROJECT_ID", here)):
        return None
    fork = visible(environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", f"project {source}"))
    lost = "none of its parent's variables" if source == here else "no protected variables"
    return f"This job is for a merge request from a fork ({fork}): GitLab gives it {lost}."


def _strange_checkout(environ: Mapping[str, str]) -> str | None:
    source = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
    if source in (None, environ.get("CI_PROJECT_ID")):
        return None
    return "This job runs a fork's merge request with the secrets of the parent project."
