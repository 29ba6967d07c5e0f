"""The token service that a registry names: asked by `GET` with the password, which all of them take.

An identity token goes by `POST` (OAuth2), and where that is not taken as the password of its user name.

Sources: distribution docs/content/spec/auth/{token,oauth}.md.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import field
from urllib.parse import urlencode

from pushstep.registry.client.answer import LARGEST, Answer
from pushstep.registry.client.challenge import Bearer
from pushstep.registry.client.exchange import Account, Ask, Body
from pushstep.registry.client.failures import refused, strange
from pushstep.registry.client.network import Network
from pushstep.registry.client.patience import patiently
from pushstep.registry.client.urls import AddressError, origin, shown, with_query
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from pushstep.values import dataclass

REFUSALS = frozenset({400, 401, 403, 404})
_NOT_TAKEN = REFUSALS | {405}
_OK = 200
_LIFETIME = 60.0
"""Seconds that a token is good for when nothing is said."""
_LONGEST = 86400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """What the service gave; `seconds` are how long it says that it is good for."""

    text: str = field(repr=False)
    seconds: float


class TokenService:
    """How it is asked."""

    def __init__(
        self, network: Network, ask: Callable[[Ask, Account], Answer], mask: Callable[[str], None]
    ) -> None:
        self._network = network
        self._ask = ask
        self._mask = mask

    def token(
        self,
        credential: Credential,
        challenge: Bearer,
        scopes: list[str],
        account: Account,
        *,
        encrypted: bool,
    ) -> Token:
        """Ask for a token; `encrypted`: the registry speaks TLS. Raises `RegistryError`, `Cancelled`."""
        self._check(challenge.realm, account, encrypted=encrypted)
        answer = None
        if credential.kind == "identitytoken":
            answer = self._answer(_posted(credential, challenge, scopes), account)
        if answer is None or (answer.status in _NOT_TAKEN and credential.username):
            answer = self._answer(_got(credential, challenge, scopes), account)
        if answer.status != _OK:
            code = "login" if answer.status in REFUSALS else ""
            raise refused(answer, account.subject, self._network.now(), code)
        return self._read(answer, account)

    def _check(self, realm: str, account: Account, *, encrypted: bool) -> None:
        try:
            scheme, _, _ = origin(realm)
        except AddressError as error:
            raise strange(f"names a token service that is none: {error}", account.subject) from None
        if scheme != "https" and encrypted:
            what = f"names a token service without TLS, {shown(realm)}"
            raise strange(what, account.subject, "No login goes there; have the registry name it with https.")

    def _answer(self, ask: Ask, account: Account) -> Answer:
        def once() -> Answer:
            answer = self._ask(ask, account)
            failed = refused(answer, account.subject, self._network.now())
            if answer.status != _OK and failed.problem.retryable:
                raise failed
            return answer

        return patiently(self._network, once)

    def _read(self, answer: Answer, account: Account) -> Token:
        data = _object(answer.body)
        for name in ("token", "access_token", "refresh_token"):
            if isinstance(secret := data.get(name), str) and secret:
                self._mask(secret)
        text = data.get("token") or data.get("access_token")
        if not isinstance(text, str) or not text.isascii() or not text.isprintable():
            raise strange(f"names a token service that gave no token: {shown(answer.url)}", account.subject)
        return Token(text=text, seconds=_seconds(data.get("expires_in")))


def _got(credential: Credential, challenge: Bearer, scopes: list[str]) -> Ask:
    query = [("account", credential.username), ("service", challenge.service)]
    query += [("scope", one) for one in scopes]
    login = {} if credential is ANONYMOUS else {"Authorization": basic(credential)}
    return Ask(method="GET", url=with_query(challenge.realm, query), headers=login)


def _posted(credential: Credential, challenge: Bearer, scopes: list[str]) -> Ask:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": credential.secret,
        "service": challenge.service,
        "client_id": "pushstep",
        "scope": " ".join(scopes),
    }
    content = urlencode(form).encode()
    return Ask(
        method="POST",
        url=challenge.realm,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=Body(len(content), lambda: iter([content]), lambda _: None),
    )


def basic(credential: Credential) -> str:
    """User name and password, as `Authorization` wants them (RFC 7617)."""
    pair = f"{credential.username}:{credential.secret}".encode("utf-8", "surrogateescape")
    return f"Basic {b64encode(pair).decode('ascii')}"


def _object(body: bytes) -> dict[str, object]:
    try:
        data = json.loads(body) if len(body) <= LARGEST else None
    except (ValueError, RecursionError):
        data = None
    return data if isinstance(data, dict) else {}


def _seconds(value: object) -> float:
    # Python's booleans are numbers, and JSON's numbers may be larger than any of Python's with a point
    if not isinstance(value, int | float) or isinstance(value, bool):
        return _LIFETIME
    return float(min(value, _LONGEST)) if value > 0 else 0.0
