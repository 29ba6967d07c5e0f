"""The real network of `oidc`: one GET over HTTPS, bounded, through the environment's proxy."""

import ssl
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from urllib.parse import urlsplit

from pushstep.registry.client.proxies import Proxies, Proxy, ProxyError
from pushstep.registry.credentials.oidc import LARGEST, Answer, Get

_SECONDS = 20
_PORT = 443


def getter(environ: Mapping[str, str], context: ssl.SSLContext) -> Get:
    """`Get` of the real network; trusts whom `context` trusts."""
    proxies = Proxies(environ)

    def get(url: str, headers: Mapping[str, str], /) -> Answer:
        # without a handler for them, redirects are answers and other schemes are unknown
        opener = urllib.request.OpenerDirector()
        opener.add_handler(urllib.request.HTTPSHandler(context=context))
        request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - see above
        if proxy := _proxy(proxies, url):
            request.set_proxy(proxy.address, "http")
            if proxy.authorization:
                # it goes no further than to the proxy
                request.add_header("Proxy-Authorization", proxy.authorization)
        try:
            with opener.open(request, timeout=_SECONDS) as answer:
                return Answer(status=answer.status, body=answer.read(LARGEST + 1))
        except HTTPException as error:
            raise ConnectionError(f"{type(error).__name__}: {error}") from None

    return get


def _proxy(proxies: Proxies, url: str) -> Proxy | None:
    parts = urlsplit(url)
    try:
        proxy = proxies.between("https", parts.hostname or "", parts.port or _PORT)
    except ProxyError as error:
        raise ConnectionError(str(error)) from None
    if proxy and proxy.scheme != "http":
        raise ConnectionError(f"{proxy.name} wants TLS itself, which leads to registries alone")
    return proxy
