"""What AWS's refusals mean. The texts are AWS's own, from its user guides and its users' reports."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pushstep.errors import Problem
from pushstep.registry.credentials.ecr import chain, hosts, policies, refusals
from pushstep.registry.credentials.ecr.identity import Chain, Identity, Keys, Role, WebIdentity
from pushstep.registry.credentials.ecr.refusals import Refusal, Subject

ROLE = "arn:aws:iam::123456789012:role/pusher"
USER = "arn:aws:iam::123456789012:user/ci"
KEYS = Identity(base=Keys(access_key_id="AKIA1", secret_access_key="hunter2"))
SESSION = Identity(base=Keys(access_key_id="ASIA1", secret_access_key="hunter2"))
WEB = Identity(base=WebIdentity(role=Role(arn=ROLE), token=str))
CLAIMS = {
    "iss": "https://token.actions.githubusercontent.com",
    "sub": "repo:acme/app:ref:refs/heads/main",
    "aud": "sts.amazonaws.com",
}
ASKED = Subject(identity=KEYS, where="eu-west-1")
REGISTRY = hosts.private("123456789012", "eu-west-1")


def said(
    action: str, code: str, text: str, *, status: int = 400, skew: float | None = 0.5, about: Subject = ASKED
) -> Problem:
    refusal = Refusal(action=action, code=code, said=text, status=status, skew=skew)
    return refusals.problem(refusal, about)


def statements(hint: str) -> list[Mapping[str, Any]]:
    """Every JSON object in a hint."""
    found, decoder, at = [], json.JSONDecoder(), hint.find("{")
    while at >= 0:
        one, end = decoder.raw_decode(hint, at)
        found.append(one)
        at = hint.find("{", end)
    return found


MEANINGS = {
    # code of AWS, text, action: code of ours, word of the message, word of the hint
    "an unknown key": (
        ("InvalidClientTokenId", "The security token included in the request is invalid."),
        ("login", "does not know the access key (accessKeyId)", "deactivated"),
    ),
    "an unknown key, as ECR says it": (
        ("UnrecognizedClientException", "The security token included in the request is invalid."),
        ("login", "does not know the access key", "deactivated"),
    ),
    "a secret that is not the key's": (
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
        ),
        ("login", "secret access key is not that of the access key", "Copy both"),
    ),
    "the same, as ECR says it": (
        ("InvalidSignatureException", "The request signature we calculated does not match"),
        ("login", "secret access key is not that of the access key", "Copy both"),
    ),
    "an old session": (
        ("ExpiredTokenException", "The security token included in the request is expired"),
        ("login", "session of the AWS credentials is over", "new ones"),
    ),
    "no identity provider": (
        (
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com",
        ),
        ("credentials", "does not take the CI's OIDC token", "audience sts.amazonaws.com"),
    ),
    "a region that is not enabled": (
        ("RegionDisabledException", "STS is not activated in this region for account:123456789012."),
        ("denied", "does not serve this account in eu-west-1", "Enable the region"),
    ),
    "an account without such a registry": (
        ("RegistryNotFoundException", "The specified registry could not be found."),
        ("not-found", "no such repository or registry", "name"),
    ),
    "too many repositories": (
        (
            "LimitExceededException",
            "The operation did not succeed because it would have exceeded a service limit",
        ),
        ("quota", "as AWS lets it", "Ask AWS"),
    ),
    "too fast": (("ThrottlingException", "Rate exceeded"), ("rate-limit", "slow down", "later")),
    "a fault of AWS that has a name": (
        ("IDPCommunicationError", "The request could not be fulfilled"),
        ("unavailable", "AWS failed", "again"),
    ),
    "another refusal": (
        ("InvalidParameterException", "Invalid parameter at 'repositoryName'"),
        ("registry", "AWS refused ecr:GetAuthorizationToken", "words"),
    ),
    "a session that the role does not allow": (
        (
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ),
        ("registry", "exceeds", "aws_duration_seconds"),
    ),
    "a session that a chain of roles does not allow": (
        (
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ),
        ("registry", "exceeds", "an hour at most"),
    ),
}


@pytest.mark.parametrize(("told", "meant"), MEANINGS.values(), ids=MEANINGS)
def test_codes(told: tuple[str, str], meant: tuple[str, str, str]) -> None:
    code, text = told

    problem = said("ecr:GetAuthorizationToken", code, text)

    assert problem.code == meant[0]
    assert meant[1] in problem.message
    assert meant[2] in problem.hint
    assert problem.message.endswith(f": {code}: {text}")
    assert problem.retryable == (problem.code in ("rate-limit", "unavailable"))


def test_a_fault_of_aws_without_a_name_passes() -> None:
    problem = said("ecr:GetAuthorizationToken", "ServerException", "oops", status=503)

    assert (problem.code, problem.retryable) == ("unavailable", True)


def test_the_key_of_a_session_without_its_token() -> None:
    problem = said(
        "sts:GetCallerIdentity", "InvalidClientTokenId", "invalid", about=replace(ASKED, identity=SESSION)
    )

    assert "sessionToken" in problem.hint


def test_an_oidc_token_that_is_over() -> None:
    problem = said(
        "sts:AssumeRoleWithWebIdentity",
        "ExpiredTokenException",
        "Token expired",
        about=replace(ASKED, identity=WEB, claims=CLAIMS),
    )

    assert (problem.code, "GitLab's lives as long" in problem.hint) == ("login", True)


SKEWS = {
    990: "this machine's clock is 16 min 30 s ahead of that of AWS",
    -7200: "this machine's clock is 2 h behind that of AWS",
    -3661: "this machine's clock is 1 h 1 min 1 s behind that of AWS",
    60: "this machine's clock is 1 min ahead of that of AWS",
}


@pytest.mark.parametrize(("skew", "words"), SKEWS.items(), ids=map(str, SKEWS))
@pytest.mark.parametrize(
    "code",
    [
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "RequestTimeTooSkewed",
        "ExpiredToken",
        "RequestExpired",
    ],
)
def test_a_wrong_clock(code: str, skew: float, words: str) -> None:
    problem = said("ecr:GetAuthorizationToken", code, "Signature expired: x is now earlier than y", skew=skew)

    assert problem.code == "login"
    assert problem.message.startswith(words)
    assert "NTP" in problem.hint


@pytest.mark.parametrize("skew", [None, 3.0])
def test_a_wrong_clock_that_only_aws_knows_of(skew: float | None) -> None:
    problem = said("ecr:X", "SignatureDoesNotMatch", "Signature not yet current: 1 is still later", skew=skew)

    assert "clock is wrong, or the request was on its way too long" in problem.message


def test_what_aws_repeats_of_the_request_is_not_told() -> None:
    text = "does not match.\n\nThe Canonical String should have been\n'POST\nx-amz-security-token:abc'"

    problem = said("ecr:X", "SignatureDoesNotMatch", text)

    assert problem.message.endswith("does not match.")
    assert len(said("ecr:X", "Odd", "a" * 100_000).message) < 3000


def denial(action: str, resource: str = "*", why: str = "because no identity-based policy allows it") -> str:
    return f"User: {USER} is not authorized to perform: {action} on resource: {resource} {why}"


def test_a_denied_action_and_what_to_add() -> None:
    needed = policies.token(public=False)

    problem = said(
        "ecr:GetAuthorizationToken",
        "AccessDeniedException",
        denial("ecr:GetAuthorizationToken"),
        about=replace(ASKED, statement=needed),
    )

    assert problem.code == "denied"
    assert problem.message.startswith("AWS denies ecr:GetAuthorizationToken (accessKeyId): User: arn:")
    assert f"Add to the policy of {USER}:" in problem.hint
    assert statements(problem.hint) == [
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    ]


def test_of_two_actions_that_belong_together_both_are_named() -> None:
    needed = policies.token(public=True)

    problem = said(
        "ecr-public:GetAuthorizationToken",
        "AccessDeniedException",
        denial("sts:GetServiceBearerToken"),
        about=replace(ASKED, statement=needed),
    )

    assert problem.message.startswith("AWS denies sts:GetServiceBearerToken")
    assert statements(problem.hint)[0]["Action"] == [
        "ecr-public:GetAuthorizationToken",
        "sts:GetServiceBearerToken",
    ]


def test_an_action_that_nobody_asked_for() -> None:
    """AWS asks for a key's use on the caller's behalf, say."""
    key = "arn:aws:kms:eu-west-1:123456789012:key/x"

    problem = said(
        "ecr:CreateRepository",
        "AccessDeniedException",
        denial("kms:CreateGrant", key),
        about=replace(ASKED, statement=policies.creation(REGISTRY, "app", tagged=False)),
    )

    assert statements(problem.hint) == [{"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": key}]


def test_a_denial_without_any_words() -> None:
    problem = said("ecr:CreateRepository", "AccessDeniedException", "")

    assert "Add to the identity's policy: " in problem.hint
    assert statements(problem.hint) == [
        {"Effect": "Allow", "Action": "ecr:CreateRepository", "Resource": "*"}
    ]


def test_a_denied_role_has_two_sides() -> None:
    problem = said(
        "sts:AssumeRole",
        "AccessDenied",
        denial("sts:AssumeRole", ROLE),
        status=403,
        about=replace(ASKED, role=ROLE),
    )

    assert statements(problem.hint) == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE},
        {"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "sts:AssumeRole"},
    ]


def test_a_denied_role_of_somebody_unnamed() -> None:
    problem = said("sts:AssumeRole", "AccessDenied", "Access denied", about=replace(ASKED, role=ROLE))

    assert statements(problem.hint)[1]["Principal"] == {"AWS": "ARN OF THE CALLER"}


def test_a_role_that_does_not_trust_the_ci() -> None:
    problem = said(
        "sts:AssumeRoleWithWebIdentity",
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        about=replace(ASKED, identity=WEB, role=ROLE, claims=CLAIMS),
    )

    issuer = "token.actions.githubusercontent.com"
    assert problem.code == "denied"
    assert statements(problem.hint) == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{issuer}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{issuer}:aud": "sts.amazonaws.com",
                    f"{issuer}:sub": "repo:acme/app:ref:refs/heads/main",
                }
            },
        }
    ]


def test_a_role_of_the_default_chain_that_is_denied() -> None:
    """The chain assumes roles of its own, which nobody named to the run."""
    problem = said(
        "sts:AssumeRoleWithWebIdentity",
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        about=replace(ASKED, identity=Identity(base=Chain())),
    )

    assert "the AWS default chain" in problem.message
    assert statements(problem.hint)[0]["Action"] == "sts:AssumeRoleWithWebIdentity"


def test_an_explicit_deny_is_not_mended_by_allowing() -> None:
    why = "with an explicit deny in a service control policy"

    problem = said("ecr:GetAuthorizationToken", "AccessDeniedException", denial("ecr:X", why=why))

    assert "look for the Deny" in problem.hint
    assert statements(problem.hint) == []


@pytest.mark.parametrize(
    "kind", ["service control policy", "permissions boundary", "session policy", "VPC endpoint policy"]
)
def test_the_kind_of_policy_that_aws_names(kind: str) -> None:
    why = f"because no {kind} allows the ecr:GetAuthorizationToken action"

    problem = said("ecr:GetAuthorizationToken", "AccessDeniedException", denial("ecr:X", why=why))

    assert problem.hint.endswith(f"It is the {kind} that does not allow it.")


def test_a_denied_push_in_the_registrys_own_words() -> None:
    resource = REGISTRY.arn("team/app")
    told = f"denied: {denial('ecr:InitiateLayerUpload', resource)}"

    problem = refusals.push_denied(told, REGISTRY, "team/app", KEYS)

    assert problem
    assert problem.code == "denied"
    assert problem.message.startswith("AWS denies ecr:InitiateLayerUpload (accessKeyId): denied: User: ")
    [statement] = statements(problem.hint)
    assert statement["Resource"] == resource
    assert {"ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:PutImage"} <= set(statement["Action"])


def test_other_words_of_the_registry_are_left_to_others() -> None:
    assert refusals.push_denied("name unknown: no such repository", REGISTRY, "app", KEYS) is None


def test_what_a_push_takes() -> None:
    private = json.loads(policies.push(REGISTRY, "team/app"))
    public = hosts.parse("public.ecr.aws")
    assert public

    assert private["Resource"] == "arn:aws:ecr:eu-west-1:123456789012:repository/team/app"
    assert {"ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:BatchGetImage"} <= set(private["Action"])
    assert "ecr-public:InitiateLayerUpload" in json.loads(policies.push(public, "app"))["Action"]


def test_what_creating_takes() -> None:
    public = hosts.parse("public.ecr.aws")
    assert public

    assert json.loads(policies.creation(REGISTRY, "app", tagged=False))["Action"] == "ecr:CreateRepository"
    assert json.loads(policies.creation(public, "app", tagged=True))["Action"] == [
        "ecr-public:CreateRepository",
        "ecr-public:TagResource",
    ]


def test_claims_that_are_not_known() -> None:
    shown = json.loads(policies.federation(ROLE, {}))

    assert shown["Principal"]["Federated"].endswith(":oidc-provider/ISSUER")
    assert shown["Condition"]["StringEquals"]["ISSUER:sub"] == "SUBJECT"


LOOKED_AT = {
    "nothing is set": ({"HOME": "/root"}, ["/root/.aws/credentials", "profile default", "(EC2) has no role"]),
    "no home either": ({}, ["~/.aws/credentials"]),
    "other files and a profile": (
        {"AWS_PROFILE": "ci", "AWS_SHARED_CREDENTIALS_FILE": "/c", "AWS_CONFIG_FILE": "/d"},
        ["/c and /d have none for the profile ci"],
    ),
    "the machine is not to be asked": (
        {"AWS_EC2_METADATA_DISABLED": "TRUE"},
        ["was not asked for its role (AWS_EC2_METADATA_DISABLED)"],
    ),
}


@pytest.mark.parametrize(("environ", "words"), LOOKED_AT.values(), ids=LOOKED_AT)
def test_where_the_chain_looked(environ: dict[str, str], words: list[str]) -> None:
    told = chain.looked_at(environ)

    assert all(word in told for word in [*words, "AWS_WEB_IDENTITY_TOKEN_FILE is not set"])


def test_what_is_set_is_not_told_to_be_missing() -> None:
    told = chain.looked_at({"AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token"})

    assert "AWS_WEB_IDENTITY_TOKEN_FILE" not in told
