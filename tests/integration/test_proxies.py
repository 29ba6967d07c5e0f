"""Pushes from networks that only a proxy leads out of: real registries behind real ones, found and refused."""

import json
import os
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import docker
import pytest
from docker.models.images import Image

from tests.integration.test_refusals import ends_well
from tests.support.archives import image as made
from tests.support.archives import layout, manifest, written
from tests.support.certificates import certified
from tests.support.distribution import Distribution, distributions
from tests.support.forwarding import BASIC, forwarding, wanting_login
from tests.support.forwarding import PASSWORD as OF_THE_PROXY
from tests.support.issuer import ISSUER, SERVICE, Issuer
from tests.support.pushstep import Pushstep, Run
from tests.support.registries import PASSWORD, USER, listening
from tests.support.small_servers import Heard, Reply, Server, serving

HOST, TOKENS, STORE = "reg.example.com", "auth.example.com", "store.example.com"
NAMES = (HOST, TOKENS, STORE, "127.0.0.1")
AUTH = b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass
class Yard:
    """A registry, its token service and its store, each of which has a name that only a proxy finds."""

    registry: Distribution
    here: Distribution
    """One that asks for nothing, nor speaks TLS."""
    issuer: Issuer
    tokens: Server
    store: Server
    tls: ssl.SSLContext
    authority: Path
    stored: dict[str, bytes] = field(default_factory=dict)

    @property
    def hosts(self) -> dict[str, str]:
        """What a proxy knows."""
        places = {HOST: self.registry.host, TOKENS: self.tokens.host, STORE: self.store.host}
        return {f"{name}:443": host for name, host in places.items()}


@pytest.fixture(scope="module")
def yard(docker_client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("yard")
    folder.chmod(0o755)
    authority, tls = certified(folder, *NAMES)
    issuer, stored = Issuer(authority), dict[str, bytes]()

    def give(heard: Heard) -> Reply:
        # .../sha256/ab/<digest>/data
        return Reply(body=stored[f"sha256:{heard.path.split('/')[-2]}"])

    realm = {"realm": f"https://{TOKENS}/token", "service": SERVICE, "issuer": ISSUER}
    known = {
        "http": {"tls": {"certificate": "/files/tls.crt", "key": "/files/tls.key"}},
        "auth": {"token": {**realm, "rootcertbundle": "/files/ca.pem"}},
        "middleware": {"storage": [{"name": "redirect", "options": {"baseurl": f"https://{STORE}/"}}]},
    }
    with ExitStack() as here:
        tokens = here.enter_context(serving(issuer, tls=tls))
        store = here.enter_context(serving(give, tls=tls))
        found = here.enter_context(
            distributions(docker_client, os.environ["DEV_REGISTRY_IMAGE"], folder, {"one": known, "here": {}})
        )
        yield Yard(found["one"], found["here"], issuer, tokens, store, tls, folder / "ca.pem", stored)


@pytest.fixture
def push(pushstep: Pushstep, yard: Yard, repository: str) -> Callable[..., Run]:
    """A push of a small image by who knows the registry's password."""

    kept = manifest(made(1))
    yard.stored.update(kept.blobs)
    written(layout(("ci", kept)), pushstep.folder / "image")

    def run(registry: str = HOST, candidate: str = "oci:image", **environ: str) -> Run:
        run = pushstep(
            *("--candidate", candidate, "--registry", registry, "--image-name", repository, "--tag=1"),
            *("--username", USER, "--password-stdin", "--debug"),
            stdin=PASSWORD,
            environ={"SSL_CERT_FILE": str(yard.authority), **environ},
        )
        ends_well(run)
        assert OF_THE_PROXY not in run.everything()
        return run

    return run


@pytest.mark.parametrize("over_tls", [False, True], ids=["HTTP", "TLS"])
def test_registry_tokens_and_store_are_reached_through_a_proxy(
    push: Callable[..., Run], yard: Yard, repository: str, over_tls: bool
) -> None:
    yard.store.heard.clear()
    yard.tokens.heard.clear()
    with forwarding(yard.hosts, login=True, tls=yard.tls if over_tls else None) as proxy:
        first = push(https_proxy=proxy.url_with_login)
        # what is read of a candidate there comes from the store
        second = push(
            yard.here.host,
            f"{HOST}/{repository}:1",
            HTTPS_PROXY=proxy.url_with_login,
            DOCKER_AUTH_CONFIG=json.dumps({"auths": {HOST: {"auth": AUTH}}}),
        )

    assert (first.status, second.status) == (0, 0), first.err + second.err
    assert set(proxy.asked) == {f"CONNECT {name}:443" for name in (HOST, TOKENS, STORE)}
    assert set(proxy.logins) == {BASIC}
    assert f"through the proxy {proxy.host}" in second.log
    heard = [*yard.tokens.heard, *yard.store.heard]
    assert len(yard.store.heard) >= 1
    assert not any("proxy-authorization" in one.headers for one in heard)
    assert not any("authorization" in one.headers for one in yard.store.heard)


# what the proxy says → what the failure says, what its hint says, whether it is worth another try
FAILURES = {
    "it wants a login": (wanting_login(), "wants a login", "USER:PASSWORD@", False),
    "it refuses": (Reply(status=403), f"does not let {HOST}:443 through", "allow it", False),
    "it does not find the host": (Reply(status=502), f"did not reach {HOST}:443", "NO_PROXY", True),
}


@pytest.mark.parametrize(("reply", "said", "advice", "again"), FAILURES.values(), ids=FAILURES)
def test_a_proxy_that_does_not_lead_there(
    push: Callable[..., Run], yard: Yard, reply: Reply, said: str, advice: str, again: bool
) -> None:
    yard.tokens.heard.clear()
    waits = iter([reply] * 2)
    with forwarding(yard.hosts, refuses=lambda _: next(waits, reply if not again else None)) as proxy:
        run = push(HTTPS_PROXY=proxy.url)

    if again:
        assert run.status == 0, run.err
        assert f"the proxy {proxy.host} (HTTPS_PROXY) {said}" in run.log
        return
    error = run.destinations[0]["error"]
    assert (run.status, error["code"], error["retryable"]) == (1, "proxy", False), run.err
    assert f"the proxy {proxy.host} (HTTPS_PROXY) {said}" in error["message"]
    assert advice in error["hint"]
    assert yard.tokens.heard == []


def test_the_daemon_may_know_another_way_and_why_it_is_taken_is_told(
    push: Callable[..., Run], yard: Yard, image: Image
) -> None:
    with forwarding(refuses=lambda _: wanting_login()) as proxy:
        run = push(yard.registry.address, image.tags[0], HTTPS_PROXY=proxy.url)

    assert "so the Docker daemon pushes there (the proxy" in run.log
    assert "wants a login" in run.log
    # it does not trust the registry
    assert (run.status, run.destinations[0]["error"]["code"]) == (1, "tls")


def test_what_no_proxy_lists_is_asked_directly(push: Callable[..., Run], yard: Yard) -> None:
    network = ".".join([*yard.registry.address.split(".")[:2], "0.0/16"])
    with forwarding(yard.hosts) as proxy:
        run = push(yard.registry.address, HTTPS_PROXY=proxy.url, NO_PROXY=f"example.org, {network}")

    # its certificate is one for other names, which it must have been asked for
    assert run.destinations[0]["error"]["code"] == "tls"
    assert proxy.asked == []


def test_what_is_on_this_machine_is_asked_directly(push: Callable[..., Run], yard: Yard) -> None:
    with listening() as proxy:
        named = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), f"http://{proxy.host}")
        run = push(yard.here.host, **named)

    assert run.status == 0, run.err
    assert proxy.connections == 0
