"""An authority and a certificate of it, as servers in containers and in this process want them."""

import ssl
from pathlib import Path

import trustme


def certified(folder: Path, *names: str) -> tuple[trustme.CA, ssl.SSLContext]:
    """Make both, for a server of these names; `folder` has them as `ca.pem`, `tls.crt` and `tls.key`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    leaf = authority.issue_cert(*names)
    leaf.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    leaf.private_key_pem.write_to_path(folder / "tls.key")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(tls)
    return authority, tls
