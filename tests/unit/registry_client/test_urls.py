"""Addresses that registries name: where they lead, what is put behind them, what is shown of them."""

import pytest
from hypothesis import given

from pushstep.registry.client.urls import AddressError, origin, resolved, shown, with_query
from tests.support.foreign import foreign

BASE = "https://reg.example.com/v2/acme/app/blobs/uploads/"

LOCATIONS = {
    "a path": ("/v2/x?_state=a%3D", "https://reg.example.com/v2/x?_state=a%3D"),
    "beside": ("17?a=b", f"{BASE}17?a=b"),
    "absolute, the same host": ("https://reg.example.com/up/1", "https://reg.example.com/up/1"),
    "another host": ("https://store.example.net/b?sig=1", "https://store.example.net/b?sig=1"),
    "the same scheme": ("//store.example.net/b", "https://store.example.net/b"),
    "a registry behind a proxy that does not know of TLS": (
        "http://reg.example.com/v2/x?y=1",
        "https://reg.example.com/v2/x?y=1",
    ),
}


@pytest.mark.parametrize(("location", "expected"), LOCATIONS.values(), ids=LOCATIONS)
def test_a_location_leads(location: str, expected: str) -> None:
    assert resolved(BASE, location) == expected


NOWHERE = [
    "http://store.example.net/b",
    "http://reg.example.com:80/v2/x",
    "ftp://reg.example.com/x",
    "file:///etc/passwd",
    "https://:5000/x",
    "https://user:password@reg.example.com/x",
    "https://reg.example.com:port/x",
    "https://[::1/x",
    "https://[::1/x?X-Amz-Signature=password",
    " HTTPS://user:password@[::1/x",
    "//user:password@store\u2100.example.net/x",
]


@pytest.mark.parametrize("location", NOWHERE)
def test_some_locations_lead_nowhere(location: str) -> None:
    with pytest.raises(AddressError) as raised:
        resolved(BASE, location)
    assert "password" not in str(raised.value).replace("/etc/passwd", "")


def test_what_was_asked_without_tls_may_lead_anywhere() -> None:
    assert resolved("http://localhost:5000/v2/", "http://other/x") == "http://other/x"
    assert resolved("http://localhost:5000/v2/", "https://other/x") == "https://other/x"


ORIGINS = {
    "https://Reg.example.com/v2/": ("https", "reg.example.com", 443),
    "https://reg.example.com:443": ("https", "reg.example.com", 443),
    "http://reg.example.com": ("http", "reg.example.com", 80),
    "http://[::1]:5000/x": ("http", "::1", 5000),
}


@pytest.mark.parametrize(("url", "expected"), ORIGINS.items(), ids=ORIGINS)
def test_the_origin_of_an_address(url: str, expected: tuple[str, str, int]) -> None:
    assert origin(url) == expected


QUERIES = {
    "none before": ("https://r/x", "https://r/x?digest=sha256%3Aab&from=a%2Fb"),
    "one before": (
        "https://r/x?_state=a%2Bb%3D",
        "https://r/x?_state=a%2Bb%3D&digest=sha256%3Aab&from=a%2Fb",
    ),
    "an empty one": ("https://r/x?", "https://r/x?digest=sha256%3Aab&from=a%2Fb"),
    "a fragment": ("https://r/x#y", "https://r/x?digest=sha256%3Aab&from=a%2Fb"),
}


@pytest.mark.parametrize(("url", "expected"), QUERIES.values(), ids=QUERIES)
def test_a_query_keeps_what_is_in_it(url: str, expected: str) -> None:
    assert with_query(url, [("digest", "sha256:ab"), ("account", ""), ("from", "a/b")]) == expected


def test_nothing_more_is_nothing_more() -> None:
    assert with_query("https://r/x?y", [("account", "")]) == "https://r/x?y"


SHOWN = {
    "https://r/v2/?scope=repository:a:pull&service=r": "https://r/v2/?scope=repository:a:pull&service=r",
    "https://r/up/1?_state=secret&digest=sha256%3Aab": "https://r/up/1?_state=...&digest=sha256:ab",
    "https://r/b?X-Amz-Signature=secret": "https://r/b?X-Amz-Signature=...",
    "https://bot:secret@r/b": "https://r/b",
    "HTTPS://bot:secret@r/b": "HTTPS://r/b",
    "//bot:secret@r/b": "//r/b",
    "https:bot:secret@r/b": "https:r/b",
    "/v2/a@secret": "/v2/a@secret",
}


@pytest.mark.parametrize(("url", "expected"), SHOWN.items(), ids=SHOWN)
def test_an_address_is_shown_without_secrets(url: str, expected: str) -> None:
    assert shown(url) == expected


@given(foreign)
def test_any_text_leads_somewhere_or_nowhere(text: str) -> None:
    shown(text)
    try:
        url = resolved(BASE, text)
    except AddressError:
        return
    assert origin(url)[0] == "https"
