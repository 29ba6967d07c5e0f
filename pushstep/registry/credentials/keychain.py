"""Which credential a registry gets: the first source that is responsible for it (push-step.md 5.3).

A source answers None (not mine) or a credential (mine), or raises `StepError` (mine, but broken).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

from pushstep.ci.protocol import Context
from pushstep.errors import Problem, StepError
from pushstep.registry.credentials import docker_config
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from pushstep.registry.credentials.docker_config import Machine
from pushstep.registry.credentials.helper import run_helper


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The registry that a credential is for, and all that may know one."""

    host: str
    """As `reference.host` spells it."""
    repository: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    github_token: str = field(default="", repr=False)
    context: Context
    machine: Machine = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The credential, and what the search passed by that people should hear of."""

    credential: Credential
    notices: Sequence[str] = ()


def machine(environ: Mapping[str, str], *, clock: Callable[[], float]) -> Machine:
    """Make the real one, for one run: it reads a file once and asks a helper once for each host."""
    run = cache(partial(run_helper, environ=environ, clock=clock))
    return Machine(environ=environ, read_bytes=cache(docker_config.read_bytes), run=run)


def find(wanted: Wanted) -> Found:
    """Ask the sources in their order; nobody's registry is anonymous."""
    notices: list[str] = []
    answers = (source(wanted, notices) for source in _SOURCES)
    credential = next((answer for answer in answers if answer), ANONYMOUS)
    return Found(credential=credential, notices=tuple(notices))


def _given(wanted: Wanted, _: list[str]) -> Credential | None:
    if not wanted.username and not wanted.password:
        return None
    if wanted.username and wanted.password:
        return Credential(source="input username/password", username=wanted.username, secret=wanted.password)
    missing = "password" if wanted.username else "username"
    hint = wanted.context.withheld or f"Give `{missing}` too; an undefined secret is an empty text."
    raise _broken(f"the credentials for {wanted.host} have no {missing}", hint)


def _docker_configuration(wanted: Wanted, notices: list[str]) -> Credential | None:
    return docker_config.find(wanted.host, wanted.repository, wanted.machine, notices)


def _own_registry(wanted: Wanted, _: list[str]) -> Credential | None:
    own = wanted.context.own_registry
    if own is None or own.host.lower() != wanted.host:
        return None
    if own.username and own.password:
        return Credential(source="the CI's own registry", username=own.username, secret=own.password)
    raise _broken(
        f"the CI names {own.host} as its registry, but gives no user name or password for it",
        "CI_REGISTRY_USER and CI_REGISTRY_PASSWORD come with the project's container registry: enable it.",
    )


def _github_token(wanted: Wanted, _: list[str]) -> Credential | None:
    if wanted.host != "ghcr.io" or not wanted.github_token:
        return None
    # ghcr.io looks at the token alone, but wants some user name
    username = wanted.context.actor or "x-access-token"
    return Credential(source="github-token", username=username, secret=wanted.github_token)


_SOURCES: Sequence[Callable[[Wanted, list[str]], Credential | None]] = (
    _given,
    _docker_configuration,
    _own_registry,
    _github_token,
)


def _broken(message: str, hint: str) -> StepError:
    return StepError(Problem(code="credentials", message=message, hint=hint))
