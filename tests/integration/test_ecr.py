"""ECR's control plane against moto's real server; what moto does not do is said in `tests/support/aws.py`."""

import base64
import json
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
import trustme

from pushstep.errors import Problem, StepError
from pushstep.registry.credentials.credential import Credential
from pushstep.registry.credentials.ecr import hosts, identity, policies, repositories
from pushstep.registry.credentials.ecr.creation import Creation
from pushstep.registry.credentials.ecr.faults import Circumstances
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import Chain, Identity, Keys, Role, WebIdentity
from pushstep.registry.credentials.ecr.repositories import Ensured
from pushstep.registry.credentials.ecr.sessions import Sessions
from pushstep.registry.credentials.ecr.tokens import Tokens
from pushstep.registry.reference import NameFormatError
from tests.support import aws
from tests.support.aws import ACCOUNT, Aws, refusal

REGION = "eu-west-1"
OTHER_ACCOUNT = "111122223333"
ROLE = Role(arn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/pusher", session_name="ci", seconds=900)
SECRET, SESSION_TOKEN = "secret-of-the-step-key", "session-token-of-the-step"
KEYS = Identity(base=Keys(access_key_id="AKIAOFTHESTEP", secret_access_key=SECRET))
PRIVATE = hosts.private(ACCOUNT, REGION)
ADMIN = {"region_name": REGION, "aws_access_key_id": "AKIAADMIN", "aws_secret_access_key": "admin"}


@dataclass
class Run:
    """A run, and what it masked; its clock stands still until a test moves it."""

    clock: float = 1000.0
    masked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        around = Circumstances(environ=os.environ, now=lambda: datetime.now(UTC))
        self.sessions = Sessions(around=around, seconds=lambda: self.clock, mask=self.masked.append)
        self.tokens = Tokens(sessions=self.sessions, seconds=lambda: self.clock, mask=self.masked.append)

    def login(self, who: Identity = KEYS, registry: Registry = PRIVATE) -> Credential:
        return self.tokens.credential(registry, who)

    def create(
        self, repository: str, who: Identity = KEYS, registry: Registry = PRIVATE, how: Creation | None = None
    ) -> Ensured:
        return repositories.ensure(self.sessions, registry, who, repository, how or Creation())


@pytest.fixture
def front(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """AWS, and an environment that holds nothing else of it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with aws.in_front_of(moto) as found:
        found.control("reset")
        monkeypatch.setenv("AWS_ENDPOINT_URL", found.address)
        yield found


@pytest.fixture
def run(front: Aws) -> Run:
    front.asked.clear()
    return Run()


@dataclass
class User:
    """A user who may do what was allowed and nothing else: moto's own IAM decides."""

    front: Aws
    iam: Any
    base: Keys

    @property
    def identity(self) -> Identity:
        return Identity(base=self.base)

    def allow(self, *statements: Mapping[str, Any]) -> None:
        with self.front.ungoverned():
            self.iam.put_user_policy(UserName="ci", PolicyName="ci", PolicyDocument=document(statements))


@pytest.fixture
def user(front: Aws) -> Iterator[User]:
    iam = boto3.client("iam", endpoint_url=front.moto, **ADMIN)
    iam.create_user(UserName="ci")
    key = iam.create_access_key(UserName="ci")["AccessKey"]
    keys = Keys(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
    with front.governed():
        yield User(front=front, iam=iam, base=keys)


def document(statements: Sequence[Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def problem(does: Callable[[], object]) -> Problem:
    with pytest.raises(StepError) as caught:
        does()
    found = caught.value.problem
    assert not any(secret in found.message + found.hint for secret in (SECRET, SESSION_TOKEN))
    return found


def statements(hint: str) -> list[Any]:
    found, decoder, at = [], json.JSONDecoder(), hint.find("{")
    while at >= 0:
        one, end = decoder.raw_decode(hint, at)
        found.append(one)
        at = hint.find("{", end)
    return found


# who logs in


def test_the_keys_of_the_step(front: Aws, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the environment's own keys completes them, and they never enter it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-environment")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-of-the-environment")
    before = dict(os.environ)

    credential = run.login()

    assert (credential.username, credential.secret) == ("AWS", f"{ACCOUNT}-auth-token")
    assert credential.identity == "AWS (ECR token by accessKeyId)"
    [asked] = front.asked
    assert (asked.access_key, asked.session_token) == ("AKIAOFTHESTEP", "")
    assert dict(os.environ) == before
    assert {SECRET, "AKIAOFTHESTEP", credential.secret} <= set(run.masked)


def test_a_session_token(front: Aws, run: Run) -> None:
    run.login(
        Identity(
            base=Keys(access_key_id="ASIAOFTHESTEP", secret_access_key=SECRET, session_token=SESSION_TOKEN)
        )
    )

    assert front.asked[0].session_token == SESSION_TOKEN
    assert SESSION_TOKEN in run.masked


def test_the_default_chain_finds_the_environment(
    front: Aws, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-environment")

    credential = run.tokens.ambient(PRIVATE)

    assert credential
    assert credential.identity == "AWS (ECR token by the AWS default chain (environment))"
    assert front.asked[0].access_key == "AKIAOFTHEENVIRONMENT"
    assert "secret-of-the-environment" in run.masked


def test_the_default_chain_finds_a_file(
    front: Aws, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(
        "[ci]\naws_access_key_id = AKIAOFTHEFILE\naws_secret_access_key = secret-of-the-file\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "ci")

    credential = run.login(Identity(base=Chain(), role=ROLE))

    assert credential.source == f"ECR token by the AWS default chain (credentials file), {ROLE.arn}"
    assert front.asked[0].access_key == "AKIAOFTHEFILE"
    assert "secret-of-the-file" in run.masked


def test_the_default_chain_finds_nothing(front: Aws, run: Run, tmp_path: Path) -> None:
    assert run.tokens.ambient(PRIVATE) is None

    found = problem(lambda: run.login(Identity(base=Chain())))

    assert found.code == "credentials"
    assert found.message.startswith("no AWS credentials: AWS_ACCESS_KEY_ID is not set; ")
    assert f"{tmp_path}/.aws/credentials" in found.message
    assert "aws-role-to-assume" in found.hint
    assert front.asked == []


def test_a_role_through_the_keys(front: Aws, run: Run) -> None:
    credential = run.login(Identity(base=KEYS.base, role=ROLE))

    assume, token = front.asked
    assert assume.action == "sts:AssumeRole"
    assert assume.access_key == "AKIAOFTHESTEP"
    assert assume.fields["RoleArn"] == ROLE.arn
    assert (assume.fields["RoleSessionName"], assume.fields["DurationSeconds"]) == ("ci", "900")
    assert token.access_key.startswith("ASIA")
    assert {token.access_key, token.session_token} <= set(run.masked)
    assert credential.secret == f"{OTHER_ACCOUNT}-auth-token"
    assert credential.identity == f"AWS (ECR token by accessKeyId, {ROLE.arn})"


def test_a_role_through_the_cis_token(front: Aws, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is the proof: nothing is signed with whatever else there is."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-environment")

    credential = run.login(Identity(base=WebIdentity(role=ROLE, token=lambda: "to.ke.n-of-the-job")))

    assume, token = front.asked
    assert assume.action == "sts:AssumeRoleWithWebIdentity"
    assert assume.fields["WebIdentityToken"] == "to.ke.n-of-the-job"
    assert (assume.access_key, assume.fields["RoleArn"]) == ("", ROLE.arn)
    assert token.access_key.startswith("ASIA")
    assert credential.secret == f"{OTHER_ACCOUNT}-auth-token"
    assert "to.ke.n-of-the-job" in run.masked


def test_a_chain_of_roles_through_the_cis_token(front: Aws, run: Run) -> None:
    first = Role(arn=f"arn:aws:iam::{ACCOUNT}:role/ci")

    run.login(Identity(base=WebIdentity(role=first, token=lambda: "to.ke.n"), role=ROLE))

    assert front.actions == [
        "sts:AssumeRoleWithWebIdentity",
        "sts:AssumeRole",
        "ecr:GetAuthorizationToken",
    ]


def test_secrets_are_masked_before_they_are_used(front: Aws, run: Run) -> None:
    late: list[str] = []

    def note(asked: aws.Asked) -> None:
        secrets = (asked.session_token, asked.fields.get("WebIdentityToken", ""))
        late.extend(secret for secret in secrets if secret and secret not in run.masked)

    front.rules.append(note)

    run.login(Identity(base=WebIdentity(role=ROLE, token=lambda: "to.ke.n"), role=ROLE))

    assert (late, len(front.asked)) == ([], 3)


# where to


def test_the_account_is_the_callers_when_it_is_left_out(front: Aws, run: Run) -> None:
    own = run.tokens.registry(KEYS, region="us-gov-west-1")
    other = run.tokens.registry(Identity(base=KEYS.base, role=ROLE), region=REGION)

    assert own.host == f"{ACCOUNT}.dkr.ecr.us-gov-west-1.amazonaws.com"
    assert other.host == f"{OTHER_ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    assert front.actions == ["sts:GetCallerIdentity", "sts:AssumeRole", "sts:GetCallerIdentity"]


def test_an_account_that_is_given_is_not_asked_for(front: Aws, run: Run) -> None:
    assert run.tokens.registry(KEYS, account=ACCOUNT, region=REGION) == PRIVATE
    assert front.asked == []


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_of_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, REGION)

    assert run.tokens.registry(KEYS, account=ACCOUNT) == PRIVATE


def test_no_region(run: Run) -> None:
    with pytest.raises(NameFormatError, match="no AWS region is known") as caught:
        run.tokens.registry(KEYS)

    assert caught.value.code == "missing"


def test_a_role_of_another_partition_is_refused_before_anything_is_asked(front: Aws, run: Run) -> None:
    with pytest.raises(NameFormatError, match="is of aws, but cn-north-1 is of aws-cn"):
        run.login(Identity(base=KEYS.base, role=ROLE), hosts.private(ACCOUNT, "cn-north-1"))

    assert front.asked == []


@pytest.mark.parametrize("host", ["public.ecr.aws", "ecr-public.aws.com"])
def test_public_registries(front: Aws, run: Run, host: str) -> None:
    public = hosts.parse(host)
    assert public

    credential = run.login(registry=public)

    assert (credential.username, credential.secret) == ("AWS", "public-password")
    assert "/us-east-1/ecr-public/" in front.asked[0].headers["authorization"]


def test_a_host_of_another_endpoint_still_asks_the_endpoint_that_was_named(front: Aws, run: Run) -> None:
    fips = hosts.parse(f"{ACCOUNT}.dkr-ecr-fips.us-east-1.on.aws")
    assert fips

    assert run.login(registry=fips).secret
    assert front.actions == ["ecr:GetAuthorizationToken"]


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        (PRIVATE.host, "https://api.ecr.eu-west-1.amazonaws.com"),
        (f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com", "https://ecr-fips.us-east-1.amazonaws.com"),
        (f"{ACCOUNT}.dkr-ecr.us-east-1.on.aws", "https://ecr.us-east-1.api.aws"),
        (f"{ACCOUNT}.dkr-ecr-fips.us-east-1.on.aws", "https://ecr-fips.us-east-1.api.aws"),
        (f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn", "https://api.ecr.cn-north-1.amazonaws.com.cn"),
        (f"{ACCOUNT}.dkr.ecr.eusc-de-east-1.amazonaws.eu", "https://api.ecr.eusc-de-east-1.amazonaws.eu"),
        ("public.ecr.aws", "https://api.ecr-public.us-east-1.amazonaws.com"),
        ("ecr-public.aws.com", "https://ecr-public.us-east-1.api.aws"),
    ],
)
def test_the_api_of_a_host_is_of_its_kind(
    run: Run, monkeypatch: pytest.MonkeyPatch, host: str, endpoint: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    registry = hosts.parse(host)
    assert registry

    service = "ecr-public" if registry.public else "ecr"
    client = run.sessions.client(service, KEYS, registry.region, registry)

    assert client.meta.endpoint_url == endpoint


# how long


def test_a_token_is_asked_for_once(front: Aws, run: Run) -> None:
    front.expiry = lambda: time.time() + 12 * 3600

    with ThreadPoolExecutor(20) as threads:
        credentials = list(threads.map(lambda _: run.login(), range(50)))
    run.login(registry=hosts.private(OTHER_ACCOUNT, REGION))

    assert len(set(credentials)) == 1
    assert front.actions == ["ecr:GetAuthorizationToken"]


def test_another_region_or_identity_has_a_token_of_its_own(front: Aws, run: Run) -> None:
    front.expiry = lambda: time.time() + 12 * 3600

    for _ in range(2):
        run.login()
        run.login(registry=hosts.private(ACCOUNT, "us-east-1"))
        run.login(Identity(base=KEYS.base, role=ROLE))

    assert front.actions.count("ecr:GetAuthorizationToken") == 3


def test_a_token_is_renewed_before_it_ends(front: Aws, run: Run) -> None:
    front.expiry = lambda: time.time() + 12 * 3600
    run.login()
    run.clock += 12 * 3600 - 310
    run.login()
    assert len(front.asked) == 1
    run.clock += 20

    run.login()

    assert front.actions == ["ecr:GetAuthorizationToken"] * 2


def test_a_token_that_has_ended_on_receipt_serves_once(front: Aws, run: Run) -> None:
    """Moto's all end on 1 January 2015."""
    first, second = run.login(), run.login()

    assert first.secret == second.secret == f"{ACCOUNT}-auth-token"
    assert front.actions == ["ecr:GetAuthorizationToken"] * 2


def test_a_token_lasts_by_the_clock_of_aws(front: Aws, run: Run) -> None:
    """A clock that is wrong here neither keeps a token too long nor asks for it each time."""
    made = time.time() + 7 * 3600
    front.expiry = lambda: made + 12 * 3600
    answer = front.answer

    def later(asked: aws.Asked, forward: Callable[[], aws.Answer]) -> aws.Answer:
        found = answer(asked, forward)
        headers = {**found.headers, "date": aws.when(made)}
        return aws.Answer(status=found.status, headers=headers, body=found.body)

    front.answer = later  # type: ignore[method-assign]  # a front with another clock
    run.login()
    run.clock += 11.8 * 3600
    run.login()
    run.clock += 0.2 * 3600
    run.login()

    assert len(front.asked) == 2


def test_a_role_is_assumed_anew_with_a_new_token_of_the_ci(front: Aws, run: Run) -> None:
    front.expiry = lambda: time.time() + 12 * 3600
    given = iter(["to.ke.n1", "to.ke.n2"])
    who = Identity(base=WebIdentity(role=ROLE, token=lambda: next(given)))
    run.login(who)
    run.create("app", who)
    run.clock += 12 * 3600

    run.login(who)

    assert front.actions == [
        "sts:AssumeRoleWithWebIdentity",
        "ecr:GetAuthorizationToken",
        "ecr:CreateRepository",
        "sts:AssumeRoleWithWebIdentity",
        "ecr:GetAuthorizationToken",
    ]


@pytest.mark.parametrize(
    "data", [[], None, [{}], [{"authorizationToken": "%%%"}], [{"authorizationToken": "QVdT"}]]
)
def test_an_answer_without_a_token(front: Aws, run: Run, data: object) -> None:
    body = json.dumps({"authorizationData": data}).encode()
    front.refuse("ecr:GetAuthorizationToken", aws.Answer(status=200, headers={}, body=body))

    found = problem(run.login)

    assert (found.code, found.message) == ("registry", f"ECR in {REGION} answered without a token")


# repositories


def test_a_missing_repository_is_created_with_its_settings(front: Aws, run: Run) -> None:
    how = Creation(immutable=True, scan_on_push=True, tags={"team": "payments"})

    assert run.create("team/app", how=how) == Ensured(created=True)

    ecr = boto3.client("ecr", endpoint_url=front.moto, **ADMIN)
    [made] = ecr.describe_repositories()["repositories"]
    assert made["repositoryName"] == "team/app"
    assert made["imageTagMutability"] == "IMMUTABLE"
    assert made["imageScanningConfiguration"] == {"scanOnPush": True}
    tags = ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"]
    assert tags == [{"Key": "team", "Value": "payments"}]


def test_one_that_exists_is_left_as_it_is(front: Aws, run: Run) -> None:
    ecr = boto3.client("ecr", endpoint_url=front.moto, **ADMIN)
    ecr.create_repository(repositoryName="team/app")

    assert run.create("team/app", how=Creation(immutable=True)) == Ensured(created=False)

    assert ecr.describe_repositories()["repositories"][0]["imageTagMutability"] == "MUTABLE"


PUBLIC = Registry(host="public.ecr.aws", region="us-east-1", public=True)


def test_a_public_repository_is_created_without_its_alias(front: Aws, run: Run) -> None:
    how = Creation(immutable=True, tags={"team": "payments"})

    ensured = run.create("acme/team/app", registry=PUBLIC, how=how)

    assert ensured.created
    assert "no immutable tags" in ensured.notices[0]
    assert front.asked[0].fields == {
        "repositoryName": "team/app",
        "tags": [{"Key": "team", "Value": "payments"}],
    }


def test_a_public_repository_that_exists(front: Aws, run: Run) -> None:
    exists = refusal("RepositoryAlreadyExistsException", "already exists in the registry")
    front.refuse("ecr-public:CreateRepository", exists)

    assert run.create("acme/app", registry=PUBLIC) == Ensured(created=False)


def test_a_public_repository_has_an_alias(run: Run) -> None:
    with pytest.raises(NameFormatError, match="has no alias"):
        run.create("app", registry=PUBLIC)


# what AWS denies: each hint holds the statement that lets the next attempt through


def test_a_denied_token(user: User, run: Run) -> None:
    found = problem(lambda: run.login(user.identity))

    assert found.code == "denied"
    assert found.message.startswith("AWS denies ecr:GetAuthorizationToken (accessKeyId): ")
    assert f"Add to the policy of arn:aws:iam::{ACCOUNT}:user/ci: " in found.hint
    user.allow(*statements(found.hint))
    assert run.login(user.identity).secret


def test_a_denied_repository(user: User, run: Run) -> None:
    how = Creation(tags={"team": "payments"})

    found = problem(lambda: run.create("team/app", user.identity, how=how))

    assert "ecr:CreateRepository" in found.message
    [statement] = statements(found.hint)
    assert statement["Action"] == ["ecr:CreateRepository", "ecr:TagResource"]
    assert statement["Resource"] == PRIVATE.arn("team/app")
    # moto knows of no single repositories: it asks for the right to all of them
    user.allow({**statement, "Resource": "*"})
    assert run.create("team/app", user.identity, how=how).created


def test_a_denied_role(user: User, run: Run) -> None:
    role = Role(arn=f"arn:aws:iam::{ACCOUNT}:role/pusher")
    who = Identity(base=user.base, role=role)

    found = problem(lambda: run.login(who))

    assert (found.code, found.message.split()[2]) == ("denied", "sts:AssumeRole")
    own, trust = statements(found.hint)
    user.allow(own)
    with user.front.ungoverned():
        user.iam.create_role(RoleName="pusher", AssumeRolePolicyDocument=document([trust]))
        may = document([json.loads(policies.token(public=False))])
        user.iam.put_role_policy(RoleName="pusher", PolicyName="push", PolicyDocument=may)
    assert run.login(who).secret


def test_a_role_that_does_not_trust_the_ci(front: Aws, run: Run) -> None:
    """Moto believes every OIDC token, so the front speaks for AWS."""
    said = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    front.refuse("sts:AssumeRoleWithWebIdentity", refusal("AccessDenied", said, status=403, xml=True))
    subject = "project_path:acme/app:ref_type:branch:ref:main"
    claims = json.dumps({"iss": "https://gitlab.example.com", "sub": subject})
    token = f"e30.{base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.c2ln"

    found = problem(lambda: run.login(Identity(base=WebIdentity(role=ROLE, token=lambda: token))))

    assert found.code == "denied"
    [statement] = statements(found.hint)
    assert statement["Principal"] == {
        "Federated": f"arn:aws:iam::{OTHER_ACCOUNT}:oidc-provider/gitlab.example.com"
    }
    assert statement["Condition"]["StringEquals"] == {
        "gitlab.example.com:aud": identity.AUDIENCE,
        "gitlab.example.com:sub": subject,
    }
    assert token not in found.message + found.hint


def test_a_denied_public_token(front: Aws, run: Run) -> None:
    said = (
        "User: arn:aws:iam::1:user/ci is not authorized to perform: sts:GetServiceBearerToken on resource: *"
    )
    front.refuse("ecr-public:GetAuthorizationToken", refusal("AccessDeniedException", said))

    found = problem(lambda: run.login(registry=PUBLIC))

    assert statements(found.hint)[0]["Action"] == [
        "ecr-public:GetAuthorizationToken",
        "sts:GetServiceBearerToken",
    ]


# what else goes wrong


def test_a_key_that_aws_does_not_know(front: Aws, run: Run) -> None:
    with front.governed():
        found = problem(run.login)

    assert found.code == "login"
    assert "does not know the access key (accessKeyId)" in found.message
    assert SECRET not in found.message


def test_a_secret_that_is_not_the_keys(user: User, run: Run) -> None:
    wrong = Keys(access_key_id=user.base.access_key_id, secret_access_key=SECRET)

    found = problem(lambda: run.login(Identity(base=wrong)))

    assert found.code == "login"
    assert "secret access key is not that of the access key" in found.message


def test_a_clock_that_is_wrong(front: Aws, run: Run) -> None:
    said = "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z"
    answer = refusal("InvalidSignatureException", said, date=time.time() + 1000)
    front.refuse("ecr:GetAuthorizationToken", answer)

    found = problem(run.login)

    assert found.code == "login"
    assert "this machine's clock is 16 min" in found.message
    assert "behind that of AWS" in found.message


@pytest.mark.parametrize("date", ["yesterday", "", "now, without a zone"])
def test_an_answer_without_a_date_of_use(front: Aws, run: Run, date: str) -> None:
    answer = refusal("InvalidSignatureException", "does not match")
    now = aws.when(time.time()).replace("GMT", "-0000")
    headers = {**answer.headers, "date": now if date.startswith("now") else date}
    front.refuse("ecr:GetAuthorizationToken", aws.Answer(status=400, headers=headers, body=answer.body))

    assert "secret access key is not that of the access key" in problem(run.login).message


def test_a_session_that_is_over(front: Aws, run: Run) -> None:
    said = "The security token included in the request is expired"
    front.refuse("sts:GetCallerIdentity", refusal("ExpiredToken", said, status=403, xml=True))

    found = problem(lambda: run.tokens.registry(KEYS, region=REGION))

    assert (found.code, found.retryable) == ("login", False)


def test_a_failure_that_passes_is_tried_three_times(front: Aws, run: Run) -> None:
    front.refuse("ecr:GetAuthorizationToken", refusal("ServerException", "oops", status=500))

    found = problem(run.login)

    assert (found.code, found.retryable) == ("unavailable", True)
    assert front.actions == ["ecr:GetAuthorizationToken"] * 3


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        (REGION, "Check the network"),
        ("eu-wset-1", "eu-wset-1 is no region that this version knows: eu-west-1"),
        ("xx-yonder-1", "xx-yonder-1 is no region that this version knows. Check"),
    ],
)
def test_aws_cannot_be_reached(run: Run, monkeypatch: pytest.MonkeyPatch, region: str, hint: str) -> None:
    """A region that nobody knows may be one that does not exist: trying again will not help."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    found = problem(lambda: run.login(registry=hosts.private(ACCOUNT, region)))

    assert (found.code, found.retryable) == ("unreachable", region == REGION)
    assert f"AWS cannot be reached in {region}" in found.message
    assert found.hint.startswith(hint)


BROKEN: dict[str, tuple[dict[str, str], str]] = {
    "half of the keys": ({"AWS_ACCESS_KEY_ID": "AKIA1"}, "AWS_SECRET_ACCESS_KEY"),
    "no such profile": ({"AWS_PROFILE": "nobody"}, "(nobody) could not be found"),
    "no token file": (
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token", "AWS_ROLE_ARN": ROLE.arn},
        "/nowhere/token: No such file or directory",
    ),
    "no address": (
        {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": "nowhere"},
        "Invalid endpoint: nowhere",
    ),
}


@pytest.mark.parametrize(("environ", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_default_chain(
    run: Run, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], words: str
) -> None:
    """It is responsible for ECR's hosts, and so is never passed by in silence."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    found = problem(lambda: run.tokens.ambient(PRIVATE))

    assert found.code == "credentials"
    assert words in found.message
    assert found.hint


def test_a_name_that_aws_does_not_take(run: Run) -> None:
    found = problem(lambda: run.create("a"))

    assert found.code == "value"
    assert "repositoryName" in found.message


def test_a_certificate_that_is_not_trusted(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bundle := tmp_path / "ca.pem").write_bytes(trustme.CA().cert_pem.bytes())
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake is no news
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{server.server_address[1]}")

        found = problem(run.login)
        server.shutdown()

    assert found.code == "tls"
    assert "AWS_CA_BUNDLE" in found.hint
