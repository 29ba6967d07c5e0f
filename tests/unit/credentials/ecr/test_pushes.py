"""What ECR's registry itself refuses, explained by what AWS wants."""

import json

import pytest

from pushstep.errors import Problem
from pushstep.registry.credentials.ecr import hosts
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import Chain, Identity
from pushstep.registry.credentials.ecr.pushes import explained

REGISTRY = hosts.private("123456789012", "eu-west-1")
PUBLIC = Registry(host="public.ecr.aws", region="us-east-1", public=True)
WHO = Identity(base=Chain())
SAID = (
    "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecr:PutImage on resource: "
    "arn:aws:ecr:eu-west-1:123456789012:repository/app because no identity-based policy allows it"
)


@pytest.mark.parametrize(
    "message",
    [
        f"{REGISTRY.host} denies the push to app as AWS (ECR token by the AWS default chain): DENIED: {SAID}",
        f"denied: {SAID}",
        SAID,
    ],
)
def test_awss_own_words_come_first_and_its_statement_last(message: str) -> None:
    found = explained(Problem(code="denied", message=message, hint="x"), REGISTRY, "app", WHO)

    assert found.message == f"AWS denies ecr:PutImage (the AWS default chain): {SAID}"
    statement = json.loads(found.hint[found.hint.index("{") :])
    assert statement["Resource"] == REGISTRY.arn("app")


def test_a_denial_without_words_names_all_that_a_push_needs() -> None:
    problem = Problem(code="denied", message="403 Forbidden", hint="x")

    found = explained(problem, REGISTRY, "app", WHO)

    assert found.message == problem.message
    assert found.hint.startswith("The identity's policy, and the repository's if it has one, must say: {")
    assert "ecr:InitiateLayerUpload" in found.hint
    assert "ecr-public:PutImage" in explained(problem, PUBLIC, "alias/app", WHO).hint


def test_a_repository_that_nobody_made() -> None:
    problem = Problem(code="not-found", message="no such repository", hint="x")

    assert explained(problem, REGISTRY, "app", WHO).hint == (
        "ECR makes no repository by itself: create app in eu-west-1 of account 123456789012, or give "
        "`create-repository: true`. If it exists, check region and account."
    )
    assert "create alias/app in us-east-1, or" in explained(problem, PUBLIC, "alias/app", WHO).hint


def test_anything_else_is_told_as_it_is() -> None:
    problem = Problem(code="unavailable", message="503", hint="x", retryable=True)

    assert explained(problem, REGISTRY, "app", WHO) == problem
