"""Sessions of uploads: opened, and ended where nothing came of them."""

from contextlib import suppress

from pushstep.registry.client.answer import Answer
from pushstep.registry.client.errand import Errand
from pushstep.registry.client.exchange import Ask
from pushstep.registry.client.failures import RegistryError, strange

UPLOADS = "blobs/uploads/"
OPENED = 202
_STARTED = frozenset({200, 201, OPENED})
_ENDED = frozenset({200, 202, 204})
_LACKS_RIGHT = frozenset({401, 403})


def opened(errand: Errand) -> str:
    """Open one; returns where it is. Raises `RegistryError`, `Cancelled`."""
    return located(errand, errand.answer(errand.ask("POST", UPLOADS), _STARTED))


def located(errand: Errand, answer: Answer) -> str:
    """Where the session is that was opened. Raises `RegistryError`."""
    if not answer.headers.get("location"):
        raise strange("opened an upload and does not say where", errand.subject)
    return errand.registry.led(answer, errand.account)


def end(errand: Errand, location: str) -> None:
    """End one that nobody needs. Raises `RegistryError`, `Cancelled`; not everybody may do that."""
    errand.answer(Ask(method="DELETE", url=location, headers={}), _ENDED, renewal="none")


def probe(errand: Errand) -> bool:
    """Open one to see whether this identity may push, and end it; False: it could not be ended.

    Raises `RegistryError`, `Cancelled`.
    """
    location = errand.patiently(lambda: opened(errand))
    try:
        end(errand, location)
    except RegistryError as failed:
        # a token for a push is none to delete with, not even this
        if failed.status not in _LACKS_RIGHT or not errand.registry.expect_deletion(errand.repository):
            return False
    else:
        return True
    with suppress(RegistryError):
        end(errand, location)
        return True
    return False
