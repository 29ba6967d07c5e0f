"""The first request to a host: by TLS or without, and whether a registry answers (push-step.md 5.1)."""

from collections.abc import Callable

from pushstep.registry.client.answer import Answer
from pushstep.registry.client.exchange import Account, Ask
from pushstep.registry.client.failures import RegistryError, no_registry
from pushstep.registry.client.routes import REDIRECTS, Routes

_GREETS = frozenset({200, 401})
_NO_REGISTRY = REDIRECTS | {404, 405, 410}
_NO_TLS = frozenset({"plain-http", "unreachable"})


def greeted(
    host: str,
    account: Account,
    *,
    plain: bool,
    routes: Routes,
    refused: Callable[[Answer, Account], RegistryError],
) -> Answer:
    """Greet the host without a login, at the address it answers at; returns what it says.

    Raises `RegistryError`, `Cancelled`.
    """
    try:
        return _greet("http" if plain else "https", host, account, routes, refused)
    except RegistryError as failed:
        # what a server without TLS makes of a greeting in TLS is its own affair
        odd = failed.status is None and failed.reached and failed.problem.code in _NO_TLS
        if plain or not odd or not routes.is_on_this_machine:
            raise
        first = failed
    try:
        return _greet("http", host, account, routes, refused)
    except RegistryError as failed:
        raise failed if first.problem.code == "plain-http" else first from None


def _greet(
    scheme: str,
    host: str,
    account: Account,
    routes: Routes,
    refused: Callable[[Answer, Account], RegistryError],
) -> Answer:
    ask = Ask(method="GET", url=f"{scheme}://{host}/v2/")
    with routes.opened(ask, account, home=True) as arriving:
        answer = arriving.whole()
    is_page = answer.is_page and "www-authenticate" not in answer.headers
    if answer.status in _GREETS and not is_page:
        return answer
    if answer.status in _GREETS or answer.status in _NO_REGISTRY:
        raise no_registry(answer, account.subject)
    raise refused(answer, account)
