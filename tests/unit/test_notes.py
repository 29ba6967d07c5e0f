"""Post-step operations as entries of the report (push-step.md 9)."""

from collections.abc import Iterator, Mapping

import pytest

from pushstep.conditions.names import Known
from pushstep.javascript import JavaScript
from pushstep.report.markdown import summary
from pushstep.report.notes import NOT_YET, NoValueError, annotations, evaluated, sentences
from pushstep.result import Annotation, Report, StepResult
from pushstep.step.document import Data, read
from pushstep.step.model import FullStep
from pushstep.step.operations import Evaluate, FileContent, Operations
from pushstep.step.validation import validated


def operations(text: str) -> Operations:
    data: Data = read(text, path="x")
    step, findings = validated(FullStep, {"candidate": "a", "on_finish": data})
    assert step, findings
    assert step.on_finish
    return step.on_finish


def value(wanted: Evaluate | FileContent) -> str:
    match wanted:
        case Evaluate(expression=expression) if "wrong" in expression:
            raise NoValueError(f"{expression} is wrong")
        case Evaluate():
            return "true"
        case FileContent(path=path):
            return f"content of {path}"


def noted(name: str, text: str | None = None, **rest: object) -> Annotation:
    return Annotation(**{"entity_type": "build", "name": name, "value": text, **rest})  # type: ignore[arg-type]  # words of the table


SET = "{annotations: {set: [%s]}}"
TABLE: dict[str, tuple[list[str], list[Annotation], list[str]]] = {
    "values": (
        [SET % "{annotations: [a: 85%, b: {evaluate: 'x'}, c: file:t.txt, d, e: 1.50]}"],
        [
            noted("a", "85%"),
            noted("b", "true"),
            noted("c", "content of t.txt"),
            noted("d"),
            noted("e", "1.50"),
        ],
        [],
    ),
    "entities": (
        [SET % "{entity_type: project, entity_id: shop, annotations: [a: b, c], display: a}"],
        [
            noted("a", "b", entity_type="project", entity_id="shop", display=True),
            noted("c", entity_type="project", entity_id="shop"),
        ],
        [],
    ),
    "images are for later": (
        [
            "{metadata: {set: [a: b]}}",
            "{annotations: {set: [{entity_type: image, annotations: [a]}]}}",
            "{annotations: {unset: [{entity_type: image, annotations: [a]}]}}",
        ],
        [],
        [NOT_YET],
    ),
    "one that fails leaves the others": (
        [SET % "{annotations: [a: {evaluate: wrong}, b]}"],
        [noted("b")],
        ["annotation a is left out: wrong is wrong"],
    ),
    "the last word counts": (
        [
            SET % "{annotations: [a: b, c: d]}",
            "{annotations: {set: [{annotations: [a: e]}], unset: [{annotations: [c, x]}]}}",
        ],
        [noted("a", "e"), noted("c", action="unset"), noted("x", action="unset")],
        [],
    ),
}


@pytest.mark.parametrize(("texts", "expected", "warnings"), TABLE.values(), ids=TABLE)
def test_section_9_operations(texts: list[str], expected: list[Annotation], warnings: list[str]) -> None:
    assert annotations(map(operations, texts), value) == (tuple(expected), warnings)


@pytest.fixture(scope="module")
def engine() -> Iterator[JavaScript]:
    with JavaScript() as engine:
        yield engine


EXPRESSIONS: Mapping[str, str] = {"'${{V}}' == 'x'": "true", "V != 'x'": "false", "": "false"}


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS.items())
def test_section_9_an_expression_gives_true_or_false(text: str, expected: str, engine: JavaScript) -> None:
    assert evaluated(text, Known(variables={"V": "x"}), engine) == expected


@pytest.mark.parametrize(("text", "why"), {"1 +": "1 +: ", "x": "x: Invalid identifier: 'x'"}.items())
def test_section_9_an_expression_that_fails(text: str, why: str, engine: JavaScript) -> None:
    with pytest.raises(NoValueError) as caught:
        evaluated(text, Known(), engine)

    assert str(caught.value).startswith(why)


ALL = (noted("a", "b|`x`", display=True), noted("c", entity_id="e"), noted("d", action="unset"))


def test_section_9_the_log_has_them() -> None:
    assert list(sentences(ALL)) == [
        "annotation of the build: a = b|`x`",
        "annotation of the build e: c",
        "annotation of the build taken away: d",
    ]


def test_section_9_the_summary_has_them() -> None:
    step = StepResult(name="x", title="x", result="success", metadata=ALL)

    assert summary(Report(result="success", exit=0, steps=(step,))).splitlines()[-4:] == [
        r"- Annotation of the build: **`a`** = `` b\x7c`x` ``",
        "- Annotation of the build `e`: `c`",
        "- Annotation of the build: `d` taken away",
        "",
    ]
