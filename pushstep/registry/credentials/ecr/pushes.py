"""What it means when ECR itself refuses a push: policies, and repositories that nobody made; pure."""

from dataclasses import replace

from pushstep.errors import Problem
from pushstep.registry.credentials.ecr import policies
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import Identity
from pushstep.registry.credentials.ecr.refusals import push_denied

_AWS_BEGINS = "User: arn:"
"""How AWS's own words begin, behind those of whoever handed them on."""


def explained(problem: Problem, registry: Registry, repository: str, identity: Identity) -> Problem:
    """The same problem of a push to `repository`, with what to do about it at AWS."""
    said = problem.message[max(problem.message.find(_AWS_BEGINS), 0) :]
    denied = push_denied(said, registry, repository, identity)
    if denied:
        return denied
    if problem.code == "denied":
        # a question without a body, such as `HEAD`, is answered without words
        statement = policies.push(registry, repository)
        hint = f"The identity's policy, and the repository's if it has one, must say: {statement}"
        return replace(problem, hint=hint)
    if problem.code == "not-found":
        account = f" of account {registry.account}" if registry.account else ""
        hint = (
            f"ECR makes no repository by itself: create {repository} in {registry.region}{account}, or give "
            "`create-repository: true`. If it exists, check region and account."
        )
        return replace(problem, hint=hint)
    return problem
