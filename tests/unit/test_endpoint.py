"""Where the daemon is looked for: what clients, runners and docker:dind leave in environment and files."""

import pytest

from pushstep.image.endpoint import Endpoint, endpoint

SOCKET = "/var/run/docker.sock"
DIND = "/certs/client/ca.pem"
PLACES = {
    # environment, files that are there, address, folder of certificates
    "nothing": ({}, [], "unix:///var/run/docker.sock", None),
    "a mounted socket": ({}, [SOCKET], "unix:///var/run/docker.sock", None),
    "a socket and certificates": ({}, [SOCKET, DIND], "unix:///var/run/docker.sock", None),
    "dind with TLS": ({"DOCKER_TLS_CERTDIR": "/certs"}, [DIND], "tcp://docker:2376", "/certs/client"),
    "dind, certificates alone": ({}, [DIND], "tcp://docker:2376", "/certs/client"),
    "dind, certificates elsewhere": (
        {"DOCKER_TLS_CERTDIR": "/keys"},
        ["/keys/client/ca.pem"],
        "tcp://docker:2376",
        "/keys/client",
    ),
    "dind, the client's folder is named": (
        {"DOCKER_CERT_PATH": "/keys"},
        ["/keys/ca.pem"],
        "tcp://docker:2376",
        "/keys",
    ),
    "dind without TLS": ({"DOCKER_TLS_CERTDIR": ""}, [], "tcp://docker:2375", None),
    "an address": ({"DOCKER_HOST": "tcp://10.0.0.1:2375"}, [SOCKET, DIND], "tcp://10.0.0.1:2375", None),
    "an address of a socket": (
        {"DOCKER_HOST": "unix:///run/a.sock", "DOCKER_TLS_VERIFY": "1"},
        [DIND],
        "unix:///run/a.sock",
        None,
    ),
    "an address, TLS wanted": (
        {"DOCKER_HOST": "tcp://docker:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/keys"},
        [],
        "tcp://docker:2376",
        "/keys",
    ),
    "an address, TLS wanted, Docker's own folder": (
        {"DOCKER_HOST": "tcp://10.0.0.1:9000", "DOCKER_TLS_VERIFY": "1", "HOME": "/home/u"},
        [DIND],
        "tcp://10.0.0.1:9000",
        "/home/u/.docker",
    ),
    "an address, TLS forgotten": (
        {"DOCKER_HOST": "tcp://docker:2376"},
        [DIND],
        "tcp://docker:2376",
        "/certs/client",
    ),
    "an address, no certificates": ({"DOCKER_HOST": "tcp://docker:2376"}, [], "tcp://docker:2376", None),
    "empty is not given": ({"DOCKER_HOST": ""}, [SOCKET], "unix:///var/run/docker.sock", None),
}


@pytest.mark.parametrize(("environ", "there", "address", "certificates"), PLACES.values(), ids=PLACES)
def test_the_daemon_is_found(
    environ: dict[str, str], there: list[str], address: str, certificates: str | None
) -> None:
    found = endpoint(environ, there.__contains__)

    assert found == Endpoint(address=address, certificates=certificates)


@pytest.mark.parametrize(
    ("address", "expected"),
    [("tcp://docker:2376", True), ("https://docker:2376", True), ("unix:///var/run/docker.sock", False)],
)
def test_only_a_service_may_be_starting(address: str, *, expected: bool) -> None:
    assert Endpoint(address=address).may_be_starting is expected
