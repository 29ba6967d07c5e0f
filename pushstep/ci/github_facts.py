"""What GitHub Actions says of a run, read from its variables and its event's payload."""

import json
from collections.abc import Callable, Mapping

from pushstep.ci.facts import complete
from pushstep.ci.protocol import Context
from pushstep.text import visible

_GIVEN_SECRETS = frozenset({"pull_request_target", "workflow_run"})
"""Events that run in the base repository, with its secrets, for whoever caused them."""


def context(environ: Mapping[str, str], read_text: Callable[[str], str], now_ms: int) -> Context:
    """The facts of a GitHub run; those that need a payload that cannot be read are absent."""
    event = _payload(environ.get("GITHUB_EVENT_PATH", ""), read_text)
    return Context(
        ci="github",
        variables=complete(_column(environ, event, now_ms), environ),
        actor=environ.get("GITHUB_ACTOR"),
        withheld=_withheld(environ, event),
        from_fork=_fork(environ, event) is not None,
        strange_checkout=_strange_checkout(environ, event),
        debug=environ.get("RUNNER_DEBUG") == "1",
    )


def _column(environ: Mapping[str, str], event: object, now_ms: int) -> dict[str, str | None]:
    """The GitHub column of push-step.md section 7, row by row."""
    env = environ.get
    request, release, group = _at(event, "pull_request"), _at(event, "release"), _at(event, "merge_group")
    commit = _at(event, "head_commit") or _at(group, "head_commit")
    head = env("GITHUB_HEAD_REF") or _text(request, "head", "ref")
    base = env("GITHUB_BASE_REF") or _text(request, "base", "ref") or _branch(_text(group, "base_ref"))
    repository = env("GITHUB_REPOSITORY", "")
    owner, _, name = repository.partition("/")
    server, run = env("GITHUB_SERVER_URL"), env("GITHUB_RUN_ID")
    return {
        # A merge group's branch is the queue's own: what is not merged yet must not pass for its base.
        "CF_BRANCH": head or env("GITHUB_REF_NAME"),
        "CF_BASE_BRANCH": base,
        "CF_PULL_REQUEST_TARGET": base,
        "CF_PULL_REQUEST_NUMBER": _text(request, "number"),
        "CF_PULL_REQUEST_ID": _text(request, "id"),
        "CF_PULL_REQUEST_TITLE": _text(request, "title"),
        "CF_PULL_REQUEST_ACTION": _text(event, "action") if request else None,
        "CF_PULL_REQUEST_LABELS": _labels(request),
        "CF_PULL_REQUEST_HEAD_BRANCH": head,
        "CF_PULL_REQUEST_MERGED": _text(request, "merged"),
        # GITHUB_SHA of a pull request is a merge commit that nobody wrote: no substitute for the head.
        "CF_REVISION": _text(request, "head", "sha") if _is_request(environ) else env("GITHUB_SHA"),
        "CF_COMMIT_MESSAGE": _text(commit, "message"),
        "CF_COMMIT_AUTHOR": _text(commit, "author", "name"),
        "CF_COMMIT_URL": _text(commit, "url"),
        "CF_REPO_OWNER": owner,
        "CF_REPO_NAME": name,
        "CF_BUILD_ID": run,
        "CF_BUILD_URL": f"{server}/{repository}/actions/runs/{run}" if server and run else None,
        "CF_BUILD_TIMESTAMP": str(now_ms),
        "CF_BUILD_INITIATOR": env("GITHUB_ACTOR"),
        "CF_RELEASE_TAG": _text(release, "tag_name"),
        "CF_RELEASE_NAME": _text(release, "name"),
        "CF_RELEASE_ID": _text(release, "id"),
        "CF_PRERELEASE_FLAG": _text(release, "prerelease"),
        "CI": "true",
    }


def _withheld(environ: Mapping[str, str], event: object) -> str | None:
    if environ.get("GITHUB_EVENT_NAME") in _GIVEN_SECRETS:
        return None
    # The actor stays Dependabot when a person runs it again, and so do its rights.
    if environ.get("GITHUB_ACTOR") == "dependabot[bot]":
        return "This run was started by Dependabot: GitHub gives it Dependabot's secrets only."
    fork = _fork(environ, event)
    return fork and f"This run is for a pull request from {fork}: GitHub gives it no secrets."


def _fork(environ: Mapping[str, str], event: object) -> str | None:
    """Where the pull request comes from, in words, if that is another repository: it gets no secrets."""
    if environ.get("GITHUB_EVENT_NAME") in _GIVEN_SECRETS:
        return None
    match _at(event, "pull_request", "head"):
        case {"repo": None}:
            return "a deleted fork"
        case {"repo": {"full_name": str(fork)}} if fork != environ.get("GITHUB_REPOSITORY"):
            return f"a fork ({visible(fork)})"
        case _:
            return None


def _strange_checkout(environ: Mapping[str, str], event: object) -> str | None:
    head = _text(event, "workflow_run", "head_repository", "full_name")
    match environ.get("GITHUB_EVENT_NAME"):
        case "pull_request_target":
            return "This pull_request_target run holds secrets and may have checked out a stranger's branch."
        case "workflow_run" if head != environ.get("GITHUB_REPOSITORY"):
            return "This workflow_run run holds secrets and may use what the run of a fork left behind."
        case _:
            return None


def _is_request(environ: Mapping[str, str]) -> bool:
    return environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request")


def _branch(ref: str | None) -> str | None:
    return ref and ref.removeprefix("refs/heads/")


def _labels(request: object) -> str | None:
    labels = _at(request, "labels")
    names = [_text(label, "name") for label in labels] if isinstance(labels, list) else []
    return ",".join(name for name in names if name)


def _payload(path: str, read_text: Callable[[str], str]) -> object:
    try:
        return json.loads(read_text(path))
    except (OSError, ValueError, RecursionError):
        return None


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: object, *keys: str) -> str | None:
    match _at(value, *keys):
        case bool(flag):
            return str(flag).lower()
        case str() | int() as scalar:
            return str(scalar)
        case _:
            return None
