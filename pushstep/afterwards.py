"""What is to be done after a step; nothing in it can change what the step came to (push-step.md 9)."""

from collections.abc import Callable
from pathlib import Path

from pushstep import files
from pushstep.errors import InputError
from pushstep.report import notes
from pushstep.report.notes import NoValueError
from pushstep.result import Annotation, StepResult
from pushstep.step.operations import Evaluate, FileContent
from pushstep.step.raw import RawStep
from pushstep.step.resolution import operations
from pushstep.step.variables import Variables
from pushstep.surroundings import Here

_LARGEST = 4096


def noted(
    here: Here, raw: RawStep, result: StepResult, variables: Variables, evaluate: Callable[[str], str]
) -> tuple[Annotation, ...]:
    """Note what the step's operations say; `variables` know what it came to, and so does `evaluate`."""
    if result.result == "skipped":
        return ()

    def value(wanted: Evaluate | FileContent) -> str:
        if isinstance(wanted, Evaluate):
            return evaluate(wanted.expression)
        return _content(here, wanted.path)

    try:
        wanted = operations(raw, variables, result.result)
    except InputError as error:
        for problem in error.problems:
            here.log.caution(f"post-step operations are left out: {problem.message} {problem.hint}".strip())
        return ()
    entries, warnings = notes.annotations(wanted, value)
    for sentence in notes.sentences(entries):
        here.log.say(sentence)
    for warning in warnings:
        here.log.caution(warning)
    return entries


def _content(here: Here, path: str) -> str:
    """The text of a small file of the workspace."""
    place = Path(here.in_workspace(path)).resolve()
    folder = Path(here.workspace).resolve()
    inside = place.relative_to(folder).parts if place.is_relative_to(folder) else (".git",)
    secret = any(place.is_relative_to(one) for one in _configurations(here))
    if ".git" in inside or secret:
        raise NoValueError(f"{path} is no file of the workspace that may be shown")
    try:
        return files.read_small(str(place), _LARGEST).decode().strip()
    except (OSError, ValueError) as error:
        raise NoValueError(f"{path} cannot be read: {files.reason(error)}") from None


def _configurations(here: Here) -> list[Path]:
    environ = here.world.environ
    found = [environ.get("DOCKER_CONFIG"), environ.get("REGISTRY_AUTH_FILE")]
    found += [f"{environ['HOME']}/.docker"] if environ.get("HOME") else []
    return [Path(one).resolve() for one in found if one]
