"""The log on every CI: no line of it acts, none holds a secret, and quiet is quiet."""

from collections.abc import Callable

import pytest
from hypothesis import given

from pushstep.ci import detect
from pushstep.errors import Problem
from pushstep.log import Log
from pushstep.redact import Redactor
from tests.support.foreign import foreign
from tests.support.formats import github_commands, gitlab_sections

CIS = {"github": {"GITHUB_ACTIONS": "true"}, "gitlab": {"GITLAB_CI": "true"}, "plain": {}}
SECRET = "swordfish-and-chips"


def logged(ci: str, use: Callable[[Log], None], *, quiet: bool = False, debug: bool = False) -> str:
    """What `use` writes on that CI."""
    written: list[str] = []
    where = detect(CIS[ci], lambda _: "", 1_700_000_000_000)
    use(Log(written.append, redactor=Redactor(), ci=where, quiet=quiet, debug=debug))
    return "".join(written)


@pytest.mark.parametrize("ci", CIS)
@given(text=foreign)
def test_interface_4_a_line_is_one_line_and_no_command(ci: str, text: str) -> None:
    def use(log: Log) -> None:
        log.say(text)
        log.debug(text)

    lines = logged(ci, use, debug=True)

    assert lines.count("\n") == 2
    assert github_commands(lines) == []
    assert gitlab_sections(lines) == []
    assert not [line for line in lines.splitlines() if line.lstrip().startswith("::") or "##[" in line]


@pytest.mark.parametrize("ci", CIS)
@given(message=foreign, hint=foreign)
def test_interface_4_a_problem_is_one_annotation_at_most(ci: str, message: str, hint: str) -> None:
    lines = logged(ci, lambda log: log.problem(Problem(code="registry", message=message, hint=hint)))

    assert [command.name for command in github_commands(lines)] == (["error"] if ci == "github" else [])
    assert gitlab_sections(lines) == []
    assert len(lines.splitlines()) == 1


@pytest.mark.parametrize("ci", CIS)
@given(title=foreign)
def test_a_section_is_the_cis_own(ci: str, title: str) -> None:
    def use(log: Log) -> None:
        with log.section("push_0", title):
            log.say("inside")

    lines = logged(ci, use)

    assert [command.name for command in github_commands(lines)] == (
        ["group", "endgroup"] if ci == "github" else []
    )
    assert [mark.kind for mark in gitlab_sections(lines)] == (["start", "end"] if ci == "gitlab" else [])


@pytest.mark.parametrize("ci", CIS)
def test_interface_4_secrets_are_masked_on_github_alone_and_hidden_everywhere(ci: str) -> None:
    def use(log: Log) -> None:
        log.mask(SECRET)
        log.say(f"it is {SECRET}")
        log.caution(f"it is {SECRET}")
        log.problem(Problem(code="login", message=SECRET, hint=SECRET))
        with log.section("a", SECRET):
            log.debug(SECRET)

    lines = logged(ci, use, debug=True)

    masks = [command.data for command in github_commands(lines) if command.name == "add-mask"]
    assert masks == ([SECRET] if ci == "github" else [])
    assert lines.count(SECRET) == len(masks)


def test_a_secret_that_is_longer_than_a_line_is_hidden_before_the_line_is_cut() -> None:
    secret = "s3cret-" * 400

    def use(log: Log) -> None:
        log.mask(secret)
        log.say("x" * 1990 + secret)

    assert "s3cret" not in logged("plain", use)


@pytest.mark.parametrize("ci", CIS)
def test_quiet_leaves_warnings_and_errors(ci: str) -> None:
    def use(log: Log) -> None:
        log.say("said")
        log.debug("debugged")
        with log.section("a", "a section"):
            log.caution("cautioned")
        log.problem(Problem(code="login", message="refused"))

    lines = logged(ci, use, quiet=True, debug=True)

    assert [word in lines for word in ("said", "debugged", "section", "cautioned", "refused")] == [
        False
    ] * 3 + [True] * 2


def test_debug_lines_only_where_they_are_asked_for() -> None:
    assert logged("plain", lambda log: log.debug("x")) == ""
    assert logged("plain", lambda log: log.debug("x"), debug=True) == "debug: x\n"
