"""As whom AWS is asked: where the first credentials come from, and the role that is assumed with them."""

import re
from collections.abc import Callable
from dataclasses import field

from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.reference import NameFormatError
from pushstep.values import dataclass

AUDIENCE = "sts.amazonaws.com"
"""For whom an OIDC token that goes to AWS must be made."""

_ROLE = re.compile("arn:(aws[a-z-]*):iam::([0-9]{12}):role/[A-Za-z0-9_+=,.@/-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """A role to assume."""

    arn: str
    session_name: str = "default-session-name"
    seconds: int = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """Access keys that the run was given; nothing of the environment completes them."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)

    @property
    def lacks_token(self) -> bool:
        """Whether the key is one of a session, and the session's token was not given."""
        return self.access_key_id.startswith("ASIA") and not self.session_token


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """What AWS's own tools would find: environment, files, the machine's role."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WebIdentity:
    """A role that takes the CI's OIDC token instead of keys."""

    role: Role
    token: Callable[[], str] = field(repr=False, compare=False)
    """Gives a token for `AUDIENCE`; asked whenever the role is assumed anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """The first credentials, and the role that they are exchanged for."""

    base: Keys | Chain | WebIdentity
    role: Role | None = None

    @property
    def source(self) -> str:
        """Where it comes from, in words for people; nothing in it is secret."""
        match self.base:
            case Keys():
                first = "accessKeyId"
            case WebIdentity(role=role):
                first = f"the CI's OIDC token, {role.arn}"
            case _:
                first = "the AWS default chain"
        return f"{first}, {self.role.arn}" if self.role else first


def keys(access_key_id: str, secret_access_key: str, session_token: str = "") -> Keys | None:
    """The keys that a step gives, None when it gives none. Raises `NameFormatError` for half of them."""
    given = {
        "accessKeyId": access_key_id,
        "secretAccessKey": secret_access_key,
    }
    if not any(given.values()) and not session_token:
        return None
    for name, value in given.items():
        if not value:
            raise NameFormatError(
                f"the AWS keys have no {name}",
                "Give accessKeyId and secretAccessKey together; an undefined secret is an empty text.",
                code="missing",
            )
    return Keys(access_key_id=access_key_id, secret_access_key=secret_access_key, session_token=session_token)


def fitting(identity: Identity, registry: Registry) -> Identity:
    """Return `identity` if its roles can be of the registry's partition, whose names end at its border."""
    first = identity.base.role if isinstance(identity.base, WebIdentity) else None
    for role in filter(None, (first, identity.role)):
        found = _ROLE.fullmatch(role.arn)
        if not found:
            raise NameFormatError(
                f"{role.arn!r} is no ARN of a role",
                "Write arn:aws:iam::ACCOUNT:role/NAME, 12 digits for ACCOUNT.",
            )
        if found[1] != registry.partition:
            raise NameFormatError(
                f"the role {role.arn} is of {found[1]}, but {registry.region} is of {registry.partition}",
                "No role reaches across AWS partitions: give one of the registry's.",
                code="conflict",
            )
    return identity
