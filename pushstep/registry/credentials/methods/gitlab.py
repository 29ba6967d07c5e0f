"""The project's registry by what GitLab gives each of its jobs."""

from pushstep.errors import Problem, StepError
from pushstep.registry.credentials.credential import Credential
from pushstep.registry.credentials.wanted import Wanted

_ENABLE = (
    "CI_REGISTRY, CI_REGISTRY_USER and CI_REGISTRY_PASSWORD come with the project's container registry: "
    "enable it (Settings, General, Visibility)."
)


class GitLab:
    """`CI_REGISTRY_*`, or the job's token."""

    hosts = "the project's registry on GitLab"
    parameters = frozenset[str]()
    """None: GitLab gives all it needs."""

    def chosen(self, wanted: Wanted, /) -> Credential | None:
        """What comes with the registry, else the job's token, which is the same right by another name."""
        own = wanted.context.own_registry
        if own is None:
            # whose token this would be is known, but not for which host it is meant
            raise _broken("login gitlab finds no registry of this project: CI_REGISTRY is not set", _ENABLE)
        token = wanted.machine.environ.get("CI_JOB_TOKEN")
        if own.host.lower() != wanted.host or (own.username and own.password) or not token:
            return self.unasked(wanted, [])
        return Credential(source="the job's token", username="gitlab-ci-token", secret=token)

    def unasked(self, wanted: Wanted, _notices: list[str], /) -> Credential | None:
        """What comes with the registry; half of it is broken."""
        own = wanted.context.own_registry
        if own is None or own.host.lower() != wanted.host:
            return None
        if own.username and own.password:
            return Credential(source="the CI's own registry", username=own.username, secret=own.password)
        what = f"the CI names {own.host} as its registry, but gives no user name or password for it"
        raise _broken(what, _ENABLE)

    def advice(self, _wanted: Wanted, /) -> str:
        """The CI's own."""
        return ""


def _broken(message: str, hint: str) -> StepError:
    return StepError(Problem(code="credentials", message=message, hint=hint))
