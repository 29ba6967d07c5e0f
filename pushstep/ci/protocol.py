"""What every CI gives and takes: facts in, text for its formats out, and nobody else asks which one it is."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Literal, Protocol

from pushstep.values import dataclass

Level = Literal["error", "warning", "notice"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnRegistry:
    """The registry that a CI gives its jobs (`CI_REGISTRY_*`).

    It is the default registry (5.2) also where the CI gives no login for it: both are `""` then.
    """

    host: str
    repository: str
    """Path of `CI_REGISTRY_IMAGE` without its host, `""` when unknown."""
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What the CI says of this run; nothing here was decided by pushstep."""

    ci: Literal["github", "gitlab", "plain"]
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """`CF_*` and `CI` by push-step.md 7; a name the CI does not provide is absent, never empty."""
    own_registry: OwnRegistry | None = None
    actor: str | None = None
    """User name that goes with `github-token`."""
    withheld: str | None = None
    """A sentence: why secrets are empty in this run by design (a fork's or Dependabot's pull request)."""
    from_fork: bool = False
    """Whether the run is for a fork's pull request: then the token that it has can write nothing."""
    strange_checkout: str | None = None
    """A sentence: why files of the workspace may be a stranger's although the run holds secrets (5.3)."""
    debug: bool = False

    @property
    def branch(self) -> str | None:
        """The branch (or tag name) that `when.branch` looks at."""
        return self.variables.get("CF_BRANCH")


@dataclass(frozen=True, kw_only=True, slots=True)
class FileWrite:
    """A file to write, in UTF-8: appended to or replaced; `private` ones get mode 0600."""

    path: str
    text: str
    append: bool = False
    private: bool = False
    what: str
    """For messages: "outputs", "job summary", ..."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """The files that take outputs and summary to the CI, and what they could not hold."""

    files: Sequence[FileWrite] = ()
    notices: Sequence[str] = ()
    """Sentences for the log: an output the CI's format cannot take was left out or empty."""


class CI(Protocol):
    """One CI environment. Every method gives text or values; only the caller writes.

    Lines come without their last line break; `""` is nothing to print. Parameters are positional: a CI
    that needs one of them not names it with an underscore.
    """

    @property
    def context(self) -> Context:
        """The facts of this run."""

    @property
    def nests_sections(self) -> bool:
        """Whether a section of the log may stand inside another one."""

    def masks(self, secrets: Sequence[str], /) -> str:
        """Lines that make the CI hide `secrets`, to be printed before anything else; else `""`."""

    def section(self, name: str, title: str, /) -> tuple[str, str]:
        """Opening and closing line of a log section (`name`: letters, digits, `_`; unique in the log)."""

    def annotation(self, level: Level, title: str, message: str, /) -> str:
        """A line that the CI shows beside the job, or `""` where there is no such thing."""

    def files(self, outputs: Mapping[str, str], summary: str | None, /) -> Handover:
        """How outputs (interface 3 names, `image-id` ...) and the summary (Markdown) are handed over."""

    def local_path(self, path: str, /) -> str:
        """Where this process finds what `path` names on the runner's machine; else `path` itself."""

    def daemon_hint(self) -> str:
        """What to do when no Docker daemon answers, in the words of this CI."""

    def credentials_hint(self, host: str, /) -> str:
        """What to do when no credential was found for `host`, in the words of this CI."""

    def id_token_hint(self, audience: str, /) -> str:
        """What to add so that the job has an OIDC token for `audience`, in the words of this CI."""
