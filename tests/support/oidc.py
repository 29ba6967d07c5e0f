"""GitHub's service for OIDC tokens on this machine, and tokens that nobody signed."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme


def jwt(**claims: object) -> str:
    """A token that says so of itself."""
    header, payload = (
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=")
        for one in ({"alg": "RS256"}, claims)
    )
    return f"{header}.{payload}.c2ln"


@dataclass
class Service:
    """What it answers, in turn, and what it was asked."""

    url: str
    context: ssl.SSLContext
    """Trusts it."""
    answers: list[tuple[int, bytes, Mapping[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and authorization."""

    def say(self, status: int, content: object, headers: Mapping[str, str] | None = None) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.answers.append((status, body, headers or {}))


@contextmanager
def serving(authority: trustme.CA, *names: str) -> Iterator[Service]:
    """Run one, over TLS, with a certificate of `authority`, for these names as well."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers.get("authorization", "")))
            status, body, headers = found.answers.pop(0)
            if status < 0:
                self.wfile.write(b"hello\r\n")
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    context, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1", *names).configure_cert(context)
    authority.configure_trust(trusting)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = f"https://127.0.0.1:{server.server_address[1]}/token"
        found = Service(url=f"{url}?api-version=2.0", context=trusting)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield found
        server.shutdown()
