"""Whether what is said to the daemon can be overheard on its way."""

import pytest
from docker import APIClient
from docker.tls import TLSConfig

from pushstep.image.daemon import Daemon

# address, whether with TLS → whether a network sees it
ADDRESSES = {
    ("unix:///var/run/docker.sock", False): False,
    ("tcp://127.0.0.1:2375", False): False,
    ("tcp://localhost:2375", False): False,
    ("tcp://[::1]:2375", False): False,
    ("tcp://docker:2375", False): True,
    ("tcp://10.0.0.1:2375", False): True,
    ("http://docker:2375", False): True,
    ("tcp://docker:2376", True): False,
    ("https://docker:2376", True): False,
}


@pytest.mark.parametrize(("address", "tls", "clear"), [(*key, clear) for key, clear in ADDRESSES.items()])
def test_credentials_are_in_the_clear_without_tls_on_a_network(
    address: str, *, tls: bool, clear: bool
) -> None:
    client = APIClient(base_url=address, tls=tls and TLSConfig(verify=True), version="1.45")

    assert Daemon(client, address).in_the_clear is clear

    client.close()
