"""Secrets, every spelling that interface 4 names for one, and every place that one may stand in before a push."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote

USER = "robot"
HOST = "ghcr.io"
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ROLE = "arn:aws:iam::123456789012:role/pusher"

SECRETS = (
    "hunter2-hunter2",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    'T0p/"secret"+\\value<&>%21é',
    "-----BEGIN KEY-----\nbWFkZSB1cCBmb3IgYSB0ZXN0\nc2Vjb25kIGxpbmUgb2YgaXQ\n-----END KEY-----",
    "two words, and more",
    "::error::not-a-command",
    "${{NOT_A_VARIABLE}}",
    "'quoted\"both`ways'",
    "[lists]: {maps}",
    "pässwörd-ßü-😀",
    "\x1b[31mred\x1b[0m",
    "a\u202eb\u2028c-right-to-left",
    "50%25-encoded%20text",
    "Basic dXNlcjpwYXNz",
    "-starts-with-a-dash",
    "ends/with/a/slash/",
    "tab\tand\\n-no-break",
    "UPPER_lower.123-tag",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    '{"type": "service_account",\n "private_key": "bWFkZSB1cA=="}',
    "bytes-\udcff\udcfe-of-no-utf8",
    "/(regex|[a-z]+)/i",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtYWRlLXVwIn0.c2lnbmF0dXJl",
)


def spellings(secret: str, user: str = USER) -> dict[str, str]:
    """All that interface 4 names."""
    raw = secret.encode("utf-8", "surrogateescape")
    return {
        "as it is": secret,
        "base64": base64.b64encode(raw).decode(),
        "base64 of the pair": base64.b64encode(f"{user}:".encode() + raw).decode(),
        "percent": quote(raw, safe=""),
        "JSON": json.dumps(secret)[1:-1],
        "JSON, not ASCII": json.dumps(secret, ensure_ascii=False)[1:-1],
        **{f"line {line}": line for line in secret.splitlines() if len(line) >= 4},
    }


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What a secret in its place adds to a run."""

    environ: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    stdin: str = ""
    document: str = ""
    """A step document; the place needs it."""
    known: Literal["always", "in a run", "late"] = "always"
    """Late is after everything that can be said of inputs and documents; `always` is for `validate` as well."""
    broken: str = ""
    """The registry for which the place makes every login an error."""

    def goes_with(self, other: "Placed") -> bool:
        """Whether neither takes the other's place."""
        return not (self.document and other.document) and self.environ.keys().isdisjoint(other.environ)


def auths(secret: str) -> str:
    """Docker's configuration with a login for the host."""
    raw = f"{USER}:{secret}".encode("utf-8", "surrogateescape")
    return json.dumps({"auths": {HOST: {"auth": base64.b64encode(raw).decode()}}})


def _folder(folder: Path, name: str, content: str) -> str:
    """A folder with this file in it; made once for each content."""
    found = folder / f"{abs(hash(content))}"
    if not found.exists():
        found.mkdir()
        (found / name).write_text(content, errors="surrogateescape")
    return str(found)


def _token(folder: Path, kind: str, secret: str) -> Placed:
    content = json.dumps({"auths": {HOST: {kind: secret}}})
    return Placed(environ={"DOCKER_CONFIG": _folder(folder, "config.json", content)}, known="late")


def _own(secret: str, *, user: str = USER) -> dict[str, str]:
    given = {"CI_REGISTRY": HOST, "CI_REGISTRY_USER": user, "CI_REGISTRY_PASSWORD": secret}
    return {"GITLAB_CI": "true", **given}


def _yaml(secret: str) -> str:
    """A scalar with quotes; what YAML does not read as it is becomes an escape."""
    shown = (one if one.isprintable() else f"\\U{ord(one):08x}" for one in secret)
    return '"' + "".join("\\" + one if one in '"\\' else one for one in shown) + '"'


def _percent(secret: str) -> str:
    return quote(secret, safe="", errors="surrogateescape")


def _entry(**fields: str) -> str:
    """A registries document of one entry."""
    given = {"domain": HOST, **({"username": USER} if "password" in fields else {}), **fields}
    return f"registries: {{it: {{{', '.join(f'{name}: {value}' for name, value in given.items())}}}}}"


def _given(**environ: str) -> Placed:
    return Placed(environ=environ)


ROLE_GIVEN = (f"--aws-role-to-assume={ROLE}", f"--registry={ECR}")
PLACES: dict[str, Callable[[str, Path], Placed]] = {
    "PUSHSTEP_PASSWORD": lambda secret, _: _given(PUSHSTEP_USERNAME=USER, PUSHSTEP_PASSWORD=secret),
    "INPUT_PASSWORD": lambda secret, _: _given(INPUT_USERNAME=USER, INPUT_PASSWORD=secret),
    "a password without a user": lambda secret, _: _given(PUSHSTEP_PASSWORD=secret),
    "standard input": lambda secret, _: Placed(
        options=(f"--username={USER}", "--password-stdin"), stdin=f"{secret}\n", known="in a run"
    ),
    "github-token": lambda secret, _: Placed(environ={"INPUT_GITHUB-TOKEN": secret}),
    "github-token, chosen": lambda secret, _: Placed(
        environ={"PUSHSTEP_GITHUB_TOKEN": secret}, options=("--login=github",)
    ),
    "an AWS key": lambda secret, _: _given(PUSHSTEP_SECRET_ACCESS_KEY=secret),
    "an AWS session": lambda secret, _: Placed(
        environ={"INPUT_ACCESS-KEY-ID": "AKIAOFTHESTEP", "INPUT_SESSION-TOKEN": secret}
    ),
    "AWS's own variable": lambda secret, _: Placed(
        environ={"AWS_ACCESS_KEY_ID": "AKIAOFTHEJOB", "AWS_SECRET_ACCESS_KEY": secret}, known="in a run"
    ),
    "PUSHSTEP_ID_TOKEN": lambda secret, _: Placed(
        environ={"PUSHSTEP_ID_TOKEN": secret}, options=ROLE_GIVEN, known="in a run", broken=ECR
    ),
    "what asks GitHub for tokens": lambda secret, _: Placed(
        environ={
            "ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:1/",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": secret,
        },
        options=ROLE_GIVEN,
        known="in a run",
        broken=ECR,
    ),
    "CI_REGISTRY_PASSWORD": lambda secret, _: Placed(environ=_own(secret), known="in a run"),
    "CI_REGISTRY_PASSWORD without a user": lambda secret, _: Placed(
        environ=_own(secret, user=""), known="in a run", broken=HOST
    ),
    "CI_JOB_TOKEN": lambda secret, _: Placed(
        environ={**_own(""), "CI_JOB_TOKEN": secret}, options=("--login=gitlab",), known="in a run"
    ),
    "DOCKER_AUTH_CONFIG": lambda secret, _: Placed(
        environ={"DOCKER_AUTH_CONFIG": auths(secret)}, known="late"
    ),
    "a broken DOCKER_AUTH_CONFIG": lambda secret, _: Placed(
        environ={"DOCKER_AUTH_CONFIG": auths(secret)[:-1]}, known="late", broken=HOST
    ),
    "DOCKER_CONFIG": lambda secret, folder: Placed(
        environ={"DOCKER_CONFIG": _folder(folder, "config.json", auths(secret))}, known="late"
    ),
    "an identity token": lambda secret, folder: _token(folder, "identitytoken", secret),
    "a token of a registry": lambda secret, folder: _token(folder, "registrytoken", secret),
    "REGISTRY_AUTH_FILE": lambda secret, folder: Placed(
        environ={"REGISTRY_AUTH_FILE": _folder(folder, "auth.json", auths(secret)) + "/auth.json"},
        known="late",
    ),
    "a proxy": lambda secret, _: Placed(
        environ={"HTTPS_PROXY": f"http://{USER}:{_percent(secret)}@127.0.0.1:9"}, known="in a run"
    ),
    "a variable of the run": lambda secret, _: _given(PUSHSTEP_VAR_DB_PASSWORD=secret),
    "variables": lambda secret, _: _given(PUSHSTEP_VARIABLES=f"{{DB_PASSWORD: {_yaml(secret)}}}"),
    "a document": lambda secret, _: Placed(
        document=f"credentials: {{username: {USER}, password: {_yaml(secret)}}}\n"
    ),
    "a document's variable": lambda secret, _: Placed(
        environ={"ROBOT_TOKEN": secret},
        document=f"credentials: {{username: {USER}, password: '${{{{ROBOT_TOKEN}}}}'}}\n",
        known="in a run",
    ),
    "a registries document": lambda secret, _: _given(PUSHSTEP_REGISTRIES=_entry(password=_yaml(secret))),
    "a registries document's AWS keys": lambda secret, _: Placed(
        environ={
            "ROBOT_TOKEN": secret,
            "PUSHSTEP_REGISTRIES": _entry(
                provider="ecr", domain=ECR, accessKeyId="AKIA", secretAccessKey="'${{ROBOT_TOKEN}}'"
            ),
        },
        known="in a run",
    ),
    "a document's AWS keys": lambda secret, _: Placed(
        environ={"ROBOT_TOKEN": secret},
        document="accessKeyId: AKIA\nsecretAccessKey: ${{ROBOT_TOKEN}}\nsessionToken: $[[ROBOT_TOKEN]]\n",
        known="in a run",
    ),
}
