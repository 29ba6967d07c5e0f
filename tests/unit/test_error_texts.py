"""Error bodies of registries, each of which ends in the right code and a hint that helps there.

They are as their sources give them, but for the names in them; `said` is how the Docker daemon hands them on.
What is read in an issue or a manual is a text alone: then code and status are those its registry uses for it.
"""

import json
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import CODES
from pushstep.registry import error_texts
from pushstep.registry.client.answer import Answer
from pushstep.registry.client.failures import (
    Subject,
    changed_on_the_way,
    is_about_the_login,
    lacking,
    refused,
)
from pushstep.registry.credentials.credential import ANONYMOUS
from pushstep.registry.messages import refusal
from tests.support.registry_client import BOT, NOW

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
GAR = "europe-docker.pkg.dev"
ACR = "acme.azurecr.io"
GITLAB = "registry.gitlab.com"
INSUFFICIENT = (
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",error="insufficient_scope"'
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a registry answers, and what becomes of it."""

    host: str
    status: int
    code: str
    message: str
    detail: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    ends_in: str
    hint: str
    """What the hint says, among other things."""
    said: str = ""
    """How the daemon says it, where that differs from `code: message`."""

    @property
    def answer(self) -> Answer:
        errors = {"errors": [{"code": self.code, "message": self.message, "detail": self.detail}]}
        return Answer(
            method="PUT",
            url=f"https://{self.host}/v2/acme/app/manifests/v1",
            status=self.status,
            headers=MappingProxyType(self.headers),
            body=json.dumps(errors).encode(),
        )


CASES = {
    # docs.docker.com `Personal access tokens`; the answer of auth.docker.io
    "Docker Hub, a token that only reads": Case(
        host="docker.io",
        status=401,
        code="UNAUTHORIZED",
        message="access token has insufficient scopes",
        ends_in="denied",
        hint="Read & Write",
    ),
    # distribution registry/auth/token: the access that is wanted as detail, error="insufficient_scope"
    "Docker Hub, a repository that nobody has": Case(
        host="docker.io",
        status=401,
        code="UNAUTHORIZED",
        message="authentication required",
        detail=[
            {"Type": "repository", "Class": "", "Name": "acme/app", "Action": "pull"},
            {"Type": "repository", "Class": "", "Name": "acme/app", "Action": "push"},
        ],
        headers={"www-authenticate": INSUFFICIENT},
        ends_in="denied",
        hint="names that do not exist as well: acme/app must begin with",
        said="denied: requested access to the resource is denied",
    ),
    # tuna-os/tunaOS#642, danger/danger-js#1414
    "GHCR, a package of another repository": Case(
        host="ghcr.io",
        status=403,
        code="DENIED",
        message="permission_denied: write_package",
        ends_in="denied",
        hint="Manage Actions access",
    ),
    # macbre/push-to-ghcr#31
    "GHCR, a job without the permission": Case(
        host="ghcr.io",
        status=403,
        code="DENIED",
        message="installation not allowed to Write organization package",
        ends_in="denied",
        hint="`permissions: packages: write`",
    ),
    # pinchbench/skill#17
    "GHCR, a new package": Case(
        host="ghcr.io",
        status=403,
        code="DENIED",
        message="installation not allowed to Create organization package",
        ends_in="denied",
        hint="begin with the owner of its repository",
    ),
    # as users report it of ghcr.io: what other registries put into Retry-After stands in the body
    "GHCR, too many requests": Case(
        host="ghcr.io",
        status=429,
        code="TOOMANYREQUESTS",
        message="retry-after: 12.5ms, allowed: 2000/minute",
        ends_in="rate-limit",
        hint="Run it again later",
        said="toomanyrequests: retry-after: 12.5ms, allowed: 2000/minute",
    ),
    # GitLab container-registry registry/handlers/manifests.go (details) and TestManifestAPI_Put_ProtectedTags
    # (401); code and message are not read there, and mean nothing here
    "GitLab, a protected tag": Case(
        host=GITLAB,
        status=401,
        code="PROTECTED_TAG",
        message="insufficient permissions for a protected tag",
        detail='tag "v1" is protected',
        ends_in="denied",
        hint="Protected container tags",
        said='unknown: tag "v1" is protected',
    ),
    "GitLab, an immutable tag": Case(
        host="registry.example.com",
        status=401,
        code="IMMUTABLE_TAG",
        message="cannot change it",
        detail='tag "v1" is immutable',
        ends_in="immutable",
        hint="Push under a new tag: a rule keeps this one",
        said='unknown: tag "v1" is immutable',
    ),
    "GitLab, another project's registry": Case(
        host=GITLAB,
        status=403,
        code="DENIED",
        message="requested access to the resource is denied",
        ends_in="denied",
        hint="its own project alone",
    ),
    # goharbor/harbor src/controller/tag and src/server/middleware/immutable
    "Harbor, an immutable tag": Case(
        host="harbor.example.com",
        status=412,
        code="PRECONDITION",
        message="Failed to process request due to 'acme/app:v1' configured as immutable.",
        ends_in="immutable",
        hint="Tag Immutability",
    ),
    # goharbor/harbor src/server/middleware/v2auth
    "Harbor, no right, or no such project": Case(
        host="harbor.example.com",
        status=401,
        code="UNAUTHORIZED",
        message="unauthorized to access repository: acme/app, action: push: unauthorized to access repository: "
        "acme/app, action: push",
        ends_in="denied",
        hint="Push Repository",
    ),
    # goharbor/harbor src/pkg/quota/errors.go
    "Harbor, a full project": Case(
        host="harbor.example.com",
        status=403,
        code="DENIED",
        message="adding 7.7 MiB of storage resource, which when updated to current usage of 5.0 GiB will exceed "
        "the configured upper limit of 5.0 GiB.",
        ends_in="quota",
        hint="Project Quotas",
    ),
    # goharbor/harbor src/pkg/project/dao/dao.go
    "Harbor, no such project": Case(
        host="harbor.example.com",
        status=404,
        code="NOT_FOUND",
        message="project acme not found",
        ends_in="not-found",
        hint="Create the project in Harbor",
    ),
    # goharbor/harbor src/server/middleware/readonly/readonly.go
    "Harbor, read-only for a while": Case(
        host="harbor.example.com",
        status=403,
        code="DENIED",
        message="The system is in read only mode. Any modification is prohibited.",
        ends_in="denied",
        hint="Push again later",
    ),
    # jfrog/jenkins-artifactory-plugin#662 and #705
    "Artifactory, a tag that is there": Case(
        host="acme.jfrog.io",
        status=403,
        code="UNAUTHORIZED",
        message="Not enough permissions to delete/overwrite artifact 'docker-local:acme/app/v1/manifest.json' "
        "(user: 'bot' needs DELETE permission).",
        ends_in="immutable",
        hint="Delete/Overwrite",
    ),
    # docs.aws.amazon.com ECR `Image tag mutability`; GoogleContainerTools/kaniko#2774
    "ECR, an immutable repository": Case(
        host=ECR,
        status=400,
        code="TAG_INVALID",
        message="The image tag 'v1' already exists in the 'acme/app' repository and cannot be overwritten because "
        "the repository is immutable.",
        ends_in="immutable",
        hint="image tag mutability",
    ),
    # GoogleContainerTools/kaniko#3481: the words that came later
    "ECR, an immutable tag": Case(
        host=ECR,
        status=400,
        code="TAG_INVALID",
        message="The image tag 'v1' already exists in the 'acme/app' repository and cannot be overwritten because "
        "the tag is immutable.",
        ends_in="immutable",
        hint="image tag mutability",
    ),
    # aws/containers-roadmap#853
    "ECR, no such repository": Case(
        host=ECR,
        status=404,
        code="NAME_UNKNOWN",
        message="The repository with name 'acme/app' does not exist in the registry with id '123456789012'",
        ends_in="not-found",
        hint="create-repository: true",
        said="name unknown: The repository with name 'acme/app' does not exist in the registry with id "
        "'123456789012'",
    ),
    # docs.aws.amazon.com ECR `Troubleshooting Docker commands`
    "ECR, a token of yesterday": Case(
        host=ECR,
        status=403,
        code="DENIED",
        message="Your authorization token has expired. Reauthenticate and try again.",
        ends_in="login",
        hint="twelve hours",
    ),
    # docs.aws.amazon.com ECR `Troubleshooting Amazon ECR error messages`
    "ECR, a policy that lacks something": Case(
        host=ECR,
        status=403,
        code="DENIED",
        message="User: arn:aws:iam::123456789012:user/bot is not authorized to perform: ecr:InitiateLayerUpload on "
        "resource: arn:aws:ecr:eu-west-1:123456789012:repository/acme/app because no identity-based policy allows it",
        ends_in="denied",
        hint='"ecr:PutImage", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "Resource": '
        '"arn:aws:ecr:eu-west-1:123456789012:repository/acme/app"',
    ),
    "ECR Public, a policy that lacks something": Case(
        host="public.ecr.aws",
        status=403,
        code="DENIED",
        message="Not Authorized",
        ends_in="denied",
        hint='"ecr-public:PutImage"], "Resource": "arn:aws:ecr-public::*:repository/acme/app"',
    ),
    # cloud.google.com Artifact Registry `Troubleshoot container images`
    "GAR, no right": Case(
        host=GAR,
        status=403,
        code="DENIED",
        message='Permission "artifactregistry.repositories.uploadArtifacts" denied on resource '
        '"projects/acme/locations/europe/repositories/app" (or it may not exist)',
        ends_in="denied",
        hint="roles/artifactregistry.writer",
    ),
    "GAR, no such repository": Case(
        host=GAR,
        status=404,
        code="NAME_UNKNOWN",
        message='Repository "app" not found',
        ends_in="not-found",
        hint="gcloud artifacts repositories create",
        said='name unknown: Repository "app" not found',
    ),
    # grafana/tempo#7428
    "GAR, an immutable tag": Case(
        host=GAR,
        status=400,
        code="MANIFEST_INVALID",
        message="cannot update tag v1. The repository has enabled tag immutability",
        ends_in="immutable",
        hint="immutable image tags",
        said="manifest invalid: cannot update tag v1. The repository has enabled tag immutability",
    ),
    # learn.microsoft.com ACR `Troubleshoot network issues with registry`
    "ACR, the firewall": Case(
        host=ACR,
        status=403,
        code="DENIED",
        message="client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant "
        "access.",
        ends_in="denied",
        hint="Networking",
    ),
    # learn.microsoft.com ACR `Troubleshoot registry login`; Azure/azure-sdk-for-js container-registry recordings
    "ACR, a login that is none": Case(
        host=ACR,
        status=401,
        code="UNAUTHORIZED",
        message="authentication required, visit https://aka.ms/acr/authorization for more information.",
        detail=[{"Type": "repository", "Name": "acme/app", "Action": "push"}],
        ends_in="login",
        hint="az acr login --expose-token",
    ),
    # quay/quay endpoints/v2/errors.py
    "Quay, no right, or no such repository": Case(
        host="quay.io",
        status=401,
        code="UNAUTHORIZED",
        message="access to the requested resource is not authorized",
        detail={},
        ends_in="denied",
        hint="Give the robot account Write",
    ),
    "Quay, a tag that stays": Case(
        host="quay.example.com",
        status=409,
        code="TAG_ALREADY_EXISTS",
        message="tag was already pushed",
        ends_in="immutable",
        hint="Push under a new tag.",
        said="unknown: tag is immutable",
    ),
    "Quay, a full organisation": Case(
        host="quay.io",
        status=403,
        code="DENIED",
        message="Quota has been exceed on namespace",
        ends_in="quota",
        hint="let its quota be raised",
    ),
    "Quay, read-only for a while": Case(
        host="quay.io",
        status=405,
        code="DENIED",
        message="System is currently read-only. Pulls will succeed but all write operations are currently suspended.",
        ends_in="denied",
        hint="Push again later",
    ),
    # GoogleContainerTools/jib#3057: the whole body
    "Nexus, a tag that is there": Case(
        host="nexus.example.com",
        status=400,
        code="BLOB_UPLOAD_INVALID",
        message="blob upload invalid",
        detail="Repository does not allow updating assets: coe-docker",
        ends_in="immutable",
        hint="Disable redeploy",
        said="blob upload invalid: Repository does not allow updating assets: coe-docker",
    ),
    # Sonatype NEXUS-25275: the whole body
    "Nexus, read-only": Case(
        host="nexus.example.com",
        status=400,
        code="BLOB_UPLOAD_INVALID",
        message="blob upload invalid",
        detail="Repository is read only: docker-hosted",
        ends_in="denied",
        hint="`Read-only`",
        said="blob upload invalid: Repository is read only: docker-hosted",
    ),
}


def subject(case: Case) -> Subject:
    return Subject(host=case.host, repository="acme/app", credential=BOT, hint="Log in like this.")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_an_error_body_means(case: Case) -> None:
    problem = refused(case.answer, subject(case), NOW).problem

    assert problem.code == case.ends_in
    assert case.hint in problem.hint
    assert case.message in problem.message


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_means_the_same_when_the_daemon_hands_it_on(case: Case) -> None:
    said = case.said or f"{case.code.lower()}: {case.message}"
    problem = refusal(said, host=case.host, repository="acme/app", credential=BOT, hint="Log in like this.")

    assert problem.code == case.ends_in
    assert case.hint in problem.hint


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_body_is_taken_for_a_blob_that_changed_or_one_that_lacks(case: Case) -> None:
    failed = refused(case.answer, subject(case), NOW)

    assert not changed_on_the_way(failed)
    assert lacking(failed, subject(case)).missing is None


def test_there_are_ten_registries_and_each_text_is_one_of_theirs() -> None:
    assert len({name.partition(",")[0] for name in CASES}) >= 10
    bodies = " ".join(f"{case.message} {case.detail}" for case in CASES.values())
    unread = [text.said for text in error_texts.TEXTS if not error_texts._pattern(text.said).search(bodies)]
    assert unread == [
        "token provided does not match expected scopes",
        "HTTP Basic: Access denied",
        "Artifact Registry API has not been used in project",
        "namespace is disabled",
    ]
    assert all(text.source for text in error_texts.TEXTS)


def test_who_is_not_logged_in_is_told_how_to() -> None:
    case = CASES["Harbor, no right, or no such project"]
    problem = refused(case.answer, replace(subject(case), credential=ANONYMOUS), NOW).problem

    assert problem.hint == "Log in like this."


def test_who_reads_is_told_of_no_right_to_push() -> None:
    case = CASES["Quay, no right, or no such repository"]
    problem = refused(case.answer, replace(subject(case), deed="pull from"), NOW).problem

    assert (problem.code, problem.hint) == (
        "denied",
        "The identity needs the right to read there; check the repository's name as well.",
    )


def test_words_of_aws_from_elsewhere_have_no_statement() -> None:
    case = CASES["ECR, a policy that lacks something"]
    for host in ("mirror.example.com", "1.dkr.ecr.eu-west-1.amazonaws.com"):
        problem = refused(case.answer, replace(subject(case), host=host), NOW).problem

        assert (problem.code, problem.hint) == (
            "denied",
            "Add to the identity's policy: what it lacks is named above.",
        )


ABOUT_THE_LOGIN = {
    "GitLab, a protected tag": False,
    "GitLab, an immutable tag": False,
    "Harbor, no right, or no such project": False,
    "ACR, a login that is none": True,
    "Docker Hub, a repository that nobody has": True,
}


@pytest.mark.parametrize(("name", "about"), ABOUT_THE_LOGIN.items(), ids=ABOUT_THE_LOGIN)
def test_not_every_401_asks_for_another_login(name: str, about: bool) -> None:
    assert is_about_the_login(CASES[name].answer) is about


HOSTS = {
    ("docker.io", "login"): "in place of the password. They came from test.",
    ("ghcr.io", "denied"): "Manage Actions access",
    ("ghcr.io.example.com", "denied"): "The identity needs the right to push there",
    ("acme.azurecr.io", "denied"): "AcrPush",
    ("eu.gcr.io", "login"): "oauth2accesstoken",
    (GAR, "denied"): "Artifact Registry Writer",
    (ECR, "denied"): '"ecr:InitiateLayerUpload"',
    (GITLAB, "denied"): "deploy token",
    ("registry.example.com", "login"): "Check user name and password; they came from test.",
}


@pytest.mark.parametrize(("host", "code"), HOSTS, ids=map("/".join, HOSTS))
def test_the_host_tells_what_to_do_where_the_words_do_not(host: str, code: str) -> None:
    said = {"login": "401", "denied": "403"}[code]
    problem = refusal(said, host=host, repository="acme/app", credential=BOT, hint="")

    assert (problem.code, HOSTS[host, code] in problem.hint) == (code, True), problem.hint


def test_a_code_that_is_clear_is_believed_more_than_words() -> None:
    case = CASES["Quay, a tag that stays"]
    for code, meaning in {"TAG_IMMUTABLE": "immutable", "TOOMANYREQUESTS": "rate-limit"}.items():
        worded = replace(case, code=code, message="Repository is read only", status=400)
        assert refused(worded.answer, subject(worded), NOW).problem.code == meaning


NAMES = st.from_regex(r"[a-z0-9]+([._/-][a-z0-9]+)*(:[0-9]+)?", fullmatch=True)


@given(NAMES)
def test_a_name_is_no_text(name: str) -> None:
    assert error_texts.found(f"failed to push {name}: unexpected status") is None


@given(st.text(), st.sampled_from(sorted(CODES)), NAMES)
def test_any_text_and_any_host_have_a_hint_or_none(said: str, code: str, host: str) -> None:
    assert isinstance(error_texts.hint(code, said, host), str)


def test_a_hint_has_no_place_that_nothing_fills() -> None:
    known = {"repository": "r", "statement": "s", "source": "o"}
    found = [(text.code, text.hint) for text in error_texts.TEXTS]
    found += [(one.code, one.hint) for one in error_texts.HINTS]
    for code, hint in found:
        assert "{" not in hint.format_map(known)
        assert code in CODES
