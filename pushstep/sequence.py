"""Several steps, one after the other: for each `when`, its values, its push, and what follows it."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from types import MappingProxyType

from pushstep import afterwards
from pushstep.conditions.decision import Decision, Fail, RegexEngine, Run, Skip
from pushstep.conditions.when import decide
from pushstep.errors import InputError, Problem, StepError
from pushstep.push.choice import choose
from pushstep.push.plan import needs_names, plan
from pushstep.report.conclusion import Ended
from pushstep.report.notes import evaluated
from pushstep.report.outputs import for_later_steps
from pushstep.report.plain import condition_line, headline, intentions
from pushstep.result import Annotation, StepResult
from pushstep.step.entries import Entries
from pushstep.step.model import Step
from pushstep.step.past import Past
from pushstep.step.raw import RawStep
from pushstep.step.resolution import Outline, later_remarks, outline, resolve, when_of
from pushstep.step.steps import Steps
from pushstep.step.variables import Variables
from pushstep.surroundings import Here
from pushstep.values import dataclass


def run(here: Here, steps: Steps, variables: Variables, engine: RegexEngine) -> Iterator[Ended]:
    """Run them, each when it is asked for; raises `InputError` as long as nothing was pushed or failed.

    A signal ends what goes on; the steps behind it are skipped, and so are those behind a failure that halts.
    """
    past = Past(steps)
    reason = ""
    begun = False
    here.world.interrupts.check()
    for raw in steps.selected:
        one = _One(here=here, steps=steps, raw=raw, given=variables, past=past)
        ended = one.skipped(reason) if reason else one.run(engine, begun=begun)
        begun = begun or any(place.arrived for place in ended.step.destinations)
        begun = begun or ended.step.result == "failure"
        if here.world.interrupts.received:
            reason = reason or here.world.interrupts.received.problem.message
        elif ended.halts:
            reason = f"step `{raw.name}` failed before it"
        yield ended


@dataclass(frozen=True, kw_only=True, slots=True)
class _One:
    """One step, before it is run."""

    here: Here
    steps: Steps
    raw: RawStep
    given: Variables
    past: Past

    def run(self, engine: RegexEngine, *, begun: bool) -> Ended:
        """Run it; `begun` says that an earlier one pushed or failed."""
        seconds = self.here.world.seconds
        started = seconds()
        known = outline(self.raw, self._variables())
        title = headline(self._begun(known))
        # one step alone is what the whole log is about
        several = len(self.steps.selected) > 1
        with self.here.log.section("step", title) if several else nullcontext():
            result = self._result(known, engine, begun=begun)
        result = replace(result, duration_seconds=round(seconds() - started, 3))
        self._tell(result)
        metadata = self._noted(known, result, engine)
        return Ended(
            step=replace(result, metadata=metadata),
            fail_fast=known.fail_fast,
            strict_fail_fast=known.strict_fail_fast,
        )

    def skipped(self, reason: str) -> Ended:
        """What it comes to where an earlier one ended the run."""
        result = replace(self._begun(outline(self.raw, self._variables())), reason=reason)
        self._tell(result)
        return Ended(step=result)

    def _variables(self, **facts: str) -> Variables:
        variables = self.past.variables(self.given)
        return replace(
            variables, ci=MappingProxyType({**variables.ci, "CF_STEP_NAME": self.raw.name, **facts})
        )

    def _attempts(self, number: int, known: Outline) -> Variables:
        return self._variables(CF_CURRENT_ATTEMPT=str(number), CF_MAX_ATTEMPTS=str(known.retry.max_attempts))

    def _noted(self, known: Outline, result: StepResult, engine: RegexEngine) -> tuple[Annotation, ...]:
        variables = self._attempts(max(result.attempts, 1), known)
        known_now = self.past.known(variables)

        def evaluate(expression: str) -> str:
            return evaluated(expression, known_now, engine)

        return afterwards.noted(self.here, self.raw, result, variables, evaluate)

    def _begun(self, known: Outline) -> StepResult:
        return StepResult(
            name=self.raw.name,
            title=known.title or self.raw.name,
            stage=known.stage,
            result="skipped",
            candidate=known.candidate,
        )

    def _result(self, known: Outline, engine: RegexEngine, *, begun: bool) -> StepResult:
        when, _ = when_of(self.raw)
        self._notice(self.raw.remarks(self.steps.registries.kinds))
        decision = decide(when, self.past.known(self._variables()), engine)
        self._notice((*when.notices, *decision.notices))
        self._show(decision)
        result = replace(self._begun(known), conditions=decision.conditions)
        match decision:
            case Skip(reason=reason):
                return replace(result, reason=reason)
            case Fail(problem=problem):
                return _failed(result, self.raw.own_problem(problem))
            case Run():
                return self._resolved(known, result, begun=begun)

    def _resolved(self, known: Outline, result: StepResult, *, begun: bool) -> StepResult:
        try:
            return self._pushed(known, result)
        except StepError as error:
            return _failed(result, error.problem)
        except InputError as error:
            if not begun:
                raise
            self.here.log.problems(error.problems[1:])
            return _failed(result, error.problems[0])

    def _pushed(self, known: Outline, result: StepResult) -> StepResult:
        variables, registries, options = self._attempts(1, known), self.steps.registries, self.steps.options
        step = resolve(self.raw, variables, registries.kinds, options.transport)
        self._notice(later_remarks(self.raw, variables, registries.kinds))
        try:
            return self._sent(step, registries.entries(variables), result)
        except InputError as error:
            raise InputError(map(self.raw.own_problem, error.problems)) from None

    def _sent(self, step: Step, entries: Entries, result: StepResult) -> StepResult:
        choice = choose(step, entries)
        is_clear = choice.is_located and not needs_names(step)
        laid = plan(step, self.here.ci.context, choice=choice) if is_clear else None
        # the SDK takes a while to load, and a skipped step does without
        from pushstep.push import repeat  # noqa: PLC0415
        from pushstep.push.attempt import Attempt  # noqa: PLC0415

        attempt = Attempt(here=self.here, step=step, options=self.steps.options, choice=choice, laid=laid)
        return repeat.pushed(attempt, result)

    def _notice(self, notices: Iterable[str]) -> None:
        for notice in notices:
            self.here.log.notice(notice)

    def _show(self, decision: Decision) -> None:
        for condition in decision.conditions:
            self.here.log.say(condition_line(condition))

    def _tell(self, result: StepResult) -> None:
        """Let later steps know how it ended, and say it, outside of what a CI folds."""
        self.past.add(self.raw.name, for_later_steps(result))
        errors = [place.error for place in result.destinations if place.error]
        self.here.log.problems([result.error, *errors] if result.error else errors)
        for line in intentions(result):
            self.here.log.say(line)
        if result.result == "skipped" and result.reason:
            self.here.log.say(f"skipped: {result.reason}")


def _failed(result: StepResult, problem: Problem) -> StepResult:
    return replace(result, result="failure", reason=problem.message, error=problem)
