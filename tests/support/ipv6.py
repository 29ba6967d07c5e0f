"""Loopback addresses that a registry at `[::1]` may listen on, of which each machine has one at least.

A machine without IPv6 has no other than that of IPv4; the look-up of a test leads there from `::1`, and all else is
as ever: how the address is written, the header `Host`, and the name that a certificate must have.
"""

import socket


def _has_it() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


LOOPBACKS = ("127.0.0.1", *(("::1",) if _has_it() else ()))
