"""Whatever botocore raises, translated where the call is made."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pushstep.errors import Problem, StepError
from pushstep.registry.credentials.ecr import chain, refusals
from pushstep.registry.credentials.ecr.refusals import Refusal, Subject
from pushstep.values import dataclass

_STS = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity", "GetServiceBearerToken"})
"""Operations that are of STS although another one was called: a role is assumed before it."""
_CHAIN = (
    "Give accessKeyId and secretAccessKey, or `login: aws` with `aws-role-to-assume`, or let an earlier step "
    "or the job export AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What explains a fault beside its own words."""

    environ: Mapping[str, str]
    now: Callable[[], datetime]


@contextmanager
def translated(service: str, subject: Subject, around: Circumstances) -> Iterator[None]:
    """Turn what botocore raises for a request to `service` into a `StepError`."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow, and most runs need it not

    try:
        yield
    except ClientError as error:
        raise StepError(refusals.problem(_refusal(error, service, around), subject)) from None
    except BotoCoreError as error:
        raise StepError(_failure(error, subject)) from None
    except OSError as error:
        # the file of AWS_WEB_IDENTITY_TOKEN_FILE is opened without further words
        what = f"a file that AWS's configuration names cannot be read: {error.filename}: {error.strerror}"
        raise StepError(_broken(what, "Check AWS_WEB_IDENTITY_TOKEN_FILE.")) from None
    except ValueError as error:
        what = f"AWS's configuration makes no sense: {error}"
        raise StepError(_broken(what, "Check AWS_ENDPOINT_URL and ~/.aws/config.")) from None


def received(answer: Mapping[str, Any], around: Circumstances) -> datetime:
    """When AWS answered, by its own clock where it says so: what it lends ends by that clock."""
    # botocore's answers have no types
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        found = parsedate_to_datetime(date)
    except ValueError:
        return around.now()
    # a zone that is said to be unknown is none to Python
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def no_credentials(around: Circumstances) -> StepError:
    """The default chain came to its end."""
    places = chain.looked_at(around.environ)
    return StepError(_broken(f"no AWS credentials: {places}", _CHAIN))


def _refusal(error: Any, service: str, around: Circumstances) -> Refusal:  # noqa: ANN401 - botocore has no types
    answer, operation = error.response, error.operation_name
    told = answer.get("Error", {})
    ahead: timedelta = around.now() - received(answer, around)
    return Refusal(
        action=f"{'sts' if operation in _STS else service}:{operation}",
        code=str(told.get("Code", "")),
        said=str(told.get("Message", "")),
        status=int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)),
        skew=ahead.total_seconds(),
    )


def _failure(error: Exception, subject: Subject) -> Problem:
    from botocore import exceptions  # noqa: PLC0415 - likewise

    match error:
        case exceptions.SSLError():
            hint = "Behind a proxy that opens TLS, AWS_CA_BUNDLE names the file of its authority."
            return Problem(code="tls", message=f"the certificate of AWS is not trusted: {error}", hint=hint)
        case exceptions.ConnectionError() | exceptions.HTTPClientError():
            return _unreachable(error, subject)
        case exceptions.ParamValidationError():
            return Problem(code="value", message=f"AWS takes no such value: {error}", hint="Check the step.")
        case _:
            return _broken(f"the AWS configuration or its login is broken: {error}", _CHAIN)


def _unreachable(error: Exception, subject: Subject) -> Problem:
    known = _regions()
    hint = (
        "Check the network of the machine that the run is on, HTTPS_PROXY and NO_PROXY, and AWS_ENDPOINT_URL."
    )
    if subject.where not in known:
        near = difflib.get_close_matches(subject.where, known, n=3)
        names = f": {', '.join(near)} come close" if near else ""
        hint = f"{subject.where} is no region that this version knows{names}. {hint}"
    message = f"AWS cannot be reached in {subject.where}: {error}"
    return Problem(code="unreachable", message=message, hint=hint, retryable=subject.where in known)


def _regions() -> list[str]:
    from botocore.session import Session  # noqa: PLC0415 - likewise

    session = Session()
    partitions = session.get_available_partitions()
    return [name for one in partitions for name in session.get_available_regions("ecr", one)]


def _broken(message: str, hint: str) -> Problem:
    return Problem(code="credentials", message=message, hint=hint)
