"""The readers the other tests rely on do see what a careless writer would let through."""

import pytest

from tests.support.formats import (
    Command,
    github_commands,
    github_file,
    gitlab_dotenv,
    gitlab_expands,
    gitlab_sections,
)

COMMANDS = {
    "::error::x": [Command(name="error", data="x")],
    "  \u2028::error::x": [Command(name="error", data="x")],
    "::ERROR title=a%3Ab,file=c::x%0Ay%250A": [
        Command(name="error", properties={"title": "a:b", "file": "c"}, data="x\ny%0A")
    ],
    "::error title=,=x,y::z": [Command(name="error", data="z")],
    "a\rb ##[error a=b;c=d%5D]x%3B": [Command(name="error", properties={"a": "b", "c": "d]"}, data="x;")],
    "a ::error::x": [],
    "::unknown::x": [],
    "::error": [],
    "##[unknown]": [],
    "##[error": [],
    "##\\[error]": [],
}


@pytest.mark.parametrize(("log", "expected"), COMMANDS.items())
def test_github_commands(log: str, expected: list[Command]) -> None:
    assert github_commands(log) == expected


FILES: dict[str, dict[str, str]] = {
    "": {},
    "a=b\n": {"a": "b"},
    "a=b<<c\n\nd=": {"a": "b<<c", "d": ""},
    "a<<X\nX\n": {"a": ""},
    "a<<X\n\nX\n": {"a": ""},
    "a<<X\nb\n\n=c\r\nX\nd=e\n": {"a": "b\n\n=c\r", "d": "e"},
}


@pytest.mark.parametrize(("text", "expected"), FILES.items())
def test_github_file(text: str, expected: dict[str, str]) -> None:
    assert github_file(text) == expected


@pytest.mark.parametrize("text", ["a\n", "a<<\nb\n", "<<X\nX\n", "a<<X\nb\n", "a=\udcff"])
def test_github_file_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        github_file(text)


def test_gitlab_dotenv() -> None:
    text = "A= b=c \nB=\nA='d'\n"

    assert gitlab_dotenv(text) == {"A": "'d'", "B": ""}
    assert gitlab_dotenv("") == {}


TOO_MANY = "".join(f"A{number}=1\n" for number in range(21))


@pytest.mark.parametrize("text", ["A=1\n\nB=2\n", "A\n", "A-B=1\n", "=1\n", "A=" + "x" * 5118, TOO_MANY])
def test_gitlab_dotenv_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        gitlab_dotenv(text)


@pytest.mark.parametrize("value", ["$A", "a${A}", "%A%", "$$", "%%"])
def test_gitlab_expands(value: str) -> None:
    assert gitlab_expands(value)
    assert not gitlab_expands("sha256:1,a/b:c-d_e.f@g")


def test_gitlab_sections() -> None:
    start, end = "x\x1b[0Ksection_start:1:a[collapsed=true]\r\x1b[0KTitle", "section_end:2:a\r\x1b[0K"
    log = f"{start}\n{end}\nsection_end:3:b\n"

    assert [(found.kind, found.time, found.title) for found in gitlab_sections(log)] == [
        ("start", 1, "Title"),
        ("end", 2, ""),
    ]
