"""Rules and remarks about several fields at once, on plain data (push-step.md 2, 2.1).

A value that holds a variable takes part in none of them: it is looked at again when the variable is put in.
"""

from collections.abc import Collection, Iterator
from contextlib import suppress

from pydantic_core import PydanticCustomError

from pushstep.registry import reference
from pushstep.registry.reference import NameFormatError
from pushstep.step import scalars
from pushstep.step.candidate import candidate
from pushstep.step.destinations import UNNAMED, Fields, Kinds, conflict, literal, literals, named_hosts, unfit
from pushstep.step.document import Data, Path
from pushstep.step.model import ATTEMPTS, DELAY, FACTOR
from pushstep.step.placeholders import holds_variable
from pushstep.step.validation import Finding

_AWS = ("accessKeyId", "secretAccessKey", "sessionToken", "region",
        "role_arn", "aws_session_name", "aws_duration_seconds")  # fmt: skip
_RETRY = {"maxAttempts": ATTEMPTS, "delay": DELAY, "exponentialFactor": FACTOR}


def across(fields: Fields, kinds: Kinds = UNNAMED) -> list[Finding]:
    """What is wrong between fields."""
    return [
        *_tags(fields),
        *_context(fields, kinds.named),
        *_credentials(fields),
        *unfit(fields, kinds),
    ]


def remarks(fields: Fields, kinds: Kinds = UNNAMED) -> Iterator[Finding]:
    """What is taken otherwise than it was written, or not at all; the run goes on."""
    ignored = list(_ignored(fields, kinds))
    yield from ignored
    registry = fields.get("registry")
    places = [one for one in (registry if isinstance(registry, list) else [registry]) if isinstance(one, str)]
    if fields.get("credentials") and places and all(reference.layout(one) is not None for one in places):
        yield _remark(("credentials",), "not used, as an image layout asks for no login")
    if fields.get("registry_context") and _is_stored(fields):
        yield _remark(("registry_context",), "not used, as the candidate is read from no registry")
    duration = ("aws_duration_seconds",)
    if fields.get(*duration) and not fields.get("role_arn") and duration not in {one.loc for one in ignored}:
        yield _remark(
            duration,
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
        yield conflict("tag", "given beside tags", "Use one of them: `tags` takes any number.")
    texts = literals(fields.get("tags"))
    full = [text for text in texts if reference.is_full(text)]
    if not full:
        return
    if len(full) < len(texts):
        yield conflict(
            "tags",
            "full references and bare tags are mixed",
            "Give one kind; a full one has a '/' and a ':' behind it.",
        )
    for name in ("image_name", "registry"):
        if fields.get(name):
            yield conflict(name, "given beside full references in tags, which hold it", "Leave it out.")
    if fields.get("provider") == "ecr":
        yield conflict("provider", "'ecr' given beside full references in tags", "Give bare tags.")


def _context(fields: Fields, names: Collection[str]) -> Iterator[Finding]:
    """Credentials are for the registry that they were given for, and for no other."""
    wanted, host = literal(fields, "registry_context"), _candidates_host(fields)
    if wanted is None or host is None or wanted in names:
        return
    with suppress(NameFormatError):
        if reference.host(wanted) != host:
            hint = "Leave it out: the candidate's own host tells whose credentials read it."
            yield conflict("registry_context", f"{wanted!r} is not the candidate's registry, {host}", hint)


def _candidates_host(fields: Fields) -> str | None:
    text = literal(fields, "candidate")
    with suppress(NameFormatError):
        return candidate(text).host if text else None
    return None


def _is_stored(fields: Fields) -> bool:
    candidate = fields.get("candidate")
    return isinstance(candidate, str) and candidate.startswith(("docker-archive:", "oci-archive:", "oci:"))


def _credentials(fields: Fields) -> Iterator[Finding]:
    hosts = named_hosts(fields)
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


def _ignored(fields: Fields, kinds: Kinds) -> Iterator[Finding]:
    """push-step.md 2, `provider`: what a registry of one kind has no use for."""
    listed, provider = fields.get("registry"), fields.get("provider")
    names = listed if isinstance(listed, list) else [listed] if listed else []
    full = any(map(reference.is_full, literals(fields.get("tags"))))
    found = {"docker"} if full else {_kind(name, kinds) for name in names} or {kinds.default}
    if provider == "ecr":
        hosts = [number for number, name in enumerate(names) if _is_host(name) and name not in kinds.named]
        several = [("registry", number) for number in hosts] if len(hosts) < len(names) else [("registry",)]
        yield from (_remark(loc, "ignored, as provider is ecr") for loc in several if hosts)
    if fields.get("credentials") and (provider == "ecr" or (not provider and found == {"ecr"})):
        yield _remark(("credentials",), "ignored, as provider is ecr")
    if provider != "ecr" and not holds_variable(provider) and found == {"docker"}:
        yield from (_remark((name,), "ignored, as provider is docker") for name in _AWS if fields.get(name))


def _kind(name: Data, kinds: Kinds) -> str:
    return kinds.named.get(str(name), "docker" if _is_host(name) else "")


def _is_host(name: Data) -> bool:
    return isinstance(name, str) and not holds_variable(name) and scalars.is_place(name)


def _number(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        return scalars.number(value.strip())
    except PydanticCustomError:
        return None


def _remark(loc: Path, what: str) -> Finding:
    return Finding(loc=loc, code="value", what=f": {what}")
