"""Addresses that registries name: resolved, compared, and shown without what is nobody's business; pure."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

PORTS = {"http": 80, "https": 443}
"""Where a scheme is spoken when no port is named."""
_SHOWN = frozenset({"account", "digest", "from", "mount", "scope", "service"})
"""Names in a query whose values are no secrets; upload states and signatures are."""


class AddressError(ValueError):
    """An address that is none, or that nobody should go to; the message says why."""


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what must be equal for a credential to be sent. Raises `AddressError`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _none(url) from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS or not parts.hostname:
        raise AddressError(f"{shown(url)} is no HTTP address")
    if "@" in parts.netloc:
        raise AddressError("an address with a user name in it is not followed")
    return scheme, parts.hostname.lower(), port or PORTS[scheme]


def resolved(base: str, location: str) -> str:
    """Where the `location` that `base` answered leads to; never away from TLS. Raises `AddressError`."""
    location = location.strip()
    try:
        url = urljoin(base, location)
    except ValueError:
        raise _none(location) from None
    scheme, host, _ = origin(url)
    if scheme == "https" or base.startswith("http:"):
        return url
    if urlsplit(url).netloc == urlsplit(base).netloc:
        # a registry behind a proxy that ends TLS does not always know of it
        return f"https{url[4:]}"
    raise AddressError(f"from TLS it leads to plain HTTP at {host}")


def with_query(url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """`url` with more in its query; what is there already stays as it is."""
    bare = url.partition("#")[0]
    more = urlencode([pair for pair in pairs if pair[1]], quote_via=quote, safe="")
    if not more:
        return bare
    joint = "" if bare.endswith(("?", "&")) else "&" if "?" in bare else "?"
    return f"{bare}{joint}{more}"


def shown(url: str) -> str:
    """`url` as logs and errors may show it: values of its query that may be secrets left out."""
    bare, mark, query = url.partition("#")[0].partition("?")
    bare = re.sub("^([a-z]+:/*|//)[^/]*@", r"\1", bare, flags=re.IGNORECASE)
    pairs = (
        f"{name}={value if name in _SHOWN else '...'}"
        for name, value in parse_qsl(query, keep_blank_values=True)
    )
    return f"{bare}{mark}{'&'.join(pairs)}"


def _none(url: str) -> AddressError:
    # the words of what Python says may quote a password
    return AddressError(f"{shown(url)} is no address")
