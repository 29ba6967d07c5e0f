"""The methods of logging in without a stored secret, by the names that the input `login` has for them.

    github   the job's own token, for ghcr.io
    gitlab   the job's own token, for the project's registry
    aws      a role for the job's OIDC token, or what AWS's own tools would find, for ECR

Another provider is a module here with its row below, its inputs in `fields`, and its name in `Options.login`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pushstep.registry.credentials.methods.aws import Aws
from pushstep.registry.credentials.methods.github import GitHub
from pushstep.registry.credentials.methods.gitlab import GitLab
from pushstep.registry.credentials.methods.protocol import Method

METHODS: Mapping[str, Method] = MappingProxyType({"gitlab": GitLab(), "github": GitHub(), "aws": Aws()})
"""In the order in which they are tried unasked: what the CI gives comes before what a cloud does."""
