"""Hooks for the port in front of a registry (`wire`): which requests are spoiled, how, and who may ask at all."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.support.wire import Answered, Exchange, Fault, Hook, Kind


@dataclass
class Spoiled:
    """Requests of one kind get into the faults, one after the other, until none is left."""

    method: str
    kind: Kind
    faults: Sequence[Fault | Hook]
    fits: Callable[[Exchange], bool] = lambda _: True
    hit: list[Exchange] = field(default_factory=list)
    """The requests that got into one."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, one: Exchange) -> Fault | None:
        """Spoil this one, if it is its turn."""
        if (one.method, one.kind) != (self.method, self.kind) or not self.fits(one):
            return None
        with self._lock:
            if len(self.hit) == len(self.faults):
                return None
            self.hit.append(one)
            fault = self.faults[len(self.hit) - 1]
        return fault(one) if callable(fault) else fault


@dataclass
class Doorkeeper:
    """Asks for a token where the registry itself asks for none; the port is the token service as well."""

    given: int = 0
    """Tokens until now; only the last one is good."""
    expired: int = 0
    host: str = ""
    """The port's own."""

    def __call__(self, one: Exchange) -> Fault | None:
        """Give a token, or see whether one is good."""
        if one.kind == Kind.TOKEN:
            self.given += 1
            return Answered(status=200, body=json.dumps({"token": f"token{self.given}"}).encode())
        if self.given > self.expired and one.headers.get("Authorization") == f"Bearer token{self.given}":
            return None
        challenge = f'Bearer realm="http://{self.host}/token",service="registry"'
        return Answered(status=401, headers={"WWW-Authenticate": challenge}, body=b"{}")

    def expire(self) -> None:
        """Let no token be good any more."""
        self.expired = self.given


def one_after_another(*hooks: Hook) -> Hook:
    """What the first of them says that says something."""

    def asked(one: Exchange) -> Fault | None:
        return next((fault for hook in hooks if (fault := hook(one)) is not None), None)

    return asked


def refusals(*statuses: int, page: bool = False) -> list[Fault]:
    """Answers of these statuses, without or with a proxy's page."""
    if page:
        headers = {"Content-Type": "text/html"}
        return [Answered(status=one, headers=headers, body=b"<html><title>Sorry</title>") for one in statuses]
    return [Answered(status=one) for one in statuses]
