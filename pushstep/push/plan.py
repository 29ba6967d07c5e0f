"""What goes where: a pure function of the step, the CI's facts and the candidate's names."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from pushstep.ci.protocol import Context
from pushstep.errors import InputError, Problem
from pushstep.push.choice import Choice, Chosen, Ecr, choose
from pushstep.registry import reference
from pushstep.registry.credentials.ecr import hosts
from pushstep.registry.reference import HUB, NameFormatError
from pushstep.step.candidate import Candidate, StoredImage
from pushstep.step.entries import Entries
from pushstep.step.entry import Entry
from pushstep.step.model import Step
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """One repository at one registry, or an image layout, and the tags to put there."""

    registry: str
    """A host, or `oci:DIR`."""
    repository: str
    """For an image layout what the image would be called elsewhere, or `""`."""
    tags: tuple[str, ...]
    entry: Entry | None = None
    """What a registries document knows of the registry."""
    ecr: Ecr | None = None
    """The registry is Amazon's, and this is who asks for a login there."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the step's other destinations."""
        return self.registry, self.repository

    @property
    def name(self) -> str:
        """`registry/repository`, or `oci:DIR`."""
        return reference.named(self.registry, self.repository)

    @property
    def layout(self) -> str | None:
        """The folder of an image layout, as its user wrote it; None: a registry."""
        return reference.layout(self.registry)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Where one image goes; `notices` are sentences about what was filled in."""

    destinations: tuple[Destination, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Name:
    """What the candidate is called; a part of it may not be known."""

    host: str | None = None
    path: str | None = None


def needs_names(step: Step) -> bool:
    """Whether only the image itself tells what it is called: the candidate is its ID, or where it is stored.

    An image layout as destination needs no name.
    """
    layouts = bool(step.registry) and all(reference.layout(one) is not None for one in step.registry)
    only_layouts = layouts and step.provider != "ecr"
    named = step.references or step.image_name is not None or step.candidate.repository is not None
    return not named and not only_layouts


def plan(step: Step, context: Context, names: Sequence[str] = (), choice: Choice | None = None) -> Plan:
    """Lay out the push; raises `InputError`, and `StepError` where an earlier step owes a value.

    `names` are the references that the candidate's source knows it by, for a step that `needs_names`: the one
    repository among them serves (push-step.md 2, `image_name`). `choice` is located; without one there is no
    registries document.
    """
    choice = choice or choose(step, Entries())
    try:
        if step.references:
            return Plan(destinations=tuple(_by_reference(step, choice)))
        return _by_tags(step, context, names, choice)
    except NameFormatError as error:
        path = "image_name" if step.image_name else "candidate"
        raise InputError([Problem(code=error.code, message=str(error), hint=error.hint, path=path)]) from None


def _by_reference(step: Step, choice: Choice) -> Iterator[Destination]:
    tags: dict[tuple[str, str], list[str]] = {}
    for full in step.references:
        tags.setdefault((full.host, full.repository), []).append(full.tag)
    for (host, path), some in tags.items():
        yield _destination(choice.at(host, step), path, tuple(some))


def _by_tags(step: Step, context: Context, names: Sequence[str], choice: Choice) -> Plan:
    notices = []
    name = _Name(host=step.candidate.host, path=step.candidate.repository)
    if needs_names(step):
        name = _only_name(step.candidate, names)
        notices.append(
            f"the candidate is {_kind(step.candidate)}; its one name gives the repository {name.path}"
        )
    if not step.tags and step.tag is None:
        notices.append("no tag was given: pushing under latest")
    places, own_prefix = choice.chosen, ""
    if not places:
        host = _default_registry(name, context)
        places, own_prefix = (choice.at(host, step),), _own_prefix(context, host)
    destinations = (
        _destination(place, _repository(step, place, name, own_prefix), step.bare_tags) for place in places
    )
    return Plan(destinations=_distinct(destinations), notices=tuple(notices))


def _destination(place: Chosen, path: str, tags: tuple[str, ...]) -> Destination:
    return Destination(registry=place.registry, repository=path, tags=tags, entry=place.entry, ecr=place.ecr)


def _distinct(destinations: Iterable[Destination]) -> tuple[Destination, ...]:
    """Each once: a registry may have several names, and a folder several spellings."""
    found: dict[tuple[str, str], Destination] = {}
    for one in destinations:
        folder = one.layout
        found.setdefault(one.key if folder is None else ("oci:", posixpath.normpath(folder)), one)
    return tuple(found.values())


def _default_registry(name: _Name, context: Context) -> str:
    """push-step.md 5.2, where no registries document marks one."""
    own = context.own_registry
    if own and name.host in (None, own.host):
        return own.host
    return name.host or HUB


def _own_prefix(context: Context, host: str) -> str:
    own = context.own_registry
    return own.repository if own and own.host == host else ""


def _repository(step: Step, place: Chosen, name: _Name, own_prefix: str) -> str:
    """The repository at `place`: a host in front of image_name must be that one, and is dropped."""
    _, path = reference.split_host(step.image_name) if step.image_name else (None, name.path or "")
    if reference.layout(place.registry) is not None:
        return path
    if step.image_name:
        path = reference.path_at(place.registry, step.image_name, _said_by(place))
    if place.prefix:
        path = reference.repository(f"{place.prefix}/{path}")
    if place.ecr and place.ecr.registry and place.ecr.registry.public:
        hosts.public_name(path)
    return reference.on_host(place.registry, _prefixed(own_prefix, path))


def _said_by(place: Chosen) -> str:
    """What told where a registry is that no host was given for, else `""`."""
    if place.entry:
        return f"{place.entry.name} in the registries document"
    return "provider and region" if place.ecr else ""


def _prefixed(prefix: str, path: str) -> str:
    if not prefix or path == prefix or path.startswith(f"{prefix}/"):
        return path
    return reference.repository(f"{prefix}/{path}")


def _only_name(candidate: Candidate, names: Sequence[str]) -> _Name:
    """The one repository among the names, at the one host that they have."""
    found = [_familiar(name) for name in names]
    paths = sorted({path for _, path in found})
    hosts = {host for host, _ in found}
    if len(paths) != 1:
        known = f"it has {len(paths)}: {', '.join(paths)}" if paths else "it has no name"
        what = _kind(candidate)
        raise NameFormatError(f"the candidate is {what} and {known}", "Give image_name.", code="missing")
    host = hosts.pop() if len(hosts) == 1 else None
    return _Name(host=host and reference.host(host), path=reference.repository(paths[0]))


def _familiar(name: str) -> tuple[str | None, str]:
    """Host and path of a name: containerd's spelling of one without a host has Docker Hub's before it."""
    name = name.partition("@")[0]
    if ":" in name.rpartition("/")[2]:
        name = name.rpartition(":")[0]
    host, path = reference.split_host(name)
    return (None, path.removeprefix("library/")) if host == HUB else (host, path)


def _kind(candidate: Candidate) -> str:
    if isinstance(candidate, StoredImage):
        return "an image layout" if candidate.transport == "oci" else "an archive"
    return "an image ID"
