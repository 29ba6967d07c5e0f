"""Connections through proxies: what these are asked, what they alone are told, and what it means when they fail."""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace

import pytest
import trustme

from pushstep.registry.client.failures import RegistryError
from pushstep.registry.client.network import Cancelled
from pushstep.registry.client.trust import Trust
from tests.support.forwarding import BASIC, PASSWORD, Forwarding, forwarding, wanting_login
from tests.support.registry_client import BOT, client, image_manifest, sliced
from tests.support.small_servers import HANG_UP, Heard, Reply, Server, Shelf, digest, serving, talking

HOST = "reg.example.com"


@contextmanager
def proxied(
    tls: ssl.SSLContext | None, *, login: bool = False, proxy_tls: ssl.SSLContext | None = None
) -> Iterator[tuple[Server, Forwarding]]:
    """A registry that only a proxy finds."""
    with serving(Shelf(), tls=tls) as server:
        where = {f"{HOST}:{443 if tls else 5000}": server.host, f"{HOST}:5000": server.host}
        with forwarding(where, login=login, tls=proxy_tls) as proxy:
            yield server, proxy


@pytest.mark.parametrize("over_tls", [False, True], ids=["HTTP", "TLS"])
def test_a_registry_with_tls_is_reached_through_a_tunnel(
    over_tls: bool, tls: ssl.SSLContext, trust: Trust
) -> None:
    content = os.urandom(3_000_000)
    with proxied(tls, login=True, proxy_tls=tls if over_tls else None) as (server, proxy):
        environ = {"HTTPS_PROXY": proxy.url_with_login}
        with client(HOST, BOT, trust=trust, environ=environ) as one, sliced(content) as place:
            there = one.repository()
            assert there.upload(digest(content), place, lambda _: None) == "uploaded"
            assert b"".join(there.blob_blocks(digest(content), len(content))) == content
            there.put("v1", image_manifest())

        assert set(proxy.asked) == {f"CONNECT {HOST}:443"}
        assert set(proxy.logins) == {BASIC}
        assert all(line.endswith(f"through the proxy {proxy.host}") for line in one.debugged)
        # the connection is kept, and nobody else is told the proxy's login
        assert len(proxy.asked) == 1
        assert len(server.heard) == 5
        assert not any("proxy-authorization" in heard.headers for heard in server.heard)
        assert {heard.headers["host"] for heard in server.heard} == {HOST}


@pytest.mark.parametrize("over_tls", [False, True], ids=["HTTP", "TLS"])
def test_a_registry_without_tls_is_asked_for_at_the_proxy(
    over_tls: bool, tls: ssl.SSLContext, trust: Trust
) -> None:
    content = os.urandom(300_000)
    with proxied(None, login=True, proxy_tls=tls if over_tls else None) as (server, proxy):
        environ = {"http_proxy": proxy.url_with_login}
        plain = replace(trust, insecure="http")
        with client(f"{HOST}:5000", BOT, trust=plain, environ=environ) as one, sliced(content) as place:
            there = one.repository()
            assert there.upload(digest(content), place, lambda _: None) == "uploaded"
            assert there.blob(digest(content)) == content

        assert proxy.asked[:2] == [
            f"GET http://{HOST}:5000/v2/",
            f"POST http://{HOST}:5000/v2/acme/app/blobs/uploads/",
        ]
        assert set(proxy.logins) == {BASIC}
        assert {heard.headers["host"] for heard in server.heard} == {f"{HOST}:5000"}
        assert not any("proxy-authorization" in heard.headers for heard in server.heard)


def test_many_threads_go_through(tls: ssl.SSLContext, trust: Trust) -> None:
    contents = [os.urandom(1000 + number) for number in range(24)]

    def send(content: bytes) -> str:
        with sliced(content) as place:
            return there.upload(digest(content), place, lambda _: None)

    with proxied(tls) as (_, proxy), ThreadPoolExecutor(12) as threads:
        with client(HOST, BOT, trust=trust, environ={"ALL_PROXY": proxy.url}) as one:
            there = one.repository()
            assert set(threads.map(send, contents)) == {"uploaded"}

        assert len(proxy.asked) <= 10


@pytest.mark.parametrize("port", ["", ":5000"], ids=["no port", "a port"])
def test_an_address_of_ipv6_is_asked_for_in_brackets(authority: trustme.CA, trust: Trust, port: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("2001:db8::7").configure_cert(context)
    with (
        serving(Shelf(), tls=context) as server,
        forwarding({f"[2001:db8::7]{port or ':443'}": server.host}) as proxy,
        client(f"[2001:db8::7]{port}", BOT, trust=trust, environ={"HTTPS_PROXY": proxy.url}) as one,
    ):
        assert one.repository().digest("v1") is None
        assert set(proxy.asked) == {f"CONNECT [2001:db8::7]{port or ':443'}"}
        assert {heard.headers["host"] for heard in server.heard} == {f"[2001:db8::7]{port}"}


def test_a_redirect_takes_no_login_of_a_proxy_along(tls: ssl.SSLContext, trust: Trust) -> None:
    content = b"{}"
    with ExitStack() as here:
        store = here.enter_context(serving(lambda _: Reply(body=content), tls=tls))
        away = Reply(status=307, headers={"Location": f"https://store.example.com:{store.port}/x"})
        server = here.enter_context(
            serving(lambda heard: away if "blobs" in heard.path else Reply(), tls=tls)
        )
        proxy = here.enter_context(forwarding({f"{HOST}:443": server.host}, login=True))
        environ = {"HTTPS_PROXY": proxy.url_with_login, "NO_PROXY": "store.example.com"}
        where = {"store.example.com": "93.184.216.34"}
        one = here.enter_context(client(HOST, BOT, trust=trust, environ=environ, addresses=where))

        assert one.repository().blob(digest(content)) == content
        assert set(proxy.asked) == {f"CONNECT {HOST}:443"}
        assert [{"authorization", "proxy-authorization"} & set(heard.headers) for heard in store.heard] == [
            set()
        ]


# where the registry leads to, by a realm → what the failure says
LED = {
    "metadata": ("https://169.254.169.254/token", "link-local"),
    "metadata as a number": ("https://2852039166/token", "link-local"),
    "metadata in IPv6": ("https://[fd00:ec2::254]/token", "metadata"),
    "a private address": ("https://10.0.0.1/token", "private"),
    "a private address as a number": ("https://0xa000001/token", "private"),
    "this machine": ("https://127.0.0.1:{port}/token", "private"),
    "this machine by name": ("https://localhost:{port}/token", "private"),
    "this machine, abbreviated": ("https://127.1:{port}/token", "private"),
}


@pytest.mark.parametrize(("realm", "said"), LED.values(), ids=LED)
def test_behind_a_proxy_addresses_are_judged_by_their_names(
    realm: str, said: str, tls: ssl.SSLContext, trust: Trust
) -> None:
    with serving(lambda _: Reply(), tls=tls) as other:
        challenge = {"WWW-Authenticate": f'Bearer realm="{realm.format(port=other.port)}"'}
        with (
            serving(lambda _: Reply(status=401, headers=challenge), tls=tls) as server,
            forwarding({f"{HOST}:443": server.host}) as proxy,
            client(HOST, BOT, trust=trust, environ={"HTTPS_PROXY": proxy.url}) as one,
            pytest.raises(RegistryError, match=f"nothing is sent: .*{said}") as raised,
        ):
            one.repository().digest("v1")

        assert proxy.asked == [f"CONNECT {HOST}:443"]
        assert other.heard == []
        assert not raised.value.problem.retryable


def test_a_registry_that_is_a_metadata_service_is_asked_for_nowhere(trust: Trust) -> None:
    with forwarding() as proxy:
        for host in ("169.254.169.254", "0xa9fea9fe"):
            with (
                client(f"{host}:443", BOT, trust=trust, environ={"HTTPS_PROXY": proxy.url}) as one,
                pytest.raises(RegistryError, match="link-local"),
            ):
                one.repository().digest("v1")
        assert proxy.asked == []


def test_plain_http_goes_through_no_proxy_unless_the_registry_is_marked(trust: Trust) -> None:
    challenge = {"WWW-Authenticate": 'Bearer realm="http://auth.example.com/token"'}
    with (
        serving(lambda _: Reply(status=401, headers=challenge)) as server,
        forwarding({f"{HOST}:80": server.host, HOST: server.host}) as proxy,
        client(HOST, BOT, trust=replace(trust, insecure="http"), environ={"HTTP_PROXY": proxy.url}) as one,
        pytest.raises(RegistryError, match="it would be plain HTTP, through a proxy"),
    ):
        one.repository().digest("v1")

    assert proxy.asked == [f"GET http://{HOST}/v2/"]


def test_what_is_on_this_machine_is_asked_for_directly(tls: ssl.SSLContext, trust: Trust) -> None:
    with forwarding() as proxy, serving(Shelf(), tls=tls) as server:
        for name in ("127.0.0.1", "localhost"):
            environ = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), proxy.url)
            with client(f"{name}:{server.port}", BOT, trust=trust, environ=environ) as one:
                assert one.repository().digest("v1") is None
        assert proxy.asked == []


def test_whatever_is_not_verified_the_proxy_is(tls: ssl.SSLContext) -> None:
    with proxied(tls, login=True, proxy_tls=tls) as (server, proxy):
        environ = {"HTTPS_PROXY": proxy.url_with_login}
        with (
            client(HOST, BOT, trust=Trust(insecure="skip-verify"), environ=environ) as one,
            pytest.raises(RegistryError, match=r"the certificate of the proxy .* is not good") as raised,
        ):
            one.repository().digest("v1")
        assert (raised.value.problem.code, raised.value.problem.retryable) == ("proxy", False)
        assert (proxy.asked, server.heard) == ([], [])


Way = Callable[[], AbstractContextManager[str]]
"""Something that a variable names."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def repeating(text: bytes) -> Iterator[str]:
    """Say the same to everybody."""

    def talk(one: socket.socket) -> None:
        one.recv(65536)
        one.sendall(text)

    with talking(talk) as host:
        yield f"http://{host}"


@contextmanager
def saying(reply: Reply, login: str = "", scheme: str = "http") -> Iterator[str]:
    """A proxy that says the same to everybody."""
    with forwarding(refuses=lambda _: reply) as proxy:
        yield f"{scheme}://{login}{proxy.host}"


DENIED = Reply(status=403, body=b"<html><title>Access denied by policy</title></html>")
# the proxy → what the failure says, what its hint says, whether it is tried again
FAILURES: dict[str, tuple[Way, str, str, bool]] = {
    "nobody listens": (
        lambda: nullcontext(f"http://127.0.0.1:{free_port()}"),
        "cannot be reached: .*refused",
        "Check HTTPS_PROXY",
        True,
    ),
    "nobody knows the name": (
        lambda: nullcontext("http://proxy.invalid:3128"),
        "the proxy proxy.invalid:3128 .* cannot be reached: the name proxy.invalid was not found",
        "NO_PROXY",
        True,
    ),
    "it wants a login": (
        lambda: saying(wanting_login()),
        "wants a login: CONNECT reg.example.com:443 answered 407 .*: Cache Access Denied",
        "http://USER:PASSWORD@127.0.0.1:",
        False,
    ),
    "it refuses the login": (
        lambda: saying(wanting_login(), "me:hunter2@"),
        "refused the login that HTTPS_PROXY holds",
        "percent-encoded",
        False,
    ),
    "it wants another kind of login": (
        lambda: saying(wanting_login("NTLM"), "me:hunter2@"),
        "wants a login of a kind that pushstep does not have, ntlm",
        "Only Basic",
        False,
    ),
    "it refuses": (
        lambda: saying(DENIED),
        "does not let reg.example.com:443 through: .* 403 Forbidden: Access denied by policy",
        "allow it",
        False,
    ),
    "it does not know the method": (
        lambda: saying(Reply(status=501)),
        "does not let reg.example.com:443 through: .* 501",
        "allow it",
        False,
    ),
    "it does not find the host": (
        lambda: saying(Reply(status=502)),
        "did not reach reg.example.com:443: .* 502 Bad Gateway",
        "host's name and port",
        True,
    ),
    "it has too much to do": (lambda: saying(Reply(status=503)), "did not reach .* 503", "NO_PROXY", True),
    "the host does not answer it": (
        lambda: saying(Reply(status=504)),
        "did not reach .* 504",
        "NO_PROXY",
        True,
    ),
    "it asks to slow down": (lambda: saying(Reply(status=429)), "did not reach .* 429", "NO_PROXY", True),
    "it hangs up": (lambda: saying(HANG_UP), "gave no answer in HTTP: ", "names a proxy for HTTP", True),
    "it is something else": (
        lambda: repeating(b"220 mail.example.com ESMTP\r\n"),
        "gave no answer in HTTP: .*220 mail",
        "names a proxy for HTTP",
        False,
    ),
    "it is no proxy of HTTP": (
        lambda: nullcontext("socks5://127.0.0.1:1080"),
        "HTTPS_PROXY names a proxy that is spoken to by socks5",
        "http://HOST:PORT",
        False,
    ),
    "it is none": (
        lambda: nullcontext("http://me:hunter2#@127.0.0.1:1"),
        "HTTPS_PROXY names no proxy",
        "percent-encoded",
        False,
    ),
    "it speaks no TLS": (
        lambda: saying(Reply(), scheme="https"),
        "no TLS connection to the proxy .* came about",
        "write http:// in HTTPS_PROXY",
        False,
    ),
}


@pytest.mark.parametrize(("way", "said", "advice", "again"), FAILURES.values(), ids=FAILURES)
def test_what_it_means_that_a_proxy_fails(
    way: Way, said: str, advice: str, again: bool, trust: Trust
) -> None:
    with (
        way() as url,
        client(HOST, BOT, trust=trust, environ={"HTTPS_PROXY": url}, patient=False) as one,
    ):
        there = one.repository()
        with pytest.raises(RegistryError, match=said) as raised:
            there.digest("v1")

        problem = raised.value.problem
        assert (problem.code, problem.retryable, raised.value.reached) == ("proxy", again, False)
        assert "HTTPS_PROXY" in problem.message
        assert advice in problem.hint
        assert "hunter2" not in f"{problem} {one.debugged}"
        # nothing was asked of the registry
        assert there.requests == 0


def test_a_proxy_is_asked_again_where_that_may_help(tls: ssl.SSLContext, trust: Trust) -> None:
    stumbles = iter([Reply(status=503), HANG_UP])
    with (
        serving(Shelf(), tls=tls) as server,
        forwarding({f"{HOST}:443": server.host}, refuses=lambda _: next(stumbles, None)) as proxy,
        client(HOST, BOT, trust=trust, environ={"HTTPS_PROXY": proxy.url}) as one,
    ):
        assert one.repository().digest("v1") is None
        assert one.clock.waits == [1, 2]


# what a proxy says where it is asked for plain HTTP → the code, what the failure says
FORWARDED: dict[str, tuple[Reply, str, str]] = {
    "it wants a login": (
        wanting_login(),
        "proxy",
        "wants a login: GET http://reg.example.com/v2/ answered 407",
    ),
    "it refuses": (DENIED, "denied", "GET http://reg.example.com/v2/ through the proxy {} answered 403"),
    "it does not find the host": (Reply(status=502), "unavailable", "through the proxy {} answered 502"),
    "it hangs up": (
        HANG_UP,
        "unreachable",
        "the connection to reg.example.com (through the proxy {}) was lost",
    ),
}


@pytest.mark.parametrize(("reply", "code", "said"), FORWARDED.values(), ids=FORWARDED)
def test_what_a_proxy_says_in_place_of_a_registry(reply: Reply, code: str, said: str) -> None:
    with (
        forwarding(refuses=lambda _: reply) as proxy,
        client(HOST, BOT, environ={"HTTP_PROXY": proxy.url}, patient=False) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().digest("v1")

    assert raised.value.problem.code == code
    assert said.format(proxy.host) in raised.value.problem.message


def test_a_certificate_that_is_not_trusted_may_be_the_proxys(tls: ssl.SSLContext) -> None:
    with (
        proxied(tls) as (server, proxy),
        client(HOST, BOT, trust=Trust(), environ={"HTTPS_PROXY": proxy.url}) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().digest("v1")

    said = f"the certificate of {HOST} (through the proxy {proxy.host}) comes from an authority"
    assert said in raised.value.problem.message
    assert server.heard == []


def test_a_wait_for_a_proxy_can_be_ended(trust: Trust) -> None:
    begun, over = threading.Event(), threading.Event()

    def silent(_: str) -> Reply:
        begun.set()
        over.wait(10)
        return HANG_UP

    with (
        forwarding(refuses=silent) as proxy,
        client(HOST, BOT, trust=trust, environ={"HTTPS_PROXY": proxy.url}, silence=30) as one,
        ThreadPoolExecutor(1) as threads,
    ):
        waiting = threads.submit(one.repository().digest, "v1")
        assert begun.wait(5)
        one.network.stop()
        with pytest.raises(Cancelled):
            waiting.result(5)
        over.set()


def test_proxies_of_a_token_service_and_a_registry_may_differ(tls: ssl.SSLContext, trust: Trust) -> None:
    issued: list[Heard] = []

    def issue(heard: Heard) -> Reply:
        issued.append(heard)
        return Reply(body=b'{"token": "t"}')

    with serving(issue, tls=tls) as issuer:
        shelf = Shelf()
        challenge = {"WWW-Authenticate": 'Bearer realm="https://auth.example.com/token"'}

        def answer(heard: Heard) -> Reply:
            return shelf(heard) if heard.login else Reply(status=401, headers=challenge)

        where = {HOST: "93.184.216.34"}
        with (
            serving(answer, tls=tls) as server,
            forwarding({"auth.example.com:443": issuer.host}) as proxy,
            client(
                f"{HOST}:{server.port}",
                BOT,
                trust=trust,
                addresses=where,
                environ={"HTTPS_PROXY": proxy.url, "NO_PROXY": HOST},
            ) as one,
        ):
            assert one.repository().digest("v1") is None
            assert proxy.asked == ["CONNECT auth.example.com:443"]
    assert len(issued) == 1
    assert PASSWORD not in str(issued)
