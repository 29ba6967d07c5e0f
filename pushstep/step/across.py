"""Rules and remarks about several fields at once, on plain data (push-step.md 2, 2.1).

A value that holds a variable takes part in none of them: it is looked at again when the variable is put in.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from pydantic_core import PydanticCustomError

from pushstep.registry import reference
from pushstep.registry.reference import NameFormatError
from pushstep.step import scalars
from pushstep.step.candidate import candidate
from pushstep.step.document import Data
from pushstep.step.model import ATTEMPTS, DELAY, FACTOR
from pushstep.step.placeholders import holds_variable
from pushstep.step.validation import Finding

Fields = Mapping[str, Data]

_AWS = ("accessKeyId", "secretAccessKey", "sessionToken", "region")
_RETRY = {"maxAttempts": ATTEMPTS, "delay": DELAY, "exponentialFactor": FACTOR}


def across(fields: Fields) -> list[Finding]:
    """What is wrong between fields."""
    return [*_tags(fields), *_context(fields), *_credentials(fields)]


def remarks(fields: Fields) -> Iterator[Finding]:
    """What is taken otherwise than it was written, or not at all; the run goes on."""
    yield from _ignored(fields)
    registry = fields.get("registry")
    places = [one for one in (registry if isinstance(registry, list) else [registry]) if isinstance(one, str)]
    if fields.get("credentials") and places and all(reference.layout(one) is not None for one in places):
        yield _remark("credentials", "not used, as an image layout asks for no login")
    if fields.get("registry_context") and _is_stored(fields):
        yield _remark("registry_context", "not used, as the candidate is read from no registry")
    if fields.get("aws_duration_seconds") and not fields.get("role_arn"):
        yield _remark(
            "aws_duration_seconds",
            "counts only where a role is assumed: role_arn, here or in the registry's entry",
        )
    given = fields.get("retry")
    retry = given if isinstance(given, dict) else {}
    for name, (least, most) in _RETRY.items():
        value = retry.get(name)
        number = _number(value)
        whole = name != "maxAttempts" or number is None or number == int(min(number, most))
        if number is not None and not (least <= number <= most and whole):
            taken = min(max(number, least), most)
            taken = int(taken) if name == "maxAttempts" else taken
            yield Finding(loc=("retry", name), code="value", what=f": {value} is brought to {taken:g}")


def _tags(fields: Fields) -> Iterator[Finding]:
    if fields.get("tag") and fields.get("tags"):
        yield _conflict("tag", "given beside tags", "Use one of them: `tags` takes any number.")
    texts = _texts(fields.get("tags"))
    full = [text for text in texts if reference.is_full(text)]
    if not full:
        return
    if len(full) < len(texts):
        yield _conflict(
            "tags",
            "full references and bare tags are mixed",
            "Give one kind; a full one has a '/' and a ':' behind it.",
        )
    for name in ("image_name", "registry"):
        if fields.get(name):
            yield _conflict(name, "given beside full references in tags, which hold it", "Leave it out.")
    if fields.get("provider") == "ecr":
        yield _conflict("provider", "'ecr' given beside full references in tags", "Give bare tags.")


def _context(fields: Fields) -> Iterator[Finding]:
    """Credentials are for the registry that they were given for, and for no other."""
    wanted, host = _text(fields, "registry_context"), _candidates_host(fields)
    if wanted is None or host is None:
        return
    with suppress(NameFormatError):
        if reference.host(wanted) != host:
            hint = "Leave it out: the candidate's own host tells whose credentials read it."
            yield _conflict("registry_context", f"{wanted!r} is not the candidate's registry, {host}", hint)


def _candidates_host(fields: Fields) -> str | None:
    text = _text(fields, "candidate")
    with suppress(NameFormatError):
        return candidate(text).host if text else None
    return None


def _is_stored(fields: Fields) -> bool:
    candidate = fields.get("candidate")
    return isinstance(candidate, str) and candidate.startswith(("docker-archive:", "oci-archive:", "oci:"))


def _text(fields: Fields, name: str) -> str | None:
    """The text of a field, if no variable can change it."""
    text = fields.get(name)
    return text.strip() if isinstance(text, str) and not holds_variable(text) else None


def _credentials(fields: Fields) -> Iterator[Finding]:
    hosts = _hosts(fields)
    if fields.get("credentials") and len(hosts) > 1:
        yield Finding(
            loc=("credentials", "username"),
            code="conflict",
            what=f": one user name and password for {len(hosts)} registries",
            hint="Log in to each with a Docker configuration (DOCKER_CONFIG), or use a step for each.",
        )
    if fields.get("provider") == "ecr":
        pair = ("accessKeyId", "secretAccessKey")
        for name, other in (pair, pair[::-1]):
            if fields.get(other) and not fields.get(name):
                hint = "AWS needs both; leave both out for the AWS default chain."
                yield Finding(loc=(name,), code="missing", what=" is missing", hint=hint)


def _ignored(fields: Fields) -> Iterator[Finding]:
    """push-step.md 2, `provider`; a logical name may stand for a registry of either kind."""
    provider = fields.get("provider") or "docker"
    registry = fields.get("registry")
    names = registry if isinstance(registry, list) else [registry] if registry else []
    logical = [name for name in names if not (isinstance(name, str) and _is_place(name))]
    if provider == "ecr":
        yield from (
            _remark(name, "ignored, as provider is ecr")
            for name in ("registry", "credentials")
            if fields.get(name) and not (name == "registry" and logical)
        )
    elif isinstance(provider, str) and not logical and not holds_variable(provider):
        yield from (_remark(name, "ignored, as provider is docker") for name in _AWS if fields.get(name))


def _is_place(name: str) -> bool:
    if holds_variable(name):
        return False
    return reference.is_host(name.removeprefix("https://").partition("/")[0])


def _hosts(fields: Fields) -> set[str]:
    """The registries that are named, each once; a text that breaks the grammar is a problem of its own."""
    hosts = set()
    for text in filter(reference.is_full, _texts(fields.get("tags"))):
        with suppress(NameFormatError):
            hosts.add(reference.reference(text).host)
    if hosts:
        return hosts
    for text in _texts(fields.get("registry")):
        if reference.layout(text) is not None:
            continue
        try:
            hosts.add(reference.host(text))
        except NameFormatError:
            hosts.add(text)
    return hosts


def _texts(data: object) -> list[str]:
    entries = data if isinstance(data, list) else []
    return [entry for entry in entries if isinstance(entry, str) and entry and not holds_variable(entry)]


def _number(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        return scalars.number(value.strip())
    except PydanticCustomError:
        return None


def _conflict(name: str, what: str, hint: str) -> Finding:
    return Finding(loc=(name,), code="conflict", what=f": {what}", hint=hint)


def _remark(name: str, what: str) -> Finding:
    return Finding(loc=(name,), code="value", what=f": {what}")
