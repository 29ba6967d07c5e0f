"""The statements that AWS's policies lack when they deny something, as JSON that can be pasted."""

import json
import re
from collections.abc import Mapping, Sequence

from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import AUDIENCE

_PUSH = (
    "BatchCheckLayerAvailability",
    "InitiateLayerUpload",
    "UploadLayerPart",
    "CompleteLayerUpload",
    "PutImage",
)
_READ = ("BatchGetImage", "GetDownloadUrlForLayer")
"""What comparing with the tags that are there takes, and promoting from there."""
_DENIED = re.compile(r"perform: (?P<action>[a-z0-9-]+:[A-Za-z]+)(?: on resource: (?P<resource>\S+))?")
_USER = re.compile(r"User: (?P<user>arn:\S+)")


def token(*, public: bool) -> str:
    """What asking for a token takes; it is no right to any one repository."""
    if public:
        return allow(["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"], "*")
    return allow(["ecr:GetAuthorizationToken"], "*")


def push(registry: Registry, repository: str) -> str:
    """What a push to `repository` takes, besides a token."""
    if registry.public:
        return allow([f"ecr-public:{name}" for name in _PUSH], registry.arn(repository))
    return allow([f"ecr:{name}" for name in (*_PUSH, *_READ)], registry.arn(repository))


def creation(registry: Registry, repository: str, *, tagged: bool) -> str:
    """What creating `repository` takes."""
    service = "ecr-public" if registry.public else "ecr"
    actions = ["CreateRepository", *(["TagResource"] if tagged else [])]
    return allow([f"{service}:{name}" for name in actions], registry.arn(repository))


def assumption(role: str) -> str:
    """What the caller of a role needs."""
    return allow(["sts:AssumeRole"], role)


def trust(caller: str) -> str:
    """What the trust policy of a role must say of the one who assumes it."""
    return _json({"Effect": "Allow", "Principal": {"AWS": caller}, "Action": "sts:AssumeRole"})


def federation(role: str, claims: Mapping[str, str]) -> str:
    """What the trust policy of a role must say of the CI whose OIDC token has these claims."""
    partition, account = role.split(":")[1], role.split(":")[4]
    issuer = claims.get("iss", "https://ISSUER").removeprefix("https://")
    equal = {f"{issuer}:aud": AUDIENCE, f"{issuer}:sub": claims.get("sub", "SUBJECT")}
    return _json(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:{partition}:iam::{account}:oidc-provider/{issuer}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": equal},
        }
    )


def allow(actions: Sequence[str], resource: str) -> str:
    """A statement of a policy."""
    action = actions[0] if len(actions) == 1 else list(actions)
    return _json({"Effect": "Allow", "Action": action, "Resource": resource})


def denied(said: str) -> tuple[str, str]:
    """The action and the resource that AWS's words deny, `""` for what they do not name."""
    found = _DENIED.search(said)
    return (found["action"], found["resource"] or "") if found else ("", "")


def caller(said: str) -> str:
    """Whom AWS's words deny something, `""` when they do not say."""
    found = _USER.search(said)
    return found["user"] if found else ""


def _json(statement: Mapping[str, object]) -> str:
    return json.dumps(statement)
