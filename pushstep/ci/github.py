"""GitHub Actions' own formats, so that nobody else knows how a command or an output file is written."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from secrets import token_hex
from types import MappingProxyType
from typing import Self

from pushstep.ci import github_facts
from pushstep.ci.protocol import Context, FileWrite, Handover, Level
from pushstep.ci.summary import bounded
from pushstep.fields import ALIASES
from pushstep.text import visible
from pushstep.values import dataclass

_SHORTEST_MASK = 8
"""Shorter texts are no secrets but words: masked, they would spoil the log and drop outputs."""
_LARGEST_SUMMARY = 900_000
"""Bytes; GitHub drops a summary above 1 MiB, and other steps of the job need not share ours."""

_INSIDE = "/github/"
"""Where the runner mounts its folders into a container action."""
_HOSTED = "/home/runner/work"
"""The folder of all workspaces on GitHub's own machines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GitHub:
    """A job of GitHub Actions; the paths are `""` where the runner gives none."""

    context: Context
    output_path: str
    summary_path: str
    mounts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Folders of the runner's machine → where a container action has them."""

    @classmethod
    def of(cls, environ: Mapping[str, str], read_text: Callable[[str], str], now_ms: int) -> Self:
        """The run that these surroundings describe."""
        return cls(
            context=github_facts.context(environ, read_text, now_ms),
            output_path=environ.get("GITHUB_OUTPUT", ""),
            summary_path=environ.get("GITHUB_STEP_SUMMARY", ""),
            mounts=_mounts(environ),
        )

    @property
    def nests_sections(self) -> bool:
        """The first `::endgroup::` ends all of them."""
        return False

    def masks(self, secrets: Sequence[str], /) -> str:
        """A command for each line of each secret that is long enough.

        The runner would take several lines apart itself, and mask the `{` of a pretty-printed key as well.
        """
        lines = (line.strip() for secret in secrets for line in re.split(r"[\r\n]", _encodable(secret)))
        worthy = dict.fromkeys(line for line in lines if len(line) >= _SHORTEST_MASK)
        return "\n".join(f"::add-mask::{_data(line)}" for line in worthy)

    def section(self, _name: str, title: str, /) -> tuple[str, str]:
        """A group; groups have no names."""
        return f"::group::{_data(visible(title))}", "::endgroup::"

    def annotation(self, level: Level, title: str, message: str, /) -> str:
        """A command that also colours the message in the log; it may have several lines."""
        lines = "\n".join(map(visible, message.split("\n")))
        return f"::{level} title={_property(visible(title))}::{_data(lines)}"

    def files(self, outputs: Mapping[str, str], summary: str | None, /) -> Handover:
        """The step's output and summary files, which earlier commands of the step may have begun."""
        values = {**outputs, **{alias: outputs[name] for alias, name in ALIASES.items() if name in outputs}}
        text = "".join(_output(name, _encodable(value), _delimiters()) for name, value in values.items())
        markdown = bounded(_encodable(summary or ""), _LARGEST_SUMMARY)
        writes = (
            FileWrite(path=self.output_path, text=text, append=True, what="outputs"),
            FileWrite(path=self.summary_path, text=markdown, append=True, what="job summary"),
        )
        return Handover(files=tuple(write for write in writes if write.path and write.text))

    def local_path(self, path: str, /) -> str:
        """Map the host's workspace and temporary folder (push-step.md 4).

        The runner maps an input that begins with such a path, but not one inside `oci:...` or a list.
        """
        for outside, inside in self.mounts.items():
            if path == outside or path.startswith(f"{outside}/"):
                return inside + path.removeprefix(outside)
        return path

    def daemon_hint(self) -> str:
        """A container action has the socket only where the runner's machine has one."""
        return (
            "The runner mounts `/var/run/docker.sock` into container actions, but rootless, Kubernetes and "
            "some self-hosted runners have no Docker daemon behind it: use one that has, such as "
            "`runs-on: ubuntu-latest`."
        )

    def credentials_hint(self, host: str, /) -> str:
        """Why a login seems to be lost, and the lines that bridge it."""
        if self.context.withheld:
            return self.context.withheld
        if host == "ghcr.io":
            return (
                "ghcr.io takes the job's own token: give the job `permissions: packages: write`, "
                "and the step `github-token: ${{ github.token }}`."
            )
        return (
            "A container action does not see logins of earlier steps: give the step `username` and "
            "`password`, or the job `env: DOCKER_CONFIG: ${{ github.workspace }}/.docker` and log in after "
            "the checkout."
        )

    def id_token_hint(self, _audience: str, /) -> str:
        """The permission to ask for one; the audience is chosen when it is asked for."""
        return self.context.withheld or (
            "Add to the job: `permissions: {id-token: write, contents: read}`, and what else it needs, such "
            "as `packages: write`: those that are not listed are taken away."
        )


def _mounts(environ: Mapping[str, str]) -> Mapping[str, str]:
    workspace = environ.get("GITHUB_WORKSPACE", "")
    if not workspace.startswith(_INSIDE):
        return MappingProxyType({})  # no container action: paths are what they are
    name = environ.get("GITHUB_REPOSITORY", "").rpartition("/")[2]
    # the only path of the host that the runner leaves as it is: nothing is mounted from there
    work = environ.get("RUNNER_WORKSPACE") or f"{_HOSTED}/{name}"
    mounts = {f"{work}/{name}": workspace}
    temporary = environ.get("RUNNER_TEMP", "")
    if temporary.startswith(_INSIDE):  # not so on runners before 2.329, which mount no such folder
        mounts[f"{posixpath.dirname(work)}/_temp"] = temporary
    return MappingProxyType(mounts)


def _delimiters() -> Iterator[str]:
    while True:
        yield f"pushstep_{token_hex(16)}"


def _output(name: str, value: str, delimiters: Iterator[str]) -> str:
    end = next(filter(lambda delimiter: delimiter not in value, delimiters))
    return f"{name}<<{end}\n{value}\n{end}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _encodable(text: str) -> str:
    # The environment's bytes that are no UTF-8 arrive as lone surrogates, which no file takes; they are
    # spelled as in the log (`visible`), so that a mask still finds them there.
    return text.encode(errors="backslashreplace").decode()
