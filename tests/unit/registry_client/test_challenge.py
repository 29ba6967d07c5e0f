"""The header `WWW-Authenticate`: what registries send, what they might, and what nobody should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.registry.client.challenge import Basic, Bearer, Challenge, challenges, preferred
from tests.support.foreign import foreign

HEADERS = {
    "nothing": ("", []),
    "a token service": (
        'Bearer realm="https://auth.example.com/token",service="registry.example.com"',
        [("bearer", {"realm": "https://auth.example.com/token", "service": "registry.example.com"})],
    ),
    "a scope with a comma and two of them": (
        'Bearer realm="https://a.example/t",scope="repository:a/b:pull,push repository:c:pull",error="invalid_token"',
        [
            (
                "bearer",
                {
                    "realm": "https://a.example/t",
                    "scope": "repository:a/b:pull,push repository:c:pull",
                    "error": "invalid_token",
                },
            )
        ],
    ),
    "capitals everywhere": ('BEARER Realm="X"', [("bearer", {"realm": "X"})]),
    "blanks around the sign": (
        'Basic realm = "x" , charset="UTF-8"',
        [("basic", {"realm": "x", "charset": "UTF-8"})],
    ),
    "no quotes": ("Basic realm=registry", [("basic", {"realm": "registry"})]),
    "no parameters": ("Basic", [("basic", {})]),
    "two in a header": (
        'Basic realm="a", Bearer realm="b",service="c"',
        [("basic", {"realm": "a"}), ("bearer", {"realm": "b", "service": "c"})],
    ),
    "two headers, joined, and a third without parameters": (
        'Bearer realm="b", Negotiate, Basic realm="a"',
        [("bearer", {"realm": "b"}), ("negotiate", {}), ("basic", {"realm": "a"})],
    ),
    "a scheme with credentials of its own": (
        'Negotiate oYG2MIGz==, Basic realm="a"',
        [("negotiate", {}), ("basic", {"realm": "a"})],
    ),
    "an escaped quote": (r'Basic realm="say \"a, b\" \\ c"', [("basic", {"realm": r'say "a, b" \ c'})]),
    "a quote that never ends": ('Bearer realm="https://a', [("bearer", {"realm": "https://a"})]),
    "the first of two": ('Basic realm="a",realm="b"', [("basic", {"realm": "a"})]),
    "commas without anything": (',, ,Basic realm="a",,', [("basic", {"realm": "a"})]),
    "a parameter of nobody": ('realm="a"', []),
}


@pytest.mark.parametrize(("header", "expected"), HEADERS.values(), ids=HEADERS)
def test_a_header_is_read(header: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert [(one.scheme, dict(one.parameters)) for one in challenges(header)] == expected


PREFERRED = {
    "nothing": ("", None),
    "nothing known": ("Negotiate", None),
    "the password": ('Basic realm="x"', Basic()),
    "the token": ('Bearer realm="x"', Bearer(realm="x")),
    "the token before the password": ('Bearer realm="x", Basic realm="y"', Bearer(realm="x")),
    "the token behind the password": ('Basic realm="y", bearer realm="x"', Bearer(realm="x")),
    "a token service without a place": ('Bearer service="x", Basic realm="y"', Basic()),
    "why a token was refused": (
        'Bearer realm="x",service="s",error="insufficient_scope"',
        Bearer(realm="x", service="s", error="insufficient_scope"),
    ),
}


@pytest.mark.parametrize(("header", "expected"), PREFERRED.values(), ids=PREFERRED)
def test_a_token_is_preferred_to_the_password(header: str, expected: Basic | Bearer | None) -> None:
    assert preferred(header) == expected


names = st.from_regex("[a-z][a-z0-9_-]{0,8}", fullmatch=True)
values = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
made = st.builds(
    lambda scheme, parameters: Challenge(scheme=scheme, parameters=parameters),
    names,
    st.dictionaries(names, values, min_size=1, max_size=3),
)


def written(one: Challenge) -> str:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'

    return f"{one.scheme} " + ", ".join(f"{name}={quoted(text)}" for name, text in one.parameters.items())


@given(st.lists(made, max_size=4))
def test_what_was_written_is_read(expected: list[Challenge]) -> None:
    assert list(challenges(", ".join(map(written, expected)))) == expected


@given(foreign | st.text('Bbasic= ,"\\er', max_size=40))
def test_any_text_is_some_header(text: str) -> None:
    for one in challenges(text):
        assert one.scheme
    preferred(text)
