"""Which proxy a connection goes through, by the variables that all tools know; pure.

    to TLS          https_proxy HTTPS_PROXY all_proxy ALL_PROXY    the first one that is not empty
    to plain HTTP   http_proxy HTTP_PROXY all_proxy ALL_PROXY
    to none         no_proxy NO_PROXY: `*`, names with all below them, addresses, networks; names and
                    addresses with a port count for that port alone

Names are compared as they are written, since behind a proxy nobody may be there to look them up. What is on
this machine is never asked for through a proxy. Source: the manual of curl; golang.org/x/net/http/httpproxy.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from ipaddress import ip_network
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pushstep.registry.client.addresses import Address, literal
from pushstep.values import dataclass

_VARIABLES: Mapping[str, tuple[str, ...]] = {
    scheme: (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    for scheme in ("http", "https")
}
_EXCEPTIONS = ("no_proxy", "NO_PROXY")
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^:]*)(?::([0-9]+))?")


class ProxyError(Exception):
    """A proxy failed, refused, or is none: what happened, and in `hint` what to do now."""

    def __init__(self, message: str, hint: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.retryable = retryable


@dataclass(frozen=True, kw_only=True, slots=True)
class Proxy:
    """Where it is, which variable names it, and the login that it alone is told."""

    scheme: Literal["http", "https"]
    """How it is spoken to itself."""
    host: str
    port: int
    variable: str
    authorization: str = field(default="", repr=False)
    """The value of `Proxy-Authorization`."""

    @property
    def address(self) -> str:
        """Host and port."""
        return joined(self.host, self.port)

    @property
    def name(self) -> str:
        """For people who look for what is set wrong."""
        return f"the proxy {self.address} ({self.variable})"


class Proxies:
    """The proxies that an environment names."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Read nothing yet that may be wrong: what no connection needs is nobody's mistake."""
        self._environ = environ
        text = _first(environ, _EXCEPTIONS)[1]
        self._exceptions = tuple(map(_exception, filter(None, re.split(r"[\s,]+", text))))

    def between(self, scheme: Literal["http", "https"], host: str, port: int) -> Proxy | None:
        """The proxy on the way to a host, or None. Raises `ProxyError` where a variable names none."""
        variable, text = _first(self._environ, _VARIABLES[scheme])
        if not text or self._is_excepted(host.strip("[]").rstrip(".").lower(), port):
            return None
        return _proxy(variable, text)

    def _is_excepted(self, host: str, port: int) -> bool:
        where = literal(host)
        here = f".{host}".endswith(".localhost") or (where and (where.is_loopback or where.is_unspecified))
        return bool(here) or any(excepts(host, where, port) for excepts in self._exceptions)


def joined(host: str, port: int) -> str:
    """`host:port`, with brackets where the host is an address of IPv6."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def passwords(environ: Mapping[str, str]) -> Iterator[str]:
    """The passwords of all proxies, as they are written and as they are meant."""
    for name in dict.fromkeys(name for names in _VARIABLES.values() for name in names):
        login = _without_scheme(environ.get(name, "")).rpartition("@")[0]
        if password := login.partition(":")[2]:
            yield from dict.fromkeys((password, unquote(password)))


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str]:
    return next(((name, text) for name in names if (text := environ.get(name, "").strip())), ("", ""))


def _without_scheme(text: str) -> str:
    return text.strip().rpartition("://")[2]


def _proxy(variable: str, text: str) -> Proxy:
    parts = _parsed(variable, text if "://" in text else f"http://{text}")
    scheme: Literal["http", "https"]
    match parts.scheme:
        case "http" | "https" as known:
            scheme = known
        case other:
            raise ProxyError(
                f"{variable} names a proxy that is spoken to by {other}",
                f"Name one of HTTP there: http://HOST:PORT, or https://HOST:PORT; or unset {variable}.",
            )
    return Proxy(
        scheme=scheme,
        host=parts.hostname or "",
        port=parts.port or _PORTS[scheme],
        variable=variable,
        authorization=_basic(parts),
    )


def _parsed(variable: str, text: str) -> SplitResult:
    wrong = ProxyError(
        f"{variable} names no proxy",
        f"Write http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT with special characters of the "
        f"password percent-encoded; or unset {variable}.",
    )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong from None
    # a password with a character that ends a host would be taken for host and port, and shown as such
    if port == 0 or not parts.hostname or "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise wrong
    return parts


def _basic(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(pair.encode('utf-8', 'surrogateescape')).decode('ascii')}"


def _exception(text: str) -> Callable[[str, Address | None, int], bool]:
    """Whether a host, its address if it is one, and a port are what an entry of the list means."""
    if text == "*":
        return lambda _host, _where, _port: True
    if "/" in text:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            return lambda _host, _where, _port: False
        return lambda _host, where, _port: where is not None and where in network
    found = None if literal(text) else _WITH_PORT.fullmatch(text)
    name, wanted = (found[1], found[2]) if found else (text, None)
    address = literal(name)
    # `.example.com` and `*.example.com` mean the same to most tools, and to curl `example.com` as well
    suffix = f".{name.removeprefix('*').strip('.').lower()}"

    def excepts(host: str, where: Address | None, port: int) -> bool:
        if wanted is not None and int(wanted) != port:
            return False
        return address == where if where else f".{host}".endswith(suffix)

    return excepts
