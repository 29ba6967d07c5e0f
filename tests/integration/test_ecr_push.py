"""Pushes to Amazon ECR: moto is AWS, a real registry holds the images; `tests/support/ecr.py` says how they meet."""

import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.images import Image

from tests.support import aws
from tests.support.aws import ACCOUNT, Asked, Aws, refusal
from tests.support.ecr import (
    FIPS_HOST,
    HOST,
    OTHER_ACCOUNT,
    OTHER_REGION,
    OTHER_REGIONS_HOST,
    OTHERS_HOST,
    PUBLIC_HOST,
    REGION,
    Plane,
    admin,
    led,
    lending,
    plane,
    renaming,
)
from tests.support.oidc import jwt
from tests.support.pushstep import Pushstep, Run
from tests.support.small_servers import Heard, Reply, errors

KEY, SECRET, SESSION = "AKIAOFTHESTEP", "secret-of-the-step/+key", "session-token-of-the-step"
KEYS = {"PUSHSTEP_ACCESS_KEY_ID": KEY, "PUSHSTEP_SECRET_ACCESS_KEY": SECRET}
AMBIENT = {"AWS_ACCESS_KEY_ID": "AKIAOFTHEJOB", "AWS_SECRET_ACCESS_KEY": "secret-of-the-job"}
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/pusher"
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/pusher"
ENTRIES = f"""\
registries:
  prod: {{provider: ecr, account: {ACCOUNT}, region: {REGION}}}
  caller: {{provider: ecr, region: {REGION}, accessKeyId: "${{{{THE_KEY_ID}}}}", secretAccessKey: "${{{{THE_KEY}}}}"}}
  other: {{provider: ecr, region: {REGION}, role_arn: '{ROLE}', aws_session_name: ci, repository_prefix: team}}
  fips: {{provider: ecr, domain: {FIPS_HOST}}}
  public: {{provider: ecr, domain: {PUBLIC_HOST}, repository_prefix: alias}}
"""
KEYLESS = f"""\
registries:
  keyless: {{provider: ecr, account: {ACCOUNT}, region: {REGION}, aws_role_to_assume: '{OWN_ROLE}'}}
"""
TOKEN = jwt(aud="sts.amazonaws.com", sub="project_path:acme/app", iss="https://gitlab.example.com")


@dataclass
class Place:
    """AWS and the registry, and a run that finds them."""

    aws: Aws
    plane: Plane
    pushstep: Pushstep
    image: str

    def __call__(self, registry: str, *options: str, environ: dict[str, str] | None = None) -> Run:
        # keys of the environment are for a registry that is named there: no option can be one of them
        named = {"PUSHSTEP_REGISTRY": registry, **(environ or {})}
        run = self.pushstep("--candidate", self.image, *options, environ=named)
        assert not any(secret in run.everything() for secret in (SECRET, SESSION, "secret-of-the-job"))
        return run

    def create(self, repository: str, region: str = REGION) -> str:
        admin(self.aws.moto, region).create_repository(repositoryName=repository)
        return repository


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ecr")


@pytest.fixture(scope="module")
def data_plane(moto: str, folder: Path) -> Iterator[Plane]:
    client = docker.from_env()
    with plane(client, os.environ["DEV_REGISTRY_IMAGE"], folder, moto) as made:
        yield made
    client.close()


@pytest.fixture
def place(moto: str, data_plane: Plane, folder: Path, pushstep: Pushstep, image: Image) -> Iterator[Place]:
    data_plane.rule = lambda _: None
    data_plane.tokens.clear()
    data_plane.server.heard.clear()
    data_plane.accept(f"{ACCOUNT}-auth-token")
    pushstep.argv = led(folder)
    with aws.in_front_of(moto) as front:
        front.control("reset")
        pushstep.environ |= {
            "AWS_ENDPOINT_URL": front.address,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SSL_CERT_FILE": str(folder / "ca.pem"),
            "PUSHSTEP_REGISTRIES": ENTRIES,
        }
        yield Place(aws=front, plane=data_plane, pushstep=pushstep, image=image.tags[0])


def where(run: Run) -> list[tuple[str, str, str, str]]:
    return [(one["registry"], one["repository"], one["result"], one["identity"]) for one in run.destinations]


def hint(run: Run) -> Any:  # noqa: ANN401 - JSON
    """The statement in the hint of the first destination's error."""
    text = run.destinations[0]["error"]["hint"]
    return json.JSONDecoder().raw_decode(text, text.index("{"))[0]


# --- as whom, and where to -----------------------------------------------------------------------------


@pytest.mark.usefixtures("unchanged_names")
def test_section_2_ecr_by_the_keys_of_the_step(place: Place, repository: str) -> None:
    """The account is the caller's; registry and credentials are ignored, and it is said."""
    place.create(repository)

    run = place(
        "ghcr.io",
        *("--provider=ecr", f"--region={REGION}", "--image-name", repository, "--tags=1,2"),
        environ={**KEYS, "PUSHSTEP_USERNAME": "somebody", "PUSHSTEP_PASSWORD": "hunter22"},
    )

    assert run.status == 0, run.err
    assert where(run) == [(HOST, repository, "success", "AWS (ECR token by accessKeyId)")]
    assert place.plane.digest(repository, "1") == place.plane.digest(repository, "2")
    assert run.out == f"{HOST}/{repository}@{place.plane.digest(repository, '1')}\n"
    assert "notice: PUSHSTEP_REGISTRY: ignored, as provider is ecr" in run.err
    assert "notice: credentials: ignored, as provider is ecr" in run.err
    assert "hunter22" not in run.everything()
    assert set(place.aws.actions) == {"sts:GetCallerIdentity", "ecr:GetAuthorizationToken"}
    assert {one.access_key for one in place.aws.asked} == {KEY}


def test_section_2_ecr_with_a_session_token(place: Place, repository: str) -> None:
    place.create(repository)

    run = place(
        *("prod", "--image-name", repository),
        environ={**KEYS, "PUSHSTEP_SESSION_TOKEN": SESSION},
    )

    assert run.status == 0, run.err
    assert {one.session_token for one in place.aws.asked} == {SESSION}
    # the account is known, so nobody asks for it
    assert set(place.aws.actions) == {"ecr:GetAuthorizationToken"}


def test_section_2_ecr_by_the_default_chain_and_as_the_default_registry(
    place: Place, repository: str
) -> None:
    place.create(repository)
    marked = ENTRIES.replace("prod: {", "prod: {default: true, ")

    run = place("", "--image-name", repository, environ={**AMBIENT, "PUSHSTEP_REGISTRIES": marked})

    assert run.status == 0, run.err
    assert where(run) == [
        (HOST, repository, "success", "AWS (ECR token by the AWS default chain (environment))")
    ]


def test_section_2_ecr_by_the_keys_of_an_entry_and_by_its_host(place: Place, repository: str) -> None:
    """The secret variables of the environment are known to the entry alone."""
    place.create(repository)
    told = {"THE_KEY_ID": KEY, "THE_KEY": SECRET}

    by_name = place("caller", "--image-name", repository, environ=told)
    assert by_name.status == 0, by_name.err
    assert where(by_name)[0][3] == "AWS (ECR token by accessKeyId)"

    # `prod` is at this host, `caller` might be: nobody has asked AWS whose it is
    by_host = place("", f"--tags={HOST}/{repository}:host", environ=AMBIENT)
    assert by_host.status == 0, by_host.err
    assert place.plane.digest(repository, "host") == place.plane.digest(repository, "latest")


def test_section_2_ecr_through_a_role_of_another_account(place: Place, repository: str) -> None:
    place.plane.accept(f"{OTHER_ACCOUNT}-auth-token")

    run = place("other", "--image-name", repository, environ=KEYS)

    assert run.status == 0, run.err
    identity = f"AWS (ECR token by accessKeyId, {ROLE})"
    assert where(run) == [(OTHERS_HOST, f"team/{repository}", "success", identity)]
    assume = place.aws.asked[0]
    assert (assume.action, assume.access_key) == ("sts:AssumeRole", KEY)
    assert assume.fields["RoleSessionName"] == "ci"
    assert {one.access_key[:4] for one in place.aws.asked[1:]} == {"ASIA"}
    assert place.plane.digest(f"team/{repository}", "latest", f"{OTHER_ACCOUNT}-auth-token")


WAYS = {
    # registry, options → how the registry is named; the run's own role, or that of the entry
    "by its name": ("keyless", ["--image-name={repository}", "--tag=1"]),
    "by its host": (HOST, ["--image-name={repository}", "--tag=1"]),
    "by a full reference": ("", [f"--tags={HOST}/{{repository}}:1"]),
    "as the step describes it": (
        "",
        ["--provider=ecr", f"--region={REGION}", "--image-name={repository}", "--tag=1"],
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_section_2_ecr_by_the_jobs_token(place: Place, repository: str, way: str) -> None:
    """A role that trusts the CI, which the registry's entry or the run names; nothing is stored anywhere."""
    registry, options = WAYS[way]
    named = {"PUSHSTEP_AWS_ROLE_TO_ASSUME": OWN_ROLE} if "step" in way else {}

    run = place(
        registry,
        *(option.format(repository=repository) for option in options),
        "--create-repository",
        environ={"PUSHSTEP_REGISTRIES": KEYLESS, "PUSHSTEP_ID_TOKEN": TOKEN, **named},
    )

    assert run.status == 0, run.err
    assert where(run)[0][3] == f"AWS (ECR token by the CI's OIDC token, {OWN_ROLE})"
    assert place.plane.digest(repository, "1")
    assume = place.aws.asked[0]
    assert (assume.action, assume.fields["WebIdentityToken"]) == ("sts:AssumeRoleWithWebIdentity", TOKEN)
    assert {one.access_key[:4] for one in place.aws.asked[1:]} == {"ASIA"}
    assert "ecr:CreateRepository" in place.aws.actions
    assert TOKEN not in run.everything()


def test_section_2_ecr_in_another_region_and_by_hosts_as_they_are_written(
    place: Place, repository: str
) -> None:
    place.create(repository, OTHER_REGION)
    environ = {**KEYS}

    run = place("prod", f"--region={OTHER_REGION}", "--image-name", repository, environ=environ)
    assert run.status == 0, run.err
    assert where(run)[0][0] == OTHER_REGIONS_HOST
    assert f"/{OTHER_REGION}/ecr/" in place.aws.asked[0].headers["authorization"]

    run = place("fips", "--image-name", repository, "--tag=2", environ=environ)
    assert run.status == 0, run.err
    assert where(run)[0][0] == FIPS_HOST

    place.plane.accept("public-password")
    run = place("public", "--image-name", repository, "--tag=3", environ=environ)
    assert run.status == 0, run.err
    assert where(run)[0][:2] == (PUBLIC_HOST, f"alias/{repository}")


def test_section_2_ecr_by_the_daemon(
    place: Place, repository: str, socket: str, docker_client: docker.DockerClient
) -> None:
    """The daemon pushes with the same login. It has hosts of its own: a stand-in of its address renames ECR's."""
    place.create(repository)
    before = {tag for one in docker_client.images.list() for tag in one.tags}

    with renaming(socket, HOST, place.plane.address) as daemon:
        run = place(
            *("prod", "--image-name", repository, "--tags=1,2", "--transport=daemon"),
            environ={**AMBIENT, "DOCKER_HOST": daemon},
        )

    assert run.status == 0, run.err
    assert where(run)[0][:3] == (HOST, repository, "success")
    assert place.plane.digest(repository, "1") == run.destinations[0]["digest"]
    assert {tag for one in docker_client.images.list() for tag in one.tags} == before


# --- repositories --------------------------------------------------------------------------------------


def test_section_2_ecr_a_missing_repository_is_created(place: Place, repository: str) -> None:
    """Not in a dry run, not for a candidate that is none; then once, with its settings; then it is there."""
    how = '--create-repository={"immutable": true, "tags": {"team": "payments"}}'
    options = ("prod", "--image-name", repository, how)
    ecr = admin(place.aws.moto)

    dry = place(*options, "--dry-run", environ=KEYS)
    assert dry.status == 0, dry.err
    nothing = place.pushstep(
        "--candidate=no/such", *options[1:], environ=KEYS | {"PUSHSTEP_REGISTRY": "prod"}
    )
    assert nothing.codes == ["candidate"]
    assert ecr.describe_repositories()["repositories"] == []

    first = place(*options, "--tag=1", environ=KEYS)
    assert first.status == 0, first.err
    assert f"created the repository {HOST}/{repository}" in first.err
    [made] = ecr.describe_repositories()["repositories"]
    assert (made["repositoryName"], made["imageTagMutability"]) == (repository, "IMMUTABLE")

    again = place(*options, "--tag=2", environ=KEYS)
    assert again.status == 0, again.err
    assert "created" not in again.err.replace("created " + HOST, "")
    assert place.plane.digest(repository, "1") == place.plane.digest(repository, "2")


def test_section_2_ecr_a_repository_elsewhere_is_nobodys_to_create(
    place: Place, registries: dict[str, Any], repository: str
) -> None:
    run = place(
        *(registries["open"].host, "--image-name", repository, "--create-repository"),
    )

    assert run.status == 0, run.err
    assert "notice: create-repository: not used for" in run.err
    assert place.aws.asked == []


def test_section_2_ecr_a_missing_repository_is_told(place: Place, repository: str) -> None:
    """Of another region too: there it is, and here it is not."""
    place.create(repository, OTHER_REGION)

    run = place("prod", "--image-name", repository, environ=KEYS)

    assert run.status == 1
    assert run.codes == ["not-found"]
    error = run.destinations[0]["error"]
    assert "does not exist in the registry" in error["message"]
    assert f"create {repository} in {REGION} of account {ACCOUNT}" in error["hint"]
    assert "create-repository: true" in error["hint"]
    assert "check region and account" in error["hint"]


def test_section_2_ecr_who_may_not_create_keeps_the_others_from_nothing(
    place: Place, registries: dict[str, Any], repository: str
) -> None:
    said = f"User: arn:aws:iam::{ACCOUNT}:user/ci is not authorized to perform: ecr:CreateRepository on resource: *"
    place.aws.refuse("ecr:CreateRepository", refusal("AccessDeniedException", said))
    document = f"{ENTRIES}  open: {{domain: '{registries['open'].host}'}}\n"

    run = place(
        *("prod,open", "--image-name", repository, "--create-repository"),
        environ={**KEYS, "PUSHSTEP_REGISTRIES": document},
    )

    assert run.status == 1
    assert [(one["registry"], one["result"]) for one in run.destinations] == [
        (HOST, "failure"),
        (registries["open"].host, "success"),
    ]
    assert run.destinations[0]["error"]["code"] == "denied"
    assert hint(run)["Action"] == "ecr:CreateRepository"
    assert {one["status"] for one in run.destinations[0]["tags"]} == {"not_attempted"}
    assert place.plane.pushes == []


# --- how long ------------------------------------------------------------------------------------------


def test_section_2_ecr_a_token_is_renewed_in_the_middle_of_a_push(place: Place, repository: str) -> None:
    """The first upload takes until the first token is of no use; all that follows comes with the second."""
    place.create(repository)
    lending(place.aws, place.plane, seconds=2, slack=1)
    slow = threading.Lock()

    def stall(heard: Heard) -> Reply | None:
        if heard.method == "POST" and slow.acquire(blocking=False):
            time.sleep(max(0.0, place.plane.tokens["lent-1"] - time.time() + 0.1))
        return None

    place.plane.rule = stall
    run = place("prod", "--image-name", repository, environ=KEYS)

    assert run.status == 0, run.err
    assert place.plane.digest(repository, "latest") == run.destinations[0]["digest"]
    assert len(place.plane.tokens) >= 2
    logins = {one.login for one in place.plane.server.heard if one.login}
    assert len(logins) >= 2
    assert place.plane.pushes[-1].login == place.plane.server.heard[-1].login
    # none was refused: nothing went with a token that had ended
    assert not any(f"lent-{number}" in run.everything() for number in (1, 2))


EXPIRED = "Your authorization token has expired. Reauthenticate and try again."


@pytest.mark.parametrize("in_words", [False, True], ids=["401", "403 in ECR's words"])
def test_section_2_ecr_a_token_that_is_withdrawn_is_asked_for_anew_once(
    place: Place, repository: str, *, in_words: bool
) -> None:
    """A session that is revoked ends its tokens at once, whatever they say of themselves."""
    place.create(repository)
    lending(place.aws, place.plane, seconds=12 * 3600, slack=0)
    first: set[str] = set()

    def withdraw(heard: Heard) -> Reply | None:
        if heard.method == "PUT" and in_words and {heard.login} == first:
            return Reply(status=403, body=errors("DENIED", EXPIRED))
        if heard.method == "POST" and not in_words:
            place.plane.tokens["lent-1"] = 0
        if heard.method == "POST" and not first:
            first.add(heard.login)
        return None

    place.plane.rule = withdraw
    run = place("prod", "--image-name", repository, environ=KEYS)

    assert run.status == 0, run.err
    assert place.plane.digest(repository, "latest") == run.destinations[0]["digest"]
    assert place.aws.actions.count("ecr:GetAuthorizationToken") == 2
    assert not any(f"lent-{number}" in run.everything() for number in (1, 2))


def test_section_2_ecr_a_token_that_has_ended_on_receipt_serves_once(place: Place, repository: str) -> None:
    """All of moto's have: each request then asks for one of its own."""
    place.create(repository)

    run = place("prod", "--image-name", repository, environ=KEYS)

    assert run.status == 0, run.err
    asked = place.aws.actions.count("ecr:GetAuthorizationToken")
    assert 1 < asked <= len(place.plane.server.heard) + 1

    place.aws.asked.clear()
    place.aws.expiry = lambda: time.time() + 12 * 3600
    run = place("prod", "--image-name", repository, "--tag=2", environ=KEYS)
    assert run.status == 0, run.err
    assert place.aws.actions == ["ecr:GetAuthorizationToken"]


# --- what AWS refuses ----------------------------------------------------------------------------------


def test_section_2_ecr_a_denied_push_says_what_the_policy_lacks(place: Place, repository: str) -> None:
    place.create(repository)
    user = f"arn:aws:iam::{ACCOUNT}:user/ci"
    arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{repository}"
    said = (
        f"User: {user} is not authorized to perform: ecr:InitiateLayerUpload on resource: {arn} "
        "because no identity-based policy allows the ecr:InitiateLayerUpload action"
    )
    denied = Reply(status=403, body=errors("DENIED", said))
    place.plane.rule = lambda heard: denied if heard.method == "POST" else None

    run = place("prod", "--image-name", repository, environ=KEYS)

    assert run.status == 1
    assert run.codes == ["denied"]
    error = run.destinations[0]["error"]
    assert error["message"].startswith("AWS denies ecr:InitiateLayerUpload (accessKeyId): User: ")
    assert error["hint"].startswith(f"Add to the policy of {user}: ")
    assert hint(run)["Resource"] == arn
    assert {"ecr:InitiateLayerUpload", "ecr:PutImage"} <= set(hint(run)["Action"])


def test_section_2_ecr_a_denial_without_words_has_the_statement_as_well(
    place: Place, repository: str
) -> None:
    place.create(repository)
    place.plane.rule = lambda heard: Reply(status=403) if "/manifests/" in heard.path else None

    run = place("prod", "--image-name", repository, environ=KEYS)

    assert run.codes == ["denied"]
    assert {"ecr:PutImage", "ecr:BatchGetImage"} <= set(hint(run)["Action"])


def test_section_2_ecr_a_denied_token(place: Place, registries: dict[str, Any], repository: str) -> None:
    """No login there, and all other places are pushed to."""
    said = f"User: arn:aws:iam::{ACCOUNT}:user/ci is not authorized to perform: ecr:GetAuthorizationToken"
    place.aws.refuse("ecr:GetAuthorizationToken", refusal("AccessDeniedException", said))

    run = place(f"prod,{registries['open'].host}", "--image-name", repository, environ=KEYS)

    assert run.status == 1
    assert [one["result"] for one in run.destinations] == ["failure", "success"]
    assert hint(run) == {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    assert place.plane.server.heard == []


def test_section_2_ecr_aws_may_stumble_before_anything_is_known(place: Place, repository: str) -> None:
    """Asking whose account it is belongs to the attempt, and is tried again with it."""
    place.create(repository)
    stumbles = iter(range(3))

    def rule(asked: Asked) -> aws.Answer | None:
        if asked.action == "sts:GetCallerIdentity" and next(stumbles, None) is not None:
            return refusal("ServiceUnavailable", "later", status=503, xml=True)
        return None

    place.aws.rules.append(rule)
    run = place(
        *("", "--provider=ecr", f"--region={REGION}", "--image-name", repository),
        "--retry={maxAttempts: 2, delay: 1}",
        environ=KEYS,
    )

    assert run.status == 0, run.err
    assert run.report["steps"][0]["attempts"] == 2


WRONG = {
    # options → exit status, code, what is said
    "a region that nobody knows": (
        ["", "--provider=ecr", "--region=eu-wset-1"],
        (1, "unreachable", "eu-wset-1 is no region that this version knows: eu-west-1"),
    ),
    "a role of another partition": (
        ["prod", f"--role-arn={OWN_ROLE.replace('aws:', 'aws-cn:', 1)}"],
        (2, "conflict", "is of aws-cn, but eu-west-1 is of aws"),
    ),
    "another provider than the entry's": (
        ["prod", "--provider=docker"],
        (2, "conflict", "docker is given for prod, which is ecr"),
    ),
    "another host in image-name": (
        ["prod", "--image-name=ghcr.io/a/b"],
        (2, "reference", f"names another registry than {HOST}"),
    ),
}


@pytest.mark.parametrize("row", WRONG)
def test_section_2_ecr_what_makes_no_sense(place: Place, row: str) -> None:
    options, (status, code, said) = WRONG[row]
    if code == "unreachable":
        place.pushstep.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"

    run = place(*options, environ=KEYS)

    assert (run.status, run.codes) == (status, [code]), run.err
    assert said in run.err
    assert place.plane.server.heard == []


def test_section_2_registry_context_reads_from_ecr(
    place: Place, registries: dict[str, Any], repository: str
) -> None:
    """A promotion out of ECR: the entry's login reads, and goes nowhere else."""
    place.create(repository)
    assert place("prod", "--image-name", repository, environ=KEYS).status == 0
    place.plane.server.heard.clear()

    run = place.pushstep(
        *(f"--candidate=docker://{HOST}/{repository}:latest", "--registry", registries["open"].host),
        *("--registry-context=prod", "--tag=1"),
        environ=AMBIENT,
    )

    assert run.status == 0, run.err
    assert registries["open"].digest(repository, "1") == place.plane.digest(repository, "latest")
    assert where(run)[0][3] == "anonymous"
    assert place.plane.pushes == []


# --- what it costs -------------------------------------------------------------------------------------

OF_AWS = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six"}
LOOKED_FOR = {"awscrt", "OpenSSL"}
"""By botocore, which does without them."""
UNUSED = {"lark", "quickjs", "rich"}
"""For conditions, and for terminals."""


def imported(run: Run) -> tuple[set[str], dict[str, int]]:
    """The packages that a run imported beside Python's own, and the microseconds that modules took with theirs."""
    rows = re.findall(r"^import time: +[0-9]+ \| +([0-9]+) \| +(\S+)$", run.err, re.MULTILINE)
    heads = {name.partition(".")[0] for _, name in rows}
    return heads - sys.stdlib_module_names, {name: int(took) for took, name in rows}


def test_section_2_ecr_a_run_imports_no_more_than_it_needs(
    place: Place, registries: dict[str, Any], repository: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a run without it nothing of AWS, though an entry of ECR is there and so are AWS's variables."""
    place.create(repository)
    measured = {**AMBIENT, "PYTHONPROFILEIMPORTTIME": "1"}

    at_ecr = place("prod", "--image-name", repository, environ=measured)
    elsewhere = place(registries["open"].host, "--image-name", repository, environ=measured)

    assert (at_ecr.status, elsewhere.status) == (0, 0), at_ecr.err + elsewhere.err
    (ours, took), (theirs, _) = imported(at_ecr), imported(elsewhere)
    assert {"boto3", "botocore"} <= ours - theirs <= OF_AWS | LOOKED_FOR
    assert theirs & OF_AWS == set()
    assert ours & UNUSED == set()
    # what boto3 has for other services stays where it is
    assert not any(name.startswith(("boto3.s3.", "boto3.dynamodb.", "boto3.ec2.")) for name in took)
    told = ", ".join(
        f"{name} {took[name] / 1000:.0f} ms" for name in ("pushstep.cli", "pushstep.run", "boto3")
    )
    with capsys.disabled():
        print(f"\nstart-up of a run at ECR: {told}")  # noqa: T201 - for whoever runs the test
