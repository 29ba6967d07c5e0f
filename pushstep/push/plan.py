"""What goes where: a pure function of the step, the CI's facts and the candidate's names."""

from collections.abc import Sequence
from dataclasses import dataclass

from pushstep.ci.protocol import Context
from pushstep.errors import InputError, Problem
from pushstep.registry import reference
from pushstep.registry.reference import HUB, NameFormatError
from pushstep.step.model import Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """One repository at one registry, and the tags to put there."""

    registry: str
    repository: str
    tags: tuple[str, ...]

    @property
    def name(self) -> str:
        """`registry/repository`."""
        return f"{self.registry}/{self.repository}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Where one image goes; `notices` are sentences about what was filled in."""

    destinations: tuple[Destination, ...]
    notices: tuple[str, ...] = ()


def needs_names(step: Step) -> bool:
    """Whether only the daemon can tell what the candidate is called, because it is given by its ID."""
    return not step.references and step.image_name is None and step.candidate.repository is None


def plan(step: Step, context: Context, names: Sequence[str] = ()) -> Plan:
    """Lay out the push; raises `InputError`.

    `names` are the references that the daemon knows the image by, for a step that `needs_names`: the one
    repository among them serves (push-step.md 2, `image_name`).
    """
    try:
        if step.references:
            return Plan(destinations=_by_reference(step))
        return _by_tags(step, context, names)
    except NameFormatError as error:
        path = "image_name" if step.image_name else "candidate"
        raise InputError([Problem(code=error.code, message=str(error), hint=error.hint, path=path)]) from None


def _by_reference(step: Step) -> tuple[Destination, ...]:
    tags: dict[tuple[str, str], list[str]] = {}
    for full in step.references:
        tags.setdefault((full.host, full.repository), []).append(full.tag)
    return tuple(
        Destination(registry=host, repository=path, tags=tuple(some)) for (host, path), some in tags.items()
    )


def _by_tags(step: Step, context: Context, names: Sequence[str]) -> Plan:
    notices = []
    hosts = tuple(dict.fromkeys(step.registry)) or (_default_registry(step, context),)
    if needs_names(step):
        path = _only_repository(names)
        notices.append(f"the candidate is an image ID; its one name gives the repository {path}")
    if not step.tags and step.tag is None:
        notices.append("no tag was given: pushing under latest")
    own_prefix = "" if step.registry else _own_prefix(context, hosts[0])
    destinations = tuple(
        Destination(
            registry=host,
            repository=reference.on_host(host, _prefixed(own_prefix, _path(step, host, names))),
            tags=step.bare_tags,
        )
        for host in hosts
    )
    return Plan(destinations=destinations, notices=tuple(notices))


def _default_registry(step: Step, context: Context) -> str:
    """push-step.md 5.2, as far as there are no registries documents."""
    own = context.own_registry
    if own and step.candidate.host in (None, own.host):
        return own.host
    return step.candidate.host or HUB


def _own_prefix(context: Context, host: str) -> str:
    own = context.own_registry
    return own.repository if own and own.host == host else ""


def _prefixed(prefix: str, path: str) -> str:
    if not prefix or path == prefix or path.startswith(f"{prefix}/"):
        return path
    return reference.repository(f"{prefix}/{path}")


def _path(step: Step, host: str, names: Sequence[str]) -> str:
    """The repository path at `host`: a host in front of image_name must be that one, and is dropped."""
    if step.image_name is None:
        return step.candidate.repository or _only_repository(names)
    first, path = reference.split_host(step.image_name)
    if first and reference.host(first) != host:
        raise NameFormatError(
            f"image_name {step.image_name!r} names another registry than {host}", f"Give registry {first!r}."
        )
    return path


def _only_repository(names: Sequence[str]) -> str:
    paths = sorted({reference.split_host(name.rpartition(":")[0])[1] for name in names})
    if len(paths) == 1:
        return reference.repository(paths[0])
    known = f"it has {len(paths)}: {', '.join(paths)}" if paths else "it has no name"
    raise NameFormatError(f"the candidate is an image ID and {known}", "Give image_name.", code="missing")
