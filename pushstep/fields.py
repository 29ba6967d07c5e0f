"""Every input, once: the parser, `action.yml`, `--help` and the README's tables are made from here."""

from typing import Literal

from pushstep.values import dataclass

Kind = Literal["text", "boolean", "list", "lines", "yaml"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One input. `name` is the dash form; `schema` the spelling in a step document, if it has one there."""

    name: str
    schema: str = ""
    kind: Kind = "text"
    help: str
    default: str = ""
    secret: bool = False
    action_default: str = ""
    """What `action.yml` gives where the parser's own default is to be told nothing."""
    option: bool = True
    """Whether the command line takes it; secrets never are arguments."""
    takes_more: bool = False
    """Whether a boolean may be a mapping as well, which then says more than `true`."""
    login: str = ""
    """The method of `login` that it is a parameter of, and that is asked for by giving it."""

    @property
    def is_block(self) -> bool:
        """Whether it is a block of lines, of which an empty expression of the CI leaves a line break."""
        return self.kind in ("yaml", "lines") or self.name in ("tags", "step", "registries")

    @property
    def environment(self) -> str:
        """`PUSHSTEP_IMAGE_NAME` for `image-name`."""
        return "PUSHSTEP_" + self.name.upper().replace("-", "_")

    @property
    def action_environment(self) -> tuple[str, str]:
        """What a runner may call the input: it keeps dashes, a shell in between may not."""
        return f"INPUT_{self.name.upper()}", f"INPUT_{self.name.upper().replace('-', '_')}"


FIELDS: tuple[Field, ...] = (
    # the image
    Field(
        name="candidate",
        schema="candidate",
        help="The image to push. In the Docker daemon: `name[:tag]`, `name@digest`, or an ID. In files: "
        "`docker-archive:FILE[:NAME]`, `oci-archive:FILE[:TAG]`, `oci:DIR[:TAG]`. In a registry: "
        "`docker://NAME`.",
    ),
    Field(
        name="platform",
        schema="platform",
        help="Which platform of a multi-platform image to push, `os/arch[/variant]`. Default: all of them.",
    ),
    # where it goes
    Field(name="tag", schema="tag", help="The tag to push under. Use this or `tags`.", default="latest"),
    Field(
        name="tags",
        schema="tags",
        kind="list",
        help="Tags, or full references to one or several registries, as docker/metadata-action prints them: "
        "lines, commas, or a YAML list.",
    ),
    Field(
        name="image-name",
        schema="image_name",
        help="Repository to push to, without registry and tag. Default: the candidate's own name.",
    ),
    Field(
        name="registry",
        schema="registry",
        kind="list",
        help="Registry host, a logical name of `registries`, or `oci:DIR`, an image layout in a folder; or "
        "several. Default: the one that `registries` marks, else on GitLab the project's registry, else the "
        "host in the candidate's name, else Docker Hub.",
    ),
    Field(
        name="registries",
        help="A registries document, which gives registries logical names, logins and settings: its text or "
        "its path in the workspace.",
    ),
    # who pushes
    Field(name="username", schema="credentials.username", help="User name for the registry."),
    Field(
        name="password",
        schema="credentials.password",
        secret=True,
        option=False,
        help="Password or token for the registry (command line: `--password-stdin`).",
    ),
    Field(
        name="github-token",
        secret=True,
        option=False,
        action_default="${{ github.token }}",
        help="Token for `ghcr.io`, and for nothing else; used when no other credential is found. "
        "The job needs `permissions: packages: write`.",
    ),
    Field(
        name="provider",
        schema="provider",
        help="Kind of registry: `docker` (`standard` means the same), or `ecr`, Amazon's in the caller's "
        "account. Default: that of the registry in `registries`, else `docker`.",
    ),
    Field(
        name="access-key-id",
        schema="accessKeyId",
        secret=True,
        option=False,
        help="AWS access key ID, for ECR. Default: what AWS's own tools find, such as AWS_ACCESS_KEY_ID.",
    ),
    Field(
        name="secret-access-key",
        schema="secretAccessKey",
        secret=True,
        option=False,
        help="AWS secret access key, for ECR.",
    ),
    Field(
        name="session-token",
        schema="sessionToken",
        secret=True,
        option=False,
        help="AWS session token, for ECR, where the keys are those of a session.",
    ),
    Field(name="region", schema="region", help="AWS region, for ECR. Default: AWS_REGION."),
    Field(
        name="role-arn",
        schema="role_arn",
        help="AWS role to assume before asking ECR for a token.",
    ),
    Field(
        name="aws-session-name",
        schema="aws_session_name",
        help="Session name for `role-arn`. Default: `default-session-name`.",
    ),
    Field(
        name="aws-duration-seconds",
        schema="aws_duration_seconds",
        help="How long the session for `role-arn` lasts, 900 to 3600 seconds. Default: 3600.",
    ),
    Field(
        name="create-repository",
        kind="boolean",
        takes_more=True,
        default="false",
        help="ECR: `true` makes the repository where it does not exist; so does "
        "`{immutable: true, scan_on_push: true, tags: {team: payments}}`, with these settings.",
    ),
    Field(
        name="login",
        default="auto",
        help="How to log in without a stored secret. `auto`: by what the CI and the machine give, after all "
        "other logins. `github`, `gitlab`, `aws`: by the job's own token, before the Docker configuration. "
        "`none`: by nothing that was not given.",
    ),
    Field(
        name="aws-role-to-assume",
        login="aws",
        help="AWS role that the CI's OIDC token may assume, for the hosts of Amazon ECR. On GitHub the job "
        "needs `permissions: id-token: write`, on GitLab `id_tokens` with `PUSHSTEP_ID_TOKEN`.",
    ),
    Field(
        name="registry-context",
        schema="registry_context",
        help="Registry whose credentials read a `docker://` candidate. Default: the host in its name.",
    ),
    # whether and how it runs
    Field(
        name="when",
        schema="when",
        kind="yaml",
        help="Whether it runs, as YAML: `branch: {only: [main, /^release-/]}`, "
        "`condition: {all: {NAME: EXPRESSION}}`; docs/conditions.md has the language.",
    ),
    Field(
        name="fail-fast",
        schema="fail_fast",
        kind="boolean",
        default="true",
        help="`false`: a failed push ends with exit status 0 and `result=failure`.",
    ),
    Field(
        name="strict-fail-fast",
        schema="strict_fail_fast",
        kind="boolean",
        default="false",
        help="`true`: a failed push ends with exit status 1, also with `fail-fast: false`.",
    ),
    Field(
        name="retry",
        schema="retry",
        kind="yaml",
        help="How often to try a push that fails for a passing reason, and the seconds between, as YAML: "
        "`{maxAttempts: 3, delay: 5, exponentialFactor: 1}`.",
    ),
    Field(
        name="timeout",
        schema="timeout",
        help="How long the push may take, with everything that is tried again, such as `10m`.",
    ),
    Field(
        name="dry-run",
        kind="boolean",
        default="false",
        help="`true`: say what would be pushed where, and push nothing.",
    ),
    Field(
        name="transport",
        default="auto",
        help="`direct`: pushstep itself reads and pushes the image. `daemon`: the Docker daemon pushes. "
        "`auto`: `direct`, but for an image of the daemon whose registry only the daemon reaches.",
    ),
    # names for people
    Field(name="title", schema="title", help="Name of this push in log, summary and report."),
    Field(name="description", schema="description", help="A sentence about this push, for the log."),
    Field(name="stage", schema="stage", help="Group of steps in the log and the report."),
    # the step as a document
    Field(
        name="step",
        help="A step document, such as a Codefresh pipeline: its text, its path in the workspace, or `-` for "
        "standard input. Other inputs win over it.",
    ),
    Field(name="step-name", help="Which push step of the document to run. Default: all of them."),
    Field(
        name="variables",
        kind="lines",
        help="Variables of the document: `NAME=value` lines, or a YAML mapping. `PUSHSTEP_VAR_NAME` gives "
        "`NAME` too. The option `--variables` may be repeated.",
    ),
    Field(
        name="trust-document",
        kind="boolean",
        default="false",
        help="`true`: read a document from a checkout that a stranger may have written, although the run "
        "holds secrets.",
    ),
    # afterwards
    Field(
        name="on-success",
        schema="on_success",
        kind="yaml",
        help="Annotations after a push that succeeded, as YAML: "
        "`annotations: {set: [{annotations: [NAME: VALUE]}]}`. Those of images are not supported yet.",
    ),
    Field(
        name="on-fail",
        schema="on_fail",
        kind="yaml",
        help="Annotations after a push that failed; see `on-success`.",
    ),
    Field(
        name="on-finish",
        schema="on_finish",
        kind="yaml",
        help="Annotations after every push; see `on-success`.",
    ),
    Field(name="report", help="Path for the report as JSON, relative to the workspace."),
    Field(
        name="summary",
        kind="boolean",
        default="true",
        help="`false` leaves the job summary out.",
    ),
)

BY_NAME = {field.name: field for field in FIELDS}

OUTPUTS: dict[str, str] = {
    "image-id": "ID of the pushed image, `sha256:...`.",
    "digest": "Digest of the manifest (or index) in the registry, `sha256:...`.",
    "image": "`registry/repository@sha256:...` (or `oci:DIR@sha256:...`) at the first destination that "
    "succeeded.",
    "tags": "Every full reference that now points at the image, a line each.",
    "registry": "Host of that destination, or `oci:DIR`.",
    "result": "`success`, `failure` or `skipped`.",
    "json": "The report on one line, without layers.",
}

ALIASES = {"imageid": "image-id"}
"""Outputs of the action under the names that people know from docker/build-push-action → ours."""
