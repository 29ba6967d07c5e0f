"""Which proxy leads to a host, read from the variables that all tools know."""

from base64 import b64decode
from typing import Literal
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.registry.client.addresses import literal
from pushstep.registry.client.proxies import Proxies, Proxy, ProxyError, passwords


def between(environ: dict[str, str], url: str) -> Proxy | None:
    parts = urlsplit(url)
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    default = {"http": 80, "https": 443}[scheme]
    return Proxies(environ).between(scheme, parts.hostname or "", parts.port or default)


# environment, URL → the proxy's address and the variable that names it
NAMED = {
    "nothing": ({}, "https://reg.example.com", None),
    "to TLS": ({"HTTPS_PROXY": "http://p:3128"}, "https://reg.example.com", ("p:3128", "HTTPS_PROXY")),
    "to TLS alone": ({"HTTPS_PROXY": "http://p:3128"}, "http://reg.example.com", None),
    "to plain HTTP": ({"HTTP_PROXY": "http://p:3128"}, "http://reg.example.com", ("p:3128", "HTTP_PROXY")),
    "to plain HTTP alone": ({"HTTP_PROXY": "http://p:3128"}, "https://reg.example.com", None),
    "to all": ({"ALL_PROXY": "http://p:3128"}, "https://reg.example.com", ("p:3128", "ALL_PROXY")),
    "small letters win": (
        {"HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:2"},
        "https://reg.example.com",
        ("lower:2", "https_proxy"),
    ),
    "what is empty is not there": (
        {"HTTPS_PROXY": "http://upper:1", "https_proxy": " "},
        "https://reg.example.com",
        ("upper:1", "HTTPS_PROXY"),
    ),
    "one of the scheme before one for all": (
        {"all_proxy": "http://all:1", "HTTPS_PROXY": "http://tls:2"},
        "https://reg.example.com",
        ("tls:2", "HTTPS_PROXY"),
    ),
    "without a scheme": ({"HTTPS_PROXY": "p:3128"}, "https://reg.example.com", ("p:3128", "HTTPS_PROXY")),
    "without a port": ({"HTTPS_PROXY": "http://p/"}, "https://reg.example.com", ("p:80", "HTTPS_PROXY")),
    "over TLS": ({"HTTPS_PROXY": "https://p"}, "https://reg.example.com", ("p:443", "HTTPS_PROXY")),
    "of IPv6": ({"HTTPS_PROXY": "http://[::1]:1"}, "https://reg.example.com", ("[::1]:1", "HTTPS_PROXY")),
    "with a login": ({"https_proxy": "http://a:b@p:1"}, "https://reg.example.com", ("p:1", "https_proxy")),
}


@pytest.mark.parametrize(("environ", "url", "expected"), NAMED.values(), ids=NAMED)
def test_the_proxy_that_is_named(environ: dict[str, str], url: str, expected: tuple[str, str] | None) -> None:
    found = between(environ, url)

    assert (found and (found.address, found.variable)) == expected
    assert found is None or found.name == f"the proxy {found.address} ({found.variable})"


# NO_PROXY, URL → whether it is asked without a proxy
EXCEPTED = {
    "another host": ("other.example.com", "https://reg.example.com", False),
    "the host": ("reg.example.com", "https://reg.example.com", True),
    "the host in other letters": ("REG.Example.com", "https://reg.example.com", True),
    "the host with a dot at its end": ("reg.example.com", "https://reg.example.com.", True),
    "a domain": ("example.com", "https://reg.example.com", True),
    "a domain with a dot": (".example.com", "https://reg.example.com", True),
    "a domain with a star": ("*.example.com", "https://reg.example.com", True),
    "a domain with a dot, itself": (".example.com", "https://example.com", True),
    "the end of another name": ("example.com", "https://badexample.com", False),
    "a part in the middle": ("example", "https://reg.example.com", False),
    "all": ("*", "https://reg.example.com", True),
    "all of several": ("a.example, *", "https://reg.example.com", True),
    "with a comma": ("a.example,reg.example.com", "https://reg.example.com", True),
    "with blanks": ("a.example  reg.example.com", "https://reg.example.com", True),
    "with commas too many": (",,reg.example.com,", "https://reg.example.com", True),
    "the port": ("reg.example.com:5000", "https://reg.example.com:5000", True),
    "another port": ("reg.example.com:5000", "https://reg.example.com", False),
    "the port that goes without saying": ("reg.example.com:443", "https://reg.example.com", True),
    "a domain's port": (".example.com:5000", "https://reg.example.com:5000", True),
    "a domain's other port": (".example.com:5000", "https://reg.example.com:5001", False),
    "an address": ("192.0.2.7", "https://192.0.2.7", True),
    "an address's port": ("192.0.2.7:5000", "https://192.0.2.7:5000", True),
    "another address": ("192.0.2.7", "https://192.0.2.70", False),
    "the end of an address": ("2.7", "https://192.0.2.7", False),
    "a network": ("192.0.2.0/24", "https://192.0.2.7:5000", True),
    "a network, by one of its addresses": ("192.0.2.9/24", "https://192.0.2.7", True),
    "another network": ("192.0.2.0/28", "https://192.0.2.77", False),
    "a network and a name": ("192.0.2.0/24", "https://reg.example.com", False),
    "a network that is none": ("192.0.2.0/99", "https://192.0.2.7", False),
    "an address of IPv6": ("2001:db8::7", "https://[2001:db8::7]", True),
    "another spelling of it": ("2001:db8:0::7", "https://[2001:db8::7]", True),
    "it with brackets": ("[2001:db8::7]", "https://[2001:db8::7]:5000", True),
    "its port": ("[2001:db8::7]:5000", "https://[2001:db8::7]:5000", True),
    "its other port": ("[2001:db8::7]:5000", "https://[2001:db8::7]", False),
    "a network of IPv6": ("2001:db8::/32", "https://[2001:db8::7]", True),
    "a network of the other kind": ("::/0", "https://192.0.2.7", False),
    "nothing that makes sense": ("a:b:c", "https://reg.example.com", False),
    "a port alone": (":443", "https://reg.example.com", False),
    "a dot alone": (".", "https://reg.example.com", False),
    "localhost": ("", "https://localhost:5000", True),
    "below localhost": ("", "https://reg.localhost", True),
    "this machine": ("", "https://127.0.0.2:5000", True),
    "this machine, abbreviated": ("", "https://127.1", True),
    "this machine as a number": ("", "https://2130706433", True),
    "this machine in IPv6": ("", "https://[::1]:5000", True),
    "every address of this machine": ("", "https://0.0.0.0:5000", True),
    "a name like localhost": ("", "https://notlocalhost", False),
}


@pytest.mark.parametrize(("text", "url", "excepted"), EXCEPTED.values(), ids=EXCEPTED)
def test_what_is_asked_without_a_proxy(text: str, url: str, excepted: bool) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        environ = {"HTTPS_PROXY": "http://p:3128", name: text}
        assert (between(environ, url) is None) is excepted


def test_small_letters_win_for_exceptions_too() -> None:
    environ = {"ALL_PROXY": "http://p:1", "no_proxy": "a.example", "NO_PROXY": "b.example"}

    assert between(environ, "https://a.example") is None
    assert between(environ, "https://b.example")


# a variable's value → what the error says
NONE = {
    "another kind": ("socks5://p:1080", "spoken to by socks5"),
    "no host": ("http://", "names no proxy"),
    "a port that is none": ("http://p:port", "names no proxy"),
    "a port beyond all": ("http://p:99999", "names no proxy"),
    "port 0": ("http://p:0", "names no proxy"),
    "brackets": ("http://[p:1", "names no proxy"),
    "a password that ends the host": ("http://bot:12/34@p:1", "names no proxy"),
    "another one": ("http://bot:12#34@p:1", "names no proxy"),
    "a third one": ("http://bot:12?34@p:1", "names no proxy"),
}


@pytest.mark.parametrize(("text", "said"), NONE.values(), ids=NONE)
def test_a_variable_that_names_no_proxy(text: str, said: str) -> None:
    with pytest.raises(ProxyError, match=f"^HTTPS_PROXY .*{said}") as raised:
        between({"HTTPS_PROXY": text}, "https://reg.example.com")

    assert "http://HOST:PORT" in raised.value.hint
    assert not raised.value.retryable
    # what may be a password is not shown
    assert "12" not in f"{raised.value} {raised.value.hint}"
    # and where it is not needed it is nobody's mistake
    assert between({"HTTPS_PROXY": text}, "https://localhost") is None


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_login_is_read_as_it_was_meant(user: str, password: str) -> None:
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    found = between({"HTTPS_PROXY": f"http://{login}@p:1"}, "https://reg.example.com")

    assert found
    assert b64decode(found.authorization.removeprefix("Basic ")).decode() == f"{user}:{password}"
    assert found.authorization not in repr(found)


# variables → what must not be shown
SECRETS = {
    "none": ({"HTTPS_PROXY": "http://p:1"}, []),
    "a name alone": ({"HTTPS_PROXY": "http://me@p:1"}, []),
    "as it is": ({"HTTPS_PROXY": "http://me:hunter2@p:1"}, ["hunter2"]),
    "encoded": ({"https_proxy": "http://me:hunter%402@p:1"}, ["hunter%402", "hunter@2"]),
    "not encoded": ({"https_proxy": "http://me:hunter@2@p:1"}, ["hunter@2"]),
    "without a scheme": ({"ALL_PROXY": "me:hunter2@p:1"}, ["hunter2"]),
    "of another kind": ({"ALL_PROXY": "socks5://me:hunter2@p:1"}, ["hunter2"]),
    "several": ({"HTTP_PROXY": "http://a:one1@p", "HTTPS_PROXY": "http://a:two2@p"}, ["one1", "two2"]),
}


@pytest.mark.parametrize(("environ", "expected"), SECRETS.values(), ids=SECRETS)
def test_passwords_of_proxies(environ: dict[str, str], expected: list[str]) -> None:
    assert list(passwords(environ)) == expected


# a host → the address that resolvers take it for
LITERALS = {
    "a name": ("reg.example.com", None),
    "a name with digits": ("1password.example", None),
    "four numbers": ("169.254.169.254", "169.254.169.254"),
    "a dot at the end": ("169.254.169.254.", "169.254.169.254"),
    "one number": ("2852039166", "169.254.169.254"),
    "hexadecimal": ("0xA9FEA9FE", "169.254.169.254"),
    "hexadecimal with noughts": ("0x" + "0" * 5000 + "a9fea9fe", "169.254.169.254"),
    "octal": ("0251.0376.0251.0376", "169.254.169.254"),
    "two numbers": ("169.16689662", "169.254.169.254"),
    "three numbers": ("169.254.43518", "169.254.169.254"),
    "mixed": ("0xa9.0376.43518", "169.254.169.254"),
    "nought": ("0", "0.0.0.0"),  # noqa: S104 - nobody listens there
    "nothing behind 0x": ("0x.0.0.0", "0.0.0.0"),  # noqa: S104 - likewise
    "five numbers": ("1.2.3.4.5", None),
    "a byte too large": ("256.1.1", None),
    "a rest too large": ("1.2.65536", None),
    "a number too large": ("4294967296", None),
    "no octal": ("08.1", None),
    "IPv6": ("fe80::1", "fe80::1"),
    "IPv6 in brackets": ("[fe80::1]", "fe80::1"),
    "IPv4 in IPv6": ("::ffff:127.0.0.1", "127.0.0.1"),
    "nothing": ("", None),
    "a name and a number": ("a.1", None),
    "a number and a name": ("1.a", None),
}


@pytest.mark.parametrize(("host", "expected"), LITERALS.values(), ids=LITERALS)
def test_hosts_that_are_addresses(host: str, expected: str | None) -> None:
    found = literal(host)

    assert (found and str(found)) == expected
