"""Real registries with certificates good and bad: what is trusted, and what each refusal says."""

import os
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
from tests.support import routing
from tests.support.archives import image, layout, manifest, written
from tests.support.distribution import Distribution, distributions
from tests.support.ipv6 import LOOPBACKS
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

    def run(registry: str, authority: str = "ca.pem", **environ: str) -> Run:
        run = pushstep(
            *("--candidate=oci:image", "--registry", registry, "--image-name", "acme/app"),
            environ={"SSL_CERT_FILE": yard.path(authority), **environ},
        )
        ends_well(run)
        return run

    return run


def test_the_right_authority(push: Callable[..., Run], yard: Yard) -> None:
    run = push(yard.host("good"))

    assert run.status == 0, run.err


@pytest.mark.parametrize("address", LOOPBACKS)
def test_an_address_of_ipv6(
    push: Callable[..., Run], pushstep: Pushstep, yard: Yard, tmp_path: Path, address: str
) -> None:
    with line(yard.host("good"), host=address) as here:
        port = here.host.rpartition(":")[2]
        leads = {"::1": f"{address}:{port}"}
        run = push(f"[::1]:{port}", **routing.routed(tmp_path / "routing", pushstep.environ, leads))

    assert run.status == 0, run.err
    assert run.out.startswith(f"[::1]:{port}/acme/app@sha256:")


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


ENTRIES = """\
registries:
  asking: {{domain: '{asking}', ca: {ca}, client_cert: {folder}/{mine}.crt, client_key: {folder}/{mine}.key}}
  theirs: {{domain: '{good}', ca: {folder}/theirs.pem}}
  plain: {{domain: '{plain}', insecure: http}}
  blind: {{domain: '{expired}', insecure: skip-verify}}
"""
OF_ENTRIES = {
    # whose certificate is ours → what the failure at `asking` says; none: the image is there
    "mine": "",
    "strange": "does not take the client certificate",
}


@pytest.mark.parametrize(("mine", "said"), OF_ENTRIES.items())
def test_what_an_entry_says_of_tls(push: Callable[..., Run], yard: Yard, mine: str, said: str) -> None:
    """On a machine that trusts another authority, which is what `theirs` does as well."""
    hosts = {name: yard.host(name) for name in ("asking", "good", "expired")}
    document = ENTRIES.format(
        **hosts,
        plain=yard.registries["plain"].address,
        ca=yard.path("ca.pem"),
        folder=yard.folder,
        mine=mine,
    )

    run = push("asking,plain,blind,theirs", "theirs.pem", PUSHSTEP_REGISTRIES=document)

    assert run.status == 1
    told = [(one["error"] or {"code": "", "message": ""}) for one in run.destinations]
    assert [one["code"] for one in told] == ["tls" if said else "", "", "", "tls"], run.err
    assert said in told[0]["message"]
    assert "comes from an authority that is not trusted" in told[3]["message"]
    assert "PRIVATE KEY" not in run.everything()


def test_an_entrys_authority_and_none(yard: Yard) -> None:
    for trust in (yard.trust(), Trust(insecure="skip-verify")):
        with client(yard.host("good"), trust=trust) as one:
            assert one.repository().digest("v1") is None
    with client(yard.registries["plain"].address, trust=Trust(insecure="http")) as one:
        assert one.repository().digest("v1") is None
