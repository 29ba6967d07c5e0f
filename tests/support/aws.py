"""AWS on this machine: moto's server, and a front before it that counts, changes and answers for it.

What moto does not do, the front does: ECR Public, tokens with a future, and refusals of every kind.
"""

import base64
import json
import re
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCOUNT = "123456789012"
"""Moto's own; another one is reached by a role of it."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request to AWS."""

    action: str
    headers: Mapping[str, str]
    fields: Mapping[str, Any]

    @property
    def access_key(self) -> str:
        """With which key it is signed, `""` when it is not."""
        return self.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]

    @property
    def session_token(self) -> str:
        return self.headers.get("x-amz-security-token", "")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What AWS says."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Rule = Callable[[Asked], Answer | None]
"""Answers instead of moto, or leaves it to moto."""


@dataclass
class Aws:
    """The front: its address, what it was asked, and what it does differently from moto."""

    address: str
    moto: str
    asked: list[Asked] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    expiry: Callable[[], float] | None = None
    """When tokens end (seconds since the epoch), in place of moto's 1 January 2015."""

    @property
    def actions(self) -> list[str]:
        return [one.action for one in self.asked]

    def control(self, path: str, body: str = "") -> None:
        """Tell moto something beside AWS's own interfaces."""
        # moto reads no body that looks like a form
        headers = {"content-type": "text/plain"}
        url = f"{self.moto}/moto-api/{path}"
        urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers)).close()

    @contextmanager
    def governed(self) -> Iterator[None]:
        """Let moto's IAM check signatures and policies."""
        self.control("reset-auth", "0")
        yield
        self.control("reset-auth", "inf")

    @contextmanager
    def ungoverned(self) -> Iterator[None]:
        """Leave it be again, for whoever makes the policies."""
        self.control("reset-auth", "inf")
        yield
        self.control("reset-auth", "0")

    def refuse(self, action: str, answer: Answer) -> None:
        self.rules.append(lambda asked: answer if asked.action == action else None)

    def answer(self, asked: Asked, forward: Callable[[], Answer]) -> Answer:
        self.asked.append(asked)
        ruled = next((found for rule in self.rules if (found := rule(asked))), None)
        answer = ruled or _public(asked) or _own_words(asked, forward())
        if self.expiry and asked.action == "ecr:GetAuthorizationToken" and answer.status == 200:
            content = json.loads(answer.body)
            for one in content["authorizationData"]:
                one["expiresAt"] = self.expiry()
            answer = json_answer(200, content)
        return answer


def refusal(
    code: str, message: str, *, status: int = 400, date: float | None = None, xml: bool = False
) -> Answer:
    """A refusal as STS writes it (`xml`), or as ECR does; `date` is when it says it was made."""
    headers = {"date": when(date)} if date is not None else {}
    if xml:
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        text = f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{error}</ErrorResponse>'
        return Answer(status=status, headers={"content-type": "text/xml", **headers}, body=text.encode())
    answer = json_answer(status, {"__type": code, "message": message})
    return Answer(status=status, headers={**answer.headers, **headers}, body=answer.body)


_IN_JSON = {
    "AccessDenied": "AccessDeniedException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}


def _own_words(asked: Asked, answer: Answer) -> Answer:
    """Moto's IAM refuses in XML, whatever was asked; ECR does so in JSON and with names of its own."""
    found = re.search("<Code>(.*)</Code>\\s*<Message>(.*)</Message>", answer.body.decode(errors="replace"))
    if not found or asked.action.startswith("sts:"):
        return answer
    return refusal(_IN_JSON[found[1]], found[2])


def _public(asked: Asked) -> Answer | None:
    match asked.action:
        case "ecr-public:GetAuthorizationToken":
            token = base64.b64encode(b"AWS:public-password").decode()
            return json_answer(200, {"authorizationData": {"authorizationToken": token, "expiresAt": 4e9}})
        case "ecr-public:CreateRepository":
            return json_answer(200, {"repository": {"repositoryName": asked.fields["repositoryName"]}})
        case _:
            return None


def json_answer(status: int, content: Mapping[str, object], *, date: float | None = None) -> Answer:
    """What AWS says as JSON; `date` is when it says that it said so."""
    headers = {"content-type": "application/x-amz-json-1.1", **({"date": when(date)} if date else {})}
    return Answer(status=status, headers=headers, body=json.dumps(content).encode())


def when(seconds: float) -> str:
    """As a header has it."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


_TARGETS = {"AmazonEC2ContainerRegistry_V20150921": "ecr", "SpencerFrontendService": "ecr-public"}


def _asked(headers: Mapping[str, str], body: bytes) -> Asked:
    if target := headers.get("x-amz-target", ""):
        service, _, operation = target.partition(".")
        return Asked(action=f"{_TARGETS[service]}:{operation}", headers=headers, fields=json.loads(body))
    fields = dict(urllib.parse.parse_qsl(body.decode()))
    return Asked(action=f"sts:{fields.get('Action', '')}", headers=headers, fields=fields)


@contextmanager
def moto() -> Iterator[str]:
    """Moto's server in a process of its own; gives its address."""
    code = "import sys; from moto.server import main; main(['-H', '127.0.0.1', '-p', '0'])"
    command = [sys.executable, "-W", "ignore", "-u", "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "Running on http://" in line:
                    break
            else:
                raise AssertionError("".join(lines))
            # what else it prints must not fill the pipe
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield line.partition("Running on ")[2].split()[0].rstrip("/")
        finally:
            process.terminate()


@contextmanager
def in_front_of(moto_address: str) -> Iterator[Aws]:
    """A front before moto."""
    host = moto_address.removeprefix("http://")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = aws.answer(_asked(headers, body), lambda: _forwarded(host, self.path, headers, body))
            self.send_response_only(answer.status)
            for name, value in {"date": self.date_time_string(), **answer.headers}.items():
                if name not in ("content-length", "connection", "transfer-encoding", "server"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        aws = Aws(address=f"http://127.0.0.1:{server.server_address[1]}", moto=moto_address)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield aws
        finally:
            server.shutdown()


def _forwarded(host: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    connection = HTTPConnection(host, timeout=10)
    try:
        # moto checks signatures, and they hold the name of the front
        connection.request("POST", path, body, headers=dict(headers))
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(status=answer.status, headers=found, body=answer.read())
    finally:
        connection.close()
