"""What a run can be exchanged for logins: nothing is asked for and no library loaded before one is needed."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime

from pushstep.ci.protocol import CI
from pushstep.registry.credentials import oidc, web
from pushstep.registry.credentials.ecr.faults import Circumstances
from pushstep.registry.credentials.ecr.sessions import Sessions
from pushstep.registry.credentials.ecr.tokens import Tokens
from pushstep.values import dataclass

SECRETS = (
    oidc.GIVEN,
    oidc.REQUEST_TOKEN,
    "CI_JOB_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
"""Variables that hold what the job is known by: secrets before anything asks for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """The job that the run is a part of, and the clouds that may know it."""

    ci: CI
    id_token: Callable[[str], str] = field(repr=False)
    """The job's OIDC token for an audience, masked. Raises `StepError`, in the words of the CI."""
    aws: Sessions = field(repr=False)
    ecr: Tokens = field(repr=False)


def job(  # noqa: PLR0913 - each is another part of the world
    environ: Mapping[str, str],
    ci: CI,
    *,
    now: Callable[[], datetime],
    seconds: Callable[[], float],
    sleep: Callable[[float], None],
    mask: Callable[[str], None],
) -> Job:
    """Make the real one, for one run."""

    def get(url: str, headers: Mapping[str, str], /) -> oidc.Answer:
        # the authorities are read from a large file: not for a token that is there already
        return web.getter(environ, ssl.create_default_context())(url, headers)

    def id_token(audience: str) -> str:
        hint = ci.id_token_hint(audience)
        around = oidc.Surroundings(environ=environ, get=get, sleep=sleep, mask=mask, hint=hint)
        return oidc.token(audience, around)

    sessions = Sessions(around=Circumstances(environ=environ, now=now), seconds=seconds, mask=mask)
    tokens = Tokens(sessions=sessions, seconds=seconds, mask=mask)
    return Job(ci=ci, id_token=id_token, aws=sessions, ecr=tokens)
