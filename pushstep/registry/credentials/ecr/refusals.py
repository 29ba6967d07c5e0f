"""What it means when AWS refuses a request, read from its error codes; its words come last.

Sources: the API references of STS, ECR and ECR Public ("Errors", "Common errors"), and the IAM guide
("Troubleshoot access denied error messages").
"""

import json
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from pushstep.errors import Problem
from pushstep.registry.credentials.ecr import policies
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import AUDIENCE, Identity, Keys
from pushstep.values import dataclass

_LONGEST = 2_000
_SKEWED = 60.0
"""Seconds that a clock may be wrong before it is worth a word; AWS bears five minutes."""

_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "AccessDenied": "denied",
        "AccessDeniedException": "denied",
        "NotAuthorized": "denied",
        "UnauthorizedOperation": "denied",
        "InvalidClientTokenId": "key",
        "UnrecognizedClientException": "key",
        "InvalidAccessKeyId": "key",
        "AuthFailure": "key",
        "SignatureDoesNotMatch": "signature",
        "InvalidSignatureException": "signature",
        "InvalidSignature": "signature",
        "IncompleteSignature": "signature",
        "RequestTimeTooSkewed": "clock",
        "RequestExpired": "clock",
        "ExpiredToken": "expired",
        "ExpiredTokenException": "expired",
        "InvalidIdentityToken": "provider",
        "InvalidIdentityTokenException": "provider",
        "IDPRejectedClaim": "provider",
        "IDPCommunicationError": "unavailable",
        "RegionDisabledException": "region",
        "OptInRequired": "region",
        "SubscriptionRequiredException": "region",
        "UnsupportedCommandException": "region",
        "RepositoryNotFoundException": "not-found",
        "RegistryNotFoundException": "not-found",
        "LimitExceededException": "quota",
        "Throttling": "rate-limit",
        "ThrottlingException": "rate-limit",
        "TooManyRequestsException": "rate-limit",
        "RequestLimitExceeded": "rate-limit",
        "SlowDown": "rate-limit",
    }
)
"""AWS's code → what it means: a code of ours, or a word that `_WORDS` and `problem` know."""

_WORDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "key": (
            "login",
            "AWS does not know the access key ({source})",
            "Check the access key and that it is of {where}'s AWS; a deactivated one is unknown too.",
        ),
        "signature": (
            "login",
            "the secret access key is not that of the access key ({source})",
            "Copy both anew, without blanks or line breaks.",
        ),
        "clock": (
            "login",
            "this machine's clock is {skew}",
            "Set the clock (NTP) where the run is; AWS takes requests that are up to five minutes old.",
        ),
        "expired": (
            "login",
            "the session of the AWS credentials is over ({source})",
            "Let the CI make new ones shortly before the push; a session lasts as long as its maker said.",
        ),
        "provider": (
            "credentials",
            "AWS does not take the CI's OIDC token",
            "IAM needs a provider (OpenID Connect) for the URL {issuer} and the audience {audience}.",
        ),
        "region": (
            "denied",
            "AWS does not serve this account in {where}",
            "Enable the region for the account (for STS: in the account settings of IAM), or give another.",
        ),
        "not-found": ("not-found", "AWS has no such repository or registry in {where}", "Check its name."),
        "quota": ("quota", "the account has as many of these in {where} as AWS lets it", "Ask AWS for more."),
        "rate-limit": ("rate-limit", "AWS asks to slow down", "Run it again later."),
        "unavailable": ("unavailable", "AWS failed", "Run it again: such failures pass."),
        "registry": ("registry", "AWS refused {action}", "AWS's own words are all there is to go by."),
    }
)
_PASSING = frozenset({"rate-limit", "unavailable"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What was asked of AWS, and as whom."""

    identity: Identity
    where: str
    """The region, for people."""
    statement: str = ""
    """What a policy lacks when it denies this; `""` where it follows from the action."""
    role: str = ""
    """The role that was to be assumed."""
    claims: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What the OIDC token says of the job; shown, never trusted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """AWS's answer."""

    action: str
    """As policies name it: `ecr:GetAuthorizationToken`."""
    code: str
    said: str
    status: int = 0
    skew: float | None = None
    """Seconds that this machine is ahead of AWS; None when the answer has no date."""


def problem(refusal: Refusal, subject: Subject) -> Problem:
    """Say what the refusal means and what to do."""
    meaning = _meaning(refusal)
    # the first line alone: behind it AWS repeats the request, tokens included
    said = refusal.said.strip().partition("\n")[0][:_LONGEST]
    if meaning == "denied":
        return _denied(subject, said, asked=refusal.action)
    code, message, hint = _WORDS[meaning]
    known = {
        "source": subject.identity.source,
        "where": subject.where,
        "skew": _skew(refusal.skew),
        "action": refusal.action,
        "issuer": subject.claims.get("iss", "of the CI"),
        "audience": AUDIENCE,
    }
    return Problem(
        code=code,
        message=f"{message.format(**known)}: {refusal.code}: {said}",
        hint=_hint(meaning, refusal, subject) or hint.format(**known),
        retryable=code in _PASSING,
    )


def push_denied(said: str, registry: Registry, repository: str, identity: Identity) -> Problem | None:
    """Say what the registry's words about a push mean; None when they are no denial in AWS's words."""
    if not policies.denied(said)[0]:
        return None
    needed = policies.push(registry, repository)
    return _denied(Subject(identity=identity, where=registry.region, statement=needed), said.strip())


def _meaning(refusal: Refusal) -> str:
    meaning = _MEANINGS.get(refusal.code, "")
    told = "Signature expired" in refusal.said or "Signature not yet current" in refusal.said
    if meaning in ("signature", "expired", "provider") and (told or abs(refusal.skew or 0) >= _SKEWED):
        return "clock"
    if not meaning and refusal.status >= 500:  # noqa: PLR2004 - HTTP's border between ours and theirs
        return "unavailable"
    return meaning or "registry"


def _hint(meaning: str, refusal: Refusal, subject: Subject) -> str:
    base = subject.identity.base
    if meaning == "key" and isinstance(base, Keys) and base.lacks_token:
        return "A key that begins with ASIA is one of a session: give sessionToken too."
    if meaning == "expired" and subject.claims:
        return (
            "The CI's OIDC token is over: a later step or job gets a new one. GitLab's lives as long as the "
            "job may take."
        )
    if "MaxSessionDuration" in refusal.said or "role chaining" in refusal.said:
        return (
            "Give a smaller aws_duration_seconds, or raise the role's maximum session duration; a role "
            "assumed through another one gets an hour at most."
        )
    return ""


def _denied(subject: Subject, said: str, *, asked: str = "") -> Problem:
    action, resource = policies.denied(said)
    action = action or asked
    return Problem(
        code="denied",
        message=f"AWS denies {action} ({subject.identity.source}): {said}",
        hint=_remedy(action, resource, subject, said),
    )


def _remedy(action: str, resource: str, subject: Subject, said: str) -> str:
    if "explicit deny" in said:
        return (
            "A policy denies it explicitly, and no statement that allows helps: look for the Deny in the "
            "identity's, the organisation's (SCP) and the resource's policies."
        )
    caller = policies.caller(said)
    if action == "sts:AssumeRoleWithWebIdentity" and subject.role:
        statement = policies.federation(subject.role, subject.claims)
        return f"The role must exist, and its trust policy say: {statement}"
    if action == "sts:AssumeRole" and subject.role:
        own, trust = policies.assumption(subject.role), policies.trust(caller or "ARN OF THE CALLER")
        return f"The caller's policy must say: {own} The role's trust policy must say: {trust}"
    whose = f"the policy of {caller}" if caller else "the identity's policy"
    return f"Add to {whose}: {_statement(action, resource, subject)}{_elsewhere(said)}"


def _statement(action: str, resource: str, subject: Subject) -> str:
    if subject.statement and json.dumps(action) in subject.statement:
        return subject.statement
    return policies.allow([action], resource or "*")


def _elsewhere(said: str) -> str:
    """Name the kind of policy that AWS names, where it is not the identity's own."""
    kinds = ("service control policy", "resource control policy", "permissions boundary", "session policy")
    kind = next((kind for kind in (*kinds, "VPC endpoint policy") if f"no {kind}" in said), "")
    return f" It is the {kind} that does not allow it." if kind else ""


def _skew(seconds: float | None) -> str:
    if seconds is None or abs(seconds) < _SKEWED:
        return "wrong, or the request was on its way too long"
    minutes, rest = divmod(round(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest)
    return f"{' '.join(parts)} {'ahead of' if seconds > 0 else 'behind'} that of AWS"
