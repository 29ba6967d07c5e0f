"""What commands print for people: plain text, coloured where there is a terminal; pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from pushstep.amounts import counted, size
from pushstep.conditions.decision import Condition
from pushstep.errors import Problem
from pushstep.result import DestinationResult, ProbeOutcome, Report, StepResult, TagResult, ToSend
from pushstep.text import short, visible

Style = Literal["good", "bad", "notice", "quiet"]
Paint = Callable[[Style, str], str]
"""Gives a text without special characters the look of a style."""
_COLOURS: Mapping[Style, str] = MappingProxyType({"good": "32", "bad": "31", "notice": "33", "quiet": "2"})
_WORDS: Mapping[str, tuple[Style, str]] = MappingProxyType(
    {
        "success": ("good", "would be pushed"),
        "skipped": ("quiet", "would be skipped"),
        "failure": ("bad", "cannot be pushed"),
    }
)
_PROBED: Mapping[ProbeOutcome, tuple[Style, str]] = MappingProxyType(
    {
        "may_push": ("good", "may be pushed to as this identity"),
        "refused": ("bad", "may not be pushed to as this identity"),
        "unknown": ("notice", "whether this identity may push there is not known"),
    }
)
_MOST = 20
"""Steps that are named."""


def coloured(style: Style, text: str) -> str:
    """The `Paint` of a terminal."""
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m"


def uncoloured(_style: Style, text: str) -> str:
    """The `Paint` of everything else."""
    return text


def condition_line(condition: Condition) -> str:
    """One condition and what became of it, with the values of its variables."""
    said = [condition.message] if condition.message else []
    if condition.expression != condition.substituted:
        said = [condition.expression, f"with its values: {condition.substituted}", *said]
    elif condition.kind == "condition":
        said = [condition.expression, *said]
    explained = f" ({'; '.join(said)})" if said else ""
    return f"when {condition.kind} {condition.name}: {condition.outcome}{explained}"


def headline(step: StepResult) -> str:
    """How people find the step again."""
    title = step.title if step.title == step.name else f"{step.name}: {step.title}"
    return f"{step.stage}: {title}" if step.stage else title


def intentions(step: StepResult) -> Iterator[str]:
    """What a dry run tells in the log: what would go where, and as whom."""
    for place in step.destinations:
        identity = f" as {place.identity}" if place.identity else ""
        for tag in place.tags:
            if tag.status == "planned":
                yield f"would push {place.name}:{tag.tag}{identity}"


def plan(report: Report, paint: Paint) -> str:
    """What a push would do."""
    lines = [line for step in report.steps for line in _planned(step, paint)]
    if report.errors:
        lines.append(paint("bad", "there is no plan: what is wrong stands on standard error"))
    return "".join(f"{line}\n" for line in lines)


def _planned(step: StepResult, paint: Paint) -> Iterator[str]:
    rehearsed = step.result == "skipped" and bool(step.destinations)
    style, words = _WORDS["success" if rehearsed else step.result]
    yield f"{visible(headline(step))}: {paint(style, words)}"
    if step.reason and not rehearsed:
        yield f"  {visible(step.reason)}"
    for condition in step.conditions:
        yield paint("quiet", f"  {visible(condition_line(condition))}")
    if step.image_id:
        yield f"  image {visible(f'{step.candidate} is {step.image_id}')}"
    for place in step.destinations:
        identity = f" as {visible(place.identity)}" if place.identity else ""
        for tag in place.tags:
            yield f"  to {visible(f'{place.name}:{tag.tag}')}{identity}{_now_and_after(place, tag)}"
        if place.to_send:
            yield f"     {_to_send(place.to_send)}"
        yield from _probed(place, paint)
        if place.error:
            yield f"     {paint('bad', visible(place.error.message))}"


def _probed(place: DestinationResult, paint: Paint) -> Iterator[str]:
    """Whether a push would be taken there."""
    if place.probe:
        style, words = _PROBED[place.probe]
        yield f"     {paint(style, words)}"
    if place.probe_notice:
        yield f"     {paint('notice', 'notice')}: {visible(place.probe_notice)}"


def _now_and_after(place: DestinationResult, tag: TagResult) -> str:
    """What a tag names, and what it will."""
    if place.to_send is None:
        return ""
    if tag.previous_digest is None:
        return ", a new tag"
    if tag.previous_digest == place.to_send.digest:
        return ", which names it already"
    after = f" to {short(place.to_send.digest)}" if place.to_send.digest else ""
    return f", which moves from {short(tag.previous_digest)}{after}"


def _to_send(what: ToSend) -> str:
    layers = f"{what.layers} of {counted(what.of, 'layer')} to send"
    if what.size is None or not what.layers:
        return layers
    return f"{layers}, {size(what.size)}{'' if what.compressed else ' before compression'}"


def checked(
    name: str, problems: Sequence[Problem], notices: Sequence[str], steps: Sequence[str], paint: Paint
) -> str:
    """What is wrong with the document `name`, or which steps it has."""
    lines = [line for problem in problems for line in _problem(problem, paint)]
    lines += [f"{paint('notice', 'notice')}: {visible(notice)}" for notice in notices]
    if problems:
        lines.append(paint("bad", f"{visible(name)}: {counted(len(problems), 'problem')}"))
    else:
        steps_named = visible(", ".join(steps[:_MOST]) + (", ..." if len(steps) > _MOST else ""))
        counting = f", {counted(len(steps), 'push step')}: {steps_named}" if steps else ""
        lines.append(f"{visible(name)}: {paint('good', 'valid')}{counting}")
    return "".join(f"{line}\n" for line in lines)


def _problem(problem: Problem, paint: Paint) -> Iterator[str]:
    yield f"{paint('bad', f'error [{problem.code}]')}: {visible(problem.message)}"
    for line in problem.picture:
        yield f"  | {visible(line)}"
    if problem.hint:
        yield paint("quiet", f"  {visible(problem.hint)}")
