"""A token service whose tokens distribution takes: JSON Web Tokens that name their own certificate.

Source: distribution docs/content/spec/auth/{jwt,token}.md, RFC 7515.
"""

import json
import threading
import time
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import trustme
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from tests.support.registries import PASSWORD, USER
from tests.support.small_servers import Heard, Reply

ISSUER, SERVICE = "tests", "registry of the tests"
LEEWAY = 60
"""Seconds for which distribution takes a token after its end."""


@dataclass
class Issuer:
    """Answers requests for tokens, all of which are granted to who knows the password; counts them."""

    authority: trustme.CA
    lifetime: Callable[[int], float] = lambda _: 300.0
    """Number of the token, from 1 → seconds for which a registry really takes it."""
    said: int = 300
    """Seconds that are told instead."""
    denies: Callable[[str], bool] = lambda _: False
    """Scopes that nobody is granted."""
    asked: list[Heard] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        leaf = self.authority.issue_cert("tokens.example.com")
        key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        self._key = key
        certificate = load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
        self._certificate = b64encode(certificate.public_bytes(Encoding.DER)).decode()

    def __call__(self, heard: Heard) -> Reply:
        """Answer one."""
        with self._lock:
            self.asked.append(heard)
            number = len(self.asked)
        scopes = heard.query.get("scope", [])
        if heard.login and b64decode(heard.login.partition(" ")[2]) != f"{USER}:{PASSWORD}".encode():
            return Reply(status=401, body=b'{"details": "incorrect username or password"}')
        token = self.token([one for one in scopes if not self.denies(one)], self.lifetime(number))
        return Reply(body=json.dumps({"token": token, "expires_in": self.said}).encode())

    def token(self, scopes: Sequence[str], seconds: float) -> str:
        """One for these scopes that a registry takes for so long."""
        now = time.time()
        access = [
            {"type": kind, "name": name, "actions": actions.split(",")}
            for kind, name, actions in (scope.split(":") for scope in scopes)
        ]
        claims = {
            "iss": ISSUER,
            "sub": USER,
            "aud": SERVICE,
            "jti": str(now),
            "access": access,
            # distribution reads whole seconds
            "nbf": int(now) - 600,
            "iat": int(now) - 600,
            "exp": int(now + seconds - LEEWAY),
        }
        header = {"typ": "JWT", "alg": "ES256", "x5c": [self._certificate]}
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ECDSA(SHA256())))
        return f"{signed}.{_encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    @property
    def scopes(self) -> list[list[str]]:
        """Of every request for a token."""
        return [one.query.get("scope", []) for one in self.asked]


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
