"""Every example of docs/conditions.md is true."""

import re
from pathlib import Path
from typing import get_args

import pytest

from pushstep.conditions.decision import Run, Skip
from pushstep.conditions.evaluate import fill, holds
from pushstep.conditions.expression import ExpressionError, ExpressionSyntax, parse
from pushstep.conditions.functions import SIGNATURES
from pushstep.conditions.names import Known, Names, StepEnding
from pushstep.conditions.when import check, decide, parse_when
from pushstep.javascript import JavaScript
from pushstep.step.document import read

PAGE = (Path(__file__).parents[3] / "docs/conditions.md").read_text()
ENDINGS = {ending: ending for ending in get_args(StepEnding)}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def known(told: list[str]) -> Known:
    """Of `NAME=value`, `step NAME: ending` or, where the value is an ending, `NAME=ending`."""
    variables: dict[str, str] = {}
    results: dict[str, StepEnding] = {}
    for one in told:
        step = re.fullmatch(r"step (.+): (.+)", one)
        name, value = step.groups() if step else one.split("=", 1)
        if value in ENDINGS and "." not in name:
            results[name] = ENDINGS[value]
        else:
            variables[name] = value
    return Known(variables=variables, results=results)


def expressions() -> list[tuple[list[str], str, str]]:
    found = []
    for block in blocks("conditions"):
        head, gap, body = block.partition("\n\n")
        told = head.splitlines() if gap else []
        for line in (body if gap else head).splitlines():
            text, _, outcome = line.partition("→")
            found.append((told, text.strip(), outcome.strip()))
    return found


@pytest.mark.parametrize(("told", "text", "outcome"), expressions(), ids=ascii)
def test_an_expression_decides_what_the_page_says(
    engine: JavaScript, told: list[str], text: str, outcome: str
) -> None:
    names = Names(known(told))
    try:
        found = str(holds(fill(parse(text), names), names, engine)).lower()
    except ExpressionSyntax as error:
        found = f"syntax error: {error}"
    except ExpressionError as error:
        found = f"error: {error}"
    assert found == outcome


def wholes() -> list[tuple[str, list[str], str]]:
    found = []
    for block in blocks("yaml"):
        told = re.findall(r"^# (.*) → (runs|skipped)$", block, re.MULTILINE)
        assert told, block
        found += [(block, variables.split(" "), outcome) for variables, outcome in told]
    return found


@pytest.mark.parametrize(("block", "told", "outcome"), wholes(), ids=ascii)
def test_a_when_decides_what_the_page_says(
    engine: JavaScript, block: str, told: list[str], outcome: str
) -> None:
    parsed, problems = parse_when(read(block, path="when"))
    this = known(told)
    assert (*problems, *check(parsed, engine, this.results)) == ()
    assert isinstance(decide(parsed, this, engine), {"runs": Run, "skipped": Skip}[outcome])


def test_the_picture_of_an_error_is_the_real_one() -> None:
    [block] = blocks("text")
    message, *picture = block.splitlines()
    _, [problem] = parse_when({"condition": {"all": {"onMain": picture[0].removeprefix("| ")}}})
    assert message == f"error [{problem.code}]: {problem.message} What to do: {problem.hint}"
    assert picture == [f"| {line}" for line in problem.picture]


def test_the_page_names_every_function_and_has_no_block_that_is_not_run() -> None:
    table = PAGE.partition("| Function |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)\(", table)) == set(SIGNATURES)
    fences = re.findall(r"^```(\w*)$", PAGE, re.MULTILINE)
    assert set(fences) == {"", "yaml", "conditions", "text"}
    assert len(expressions()) > 50
