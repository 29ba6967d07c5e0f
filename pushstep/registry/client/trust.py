"""How a registry host is spoken to: over TLS that trusts whom, or without."""

import platform
import ssl
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Literal

from pushstep.errors import Problem, StepError
from pushstep.values import dataclass


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


class Contexts:
    """What a run's TLS connections are made with, one for each trust: to read the authorities takes 15 ms.

    `watch` hears of every socket before its handshake.
    """

    def __init__(self, watch: Callable[[ssl.SSLSocket], None]) -> None:
        self._watch = watch
        self._made: dict[Trust, ssl.SSLContext] = {}
        self._lock = Lock()

    def to_host(self, trust: Trust) -> ssl.SSLContext:
        """For the host itself; raises `StepError` (tls) where a file cannot be used."""
        with self._lock:
            if trust not in self._made:
                self._made[trust] = _context(trust, self._watch)
            return self._made[trust]

    def to_others(self, trust: Trust) -> ssl.SSLContext:
        """For whom the host names: the client certificate is for itself alone."""
        return self.to_host(replace(trust, client_cert="", client_key=""))

    def to_proxies(self, trust: Trust) -> ssl.SSLContext:
        """For a proxy on the way: what else was said is said of the host."""
        return self.to_host(Trust(ca=trust.ca))


def _context(trust: Trust, watch: Callable[[ssl.SSLSocket], None]) -> ssl.SSLContext:
    made = _authorities(trust, watch)
    if trust.insecure == "skip-verify":
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if trust.client_cert:
        key = trust.client_key or None
        _loaded(trust.client_cert, lambda: made.load_cert_chain(trust.client_cert, key, password=""))
    return made


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
