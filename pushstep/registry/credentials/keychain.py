"""Which credential a registry gets: the first detector that is responsible for it (push-step.md 5.3).

1. given          the step's user name and password
2. entry          what the registry's entry in a registries document holds
3. chosen         the method that `login` names, or that a parameter was given for
4. Docker         the Docker configuration, with its helpers
5. the CI         what it gives for its own registry: CI_REGISTRY_*, github-token
6. ambient        a cloud's credentials, for the hosts of that cloud
7. nobody         anonymous

A detector answers None (not mine) or a credential (mine), or raises `StepError` (mine, but broken).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial

from pushstep.errors import Problem, StepError
from pushstep.registry.credentials import docker_config
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from pushstep.registry.credentials.docker_config import Machine
from pushstep.registry.credentials.helper import run_helper
from pushstep.registry.credentials.methods import METHODS
from pushstep.registry.credentials.methods.protocol import Method
from pushstep.registry.credentials.wanted import Found, Login, Wanted

Detector = Callable[[Wanted, list[str]], Credential | None]
"""May add to the notices that it is given."""


def machine(environ: Mapping[str, str], *, clock: Callable[[], float]) -> Machine:
    """Make the real one, for one run: it reads a file once and asks a helper once for each host."""
    run = cache(partial(run_helper, environ=environ, clock=clock))
    return Machine(environ=environ, read_bytes=cache(docker_config.read_bytes), run=run)


def find(wanted: Wanted) -> Found:
    """Ask the detectors in their order; nobody's registry is anonymous."""
    notices: list[str] = []
    answers = (detector(wanted, notices) for detector in _DETECTORS)
    credential = next((answer for answer in answers if answer), ANONYMOUS)
    return Found(credential=credential, notices=tuple(notices))


def advice(wanted: Wanted) -> str:
    """What to do where nobody gave a login, in the words of the CI."""
    own = (method.advice(wanted) for method in METHODS.values())
    return next(filter(None, own), "") or wanted.job.ci.credentials_hint(wanted.host)


def _given(wanted: Wanted, _: list[str]) -> Credential | None:
    if not wanted.username and not wanted.password:
        return None
    if wanted.username and wanted.password:
        return Credential(source="input username/password", username=wanted.username, secret=wanted.password)
    missing = "password" if wanted.username else "username"
    message = f"the credentials for {wanted.host} have no {missing}"
    hint = wanted.context.withheld or f"Give `{missing}` too; an undefined secret is an empty text."
    raise StepError(Problem(code="credentials", message=message, hint=hint))


def _entry(wanted: Wanted, _: list[str]) -> Credential | None:
    return wanted.entry


def _chosen(wanted: Wanted, notices: list[str]) -> Credential | None:
    for name, method in _asked_for(wanted.login):
        credential = method.chosen(wanted)
        if credential:
            return credential
        if name == wanted.login.method:
            notices.append(f"login {name} is for {method.hosts}, so {wanted.host} has to be known otherwise")
    return None


def _asked_for(login: Login) -> Iterator[tuple[str, Method]]:
    for name, method in METHODS.items():
        by_parameter = login.method == "auto" and not login.parameters.keys().isdisjoint(method.parameters)
        if name == login.method or by_parameter:
            yield name, method


def _docker_configuration(wanted: Wanted, notices: list[str]) -> Credential | None:
    return docker_config.find(wanted.host, wanted.repository, wanted.machine, notices)


def _unasked(method: Method) -> Detector:
    def detector(wanted: Wanted, notices: list[str]) -> Credential | None:
        return None if wanted.login.method == "none" else method.unasked(wanted, notices)

    return detector


_DETECTORS: Sequence[Detector] = (
    _given,
    _entry,
    _chosen,
    _docker_configuration,
    *map(_unasked, METHODS.values()),
)
