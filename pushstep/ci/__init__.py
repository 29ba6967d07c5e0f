"""The CI a run is in: the one place that asks, so that all others only use the answer."""

from collections.abc import Callable, Mapping

from pushstep.ci.github import GitHub
from pushstep.ci.gitlab import GitLab
from pushstep.ci.plain import Plain
from pushstep.ci.protocol import CI

__all__ = ["detect"]


def detect(environ: Mapping[str, str], read_text: Callable[[str], str], now_ms: int) -> CI:
    """The CI that `environ` tells of; `read_text` reads its event file, `now_ms` is the run's start."""
    # Both CIs pass what they do not have as an empty text; from here on it is absent.
    environ = {name: value for name, value in environ.items() if value}
    if environ.get("GITHUB_ACTIONS") == "true":
        return GitHub.of(environ, read_text, now_ms)
    if environ.get("GITLAB_CI") == "true":
        return GitLab.of(environ, now_ms)
    return Plain.of(environ)
