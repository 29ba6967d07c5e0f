"""The lines that connections take: to a host itself, or through a proxy; nothing is sent where it may not be.

An address is judged before a connection to it, so that nobody there hears of us. Behind a proxy only one that
is the host's name can be (interface 4).
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from socket import socket
from typing import Literal
from urllib.parse import urlsplit

from requests import Response

from pushstep.registry.client.addresses import Address, address, literal, objection
from pushstep.registry.client.answer import LARGEST, Answer
from pushstep.registry.client.network import AddressRefused, Network
from pushstep.registry.client.proxies import Proxy, ProxyError, joined
from pushstep.registry.client.tunnel import LOGIN_WANTED, reached, refusal, through
from pushstep.registry.client.urls import PORTS


@dataclass(kw_only=True)
class Line:
    """Where connections may lead, and the address that the last one led to."""

    network: Network
    plain_http: Callable[[str], bool]
    """Whether one without TLS to this host may leave this machine."""
    public_only: Callable[[], bool]
    to_proxies: Callable[[], ssl.SSLContext]
    """What TLS to a proxy itself is made with."""
    peer: Address | None = None
    """None: there was none yet, or a proxy alone knows."""

    def connected(self, host: str, port: int, *, tls: bool) -> socket:
        """A new connection; raises `NotConnected`, `AddressRefused`, `ProxyError`, `Cancelled`."""

        def objections(where: Address | None) -> str | None:
            plain_http = self.plain_http(host)
            return objection(where, tls=tls, plain_http=plain_http, public_only=self.public_only())

        known = literal(host)
        proxy = self.network.proxies.between("https" if tls else "http", host, port)
        if (known or proxy) and (why := objections(known)):
            raise AddressRefused(f"{host}: {why}")
        if proxy is None:
            one = self.network.connected(host, port, objections)
            self.peer = _peer(one) or self.peer
            return one
        self.peer = known or self.peer
        one = reached(proxy, self.network, self.to_proxies)
        if tls:
            try:
                through(proxy, self.network, one, host, port)
            except BaseException:
                one.close()
                raise
        return one

    def proxy(self, url: str) -> Proxy | None:
        """The proxy on the way to a URL; raises `ProxyError`."""
        parts = urlsplit(url)
        scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
        return self.network.proxies.between(scheme, parts.hostname or "", parts.port or PORTS[scheme])

    def forwarding(self, url: str) -> Proxy | None:
        """The proxy that is asked for the URL itself; raises `ProxyError`."""
        return self.proxy(url) if urlsplit(url).scheme == "http" else None

    def shown(self, url: str) -> str:
        """How log and errors tell that the way to a URL leads through a proxy; `""` if it does not."""
        try:
            proxy = self.proxy(url)
        except (ProxyError, ValueError):
            return ""
        return f"through the proxy {proxy.address}" if proxy else ""

    def let_through(self, response: Response) -> None:
        """Raise `ProxyError` for an answer that only a proxy gives."""
        proxy = self.forwarding(response.url) if response.status_code == LOGIN_WANTED else None
        if proxy is None:
            return
        answer = Answer(
            method=response.request.method or "",
            url=response.url,
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=response.raw.read(LARGEST),
        )
        parts = urlsplit(response.url)
        raise refusal(proxy, answer, joined(parts.hostname or "", parts.port or PORTS["http"]))


def _peer(one: socket) -> Address | None:
    try:
        return address(one.getpeername()[0])
    except OSError:
        return None  # it hung up already, which the first use will tell
