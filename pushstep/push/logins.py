"""As whom a step speaks to a registry: the keychain asked with all that the step and the run know."""

from collections.abc import Callable
from dataclasses import field
from types import MappingProxyType

from pushstep.errors import Problem, StepError, Stopped
from pushstep.push.aws import keyless
from pushstep.push.choice import Chosen, Ecr
from pushstep.push.plan import Destination
from pushstep.registry.credentials import keychain
from pushstep.registry.credentials.credential import Credential
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import WebIdentity
from pushstep.registry.credentials.methods import aws
from pushstep.registry.credentials.wanted import Found, Login, Wanted
from pushstep.registry.reference import NameFormatError
from pushstep.step.entry import Entry
from pushstep.step.model import Options, Step
from pushstep.surroundings import Here
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Logins:
    """Finds credentials for one step."""

    here: Here
    step: Step
    options: Options
    _said: set[str] = field(default_factory=set)

    def to_push(self, place: Destination) -> Credential | Problem:
        """Whose login to use for a destination, or why there is none: a broken source, or a signal."""
        if place.ecr and place.ecr.registry:
            return self._of_ecr(place.ecr.registry, place.ecr)
        given = self.step.credentials
        return self._found(
            place.registry,
            place.repository,
            place.entry,
            username=given.username if given else "",
            password=given.password if given else "",
        )

    def to_read(self, place: Chosen, repository: str) -> Credential | Problem:
        """Whose login to use for a candidate; the step's own is for its destination."""
        if place.ecr and place.ecr.registry:
            ecr = keyless(place.ecr, place.entry, self.web_identity)
            return self._of_ecr(place.ecr.registry, ecr)
        return self._found(place.registry, repository, place.entry)

    def advice(self, host: str) -> str:
        """What to do where nobody gave a login for `host`."""
        return keychain.advice(self._wanted(host))

    def web_identity(self, entry: Entry | None) -> WebIdentity | None:
        """The role that the job's OIDC token is exchanged for, where one is given."""
        login = self._login(entry)
        return aws.web_identity(login, self.here.job) if aws.ROLE in login.parameters else None

    def _of_ecr(self, registry: Registry, ecr: Ecr) -> Credential | Problem:
        return self._asked(lambda: Found(credential=self.here.job.ecr.credential(registry, ecr.identity)))

    def _found(
        self, host: str, repository: str, entry: Entry | None, *, username: str = "", password: str = ""
    ) -> Credential | Problem:
        wanted = self._wanted(host, repository, entry, username=username, password=password)
        return self._asked(lambda: keychain.find(wanted))

    def _wanted(
        self,
        host: str,
        repository: str = "",
        entry: Entry | None = None,
        *,
        username: str = "",
        password: str = "",
    ) -> Wanted:
        return Wanted(
            host=host,
            repository=repository,
            username=username,
            password=password,
            entry=_held(entry) if entry else None,
            login=self._login(entry),
            github_token=self.options.github_token or "",
            context=self.here.ci.context,
            machine=self.here.machine,
            job=self.here.job,
        )

    def _login(self, entry: Entry | None) -> Login:
        """The entry's own method; else the run's."""
        own = entry if entry and (entry.login != "auto" or entry.aws_role_to_assume) else None
        role = own.aws_role_to_assume if own else self.options.aws_role_to_assume
        name = (own and own.aws_session_name) or self.step.aws_session_name
        seconds = (own and own.aws_duration_seconds) or self.step.aws_duration_seconds
        parameters = {
            aws.ROLE: role or "",
            aws.SESSION_NAME: name or "",
            aws.SECONDS: str(seconds or ""),
        }
        given = {name: value for name, value in parameters.items() if value}
        method = own.login if own else self.options.login
        return Login(method=method, parameters=MappingProxyType(given))

    def _asked(self, ask: Callable[[], Found]) -> Credential | Problem:
        try:
            with self.here.world.interrupts.raising():
                found = ask()
        except (StepError, Stopped) as failed:
            return failed.problem
        except NameFormatError as error:
            return Problem(code=error.code, message=str(error), hint=error.hint)
        if found.credential.secret:
            self.here.log.mask(found.credential.secret, username=found.credential.username)
        for notice in found.notices:
            # a registry is asked for more than once
            if notice not in self._said:
                self._said.add(notice)
                self.here.log.notice(notice)
        return found.credential


def _held(entry: Entry) -> Credential | None:
    """The login that an entry holds."""
    if entry.username is None or entry.password is None:
        return None
    return Credential(source=f"registry {entry.name}", username=entry.username, secret=entry.password)
