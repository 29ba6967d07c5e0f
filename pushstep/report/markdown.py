"""The job summary: what went where, what to copy, why it did not; safe for any text (interface 4)."""

from collections.abc import Iterator

from pushstep.amounts import counted
from pushstep.conditions.decision import Condition
from pushstep.errors import Problem
from pushstep.registry import reference
from pushstep.result import ARRIVED, Annotation, DestinationResult, Report, StepResult
from pushstep.text import code_span, visible

_MARKS = {"success": "✅", "failure": "❌", "skipped": "⏭️"}
_WORDS = {
    "created": "new",
    "moved": "moved",
    "unchanged": "was there",
    "pushed": "pushed",
    "planned": "would be pushed",
    "failed": "**failed**",
    "not_attempted": "not tried",
}


def summary(report: Report) -> str:
    """The run as Markdown."""
    parts = [*_errors(report), *(line for step in report.steps for line in _step(step))]
    return "\n".join(parts) + "\n"


def _errors(report: Report) -> Iterator[str]:
    if report.errors:
        yield "### ❌ Nothing was pushed\n" if report.exit == 2 else "### ❌ The run did not end well\n"  # noqa: PLR2004
        yield from map(_problem, report.errors)
        yield ""


def _step(step: StepResult) -> Iterator[str]:
    yield f"### {_MARKS[step.result]} {_headline(step)}\n"
    if step.reason:
        yield f"{code_span(step.reason)}\n"
    for condition in step.conditions:
        yield _condition(condition)
    for notice in step.notices:
        yield f"- Notice: {code_span(notice)}"
    if step.conditions or step.notices:
        yield ""
    if step.error and step.error not in [place.error for place in step.destinations]:
        yield _problem(step.error) + "\n"
    if step.destinations:
        yield from _table(step)
        yield from _problems(step)
    yield from _to_copy(step)
    for annotation in step.metadata:
        yield _annotation(annotation)
    if step.metadata:
        yield ""


def _condition(condition: Condition) -> str:
    name = f"{code_span(condition.name)}: " if condition.kind == "condition" else ""
    differs = condition.substituted != condition.expression
    values = f" with its values {code_span(condition.substituted)}" if differs else ""
    message = f": {code_span(condition.message)}" if condition.message else ""
    return f"- {name}{code_span(condition.expression)}{values} → {condition.outcome}{message}"


def _annotation(one: Annotation) -> str:
    entity = f"{one.entity_type} {code_span(one.entity_id)}" if one.entity_id else one.entity_type
    value = "" if one.value is None else f" = {code_span(one.value)}"
    shown = f"**{code_span(one.name)}**{value}" if one.display else f"{code_span(one.name)}{value}"
    return f"- Annotation of the {entity}: {shown}" + (" taken away" if one.action == "unset" else "")


def _headline(step: StepResult) -> str:
    arrived = sum(len(place.arrived) for place in step.destinations)
    wanted = sum(len(place.tags) for place in step.destinations)
    title = code_span(step.title)
    match step.result:
        case "success":
            return f"{title}: pushed {counted(arrived, 'tag')}"
        case "failure" if arrived:
            return f"{title}: pushed {arrived} of {counted(wanted, 'tag')}"
        case "failure":
            return f"{title}: not pushed"
        case _:
            return f"{title}: skipped"


def _table(step: StepResult) -> Iterator[str]:
    yield "| Tag | | Digest |"
    yield "|---|---|---|"
    for place in step.destinations:
        for tag in place.tags:
            name = code_span(f"{place.name}:{tag.tag}")
            digest = code_span(place.digest) if place.digest and tag.status in ARRIVED else ""
            yield f"| {name} | {_WORDS[tag.status]} | {digest} |"
    yield ""


def _problems(step: StepResult) -> Iterator[str]:
    found = [place.error for place in step.destinations if place.error]
    for problem in dict.fromkeys(found):
        yield _problem(problem)
    if found:
        yield ""


def _problem(problem: Problem) -> str:
    hint = f"<br>{code_span(problem.hint)}" if problem.hint else ""
    picture = "".join(f"<br>{code_span(line)}" for line in problem.picture)
    return f"- **{problem.code}** {code_span(problem.message)}{picture}{hint}"


def _to_copy(step: StepResult) -> Iterator[str]:
    pulls = [_pull(place) for place in step.destinations if _can_be_pulled(place)]
    if pulls:
        yield "```sh"
        yield from pulls
        yield "```\n"
    if step.image_id:
        yield f"Image ID {code_span(step.image_id)}\n"


def _can_be_pulled(place: DestinationResult) -> bool:
    return bool(place.arrived and place.digest) and reference.layout(place.registry) is None


def _pull(place: DestinationResult) -> str:
    return visible(f"docker pull {place.name}@{place.digest}")
