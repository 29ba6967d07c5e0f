"""Which addresses a connection may lead to, judged by the one really connected to (interface 4); pure."""

from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address

_METADATA = frozenset(
    map(
        ip_address,
        # where clouds tell a machine its own secrets; what is link-local needs no row
        ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"),
    )
)


def address(text: str) -> Address:
    """The address that a socket names; one of IPv4 written as IPv6 is one of IPv4."""
    found = ip_address(text)
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found


def objection(where: Address, *, tls: bool, plain_http: bool, public_only: bool) -> str | None:
    """Why nothing is sent to `where`, or None.

    `plain_http`: a connection without TLS may leave this machine. `public_only`: it was a public registry
    that named the host, which has no business in private networks.
    """
    if where.is_link_local or where in _METADATA:
        return f"{where} is a link-local address or one of a cloud's metadata"
    if public_only and not where.is_global:
        return f"{where} is a private address, and the registry is a public one"
    if not tls and not plain_http and not where.is_loopback:
        return f"{where} is not on this machine, and it would be plain HTTP"
    return None
