"""One run from top to bottom: inputs, steps, what they come to, report."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pushstep import inputs, sequence
from pushstep.conditions.decision import RegexEngine
from pushstep.errors import BUG, InputError, Interrupted, Problem
from pushstep.handover import hand_over
from pushstep.inputs import Given, Inputs
from pushstep.javascript import JavaScript
from pushstep.masking import mask
from pushstep.registry.credentials.ecr import creation
from pushstep.report.conclusion import MISUSED, Ended, conclude
from pushstep.result import Report
from pushstep.source import document, listed
from pushstep.step.steps import gathered, problems
from pushstep.step.variables import Variables
from pushstep.step.variables import given as variables_given
from pushstep.surroundings import Here, surroundings
from pushstep.world import World

_BUG = 1


def push(
    world: World, options: Mapping[str, Given], switches: frozenset[str], wrong: tuple[Problem, ...]
) -> int:
    """The command `push`: `options` are the command line's, `wrong` is what was wrong with it."""
    with world.interrupts.watched():
        here = surroundings(world, switches)
        given = _read(here, options, wrong, password_waits="password-stdin" in switches)
        return hand_over(here, given, _run(here, given), as_json="json" in switches)


def plan(
    world: World, options: Mapping[str, Given], switches: frozenset[str], wrong: tuple[Problem, ...]
) -> int:
    """The command `plan`: what `push` does when it is dry, for people; 1 where there is no way to push."""
    with world.interrupts.watched():
        here = surroundings(world, switches, brief=True)
        dry = {**options, "dry-run": Given(text="true", where="plan")}
        given = _read(here, dry, wrong, password_waits="password-stdin" in switches)
        report = _run(here, given)
        failed = report.result == "failure" and not report.exit
        report = replace(report, exit=1) if failed else report
        return hand_over(here, given, report, as_json="json" in switches, planned=True)


def _read(
    here: Here, options: Mapping[str, Given], wrong: tuple[Problem, ...], *, password_waits: bool
) -> Inputs:
    levels = dict(options)
    if password_waits:
        text = _standard_input(here)
        # `echo` ends its line, and no password does
        levels["password"] = Given(text=text.removesuffix("\n").removesuffix("\r"), where="--password-stdin")
    given = inputs.read(levels, here.world.environ, on_github=here.ci.context.ci == "github")
    if password_waits and (given.text("step") or "").strip() == "-":
        message = f"{given.where('step')} and --password-stdin both read standard input"
        hint = "Give the document as a file, or the password as PUSHSTEP_PASSWORD."
        wrong = (*wrong, Problem(code="conflict", message=message, hint=hint, path=given.where("step")))
    mask(here, given)
    return replace(given, problems=(*wrong, *given.problems))


def _standard_input(here: Here) -> str:
    try:
        with here.world.interrupts.raising():
            return here.world.read_input()
    except Interrupted:
        return ""  # the run ends before it uses this, and then in the way that every run does


def _run(here: Here, given: Inputs) -> Report:
    """Whatever happens, a report comes out, with every step that ended before it."""
    ended: list[Ended] = []
    try:
        with JavaScript() as engine:
            for one in _steps(here, given, engine):
                ended.append(one)  # noqa: PERF402 - what ended before an error is kept
    except InputError as error:
        return conclude(ended, errors=_explained(here, error.problems), forced=MISUSED)
    except Interrupted as error:
        return conclude(ended, errors=[error.problem], forced=error.exit_status)
    except Exception:  # noqa: BLE001 - a bug of ours must not cost the outputs of what was pushed
        for line in traceback.format_exc().splitlines():
            here.log.say(line)
        return conclude(ended, errors=[BUG], forced=_BUG)
    stopped = here.world.interrupts.received
    return conclude(ended, forced=stopped.exit_status if stopped else None)


def _explained(here: Here, problems: Sequence[Problem]) -> list[Problem]:
    """Tell a user whose secrets are empty by design (a fork's pull request) that they are."""
    withheld = here.ci.context.withheld
    return [
        replace(problem, hint=withheld) if withheld and _is_withheld(problem) else problem
        for problem in problems
    ]


def _is_withheld(problem: Problem) -> bool:
    path = problem.path or ""
    entry = path.startswith("registries.") and path.endswith((".username", ".password"))
    return (problem.code == "missing" and path in ("username", "password")) or (
        entry and problem.code in ("value", "variable")
    )


def _steps(here: Here, given: Inputs, engine: RegexEngine) -> Iterator[Ended]:
    """Read what there is to do, refuse what makes no sense, and do it."""
    here.world.interrupts.check()
    environ = here.world.environ
    told, wrong = variables_given(given.text("variables"), environ, where=given.where("variables"))
    variables = Variables(given=told, ci=here.ci.context.variables, environ=environ)
    for secret in variables.secrets():
        here.log.mask(secret)
    registries, misread = listed(here, given)
    secrets = registries.to_mask(variables)
    for secret in secrets:
        here.log.mask(secret)
    wrong = (*wrong, *misread, *_uncreated(given))
    try:
        steps = gathered(given, document(here, given, secrets), registries)
    except InputError as error:
        raise InputError([*given.problems, *wrong, *registries.problems, *error.problems]) from None
    for secret in steps.secrets(variables):
        here.log.mask(secret)
    for notice in steps.notices:
        here.log.notice(notice)
    found = (*wrong, *problems(steps, engine))
    if found:
        raise InputError(found)
    yield from sequence.run(here, steps, variables, engine)


def _uncreated(given: Inputs) -> Sequence[Problem]:
    """What is wrong with `create-repository`."""
    try:
        creation.parse(given.text("create-repository") or "false", where=given.where("create-repository"))
    except InputError as error:
        return error.problems
    return ()
