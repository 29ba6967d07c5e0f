"""What the Docker SDK raises, and all that it stands on, told as the one error of a daemon that failed."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from docker.errors import DockerException, StreamParseError
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from pushstep.errors import Problem, StepError
from pushstep.text import visible

FOREIGN = (DockerException, StreamParseError, RequestException, HTTPError, HTTPException, OSError)


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Raise whatever fails in here as `StepError` (daemon)."""
    try:
        yield
    except FOREIGN as error:
        raise failure(address, f"failed: {said(error)}") from None


def failure(address: str, what: str) -> StepError:
    """The error of the daemon that listens at `address`."""
    return StepError(
        Problem(
            code="daemon",
            message=f"the Docker daemon at {address} {what}",
            hint="Its own log says more; `docker info` tells whether it runs.",
            retryable=True,
        )
    )


def said(error: BaseException) -> str:
    """What the innermost error says: the SDK wraps a refused connection four times."""
    explanation = getattr(error, "explanation", None)
    if explanation:
        return visible(str(explanation))
    return visible(str(innermost(error)))


def innermost(error: BaseException) -> BaseException:
    """The error that the others were raised for."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
