"""What names stand for, by push-step.md 3 and 6 and codefresh.md 10.6."""

import pytest

from pushstep.conditions.evaluate import fill, holds
from pushstep.conditions.expression import ExpressionError, parse
from pushstep.conditions.names import Known, Names
from pushstep.conditions.placeholders import Placeholder
from pushstep.conditions.values import Refused
from pushstep.javascript import JavaScript

KNOWN = Known(
    variables={
        "CF_BRANCH": "main",
        "EMOJI": "😀",
        "MY_TOKEN": "hunter2",
        "HOME": "/root",
        "build.imageId": "sha256:1",
        "steps.build.registry": "ghcr.io",
        "lint.result": "failure",
        "build.TOKEN": "hunter2",
        ".x": "odd",
        "build": "ghcr.io/acme/app@sha256:1",
    },
    results={"build": "success", "scan": "skipped", "unit": "not-run-here", "lint": "not-run-here"},
    is_secret=lambda name: "TOKEN" in name,
    is_given=lambda name: name != "HOME",
)

HOLD = [
    'CF_BRANCH == "main"',
    'Variable("CF_BRANCH") == "main"',
    "EMOJI.length == 2",
    # steps, by both of their names
    'steps.build.result == "success"',
    'build.result == "success"',
    'steps.build.imageId == "sha256:1" && build.imageId == steps.build.imageId',
    'build.registry == "ghcr.io"',
    "steps.build == build",
    'Member(steps, "scan.result") == "skipped"',
    'Member("scan", "result") == "skipped"',
    'Variable("scan").result == "skipped"',
    # a step that is not run here counts as success, unless a variable says otherwise
    'steps.unit.result == "success"',
    'steps.lint.result == "failure" && lint.result == "failure"',
    'workflow.result == "running"',
    # the same as placeholders
    '"${{CF_BRANCH}}" == "main" && "${CF_BRANCH}" == "main" && "$[[ CF_BRANCH ]]" == "main"',
    '"${{HOME}}" == "/root" && "${HOME}" == "\\${HOME}"',
    '"${{build.result}} ${{steps.build.result}}" == "success success"',
    '"${{build.imageId}} ${{steps.build.imageId}}" == "sha256:1 sha256:1"',
    '"${{unit.result}} ${{steps.lint.result}}" == "success failure"',
    '"${{build}}" == "ghcr.io/acme/app@sha256:1"',
    '"${{workflow.result}}" == "running"',
    '"${{scan}} ${{steps}} ${{scan.result.x}}" == "\\${{scan}} \\${{steps}} \\${{scan.result.x}}"',
]


@pytest.mark.parametrize("text", HOLD)
def test_section_3_what_names_stand_for(engine: JavaScript, text: str) -> None:
    names = Names(KNOWN)
    assert holds(fill(parse(text), names), names, engine) is True


FAIL = {
    "CF_BRANHC == 'x'": ("Invalid identifier: 'CF_BRANHC'", "Perhaps 'CF_BRANCH'", 0),
    "1 == 1 && main": ("Invalid identifier: 'main'", 'Put text into quotes: "main".', 10),
    "steps.nosuch.result": ("Undefined identifier member: 'nosuch'", "build, lint, scan, unit", 6),
    "steps.scan.imageId": ("Undefined identifier member: 'imageId'", "Known here: name, result.", 11),
    "workflow.nosuch": ("Undefined identifier member: 'nosuch'", "Known here: result.", 9),
    "nosuch.result": ("Invalid identifier: 'nosuch'", "", 0),
    'Variable("steps.scan.result")': ("Invalid identifier: 'steps.scan.result'", "", 0),
    "steps": ("Cannot evaluate object variable directly", "member", 0),
    # a secret has a value in credentials only
    "MY_TOKEN == 'x'": (
        "MY_TOKEN looks like a secret, and those have a value in credentials only",
        "another",
        0,
    ),
    "1 == 1 && '${{MY_TOKEN}}' == ''": (
        "MY_TOKEN looks like a secret, and those have a value in credentials only",
        "another",
        11,
    ),
    'Variable("MY_TOKEN") == ""': (
        "MY_TOKEN looks like a secret, and those have a value in credentials only",
        "another",
        0,
    ),
    "build.TOKEN": ("Undefined identifier member: 'TOKEN'", "", 6),
}


@pytest.mark.parametrize(("text", "expected"), FAIL.items())
def test_section_3_names_that_stand_for_nothing(
    engine: JavaScript, text: str, expected: tuple[str, str, int]
) -> None:
    names = Names(KNOWN)
    with pytest.raises(ExpressionError) as caught:
        holds(fill(parse(text), names), names, engine)
    message, hint, place = expected
    assert (str(caught.value), caught.value.place) == (message, place)
    assert hint in caught.value.hint
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_nothing_known_is_a_run_without_variables() -> None:
    names = Names(Known())
    assert names.text(Placeholder(text="${{CF_BRANCH}}", place=0)) is None
    with pytest.raises(Refused, match="CF_BRANCH"):
        names.value("CF_BRANCH")


def test_a_member_of_steps_where_there_is_none(engine: JavaScript) -> None:
    names = Names(Known())
    with pytest.raises(ExpressionError) as caught:
        holds(fill(parse("steps.build.result == 'success'"), names), names, engine)
    assert caught.value.hint == "No step stands before this one."


def test_by_default_every_variable_may_be_used() -> None:
    names = Names(Known(variables={"CF_BRANCH": "main"}))
    assert names.text(Placeholder(text="${CF_BRANCH}", place=0)) == "main"
