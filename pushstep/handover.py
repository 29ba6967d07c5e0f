"""Handing over what a run came to: log, standard output, the CI's files, the report file, the exit status."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from pushstep import files
from pushstep.ci.protocol import FileWrite
from pushstep.errors import Problem
from pushstep.inputs import Inputs
from pushstep.report import markdown, outputs, plain
from pushstep.report.document import document, redacted
from pushstep.result import Report
from pushstep.surroundings import Here
from pushstep.text import cut

_LONGEST = 2000
"""Characters of a text in the report: a registry may answer 64 KB."""


def hand_over(here: Here, given: Inputs, report: Report, *, as_json: bool, planned: bool = False) -> int:
    """Write everything that tells of the run; returns the exit status.

    A file that cannot be written changes a good exit status to 1: what it should have told is lost, but
    what was pushed stands, and the other ways out are served all the same. What was `planned` only is shown,
    and tells the CI's later jobs nothing.
    """
    here.log.problems(report.errors)
    problems = [] if planned else list(_written(here, _for_ci(here, given, report)))
    told = _with(report, problems)
    path = (given.text("report") or "").strip()
    if path:
        file = FileWrite(path=here.in_workspace(path), text=_json(here, told), private=True, what="report")
        problems.extend(_written(here, [file]))
        told = _with(report, problems)
    if as_json:
        here.world.out(_json(here, told))
    elif planned:
        here.world.out(plain.plan(redacted(told, _clean(here)), here.paint))
    else:
        here.world.out("".join(f"{here.redactor(line)}\n" for line in outputs.lines(report)))
    here.log.say(_last_line(told))
    return told.exit


def _for_ci(here: Here, given: Inputs, report: Report) -> Iterator[FileWrite]:
    clean = redacted(report, _clean(here))
    values, emptied = outputs.without_secrets(outputs.outputs(report), here.redactor.finds)
    # the report was searched text by text: it survives without its secrets
    values["json"] = outputs.outputs(clean)["json"]
    emptied = [name for name in emptied if name != "json"]
    if emptied:
        here.log.caution(
            f"left empty, because the CI would drop them for holding a secret: {', '.join(emptied)}. "
            "digest and image-id survive."
        )
    wanted = (given.text("summary") or "true").strip().lower() not in ("false", "no", "off", "0")
    handover = here.ci.files(values, markdown.summary(clean) if wanted else None)
    for notice in handover.notices:
        here.log.notice(notice)
    yield from handover.files


def _written(here: Here, writes: Iterator[FileWrite] | list[FileWrite]) -> Iterator[Problem]:
    for one in writes:
        try:
            files.write(one)
        except OSError as error:
            problem = Problem(
                code="report",
                message=f"{one.what} could not be written to {one.path}: {error.strerror or error}",
                hint="The push itself is not touched by this; make the path writable.",
            )
            here.log.problems([problem])
            yield problem


def _with(report: Report, problems: list[Problem]) -> Report:
    if not problems:
        return report
    return replace(report, exit=report.exit or 1, errors=(*report.errors, *problems))


def _json(here: Here, report: Report) -> str:
    return document(redacted(report, _clean(here)))


def _last_line(report: Report) -> str:
    arrived = [tag for step in report.steps for place in step.destinations for tag in place.arrived]
    tail = f": {len(arrived)} {'tag' if len(arrived) == 1 else 'tags'}" if arrived else ""
    return f"{report.result}{tail}"


def _clean(here: Here) -> Callable[[str], str]:
    return lambda text: cut(here.redactor(text), _LONGEST)
