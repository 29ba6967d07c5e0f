"""What is understood and this version does not do yet: the one place to strike things out of.

Asked only where a step is about to run: one that `when` excludes needs nothing of it.
"""

from collections.abc import Iterator

from pushstep.errors import InputError, Problem
from pushstep.registry.reference import is_host
from pushstep.step.document import Path
from pushstep.step.model import Step
from pushstep.step.placeholders import holds_variable
from pushstep.step.raw import RawStep
from pushstep.step.resolution import resolve
from pushstep.step.transport import Transport, conflicts
from pushstep.step.validation import Finding
from pushstep.step.variables import Variables
from pushstep.step.walk import substituted

_LOG_IN = "Log in to ECR and give username and password."


def runnable(raw: RawStep, variables: Variables, transport: Transport = "auto") -> Step:
    """The typed step, as `resolve` gives it; raises `InputError` also for what it asks for in vain."""
    put, _ = substituted(raw, variables)
    vain = (*unsupported(put), *conflicts(put, transport))
    told = tuple(problem.path for problem in vain if problem.path)
    try:
        step = resolve(raw, variables)
    except InputError as error:
        rest = [problem for problem in error.problems if not (problem.path or "").startswith(told)]
        raise InputError([*vain, *rest]) from None
    if vain:
        raise InputError(vain)
    return step


def unsupported(raw: RawStep) -> tuple[Problem, ...]:
    """What the step asks for in vain."""
    return tuple(raw.problem(finding) for finding in _findings(raw))


def _findings(raw: RawStep) -> Iterator[Finding]:
    if raw.fields.get("provider") == "ecr":
        yield _not_yet(("provider",), "'ecr'", _LOG_IN)
    registry = raw.fields.get("registry")
    if isinstance(registry, list):
        for number, name in enumerate(registry):
            yield from _registry(name, ("registry", number))
    else:
        yield from _registry(registry, ("registry",))
    yield from _registry(raw.fields.get("registry_context"), ("registry_context",))
    if raw.fields.get("role_arn"):
        yield _not_yet(("role_arn",), "role_arn", _LOG_IN)


def _registry(name: object, loc: Path) -> Iterator[Finding]:
    if not isinstance(name, str) or not name.strip() or holds_variable(name):
        return
    if not is_host(name.removeprefix("https://").removeprefix("http://").partition("/")[0]):
        hint = "Write the registry's host, such as ghcr.io, and give user name and password."
        yield _not_yet(loc, f"a registry by a logical name ({name!r})", hint)


def _not_yet(loc: Path, what: str, hint: str) -> Finding:
    return Finding(loc=loc, code="unsupported", what=f": {what} is not supported yet", hint=hint)
