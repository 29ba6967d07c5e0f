"""Amazon ECR by a role that trusts the CI's OIDC token, or by what AWS's own tools would find."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

from pushstep.errors import Problem, StepError
from pushstep.registry.credentials.credential import Credential
from pushstep.registry.credentials.ecr import chain, hosts
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import AUDIENCE, Identity, Role, WebIdentity
from pushstep.registry.credentials.job import Job
from pushstep.registry.credentials.wanted import Login, Wanted
from pushstep.registry.reference import NameFormatError

ROLE = "aws-role-to-assume"
SESSION_NAME = "aws-session-name"
SECONDS = "aws-duration-seconds"
_AMBIENT = (
    "Without a role, leave `login` out: `auto` finds the AWS credentials that the job has, such as "
    "AWS_ACCESS_KEY_ID."
)

T = TypeVar("T")


class Aws:
    """`aws-role-to-assume`, or AWS's default chain."""

    hosts = "the hosts of Amazon ECR"
    parameters = frozenset({ROLE})

    def chosen(self, wanted: Wanted, /) -> Credential | None:
        """A login of the role."""
        registry = _registry(wanted.host)
        if registry is None:
            return None
        who = Identity(base=web_identity(wanted.login, wanted.job))
        return _explained(lambda: wanted.job.ecr.credential(registry, who))

    def unasked(self, wanted: Wanted, notices: list[str], /) -> Credential | None:
        """A login of whatever the default chain finds."""
        registry = _registry(wanted.host)
        if registry is None:
            return None
        found = wanted.job.ecr.ambient(registry)
        if found is None:
            notices.append(f"no AWS credentials for {wanted.host}: {chain.looked_at(wanted.machine.environ)}")
        return found

    def advice(self, wanted: Wanted, /) -> str:
        """How the job gets an identity at AWS."""
        registry = None
        with suppress(StepError):
            registry = _registry(wanted.host)
        if registry is None:
            return ""
        if wanted.context.withheld:
            return wanted.context.withheld
        keyless = wanted.job.ci.id_token_hint(AUDIENCE)
        return f"Give `{ROLE}`, a role that trusts this CI, or let the job have AWS_ACCESS_KEY_ID. {keyless}"


def web_identity(login: Login, job: Job) -> WebIdentity:
    """As whom `login aws` asks: the token is fetched when AWS is. Raises `StepError` without a role."""
    arn = login.parameters.get(ROLE)
    if not arn:
        raise StepError(Problem(code="credentials", message=f"login aws has no {ROLE}", hint=_AMBIENT))
    role = Role(arn=arn)
    if name := login.parameters.get(SESSION_NAME):
        role = replace(role, session_name=name)
    if seconds := login.parameters.get(SECONDS):
        role = replace(role, seconds=int(seconds))
    return WebIdentity(role=role, token=partial(job.id_token, AUDIENCE))


def _registry(host: str) -> Registry | None:
    return _explained(lambda: hosts.parse(host))


def _explained(does: Callable[[], T]) -> T:
    try:
        return does()
    except NameFormatError as error:
        raise StepError(Problem(code="credentials", message=str(error), hint=error.hint)) from None
