"""What it means that a request got no answer: exceptions of requests and what it stands on, as one error."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPException, IncompleteRead
from http.client import InvalidURL as InvalidTarget

from requests.exceptions import InvalidHeader, InvalidURL, RequestException
from urllib3.exceptions import HTTPError, LocationValueError
from urllib3.exceptions import InvalidHeader as AnswersHeader

from pushstep.errors import Problem
from pushstep.registry.client.failures import RegistryError, Subject, strange, told
from pushstep.registry.client.network import AddressRefused, NotConnected, Timeouts
from pushstep.registry.client.proxies import ProxyError
from pushstep.registry.client.urls import shown
from pushstep.values import dataclass

EXPECTED = (
    *(RequestException, HTTPError, HTTPException, OSError, UnicodeError),
    *(NotConnected, AddressRefused, ProxyError),
)
"""What requests, urllib3, `http.client`, sockets and our own lines raise when there is no answer."""
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
_CUT = ("EOF", "BAD_RECORD_MAC", "DECRYPTION_FAILED")
_WANTED = "CERTIFICATE_REQUIRED"
"""OpenSSL's name of the alert that says that a client certificate is missing."""
_REFUSED = ("ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_UNSUPPORTED_CERTIFICATE")
"""Its names of those that say what is wrong with one; before TLS 1.3 also that it is missing."""
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
_UNKNOWN = (
    "comes from an authority that is not trusted here",
    "Add the authority to this machine's, or name a file with it, as `ca` of the registry or SSL_CERT_FILE.",
)
_WHERE = (
    "A registry, its token service and its storage must all be at public addresses, or all be private, and "
    "without TLS nothing leaves this machine but to a registry marked `insecure: http`. What is behind a "
    "proxy counts as public: list a private registry in NO_PROXY."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Who was asked, and how."""

    host: str
    way: str = ""
    """Through which proxy."""
    certified: bool = False
    """Whether with a client certificate."""

    def __str__(self) -> str:
        return f"{self.host} ({self.way})" if self.way else self.host


def lost(error: Exception, subject: Subject, where: Where, timeouts: Timeouts) -> RegistryError:
    """The failure that `error`, raised while somebody was asked, is."""
    every = tuple(_causes(error))
    known = (_on_the_way(cause, subject, where) or _in_the_request(cause, subject) for cause in every)
    return next(filter(None, known), None) or _broken(every, where, timeouts)


def is_unsent(failed: RegistryError) -> bool:
    """Whether the request never left: there was no connection, or none that may be used."""
    return failed.status is None and (not failed.reached or failed.problem.code != "unreachable")


def _on_the_way(cause: BaseException, subject: Subject, where: Where) -> RegistryError | None:
    match cause:
        case ProxyError():
            return _stopped_at_proxy(cause)
        case NotConnected():
            return _unreached(cause, where)
        case AddressRefused():
            return strange(f"leads to where nothing is sent: {cause}", subject, _WHERE)
        case ssl.SSLError() if not _is_cut(cause):
            return RegistryError(_tls(cause, subject, where))
        case _:
            return None


def _in_the_request(cause: BaseException, subject: Subject) -> RegistryError | None:
    match cause:
        case InvalidHeader() if not any(isinstance(one, AnswersHeader) for one in _causes(cause)):
            # its own words would quote what may be a secret
            return strange("cannot be asked so: a login or an address holds what no header can", subject)
        case InvalidURL() | InvalidTarget() | LocationValueError() | UnicodeError():
            # they may quote all of it
            return strange(f"names an address that is none: {shown(str(cause))}", subject)
        case _:
            return None


def _stopped_at_proxy(error: ProxyError) -> RegistryError:
    failed = RegistryError(
        Problem(code="proxy", message=str(error), hint=error.hint, retryable=error.retryable)
    )
    failed.reached = False
    return failed


def _unreached(error: NotConnected, where: Where) -> RegistryError:
    failed = RegistryError(
        Problem(
            code="unreachable",
            message=f"{where} cannot be reached: {error}",
            hint="Check the host's name and port, and the network of this machine. If only a proxy leads "
            "there, name it in HTTPS_PROXY.",
            retryable=True,
        )
    )
    failed.reached = False
    return failed


def _broken(every: tuple[BaseException, ...], where: Where, timeouts: Timeouts) -> RegistryError:
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
            message=f"the connection to {where} was lost: {why}",
            hint="Run it again; if it is always lost at the same place, a proxy limits size or time.",
            retryable=True,
        )
    )
    failed.silence = timeouts.silence if silent else 0.0
    return failed


def _tls(error: ssl.SSLError, subject: Subject, where: Where) -> Problem:
    if isinstance(error, ssl.SSLCertVerificationError):
        wrong, advice = _CERTIFICATE.get(error.verify_code, _UNKNOWN)
        return Problem(
            code="tls", message=f"the certificate of {where} {wrong}: {error.verify_message}", hint=advice
        )
    reason = error.reason or str(error)
    if any(name in reason for name in _NO_TLS):
        problem = told("plain-http", "its answer to TLS is no TLS", replace(subject, host=str(where)))
        return Problem(
            code="plain-http",
            message=problem.message,
            hint="Let the registry speak TLS, or mark it with `insecure: http` in a registries document.",
        )
    return _no_handshake(reason, where)


def _no_handshake(reason: str, where: Where) -> Problem:
    message = f"no TLS connection to {where} came about: {reason}"
    advice = "Both sides must have a version of TLS in common; some registries want a client certificate."
    refused = any(name in reason for name in _REFUSED)
    if _WANTED in reason or (refused and not where.certified):
        message = f"{where} wants a client certificate: {reason}"
        advice = (
            "Give it as `client_cert` and `client_key` of the registry in a registries document; token "
            "services and storage elsewhere get none."
        )
    elif refused:
        message = f"{where} does not take the client certificate: {reason}"
        advice = "Check that `client_cert` comes from an authority that the registry trusts, and still holds."
    return Problem(code="tls", message=message, hint=advice)


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
