"""One entry of a registries document, typed: a registry, the login for it, and how it is spoken to (5)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Literal

from pydantic import Field

from pushstep.registry import reference
from pushstep.registry.credentials.ecr import hosts
from pushstep.registry.reference import HUB, NameFormatError
from pushstep.step import scalars
from pushstep.step.document import Data
from pushstep.step.operations import Strict
from pushstep.step.placeholders import holds_variable
from pushstep.step.scalars import Boolean, Scalar, Text, refuse
from pushstep.step.validation import Finding

CREDENTIALS = ("username", "password", "accessKeyId", "secretAccessKey", "sessionToken")
"""The fields that secrets of the environment may be put into."""
_PAIRS = (("username", "password"), ("accessKeyId", "secretAccessKey"))
_OF_ECR = ("region", "account", "accessKeyId", "secretAccessKey", "sessionToken",
           "role_arn", "aws_session_name", "aws_duration_seconds")  # fmt: skip
_LOGINS = ("auto", "none", "aws", "github", "gitlab")


def _insecure(text: str) -> str:
    if text in ("http", "skip-verify"):
        return text
    hint = "Write http (plain HTTP) or skip-verify (TLS with whoever answers), or leave it out."
    raise refuse("value", f"{text!r} does not say what is not to be secure", hint)


def _login(text: str) -> str:
    if text not in _LOGINS:
        raise refuse("value", f"{text!r} is no way to log in", f"Known here: {', '.join(_LOGINS)}.")
    return text


class Body(Strict):
    """What stands below a logical name."""

    provider: scalars.Provider = "docker"
    domain: Annotated[str, Scalar(reference.host)] | None = None
    username: scalars.Secret | None = None
    password: scalars.Secret | None = Field(default=None, repr=False)
    repository_prefix: Annotated[str, Scalar(reference.repository)] | None = None
    default: Boolean = False
    region: scalars.Region | None = None
    account: Annotated[str, Scalar(hosts.account)] | None = None
    role_arn: scalars.Role | None = None
    aws_session_name: scalars.SessionName | None = None
    aws_duration_seconds: scalars.Duration | None = None
    access_key_id: scalars.Secret | None = Field(default=None, alias="accessKeyId", repr=False)
    secret_access_key: scalars.Secret | None = Field(default=None, alias="secretAccessKey", repr=False)
    session_token: scalars.Secret | None = Field(default=None, alias="sessionToken", repr=False)
    ca: Text | None = None
    client_cert: Text | None = None
    client_key: Text | None = None
    insecure: Annotated[Literal["", "http", "skip-verify"], Scalar(_insecure)] = ""
    login: Annotated[str, Scalar(_login)] = "auto"
    aws_role_to_assume: scalars.Role | None = None


class Entry(Body):
    """A registry as its document describes it; `name` is its logical name."""

    name: str

    @property
    def host(self) -> str | None:
        """The registry's host; None: AWS has to be asked for the account or the region."""
        if self.domain or self.provider == "docker":
            return self.domain or HUB
        return hosts.private(self.account, self.region).host if self.account and self.region else None


def across(fields: Mapping[str, Data]) -> Iterator[Finding]:
    """What is wrong between the fields of an entry; a value that a variable may change takes no part."""
    for pair in _PAIRS:
        for name, other in (pair, pair[::-1]):
            if other in fields and name not in fields:
                yield _missing(name, f"{other} alone is half a login: give both, or leave both out.")
    if "sessionToken" in fields and "accessKeyId" not in fields:
        yield _missing("accessKeyId", "A session token goes with the keys of its session.")
    if "client_key" in fields and "client_cert" not in fields:
        yield _missing("client_cert", "A key proves nothing without its certificate.")
    yield from _of_login(fields)
    if fields.get("provider") == "ecr":
        yield from _of_ecr(fields)


def _of_login(fields: Mapping[str, Data]) -> Iterator[Finding]:
    login, role = _literal(fields, "login") or "auto", "aws_role_to_assume" in fields
    if login == "aws" and not role:
        yield _missing("aws_role_to_assume", "login aws exchanges the job's OIDC token for a role: name it.")
    if role and login in ("none", "github", "gitlab"):
        what = f": login is {login}, which takes no role"
        yield Finding(loc=("aws_role_to_assume",), code="conflict", what=what, hint="Leave one of them out.")


def ignored(fields: Mapping[str, Data]) -> Iterator[Finding]:
    """What the provider has no use for."""
    provider = fields.get("provider") or "docker"
    if isinstance(provider, str) and not holds_variable(provider):
        names = ("username", "password") if provider == "ecr" else _OF_ECR
        what = f": ignored, as provider is {provider}"
        yield from (Finding(loc=(name,), code="value", what=what) for name in names if fields.get(name))


def _of_ecr(fields: Mapping[str, Data]) -> Iterator[Finding]:
    domain = _literal(fields, "domain")
    if not domain:
        return
    account, region = _valid(hosts.account, fields, "account"), _valid(hosts.region, fields, "region")
    try:
        hosts.agreed(of_ecr(domain), account=account, region=region)
    except NameFormatError as error:
        yield Finding(loc=("domain",), code=error.code, what=f": {error}", hint=error.hint)


def of_ecr(domain: str) -> hosts.Registry:
    """The registry of ECR at a domain; raises `NameFormatError` where none can be."""
    registry = hosts.parse(reference.host(domain))
    if registry is None:
        hint = "Leave domain out: account and region tell it. Or leave provider out, if it is another's."
        raise NameFormatError(f"{domain!r} is no host of ECR", hint, code="conflict")
    return registry


def _valid(parse: Callable[[str], str], fields: Mapping[str, Data], name: str) -> str:
    """The literal of a field if it is right; one that is not is a problem of its own."""
    text = _literal(fields, name)
    with suppress(NameFormatError):
        return parse(text) if text else ""
    return ""


def _literal(fields: Mapping[str, Data], name: str) -> str:
    """The text of a field, `""` where it is none or a variable can change it."""
    text = fields.get(name)
    return text.strip() if isinstance(text, str) and not holds_variable(text) else ""


def _missing(name: str, hint: str) -> Finding:
    return Finding(loc=(name,), code="missing", what=" is missing", hint=hint)
