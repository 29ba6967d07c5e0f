"""One run from top to bottom: inputs, step, decision, plan, push, report."""

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pushstep import inputs
from pushstep.conditions.decision import Condition, Fail, Skip
from pushstep.conditions.names import Known
from pushstep.conditions.when import decide
from pushstep.errors import InputError, Interrupted, Problem
from pushstep.handover import hand_over
from pushstep.inputs import Given, Inputs
from pushstep.javascript import JavaScript
from pushstep.push.plan import needs_names, plan
from pushstep.redact import url_passwords
from pushstep.report.conclusion import MISUSED, Ended, conclude
from pushstep.result import Report, StepResult
from pushstep.step.from_inputs import step_and_options
from pushstep.surroundings import Here, surroundings
from pushstep.world import World

_BUG = 1
_SECRET = re.compile(
    "TOKEN|SECRET|PASSWORD|PASSWD|PRIVATE|CREDENTIAL|(?:^|_)(?:PASS|JWT|DSN|KEY|AUTH|PAT)(?:_|$)"
)
"""Names of variables that conditions must not use (push-step.md 3)."""


def push(
    world: World, options: Mapping[str, Given], switches: frozenset[str], wrong: tuple[Problem, ...]
) -> int:
    """The command `push`: `options` are the command line's, `wrong` is what was wrong with it."""
    with world.interrupts.watched():
        here = surroundings(world, switches)
        given = _read(here, options, wrong, password_waits="password-stdin" in switches)
        return hand_over(here, given, _run(here, given), as_json="json" in switches)


def _read(
    here: Here, options: Mapping[str, Given], wrong: tuple[Problem, ...], *, password_waits: bool
) -> Inputs:
    levels = dict(options)
    if password_waits:
        text = _standard_input(here)
        # `echo` ends its line, and no password does
        levels["password"] = Given(text=text.removesuffix("\n").removesuffix("\r"), where="--password-stdin")
    given = inputs.read(levels, here.world.environ, on_github=here.ci.context.ci == "github")
    for secret in _secrets(here, given):
        here.log.mask(secret, username=given.text("username") or "")
    return replace(given, problems=(*wrong, *given.problems))


def _standard_input(here: Here) -> str:
    try:
        with here.world.interrupts.raising():
            return here.world.read_input()
    except Interrupted:
        return ""  # the run ends before it uses this, and then in the way that every run does


def _secrets(here: Here, given: Inputs) -> Iterator[str]:
    yield from given.secrets
    own = here.ci.context.own_registry
    if own and own.password:
        yield own.password
    yield from url_passwords(here.world.environ.values())


def _run(here: Here, given: Inputs) -> Report:
    """Whatever happens, a report comes out."""
    try:
        ended = _step(here, given)
    except InputError as error:
        report = conclude([], errors=_explained(here, error.problems), forced=MISUSED)
    except Interrupted as error:
        report = conclude([], errors=[error.problem], forced=error.exit_status)
    except Exception:  # noqa: BLE001 - a bug of ours must not cost the outputs of what was pushed
        for line in traceback.format_exc().splitlines():
            here.log.say(line)
        problem = Problem(code="bug", message="pushstep failed in a way it does not know", hint="Report it.")
        report = conclude([], errors=[problem], forced=_BUG)
    else:
        stopped = here.world.interrupts.received
        report = conclude([ended], forced=stopped.exit_status if stopped else None)
    return report


def _explained(here: Here, problems: Sequence[Problem]) -> list[Problem]:
    """Tell a user whose secrets are empty by design (a fork's pull request) that they are."""
    withheld = here.ci.context.withheld
    return [
        replace(problem, hint=withheld)
        if withheld and problem.code == "missing" and problem.path in ("username", "password")
        else problem
        for problem in problems
    ]


def _step(here: Here, given: Inputs) -> Ended:
    here.world.interrupts.check()
    for notice in given.notices:
        here.log.say(f"notice: {notice}")
    started = here.world.seconds()
    with JavaScript() as engine:
        step, options = step_and_options(given, engine)
        laid = None if needs_names(step) else plan(step, here.ci.context)
        decision = decide(step.when, _known(here), engine)
    for notice in (*step.when.notices, *decision.notices):
        here.log.say(f"notice: {notice}")
    for condition in decision.conditions:
        here.log.say(_condition(condition))
    result = StepResult(
        name=step.name,
        title=step.title or step.name,
        result="skipped",
        candidate=step.candidate.text,
        conditions=decision.conditions,
    )
    match decision:
        case Skip(reason=reason):
            here.log.say(f"skipped: {reason}")
            result = replace(result, reason=reason)
        case Fail(problem=problem):
            here.log.problems([problem])
            result = replace(result, result="failure", reason=problem.message, error=problem)
        case _:
            # the SDK takes a while to load, and a skipped step does without
            from pushstep.push.attempt import Attempt  # noqa: PLC0415

            result = Attempt(here=here, step=step, options=options, laid=laid, result=result).made()
    result = replace(result, duration_seconds=round(here.world.seconds() - started, 3))
    return Ended(step=result, fail_fast=step.fail_fast, strict_fail_fast=step.strict_fail_fast)


def _known(here: Here) -> Known:
    variables = here.ci.context.variables

    def is_secret(name: str) -> bool:
        return bool(_SECRET.search(name)) or any(url_passwords([variables[name]]))

    return Known(variables=variables, is_secret=is_secret)


def _condition(condition: Condition) -> str:
    said = [condition.message] if condition.message else []
    if condition.expression != condition.substituted:
        said = [condition.expression, f"with its values: {condition.substituted}", *said]
    elif condition.kind == "condition":
        said = [condition.expression, *said]
    explained = f" ({'; '.join(said)})" if said else ""
    return f"when {condition.kind} {condition.name}: {condition.outcome}{explained}"
