"""How a registry host is spoken to: over TLS that trusts whom, or without."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pushstep.errors import Problem, StepError


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """What the run was told about a host; the system's authorities count in any case."""

    ca: str = ""
    """A file with certificates of further authorities."""
    client_cert: str = ""
    client_key: str = ""
    """A file; empty: the key is in `client_cert`."""
    insecure: Literal["", "http", "skip-verify"] = ""
    """`http`: plain HTTP; `skip-verify`: TLS with whoever answers."""


def context(trust: Trust, watch: Callable[[ssl.SSLSocket], None], *, own: bool) -> ssl.SSLContext:
    """What TLS connections are made with; raises `StepError` (tls) where a file cannot be used.

    `own`: to the host itself, which alone sees the client certificate. `watch` hears of every socket before
    its handshake.
    """

    class Watched(ssl.SSLSocket):
        """A socket that can be ended during its handshake."""

        def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the base class's
            watch(self)
            super().do_handshake(block)

    made = ssl.create_default_context()
    made.sslsocket_class = Watched
    if trust.insecure == "skip-verify":
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if trust.ca:
        _loaded(trust.ca, lambda: made.load_verify_locations(trust.ca))
    if own and trust.client_cert:
        key = trust.client_key or None
        _loaded(trust.client_cert, lambda: made.load_cert_chain(trust.client_cert, key, password=""))
    return made


def _loaded(path: str, load: Callable[[], None]) -> None:
    try:
        load()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise StepError(
            Problem(
                code="tls",
                message=f"{path} cannot be used for TLS: {error}",
                hint="It must be a file in PEM form that can be read; a key must have no password.",
            )
        ) from error
