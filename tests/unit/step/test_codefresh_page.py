"""The tables of docs/codefresh.md are true: fields, variables, messages."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pushstep.conditions.decision import Fail
from pushstep.conditions.names import Known
from pushstep.conditions.when import decide
from pushstep.errors import CODES, InputError, Problem
from pushstep.javascript import JavaScript
from pushstep.step.body import ALIASES, MEANINGLESS, REFUSED
from pushstep.step.model import FullStep
from pushstep.step.pipeline import checked, pipeline
from pushstep.step.resolution import resolve, when_of
from pushstep.step.variables import Variables

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/codefresh.md").read_text()
OF_STEPS = {"CF_STEP_NAME", "CF_CURRENT_ATTEMPT", "CF_MAX_ATTEMPTS"}


@pytest.fixture(scope="module")
def engine() -> Iterator[JavaScript]:
    with JavaScript() as engine:
        yield engine


def table(head: str) -> list[list[str]]:
    """The rows of the table whose first line begins with `head`, cell by cell."""
    lines = PAGE.partition(f"\n{head}")[2].partition("\n\n")[0].splitlines()
    rows = [re.split(r"(?<!\\) \| ", line.strip("|").strip()) for line in lines[2:]]
    assert rows, head
    return [[cell.strip() for cell in row] for row in rows]


def names(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


def test_every_field_is_in_the_table() -> None:
    told = [name for row in table("| Field | Here |") for name in names(row[0])]
    known = {one.alias or name for name, one in FullStep.model_fields.items()} - {"name"}

    assert len(told) == len(set(told))
    assert set(told) == {*known, *ALIASES, *MEANINGLESS, *REFUSED, "type", "hooks", "arguments"}


def test_every_variable_is_in_the_table() -> None:
    told = [name for row in table("| Variable | On GitHub |") for name in names(row[0])]
    places = [*(ROOT / "pushstep/ci").glob("*facts.py"), ROOT / "pushstep/step/spellings.py"]
    sources = "".join(path.read_text() for path in places)

    assert len(told) == len(set(told))
    assert set(told) == {*re.findall(r'"(CF_[A-Z_]*[A-Z])"', sources), *OF_STEPS}


FIELDS = "steps:\n  push_app:\n    type: push\n    candidate: a\n"
ASKED = "candidate: a\nwhen: {{condition: {{all: {{it: {}}}}}}}"
# what Codefresh says, as the page has it → a document that it is about, and the variables
MESSAGES: dict[str, tuple[str, Mapping[str, str]]] = {
    '"candidate" is required': ("tag: a", {}),
    '"imagename" is not allowed. Did you mean "image_name"?': ("candidate: a\nimagename: b", {}),
    '"tag" must be a string': ("candidate: a\ntag: 1.10", {}),
    '"tags" must be an array': ("candidate: a\ntags: b", {}),
    '"tags" is not allowed to be empty': ("candidate: a\ntags: []", {}),
    '"only" must be an array': ("candidate: a\nwhen: {branch: {only: main}}", {}),
    '"password" is required': ("candidate: a\ncredentials: {username: a}", {}),
    '"provider" with value "gcr" fails to match the required pattern': ("candidate: a\nprovider: gcr", {}),
    '"fail_fast" must be a boolean': ("candidate: a\nfail_fast: perhaps", {}),
    '"stage" must be one of [build]': (f"stages: [build]\n{FIELDS}    stage: deploy", {}),
    '"exec" is not allowed': ("candidate: a\non_success: {exec: [ls]}", {}),
    'Either old "on_success/on_fail/on_finish" or new "hooks" should be used': (
        "candidate: a\non_success: {}\nhooks: {on_fail: {}}",
        {},
    ),
    'step name cannot contain ".", "#", "$", "[", or "]"': ("steps: {a.b: {type: push, candidate: a}}", {}),
    "step name exist more than once": (
        f"{FIELDS}  g: {{type: parallel, steps: {{push_app: {{type: push, candidate: b}}}}}}",
        {},
    ),
    "TypeError: Cannot read property 'x' of null": (
        "steps:\n  push_app:\n  b: {type: push, candidate: a}",
        {},
    ),
    "Your YAML contains both spaces and tabs.": ("candidate: a\n\ttag: b", {}),
    "multiline key may not be an implicit key": (
        "candidate: a\ntitle: ${{CF_COMMIT_MESSAGE}}",
        {"CF_COMMIT_MESSAGE": 'a "b": \'c\n'},
    ),
    "aws region is invalid": ("candidate: a\nprovider: ecr\nregion: europe", {}),
    "Invalid role_arn": ("candidate: a\nprovider: ecr\nrole_arn: arn:aws:iam::1:role/a", {}),
    "aws_duration_seconds is only relevant when using role chaining": (
        "candidate: a\nprovider: ecr\naws_duration_seconds: 900",
        {},
    ),
    "Registry 'my-registry' does not exist.": ("candidate: a\nregistry: my-registry", {}),
    "You have not added a registry integration.": ("candidate: a", {}),
    "repository name must be lowercase": ("candidate: a\nimage_name: Acme/app", {}),
    "invalid reference format": ("candidate: a\nimage_name: acme//app", {}),
    "failed to tag image": ("candidate: a\ntag: ${{CF_BRANCH}}", {"CF_BRANCH": "feature/x"}),
    "${{X}}": ("candidate: a\ntag: ${{X}}", {}),
    "Invalid identifier: 'VALUE'": (ASKED.format("\"'a' == VALUE\""), {}),
    "The operator == cannot be used with number,string.": (ASKED.format("\"1 == 'a'\""), {}),
    '"a-b" is not allowed': ("candidate: a\nwhen: {condition: {all: {a-b: '1'}}}", {}),
}


def problems(text: str, variables: Mapping[str, str], engine: JavaScript) -> tuple[Problem, ...]:
    """Everything that is wrong: before anything runs, else in its condition, else with the variables in."""
    found = pipeline(text, name="push.yaml")
    wrong = checked(found, engine)
    if wrong:
        return wrong
    raw = found.steps[-1]
    decision = decide(when_of(raw)[0], Known(variables=variables), engine)
    if isinstance(decision, Fail):
        return (decision.problem,)
    try:
        resolve(raw, Variables(given=variables))
    except InputError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("row", table("| Codefresh says |"), ids=lambda row: ascii(row[0]))
def test_a_known_message_is_what_the_page_says(engine: JavaScript, row: list[str]) -> None:
    theirs, code, ours = row
    found = problems(*MESSAGES[names(theirs)[0]], engine)

    if code == "none":
        assert found == ()
        return
    (name,), (reads,) = names(code), names(ours)
    assert name in CODES
    (problem,) = found
    assert (problem.code, reads in problem.message) == (name, True), problem.message


def test_every_message_is_on_the_page() -> None:
    assert {names(row[0])[0] for row in table("| Codefresh says |")} == set(MESSAGES)
