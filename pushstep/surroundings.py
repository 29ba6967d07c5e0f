"""The run's surroundings, found once and handed down together: CI, log, redactor, credentials."""

from collections.abc import Callable
from posixpath import join

from pushstep import ci
from pushstep.ci.protocol import CI
from pushstep.log import Detail, Log
from pushstep.redact import Redactor
from pushstep.registry.credentials import keychain
from pushstep.registry.credentials.docker_config import Machine
from pushstep.registry.credentials.job import Job, job
from pushstep.report.plain import Paint, coloured, uncoloured
from pushstep.values import dataclass
from pushstep.world import World

_WORKSPACES = {"github": "GITHUB_WORKSPACE", "gitlab": "CI_PROJECT_DIR", "plain": ""}

_TEMPORARY = "/tmp"  # noqa: S108 - files there have no name
"""Where POSIX has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Here:
    """Everything that is the same for the whole run."""

    world: World
    ci: CI
    log: Log
    redactor: Redactor
    machine: Machine
    job: Job
    probes: bool = False
    """Whether a run that pushes nothing asks registries if it might (`plan --probe`)."""

    @property
    def paint(self) -> Paint:
        """How standard output shows what matters (no-color.org)."""
        return coloured if self.world.is_terminal and not self._is_plain else uncoloured

    @property
    def terminal(self) -> Callable[[str], None] | None:
        """Where somebody watches the log and it may be redrawn; never in a CI, which only keeps it."""
        in_ci = self.ci.context.ci != "plain" or self.world.environ.get("CI", "") not in ("", "false")
        watched = self.world.err_is_terminal and not self._is_plain and not in_ci and not self.log.is_quiet
        return self.world.err if watched else None

    @property
    def _is_plain(self) -> bool:
        return bool(self.world.environ.get("NO_COLOR")) or self.world.environ.get("TERM") == "dumb"

    @property
    def workspace(self) -> str:
        """The folder that relative paths begin in; `""` is the working directory."""
        return self.world.environ.get(_WORKSPACES[self.ci.context.ci], "")

    @property
    def temporary(self) -> str:
        """The folder for what is under way."""
        return self.world.environ.get("TMPDIR") or _TEMPORARY

    def in_workspace(self, path: str) -> str:
        """Where this process finds the file that the user calls `path`."""
        return join(self.workspace, self.ci.local_path(path))


def surroundings(world: World, switches: frozenset[str], *, brief: bool = False) -> Here:
    """Find out where this run is; `brief` leaves what is going on out of the log."""
    where = ci.detect(world.environ, world.read_text, world.now_ms)
    redactor = Redactor()
    debug = "debug" in switches or where.context.debug
    detail: Detail = "debug" if debug else "brief" if brief else "full"
    log = Log(world.err, redactor=redactor, ci=where, detail="quiet" if "quiet" in switches else detail)
    return Here(
        world=world,
        ci=where,
        log=log,
        redactor=redactor,
        machine=keychain.machine(world.environ, clock=world.seconds),
        job=job(world.environ, where, now=world.now, seconds=world.seconds, sleep=world.sleep, mask=log.mask),
        probes="probe" in switches,
    )
