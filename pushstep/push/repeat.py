"""A step's attempts, one after another, until there is no more to bring or time is over (push-step.md 8)."""

from contextlib import closing
from dataclasses import replace

from pushstep.errors import Stopped
from pushstep.push import remainder
from pushstep.push.attempt import Attempt
from pushstep.push.retry import waits
from pushstep.result import StepResult


def pushed(attempt: Attempt, result: StepResult) -> StepResult:
    """Make one attempt after another; a failed one costs only what is missing."""
    world, retry = attempt.here.world, attempt.step.retry
    schedule = waits(retry, world.jitter)
    with closing(attempt), world.interrupts.within(attempt.step.timeout):
        result = attempt.made(result)
        while (seconds := _until_next(attempt, result, next(schedule, None))) is not None:
            attempt.here.log.say(
                f"attempt {result.attempts} of {retry.max_attempts} failed; the next is in {seconds:.1f} s"
            )
            try:
                with world.interrupts.raising():
                    world.sleep(seconds)
            except Stopped:
                break  # it is told below
            result = attempt.made(result)
        stopped = world.interrupts.stopped
    if stopped and result.result != "success":
        problem = stopped.problem
        return replace(result, result="failure", reason=problem.message, error=problem)
    tries_again = retry.max_attempts > 1 and not attempt.options.dry_run
    return remainder.explained(result, world.now()) if tries_again else result


def _until_next(attempt: Attempt, result: StepResult, scheduled: float | None) -> float | None:
    if result.result != "failure" or attempt.options.dry_run or attempt.here.world.interrupts.stopped:
        return None
    return remainder.wait(result, scheduled, attempt.here.world.now())
