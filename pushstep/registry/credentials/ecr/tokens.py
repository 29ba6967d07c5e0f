"""Logins at ECR: a token for an identity, kept for the run and asked for anew before it ends."""

import base64
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pushstep.errors import Problem, StepError
from pushstep.registry.credentials.credential import Credential
from pushstep.registry.credentials.ecr import faults, hosts, policies
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import Chain, Identity, fitting
from pushstep.registry.credentials.ecr.lease import Lease
from pushstep.registry.credentials.ecr.refusals import Subject
from pushstep.registry.credentials.ecr.sessions import Sessions
from pushstep.registry.reference import NameFormatError

_LARGEST = 64 * 1024


class Tokens:
    """The logins of a run; threads may share it, and one asks for all."""

    def __init__(
        self, *, sessions: Sessions, seconds: Callable[[], float], mask: Callable[[str], None]
    ) -> None:
        self.sessions = sessions
        self._seconds = seconds
        self._mask = mask
        self._held: dict[object, Lease[Credential]] = {}
        self._lock = threading.Lock()

    def registry(self, identity: Identity, *, account: str = "", region: str = "") -> Registry:
        """The registry of an account in a region; what is left out is that of the caller.

        Raises `NameFormatError` where no region is known, `StepError` where AWS does not tell the account.
        """
        where = hosts.region(region or self.sessions.region() or _no_region())
        return hosts.private(account or self._account(identity, where), where)

    def credential(self, registry: Registry, identity: Identity, refused: str = "") -> Credential:
        """What logs `identity` in at `registry`, and renews itself for as long as it is needed.

        `refused` is a password that the registry takes no more: AWS may withdraw one before its end. Raises
        `StepError`, and `NameFormatError` when the two cannot fit.
        """
        # a token is good for every registry that the identity may use: the account makes no difference
        key = (registry.region, registry.public, registry.fips, registry.dual_stack, identity)
        with self._lock:
            held = self._held.get(key)
            if held is None or not held.holds(self._seconds()) or held.value.secret == refused:
                held = self._asked(registry, fitting(identity, registry))
                self._held[key] = held
        return replace(held.value, renew=partial(self.credential, registry, identity))

    def ambient(self, registry: Registry) -> Credential | None:
        """What the default chain gives for `registry`; None when it finds no credentials at all."""
        found = self.sessions.finds_any(registry.region)
        return self.credential(registry, Identity(base=Chain())) if found else None

    def _account(self, identity: Identity, region: str) -> str:
        client = self.sessions.client("sts", identity, region)
        with self.sessions.translated("sts", Subject(identity=identity, where=region)):
            return str(client.get_caller_identity()["Account"])

    def _asked(self, registry: Registry, identity: Identity) -> Lease[Credential]:
        service, region = ("ecr-public" if registry.public else "ecr"), registry.region
        client = self.sessions.client(service, identity, region, registry)
        needed = policies.token(public=registry.public)
        with self.sessions.translated(service, Subject(identity=identity, where=region, statement=needed)):
            answer = client.get_authorization_token()
        data = _data(answer)
        token = data.get("authorizationToken") or ""
        if token:
            self._mask(token)
        try:
            username, _, password = base64.b64decode(token[:_LARGEST], validate=True).decode().partition(":")
        except ValueError:
            username = password = ""
        if not password or len(token) > _LARGEST:
            what = f"ECR in {region} answered without a token"
            raise StepError(Problem(code="registry", message=what, hint="Run it again.", retryable=True))
        self._mask(password)
        source = f"ECR token by {self.sessions.source(identity, region)}"
        received = faults.received(answer, self.sessions.around)
        left = data.get("expiresAt", received) - received
        credential = Credential(source=source, username=username, secret=password)
        return Lease.of(credential, seconds=left.total_seconds(), now=self._seconds())


def _data(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one token of the answer: public registries give it alone, others in a list."""
    data = answer.get("authorizationData") or {}
    return (data[0] if isinstance(data, list) else data) or {}


def _no_region() -> str:
    raise NameFormatError(
        "no AWS region is known for ECR",
        "Give `region`, or let the job set AWS_REGION.",
        code="missing",
    )
