"""Logins without a stored secret: for which hosts each method is, what it gives, and what it says it lacks."""

import pytest

from pushstep.ci.protocol import Context, OwnRegistry
from pushstep.errors import Problem
from pushstep.registry.credentials import keychain
from pushstep.registry.credentials.ecr.identity import Role
from pushstep.registry.credentials.methods import METHODS, aws
from pushstep.registry.credentials.wanted import Login, Wanted
from tests.support.oidc import jwt
from tests.unit.credentials.place import Place, problem

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ROLE = "arn:aws:iam::123456789012:role/pusher"
ON_GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "octocat"}
ON_GITLAB = {"GITLAB_CI": "true", "CI_REGISTRY": "registry.example.com"}
LOGGED_IN = {**ON_GITLAB, "CI_REGISTRY_USER": "job", "CI_REGISTRY_PASSWORD": "jobs-password"}
DEPENDABOT = {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "dependabot[bot]"}


@pytest.fixture(autouse=True)
def nothing_of_aws(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that AWS's library, which looks by itself, could find in this process."""
    monkeypatch.setenv("HOME", str(place.root))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def wanted(place: Place, host: str, login: str, token: str = "", **parameters: str) -> Wanted:
    given = {name.replace("_", "-"): value for name, value in parameters.items()}
    ci = place.ci()
    return Wanted(
        host=host,
        login=Login(method=login, parameters=given),
        github_token=token,
        context=ci.context,
        machine=place.machine,
        job=place.job(),
    )


GIVEN: dict[str, tuple[dict[str, str], str, str, str, str]] = {
    # environment, host, login, github-token, identity
    "github": (ON_GITHUB, "ghcr.io", "github", "tok", "octocat (github-token)"),
    "github from elsewhere": ({}, "ghcr.io", "github", "tok", "x-access-token (github-token)"),
    "github, unasked": (ON_GITHUB, "ghcr.io", "auto", "tok", "octocat (github-token)"),
    "github, turned off": (ON_GITHUB, "ghcr.io", "none", "tok", "anonymous"),
    "github for another host": (ON_GITHUB, "quay.io", "github", "tok", "anonymous"),
    "gitlab": (LOGGED_IN, "registry.example.com", "gitlab", "", "job (the CI's own registry)"),
    "gitlab by the job's token": (
        {**ON_GITLAB, "CI_JOB_TOKEN": "jobs-token"},
        "registry.example.com",
        "gitlab",
        "",
        "gitlab-ci-token (the job's token)",
    ),
    "gitlab by its own login before the job's token": (
        {**LOGGED_IN, "CI_JOB_TOKEN": "jobs-token"},
        "registry.example.com",
        "gitlab",
        "",
        "job (the CI's own registry)",
    ),
    "gitlab, unasked": (LOGGED_IN, "registry.example.com", "auto", "", "job (the CI's own registry)"),
    "gitlab, turned off": (LOGGED_IN, "registry.example.com", "none", "", "anonymous"),
    "gitlab for another host": (LOGGED_IN, "quay.io", "gitlab", "", "anonymous"),
    "aws for another host": ({}, "quay.io", "aws", "", "anonymous"),
    "aws with nothing, unasked": ({}, ECR, "auto", "", "anonymous"),
    "aws, turned off": ({}, ECR, "none", "", "anonymous"),
}


@pytest.mark.parametrize(("environ", "host", "login", "token", "identity"), GIVEN.values(), ids=GIVEN)
def test_section_5_3_what_a_method_gives(
    place: Place, environ: dict[str, str], host: str, login: str, token: str, identity: str
) -> None:
    place.environ |= environ

    found = keychain.find(wanted(place, host, login, token)).credential

    assert found.identity == identity
    assert found.secret == {"github-token": "tok", "the job's token": "jobs-token"}.get(
        found.source, "jobs-password" if "own" in found.source else ""
    )


LACKING: dict[str, tuple[dict[str, str], str, str, dict[str, str], str, str]] = {
    # environment, host, login, parameters, words of the message, words of the hint
    "github without a token": (
        ON_GITHUB,
        "ghcr.io",
        "github",
        {},
        "login github has no github-token for ghcr.io",
        "`permissions: packages: write`, and the step `github-token: ${{ github.token }}`",
    ),
    "github without a token, for Dependabot": (
        DEPENDABOT,
        "ghcr.io",
        "github",
        {},
        "login github has no github-token for ghcr.io",
        "started by Dependabot",
    ),
    "github without a token, elsewhere": (
        {},
        "ghcr.io",
        "github",
        {},
        "login github has no github-token for ghcr.io",
        "PUSHSTEP_GITHUB_TOKEN",
    ),
    "gitlab elsewhere": (
        ON_GITHUB,
        "registry.example.com",
        "gitlab",
        {},
        "CI_REGISTRY is not set",
        "container registry",
    ),
    "gitlab without a login": (
        ON_GITLAB,
        "registry.example.com",
        "gitlab",
        {},
        "gives no user name or password",
        "container registry",
    ),
    "aws without a role": ({}, ECR, "aws", {}, "login aws has no aws-role-to-assume", "AWS_ACCESS_KEY_ID"),
    "aws without a token on GitHub": (
        ON_GITHUB,
        ECR,
        "aws",
        {"aws_role_to_assume": ROLE},
        "gives this job no OIDC token",
        "permissions: {id-token: write, contents: read}",
    ),
    "aws without a token on GitHub, asked for by the role": (
        ON_GITHUB,
        ECR,
        "auto",
        {"aws_role_to_assume": ROLE},
        "gives this job no OIDC token",
        "permissions: {id-token: write, contents: read}",
    ),
    "aws without a token, for Dependabot": (
        DEPENDABOT,
        ECR,
        "auto",
        {"aws_role_to_assume": ROLE},
        "gives this job no OIDC token",
        "started by Dependabot",
    ),
    "aws without a token on GitLab": (
        ON_GITLAB,
        ECR,
        "aws",
        {"aws_role_to_assume": ROLE},
        "gives this job no OIDC token",
        "id_tokens: {PUSHSTEP_ID_TOKEN: {aud: sts.amazonaws.com}}",
    ),
    "aws with a token for somebody else": (
        {**ON_GITLAB, "PUSHSTEP_ID_TOKEN": jwt(aud="https://gitlab.example.com")},
        ECR,
        "aws",
        {"aws_role_to_assume": ROLE},
        "is for 'https://gitlab.example.com', not for 'sts.amazonaws.com'",
        "id_tokens: {PUSHSTEP_ID_TOKEN: {aud: sts.amazonaws.com}}",
    ),
    "aws with a role of China": (
        {},
        ECR,
        "aws",
        {"aws_role_to_assume": ROLE.replace(":aws:", ":aws-cn:")},
        "is of aws-cn, but eu-west-1 is of aws",
        "No role reaches across",
    ),
    "a host of AWS that is none": (
        {},
        "1.dkr.ecr.eu-west-1.amazonaws.com",
        "auto",
        {},
        "no AWS account",
        "12",
    ),
}


@pytest.mark.parametrize(
    ("environ", "host", "login", "parameters", "message", "hint"), LACKING.values(), ids=LACKING
)
def test_section_5_3_what_a_method_lacks(
    place: Place,
    environ: dict[str, str],
    host: str,
    login: str,
    parameters: dict[str, str],
    message: str,
    hint: str,
) -> None:
    place.environ |= environ

    found = problem(lambda: keychain.find(wanted(place, host, login, **parameters)))

    assert isinstance(found, Problem)
    assert found.code == "credentials"
    assert message in found.message
    assert hint in found.hint


def test_a_method_that_is_named_for_other_hosts_is_told(place: Place) -> None:
    place.environ |= LOGGED_IN

    for name in METHODS:
        [notice] = keychain.find(wanted(place, "quay.io", name)).notices
        assert notice == f"login {name} is for {METHODS[name].hosts}, so quay.io has to be known otherwise"


def test_a_method_that_only_a_parameter_asks_for_is_silent_about_other_hosts(place: Place) -> None:
    assert keychain.find(wanted(place, "quay.io", "auto", aws_role_to_assume=ROLE)).notices == ()


def test_section_5_3_a_parameter_asks_for_nothing_where_another_method_is_named(place: Place) -> None:
    found = keychain.find(wanted(place, ECR, "none", aws_role_to_assume=ROLE))

    assert found.credential.identity == "anonymous"
    assert place.masked == []


def test_section_5_3_a_token_of_a_fork_is_said_to_be_weak(place: Place) -> None:
    place.environ |= DEPENDABOT

    [notice] = keychain.find(wanted(place, "ghcr.io", "auto", "tok")).notices

    assert notice.startswith("This run was started by Dependabot")
    assert "rarely write" in notice


def test_what_aws_was_asked_for_in_vain_is_a_notice(place: Place) -> None:
    [notice] = keychain.find(wanted(place, ECR, "auto")).notices

    assert notice.startswith(f"no AWS credentials for {ECR}: AWS_ACCESS_KEY_ID is not set; ")


def test_a_role_has_its_session(place: Place) -> None:
    login = Login(
        parameters={
            "aws-role-to-assume": ROLE,
            "aws-session-name": "ci",
            "aws-duration-seconds": "900",
        }
    )

    assert aws.web_identity(login, place.job()).role == Role(arn=ROLE, session_name="ci", seconds=900)
    bare = Login(parameters={"aws-role-to-assume": ROLE})
    assert aws.web_identity(bare, place.job()).role == Role(arn=ROLE)


ADVICE: dict[str, tuple[dict[str, str], str, str]] = {
    "another host on GitHub": (ON_GITHUB, "quay.io", "A container action does not see logins"),
    "GitHub's own": (ON_GITHUB, "ghcr.io", "packages: write"),
    "GitLab's own": (ON_GITLAB, "registry.example.com", "CI_REGISTRY_USER"),
    "ECR on GitHub": (ON_GITHUB, ECR, "Give `aws-role-to-assume`, a role that trusts this CI"),
    "ECR on GitHub, the permission": (ON_GITHUB, ECR, "id-token: write"),
    "ECR on GitLab, the token": (ON_GITLAB, ECR, "PUSHSTEP_ID_TOKEN"),
    "ECR for Dependabot": (DEPENDABOT, ECR, "This run was started by Dependabot"),
    "a host of AWS that is none": ({}, "1.dkr.ecr.eu-west-1.amazonaws.com", "docker login"),
}


@pytest.mark.parametrize(("environ", "host", "words"), ADVICE.values(), ids=ADVICE)
def test_interface_4_what_to_do_without_a_login(
    place: Place, environ: dict[str, str], host: str, words: str
) -> None:
    place.environ |= environ

    assert words in keychain.advice(wanted(place, host, "auto"))


def test_section_5_3_a_gitlab_host_may_be_spelled_in_capitals(place: Place) -> None:
    own = OwnRegistry(host="Registry.example.com", repository="", username="", password="")
    asked = wanted(place, "registry.example.com", "gitlab")
    place.environ["CI_JOB_TOKEN"] = "jobs-token"

    found = keychain.find(
        Wanted(
            host=asked.host,
            login=asked.login,
            context=Context(ci="gitlab", own_registry=own),
            machine=asked.machine,
            job=asked.job,
        )
    )

    assert found.credential.identity == "gitlab-ci-token (the job's token)"
