"""Real registries with certificates good and bad: what is trusted, and what each refusal says."""

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import docker
import pytest
import trustme

from pushstep.registry.client.failures import RegistryError
from pushstep.registry.client.trust import Trust
from tests.integration.test_refusals import ends_well
from tests.support.archives import image, layout, manifest, written
from tests.support.distribution import Distribution, distributions
from tests.support.line import line
from tests.support.pushstep import Pushstep, Run
from tests.support.registry_client import client

OURS = ("127.0.0.1", "::1", "localhost")
PAST = datetime.now(UTC) - timedelta(days=2)


@dataclass
class Yard:
    """Registries that differ in their certificates, and what a client needs for those that are good."""

    registries: dict[str, Distribution]
    folder: Path

    def host(self, name: str) -> str:
        """Of a registry."""
        return self.registries[name].host

    def trust(self, mine: str = "") -> Trust:
        """The right authority, and a certificate of our own."""
        own = (self.path(f"{mine}.crt"), self.path(f"{mine}.key")) if mine else ("", "")
        return Trust(ca=self.path("ca.pem"), client_cert=own[0], client_key=own[1])

    def path(self, name: str) -> str:
        """Of a file."""
        return str(self.folder / name)


def speaking(folder: Path, name: str, leaf: trustme.LeafCert, **more: object) -> dict[str, Any]:
    """How distribution is told of its certificate."""
    leaf.cert_chain_pems[0].write_to_path(folder / f"{name}.crt")
    leaf.private_key_pem.write_to_path(folder / f"{name}.key")
    (folder / f"{name}.key").chmod(0o644)
    return {"http": {"tls": {"certificate": f"/files/{name}.crt", "key": f"/files/{name}.key", **more}}}


@pytest.fixture(scope="module")
def yard(docker_client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("yard")
    folder.chmod(0o755)
    ours, theirs = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(folder / "ca.pem")
    theirs.cert_pem.write_to_path(folder / "theirs.pem")
    for name, authority in (("mine", ours), ("strange", theirs)):
        leaf = authority.issue_cert("bot@example.com")
        leaf.cert_chain_pems[0].write_to_path(folder / f"{name}.crt")
        leaf.private_key_pem.write_to_path(folder / f"{name}.key")
    known = {
        "good": speaking(folder, "good", ours.issue_cert(*OURS)),
        "expired": speaking(folder, "expired", ours.issue_cert(*OURS, not_after=PAST)),
        "another name": speaking(folder, "another", ours.issue_cert("reg.example.com")),
        "asking": speaking(folder, "asking", ours.issue_cert(*OURS), clientcas=["/files/ca.pem"]),
        "plain": {},
    }
    with distributions(docker_client, os.environ["DEV_REGISTRY_IMAGE"], folder, known) as registries:
        yield Yard(registries, folder)


@pytest.fixture
def push(pushstep: Pushstep, yard: Yard) -> Callable[..., Run]:
    """A push of a small image from a machine that trusts an authority."""
    written(layout(("ci", manifest(image(1)))), pushstep.folder / "image")

    def run(registry: str, authority: str = "ca.pem") -> Run:
        run = pushstep(
            *("--candidate=oci:image", "--registry", registry, "--image-name", "acme/app"),
            environ={"SSL_CERT_FILE": yard.path(authority)},
        )
        ends_well(run)
        return run

    return run


def test_the_right_authority(push: Callable[..., Run], yard: Yard) -> None:
    run = push(yard.host("good"))

    assert run.status == 0, run.err


def test_an_address_of_ipv6(push: Callable[..., Run], yard: Yard) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with line(yard.host("good"), host="::1") as here:
        run = push(here.host)

    assert run.status == 0, run.err
    assert run.out.startswith(f"{here.host}/acme/app@sha256:")


# registry, the machine's authority → code, what the failure says, what its hint says
BAD = {
    "another authority": ("good", "theirs.pem", "tls", "comes from an authority that is not trusted", "`ca`"),
    "expired": ("expired", "ca.pem", "tls", "has expired", "renewed"),
    "another name": ("another name", "ca.pem", "tls", "is one of another", "name that the certificate has"),
    "a client certificate": ("asking", "ca.pem", "tls", "wants a client certificate", "`client_cert`"),
    "plain HTTP": (
        "plain",
        "ca.pem",
        "plain-http",
        "speaks plain HTTP where TLS was expected",
        "insecure: http",
    ),
}


def test_every_refusal_has_words_of_its_own(push: Callable[..., Run], yard: Yard) -> None:
    messages = []
    for name, authority, code, said, advice in BAD.values():
        registry = yard.registries[name]
        # on this machine plain HTTP would be good enough
        host = registry.address if code == "plain-http" else registry.host

        run = push(host, authority)

        error = run.destinations[0]["error"]
        assert (run.status, error["code"], error["retryable"]) == (1, code, False), run.err
        assert host in error["message"]
        assert said in error["message"]
        assert advice in error["hint"]
        messages.append(said)
    assert len(set(messages)) == len(BAD)


def test_a_client_certificate(yard: Yard) -> None:
    host = yard.host("asking")
    with client(host, trust=yard.trust("mine")) as one:
        assert one.repository().digest("v1") is None
    with (
        client(host, trust=yard.trust("strange")) as one,
        pytest.raises(RegistryError, match="does not take the client certificate") as raised,
    ):
        one.repository().digest("v1")
    assert raised.value.problem.code == "tls"


def test_an_entrys_authority_and_none(yard: Yard) -> None:
    for trust in (yard.trust(), Trust(insecure="skip-verify")):
        with client(yard.host("good"), trust=trust) as one:
            assert one.repository().digest("v1") is None
    with client(yard.registries["plain"].address, trust=Trust(insecure="http")) as one:
        assert one.repository().digest("v1") is None
