"""Credentials of AWS for an identity: kept for the run, exchanged for a role's, masked before first use."""

import math
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any

from pushstep.registry.credentials import oidc
from pushstep.registry.credentials.ecr import chain, faults
from pushstep.registry.credentials.ecr.faults import Circumstances, translated
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import Chain, Identity, Keys, Role, WebIdentity
from pushstep.registry.credentials.ecr.lease import Lease
from pushstep.registry.credentials.ecr.refusals import Subject

_CONNECT, _READ = 10, 30
"""Seconds."""
_ATTEMPTS = 3

Session = Any
"""boto3 has no types: its sessions and clients are known by what is called on them."""
Client = Any


class Sessions:
    """The sessions of a run; threads may share it."""

    def __init__(
        self, *, around: Circumstances, seconds: Callable[[], float], mask: Callable[[str], None]
    ) -> None:
        self.around = around
        self._seconds = seconds
        self._mask = mask
        self._held: dict[Identity, Lease[Session]] = {}
        self._chain: Session | None = None
        self._any: bool | None = None
        self._loader: Any = None
        self._lock = threading.RLock()

    def client(self, service: str, identity: Identity, region: str, at: Registry | None = None) -> Client:
        """A client of `service` in `region`, of the kind of endpoint that the host of `at` is of."""
        session = self._session(identity, region)
        # botocore refuses both at once; who names an endpoint has decided
        names = ("AWS_ENDPOINT_URL", f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}")
        named = any(self.around.environ.get(name) for name in names)
        special = at if at and not named else None
        options = {
            "use_fips_endpoint": True if special and special.fips else None,
            "use_dualstack_endpoint": True if special and special.dual_stack else None,
        }
        with self._lock, self.translated(service, Subject(identity=identity, where=region)):
            # a session is not made for threads while it makes clients
            return session.client(service, region_name=region, config=_config(**options))

    def translated(self, service: str, subject: Subject) -> AbstractContextManager[None]:
        """What a request to `service` may raise becomes a `StepError`."""
        return translated(service, subject, self.around)

    def finds_any(self, region: str) -> bool:
        """Whether the default chain finds credentials; raises `StepError` when it breaks on its way."""
        subject = Subject(identity=Identity(base=Chain()), where=region)
        with self._lock, self.translated("sts", subject):
            # asking a machine for its role takes seconds where it has none: once is enough
            if self._any is None:
                self._any = self._default().get_credentials() is not None
            return self._any

    def region(self) -> str:
        """The region that the environment or the profile names, or `""`."""
        environ = self.around.environ
        # botocore knows the second name alone, AWS's other tools both
        named = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
        with self.translated("sts", Subject(identity=Identity(base=Chain()), where="")):
            return named or self._default().region_name or ""

    def source(self, identity: Identity, region: str) -> str:
        """`identity.source`, with the link of the chain that gave the credentials."""
        if not isinstance(identity.base, Chain):
            return identity.source
        found = self._session(Identity(base=identity.base), region).get_credentials()
        link = chain.WORDS.get(found.method, found.method)
        return identity.source.replace("default chain", f"default chain ({link})")

    def _session(self, identity: Identity, region: str) -> Session:
        with self._lock:
            held = self._held.get(identity)
            if held is None or not held.holds(self._seconds()):
                held = self._made(identity, region)
                self._held[identity] = held
            return held.value

    def _made(self, identity: Identity, region: str) -> Lease[Session]:
        if identity.role:
            base = Identity(base=identity.base)
            return self._assumed(base, identity.role, region)
        match identity.base:
            case Keys() as keys:
                session = self._of(keys.access_key_id, keys.secret_access_key, keys.session_token)
            case WebIdentity() as web:
                return self._federated(identity, web, region)
            case _:
                session = self._found(identity, region)
        return Lease(value=session, renew_at=math.inf)

    def _default(self) -> Session:
        with self._lock:
            self._chain = self._chain or self._new()
            return self._chain

    def _found(self, identity: Identity, region: str) -> Session:
        if not self.finds_any(region):
            raise faults.no_credentials(self.around)
        session = self._default()
        with self.translated("sts", Subject(identity=identity, where=region)):
            frozen = session.get_credentials().get_frozen_credentials()
        self._mask_all(frozen.access_key, frozen.secret_key, frozen.token or "")
        return session

    def _assumed(self, base: Identity, role: Role, region: str) -> Lease[Session]:
        client = self.client("sts", base, region)
        with self.translated("sts", Subject(identity=base, where=region, role=role.arn)):
            answer = client.assume_role(**_request(role))
        return self._lent(answer)

    def _federated(self, identity: Identity, web: WebIdentity, region: str) -> Lease[Session]:
        token = web.token()
        self._mask_all(token)
        claims = MappingProxyType(oidc.claims(token))
        subject = Subject(identity=identity, where=region, role=web.role.arn, claims=claims)
        # the token is the proof: without a signature no other credential is looked for
        config = _config(signature_version=_unsigned())
        with self.translated("sts", subject):
            client = self._new().client("sts", region_name=region, config=config)
            answer = client.assume_role_with_web_identity(**_request(web.role), WebIdentityToken=token)
        return self._lent(answer)

    def _lent(self, answer: Mapping[str, Any]) -> Lease[Session]:
        given = answer["Credentials"]
        session = self._of(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        left = given["Expiration"] - faults.received(answer, self.around)
        return Lease.of(session, seconds=left.total_seconds(), now=self._seconds())

    def _of(self, access_key: str, secret_key: str, token: str) -> Session:
        self._mask_all(access_key, secret_key, token)
        # nothing goes into the environment: children of this process would read it there
        return self._new(
            aws_access_key_id=access_key, aws_secret_access_key=secret_key, aws_session_token=token or None
        )

    def _new(self, **keys: str | None) -> Session:
        import boto3  # noqa: PLC0415 - slow, and most runs need it not
        from botocore.session import get_session  # noqa: PLC0415 - likewise

        inner = get_session()
        # what AWS's endpoints are is read from large files: once for all sessions
        self._loader = self._loader or inner.get_component("data_loader")
        inner.register_component("data_loader", self._loader)
        # the clients that the chain makes for itself shall not wait longer than ours
        inner.set_default_client_config(_config())
        return boto3.Session(botocore_session=inner, **keys)

    def _mask_all(self, *secrets: str) -> None:
        for secret in filter(None, secrets):
            self._mask(secret)


def _config(**options: object) -> Any:  # noqa: ANN401 - botocore has no types
    from botocore.config import Config  # noqa: PLC0415 - likewise

    retries = {"mode": "standard", "total_max_attempts": _ATTEMPTS}
    return Config(connect_timeout=_CONNECT, read_timeout=_READ, retries=retries, **options)


def _unsigned() -> object:
    from botocore import UNSIGNED  # noqa: PLC0415 - likewise

    return UNSIGNED


def _request(role: Role) -> Mapping[str, Any]:
    return {"RoleArn": role.arn, "RoleSessionName": role.session_name, "DurationSeconds": role.seconds}
