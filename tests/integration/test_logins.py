"""As whom a run logs in: whole runs of the command at registries that know one login each.

The registries keep what they are given in memory; `routing` leads the names of ghcr.io and of AWS's hosts to
them. Of AWS only the data plane is such a stand-in: the tokens come from moto's server.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

from tests.support import aws, oidc
from tests.support.archives import docker_25, image, tar
from tests.support.aws import ACCOUNT, Aws
from tests.support.guarded import Guarded, Hosts
from tests.support.oidc import Service, jwt
from tests.support.pushstep import ROOT, Pushstep, Run
from tests.support.small_servers import Heard, Reply, Server, errors
from tests.unit.ci.recorded import environment

REGION = "eu-west-1"
ECR = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
GITLAB = "registry.gitlab.example.com"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pusher"
GITHUB_TOKEN = "ghs_token-of-the-job"
JOB_TOKEN = "glcbt-64_token-of-the-job"
BEARER = "bearer-that-asks-for-tokens"
PASSWORD = f"{ACCOUNT}-auth-token"
"""Moto's."""
ID_TOKEN = jwt(aud="sts.amazonaws.com", sub="repo:acme/app:ref:refs/heads/main", iss="https://example.com")


@dataclass
class World:
    """The registries, what leads to them, and the command beside them."""

    pushstep: Pushstep
    hosts: Hosts

    @property
    def servers(self) -> dict[str, Server]:
        return self.hosts.servers

    def registry(self, host: str, guarded: Guarded) -> Guarded:
        """Let `host` be a registry."""
        self.hosts.serve(host, guarded)
        return guarded

    def run(
        self, *options: str, environ: Mapping[str, str], candidate: str = "docker-archive:app.tar"
    ) -> Run:
        """Push an archive's image, called `app:ci`, or another one."""
        folder = self.pushstep.folder
        (folder / "app.tar").write_bytes(tar(docker_25({image(1, 2): ["app:ci"]})))
        run = self.pushstep(
            f"--candidate={candidate}",
            *options,
            environ={
                "AWS_EC2_METADATA_DISABLED": "true",
                "CI_PROJECT_DIR": str(folder),
                "GITHUB_WORKSPACE": str(folder),
                **self.hosts.environ(self.pushstep.environ),
                **environ,
            },
        )
        (folder / "app.tar").unlink()
        seen = run.everything()
        secrets = [GITHUB_TOKEN, JOB_TOKEN, BEARER, PASSWORD, ID_TOKEN]
        assert [secret for secret in secrets if secret in seen] == []
        assert "Traceback" not in run.err
        return run


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def world(pushstep: Pushstep, authority: trustme.CA, tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(pushstep, Hosts(authority, stack, tmp_path))


@pytest.fixture
def front(moto: str) -> Iterator[Aws]:
    """AWS, where a role exists."""
    with aws.in_front_of(moto) as found:
        found.control("reset")
        found.expiry = lambda: 4e9
        yield found


@pytest.fixture
def service(authority: trustme.CA) -> Iterator[Service]:
    with oidc.serving(authority) as found:
        yield found


def ghcr() -> Guarded:
    return Guarded("octocat", GITHUB_TOKEN, "https://ghcr.io/token")


def on_github(**more: str) -> dict[str, str]:
    return {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "octocat", **more}


def on_gitlab(**more: str) -> dict[str, str]:
    return {
        "GITLAB_CI": "true",
        "CI_REGISTRY": GITLAB,
        "CI_REGISTRY_IMAGE": f"{GITLAB}/acme/shop",
        **more,
    }


def identity(run: Run) -> Any:  # noqa: ANN401 - JSON
    [place] = run.destinations
    return place["identity"]


def test_ghcr_takes_the_github_token_and_nothing_else_is_needed(world: World) -> None:
    registry = world.registry("ghcr.io", ghcr())

    run = world.run(
        "--registry=ghcr.io",
        "--image-name=acme/app",
        environ=on_github(**{"INPUT_GITHUB-TOKEN": GITHUB_TOKEN}),
    )

    assert run.status == 0, run.err
    assert registry.names == {"acme/app:latest"}
    assert identity(run) == "octocat (github-token)"
    assert "ghcr.io/acme/app as octocat (github-token)" in run.log
    assert f"::add-mask::{GITHUB_TOKEN}" in run.err


class Unwritable(Guarded):
    """One that lets its user read, in the words of ghcr.io."""

    def __call__(self, heard: Heard) -> Reply:
        if heard.method == "POST" and heard.login.startswith("Bearer"):
            return Reply(status=403, body=errors("DENIED", "permission_denied: write_package"))
        return super().__call__(heard)


DENIED = {
    # event → what its hint says
    "pull_request": "The job needs `permissions: packages: write`",
    "pull_request-dependabot": "The job needs `permissions: packages: write`",
    "pull_request-fork": (
        "This run is for a pull request from a fork (octo-friend/App): GitHub gives it no secrets. Its "
        "github-token can only read, whatever `permissions` says. Push after the merge"
    ),
}


@pytest.mark.parametrize("event", DENIED)
def test_a_forks_token_is_told_from_one_without_the_permission(world: World, event: str) -> None:
    recorded = environment(f"github/{event}")
    world.registry("ghcr.io", Unwritable(recorded["GITHUB_ACTOR"], GITHUB_TOKEN, "https://ghcr.io/token"))
    payload = (ROOT / f"tests/fixtures/ci/github/{event}.json").read_text()
    (world.pushstep.folder / "event.json").write_text(payload)
    files = {"GITHUB_EVENT_PATH": "event.json", "GITHUB_OUTPUT": "", "GITHUB_STEP_SUMMARY": ""}
    files |= {"GITHUB_WORKSPACE": str(world.pushstep.folder)}

    run = world.run(
        *("--registry=ghcr.io", "--image-name=acme/app"),
        environ=recorded | files | {"INPUT_GITHUB-TOKEN": GITHUB_TOKEN},
    )

    error = run.destinations[0]["error"]
    assert (run.status, error["code"]) == (1, "denied"), run.err
    assert error["hint"].startswith(DENIED[event])


GITLABS: dict[str, tuple[dict[str, str], list[str], str]] = {
    "what GitLab sets": (
        {"CI_REGISTRY_USER": "gitlab-ci-token", "CI_REGISTRY_PASSWORD": JOB_TOKEN, "CI_JOB_TOKEN": JOB_TOKEN},
        [],
        "gitlab-ci-token (the CI's own registry)",
    ),
    "the job's token": ({"CI_JOB_TOKEN": JOB_TOKEN}, ["--login=gitlab"], "gitlab-ci-token (the job's token)"),
}


@pytest.mark.parametrize(("environ", "options", "who"), GITLABS.values(), ids=GITLABS)
def test_gitlabs_own_variables_are_enough_for_the_projects_registry(
    world: World, environ: dict[str, str], options: list[str], who: str
) -> None:
    """With `candidate` alone."""
    registry = world.registry(GITLAB, Guarded("gitlab-ci-token", JOB_TOKEN, f"https://{GITLAB}/token"))

    run = world.run(*options, environ=on_gitlab(**environ))

    assert run.status == 0, run.err
    assert registry.names == {"acme/shop/app:latest"}
    assert identity(run) == who


def test_a_role_for_githubs_token(world: World, front: Aws, service: Service) -> None:
    registry = world.registry(ECR, Guarded("AWS", PASSWORD))
    service.say(200, {"value": ID_TOKEN})

    run = world.run(
        f"--registry={ECR}",
        "--image-name=team/app",
        environ=on_github(
            AWS_ENDPOINT_URL=front.address,
            ACTIONS_ID_TOKEN_REQUEST_URL=service.url,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN=BEARER,
            **{"INPUT_AWS-ROLE-TO-ASSUME": ROLE, "INPUT_LOGIN": "aws"},
        ),
    )

    assert run.status == 0, run.err
    assert registry.names == {"team/app:latest"}
    assert identity(run) == f"AWS (ECR token by the CI's OIDC token, {ROLE})"
    [(path, authorization)] = service.asked
    assert parse_qs(urlsplit(path).query)["audience"] == ["sts.amazonaws.com"]
    assert authorization == f"Bearer {BEARER}"
    assert front.actions == ["sts:AssumeRoleWithWebIdentity", "ecr:GetAuthorizationToken"]
    assert front.asked[0].fields["WebIdentityToken"] == ID_TOKEN
    assert front.asked[0].fields["RoleSessionName"] == "default-session-name"
    assert f"::add-mask::{ID_TOKEN}" in run.err


def test_a_role_for_gitlabs_token(world: World, front: Aws) -> None:
    """Asked for by the role alone."""
    registry = world.registry(ECR, Guarded("AWS", PASSWORD))

    run = world.run(
        f"--registry={ECR}",
        environ=on_gitlab(
            AWS_ENDPOINT_URL=front.address, PUSHSTEP_ID_TOKEN=ID_TOKEN, PUSHSTEP_AWS_ROLE_TO_ASSUME=ROLE
        ),
    )

    assert run.status == 0, run.err
    assert registry.names == {"app:latest"}
    assert identity(run) == f"AWS (ECR token by the CI's OIDC token, {ROLE})"
    assert front.asked[0].fields["RoleArn"] == ROLE


def test_the_credentials_that_the_job_has_at_aws(world: World, front: Aws) -> None:
    """Of which only ECR's hosts hear: another one is asked without a login."""
    registry = world.registry(ECR, Guarded("AWS", PASSWORD))
    other = world.registry("registry.example.com", Guarded("nobody", "nothing"))
    environ = {
        "AWS_ENDPOINT_URL": front.address,
        "AWS_ACCESS_KEY_ID": "AKIAOFTHEJOB",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-job",
    }

    run = world.run(f"--registry={ECR},registry.example.com", "--image-name=team/app", environ=environ)

    assert run.status == 1
    assert registry.names == {"team/app:latest"}
    assert other.names == set()
    assert [place["identity"] for place in run.destinations] == [
        "AWS (ECR token by the AWS default chain (environment))",
        "anonymous",
    ]
    assert {heard.login for heard in world.servers["registry.example.com"].heard} == {""}
    assert "secret-of-the-job" not in run.everything()


def test_one_run_at_two_providers_by_two_tokens_of_the_job(
    world: World, front: Aws, service: Service
) -> None:
    """And neither sees the other's."""
    registries = {
        "ghcr.io": world.registry("ghcr.io", ghcr()),
        ECR: world.registry(ECR, Guarded("AWS", PASSWORD)),
    }
    service.say(200, {"value": ID_TOKEN})

    run = world.run(
        f"--tags=ghcr.io/acme/app:1,{ECR}/team/app:1",
        environ=on_github(
            AWS_ENDPOINT_URL=front.address,
            ACTIONS_ID_TOKEN_REQUEST_URL=service.url,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN=BEARER,
            **{"INPUT_AWS-ROLE-TO-ASSUME": ROLE, "INPUT_GITHUB-TOKEN": GITHUB_TOKEN},
        ),
    )

    assert run.status == 0, run.err
    assert [one.names for one in registries.values()] == [{"acme/app:1"}, {"team/app:1"}]
    for host, foreign in (("ghcr.io", PASSWORD), (ECR, GITHUB_TOKEN)):
        logins = [one.login.partition(" ") for one in world.servers[host].heard]
        seen = [base64.b64decode(word).decode() if how == "Basic" else word for how, _, word in logins]
        assert seen
        assert not any(foreign in one for one in seen)


def test_a_token_is_asked_for_only_where_it_leads_somewhere(
    world: World, front: Aws, service: Service
) -> None:
    """Neither without a role nor for a registry that the role is not for."""
    world.registry("ghcr.io", ghcr())
    given = on_github(
        AWS_ENDPOINT_URL=front.address,
        ACTIONS_ID_TOKEN_REQUEST_URL=service.url,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN=BEARER,
        **{"INPUT_GITHUB-TOKEN": GITHUB_TOKEN},
    )

    for role in ({}, {"INPUT_AWS-ROLE-TO-ASSUME": ROLE}):
        run = world.run("--registry=ghcr.io", "--image-name=acme/app", environ=given | role)
        assert run.status == 0, run.err

    assert (service.asked, front.asked) == ([], [])


LACKING: dict[str, tuple[dict[str, str], list[str], str, str]] = {
    # environment, options, words of the message, words of the hint
    "no permission for a token": (
        on_github(),
        [f"--registry={ECR}", f"--aws-role-to-assume={ROLE}"],
        "gives this job no OIDC token",
        "permissions: {id-token: write, contents: read}",
    ),
    "no token of GitLab": (
        on_gitlab(),
        [f"--registry={ECR}", f"--aws-role-to-assume={ROLE}"],
        "gives this job no OIDC token",
        "id_tokens: {PUSHSTEP_ID_TOKEN: {aud: sts.amazonaws.com}}",
    ),
    "GitLab's token for somebody else": (
        on_gitlab(PUSHSTEP_ID_TOKEN=jwt(aud="https://gitlab.example.com")),
        [f"--registry={ECR}", f"--aws-role-to-assume={ROLE}"],
        "is for 'https://gitlab.example.com'",
        "id_tokens: {PUSHSTEP_ID_TOKEN: {aud: sts.amazonaws.com}}",
    ),
    "no github-token": (
        on_github(),
        ["--registry=ghcr.io", "--login=github", "--image-name=acme/app"],
        "login github has no github-token",
        "`permissions: packages: write`",
    ),
    "no registry of the project": (
        on_github(),
        ["--registry=ghcr.io", "--login=gitlab", "--image-name=acme/app"],
        "CI_REGISTRY is not set",
        "container registry",
    ),
}


@pytest.mark.parametrize(("environ", "options", "message", "hint"), LACKING.values(), ids=LACKING)
def test_what_the_job_lacks_is_said_with_the_lines_to_add(
    world: World, front: Aws, environ: dict[str, str], options: list[str], message: str, hint: str
) -> None:
    """And nobody is asked."""
    for host in ("ghcr.io", ECR):
        world.registry(host, Guarded("nobody", "nothing"))

    run = world.run(*options, environ={**environ, "AWS_ENDPOINT_URL": front.address})

    assert run.status == 1
    assert run.codes == ["credentials"]
    [place] = run.destinations
    assert message in place["error"]["message"]
    assert hint in place["error"]["hint"]
    assert front.asked == []
    assert [server.heard for server in world.servers.values()] == [[], []]


@pytest.mark.parametrize("command", ["push", "plan"])
def test_login_none_leaves_out_what_was_not_given(world: World, front: Aws, command: str) -> None:
    for host in ("ghcr.io", ECR):
        world.registry(host, Guarded("nobody", "nothing"))
    world.pushstep.command = command

    run = world.run(
        f"--tags=ghcr.io/acme/app:1,{ECR}/team/app:1",
        "--login=none",
        environ=on_github(
            AWS_ENDPOINT_URL=front.address,
            AWS_ACCESS_KEY_ID="AKIAOFTHEJOB",
            AWS_SECRET_ACCESS_KEY="secret-of-the-job",
            **{"INPUT_GITHUB-TOKEN": GITHUB_TOKEN},
        ),
    )

    assert run.status == 1
    assert [place["identity"] for place in run.destinations] == ["anonymous", "anonymous"]
    hints = [place["error"]["hint"] for place in run.destinations]
    assert "github-token: ${{ github.token }}" in hints[0]
    assert "Give `aws-role-to-assume`" in hints[1]
    assert front.asked == []
    assert {heard.login for server in world.servers.values() for heard in server.heard} == {""}


def test_a_candidate_of_a_registry_is_read_by_its_own_login_and_the_log_says_so(world: World) -> None:
    """The destination's is not shown to it."""
    source = world.registry("ghcr.io", ghcr())
    world.run(
        "--registry=ghcr.io",
        "--image-name=acme/app",
        environ=on_github(**{"INPUT_GITHUB-TOKEN": GITHUB_TOKEN}),
    )
    world.registry("registry.example.com", Guarded("bot", "hunter22"))

    run = world.run(
        "--registry=registry.example.com",
        "--username=bot",
        environ=on_github(**{"INPUT_GITHUB-TOKEN": GITHUB_TOKEN, "PUSHSTEP_PASSWORD": "hunter22"}),
        candidate="docker://ghcr.io/acme/app:latest",
    )

    assert source.names == {"acme/app:latest"}
    assert run.status == 0, run.err
    assert "Reading from ghcr.io as octocat (github-token)" in run.log
    assert identity(run) == "bot (input username/password)"


HELPERS: dict[str, tuple[dict[str, object], str, int, str]] = {
    # Docker's configuration, the program's script, exit status, what is said
    "a helper": (
        {"credHelpers": {"registry.example.com": "test"}},
        """cat > /dev/null; echo '{"Username": "bot", "Secret": "hunter22"}'""",
        0,
        "as bot ({config}, credHelpers: test)",
    ),
    "a store": (
        {"credsStore": "test"},
        """echo hunter22 >&2; echo '{"Username": "bot", "Secret": "hunter22"}'""",
        0,
        "as bot ({config}, credsStore: test)",
    ),
    "one that fails and prints a secret": (
        {"credHelpers": {"registry.example.com": "test"}},
        """echo 'locked: {"Username": "bot", "Secret": "hunter22"}' >&2; exit 3""",
        1,
        'ended with status 3: locked: {"Username": "bot", "Secret": "***"}',
    ),
    "one with a slash in its name": (
        {"credHelpers": {"registry.example.com": "../test"}},
        "",
        1,
        "'../test' is no name of a credential helper",
    ),
    "a store that fails": ({"credsStore": "test"}, "echo locked >&2; exit 1", 1, "status 1: locked"),
    "a store that knows nothing": (
        {"credsStore": "test"},
        "echo credentials not found in native keychain; exit 1",
        1,
        "registry.example.com/app as anonymous",
    ),
}


@pytest.mark.parametrize("row", HELPERS)
def test_credential_helpers_are_real_programs(world: World, tmp_path: Path, row: str) -> None:
    content, script, status, words = HELPERS[row]
    registry = world.registry("registry.example.com", Guarded("bot", "hunter22"))
    config = tmp_path / "config.json"
    config.write_text(json.dumps(content))
    program = tmp_path / "docker-credential-test"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)

    run = world.run(
        "--registry=registry.example.com",
        environ={"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"},
    )

    assert run.status == status, run.err
    assert registry.names == ({"app:latest"} if status == 0 else set())
    assert words.replace("{config}", str(config)) in run.log
    assert "hunter22" not in run.everything()
