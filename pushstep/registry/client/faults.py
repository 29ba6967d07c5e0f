"""What it means that a request got no answer: exceptions of requests and what it stands on, as one error."""

import ssl
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead
from http.client import InvalidURL as InvalidTarget

from requests.exceptions import InvalidHeader, InvalidURL, RequestException
from urllib3.exceptions import HTTPError, LocationValueError
from urllib3.exceptions import InvalidHeader as AnswersHeader

from pushstep.errors import Problem
from pushstep.registry.client.connection import AddressRefused
from pushstep.registry.client.failures import RegistryError, Subject, strange, told
from pushstep.registry.client.network import NotConnected, Timeouts

EXPECTED = (RequestException, HTTPError, HTTPException, OSError, NotConnected, AddressRefused, UnicodeError)
"""What requests, urllib3, `http.client` and sockets raise when there is no answer."""
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
_CUT = ("EOF", "BAD_RECORD_MAC", "DECRYPTION_FAILED")
_CERTIFICATE: dict[int, tuple[str, str]] = {
    9: ("is not valid yet", "Compare this machine's clock with the certificate's dates."),
    10: ("has expired", "Have it renewed; if it is still good, set this machine's clock."),
    62: (
        "is one of another name",
        "Use the name that the certificate has, or have the registry get one for this name.",
    ),
    64: ("is one of another address", "Use the name that the certificate has."),
}
"""OpenSSL's numbers (X509_V_ERR_*) → what is wrong with the certificate, what to do."""
_WHERE = "A registry, its token service and its storage must all be at public addresses, or all be private."


def lost(error: Exception, subject: Subject, host: str, timeouts: Timeouts) -> RegistryError:
    """The failure that `error`, raised while `host` was asked, is."""
    every = tuple(_causes(error))
    for cause in every:
        if isinstance(cause, NotConnected):
            return _unreached(cause, host)
        if isinstance(cause, AddressRefused):
            return strange(f"leads to where nothing is sent: {cause}", subject, _WHERE)
        if isinstance(cause, ssl.SSLError) and not _is_cut(cause):
            return RegistryError(_tls(cause, subject, host))
        if isinstance(cause, InvalidHeader) and not any(isinstance(one, AnswersHeader) for one in every):
            # its own words would quote what may be a secret
            return strange("cannot be asked so: a login or an address holds what no header can", subject)
        if isinstance(cause, (InvalidURL, InvalidTarget, LocationValueError, UnicodeError)):
            return strange(f"names an address that is none: {cause}", subject)
    return _broken(every, host, timeouts)


def is_unsent(failed: RegistryError) -> bool:
    """Whether the request never left: there was no connection, or none that may be used."""
    return failed.status is None and (not failed.reached or failed.problem.code != "unreachable")


def _unreached(error: NotConnected, host: str) -> RegistryError:
    failed = RegistryError(
        Problem(
            code="unreachable",
            message=f"{host} cannot be reached: {error}",
            hint="Check the host's name and port, and the network of this machine.",
            retryable=True,
        )
    )
    failed.reached = False
    return failed


def _broken(every: tuple[BaseException, ...], host: str, timeouts: Timeouts) -> RegistryError:
    silent = any(isinstance(cause, TimeoutError) for cause in every)
    short = any(isinstance(cause, IncompleteRead) for cause in every)
    if silent:
        why = f"nothing passed for {timeouts.silence:g} s"
    elif short:
        why = "the answer ended too early"
    else:
        # the innermost tells most, the others quote it
        why = next((str(cause) for cause in reversed(every) if str(cause)), type(every[0]).__name__)
    failed = RegistryError(
        Problem(
            code="unreachable",
            message=f"the connection to {host} was lost: {why}",
            hint="Run it again; if it is always lost at the same place, a proxy limits size or time.",
            retryable=True,
        )
    )
    failed.silence = timeouts.silence if silent else 0.0
    return failed


def _tls(error: ssl.SSLError, subject: Subject, host: str) -> Problem:
    if isinstance(error, ssl.SSLCertVerificationError):
        wrong, advice = _CERTIFICATE.get(
            error.verify_code,
            (
                "comes from an authority that is not trusted here",
                "Add the authority to this machine's, or name a file with it in SSL_CERT_FILE.",
            ),
        )
        return Problem(
            code="tls", message=f"the certificate of {host} {wrong}: {error.verify_message}", hint=advice
        )
    reason = error.reason or str(error)
    if any(name in reason for name in _NO_TLS):
        problem = told("plain-http", "its answer to TLS is no TLS", subject)
        return Problem(
            code="plain-http",
            message=problem.message,
            hint="Let the registry speak TLS, or mark it with `insecure: http` in a registries document.",
        )
    return Problem(
        code="tls",
        message=f"no TLS connection to {host} came about: {reason}",
        hint="Both sides must have a version of TLS in common; some registries want a client certificate.",
    )


def _is_cut(error: ssl.SSLError) -> bool:
    ends = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
    return isinstance(error, ends) or any(name in (error.reason or "") for name in _CUT)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and everything that it was made of, outermost first, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        # not `__context__`: what was handled before has its own chain
        inside = (*one.args, getattr(one, "reason", None), one.__cause__)
        waiting += [part for part in inside if isinstance(part, BaseException)]
