"""What is secret before anything is read, so that the log never meets it unprepared (interface 4)."""

from collections.abc import Iterator

from pushstep.inputs import Inputs
from pushstep.redact import url_passwords
from pushstep.registry.client import proxies
from pushstep.registry.credentials.job import SECRETS
from pushstep.step.variables import Variables
from pushstep.step.variables import given as variables_given
from pushstep.surroundings import Here


def mask(here: Here, given: Inputs) -> None:
    """Tell the log what inputs, the CI and the environment hold, used or not."""
    for secret, username in _known(here, given):
        here.log.mask(secret, username=username)


def _known(here: Here, given: Inputs) -> Iterator[tuple[str, str]]:
    """Each with the user name that goes with it."""
    yield from ((secret, given.text("username") or "") for secret in given.secrets)
    own = here.ci.context.own_registry
    if own and own.password:
        yield own.password, own.username
    environ = here.world.environ
    # those that the input `variables` displaces, too
    variables = Variables(given=variables_given(None, environ)[0])
    named = filter(None, map(environ.get, SECRETS))
    for secret in (
        *variables.secrets(),
        *named,
        *url_passwords(environ.values()),
        *proxies.passwords(environ),
    ):
        yield secret, ""
