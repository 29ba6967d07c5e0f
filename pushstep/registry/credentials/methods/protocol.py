"""A way to log in with what a job is, or has by itself, in place of a stored secret."""

from collections.abc import Collection
from typing import Protocol

from pushstep.registry.credentials.credential import Credential
from pushstep.registry.credentials.wanted import Wanted


class Method(Protocol):
    """One provider's. Each verb answers None for the hosts of others, and raises `StepError` for its own."""

    @property
    def hosts(self) -> str:
        """For whose hosts it is, in words."""

    @property
    def parameters(self) -> Collection[str]:
        """Inputs that ask for it by themselves: nobody gives them for another reason."""

    def chosen(self, wanted: Wanted, /) -> Credential | None:
        """What it gives where it was asked for; what is missing then is an error that says what to add."""

    def unasked(self, wanted: Wanted, notices: list[str], /) -> Credential | None:
        """What is there without being asked for, or None; adds to `notices`."""

    def advice(self, wanted: Wanted, /) -> str:
        """What to do at a host of its own where nobody gave a login; `""` leaves that to the CI."""
