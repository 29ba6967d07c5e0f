"""The log: what is said when, and that no line holds a secret or acts on the CI that reads it (interface 4)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.ci.github import GitHub
from pushstep.ci.gitlab import GitLab
from pushstep.ci.plain import Plain
from pushstep.ci.protocol import CI, Context
from pushstep.errors import Problem
from pushstep.log import Detail, Log
from pushstep.redact import Redactor
from tests.support.foreign import foreign
from tests.support.formats import Command, github_commands, gitlab_sections

GITHUB = GitHub(context=Context(ci="github"), output_path="", summary_path="")
GITLAB = GitLab(context=Context(ci="gitlab"), folder="", project_url="", started=1)
PLAIN = Plain(context=Context(ci="plain"))
EVERYWHERE: dict[str, CI] = {"github": GITHUB, "gitlab": GITLAB, "plain": PLAIN}

DENIED = Problem(code="denied", message="ghcr.io denies the push", hint="Ask for the right.")
SECRET = "hunter2hunter2"


class Written:
    """A log and what it wrote."""

    def __init__(self, ci: CI, detail: Detail = "full") -> None:
        self.texts: list[str] = []
        self.log = Log(self.texts.append, redactor=Redactor(), ci=ci, detail=detail)

    @property
    def lines(self) -> list[str]:
        """Every text that was written is whole lines."""
        text = "".join(self.texts)
        assert text == "" or text.endswith("\n")
        return text.removesuffix("\n").split("\n") if text else []


def everything(written: Written, text: str = "x") -> None:
    """Say `text` in all ways."""
    log = written.log
    log.mask(SECRET, username="bot")
    log.say(text)
    log.notice(text)
    log.debug(text)
    log.caution(text)
    log.problems([Problem(code="denied", message=text, hint=text)])
    with log.section("push", text):
        log.say(text)


# --- what is said when ---------------------------------------------------------------------------------

# CI, detail → lines
SAID: dict[str, tuple[CI, Detail, list[str]]] = {
    "plain": (
        PLAIN,
        "full",
        ["x", "notice: x", "warning: x", "error [denied]: x What to do: x", "x", "x"],
    ),
    "plain, debug": (
        PLAIN,
        "debug",
        ["x", "notice: x", "debug: x", "warning: x", "error [denied]: x What to do: x", "x", "x"],
    ),
    "plain, brief": (PLAIN, "brief", ["notice: x", "warning: x", "error [denied]: x What to do: x"]),
    "plain, quiet": (PLAIN, "quiet", ["warning: x", "error [denied]: x What to do: x"]),
    "GitLab": (
        GITLAB,
        "full",
        [
            "x",
            "notice: x",
            "warning: x",
            "error [denied]: x What to do: x",
            "\x1b[0Ksection_start:1:push_0[collapsed=true]\r\x1b[0Kx",
            "x",
            "\x1b[0Ksection_end:1:push_0\r\x1b[0K",
        ],
    ),
    "GitLab, quiet": (GITLAB, "quiet", ["warning: x", "error [denied]: x What to do: x"]),
    "GitHub": (
        GITHUB,
        "full",
        [
            f"::add-mask::{SECRET}",
            "x",
            "notice: x",
            "::warning title=pushstep warning::x",
            "::error title=pushstep error [denied]::x What to do: x",
            "::group::x",
            "x",
            "::endgroup::",
        ],
    ),
    "GitHub, quiet": (
        GITHUB,
        "quiet",
        [
            f"::add-mask::{SECRET}",
            "::warning title=pushstep warning::x",
            "::error title=pushstep error [denied]::x What to do: x",
        ],
    ),
}


@pytest.mark.parametrize(("ci", "detail", "expected"), SAID.values(), ids=SAID)
def test_what_is_said_when(ci: CI, detail: Detail, expected: list[str]) -> None:
    written = Written(ci, detail)

    everything(written)

    assert written.lines == expected


def test_a_problem_without_a_hint() -> None:
    written = Written(PLAIN)

    written.log.problems([Problem(code="denied", message="no")])

    assert written.lines == ["error [denied]: no"]


SEVERAL = [DENIED, Problem(code="login", message="quay.io refused the login"), DENIED]


def test_several_problems_are_one_annotation() -> None:
    """GitHub shows ten of a step, and other tools want some of them."""
    written = Written(GITHUB)

    written.log.problems(SEVERAL)

    (annotation,) = github_commands("\n".join(written.lines))
    assert annotation == Command(
        name="error",
        properties={"title": "pushstep 2 errors"},
        data="error [denied]: ghcr.io denies the push What to do: Ask for the right.\n"
        "error [login]: quay.io refused the login",
    )


@pytest.mark.parametrize("ci", [GITLAB, PLAIN], ids=["gitlab", "plain"])
def test_several_problems_are_a_line_each(ci: CI) -> None:
    written = Written(ci)

    written.log.problems(SEVERAL)
    written.log.problems([])

    assert written.lines == [
        "error [denied]: ghcr.io denies the push What to do: Ask for the right.",
        "error [login]: quay.io refused the login",
    ]


@pytest.mark.parametrize("ci", EVERYWHERE.values(), ids=EVERYWHERE)
def test_a_problem_with_a_picture(ci: CI) -> None:
    written = Written(ci)
    written.log.mask(SECRET)

    picture = (f"::error::{SECRET} = '\n'", "      ^")
    written.log.problems([Problem(code="condition", message="no", picture=picture)])

    assert written.lines[-2:] == ["| ::error::*** = '\\n'", "|       ^"]


@pytest.mark.parametrize("ci", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_a_section_is_closed_however_it_ends(ci: CI) -> None:
    written = Written(ci)

    with pytest.raises(KeyError), written.log.section("push", "x"):
        raise KeyError

    assert written.lines == [line for line in ci.section("push_0", "x") if line]


# --- secrets -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ci", EVERYWHERE.values(), ids=EVERYWHERE)
def test_section_4_no_line_holds_a_secret_but_the_mask(ci: CI) -> None:
    written = Written(ci, "debug")

    everything(written, f"a {SECRET} b {SECRET}")

    commands = github_commands("\n".join(written.lines))
    masks = [command.data for command in commands if command.name == "add-mask"]
    assert masks == ([SECRET] if ci is GITHUB else [])
    assert not any(SECRET in line for line in written.lines if "::add-mask::" not in line)
    assert any("a *** b ***" in line for line in written.lines)


@pytest.mark.parametrize("ci", EVERYWHERE.values(), ids=EVERYWHERE)
def test_section_4_a_short_secret_is_hidden_though_no_runner_masks_it(ci: CI) -> None:
    written = Written(ci)

    written.log.mask("four")
    written.log.say("four of them")

    assert written.lines == ["*** of them"]


def test_section_4_a_long_text_is_cut_after_its_secrets_are_gone() -> None:
    written = Written(PLAIN)
    written.log.mask(SECRET)

    written.log.say(f"{'x' * 1990}{SECRET}{'y' * 100}")

    (line,) = written.lines
    assert line == f"{'x' * 1990}***{'y' * 7}... (2093 characters)"


@given(
    secret=st.text(min_size=4).filter(lambda secret: "*" not in secret),
    before=st.text(),
    after=st.text(),
    where=st.sampled_from(sorted(EVERYWHERE)),
)
def test_section_4_no_secret_of_any_text_is_logged(secret: str, before: str, after: str, where: str) -> None:
    written = Written(EVERYWHERE[where], "debug")
    written.log.mask(secret)
    written.texts.clear()

    written.log.say(f"{before}{secret}{after}")

    assert "***" in written.texts[0]
    assert secret not in written.texts[0] or secret in repr(f"***{before}{after}") or len(secret.strip()) < 4


# --- foreign text --------------------------------------------------------------------------------------


def is_command(line: str) -> bool:
    """The runner's own rule."""
    return line.lstrip().startswith("::") or "##[" in line


@pytest.mark.parametrize("ci", EVERYWHERE.values(), ids=EVERYWHERE)
@given(text=foreign.filter(str.strip))
def test_section_4_no_text_begins_a_line_of_its_own_or_a_command(ci: CI, text: str) -> None:
    plain, written = Written(ci, "debug"), Written(ci, "debug")
    everything(plain)
    everything(written, text)

    assert len(written.lines) == len(plain.lines)
    assert [is_command(line) for line in written.lines] == [is_command(line) for line in plain.lines]
    log = "\n".join(written.lines)
    assert [name_of(command) for command in github_commands(log)] == [
        name_of(command) for command in github_commands("\n".join(plain.lines))
    ]
    assert [(one.kind, one.name) for one in gitlab_sections(log)] == [
        (one.kind, one.name) for one in gitlab_sections("\n".join(plain.lines))
    ]
    log.encode()


def name_of(command: Command) -> tuple[str, str | None]:
    return command.name, command.properties.get("title")


@pytest.mark.parametrize("ci", EVERYWHERE.values(), ids=EVERYWHERE)
@given(text=foreign)
def test_section_4_a_line_holds_no_character_that_acts(ci: CI, text: str) -> None:
    written = Written(ci, "debug")

    written.log.say(text)
    written.log.debug(text)

    assert len(written.lines) == 2
    assert not any(
        re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line)
        for line in written.lines
    )


LINES = {
    "::error::x": "| ::error::x",
    "  ::error::x": "| ::error::x",
    "\u3000::error::x": "| ::error::x",
    "\n::error::x": r"\n::error::x",
    "::1 is IPv6": "| ::1 is IPv6",
    "[::1]:5000": "[::1]:5000",
    "a ::error::x": "a ::error::x",
    "##[error]x": r"##\[error]x",
    "a ##[group]x": r"a ##\[group]x",
    " a ": "a",
    "": "",
}


@pytest.mark.parametrize(("text", "expected"), LINES.items(), ids=map(repr, LINES))
@pytest.mark.parametrize("ci", EVERYWHERE.values(), ids=EVERYWHERE)
def test_section_4_lines(ci: CI, text: str, expected: str) -> None:
    written = Written(ci)

    written.log.say(text)

    assert written.lines == [expected]
    assert not github_commands(expected)


def test_sections_inside_others() -> None:
    """GitHub knows no groups in groups; for GitLab no two sections may have one name."""
    told = {}
    for name, ci in EVERYWHERE.items():
        written = Written(ci)
        for step in "ab":
            with written.log.section("step", step), written.log.section("push", "x"):
                written.log.say("y")
        told[name] = written.lines

    assert told["github"] == ["::group::a", "x", "y", "::endgroup::", "::group::b", "x", "y", "::endgroup::"]
    names = [one.name for one in gitlab_sections("\n".join(told["gitlab"])) if one.kind == "start"]
    assert names == ["step_0", "push_1", "step_2", "push_3"]
    assert told["plain"] == ["a", "x", "y", "b", "x", "y"]
