"""From the text of a document to its push steps, checked and selected (push-step.md 1.2, 1.3)."""

from pushstep.conditions.decision import RegexEngine
from pushstep.errors import Problem
from pushstep.step.destinations import UNNAMED, Kinds
from pushstep.step.document import DocumentError, load
from pushstep.step.raw import RawStep, placed
from pushstep.step.reading import Reading
from pushstep.step.resolution import check
from pushstep.step.shapes import Pipeline, Shapes
from pushstep.step.validation import nearest


def pipeline(text: str, *, name: str) -> Pipeline:
    """Read a document; `name` is what its user calls it."""
    try:
        document = load(text, name=name)
    except DocumentError as error:
        return Pipeline(problems=tuple(placed(problem, name) for problem in error.problems))
    return Shapes(Reading(document=document)).pipeline()


def checked(found: Pipeline, engine: RegexEngine, kinds: Kinds = UNNAMED) -> tuple[Problem, ...]:
    """Every problem of the document and of all literal values in it, from top to bottom."""
    problems = [
        *found.problems,
        *(problem for step in found.steps for problem in check(step, engine, found.names, kinds)),
    ]
    # what a step inherits is wrong in each that does
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: (one.line or 0, one.column or 0)))


def select(found: Pipeline, step_name: str | None) -> tuple[tuple[RawStep, ...], tuple[Problem, ...]]:
    """The steps to run: all, or the one called `step_name` (push-step.md 1.2)."""
    if step_name is None:
        return found.steps, ()
    chosen = tuple(step for step in found.steps if step.name == step_name)
    if chosen:
        return chosen, ()
    names = [step.name for step in found.steps]
    what = "is no push step" if step_name in found.names else "is no step of the document"
    problem = Problem(
        code="unknown",
        message=f"step-name: {step_name!r} {what}",
        hint=nearest(step_name, names),
        path="step-name",
    )
    return (), (problem,)
