"""How a registry host is spoken to: over TLS that trusts whom, or without."""

import platform
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


def unheeded(trust: Trust, host: str) -> tuple[str, ...]:
    """What the Docker daemon, which connects by itself, does not hear of, and where it is told instead."""
    folder = f"/etc/docker/certs.d/{host}"
    told = {
        "ca": (trust.ca, f"give the daemon the authority as {folder}/ca.crt"),
        "client_cert": (
            trust.client_cert,
            f"give the daemon certificate and key as {folder}/client.cert and {folder}/client.key",
        ),
        "insecure": (trust.insecure, f"list {host} under insecure-registries in the daemon's daemon.json"),
    }
    return tuple(
        f"the Docker daemon does not know `{name}`: {instead}"
        for name, (value, instead) in told.items()
        if value
    )


def context(trust: Trust, watch: Callable[[ssl.SSLSocket], None], *, own: bool) -> ssl.SSLContext:
    """What TLS connections are made with; raises `StepError` (tls) where a file cannot be used.

    `own`: to the host itself, which alone sees the client certificate. `watch` hears of every socket before
    its handshake.
    """
    made = _authorities(trust, watch)
    if trust.insecure == "skip-verify":
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if own and trust.client_cert:
        key = trust.client_key or None
        _loaded(trust.client_cert, lambda: made.load_cert_chain(trust.client_cert, key, password=""))
    return made


def proxy_context(trust: Trust, watch: Callable[[ssl.SSLSocket], None]) -> ssl.SSLContext:
    """What TLS to a proxy is made with: `skip-verify` and the client certificate are for the registry."""
    return _authorities(trust, watch)


def _authorities(trust: Trust, watch: Callable[[ssl.SSLSocket], None]) -> ssl.SSLContext:
    made = _system(watch)
    # as Docker does: whoever is in such a file is trusted, also if another one vouches for it
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if trust.ca:
        _loaded(trust.ca, lambda: made.load_verify_locations(trust.ca))
    return made


def _system(watch: Callable[[ssl.SSLSocket], None]) -> ssl.SSLContext:
    """Trust the system's authorities, which truststore finds wherever OpenSSL was built for."""
    import truststore  # noqa: PLC0415 - what pushes without TLS, or by the daemon, does not wait for it

    class Watched(ssl.SSLSocket):
        """A socket that can be ended during its handshake."""

        def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the base class's
            watch(self)
            super().do_handshake(block)

    found = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if platform.system() in ("Darwin", "Windows"):
        return found  # there the system itself verifies
    # its contexts read all authorities again for each connection, and make one connection at a time; but the
    # context within has them from the first on
    made = found.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").context
    made.sslsocket_class, made.sslobject_class = Watched, ssl.SSLObject
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
