"""As whom a step speaks to a registry: the keychain asked with all that the step and the run know."""

from dataclasses import dataclass

from pushstep.errors import Problem, StepError, Stopped
from pushstep.registry.credentials import keychain
from pushstep.registry.credentials.credential import Credential
from pushstep.step.model import Options, Step
from pushstep.surroundings import Here


@dataclass(frozen=True, kw_only=True, slots=True)
class Logins:
    """Finds credentials for one step."""

    here: Here
    step: Step
    options: Options

    def to_push(self, host: str, repository: str) -> Credential | Problem:
        """Whose login to use for a destination, or why there is none: a broken source, or a signal."""
        given = self.step.credentials
        return self._found(host, repository, given.username if given else "", given.password if given else "")

    def to_read(self, host: str, repository: str) -> Credential | Problem:
        """Whose login to use for a candidate; the step's own is for its destination."""
        return self._found(host, repository, "", "")

    def _found(self, host: str, repository: str, username: str, password: str) -> Credential | Problem:
        wanted = keychain.Wanted(
            host=host,
            repository=repository,
            username=username,
            password=password,
            github_token=self.options.github_token or "",
            context=self.here.ci.context,
            machine=self.here.machine,
        )
        try:
            with self.here.world.interrupts.raising():
                found = keychain.find(wanted)
        except (StepError, Stopped) as failed:
            return failed.problem
        if found.credential.secret:
            self.here.log.mask(found.credential.secret, username=found.credential.username)
        for notice in found.notices:
            self.here.log.say(f"notice: {notice}")
        return found.credential
