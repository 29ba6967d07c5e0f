"""What registries' own words mean where a code says too little, as data, and hints that fit a registry.

Codes come first (`registry.client.failures`), then these texts, then comparing digests: words change. The
Docker daemon hands on nothing but words, so they serve both transports. Each text was read in the source that
is named beside it; a blank in it keeps it from being found in a name.
"""

import re
from functools import cache

from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorText:
    """Words of a registry; a hint may name `{repository}`, and the `{statement}` that AWS's policies lack."""

    said: str
    """A regular expression."""
    code: str
    hint: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HostHint:
    """What to do about a code at hosts of a kind, whatever was said."""

    hosts: str
    """A regular expression for the whole host, port included."""
    code: str
    hint: str


_GHCR_RIGHTS = (
    "The job needs `permissions: packages: write`, and a package made by hand must be linked to this "
    "repository (package settings, Manage Actions access)."
)
_ECR_RIGHTS = "Add to the identity's policy: {statement}"
_ACR_LOGIN = (
    "Give a service principal's or repository token's user name and password; or the user name "
    "00000000-0000-0000-0000-000000000000 with what `az acr login --expose-token` prints, which is good for "
    "three hours. The identity needs the role AcrPush, or Container Registry Repository Writer."
)
_GAR_RIGHTS = (
    "Give the identity the role Artifact Registry Writer (roles/artifactregistry.writer) on the repository, "
    "and look whether it exists: a name is LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE."
)
_QUAY_RIGHTS = (
    "Give the robot account Write in the repository's settings (Permissions). A repository that does not "
    "exist yet takes a robot of that organisation that is in a team with the role Creator."
)
_HARBOR_RIGHTS = (
    "The project must exist, and the user be at least Developer in it, or the robot account have Push "
    "Repository; Harbor says the same of a project that does not exist."
)

TEXTS: tuple[ErrorText, ...] = (
    # Docker Hub
    ErrorText(
        said="access token has insufficient scopes",
        code="denied",
        hint="The access token may only read: make one with Read & Write (Account settings, Personal access "
        "tokens; for an organisation: Access tokens).",
        source="Docker Hub: answer of auth.docker.io, documentation `Personal access tokens`",
    ),
    # GitHub
    ErrorText(
        said="permission_denied: write_package|not allowed to Write organization package",
        code="denied",
        hint=_GHCR_RIGHTS,
        source="tuna-os/tunaOS#642, danger/danger-js#1414, macbre/push-to-ghcr#31",
    ),
    ErrorText(
        said="permission_denied: create_package|not allowed to Create organization package",
        code="denied",
        hint="The job needs `permissions: packages: write`, and the name must begin with the owner of its "
        "repository. An organisation may forbid new packages (its settings, Packages).",
        source="pinchbench/skill#17",
    ),
    ErrorText(
        said="token provided does not match expected scopes",
        code="denied",
        hint="ghcr.io takes classic tokens with `write:packages`, no fine-grained ones; in a job take "
        "`github-token`.",
        source="GitHub: documentation `Working with the Container registry`",
    ),
    # GitLab answers 401 to both
    ErrorText(
        said=r'tag "[^"]*" is protected',
        code="denied",
        hint="A rule lets only some roles push this tag (the project's Settings, Packages and registries, "
        "Protected container tags). The job token acts as whoever started the job.",
        source="GitLab container-registry: registry/handlers/manifests.go, TestManifestAPI_Put_ProtectedTags",
    ),
    ErrorText(
        said=r'tag "[^"]*" is immutable',
        code="immutable",
        hint="Push under a new tag: a rule keeps this one as it is (the project's Settings, Packages and "
        "registries, Protected container tags).",
        source="GitLab container-registry: registry/handlers/manifests.go",
    ),
    ErrorText(
        said="HTTP Basic: Access denied",
        code="login",
        hint="A job's token is good as long as the job runs; a deploy token needs `read_registry` and "
        "`write_registry`, and its own user name.",
        source="GitLab: documentation `Authenticate with the container registry`",
    ),
    # Harbor
    ErrorText(
        said="due to '[^']*' configured as immutable",
        code="immutable",
        hint="Push under a new tag: a rule of the project keeps this one (Policy, Tag Immutability).",
        source="goharbor/harbor: src/controller/tag (ErrImmutable), src/server/middleware/immutable; 412",
    ),
    ErrorText(
        said="unauthorized to access repository: ",
        code="denied",
        hint=_HARBOR_RIGHTS,
        source="goharbor/harbor: src/server/middleware/v2auth; 401",
    ),
    ErrorText(
        said="will exceed the configured upper limit of",
        code="quota",
        hint="The project's quota is full: delete images there and let the garbage collection run, or raise "
        "it (Administration, Project Quotas).",
        source="goharbor/harbor: src/pkg/quota/errors.go",
    ),
    ErrorText(
        said="project [^ ]+ not found",
        code="not-found",
        hint="Create the project in Harbor: the first part of the name is one.",
        source="goharbor/harbor: src/pkg/project/dao/dao.go; code NOT_FOUND",
    ),
    ErrorText(
        said="system is in read only mode",
        code="denied",
        hint="Harbor takes no pushes now: its administrator has set it to read-only. Push again later.",
        source="goharbor/harbor: src/server/middleware/readonly",
    ),
    # Artifactory
    ErrorText(
        said="[Nn]ot enough permissions to (?:delete/)?overwrite",
        code="immutable",
        hint="The tag is there already, and the identity may not replace it: give it the permission "
        "Delete/Overwrite for that path, or push under a new tag.",
        source="jfrog/jenkins-artifactory-plugin#662 and #705; 403",
    ),
    # Amazon
    ErrorText(
        said="already exists in the '[^']*' repository and cannot be overwritten because",
        code="immutable",
        hint="Push under a new tag, or let this one move (the repository's image tag mutability, with an "
        "exclusion filter).",
        source="ECR: user guide `Image tag mutability`; GoogleContainerTools/kaniko#3481",
    ),
    ErrorText(
        said="repository with name '[^']*' does not exist in the registry with id",
        code="not-found",
        hint="Create it: `create-repository: true` does, or a repository creation template with "
        "CREATE_ON_PUSH. Look at account and region in the host as well.",
        source="ECR: user guide `Troubleshooting`; aws/containers-roadmap#853",
    ),
    ErrorText(
        said="authorization token has expired",
        code="login",
        hint="ECR's tokens are good for twelve hours: let the run fetch its own (`provider: ecr`), or fetch "
        "one shortly before.",
        source="ECR: user guide `Troubleshooting Docker commands`; 403",
    ),
    ErrorText(
        said="is not authorized to perform: ecr(?:-public)?:",
        code="denied",
        hint=_ECR_RIGHTS,
        source="ECR: user guide `Troubleshooting Amazon ECR error messages`",
    ),
    # Google
    ErrorText(
        said='Permission "artifactregistry[.][^"]*" denied',
        code="denied",
        hint=_GAR_RIGHTS,
        source="Artifact Registry: documentation `Troubleshoot container images`",
    ),
    ErrorText(
        said='Repository "[^"]*" not found',
        code="not-found",
        hint="Create it (`gcloud artifacts repositories create`): a push makes images, no repositories. A "
        "name is LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE.",
        source="Artifact Registry: documentation `Troubleshoot container images`",
    ),
    ErrorText(
        said="repository has enabled tag immutability",
        code="immutable",
        hint="Push under a new tag: the repository has immutable image tags.",
        source="Artifact Registry: documentation `Troubleshoot container images`; grafana/tempo#7428",
    ),
    ErrorText(
        said="Artifact Registry API has not been used in project",
        code="denied",
        hint="Enable the API for the project (`gcloud services enable artifactregistry.googleapis.com`), and "
        "look whether the project in the name is the right one.",
        source="Artifact Registry: documentation `Enable and disable the service`",
    ),
    # Azure
    ErrorText(
        said="client with IP '[^']*' is not allowed access",
        code="denied",
        hint="The registry's firewall: allow the runner's address (Networking), or take a runner inside.",
        source="Azure Container Registry: documentation `Troubleshoot network issues with registry`; 403",
    ),
    ErrorText(
        said="authentication required, visit https://aka.ms/acr/authorization",
        code="login",
        hint=_ACR_LOGIN,
        source="Azure Container Registry: documentation `Troubleshoot registry login`; 401",
    ),
    # Quay
    ErrorText(
        said="access to the requested resource is not authorized",
        code="denied",
        hint=_QUAY_RIGHTS,
        source="quay/quay: endpoints/v2/errors.py (Unauthorized); 401",
    ),
    ErrorText(
        said="Quota has been exceed",
        code="quota",
        hint="Delete images of the organisation, or let its quota be raised.",
        source="quay/quay: endpoints/v2/errors.py (QuotaExceeded); 403",
    ),
    ErrorText(
        said="System is currently read-only",
        code="denied",
        hint="Quay takes no pushes now. Push again later.",
        source="quay/quay: endpoints/v2/errors.py (ReadOnlyMode); 405",
    ),
    ErrorText(
        said="namespace is disabled",
        code="denied",
        hint="The registry's administrator has disabled the organisation.",
        source="quay/quay: endpoints/v2/errors.py (NamespaceDisabled); 405",
    ),
    # Nexus calls both an invalid upload
    ErrorText(
        said="Repository does not allow updating assets",
        code="immutable",
        hint="The tag, or the same image under another one, is there, and the repository's deployment policy "
        "is `Disable redeploy`: push under a new tag, or allow redeploy.",
        source="GoogleContainerTools/jib#3057 and #2395",
    ),
    ErrorText(
        said="Repository is read only",
        code="denied",
        hint="The repository's deployment policy is `Read-only`: push to one that takes images.",
        source="Sonatype NEXUS-25275",
    ),
)
"""The first that is found tells."""

HINTS: tuple[HostHint, ...] = (
    HostHint(
        hosts="docker[.]io",
        code="login",
        hint="With two-factor login, or a company's, Docker Hub takes an access token in place of the "
        "password. They came from {source}.",
    ),
    HostHint(
        hosts="docker[.]io",
        code="denied",
        hint="Docker Hub says so of names that do not exist as well: {repository} must begin with the user "
        "or an organisation, where the user may push; the access token needs Read & Write.",
    ),
    HostHint(hosts="ghcr[.]io", code="denied", hint=_GHCR_RIGHTS),
    HostHint(hosts=r"quay[.]io", code="denied", hint=_QUAY_RIGHTS),
    HostHint(hosts=r".+[.]azurecr[.](?:io|cn|us)", code="denied", hint=_ACR_LOGIN),
    HostHint(
        hosts=r".+-docker[.]pkg[.]dev|(?:.+[.])?gcr[.]io",
        code="login",
        hint="Give the user name `oauth2accesstoken` with an access token, which is good for an hour, or "
        "`_json_key` with a service account's key.",
    ),
    HostHint(hosts=r".+-docker[.]pkg[.]dev|(?:.+[.])?gcr[.]io", code="denied", hint=_GAR_RIGHTS),
    HostHint(
        hosts=r"[0-9]{12}[.]dkr[.-]ecr.*|public[.]ecr[.]aws|ecr-public[.]aws[.]com",
        code="denied",
        hint=_ECR_RIGHTS,
    ),
    HostHint(
        hosts=r"registry[.]gitlab[.]com",
        code="denied",
        hint="The job token pushes to the registry of its own project alone, and as whoever started the job: "
        "at least a Developer. For another project make a deploy token there, with `write_registry`.",
    ),
)
"""The first that fits tells; a hint may name `{source}`, where the login came from, as well."""


def found(said: str) -> ErrorText | None:
    """What a registry's words mean, if they are known."""
    return next((text for text in TEXTS if _pattern(text.said).search(said)), None)


def hint(code: str, said: str, host: str) -> str:
    """What to do about a failure of this code, where the words or the host tell it; else `""`."""
    text = found(said)
    if text and text.code == code:
        return text.hint
    fitting = (one.hint for one in HINTS if one.code == code and _pattern(one.hosts).fullmatch(host))
    return next(fitting, "")


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)
