"""From the steps' endings to the run's result and exit status: the table of push-step.md 2.2."""

from collections.abc import Sequence

from pushstep.errors import Problem
from pushstep.result import Ending, Report, StepResult
from pushstep.values import dataclass

MISUSED = 2
"""Exit status of a run that was told something that makes no sense."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A step's result, and what it said about failing."""

    step: StepResult
    fail_fast: bool = True
    strict_fail_fast: bool = False

    @property
    def halts(self) -> bool:
        """Whether later steps are skipped because of it."""
        return self.step.result == "failure" and self.fail_fast


def conclude(ended: Sequence[Ended], *, errors: Sequence[Problem] = (), forced: int | None = None) -> Report:
    """The run's report. `forced` is the exit status of a run that did not get to its end: 2, 130 or 143."""
    steps = tuple(one.step for one in ended)
    results = {step.result for step in steps}
    result: Ending = "skipped"
    if "failure" in results or forced is not None:
        result = "failure"
    elif "success" in results:
        result = "success"
    failed = any(one.step.result == "failure" and (one.fail_fast or one.strict_fail_fast) for one in ended)
    status = int(failed) if forced is None else forced
    return Report(result=result, exit=status, errors=tuple(errors), steps=steps)
