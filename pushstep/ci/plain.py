"""No CI that pushstep knows, so that a laptop and a strange CI need no exceptions elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Self

from pushstep.ci.facts import real
from pushstep.ci.protocol import Context, Handover, Level
from pushstep.text import visible
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    """Anywhere else: nothing is derived, and there are no formats but the log."""

    context: Context

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """The run that these surroundings describe."""
        return cls(context=Context(ci="plain", variables=real(environ)))

    @property
    def nests_sections(self) -> bool:
        """A title is a line as others are."""
        return True

    def masks(self, _secrets: Sequence[str], /) -> str:
        """Nothing: the redactor alone hides secrets here."""
        return ""

    def section(self, _name: str, title: str, /) -> tuple[str, str]:
        """The title, and nothing after it."""
        return visible(title), ""

    def annotation(self, _level: Level, _title: str, _message: str, /) -> str:
        """Nothing."""
        return ""

    def files(self, _outputs: Mapping[str, str], _summary: str | None, /) -> Handover:
        """No files: `--report` is for every place."""
        return Handover()

    def local_path(self, path: str, /) -> str:
        """Paths are what they are."""
        return path

    def daemon_hint(self) -> str:
        """How to reach a daemon from a container, or another one."""
        return (
            "Start Docker, or set `DOCKER_HOST`; in a container, give it the socket: "
            "`docker run -v /var/run/docker.sock:/var/run/docker.sock ...`."
        )

    def credentials_hint(self, host: str, /) -> str:
        """How to log in, inside a container and out."""
        return (
            f"Log in with `docker login {visible(host)}` (in a container, mount that login: "
            "`-v ~/.docker:/root/.docker:ro`), or give `--username` and set `PUSHSTEP_PASSWORD`."
        )

    def id_token_hint(self, audience: str, /) -> str:
        """Whoever starts the run makes the token."""
        return f"Set `PUSHSTEP_ID_TOKEN` to an OIDC token for {audience}, or give stored credentials."
