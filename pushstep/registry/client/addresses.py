"""Which addresses a connection may lead to, judged by the one really connected to (interface 4); pure."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address

_METADATA = frozenset(
    map(
        ip_address,
        # where clouds tell a machine its own secrets; what is link-local needs no row
        ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"),
    )
)
_NUMBERS = (
    (re.compile(r"0x0*([0-9a-f]{0,8})"), 16),
    (re.compile(r"0+([0-7]{0,11})"), 8),
    (re.compile(r"([1-9][0-9]{0,9})"), 10),
)
_BYTES = 4


def address(text: str) -> Address:
    """The address that a socket names; one of IPv4 written as IPv6 is one of IPv4."""
    found = ip_address(text)
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found


def literal(host: str) -> Address | None:
    """The address that a host's name is already, in every spelling that resolvers take; else None."""
    bare = host.strip("[]").rstrip(".").lower()
    try:
        return address(bare)
    except ValueError:
        return _abbreviated(bare)


def objection(where: Address | None, *, tls: bool, plain_http: bool, public_only: bool) -> str | None:
    """Why nothing is sent to `where`, or None; None for `where`: a proxy alone knows.

    `plain_http`: a connection without TLS may leave this machine. `public_only`: it was a public registry
    that named the host, which has no business in private networks.
    """
    if where is None:
        return None if tls or plain_http else "it would be plain HTTP, through a proxy"
    if where.is_link_local or where in _METADATA:
        return f"{where} is a link-local address or one of a cloud's metadata"
    if public_only and not where.is_global:
        return f"{where} is a private address, and the registry is a public one"
    if not tls and not plain_http and not where.is_loopback:
        return f"{where} is not on this machine, and it would be plain HTTP"
    return None


def _abbreviated(text: str) -> IPv4Address | None:
    """As `inet_aton` reads it: up to four numbers of three bases, the last for all bytes that are left."""
    *first, last = [_number(part) for part in text.split(".")]
    ends = 256 ** (_BYTES - len(first)) if len(first) < _BYTES else 0
    value = 0
    for number in first:
        if number is None or number > 255:  # noqa: PLR2004 - a byte's largest
            return None
        value = value << 8 | number
    return IPv4Address(value * ends + last) if last is not None and last < ends else None


def _number(text: str) -> int | None:
    found = ((pattern.fullmatch(text), base) for pattern, base in _NUMBERS)
    return next((int(one[1] or "0", base) for one, base in found if one), None)
