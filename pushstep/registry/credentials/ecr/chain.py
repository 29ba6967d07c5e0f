"""Where AWS's default chain looks for credentials, told to somebody for whom it found none."""

import posixpath
from collections.abc import Iterator, Mapping

WORDS = {
    "env": "environment",
    "shared-credentials-file": "credentials file",
    "config-file": "configuration file",
    "assume-role": "a profile's role",
    "assume-role-with-web-identity": "AWS_WEB_IDENTITY_TOKEN_FILE",
    "sso": "IAM Identity Center",
    "login": "aws login",
    "custom-process": "credential_process",
    "container-role": "the container's role",
    "iam-role": "the instance's role",
}
"""botocore's names of the chain's links."""


def looked_at(environ: Mapping[str, str]) -> str:
    """Say where it looked, and what turned a place off; never a value that may be secret."""
    return "; ".join(_places(environ))


def _places(environ: Mapping[str, str]) -> Iterator[str]:
    yield "AWS_ACCESS_KEY_ID is not set"
    profile = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    home = posixpath.join(environ.get("HOME") or "~", ".aws")
    shared = environ.get("AWS_SHARED_CREDENTIALS_FILE") or posixpath.join(home, "credentials")
    config = environ.get("AWS_CONFIG_FILE") or posixpath.join(home, "config")
    yield f"{shared} and {config} have none for the profile {profile}"
    for name in ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        if not environ.get(name):
            yield f"{name} is not set"
    if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        yield "the machine was not asked for its role (AWS_EC2_METADATA_DISABLED)"
    else:
        yield "the machine (EC2) has no role"
