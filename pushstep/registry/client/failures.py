"""What a registry's refusal means, and whether asking again may help, by code, status and words; pure.

A code may mean several things: `DENIED` is a full quota at one registry, an immutable tag at another. So a
code that is clear comes first, then the registry's words, then what the code or the status mostly means.
Sources: OCI distribution specification 1.1, distribution registry/api/errcode, the registries' documentation.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from math import ceil
from types import MappingProxyType

from pushstep.errors import Problem, StepError
from pushstep.push.retry import asked as asked_in
from pushstep.push.retry import retry_after
from pushstep.registry import error_texts
from pushstep.registry.client.answer import Answer
from pushstep.registry.client.challenge import Bearer, preferred
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from pushstep.registry.messages import meaning, worded
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Whom and what a request is about, for the words of its failure."""

    host: str
    repository: str
    credential: Credential
    hint: str = ""
    """What the CI advises where no credential was found."""
    deed: str = "push to"


class RegistryError(StepError):
    """A request that came to nothing."""

    def __init__(self, problem: Problem, answer: Answer | None = None) -> None:
        super().__init__(problem)
        self.answer = answer
        """None: there was none."""
        self.asked: float | None = None
        """Seconds that the registry asks to wait."""
        self.reached = True
        """False: no connection to the registry ever came about."""
        self.missing: tuple[str, ...] | None = None
        """The registry lacks what a manifest names: these digests, or some that it does not tell."""
        self.silence = 0.0
        """Seconds that were spent in waiting for a sign."""
        self.spent = False
        """Whether all was done that helps within the attempt."""
        self.stale = False
        """Whether a token was refused that was good before: the next request comes with a new one."""

    @property
    def status(self) -> int | None:
        """The answer's."""
        return self.answer.status if self.answer else None

    @property
    def codes(self) -> tuple[str, ...]:
        """The specification's error codes that were answered."""
        return self.answer.codes if self.answer else ()


_CLEAR: Mapping[str, str] = MappingProxyType(
    {
        "TOOMANYREQUESTS": "rate-limit",
        "TAG_IMMUTABLE": "immutable",
        "TAG_ALREADY_EXISTS": "immutable",
        "NAME_UNKNOWN": "not-found",
        "REPOSITORY_NOT_FOUND": "not-found",
    }
)
"""Codes that mean the same wherever they come from."""
_CODES: Mapping[str, str] = MappingProxyType(
    {
        "DENIED": "denied",
        "FORBIDDEN": "denied",
        "UNAUTHORIZED": "login",
        "UNAVAILABLE": "unavailable",
        # the session of an upload is gone; a new one may stay
        "BLOB_UPLOAD_UNKNOWN": "unavailable",
        "BLOB_UNKNOWN": "registry",
        # GitLab answers 404 with it, which speaks of no repository
        "BLOB_UPLOAD_INVALID": "registry",
        "MANIFEST_UNKNOWN": "registry",
    }
)
_STATUSES: Mapping[int, str] = MappingProxyType(
    {
        401: "login",
        403: "denied",
        404: "not-found",
        429: "rate-limit",
        507: "quota",
        408: "unavailable",
        499: "unavailable",
    }
)
_FINAL = frozenset({501, 505, 507, 511})
"""Server errors that stay."""
_IN_WORDS = frozenset({"immutable", "quota", "rate-limit"})
"""What a text tells better than code and status."""
_CHANGED = frozenset({"DIGEST_INVALID", "SIZE_INVALID", "BLOB_UPLOAD_INVALID"})
_LACKING = frozenset({"MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"})
_TRANSIENT = frozenset({"rate-limit", "unavailable"})
_FIRST_SERVER_ERROR, _LAST_SERVER_ERROR = 500, 599
_PASSING = frozenset({408, 499})
_HINTS: Mapping[int, str] = MappingProxyType(
    {
        405: "It takes no pushes at all (a cache, say, or set to read-only), or not under this name.",
        413: "A proxy before it limits the size of a request: nginx's `client_max_body_size`, say.",
    }
)


def refused(answer: Answer, subject: Subject, now: datetime, code: str = "") -> RegistryError:
    """The failure that `answer` is; `code` where its meaning is known already."""
    code = code or _code(answer, subject)
    seconds = _asked(answer, now) if code in _TRANSIENT else None
    in_header = seconds is not None and "retry-after" in answer.headers
    text = f"{answer.text} (Retry-After: {ceil(seconds or 0)})" if in_header else answer.text
    problem = told(code, text, subject)
    if code == "registry" and answer.status in _HINTS:
        problem = replace(problem, hint=_HINTS[answer.status])
    failed = RegistryError(problem, answer)
    failed.asked = seconds
    return failed


def told(code: str, text: str, subject: Subject) -> Problem:
    """A problem in the words that the code has."""
    return worded(
        code,
        text,
        host=subject.host,
        repository=subject.repository,
        credential=subject.credential,
        hint=subject.hint,
        deed=subject.deed,
    )


def strange(what: str, subject: Subject, hint: str = "", answer: Answer | None = None) -> RegistryError:
    """An answer that no registry should give."""
    hint = (
        hint
        or "Something between here and the registry may answer in its place; `--debug` shows each request."
    )
    return RegistryError(Problem(code="registry", message=f"{subject.host} {what}", hint=hint), answer)


def no_registry(answer: Answer, subject: Subject) -> RegistryError:
    """What answers at `/v2/` is something else."""
    return strange(
        f"does not answer as a registry: {answer.text}",
        subject,
        "Check the host's name: a web page, a login portal or another service answers there.",
        answer,
    )


def differs(what: str, subject: Subject, answer: Answer | None = None) -> RegistryError:
    """A digest is not what it has to be."""
    hint = (
        "Push again; if it stays so, something between here and the registry changes what passes through it."
    )
    return RegistryError(Problem(code="digest", message=f"{subject.host}: {what}", hint=hint), answer)


def changed_on_the_way(failed: RegistryError) -> bool:
    """Whether the registry got other bytes of a blob than were sent."""
    # Nexus calls an upload invalid that its policy refuses, and says so
    return failed.problem.code == "registry" and bool(_CHANGED.intersection(failed.codes))


def is_about_the_login(answer: Answer) -> bool:
    """Whether a 401 may be for want of a login: GitLab's is one for a tag that must not be pushed, too."""
    text = error_texts.found(answer.text)
    return text is None or text.code == "login"


def lacking(failed: RegistryError, subject: Subject) -> RegistryError:
    """`failed`, or if it says so that what the manifest names is not there."""
    answer = failed.answer
    if answer is None or not _LACKING.intersection(answer.codes):
        return failed
    problem = Problem(
        code="digest",
        message=f"{subject.host} lacks what the manifest for {subject.repository} names: {answer.text}",
        hint="Push again: it is sent again then. If it stays so, the registry loses what it was given.",
        retryable=True,
    )
    lacks = RegistryError(problem, answer)
    lacks.missing = answer.digests
    return lacks


def in_doubt(failed: RegistryError) -> bool:
    """Whether what was sent may have been taken all the same: no answer came, or somebody else's."""
    if failed.status is None:
        return failed.problem.code == "unreachable" and not failed.spent
    return failed.status in _PASSING or _FIRST_SERVER_ERROR <= failed.status <= _LAST_SERVER_ERROR


def paused(seconds: float, subject: Subject) -> RegistryError:
    """The registry asked everybody to wait longer than a single request can."""
    text = f"it asked to wait before the next request (Retry-After: {ceil(seconds)})"
    failed = RegistryError(told("rate-limit", text, subject))
    failed.asked, failed.spent = seconds, True
    return failed


def _code(answer: Answer, subject: Subject) -> str:
    status = answer.status
    by_status = _STATUSES.get(status)
    if _FIRST_SERVER_ERROR <= status <= _LAST_SERVER_ERROR and status not in _FINAL:
        by_status = "unavailable"
    if by_status in ("unavailable", "rate-limit", "quota"):
        return by_status
    in_words = meaning(answer.text, host=subject.host, repository=subject.repository)
    by_words = in_words if in_words in _IN_WORDS or error_texts.found(answer.text) else None
    code = _first(_CLEAR, answer) or by_words or _first(_CODES, answer) or by_status or "registry"
    if code == "login" and (in_words == "denied" or _known_without_right(answer, subject)):
        return "denied"
    return code


def _first(codes: Mapping[str, str], answer: Answer) -> str | None:
    return next((codes[code] for code in answer.codes if code in codes), None)


def _known_without_right(answer: Answer, subject: Subject) -> bool:
    challenge = preferred(answer.headers.get("www-authenticate", ""))
    lacks = isinstance(challenge, Bearer) and challenge.error == "insufficient_scope"
    return lacks and subject.credential is not ANONYMOUS


def _asked(answer: Answer, now: datetime) -> float | None:
    header = answer.headers.get("retry-after")
    if header is None:
        return asked_in(answer.text, now)
    return retry_after(header, now)
