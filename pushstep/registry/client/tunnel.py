"""The way through a proxy: `CONNECT` to what speaks TLS, whose bytes it then only carries.

Plain HTTP is asked for at the proxy itself (see `connection`). Source: RFC 9110, 9.3.6 and 11.7.
"""

import ssl
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from socket import socket

from pushstep.registry.client.answer import LARGEST, Answer
from pushstep.registry.client.challenge import challenges
from pushstep.registry.client.network import AGENT, Network, NotConnected
from pushstep.registry.client.proxies import Proxy, ProxyError, joined

LOGIN_WANTED = 407
_OK = 200
_FIRST_SERVER_ERROR = 500
_BUSY = frozenset({408, 429})
_FINAL = frozenset({501, 505})


def reached(proxy: Proxy, network: Network, context: Callable[[], ssl.SSLContext]) -> socket:
    """A connection to the proxy itself; raises `ProxyError`, `Cancelled`."""
    try:
        one = network.connected(proxy.host, proxy.port)
    except NotConnected as error:
        raise ProxyError(
            f"{proxy.name} cannot be reached: {error}",
            f"Check {proxy.variable}; hosts that need no proxy are listed in NO_PROXY.",
            retryable=True,
        ) from error
    if proxy.scheme == "http":
        return one
    try:
        return context().wrap_socket(one, server_hostname=proxy.host)
    except (OSError, ValueError) as error:
        one.close()
        raise _no_tls(proxy, error) from error


def through(proxy: Proxy, network: Network, one: socket, host: str, port: int) -> None:
    """Let the proxy connect `one`, a connection to it, to a host. Raises `ProxyError`."""
    target = joined(host, port)
    login = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    head = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {AGENT}\r\n{login}\r\n"
    # the proxy has its own patience with hosts that do not answer
    one.settimeout(network.timeouts.silence)
    try:
        one.sendall(head.encode("ascii"))
        answer = _answer(one, target)
    except (OSError, HTTPException) as error:
        raise ProxyError(
            f"{proxy.name} gave no answer in HTTP: {str(error) or type(error).__name__}",
            f"Check that {proxy.variable} names a proxy for HTTP, and its port.",
            retryable=isinstance(error, OSError),
        ) from error
    if answer.status != _OK:
        raise refusal(proxy, answer, target)


def refusal(proxy: Proxy, answer: Answer, target: str) -> ProxyError:
    """Why the proxy does not lead to `target`."""
    status = answer.status
    if status == LOGIN_WANTED:
        return _login(proxy, answer, target)
    if status in _BUSY or (status >= _FIRST_SERVER_ERROR and status not in _FINAL):
        return ProxyError(
            f"{proxy.name} did not reach {target}: {answer.text}",
            "Check the host's name and port; if it is reached without a proxy, list it in NO_PROXY.",
            retryable=True,
        )
    return ProxyError(
        f"{proxy.name} does not let {target} through: {answer.text}",
        "Have whoever runs the proxy allow it; if it is reached without a proxy, list it in NO_PROXY.",
    )


def _answer(one: socket, target: str) -> Answer:
    response = HTTPResponse(one, method="CONNECT")
    try:
        response.begin()
        return Answer(
            method="CONNECT",
            url=target,
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            # behind a good answer's head begins what the host itself says
            body=b"" if response.status == _OK else response.read(LARGEST),
        )
    finally:
        response.close()


def _login(proxy: Proxy, answer: Answer, target: str) -> ProxyError:
    known = {one.scheme for one in challenges(answer.headers.get("proxy-authenticate", ""))}
    if known and "basic" not in known:
        kinds = ", ".join(sorted(known))
        return ProxyError(
            f"{proxy.name} wants a login of a kind that pushstep does not have, {kinds}: {answer.text}",
            f"Only Basic works. If {target} is reached without a proxy, list it in NO_PROXY.",
        )
    if proxy.authorization:
        return ProxyError(
            f"{proxy.name} refused the login that {proxy.variable} holds: {answer.text}",
            "Check user name and password there; special characters must be percent-encoded.",
        )
    return ProxyError(
        f"{proxy.name} wants a login: {answer.text}",
        f"Put it into {proxy.variable}: {proxy.scheme}://USER:PASSWORD@{proxy.address}, with special "
        f"characters of the password percent-encoded.",
    )


def _no_tls(proxy: Proxy, error: Exception) -> ProxyError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ProxyError(
            f"the certificate of {proxy.name} is not good: {error.verify_message}",
            "Add its authority to this machine's, or name a file with it in SSL_CERT_FILE.",
        )
    reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else str(error)
    return ProxyError(
        f"no TLS connection to {proxy.name} came about: {reason}",
        f"If it speaks no TLS itself, which is usual, write http:// in {proxy.variable}.",
    )
