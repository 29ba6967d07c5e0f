"""More than 50 runs as processes, with secrets in their places and failing as only real runs do: none comes out.

Whoever answers knows the secret and repeats it in every spelling. The runs inside one process, which are many
more, are in tests/unit/test_secrets.py.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
import trustme
from docker.models.images import Image

from tests.integration.conftest import build, remove
from tests.support import aws, oidc
from tests.support.archives import docker_25, image, tar
from tests.support.aws import Aws, refusal
from tests.support.guarded import Hosts
from tests.support.oidc import jwt
from tests.support.pushstep import Pushstep
from tests.support.registries import scripted
from tests.support.secrets import ECR, HOST, PLACES, ROLE, SECRETS, Placed, spellings
from tests.support.small_servers import Answer, Heard, Reply, Shelf

TOKEN = jwt(aud="sts.amazonaws.com", sub="repo:acme/app", iss="https://example.com")
BEARER = "bearer-that-asks-for-tokens"


def repeated(secret: str) -> str:
    """What an answer may hold: JSON has no lone surrogates, and headers no lines."""
    return json.dumps({"errors": [{"code": "UNKNOWN", "message": " ".join(spellings(secret).values())}]})


def _helper(folder: Path, secret: str, *, status: int) -> Placed:
    """A helper that prints what it knows to both outputs, and ends so."""
    (folder / "answer").write_text(json.dumps({"Username": "robot", "Secret": secret}))
    program = folder / "docker-credential-test"
    program.write_text(f"#!/bin/sh\ncat {folder}/answer\ncat {folder}/answer >&2\nexit {status}\n")
    program.chmod(0o755)
    (folder / "config.json").write_text(json.dumps({"credHelpers": {HOST: "test"}}))
    return Placed(environ={"PATH": f"{folder}:/usr/bin:/bin", "DOCKER_CONFIG": str(folder)})


ALL: dict[str, Callable[[str, Path], Placed]] = {
    **PLACES,
    "a helper": lambda secret, folder: _helper(folder, secret, status=0),
    "a helper that fails": lambda secret, folder: _helper(folder, secret, status=1),
}


def _refusing(status: int, *methods: str) -> Callable[[str], Answer]:
    """A registry that refuses these methods, in the words of `repeated`."""

    def way(secret: str) -> Answer:
        shelf, body = Shelf(), repeated(secret).encode()
        headers = {"WWW-Authenticate": 'Basic realm="it"', "Content-Type": "application/json"}
        refused = Reply(status=status, headers=headers, body=body)
        return lambda heard: refused if heard.method in methods else shelf(heard)

    return way


def _by_token(secret: str) -> Answer:
    """A token service that refuses."""
    headers = {"WWW-Authenticate": f'Bearer realm="https://{HOST}/token",service="it"'}
    refused = Reply(status=403, body=repeated(secret).encode())
    return lambda heard: refused if heard.path == "/token" else Reply(status=401, headers=headers)


def _redirecting(secret: str) -> Answer:
    """To where nothing may be sent, and the address tells the secret."""
    there = Reply(status=307, headers={"Location": f"http://192.0.2.1/{spellings(secret)['percent']}"})
    return lambda _heard: there


WAYS: dict[str, Callable[[str], Answer]] = {
    "pushed": lambda _: Shelf(),
    "login refused": _refusing(401, "GET", "HEAD", "POST"),
    "denied": _refusing(403, "POST"),
    "manifest refused": _refusing(400, "PUT"),
    "tokens refused": _by_token,
    "redirected": _redirecting,
    "bad input": lambda _: Shelf(),
    "no daemon": lambda _: Shelf(),
}
NUMBERS = range(36)
assert {list(ALL)[number % len(ALL)] for number in NUMBERS} == ALL.keys()
assert {list(WAYS)[number % len(WAYS)] for number in NUMBERS} == WAYS.keys()


@dataclass
class Bench:
    """The command, and what leads to its registries."""

    pushstep: Pushstep
    hosts: Hosts
    folder: Path

    def run(self, placed: Placed, *options: str, secrets: list[str], **environ: str) -> int:
        """Push the archive's image; no spelling of `secrets` may be seen afterwards."""
        own = self.pushstep.folder
        given = {option.partition("=")[0] for option in (*placed.options, *options)}
        rest = {"--candidate": "docker-archive:../app.tar", "--image-name": "acme/app", "--registry": HOST}
        if placed.document:
            rest["--step"] = f"type: push\n{placed.document}"
        run = self.pushstep(
            *placed.options,
            *options,
            *(f"{name}={value}" for name, value in rest.items() if name not in given),
            *("--debug", "--json"),
            stdin=placed.stdin,
            environ={
                "GITHUB_ACTIONS": "" if "GITLAB_CI" in placed.environ else "true",
                "GITHUB_OUTPUT": str(own / "output"),
                "GITHUB_STEP_SUMMARY": str(own / "summary"),
                "CI_PROJECT_DIR": str(own),
                "AWS_EC2_METADATA_DISABLED": "true",
                **self.hosts.environ(self.pushstep.environ),
                **placed.environ,
                **environ,
            },
        )
        assert run.report["exit"] == run.status
        assert "Traceback" not in run.err
        seen = run.everything()
        forms = {
            f"{name} of {secret!r}": form for secret in secrets for name, form in spellings(secret).items()
        }
        assert [name for name, form in forms.items() if form in seen] == []
        return run.status


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bench(pushstep: Pushstep, authority: trustme.CA, tmp_path: Path) -> Iterator[Bench]:
    (tmp_path / "app.tar").write_bytes(tar(docker_25({image(1): ["app:ci"]})))
    with ExitStack() as stack:
        yield Bench(pushstep, Hosts(authority, stack, tmp_path), tmp_path)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_secret_comes_out_however_it_ends(bench: Bench, number: int) -> None:
    place, way = list(ALL)[number % len(ALL)], list(WAYS)[number % len(WAYS)]
    secret = SECRETS[number % len(SECRETS)]
    if "\udcff" in secret and place in ("variables", "a document", "a helper", "a helper that fails"):
        secret = SECRETS[0]  # neither YAML nor a helper's JSON has lone surrogates
    placed = ALL[place](secret, bench.folder)
    for host in (HOST, ECR):
        bench.hosts.serve(host, WAYS[way](secret))
    options, environ = [], {}
    if way == "bad input":
        options = ["--tag=a b", f"--when=branch: {{only: ['/({secret[:4].strip()}/']}}"]
    if way == "no daemon":
        options, environ = ["--candidate=no/such"], {"DOCKER_HOST": "unix:///nowhere/docker.sock"}

    status = bench.run(placed, *options, secrets=[secret], **environ)

    assert status == 2 or way != "bad input"


@pytest.mark.parametrize("status", [401, 403])
def test_no_token_of_a_token_service_comes_out(bench: Bench, status: int) -> None:
    """It was exchanged for a password, and the registry repeats it."""
    secret, token = SECRETS[0], "token-of-the-service/+with=signs"
    wanting = Reply(
        status=401, headers={"WWW-Authenticate": f'Bearer realm="https://{HOST}/token",service="it"'}
    )
    words = Reply(status=status, headers=wanting.headers, body=repeated(token).encode())
    shelf = Shelf()

    def answer(heard: Heard) -> Reply:
        if heard.path == "/token":
            return Reply(body=json.dumps({"token": token}).encode())
        if heard.login != f"Bearer {token}":
            return wanting
        return words if heard.method == "POST" else shelf(heard)

    server = bench.hosts.serve(HOST, answer)
    placed = PLACES["standard input"](secret, bench.folder)

    assert bench.run(placed, secrets=[secret, token]) == 1
    assert f"Bearer {token}" in {heard.login for heard in server.heard}


@pytest.fixture
def front(moto: str) -> Iterator[Aws]:
    with aws.in_front_of(moto) as found:
        yield found


def _keys(secret: str) -> Placed:
    return Placed(
        environ={"AWS_ACCESS_KEY_ID": "AKIAOFTHEJOB", "AWS_SECRET_ACCESS_KEY": secret},
        options=(f"--registry={ECR}",),
    )


def _id_token(secret: str) -> Placed:
    options = (f"--registry={ECR}", f"--aws-role-to-assume={ROLE}")
    return Placed(environ={"PUSHSTEP_ID_TOKEN": secret}, options=options)


AT_AWS: dict[str, tuple[Callable[[str], Placed], str, str]] = {
    # the place, its secret, what AWS refuses
    "keys, pushed": (_keys, "aws/secret+key/of/40/characters", ""),
    "keys, refused": (_keys, "aws/secret+key/of/40/characters", "ecr:GetAuthorizationToken"),
    "a token, pushed": (_id_token, TOKEN, ""),
    "a token, refused": (_id_token, TOKEN, "sts:AssumeRoleWithWebIdentity"),
    "a token, the role's refused": (_id_token, TOKEN, "ecr:GetAuthorizationToken"),
}


@pytest.mark.parametrize("row", AT_AWS)
@pytest.mark.parametrize("answers", [True, False], ids=["the registry takes it", "the registry refuses"])
def test_no_secret_of_aws_comes_out(bench: Bench, front: Aws, row: str, *, answers: bool) -> None:
    place, secret, refused = AT_AWS[row]
    password = "123456789012-auth-token"  # moto's
    words = " ".join([*spellings(secret).values(), *spellings(password, "AWS").values()])
    if refused:
        front.refuse(refused, refusal("AccessDeniedException", words, xml=refused.startswith("sts:")))
    bench.hosts.serve(ECR, Shelf() if answers else _refusing(403, "POST")(password))

    # a password that AWS did not give is nobody's
    secrets = [secret] if refused else [secret, password]
    status = bench.run(place(secret), secrets=secrets, AWS_ENDPOINT_URL=front.address)

    assert status == (0 if answers and not refused else 1)


@pytest.mark.parametrize("answer", ["a refusal", "a token"])
def test_no_secret_of_githubs_tokens_comes_out(
    bench: Bench, front: Aws, authority: trustme.CA, answer: str
) -> None:
    words = " ".join(spellings(BEARER).values())
    with oidc.serving(authority) as service:
        service.say(*((403, {"message": words}) if answer == "a refusal" else (200, {"value": TOKEN})))
        said = " ".join(spellings(TOKEN).values())
        front.refuse("sts:AssumeRoleWithWebIdentity", refusal("AccessDenied", said, status=403, xml=True))
        placed = Placed(
            environ={
                "ACTIONS_ID_TOKEN_REQUEST_URL": service.url,
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": BEARER,
            },
            options=(f"--registry={ECR}", f"--aws-role-to-assume={ROLE}"),
        )

        status = bench.run(placed, secrets=[BEARER, TOKEN], AWS_ENDPOINT_URL=front.address)

    assert status == 1
    assert len(service.asked) == 1


@pytest.fixture(scope="module")
def built(docker_client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    name = "pushstep-dev/secrets"
    yield build(docker_client, tmp_path_factory.mktemp("built"), name)
    remove(docker_client, f"{name}:ci")


@pytest.mark.parametrize("status", [403, 400])
def test_no_secret_comes_out_where_the_daemon_pushes(bench: Bench, built: Image, status: int) -> None:
    secret = SECRETS[2]
    placed = PLACES["standard input"](secret, bench.folder)
    options = (f"--candidate={built.tags[0]}", "--transport=daemon")
    with scripted(status, repeated(secret)) as registry:
        assert bench.run(placed, *options, f"--registry={registry.host}", secrets=[secret]) == 1
