"""GitLab CI's own formats, so that nobody else knows how a log section or a dotenv report is written."""

import json
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Self

from pushstep.ci import gitlab_facts
from pushstep.ci.protocol import Context, FileWrite, Handover, Level, OwnRegistry
from pushstep.text import visible
from pushstep.values import dataclass

_DOTENV = MappingProxyType(
    {
        "PUSHED_RESULT": "result",
        "PUSHED_IMAGE_ID": "image-id",
        "PUSHED_DIGEST": "digest",
        "PUSHED_REGISTRY": "registry",
        "PUSHED_IMAGE": "image",
        "PUSHED_TAGS": "tags",
    }
)
"""Variable of later jobs → output, the ones first that must not be lost for want of room."""
_DOTENV_LIMIT = 5 * 1024
"""GitLab takes files below this size."""
_DOTENV_VALUE = re.compile(r"[\w./:@,+=~-]*")
"""No blanks, quotes or line breaks, which do not survive, nor `$` and `%`, which later jobs expand."""

_MOST_LINKS = 50
"""Keeps the annotations report below GitLab's 80 KB, however long the names are."""
_PUBLIC = re.compile(
    r"(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*(?::\d+)?)/(?P<repository>[a-z0-9._/-]+):[\w.-]+",
    re.ASCII,
)
"""A reference whose host a browser may find: a name with a dot, no address and no `oci:` folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GitLab:
    """A job of GitLab CI; folder and address of the project are `""` where the job is not told."""

    context: Context
    folder: str
    project_url: str
    started: int
    """Seconds since 1970."""

    @classmethod
    def of(cls, environ: Mapping[str, str], now_ms: int) -> Self:
        """The run that these surroundings describe."""
        return cls(
            context=gitlab_facts.context(environ, now_ms),
            folder=environ.get("CI_PROJECT_DIR", ""),
            project_url=environ.get("CI_PROJECT_URL", ""),
            started=now_ms // 1000,
        )

    @property
    def nests_sections(self) -> bool:
        """GitLab tells them apart by name."""
        return True

    def masks(self, _secrets: Sequence[str], /) -> str:
        """Nothing: GitLab masks only what its settings name."""
        return ""

    def section(self, name: str, title: str, /) -> tuple[str, str]:
        """A collapsed section. Both ends carry the run's start, so GitLab shows no duration for it."""
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
        start = f"\x1b[0Ksection_start:{self.started}:{name}[collapsed=true]\r\x1b[0K{visible(title)}"
        return start, f"\x1b[0Ksection_end:{self.started}:{name}\r\x1b[0K"

    def annotation(self, _level: Level, _title: str, _message: str, /) -> str:
        """Nothing: what GitLab calls annotations are links, see `files`."""
        return ""

    def files(self, outputs: Mapping[str, str], _summary: str | None, /) -> Handover:
        """The job's dotenv report, and a link to each pushed tag; GitLab knows no summaries."""
        if not self.folder:
            return Handover()
        dotenv, notices = _dotenv(outputs)
        links = _annotations(outputs.get("tags", "").split("\n"), self.context.own_registry, self.project_url)
        # both always: a runner reports a missing file as an error in the job's log
        texts = {"pushstep.env": dotenv, "pushstep-annotations.json": links}
        writes = (
            FileWrite(path=posixpath.join(self.folder, name), text=text, what=f"`{name}`")
            for name, text in texts.items()
        )
        return Handover(files=tuple(writes), notices=notices)

    def local_path(self, path: str, /) -> str:
        """A job sees the paths that its variables name."""
        return path

    def daemon_hint(self) -> str:
        """A job has a daemon only as a service, or from a runner that shares its own."""
        return (
            "Give the job a daemon: `services: [docker:27-dind]` with the variable "
            "`DOCKER_TLS_CERTDIR: /certs`, on a runner whose jobs share the volume `/certs/client`, or use a "
            "runner that mounts `/var/run/docker.sock`."
        )

    def credentials_hint(self, host: str, /) -> str:
        """Which variables to set, and why one that is set may not be seen."""
        own = self.context.own_registry
        if own and own.host == host:
            return (
                "GitLab gives a job `CI_REGISTRY_USER` and `CI_REGISTRY_PASSWORD` for its own registry: see "
                "that this job does not unset them, or set `PUSHSTEP_USERNAME` and `PUSHSTEP_PASSWORD`."
            )
        return self.context.withheld or (
            "Set `PUSHSTEP_USERNAME` and `PUSHSTEP_PASSWORD`, or `DOCKER_AUTH_CONFIG`, as CI/CD variables of "
            "the project; a protected variable exists only on protected branches and tags."
        )

    def id_token_hint(self, audience: str, /) -> str:
        """The token is made when the job starts, for the audience that the job names."""
        return (
            f"Add to the job: `id_tokens: {{PUSHSTEP_ID_TOKEN: {{aud: {audience}}}}}`; one of another name "
            "or for another audience is of no use here."
        )


def _dotenv(outputs: Mapping[str, str]) -> tuple[str, Sequence[str]]:
    text, notices = "", []
    for name, output in _DOTENV.items():
        value = ",".join(filter(None, outputs.get(output, "").split("\n")))
        if not _DOTENV_VALUE.fullmatch(value):
            notices.append(f"{name} is empty for later jobs: a dotenv report cannot hold {visible(value)}.")
            value = ""
        line = f"{name}={value}\n"
        if len((text + line).encode()) < _DOTENV_LIMIT:
            text += line
        else:
            notices.append(f"{name} is left out for later jobs: GitLab takes dotenv reports below 5 KB.")
    return text, tuple(notices)


def _annotations(references: Iterable[str], own: OwnRegistry | None, project_url: str) -> str:
    pages = ((reference, _page(reference, own, project_url)) for reference in references)
    links = [{"external_link": {"label": label, "url": url}} for label, url in pages if url]
    return json.dumps({"pushstep": links[:_MOST_LINKS]} if links else {}) + "\n"


def _page(reference: str, own: OwnRegistry | None, project_url: str) -> str | None:
    # A registry's own address shows nothing to a browser where it is GitLab's; elsewhere it mostly leads on.
    home = f"{own.host}/{own.repository}" if own and own.repository else None
    if home and project_url and reference.startswith((f"{home}:", f"{home}/")):
        return f"{project_url}/container_registry"
    match = _PUBLIC.fullmatch(reference)
    if not match:
        return None
    host = "hub.docker.com/r" if match["host"] == "docker.io" else match["host"]
    return f"https://{host}/{match['repository']}"
