"""A credential and where it came from; it cannot be printed by accident."""

from collections.abc import Callable
from dataclasses import field
from typing import Literal

from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """What a registry is told: a user name with a password, or a token.

    `kind` follows the Docker configuration's keys: `password`, `identitytoken` (exchanged at the
    token service by OAuth2), `registrytoken` (a bearer token that is sent as it is).
    """

    source: str
    """For people and the report: "input username/password", "Docker configuration (auths)", ..."""
    username: str = ""
    secret: str = field(default="", repr=False)
    kind: Literal["password", "identitytoken", "registrytoken"] = "password"
    denied: str = ""
    """What to know where it is denied something, if it is one that can do little by its nature."""
    renew: "Callable[[str], Credential] | None" = field(default=None, repr=False, compare=False)
    """Gives the same login with a secret that is good now, and not the one that it is told was refused.

    Raises `StepError`. None: the secret stays.
    """

    @property
    def current(self) -> "Credential":
        """What to log in with now."""
        return self.renew("") if self.renew else self

    @property
    def identity(self) -> str:
        """The report's `identity`: user name and source, never the secret."""
        return f"{self.username} ({self.source})" if self.username else self.source


ANONYMOUS = Credential(source="anonymous")
