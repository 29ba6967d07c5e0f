"""Where a step pushes to, as far as no variable tells it, and what does not go together there (2, 5.1).

A value that holds a variable takes part in none of it.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from types import MappingProxyType

from pushstep.registry import reference
from pushstep.registry.reference import NameFormatError
from pushstep.step.candidate import candidate
from pushstep.step.document import Data, Path
from pushstep.step.placeholders import holds_variable
from pushstep.step.validation import Finding
from pushstep.values import dataclass

Fields = Mapping[str, Data]

BY_NAME = "Give the logical name of one of them as `registry`."
OTHERWISE = "Leave provider out: the registries document tells it."


@dataclass(frozen=True, kw_only=True, slots=True)
class Kinds:
    """What kinds of registries there are, as far as no variable tells it: `docker`, `ecr`, else `""`."""

    named: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By their logical names."""
    default: str = "docker"
    hosts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Logical name → host, for those that no variable and nobody else has to tell."""


UNNAMED = Kinds()
"""There is no registries document."""


def unfit(fields: Fields, kinds: Kinds) -> Iterator[Finding]:
    """What the registries do not fit to: each other, the provider, the name of the image (2, 5.1)."""
    if any(map(reference.is_full, literals(fields.get("tags")))):
        for host in sorted(named_hosts(fields)):
            yield from _shared(("tags",), host, kinds)
        return
    given, provider = fields.get("registry"), literal(fields, "provider")
    provider = "docker" if provider == "standard" else provider
    # hosts are of no use to ECR
    are_used = provider == "docker" or "provider" not in fields
    for number, text in enumerate(given if isinstance(given, list) else [given]):
        loc = ("registry", number) if isinstance(given, list) else ("registry",)
        name = literal({"": text}, "") or ""
        if name in kinds.named:
            of = kinds.named[name]
            if provider and of and provider != of:
                yield conflict("provider", f"{provider} is given for {name}, which is {of}", OTHERWISE)
            yield from _misnamed(fields, kinds.hosts.get(name), f"{name} in the registries document")
        elif are_used:
            with suppress(NameFormatError):
                host = reference.host(name)
                yield from _shared(loc, host, kinds)
                yield from _misnamed(fields, host)


def _shared(loc: Path, host: str, kinds: Kinds) -> Iterator[Finding]:
    names = [name for name, where in kinds.hosts.items() if where == host]
    if len(names) > 1:
        what = f": {host} is the domain of several registries: {', '.join(names)}"
        yield Finding(loc=loc, code="conflict", what=what, hint=BY_NAME)


def _misnamed(fields: Fields, host: str | None, said_by: str = "") -> Iterator[Finding]:
    """Why the image cannot have its name at this host; what is no name at all is a problem of its own."""
    name, path = _named(fields)
    if not host or not path:
        return
    try:
        path = reference.path_at(host, path, said_by) if name == "image_name" else path
        if not said_by:
            # an entry that is asked for by its name may have a prefix
            reference.on_host(host, path)
    except NameFormatError as error:
        yield Finding(loc=(name,), code=error.code, what=f": {error}", hint=error.hint)


def _named(fields: Fields) -> tuple[str, str | None]:
    """The field that names the repository to push to, and what it says."""
    name = "image_name" if "image_name" in fields else "candidate"
    text = literal(fields, name)
    with suppress(NameFormatError):
        if text:
            return name, reference.image_name(text) if name == "image_name" else candidate(text).repository
    return name, None


def named_hosts(fields: Fields) -> set[str]:
    """The registries that are named, each once; a text that breaks the grammar is a problem of its own."""
    hosts = set()
    for text in filter(reference.is_full, literals(fields.get("tags"))):
        with suppress(NameFormatError):
            hosts.add(reference.reference(text).host)
    if hosts:
        return hosts
    for text in literals(fields.get("registry")):
        if reference.layout(text) is not None:
            continue
        try:
            hosts.add(reference.host(text))
        except NameFormatError:
            hosts.add(text)
    return hosts


def literal(fields: Fields, name: str) -> str | None:
    """The text of a field, if no variable can change it."""
    text = fields.get(name)
    return text.strip() if isinstance(text, str) and not holds_variable(text) else None


def literals(data: object) -> list[str]:
    """The texts of a list that no variable can change."""
    entries = data if isinstance(data, list) else []
    return [entry for entry in entries if isinstance(entry, str) and entry and not holds_variable(entry)]


def conflict(name: str, what: str, hint: str) -> Finding:
    """The finding that a field's value goes against another's."""
    return Finding(loc=(name,), code="conflict", what=f": {what}", hint=hint)
