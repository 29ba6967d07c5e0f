"""What the keychain is asked for: a registry, all that may know a login for it, and how it is to be found."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from pushstep.ci.protocol import Context
from pushstep.registry.credentials.credential import Credential
from pushstep.registry.credentials.docker_config import Machine
from pushstep.registry.credentials.job import Job
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """How to log in without a stored secret: the input `login` and those beside it, or an entry's."""

    method: str = "auto"
    """`auto`, `none`, or one of `methods.METHODS`."""
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What was given for a method, by the input's name: `aws-role-to-assume`, ..."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The registry that a credential is for, and all that may know one."""

    host: str
    """As `reference.host` spells it."""
    repository: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    entry: Credential | None = None
    """What the registry's entry in a registries document holds; its `source` says so."""
    login: Login = field(default_factory=Login)
    """The entry's where it has one, else the run's."""
    github_token: str = field(default="", repr=False)
    context: Context
    machine: Machine = field(repr=False)
    job: Job = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The credential, and what the search passed by that people should hear of."""

    credential: Credential
    notices: Sequence[str] = ()
