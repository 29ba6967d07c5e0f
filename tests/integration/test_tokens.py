"""Logins at real registries that name a token service: what is asked there, and who never hears of it."""

import math
import os
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import if_nametoindex
from typing import Any

import docker
import pytest
from docker.models.networks import Network

from pushstep.registry.client.failures import RegistryError
from pushstep.registry.client.trust import Trust
from pushstep.registry.credentials.credential import Credential
from tests.integration.test_refusals import ends_well
from tests.support.archives import image, layout, manifest, written
from tests.support.certificates import certified
from tests.support.distribution import Distribution, distributions
from tests.support.forwarding import forwarding
from tests.support.issuer import ISSUER, SERVICE, Issuer
from tests.support.line import line
from tests.support.pushstep import Pushstep, Run
from tests.support.registries import HTPASSWD, PASSWORD, USER, Listener, listening
from tests.support.registry_client import client, sliced
from tests.support.small_servers import Heard, Reply, Server, digest, serving

LOGIN = Credential(source="test", username=USER, secret=PASSWORD)
NAMES = ("127.0.0.1", "localhost", "reg.example.com")


@dataclass
class Yard:
    """Registries that differ in the token service they name, and who listens at those."""

    registries: dict[str, Distribution]
    issuer: Issuer
    store: Server
    stored: dict[str, bytes]
    """What it has, by digest."""
    elsewhere: tuple[Listener, Listener]
    """Where the realms lead that the rules refuse: on this machine, and at a link-local address."""
    plain_elsewhere: Server
    authority: Path

    @property
    def connections(self) -> int:
        """How often somebody came there until now."""
        return sum(one.connections for one in self.elsewhere)

    def host(self, name: str) -> str:
        """Of a registry."""
        return self.registries[name].host


def token(realm: str) -> dict[str, Any]:
    """How distribution is told of a token service."""
    known = {"realm": realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": "/files/ca.pem"}
    return {"auth": {"token": known}}


TLS = {"http": {"tls": {"certificate": "/files/tls.crt", "key": "/files/tls.key"}}}


@contextmanager
def link_local() -> Iterator[tuple[str, Listener]]:
    """A link-local address of this machine as URLs have it, and who listens there; else one that clouds have."""
    known = Path("/proc/net/if_inet6")
    rows = [row.split() for row in known.read_text().splitlines()] if known.exists() else []
    address, interface = next(((row[0], row[5]) for row in rows if row[3] == "20"), ("", ""))
    if not address:
        yield "169.254.169.254", Listener(":443")
        return
    groups = ":".join(address[at : at + 4] for at in range(0, 32, 4))
    with listening(groups, if_nametoindex(interface)) as listener:
        yield f"[{groups}%25{interface}]", listener


def gateway(client: docker.DockerClient) -> str:
    """This machine in the network of containers, as no loopback address."""
    bridge: Network = client.networks.get("bridge")
    return str(bridge.attrs["IPAM"]["Config"][0]["Gateway"])


@pytest.fixture(scope="module")
def yard(docker_client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("yard")
    folder.chmod(0o755)
    authority, tls = certified(folder, *NAMES)
    (folder / "htpasswd").write_text(HTPASSWD)

    issuer = Issuer(authority)
    contents: dict[str, bytes] = {}
    with ExitStack() as here:
        plain = here.enter_context(serving(issuer))
        encrypted = here.enter_context(serving(issuer, tls=tls))
        elsewhere = here.enter_context(listening())
        linked, far = here.enter_context(link_local())
        plain_elsewhere = here.enter_context(serving(issuer, host=gateway(docker_client)))
        port = port_of(elsewhere)
        away = Reply(status=307, headers={"Location": f"https://localhost:{port}/token"})
        redirecting = here.enter_context(serving(lambda _: away, tls=tls))
        store = here.enter_context(serving(lambda heard: stored(contents, heard)))
        redirect = {"name": "redirect", "options": {"baseurl": f"http://localhost:{store.port}/"}}
        known = {
            "plain": token(f"{plain.url}/token"),
            "another host": token(f"https://localhost:{encrypted.port}/token") | TLS,
            "plain HTTP": token(f"http://127.0.0.1:{port}/token") | TLS,
            "plain HTTP elsewhere": token(f"{plain_elsewhere.url}/token"),
            "link-local": token(f"https://{linked}:{port_of(far)}/token") | TLS,
            "private": token(f"https://127.0.0.1:{port}/token") | TLS,
            "redirected": token(f"https://localhost:{redirecting.port}/token") | TLS,
            "store": {
                "auth": {"htpasswd": {"realm": "tests", "path": "/files/htpasswd"}},
                "middleware": {"storage": [redirect]},
            },
        }
        image_name = os.environ["DEV_REGISTRY_IMAGE"]
        registries = here.enter_context(distributions(docker_client, image_name, folder, known))
        yield Yard(
            *(registries, issuer, store, contents, (elsewhere, far), plain_elsewhere, folder / "ca.pem")
        )


def port_of(listener: Listener) -> str:
    return listener.host.rpartition(":")[2]


def stored(contents: Mapping[str, bytes], heard: Heard) -> Reply:
    """What the store gives for an address of distribution's file system: .../sha256/ab/<digest>/data."""
    found = contents.get(f"sha256:{heard.path.split('/')[-2]}")
    return Reply(status=404) if found is None else Reply(body=found)


@pytest.fixture
def issuer(yard: Yard) -> Iterator[Issuer]:
    """The token service, which grants everything and has heard nothing yet."""
    before = Issuer(yard.issuer.authority)
    yard.issuer.asked.clear()
    yield yard.issuer
    yard.issuer.lifetime, yard.issuer.said, yard.issuer.denies = before.lifetime, before.said, before.denies


@pytest.fixture
def push(pushstep: Pushstep, yard: Yard) -> Callable[..., Run]:
    """A push of a small image by who knows the password."""
    written(layout(("ci", manifest(image(1, 2, 3)))), pushstep.folder / "image")

    def run(*options: str, password: str = PASSWORD, **environ: str) -> Run:
        candidate = (
            () if any(one.startswith("--candidate") for one in options) else ("--candidate=oci:image",)
        )
        run = pushstep(
            *(*candidate, *options, "--username", USER, "--password-stdin", "--debug"),
            stdin=password,
            environ={"SSL_CERT_FILE": str(yard.authority), **environ},
        )
        ends_well(run)
        return run

    return run


def test_one_token_is_asked_with_exactly_the_scopes_of_a_push(
    push: Callable[..., Run], yard: Yard, issuer: Issuer, repository: str
) -> None:
    host = yard.host("plain")

    run = push("--registry", host, "--image-name", repository, "--tags", "1,2,latest")

    assert run.status == 0, run.err
    assert issuer.scopes == [[f"repository:{repository}:pull,push"]]
    (asked,) = issuer.asked
    assert (asked.query["service"], asked.query["account"]) == ([SERVICE], [USER])


def test_one_token_is_asked_for_all_repositories(
    push: Callable[..., Run], yard: Yard, issuer: Issuer, repository: str
) -> None:
    host = yard.host("plain")

    run = push("--tags", f"{host}/{repository}:1,{host}/{repository}-too:1")

    assert run.status == 0, run.err
    assert issuer.scopes == [[f"repository:{repository}:pull,push", f"repository:{repository}-too:pull,push"]]


def test_a_promotion_reads_with_the_token_that_it_pushes_with(
    push: Callable[..., Run], yard: Yard, issuer: Issuer, repository: str
) -> None:
    host = yard.host("plain")
    assert push("--registry", host, "--image-name", repository, "--tags", "1").status == 0
    issuer.asked.clear()

    run = push(f"--candidate={host}/{repository}:1", "--tags", f"{host}/{repository}-two:1")

    assert run.status == 0, run.err
    assert issuer.scopes == [[f"repository:{repository}-two:pull,push", f"repository:{repository}:pull"]]


def test_a_source_that_is_denied_costs_a_second_token_and_no_more(
    yard: Yard, issuer: Issuer, repository: str
) -> None:
    issuer.denies = lambda scope: "theirs" in scope
    content = os.urandom(1000)
    with client(yard.host("plain"), LOGIN, trust=Trust()) as one, sliced(content) as place:
        there = one.repository(repository)
        assert there.upload(digest(content), place, lambda _: None, "theirs/app") == "uploaded"

    # the service granted less without a word, and the registry answered with an ordinary session
    assert issuer.scopes == [[f"repository:{repository}:pull,push", "repository:theirs/app:pull"]]


def test_tokens_that_end_during_a_push_are_renewed(
    push: Callable[..., Run], yard: Yard, issuer: Issuer, repository: str
) -> None:
    issuer.lifetime, issuer.said = lambda _: 2.0, 1
    with line(yard.host("plain"), delay=0.1) as far:
        run = push("--registry", far.host, "--image-name", repository, "--tags", "1,2")

    assert run.status == 0, run.err
    assert 2 <= len(issuer.asked) <= 8
    assert {tuple(scopes) for scopes in issuer.scopes} == {(f"repository:{repository}:pull,push",)}


def test_a_token_that_ends_between_a_session_and_its_body(
    yard: Yard, issuer: Issuer, repository: str
) -> None:
    # distribution counts in whole seconds
    ends = math.ceil(time.time() + 1)
    issuer.lifetime = lambda number: ends + 0.01 - time.time() if number == 1 else 300
    content = os.urandom(1_000_000)
    lines: list[str] = []

    def heard(text: str) -> None:
        lines.append(re.sub(r" .* ([0-9]{3}) [0-9]+ ms$", r" \1", text))
        if lines[-1] == "POST 202":
            time.sleep(max(0.0, ends - time.time() + 0.05))

    with (
        client(yard.host("plain"), LOGIN, trust=Trust(), heard=heard) as one,
        sliced(content) as place,
    ):
        there = one.repository(repository)
        assert there.upload(digest(content), place, lambda _: None) == "uploaded"
        assert there.blob_size(digest(content)) == len(content)

    assert lines[-6:] == ["POST 202", "PUT 401", "GET 200", "POST 202", "PUT 201", "HEAD 200"]
    assert len(issuer.asked) == 2


def test_a_wrong_password_is_asked_with_once(
    push: Callable[..., Run], yard: Yard, issuer: Issuer, repository: str
) -> None:
    run = push("--registry", yard.host("plain"), "--image-name", repository, password="swordfish")

    assert (run.status, run.destinations[0]["error"]["code"]) == (1, "login")
    assert len(issuer.asked) == 1
    assert "swordfish" not in run.everything()


def test_a_token_without_the_right_is_told_as_that(
    push: Callable[..., Run], yard: Yard, issuer: Issuer, repository: str
) -> None:
    issuer.denies = lambda _: True

    run = push("--registry", yard.host("plain"), "--image-name", repository)

    assert (run.status, run.destinations[0]["error"]["code"]) == (1, "denied")
    assert len(issuer.asked) == 1


def test_a_token_service_on_another_host_gets_the_password_over_tls(
    push: Callable[..., Run], yard: Yard, issuer: Issuer, repository: str
) -> None:
    run = push("--registry", yard.host("another host"), "--image-name", repository)

    assert run.status == 0, run.err
    assert issuer.scopes == [[f"repository:{repository}:pull,push"]]
    assert issuer.asked[0].login.startswith("Basic ")


# the registry → what its failure says
REFUSED = {
    "plain HTTP": "names a token service without TLS",
    "link-local": "link-local address",
    "redirected": "answered 307",
}


@pytest.mark.parametrize(("name", "said"), REFUSED.items(), ids=REFUSED)
def test_a_token_service_that_gets_no_password(
    push: Callable[..., Run], yard: Yard, issuer: Issuer, repository: str, name: str, said: str
) -> None:
    before = yard.connections

    run = push("--registry", yard.host(name), "--image-name", repository)

    error = run.destinations[0]["error"]
    assert (run.status, error["code"], error["retryable"]) == (1, "registry", False)
    assert said in error["message"]
    assert error["hint"]
    assert (yard.connections, issuer.asked) == (before, [])


def test_a_password_goes_by_plain_http_to_the_marked_host_alone(
    yard: Yard, issuer: Issuer, repository: str
) -> None:
    registry = yard.registries["plain HTTP elsewhere"]
    with (
        client(registry.address, LOGIN, trust=Trust(insecure="http")) as one,
        pytest.raises(RegistryError, match="it would be plain HTTP") as raised,
    ):
        one.repository(repository).digest("1")

    assert "insecure: http" in raised.value.problem.hint
    assert (yard.plain_elsewhere.heard, issuer.asked) == ([], [])


def test_a_registry_behind_a_proxy_names_no_private_token_service(
    push: Callable[..., Run], yard: Yard, repository: str
) -> None:
    before = yard.connections
    with forwarding({"reg.example.com:443": yard.host("private")}) as proxy:
        run = push("--registry", "reg.example.com", "--image-name", repository, HTTPS_PROXY=proxy.url)

    error = run.destinations[0]["error"]
    assert (run.status, error["code"]) == (1, "registry")
    assert "127.0.0.1 is a private address, and the registry is a public one" in error["message"]
    assert set(proxy.asked) == {"CONNECT reg.example.com:443"}
    assert yard.connections == before


def test_a_store_does_not_see_the_login(yard: Yard, repository: str) -> None:
    content = os.urandom(1000)
    yard.stored[digest(content)] = content
    with client(yard.host("store"), LOGIN, trust=Trust()) as one, sliced(content) as place:
        there = one.repository(repository)
        assert there.upload(digest(content), place, lambda _: None) == "uploaded"
        assert there.blob(digest(content)) == content

    assert [heard.path.split("/")[-2] for heard in yard.store.heard] == [digest(content)[7:]]
    assert not any("authorization" in heard.headers for heard in yard.store.heard)
    assert PASSWORD not in str(yard.store.heard)


STRANGE = {
    # a file of the checkout, and what the workflow names beside it
    "a step": (
        "push.yml",
        "candidate: oci:image\nregistry: '{host}'\nimage_name: acme/app\n",
        "--step=push.yml",
    ),
    "registries": (
        "regs.yml",
        "registries: {{ours: {{default: true, domain: '{host}'}}}}\n",
        "--registries=regs.yml",
    ),
}


@pytest.mark.parametrize("trusted", [False, True], ids=["refused", "trusted"])
@pytest.mark.parametrize("row", STRANGE)
def test_section_5_3_a_strange_checkout_leads_no_login_to_a_host_of_its_own(
    push: Callable[..., Run], pushstep: Pushstep, row: str, *, trusted: bool
) -> None:
    """The workflow's password is for where its own registry is; the pull request says that this is elsewhere."""
    name, text, option = STRANGE[row]
    with serving(lambda _: Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="it"'})) as stranger:
        (pushstep.folder / name).write_text(text.format(host=stranger.host))
        run = push(
            *(option, "--image-name=acme/app", *(["--trust-document"] if trusted else [])),
            GITHUB_ACTIONS="true",
            GITHUB_EVENT_NAME="pull_request_target",
            GITHUB_WORKSPACE=str(pushstep.folder),
        )

    assert ("trust-document" in run.err) is not trusted
    # that it listens well is seen where the file was let through
    assert [heard.login for heard in stranger.heard if heard.login][:1] == (
        ["Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()] if trusted else []
    )
    assert bool(stranger.heard) is trusted


def test_who_holds_a_candidate_does_not_get_the_login_of_its_destination(
    push: Callable[..., Run], yard: Yard, issuer: Issuer
) -> None:
    def wanting(heard: Heard) -> Reply:
        del heard
        return Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="give me that"'})

    with serving(wanting) as stranger:
        run = push(f"--candidate={stranger.host}/acme/app:1", "--registry", yard.host("plain"))

    assert run.status == 1
    assert stranger.heard
    assert [heard.login for heard in stranger.heard] == [""] * len(stranger.heard)
    assert issuer.asked == []
