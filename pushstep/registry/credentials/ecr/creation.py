"""What `create-repository` asks for: nothing, a repository as AWS makes it, or one with settings.

    create-repository: true
    create-repository: {immutable: true, scan_on_push: true, tags: {team: payments}}

The settings are those of a repository that is made; one that exists is nobody's to change in passing.
"""

from collections.abc import Mapping
from dataclasses import field
from difflib import get_close_matches
from types import MappingProxyType

from pushstep.errors import InputError, Problem
from pushstep.step.document import Data, DocumentError, read
from pushstep.values import dataclass

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_KEYS = ("immutable", "scan_on_push", "tags")
_OTHER_NAMES = {"imageTagMutability": "immutable", "scanOnPush": "scan_on_push"}
"""AWS's names of what is `true` or `false` here."""
_MOST_TAGS, _LONGEST_KEY, _LONGEST_VALUE = 50, 128, 256


@dataclass(frozen=True, kw_only=True, slots=True)
class Creation:
    """How a repository is made where it does not exist; one that exists is left as it is."""

    immutable: bool = False
    """Its tags cannot move."""
    scan_on_push: bool = False
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """AWS's tags of the repository itself, for cost and access."""


def parse(text: str, *, where: str) -> Creation | None:
    """What the input `where` asks for; None for nothing. Raises `InputError` with all that is wrong."""
    try:
        data = read(text, path=where)
    except DocumentError as error:
        raise InputError(error.problems) from None
    if isinstance(data, str) and data.lower() in _TRUE | _FALSE:
        return Creation() if data.lower() in _TRUE else None
    if not isinstance(data, dict):
        raise InputError([_wrong("is neither true nor false nor a mapping", _EXAMPLE, where)])
    problems: list[Problem] = [_unknown(key, where) for key in data if key not in _KEYS]
    immutable, scan = (_boolean(data, key, where, problems) for key in _KEYS[:2])
    tags = _tags(data.get("tags", {}), f"{where}.tags", problems)
    if problems:
        raise InputError(problems)
    return Creation(immutable=immutable, scan_on_push=scan, tags=MappingProxyType(tags))


_EXAMPLE = "Write true, or {immutable: true, scan_on_push: true, tags: {team: payments}}."


def _boolean(data: Mapping[str, Data], key: str, where: str, problems: list[Problem]) -> bool:
    value = data.get(key, "false")
    word = value.lower() if isinstance(value, str) else None
    if word not in _TRUE | _FALSE:
        problems.append(_wrong("is neither true nor false", "Write true or false.", f"{where}.{key}"))
    return word in _TRUE


def _tags(data: Data, where: str, problems: list[Problem]) -> dict[str, str]:
    if not isinstance(data, dict):
        problems.append(_wrong("is no mapping of names to texts", "Write {team: payments}.", where))
        return {}
    tags = {}
    for key, value in data.items():
        place = f"{where}.{key}"
        if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
            problems.append(_wrong("is no text of at most 256 characters", "Write one text.", place))
        elif not 0 < len(key) <= _LONGEST_KEY or key.lower().startswith("aws:"):
            hint = "Names have 1 to 128 characters; those with 'aws:' in front are AWS's own."
            problems.append(_wrong("is no name that AWS takes for a tag", hint, place))
        else:
            tags[key] = value
    if len(data) > _MOST_TAGS:
        problems.append(_wrong(f"has {len(data)} tags", f"AWS takes {_MOST_TAGS}.", where))
    return tags


def _unknown(key: str, where: str) -> Problem:
    near = [_OTHER_NAMES[key]] if key in _OTHER_NAMES else get_close_matches(key, _KEYS, 1)
    hint = f"Perhaps {near[0]!r} is meant." if near else f"It knows {', '.join(_KEYS)}."
    message = f"{where}.{key} is not known"
    return Problem(code="unknown", message=message, hint=hint, path=f"{where}.{key}")


def _wrong(what: str, hint: str, where: str) -> Problem:
    return Problem(code="value", message=f"{where} {what}", hint=hint, path=where)
