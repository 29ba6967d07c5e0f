"""TLS for servers of tests: an authority of their own, and what a client needs to trust it."""

import ssl

import pytest
import trustme

from pushstep.registry.client.trust import Trust

NAMES = ("127.0.0.1", "::1", "localhost", "reg.example.com", "auth.example.com", "store.example.com")


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a server needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*NAMES).configure_cert(context)
    return context


@pytest.fixture(scope="session")
def trust(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Trust:
    """What a client needs."""
    file = tmp_path_factory.mktemp("authority") / "ca.crt"
    authority.cert_pem.write_to_path(file)
    return Trust(ca=str(file))
