"""Why an image cannot be pushed: the one error that every source of images raises."""

from pushstep.errors import Problem, StepError


def unfit(message: str, hint: str) -> StepError:
    """The error (candidate) that says what is wrong with the image, and what to do now."""
    return StepError(Problem(code="candidate", message=message, hint=hint, path="candidate"))
