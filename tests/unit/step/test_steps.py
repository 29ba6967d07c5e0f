"""What a run is to do: inputs over documents, step-name, and what later steps see (push-step.md 1.2, 1.3)."""

import pytest

from pushstep import inputs
from pushstep.errors import Problem
from pushstep.inputs import Given
from pushstep.step.past import Past
from pushstep.step.resolution import Outline, outline
from pushstep.step.steps import Steps, gathered, problems
from pushstep.step.variables import StepOutputs, Variables
from tests.unit.step.documents import Patterns

TWO = """\
steps:
  build: {type: build}
  first: {type: push, candidate: a}
  both:
    type: parallel
    steps:
      second: {type: push, candidate: b, registry: quay.io}
      third: {type: push, candidate: c}
"""


def steps(document: str | None, **texts: str) -> Steps:
    level = {
        name.replace("_", "-"): Given(text=text, where=f"--{name.replace('_', '-')}")
        for name, text in texts.items()
    }
    given = Given(text=document, where="push.yaml") if document is not None else None
    return gathered(inputs.read(level, {}, on_github=False), given)


def told(found: Steps) -> list[tuple[str, str | None]]:
    return [(one.code, one.path) for one in problems(found, Patterns())]


def test_section_1_a_step_comes_from_inputs_alone() -> None:
    found = steps(None, candidate="app", tag="1")

    assert [one.name for one in found.selected] == ["push"]
    assert dict(found.selected[0].fields) == {"candidate": "app", "tag": "1"}
    assert told(found) == []


def test_section_1_2_all_push_steps_are_selected_and_one_by_its_name() -> None:
    assert [one.name for one in steps(TWO).selected] == ["first", "second", "third"]

    found = steps(TWO, step_name="second", candidate="x", registry="ghcr.io")

    assert [one.name for one in found.selected] == ["second"]
    assert [one.name for one in found.others] == ["first", "third"]
    assert found.selected[0].fields["candidate"] == "x"
    assert found.selected[0].fields["registry"] == ["ghcr.io"]
    assert found.groups == {"both": ("second", "third")}
    assert told(found) == []


MISTAKES: dict[str, tuple[str | None, dict[str, str], list[tuple[str, str | None]]]] = {
    "several steps and one candidate": (TWO, {"candidate": "x"}, [("conflict", "--candidate")]),
    "no such step": (TWO, {"step_name": "build"}, [("unknown", "step-name")]),
    "no document": (None, {"candidate": "x", "step_name": "y"}, [("missing", "--step-name")]),
    "a document that is none": ("a: [", {"step_name": "y"}, [("yaml", "push.yaml")]),
    "steps that are not selected are checked too": (
        f"{TWO}      fourth: {{type: push, tag: a b}}\n",
        {"step_name": "first"},
        [("missing", "steps.both.steps.fourth.candidate"), ("reference", "steps.both.steps.fourth.tag")],
    ),
    "inputs, documents and options at once": (
        "candidate: App",
        {"tag": "a b", "summary": "x", "region": "p"},
        [
            ("reference", "--tag"),
            ("value", "--region"),
            ("reference", "candidate"),
            ("value", "--summary"),
        ],
    ),
    "an input that waits for no step": (
        TWO,
        {"step_name": "first", "when": "steps: [{name: second}, {name: first}, {name: x}]"},
        [("unknown", "--when.steps[1].name"), ("unknown", "--when.steps[2].name")],
    ),
}


@pytest.mark.parametrize(("document", "texts", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_section_1_3_every_mistake_at_once(
    document: str | None, texts: dict[str, str], expected: list[tuple[str, str | None]]
) -> None:
    assert told(steps(document, **texts)) == expected


EMPTY: dict[str, list[tuple[str, str | None]]] = {
    "candidate: ''": [("value", "candidate")],
    "candidate: a\ntitle:": [("value", "title")],
    "candidate: a\ntimeout:": [],
    "candidate: a\ntags: []": [],
    "candidate: a\ntags:": [("value", "tags")],
    "candidate: a\nwhen: {branch: {only: []}}": [("value", "when.branch.only")],
    "candidate: a\nwhen: {}\nretry: {}": [],
    "candidate: a\nwhen: {condition: {all: {}}}": [],
}


@pytest.mark.parametrize(("document", "expected"), EMPTY.items(), ids=EMPTY)
def test_section_1_4_empty_values(document: str, expected: list[tuple[str, str | None]]) -> None:
    assert told(steps(document)) == expected


def test_section_1_4_an_empty_input_gives_way_to_the_document() -> None:
    found = steps("candidate: a\ntags: [b]", tags=" , ", tag="", candidate="")

    assert dict(found.selected[0].fields) == {"candidate": "a", "tags": ["b"]}


OUTLINES = {
    "candidate: a": Outline(candidate="a"),
    "candidate: a\nfail_fast: ${{NO}}\nstrict_fail_fast: true\ntitle: T ${{NO}}": Outline(
        candidate="a", fail_fast=False, strict_fail_fast=True, title="T off"
    ),
    "candidate: a\nfail_fast: perhaps\nstage: s": Outline(candidate="a", stage="s"),
    "candidate: ${{GONE}}\nretry: {maxAttempts: x}\nfail_fast: ${{GONE}}": Outline(candidate="${{GONE}}"),
    "candidate: a\nretry: {maxAttempts: '${{THREE}}'}": Outline(candidate="a"),
}


@pytest.mark.parametrize(("text", "expected"), OUTLINES.items(), ids=OUTLINES)
def test_what_counts_before_a_step_is_typed(text: str, expected: Outline) -> None:
    (raw,) = steps(text).selected

    found = outline(raw, Variables(given={"NO": "off", "THREE": "3"}))

    assert found.model_copy(update={"retry": expected.retry}) == expected
    assert found.retry.max_attempts == (3 if "THREE" in text else 1)


# --- what later steps see ------------------------------------------------------------------------------


def endings(past: Past) -> dict[str, str]:
    return dict(past.known(Variables()).results)


def test_section_6_steps_that_are_not_run_here_are_known_from_the_start() -> None:
    assert endings(Past(steps(TWO))) == {"build": "not-run-here"}
    assert endings(Past(steps(TWO, step_name="second"))) == {
        "build": "not-run-here",
        "first": "not-run-here",
        "third": "not-run-here",
    }


GROUPS = {
    ("success", "skipped"): "success",
    ("skipped", "failure"): "failure",
    ("skipped", "skipped"): "skipped",
}


@pytest.mark.parametrize(("ended", "expected"), GROUPS.items())
def test_section_6_a_group_ends_with_its_steps(ended: tuple[str, str], expected: str) -> None:
    past = Past(steps(TWO))
    for name, result in zip(("second", "third"), ended, strict=True):
        assert "both" not in endings(past)
        past.add(name, StepOutputs(result=result))  # type: ignore[arg-type]  # the table's words

    assert endings(past)["both"] == expected


@pytest.fixture
def past() -> Past:
    past = Past(steps(TWO))
    past.add("first", StepOutputs(result="success", image_id="sha256:1", registry="quay.io"))
    return past


def test_section_3_outputs_are_variables_and_secrets_are_known_as_such(past: Past) -> None:
    variables = past.variables(Variables(given={"V": "1"}, environ={"API_KEY": "k3y", "LANG": "C"}))
    known = past.known(variables)

    assert known.variables.get("first.imageId") == "sha256:1"
    assert known.variables.get("steps.first.result") == "success"
    assert known.variables.get("first.imageRepoDigest") is None
    assert known.variables.get("API_KEY") == "k3y"
    assert (known.is_secret("API_KEY"), known.is_secret("LANG"), known.is_secret("X")) == (True, False, False)
    assert (known.is_given("V"), known.is_given("first.imageId"), known.is_given("LANG")) == (
        True,
        True,
        False,
    )
    assert set(known.variables) == {"V", "first", "LANG"}


def test_a_problem_is_one() -> None:
    (problem,) = problems(steps(None, candidate="a", step_name="x"), Patterns())

    assert problem == Problem(
        code="missing",
        message="--step-name: there is no document to select a step of",
        hint="Give the document as `step`.",
        path="--step-name",
    )
