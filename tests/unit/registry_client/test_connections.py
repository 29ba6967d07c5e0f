"""Connections: TLS and none, hosts that are not there, and an end to everything from outside."""

import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import trustme

from pushstep.errors import StepError
from pushstep.registry.client.failures import RegistryError
from pushstep.registry.client.network import Cancelled
from pushstep.registry.client.trust import Trust, unheeded
from tests.support.ipv6 import LOOPBACKS
from tests.support.registry_client import BOT, Client, client, sliced
from tests.support.small_servers import HANG_UP, Heard, Reply, Shelf, digest, serving, talking


def test_a_registry_here_is_asked_by_tls_first(tls: ssl.SSLContext, trust: Trust) -> None:
    with serving(Shelf(), tls=tls) as server, client(server.host, trust=trust) as one:
        repository = one.repository()
        assert repository.digest("v1") is None
        assert repository.requests == 2 == len(server.heard)

    assert all(line.split()[1].startswith("https://") for line in one.debugged)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_registry_here_that_knows_no_tls_is_asked_without(name: str) -> None:
    with serving(Shelf()) as server, client(f"{name}:{server.port}", BOT, trust=Trust()) as one:
        repository = one.repository()
        assert repository.digest("v1") is None
        # what was never sent is no request
        assert repository.requests == 2 == len(server.heard)


@pytest.mark.parametrize("address", LOOPBACKS)
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
def test_an_address_of_ipv6(
    encrypted: bool, address: str, tls: ssl.SSLContext, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up, content = socket.getaddrinfo, os.urandom(100_000)
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: look_up(address if host == "::1" else host, *rest, **more),
    )
    with (
        serving(Shelf(), tls=tls if encrypted else None, host=address) as server,
        client(f"[::1]:{server.port}", BOT, trust=trust) as one,
        sliced(content) as place,
    ):
        there = one.repository()
        assert there.upload(digest(content), place, lambda _: None) == "uploaded"
        assert there.blob(digest(content)) == content
        assert there.name == f"[::1]:{server.port}/acme/app"

    assert {heard.headers["host"] for heard in server.heard} == {f"[::1]:{server.port}"}


def greet(one: socket.socket) -> None:
    """Hang up on TLS, answer plain HTTP."""
    heard = one.recv(65536)
    if heard.startswith(b"GET"):
        one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    elif heard.startswith(b"HEAD"):
        one.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def test_a_registry_here_that_hangs_up_on_tls_is_asked_without() -> None:
    with talking(greet) as host, client(host, trust=Trust()) as one:
        assert one.repository().digest("v1") is None


def test_what_hangs_up_on_everybody_was_reached() -> None:
    with (
        talking(lambda _: None) as host,
        client(host, trust=Trust(), patient=False) as one,
        pytest.raises(RegistryError, match=r"the connection to .* was lost") as raised,
    ):
        one.repository().digest("v1")

    assert raised.value.reached
    assert raised.value.problem.retryable


def test_another_machine_is_not_asked_without_tls() -> None:
    where = {"reg.example.com": "93.184.216.34"}
    with (
        serving(Shelf()) as server,
        client(f"reg.example.com:{server.port}", BOT, addresses=where, trust=Trust()) as one,
        pytest.raises(RegistryError, match="speaks plain HTTP") as raised,
    ):
        one.repository().digest("v1")

    assert (raised.value.problem.code, raised.value.problem.retryable) == ("plain-http", False)
    assert "insecure: http" in raised.value.problem.hint
    assert server.heard == []


def test_another_machine_is_asked_without_tls_where_that_is_said() -> None:
    where = {"reg.example.com": "93.184.216.34"}
    with (
        serving(Shelf()) as server,
        client(f"reg.example.com:{server.port}", BOT, addresses=where) as one,
    ):
        assert one.repository().digest("v1") is None


def test_plain_http_here_leads_to_no_token_service_elsewhere() -> None:
    where = {"localhost": "127.0.0.1", "auth.example.com": "10.0.0.1"}
    with serving(lambda _: Reply(body=b'{"token": "a"}')) as other:
        realm = f'Bearer realm="http://auth.example.com:{other.port}/token"'
        with (
            serving(lambda _: Reply(status=401, headers={"WWW-Authenticate": realm})) as server,
            client(f"localhost:{server.port}", BOT, addresses=where, trust=Trust()) as one,
            pytest.raises(RegistryError, match="would be plain HTTP"),
        ):
            one.repository().digest("v1")

    assert other.heard == []


def served_with(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


PAST = datetime.now(UTC) - timedelta(days=1)
TLS = {
    "an authority that nobody trusts": (
        lambda _: trustme.CA().issue_cert("127.0.0.1"),
        "comes from an authority that is not trusted here",
    ),
    "another name": (lambda ours: ours.issue_cert("reg.example.com"), "is one of another"),
    "an old one": (lambda ours: ours.issue_cert("127.0.0.1", not_after=PAST), "has expired"),
    "a new one": (
        lambda ours: ours.issue_cert(
            "127.0.0.1", not_before=PAST + timedelta(days=2), not_after=PAST + timedelta(days=3)
        ),
        "is not valid yet",
    ),
}


@pytest.mark.parametrize(("issue", "said"), TLS.values(), ids=TLS)
def test_a_certificate_that_is_not_good(
    issue: Callable[[trustme.CA], trustme.LeafCert], said: str, authority: trustme.CA, trust: Trust
) -> None:
    context = served_with(issue(authority))
    with serving(Shelf(), tls=context) as server, client(server.host, BOT, trust=trust) as one:
        with pytest.raises(RegistryError, match=f"the certificate of {server.host} {said}") as raised:
            one.repository().digest("v1")
        assert one.repository().requests == 0

    assert (raised.value.problem.code, raised.value.problem.retryable) == ("tls", False)
    assert raised.value.reached
    assert server.heard == []
    assert one.clock.waits == []

    with (
        serving(Shelf(), tls=context) as server,
        client(server.host, BOT, trust=replace(trust, insecure="skip-verify")) as one,
    ):
        assert one.repository().digest("v1") is None


def test_versions_of_tls_that_have_nothing_in_common(authority: trustme.CA, trust: Trust) -> None:
    context = served_with(authority.issue_cert("127.0.0.1"))
    context.set_ciphers("NULL:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        serving(Shelf(), tls=context) as server,
        client(server.host, trust=trust) as one,
        pytest.raises(RegistryError, match="no TLS connection") as raised,
    ):
        one.repository().digest("v1")

    assert raised.value.problem.code == "tls"


def test_a_certificate_of_our_own(authority: trustme.CA, trust: Trust, tmp_path: Path) -> None:
    context = served_with(authority.issue_cert("127.0.0.1"))
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    mine = authority.issue_cert("bot@example.com")
    mine.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    mine.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    mine.private_key_pem.write_to_path(tmp_path / "key.pem")

    with serving(Shelf(), tls=context) as server:
        for cert, key in (("both.pem", ""), ("cert.pem", str(tmp_path / "key.pem"))):
            ours = replace(trust, client_cert=str(tmp_path / cert), client_key=key)
            with client(server.host, trust=ours) as one:
                assert one.repository().digest("v1") is None
        with client(server.host, trust=trust) as one, pytest.raises(RegistryError) as raised:
            one.repository().digest("v1")

    assert raised.value.problem.code == "tls"
    assert f"{server.host} wants a client certificate" in raised.value.problem.message
    assert "`client_cert`" in raised.value.problem.hint


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_certificate_of_our_own_that_is_not_taken(
    version: ssl.TLSVersion, authority: trustme.CA, trust: Trust, tmp_path: Path
) -> None:
    context = served_with(authority.issue_cert("127.0.0.1"))
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    strange = trustme.CA().issue_cert("bot@example.com")
    strange.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    with (
        serving(Shelf(), tls=context) as server,
        client(server.host, trust=replace(trust, client_cert=str(tmp_path / "both.pem"))) as one,
        pytest.raises(RegistryError, match="does not take the client certificate") as raised,
    ):
        one.repository().digest("v1")

    assert (raised.value.problem.code, raised.value.problem.retryable) == ("tls", False)
    assert server.heard == []


def test_an_authority_in_the_middle_is_one_as_docker_has_it(authority: trustme.CA, tmp_path: Path) -> None:
    between = authority.create_child_ca()
    between.cert_pem.write_to_path(tmp_path / "between.pem")
    context = served_with(between.issue_cert("127.0.0.1"))
    with (
        serving(Shelf(), tls=context) as server,
        client(server.host, trust=Trust(ca=str(tmp_path / "between.pem"))) as one,
    ):
        assert one.repository().digest("v1") is None


def test_the_machine_s_authorities_count(
    tls: ssl.SSLContext, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trust.ca)
    with serving(Shelf(), tls=tls) as server, client(server.host, trust=Trust()) as one:
        assert one.repository().digest("v1") is None


UNHEEDED = {
    "nothing": (Trust(), []),
    "an authority": (Trust(ca="/a.pem"), ["`ca`: .* /etc/docker/certs.d/reg.example:5000/ca.crt"]),
    "a certificate": (
        Trust(client_cert="/c.pem", client_key="/k.pem"),
        ["`client_cert`: .* /etc/docker/certs.d/reg.example:5000/client.cert and .*/client.key"],
    ),
    "plain HTTP": (Trust(insecure="http"), ["`insecure`: list reg.example:5000 under insecure-registries"]),
    "all": (
        Trust(ca="/a.pem", client_cert="/c.pem", insecure="skip-verify"),
        ["`ca`", "`client_cert`", "`insec"],
    ),
}


@pytest.mark.parametrize(("given", "said"), UNHEEDED.values(), ids=UNHEEDED)
def test_what_the_daemon_does_not_hear_of(given: Trust, said: list[str]) -> None:
    sentences = unheeded(given, "reg.example:5000")

    assert len(sentences) == len(said)
    assert all(re.search(pattern, one) for pattern, one in zip(said, sentences, strict=True))


def trust_in(field: str, file: str) -> Trust:
    return Trust(ca=file) if field == "ca" else Trust(client_cert=file)


@pytest.mark.parametrize("field", ["ca", "client_cert"])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_files_for_tls_that_are_none(field: str, content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    if content:
        file.write_text(content)
    with (
        client("127.0.0.1:1", trust=trust_in(field, str(file))) as one,
        pytest.raises(StepError, match="cannot be used for TLS") as raised,
    ):
        one.repository().digest("v1")

    assert raised.value.problem.code == "tls"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


NOWHERE = {
    "nobody listens": lambda: (f"127.0.0.1:{free_port()}", "refused"),
    "an unknown name": lambda: ("registry.invalid", "name registry.invalid was not found"),
    "a name that is none": lambda: (f"{'a' * 80}.invalid", "not found|no address"),
}


@pytest.mark.parametrize("place", NOWHERE.values(), ids=NOWHERE)
def test_a_host_that_is_not_there(place: Callable[[], tuple[str, str]]) -> None:
    host, said = place()
    with client(host, patient=False) as one:
        repository = one.repository()
        with pytest.raises(RegistryError, match=said) as raised:
            repository.digest("v1")
        assert repository.requests == 0

    assert (raised.value.reached, raised.value.problem.code) == (False, "unreachable")
    assert one.clock.waits == []


def test_docker_hub_answers_under_another_name() -> None:
    with (
        client("docker.io", addresses={}, patient=False, trust=Trust()) as one,
        pytest.raises(RegistryError, match=r"^registry-1\.docker\.io cannot be reached") as raised,
    ):
        one.repository().digest("v1")

    assert not raised.value.reached
    assert one.repository().name == "docker.io/acme/app"


def test_a_host_that_is_not_there_yet() -> None:
    port = free_port()
    with (
        client(f"127.0.0.1:{port}") as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().digest("v1")

    assert not raised.value.reached
    assert raised.value.problem.retryable
    assert one.clock.waits == [1, 2, 4, 8, 16]


def test_a_host_that_was_there_is_one_that_was_reached() -> None:
    going = Reply(headers={"Connection": "close"})
    with ExitStack() as here:
        with serving(lambda _: going) as server:
            one = here.enter_context(client(server.host))
            one.repository().blob_size(digest(b""))
        with pytest.raises(RegistryError, match="cannot be reached") as raised:
            one.repository().digest("v1")

    assert raised.value.reached
    assert one.clock.waits == [1, 2, 4, 8, 16]


def stopped(one: Client, begun: threading.Event, action: Callable[[], object]) -> float:
    """Stop the network once it has `begun`; returns how long `action` went on after that."""
    ended: list[float] = []
    raised: list[BaseException] = []

    def act() -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - it is looked at below
            raised.append(error)
        ended.append(time.monotonic())

    thread = threading.Thread(target=act)
    thread.start()
    assert begun.wait(5)
    threading.Event().wait(0.05)
    at = time.monotonic()
    one.network.stop()
    thread.join(5)
    assert [type(error) for error in raised] == [Cancelled]
    return ended[0] - at


def test_a_wait_for_an_answer_can_be_ended() -> None:
    begun, over = threading.Event(), threading.Event()

    def silent(heard: Heard) -> Reply:
        if heard.path != "/v2/":
            begun.set()
            over.wait(10)
        return HANG_UP if begun.is_set() else Reply()

    with serving(silent) as server, client(server.host, silence=30) as one:
        assert stopped(one, begun, lambda: one.repository().digest("v1")) < 3
        over.set()
        # and nothing begins after that
        with pytest.raises(Cancelled):
            one.repository().digest("v2")
    assert one.clock.waits == []


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
def test_a_body_that_nobody_takes_can_be_ended(encrypted: bool, tls: ssl.SSLContext, trust: Trust) -> None:
    begun, over = threading.Event(), threading.Event()
    content = bytes(32 << 20)

    def early(heard: Heard) -> Reply | None:
        if heard.method == "PUT":
            begun.set()
            over.wait(10)
            return HANG_UP
        return None

    with (
        serving(Shelf(), tls=tls if encrypted else None, early=early) as server,
        client(server.host, trust=trust, silence=30) as one,
        sliced(content) as place,
    ):
        upload = partial(one.repository().upload, digest(content), place, lambda _: None)
        assert stopped(one, begun, upload) < 3
        over.set()


def test_a_body_that_never_comes_can_be_ended() -> None:
    begun, over = threading.Event(), threading.Event()

    def stall(one: socket.socket) -> None:
        heard = one.recv(65536)
        if heard.startswith(b"GET /v2/ "):
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        elif heard.startswith(b"GET"):
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n1")
            begun.set()
            over.wait(10)

    with talking(stall) as host, client(host, silence=30) as one:
        assert stopped(one, begun, lambda: one.repository().blob(digest(b"{}"))) < 3
        over.set()


def test_a_handshake_that_never_ends_can_be_ended() -> None:
    begun, over = threading.Event(), threading.Event()

    def stall(one: socket.socket) -> None:
        one.recv(65536)
        begun.set()
        over.wait(10)

    with talking(stall) as host, client(host, trust=Trust()) as one:
        assert stopped(one, begun, lambda: one.repository().digest("v1")) < 3
        over.set()


def test_waiting_for_ones_turn_can_be_ended() -> None:
    begun, over = threading.Event(), threading.Event()

    def silent(heard: Heard) -> Reply:
        if heard.path == "/v2/":
            return Reply()
        begun.set()
        over.wait(10)
        return HANG_UP

    with serving(silent) as server, client(server.host, limit=1, silence=30) as one:
        repository = one.repository()
        repository.requests  # noqa: B018 - it is nothing yet
        threads = [
            threading.Thread(target=_quietly, args=(lambda: repository.digest("v1"),)) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        assert begun.wait(5)
        assert stopped(one, begun, lambda: repository.digest("v2")) < 3
        over.set()
        for thread in threads:
            thread.join(5)
            assert not thread.is_alive()


def _quietly(action: Callable[[], object]) -> None:
    with pytest.raises(Cancelled):
        action()


def test_a_wait_before_another_try_can_be_ended() -> None:
    begun = threading.Event()

    def busy(_: Heard) -> Reply:
        begun.set()
        return Reply(status=503, headers={"Retry-After": "50"})

    with serving(busy) as server, client(server.host) as one:
        # the real wait of the network, which `stop` ends
        one.network._pause = one.network._stopping.wait
        assert stopped(one, begun, lambda: one.repository().digest("v1")) < 3
