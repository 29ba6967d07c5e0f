"""Repositories of ECR: made where they do not exist, because ECR makes none by itself."""

from collections.abc import Sequence
from typing import Any

from pushstep.registry.credentials.ecr import hosts, policies
from pushstep.registry.credentials.ecr.creation import Creation
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import Identity
from pushstep.registry.credentials.ecr.refusals import Subject
from pushstep.registry.credentials.ecr.sessions import Sessions
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Ensured:
    """A repository that exists."""

    created: bool
    notices: Sequence[str] = ()


def ensure(
    sessions: Sessions, registry: Registry, identity: Identity, repository: str, how: Creation
) -> Ensured:
    """Create `repository` unless it exists; one that does keeps its settings. Raises `StepError`."""
    name = hosts.public_name(repository) if registry.public else repository
    notices: tuple[str, ...] = ()
    if registry.public and (how.immutable or how.scan_on_push):
        notices = (f"{registry.host} has no immutable tags and no scans: create-repository leaves them out",)
    service = "ecr-public" if registry.public else "ecr"
    client = sessions.client(service, identity, registry.region, registry)
    needed = policies.creation(registry, name, tagged=bool(how.tags))
    subject = Subject(identity=identity, where=registry.region, statement=needed)
    with sessions.translated(service, subject):
        try:
            client.create_repository(**_request(registry, name, how))
        except client.exceptions.RepositoryAlreadyExistsException:
            return Ensured(created=False, notices=notices)
    return Ensured(created=True, notices=notices)


def _request(registry: Registry, name: str, how: Creation) -> dict[str, Any]:
    request: dict[str, Any] = {"repositoryName": name}
    if how.tags:
        request["tags"] = [{"Key": key, "Value": value} for key, value in how.tags.items()]
    if registry.public:
        return request
    return request | {
        "registryId": registry.account,
        "imageTagMutability": "IMMUTABLE" if how.immutable else "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": how.scan_on_push},
    }
