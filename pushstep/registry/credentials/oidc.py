"""The CI's OIDC token: what a cloud takes as proof of the job, in place of a stored secret.

    GitHub   GET $ACTIONS_ID_TOKEN_REQUEST_URL&audience=... with $ACTIONS_ID_TOKEN_REQUEST_TOKEN
    others   PUSHSTEP_ID_TOKEN, made by the CI for an audience that the job names (GitLab's `id_tokens`)

A token is asked for only by a method of login that needs one, which knows for whom it must be.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import quote, urlsplit

from pushstep.errors import Problem, StepError
from pushstep.values import dataclass

_REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 - the name of a variable
GIVEN = "PUSHSTEP_ID_TOKEN"
"""The variable in which a CI that makes tokens with the job gives one."""
LARGEST = 64 * 1024
"""Bytes of an answer, and characters of a token."""
_WAITS = (1.0, 4.0)
"""Seconds between attempts: GitHub's token service is known to fail for a moment."""
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back over HTTP."""

    status: int
    body: bytes
    """At most 64 KB and a byte, so that a longer one can be told."""


class Get(Protocol):
    """Asks for a URL; follows no redirect, raises OSError when nothing answers."""

    def __call__(self, url: str, headers: Mapping[str, str], /) -> Answer:
        """Ask once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a token is made from."""

    environ: Mapping[str, str]
    get: Get
    sleep: Callable[[float], None]
    mask: Callable[[str], None]
    hint: str
    """How this CI gives a token to a job, in its own words (`CI.id_token_hint`)."""


def token(audience: str, around: Surroundings) -> str:
    """A token of this job for `audience`, masked. Raises `StepError` when the CI gives none."""
    environ = around.environ
    if given := environ.get(GIVEN):
        around.mask(given)
        return _for(audience, given, around)
    url, bearer = environ.get(_REQUEST_URL), environ.get(REQUEST_TOKEN)
    if not url or not bearer:
        raise _broken(
            f"the CI gives this job no OIDC token: neither {_REQUEST_URL} nor {GIVEN} is set", around
        )
    around.mask(bearer)
    asked = _requested(url, bearer, audience, around)
    around.mask(asked)
    return _for(audience, asked, around)


def claims(text: str) -> dict[str, str]:
    """What a token says of itself, texts only; for people, no decision may rest on it."""
    try:
        payload = text.split(".")[1]
        content = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, IndexError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    audience = content.get("aud")
    joined = ", ".join(map(str, audience)) if isinstance(audience, list) else audience
    return {name: str(value) for name, value in {**content, "aud": joined}.items() if isinstance(value, str)}


def _for(audience: str, text: str, around: Surroundings) -> str:
    known = claims(text)
    if len(text) > LARGEST or not known:
        raise _broken("the CI's OIDC token is no JSON Web Token", around)
    if audience not in known.get("aud", "").split(", "):
        raise _broken(f"the CI's OIDC token is for {known.get('aud')!r}, not for {audience!r}", around)
    return text


def _requested(url: str, bearer: str, audience: str, around: Surroundings) -> str:
    if urlsplit(url).scheme != "https":
        raise _broken(f"{_REQUEST_URL} is no https URL, and the token that asks is a secret", around)
    url = f"{url}{'&' if '?' in url else '?'}audience={quote(audience, safe='')}"
    answer = _answered(url, {"Authorization": f"Bearer {bearer}", "Accept": "application/json"}, around)
    try:
        content = json.loads(answer.body) if len(answer.body) <= LARGEST else None
    except (ValueError, RecursionError):
        content = None
    match content:
        case {"value": str(value)} if answer.status == 200 and value:  # noqa: PLR2004 - HTTP's OK
            return value
        case {"message": str(said)}:
            raise _refused(answer.status, said, around)
        case _:
            raise _refused(answer.status, "no JSON object with a token", around)


def _answered(url: str, headers: Mapping[str, str], around: Surroundings) -> Answer:
    answer = _once(url, headers, around)
    for wait in _WAITS:
        if isinstance(answer, Answer) and answer.status not in _PASSING:
            break
        around.sleep(wait)
        answer = _once(url, headers, around)
    if isinstance(answer, Answer):
        return answer
    message = f"GitHub's service for OIDC tokens cannot be reached at {urlsplit(url).hostname}: {answer}"
    hint = "Check the network of the machine that the job is on, HTTPS_PROXY and NO_PROXY."
    raise StepError(Problem(code="unreachable", message=message, hint=hint, retryable=True))


def _once(url: str, headers: Mapping[str, str], around: Surroundings) -> Answer | OSError:
    try:
        return around.get(url, headers)
    except OSError as error:
        return error
    except ValueError:
        # its words would quote the bearer
        raise _broken(f"{_REQUEST_URL} or {REQUEST_TOKEN} holds what no request can", around) from None


def _refused(status: int, said: str, around: Surroundings) -> StepError:
    return StepError(
        Problem(
            code="credentials",
            message=f"GitHub's service for OIDC tokens answered with status {status}: {said}",
            hint=around.hint,
            retryable=status in _PASSING,
        )
    )


def _broken(message: str, around: Surroundings) -> StepError:
    return StepError(Problem(code="credentials", message=message, hint=around.hint))
