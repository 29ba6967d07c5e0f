"""Runs with secrets wherever a secret can stand, failing in every way known: none comes out."""

import base64
import json
import stat
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from docker.models.images import Image

from tests.support.pushstep import Pushstep
from tests.support.registries import Registry, scripted

SECRET = 'T0p/"secret"+\\value<&>%21é'
LINES = "-----BEGIN KEY-----\nbWFkZSB1cCBmb3IgYSB0ZXN0\nc2Vjb25kIGxpbmUgb2YgaXQ\n-----END KEY-----"


def spellings(secret: str, user: str = "robot") -> dict[str, str]:
    """All that interface 4 names."""
    raw = secret.encode()
    return {
        "as it is": secret,
        "base64": base64.b64encode(raw).decode(),
        "base64 of the pair": base64.b64encode(f"{user}:{secret}".encode()).decode(),
        "percent": quote(raw, safe=""),
        "JSON": json.dumps(secret)[1:-1],
        "JSON, not ASCII": json.dumps(secret, ensure_ascii=False)[1:-1],
    }


def config(secret: str) -> str:
    auth = base64.b64encode(f"robot:{secret}".encode()).decode()
    return json.dumps({"auths": {"HOST": {"auth": auth}}})


def helper(folder: Path, answer: str, status: int) -> dict[str, str]:
    """A credential helper that prints `answer`, and a configuration that names it."""
    (folder / "answer").write_text(answer)
    program = folder / "docker-credential-test"
    program.write_text(f"#!/bin/sh\ncat {folder}/answer\ncat {folder}/answer >&2\nexit {status}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "config.json").write_text(json.dumps({"credHelpers": {"HOST": "test"}}))
    return {"PATH": f"{folder}:/usr/bin:/bin", "DOCKER_CONFIG": str(folder)}


PLACES: dict[str, Callable[[str, Path], dict[str, str]]] = {
    "PUSHSTEP_PASSWORD": lambda secret, _: {"PUSHSTEP_USERNAME": "robot", "PUSHSTEP_PASSWORD": secret},
    "INPUT_PASSWORD": lambda secret, _: {"INPUT_USERNAME": "robot", "INPUT_PASSWORD": secret},
    "a password without a user": lambda secret, _: {"PUSHSTEP_PASSWORD": secret},
    "github-token": lambda secret, _: {"INPUT_GITHUB-TOKEN": secret},
    "AWS keys of later": lambda secret, _: {
        "PUSHSTEP_ACCESS_KEY_ID": secret,
        "PUSHSTEP_SECRET_ACCESS_KEY": secret,
        "PUSHSTEP_SESSION_TOKEN": secret,
    },
    "DOCKER_AUTH_CONFIG": lambda secret, _: {"DOCKER_AUTH_CONFIG": config(secret)},
    "a broken DOCKER_AUTH_CONFIG": lambda secret, _: {"DOCKER_AUTH_CONFIG": config(secret)[:-1]},
    "CI_REGISTRY_PASSWORD": lambda secret, _: {
        "GITLAB_CI": "true",
        "CI_REGISTRY": "HOST",
        "CI_REGISTRY_USER": "robot",
        "CI_REGISTRY_PASSWORD": secret,
    },
    "a helper": lambda secret, folder: helper(folder, json.dumps({"Username": "robot", "Secret": secret}), 0),
    "a proxy": lambda secret, _: {"HTTPS_PROXY": f"http://robot:{quote(secret, safe='')}@127.0.0.1:9"},
}
WAYS = [
    "pushed",
    "bad input",
    "no daemon",
    "no candidate",
    "login refused",
    "denied",
    "its own echo",
    "unreachable",
]


@pytest.mark.parametrize("secret", [SECRET, LINES], ids=["one line", "several lines"])
@pytest.mark.parametrize("place", PLACES)
def test_no_secret_comes_out_however_it_ends(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, tmp_path: Path, secret: str, place: str
) -> None:
    forms = spellings(secret) | {f"line {line}": line for line in secret.splitlines()}
    echo = json.dumps({"errors": [{"code": "MANIFEST_INVALID", "message": " ".join(forms.values())}]})
    with scripted(400, echo) as echoing, scripted(403, echo) as denying:
        hosts = {
            "login refused": registries["htpasswd"].host,
            "denied": denying.host,
            "its own echo": echoing.host,
            "unreachable": "127.0.0.1:1",
        }
        for way in WAYS:
            host = hosts.get(way, registries["open"].host)
            folder = tmp_path / way
            folder.mkdir()
            environ = {
                name: text.replace("HOST", host) for name, text in PLACES[place](secret, folder).items()
            }
            configuration = folder / "config.json"
            if configuration.exists():
                configuration.write_text(configuration.read_text().replace("HOST", host))
            for name in ("output", "summary"):
                (pushstep.folder / name).unlink(missing_ok=True)
                (pushstep.folder / name).touch()
            run = pushstep(
                *(
                    "--candidate",
                    image.tags[0] if way != "no candidate" else "no/such",
                    "--image-name",
                    "a/b",
                ),
                *("--registry", host, "--debug", "--json"),
                *(
                    ["--tag", "a b", "--when", f"branch: {{only: ['/({secret[:4]}/']}}"]
                    if way == "bad input"
                    else []
                ),
                environ={
                    "GITHUB_ACTIONS": "" if "GITLAB_CI" in environ else "true",
                    "GITHUB_OUTPUT": str(pushstep.folder / "output"),
                    "GITHUB_STEP_SUMMARY": str(pushstep.folder / "summary"),
                    "CI_PROJECT_DIR": str(pushstep.folder),
                    **environ,
                    **({"DOCKER_HOST": "unix:///nowhere/docker.sock"} if way == "no daemon" else {}),
                },
            )
            assert run.report["exit"] == run.status
            assert "Traceback" not in run.err
            seen = run.everything()
            assert [f"{name} ({way})" for name, form in forms.items() if form in seen] == []
