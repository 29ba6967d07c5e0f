"""Which registries a step pushes to, as their document knows them (push-step.md 2, 5.1); pure.

    Step, Entries ── choose ──▶ Choice ── plan ──▶ destinations

Where a registry of ECR is, AWS may have to tell in between: `aws.located`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from typing import TypeVar

from pushstep.errors import InputError, Problem
from pushstep.registry import reference
from pushstep.registry.credentials.ecr import hosts, identity
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.credentials.ecr.identity import Chain, Identity, Role
from pushstep.registry.reference import NameFormatError
from pushstep.step.candidate import StoredImage
from pushstep.step.destinations import BY_NAME, OTHERWISE
from pushstep.step.entries import Entries
from pushstep.step.entry import Entry, of_ecr
from pushstep.step.model import Step
from pushstep.values import dataclass

_BY_CONTEXT = "Give the logical name of one of them as `registry_context`."


@dataclass(frozen=True, kw_only=True, slots=True)
class Ecr:
    """A registry of Amazon ECR, and as whom AWS is asked there."""

    identity: Identity
    account: str = ""
    region: str = ""
    registry: Registry | None = None
    """None: AWS has to be asked what was left out, the caller's account or the region."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """One registry to push to."""

    registry: str = ""
    """A host or `oci:DIR`; `""` as long as AWS has not told."""
    entry: Entry | None = None
    prefix: str = ""
    """What comes before every repository there."""
    ecr: Ecr | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What a step pushes to; nothing chosen is the default of push-step.md 5.2 that needs no document."""

    chosen: tuple[Chosen, ...] = ()
    source: Entry | None = None
    """Whose login reads the candidate: the entry that `registry_context` names."""
    entries: Entries = field(default_factory=Entries)

    @property
    def is_located(self) -> bool:
        """Whether every host is known."""
        return all(one.registry for one in self.chosen)

    def at(self, host: str, step: Step) -> Chosen:
        """A registry that is given by its host: its entry's login and TLS settings, but not its prefix.

        Raises `InputError`, `StepError`.
        """
        found = _at(host, self.entries.at(host, BY_NAME, "registry"))
        return replace(found, ecr=None) if step.credentials else found

    def reading(self, host: str) -> Chosen:
        """The registry that a candidate is read from. Raises `InputError`, `StepError`."""
        return _at(host, self.source or self.entries.at(host, _BY_CONTEXT, "candidate"))


def choose(step: Step, entries: Entries) -> Choice:
    """Choose the registries of a step. Raises `InputError`, `StepError`."""
    made = Choice(entries=entries, source=_source(step, entries))
    if step.references:
        return made
    try:
        return replace(made, chosen=tuple(_chosen(step, made)))
    except NameFormatError as error:
        problem = Problem(code=error.code, message=str(error), hint=error.hint, path="registry")
        raise InputError([problem]) from None


def _chosen(step: Step, made: Choice) -> Iterator[Chosen]:
    entries, named = made.entries, step.registry
    if step.provider == "ecr":
        # hosts are of no use then, and a default of another kind is not what is meant
        named = tuple(name for name in named if name in entries)
        default = None if named else entries.default()
        if default and default.provider == "ecr":
            yield _named(step, default)
        elif not named:
            yield _placed(_described((step,)))
    elif not named and (default := entries.default()):
        yield _named(step, default)
    for name in named:
        if name in entries:
            yield _named(step, entries.named(name))
        elif reference.layout(name) is not None:
            yield Chosen(registry=name)
        else:
            yield made.at(name, step)


def _at(host: str, entry: Entry | None) -> Chosen:
    """A registry at a host that its entry did not lead to."""
    registry = hosts.parse(host) if entry and entry.provider == "ecr" else None
    ecr = replace(_described((entry,)), registry=registry) if entry and registry else None
    return Chosen(registry=host, entry=entry, ecr=ecr)


def _named(step: Step, entry: Entry) -> Chosen:
    """A registry by its logical name, which the step may say more of."""
    if step.provider and step.provider != entry.provider:
        what = f"provider {step.provider} is given for {entry.name}, which is {entry.provider}"
        raise NameFormatError(what, OTHERWISE, code="conflict")
    prefix = entry.repository_prefix or ""
    if entry.provider == "docker":
        return Chosen(registry=entry.host or "", entry=entry, prefix=prefix)
    return replace(_placed(_described((step, entry), entry)), entry=entry, prefix=prefix)


def _placed(ecr: Ecr) -> Chosen:
    registry = ecr.registry
    if registry is None and ecr.account and ecr.region:
        registry = hosts.private(ecr.account, ecr.region)
    return Chosen(registry=registry.host if registry else "", ecr=replace(ecr, registry=registry))


def _described(given: Sequence[Step | Entry], entry: Entry | None = None) -> Ecr:
    """A registry of ECR by the first of `given` to say each thing, at the domain of `entry` if it has one."""
    account = (entry and entry.account) or ""
    region = _first(one.region for one in given) or ""
    registry = None
    if entry and entry.domain:
        registry = hosts.agreed(of_ecr(entry.domain), account=account, region=region)
    return Ecr(identity=_identity(given), account=account, region=region, registry=registry)


def _identity(given: Sequence[Step | Entry]) -> Identity:
    keys = _first(
        identity.keys(one.access_key_id or "", one.secret_access_key or "", one.session_token or "")
        for one in given
    )
    return Identity(base=keys or Chain(), role=_role(given))


def _role(given: Sequence[Step | Entry]) -> Role | None:
    arn = _first(one.role_arn for one in given)
    if arn is None:
        return None
    role = Role(arn=arn)
    return replace(
        role,
        session_name=_first(one.aws_session_name for one in given) or role.session_name,
        seconds=_first(one.aws_duration_seconds for one in given) or role.seconds,
    )


T = TypeVar("T")


def _first(found: Iterable[T | None]) -> T | None:
    return next((one for one in found if one), None)


def _source(step: Step, entries: Entries) -> Entry | None:
    """The entry that `registry_context` names, which must be of the candidate's registry."""
    name, host = step.registry_context, step.candidate.host
    if name is None or name not in entries or isinstance(step.candidate, StoredImage):
        return None
    entry = entries.named(name)
    if host and not _is_at(entry, host):
        where = f", which is {entry.host}," if entry.host else ""
        what = f"registry_context {name}{where} is not the candidate's registry, {host}"
        hint = "Leave it out: the candidate's own host tells whose credentials read it."
        raise InputError([Problem(code="conflict", message=what, hint=hint, path="registry_context")])
    return entry


def _is_at(entry: Entry, host: str) -> bool:
    if entry.host:
        return entry.host == host
    registry = hosts.parse(host)
    return (
        registry is not None
        and entry.account in (None, registry.account)
        and entry.region in (None, registry.region)
    )
