"""ECR's hosts: what a host says of the registry behind it, and which host an account has in a region.

    host := account ".dkr.ecr" ["-fips"] "." region "." suffix
          | account ".dkr-ecr" ["-fips"] "." region "." suffix of dual stack (IPv6 too)
          | "public.ecr.aws" | "ecr-public.aws.com"

A partition is an AWS of its own: accounts, regions and names end there, and so do the suffixes.
"""

import re

from pushstep.registry.reference import NameFormatError
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class _Partition:
    name: str
    regions: str
    """What its regions begin with."""
    suffix: str
    dual_stack: str = ""
    """`""`: ECR has no such hosts there."""


_PARTITIONS = (
    _Partition(
        name="aws-cn",
        regions="cn-",
        suffix="amazonaws.com.cn",
        dual_stack="on.amazonwebservices.com.cn",
    ),
    _Partition(name="aws-us-gov", regions="us-gov-", suffix="amazonaws.com", dual_stack="on.aws"),
    _Partition(name="aws-eusc", regions="eusc-", suffix="amazonaws.eu", dual_stack="on.amazonwebservices.eu"),
    _Partition(name="aws-iso", regions="us-iso-", suffix="c2s.ic.gov"),
    _Partition(name="aws-iso-b", regions="us-isob-", suffix="sc2s.sgov.gov"),
    _Partition(name="aws-iso-e", regions="eu-isoe-", suffix="cloud.adc-e.uk"),
    _Partition(name="aws-iso-f", regions="us-isof-", suffix="csp.hci.ic.gov"),
    _Partition(name="aws", regions="", suffix="amazonaws.com", dual_stack="on.aws"),
)
"""Tried in order; a region that AWS adds later is most likely one of the last."""
_SUFFIXES = {suffix for one in _PARTITIONS for suffix in (one.suffix, one.dual_stack) if suffix}

_SHAPE = re.compile(r"([^.]*)\.dkr([.-])ecr(-fips)?\.([^.]*)\.(.*)")
_ACCOUNT = re.compile("[0-9]{12}")
_REGION = re.compile("[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_PUBLIC = ("public.ecr.aws", "ecr-public.aws.com")
_PUBLIC_REGION = "us-east-1"
"""The only one where the API of public registries answers with tokens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """An ECR registry: `host` as it was written, and what it says."""

    host: str
    region: str
    """Where its API is asked."""
    account: str = ""
    """Twelve digits; `""` for a public one, which is found by its alias."""
    public: bool = False
    fips: bool = False
    dual_stack: bool = False

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn`, ...: what ARNs of this registry begin with."""
        return _partition(self.region).name

    def arn(self, repository: str) -> str:
        """How policies name a repository; of a public one the account is not known from here."""
        if self.public:
            return f"arn:{self.partition}:ecr-public::*:repository/{repository}"
        return f"arn:{self.partition}:ecr:{self.region}:{self.account}:repository/{repository}"


def parse(host: str) -> Registry | None:
    """The registry at `host` (as `reference.host` spells it); None when it is none of ECR's.

    Raises `NameFormatError` for a host of AWS that cannot be right.
    """
    if host in _PUBLIC:
        return Registry(host=host, region=_PUBLIC_REGION, public=True, dual_stack=host == _PUBLIC[1])
    found = _SHAPE.fullmatch(host)
    if not found or found[5] not in _SUFFIXES:
        return None
    number, dash, fips, where, suffix = found.groups()
    dual_stack = dash == "-"
    right = _host(account(number), region(where), fips=bool(fips), dual_stack=dual_stack)
    if host != right:
        raise NameFormatError(
            f"{host!r} is no host of ECR: {where} has none that end with {suffix!r} like this",
            f"Write {right!r}.",
        )
    return Registry(host=host, account=number, region=where, fips=bool(fips), dual_stack=dual_stack)


def private(number: str, where: str) -> Registry:
    """The registry of an account in a region."""
    return Registry(host=_host(account(number), region(where)), account=number, region=where)


def agreed(registry: Registry, *, account: str = "", region: str = "") -> Registry:
    """Return `registry` if the account and region given beside its host are its own (`""`: none given)."""
    # the region of public registries is no choice: one that is given is meant for others
    for what, given, own in (("account", account, registry.account), ("region", region, registry.region)):
        if given and given != own and not registry.public:
            raise NameFormatError(
                f"{registry.host} is of {what} {own}, but {what} says {given}",
                f"Leave {what} out, the host tells it; or give the registry of {what} {given}.",
                code="conflict",
            )
    return registry


def public_name(repository: str) -> str:
    """The name without the alias of its public registry, which the API does not want to hear."""
    alias, slash, name = repository.partition("/")
    if not slash:
        raise NameFormatError(
            f"{repository!r} has no alias: a public repository is 'alias/{alias}'",
            "Give image_name with the alias of your public registry before it.",
        )
    return name


def account(text: str) -> str:
    """Return `text` if it is the number of an account."""
    if not _ACCOUNT.fullmatch(text):
        raise NameFormatError(f"{text!r} is no AWS account", "It has 12 digits; in YAML they need quotes.")
    return text


def region(text: str) -> str:
    """Return `text` if it has the form of a region; which ones exist is AWS's to say."""
    if not _REGION.fullmatch(text):
        raise NameFormatError(f"{text!r} is no AWS region", "Write one such as eu-west-1.")
    return text


def _host(number: str, where: str, *, fips: bool = False, dual_stack: bool = False) -> str:
    partition = _partition(where)
    if dual_stack and partition.dual_stack:
        return f"{number}.dkr-ecr{'-fips' * fips}.{where}.{partition.dual_stack}"
    return f"{number}.dkr.ecr{'-fips' * fips}.{where}.{partition.suffix}"


def _partition(where: str) -> _Partition:
    return next(one for one in _PARTITIONS if where.startswith(one.regions))
