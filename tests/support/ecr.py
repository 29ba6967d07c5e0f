"""ECR on this machine: moto for AWS's own interfaces, a real registry for images, and how a run is led there.

    run ──▶ AWS_ENDPOINT_URL ──▶ the front of `aws`, moto behind it      accounts, roles, tokens, repositories
     └────▶ ECR's own host, port 443 ──▶ `Plane` ──▶ registry:2          manifests and layers, user AWS

The host leads here by a file of hosts that the run alone sees, in a mount namespace of its own; so the tests run
as root, as all that run daemons do. The certificate is of an authority that SSL_CERT_FILE names. What a registry
of anybody else does not do, the plane does: refuse repositories that moto does not have, end tokens, and speak AWS's
words where a test says so.
"""

import base64
import ssl
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import AF_UNIX, socket
from typing import Any
from urllib.parse import urlencode

import docker
import trustme

from tests.support.aws import ACCOUNT, Answer, Asked, Aws, json_answer
from tests.support.small_servers import Heard, Reply, Server, errors, serving

REGION, OTHER_REGION, OTHER_ACCOUNT = "eu-west-1", "us-east-1", "111122223333"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
OTHERS_HOST = f"{OTHER_ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
OTHER_REGIONS_HOST = f"{ACCOUNT}.dkr.ecr.{OTHER_REGION}.amazonaws.com"
FIPS_HOST = f"{ACCOUNT}.dkr-ecr-fips.{OTHER_REGION}.on.aws"
PUBLIC_HOST = "public.ecr.aws"
HOSTS = (HOST, OTHERS_HOST, OTHER_REGIONS_HOST, FIPS_HOST, PUBLIC_HOST)
_ADDRESS = "127.0.0.9"
_PASSWORDS = {
    f"{ACCOUNT}-auth-token": "$2b$05$DNubpOFEuPY7yFLAkWDRCe7yxOzrqJsAmDxw.KGE5STCJJYWR3o5u",
    f"{OTHER_ACCOUNT}-auth-token": "$2b$05$j/U3rBygEDe2saSFmg1Nsu86R3KaVWQA1.ku5LHh3o6rfwZJhLK1W",
    "public-password": "$2b$05$SoRPPxLcsKgKfovhcwmiee9MQLPZyfA1m0y98X47//06cU2ciJ2Su",
}
"""What moto (and its front, for public registries) gives → bcrypt of it; the registry knows one at a time."""
_OWN = f"{ACCOUNT}-auth-token"
_MISSING = "The repository with name '{}' does not exist in the registry with id '{}'"


@dataclass
class Plane:
    """ECR's data plane: its registry, and what it does beside it."""

    moto: str
    htpasswd: Path
    address: str = ""
    """Of the registry behind it."""
    server: Server = field(init=False)
    rule: Callable[[Heard], Reply | None] = lambda _: None
    """Answers instead of the registry, or leaves it to that."""
    tokens: dict[str, float] = field(default_factory=dict)
    """Passwords of its own making → when each ends; they stand for the one that the registry knows."""

    def accept(self, password: str) -> None:
        """Let the registry know the user AWS by this password, and by no other."""
        self.htpasswd.write_text(f"AWS:{_PASSWORDS[password]}\n")

    @property
    def pushes(self) -> list[Heard]:
        """Requests that write."""
        return [one for one in self.server.heard if one.method in ("POST", "PUT", "PATCH", "DELETE")]

    def digest(self, repository: str, tag: str, password: str = _OWN) -> str | None:
        """What the registry itself holds under the tag."""
        kinds = (
            "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
        )
        login = base64.b64encode(f"AWS:{password}".encode()).decode()
        headers = {"Accept": kinds, "Authorization": f"Basic {login}"}
        with closing(HTTPConnection(self.address, timeout=10)) as connection:
            connection.request("HEAD", f"/v2/{repository}/manifests/{tag}", headers=headers)
            answer = connection.getresponse()
            assert answer.status in (200, 404), answer.status
            return answer.getheader("Docker-Content-Digest")

    def answer(self, heard: Heard) -> Reply:
        headers = dict(heard.headers)
        if self.tokens and heard.login:
            password = base64.b64decode(heard.login.split()[1]).decode().partition(":")[2]
            if time.time() > self.tokens.get(password, 0):
                challenge = {"WWW-Authenticate": 'Basic realm="https://ecr/",service="ecr.amazonaws.com"'}
                return Reply(status=401, headers=challenge, body=errors("UNAUTHORIZED", "Not Authorized"))
            headers["authorization"] = "Basic " + base64.b64encode(f"AWS:{_OWN}".encode()).decode()
        if ruled := self.rule(heard):
            return ruled
        repository = self._repository(heard.path)
        if repository and heard.login and not self._exists(heard.headers["host"], repository):
            body = errors("NAME_UNKNOWN", _MISSING.format(repository, ACCOUNT))
            return Reply(status=404, body=body)
        return self._forwarded(heard, headers)

    def _repository(self, path: str) -> str:
        for kind in ("/blobs/", "/manifests/"):
            if kind in path:
                return path.removeprefix("/v2/").partition(kind)[0]
        return ""

    def _exists(self, host: str, repository: str) -> bool:
        account, region = host.partition(".")[0], host.split(".")[-3]
        if host == PUBLIC_HOST or account != ACCOUNT:
            return True  # moto knows one account only
        return (region, repository) in self._known()

    def _known(self) -> set[tuple[str, str]]:
        found = set()
        for region in (REGION, OTHER_REGION):
            ecr = admin(self.moto, region)
            found |= {(region, one["repositoryName"]) for one in ecr.describe_repositories()["repositories"]}
        return found

    def _forwarded(self, heard: Heard, headers: dict[str, str]) -> Reply:
        query = urlencode(heard.query, doseq=True)
        path = f"{heard.path}?{query}" if query else heard.path
        with closing(HTTPConnection(self.address, timeout=30)) as connection:
            connection.request(heard.method, path, heard.body, headers)
            answer = connection.getresponse()
            kept = {
                name: value for name, value in answer.getheaders() if name not in ("Date", "Content-Length")
            }
            size = answer.getheader("Content-Length")
            sized = {"Content-Length": size} if heard.method == "HEAD" and size else {}
            return Reply(status=answer.status, headers={**kept, **sized}, body=answer.read())


def admin(moto: str, region: str = REGION) -> Any:  # noqa: ANN401 - boto3 has no types
    """A client of ECR that may do all."""
    import boto3  # noqa: PLC0415 - the stand-ins do without

    keys = {"aws_access_key_id": "AKIAADMIN", "aws_secret_access_key": "admin"}
    return boto3.client("ecr", endpoint_url=moto, region_name=region, **keys)


@contextmanager
def plane(client: docker.DockerClient, image: str, folder: Path, moto: str) -> Iterator[Plane]:
    """Run one, with a registry of its own behind it; `folder` then has the file of hosts and `ca.pem`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{_ADDRESS} {' '.join(HOSTS)}\n")
    (folder / "auth").mkdir()
    made = Plane(moto=moto, htpasswd=folder / "auth/htpasswd")
    made.accept(_OWN)
    container = client.containers.run(
        image,
        detach=True,
        ports={"5000/tcp": ("127.0.0.1", 0)},
        volumes={str(folder / "auth"): {"bind": "/auth", "mode": "ro"}},
        environment={
            "REGISTRY_AUTH": "htpasswd",
            "REGISTRY_AUTH_HTPASSWD_REALM": "ecr",
            "REGISTRY_AUTH_HTPASSWD_PATH": "/auth/htpasswd",
            "REGISTRY_HTTP_RELATIVEURLS": "true",
        },
        labels={"pushstep-dev": "ecr"},
    )
    try:
        container.reload()
        port = container.attrs["NetworkSettings"]["Ports"]["5000/tcp"][0]["HostPort"]
        made.address = f"127.0.0.1:{port}"
        _wait(made.address)
        with serving(made.answer, tls=context, host=_ADDRESS, port=443) as server:
            made.server = server
            yield made
    finally:
        container.remove(force=True, v=True)


def _wait(address: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://{address}/", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"no registry at {address}")


def led(folder: Path) -> Sequence[str]:
    """The command, for which ECR's hosts lead to the plane that was made in `folder`."""
    script = 'mount --bind "$0" /etc/hosts && exec "$@"'
    unshare = ("unshare", "--mount", "--propagation", "private", "sh", "-c", script, str(folder / "hosts"))
    return (*unshare, sys.executable, "-m", "pushstep")


def lending(aws: Aws, plane: Plane, seconds: int, slack: float) -> Callable[[Asked], Answer | None]:
    """A rule for the front of AWS: tokens that end after `seconds`; the plane takes each for `slack` longer."""

    def rule(asked: Asked) -> Answer | None:
        if asked.action != "ecr:GetAuthorizationToken":
            return None
        now = int(time.time())
        password = f"lent-{len(plane.tokens) + 1}"
        plane.tokens[password] = now + seconds + slack
        token = base64.b64encode(f"AWS:{password}".encode()).decode()
        data = [{"authorizationToken": token, "expiresAt": now + seconds}]
        return json_answer(200, {"authorizationData": data}, date=now)

    aws.rules.append(rule)
    return rule


# --- for the daemon, which has hosts of its own ---------------------------------------------------------


class _Unix(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket(AF_UNIX)
        self.sock.connect(self._path)


@contextmanager
def renaming(path: str, theirs: str, ours: str) -> Iterator[str]:
    """The real Docker daemon by an address where the registry `theirs` means `ours`; gives that address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            before, mark, query = self.path.partition("?")
            asked = before.replace(theirs, ours) + mark + query.replace(theirs, ours.replace(":", "%3A"))
            with closing(_Unix(path)) as connection:
                connection.request(self.command, asked, body, dict(self.headers))
                answer = connection.getresponse()
                content = answer.read().replace(ours.encode(), theirs.encode())
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.getheader("Content-Type") or "application/json")
            self.send_header("Api-Version", answer.getheader("Api-Version") or "")
            if answer.getheader("Transfer-Encoding") == "chunked":
                # the SDK reads a stream of objects in pieces, and nothing else
                self.send_header("Transfer-Encoding", "chunked")
                content = (
                    b"".join(
                        f"{len(line):x}\r\n".encode() + line + b"\r\n"
                        for line in content.splitlines(keepends=True)
                    )
                    + b"0\r\n\r\n"
                )
            else:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_DELETE = _forward  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"tcp://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
