"""Names of the internet that lead to this machine, for a process of the test and for nobody else.

A process that finds `sitecustomize.py` on its PYTHONPATH runs it first; this one changes what the look-up of
a few names gives, as /etc/hosts would for a whole machine, and the port as well. All behind it is as ever:
TLS with the name that was asked for, and the check of the address that a connection leads to.
"""

from collections.abc import Mapping
from pathlib import Path

_LOOK_UP = """\
import socket

_ROUTES = {routes!r}
_look_up = socket.getaddrinfo


def _routed(host, port, *rest, **more):
    if host in _ROUTES:
        host, _, port = _ROUTES[host].rpartition(":")
    return _look_up(host, int(port), *rest, **more)


socket.getaddrinfo = _routed
"""


def routed(folder: Path, environ: Mapping[str, str], routes: Mapping[str, str]) -> dict[str, str]:
    """The variables of a process that finds each host of `routes` at another `address:port`."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_LOOK_UP.format(routes=dict(routes)))
    return {"PYTHONPATH": f"{folder}:{environ.get('PYTHONPATH', '')}"}
