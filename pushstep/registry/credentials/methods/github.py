"""GitHub's packages by the job's own token, which a container action gets as an input alone."""

from pushstep.errors import Problem, StepError
from pushstep.registry.credentials.credential import Credential
from pushstep.registry.credentials.wanted import Wanted

_HOST = "ghcr.io"
_OF_A_FORK = (
    "Its github-token can only read, whatever `permissions` says. Push after the merge, and leave the step "
    "out of such runs: `if: github.event_name != 'pull_request'`."
)


class GitHub:
    """`github-token`, and nowhere but at ghcr.io."""

    hosts = _HOST
    parameters = frozenset[str]()
    """None: the action gives the token to every run."""

    def chosen(self, wanted: Wanted, /) -> Credential | None:
        """The token, which must be there."""
        if wanted.host != _HOST or wanted.github_token:
            return self.unasked(wanted, [])
        hint = "Set `PUSHSTEP_GITHUB_TOKEN` to a token of GitHub that may write packages."
        if wanted.context.ci == "github":
            hint = wanted.job.ci.credentials_hint(_HOST)
        message = f"login github has no github-token for {_HOST}"
        raise StepError(Problem(code="credentials", message=message, hint=hint))

    def unasked(self, wanted: Wanted, notices: list[str], /) -> Credential | None:
        """The token, if there is one."""
        if wanted.host != _HOST or not wanted.github_token:
            return None
        if wanted.context.withheld:
            notices.append(
                f"{wanted.context.withheld} Its github-token may read packages, and rarely write them."
            )
        # ghcr.io looks at the token alone, but wants some user name
        username = wanted.context.actor or "x-access-token"
        denied = f"{wanted.context.withheld} {_OF_A_FORK}" if wanted.context.from_fork else ""
        return Credential(source="github-token", username=username, secret=wanted.github_token, denied=denied)

    def advice(self, _wanted: Wanted, /) -> str:
        """The CI's own."""
        return ""
