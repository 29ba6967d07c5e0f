"""Registries in memory behind TLS and a login, at hosts of the internet that lead to this machine."""

import base64
import json
import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from tests.support import routing, small_servers
from tests.support.small_servers import Answer, Heard, Reply, Server, Shelf


@dataclass
class Guarded:
    """A registry that takes one login, by Basic, or by the tokens of a service at the same host."""

    username: str
    password: str
    token_service: str = ""
    shelf: Shelf = field(default_factory=Shelf)

    def __call__(self, heard: Heard) -> Reply:
        login = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        if heard.path == "/token":
            if heard.login == f"Basic {login}":
                return Reply(body=json.dumps({"token": "token-of-the-service"}).encode())
            return Reply(status=401)
        wanted = "Bearer token-of-the-service" if self.token_service else f"Basic {login}"
        if heard.login == wanted:
            return self.shelf(heard)
        how = (
            f'Bearer realm="{self.token_service}",service="it"' if self.token_service else 'Basic realm="it"'
        )
        return Reply(status=401, headers={"WWW-Authenticate": how})

    @property
    def names(self) -> set[str]:
        """What it has under tags."""
        return {f"{path}:{tag}" for path, tag in self.shelf.manifests if not tag.startswith("sha256:")}


@dataclass
class Hosts:
    """Where names of the internet lead, for the processes that are given `environ`."""

    authority: trustme.CA
    stack: ExitStack
    folder: Path
    routes: dict[str, str] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)

    def serve(self, host: str, answer: Answer) -> Server:
        """Let `host` be a server with TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(host).configure_cert(context)
        server = self.stack.enter_context(small_servers.serving(answer, tls=context))
        self.servers[host] = server
        self.routes[host] = server.host
        return server

    def environ(self, given: Mapping[str, str]) -> dict[str, str]:
        """The variables of a process that goes there, and trusts the certificates."""
        trusted = self.folder / "authority.pem"
        trusted.write_bytes(self.authority.cert_pem.bytes())
        return {
            "SSL_CERT_FILE": str(trusted),
            **routing.routed(self.folder / "routing", given, self.routes),
        }
