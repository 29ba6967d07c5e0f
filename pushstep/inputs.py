"""Command line, `INPUT_*` and `PUSHSTEP_*` read into one frozen value (interface 2, push-step.md 1, 1.4)."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType

from pushstep.errors import Problem
from pushstep.fields import BY_NAME, FIELDS
from pushstep.registry.reference import is_full, split_host
from pushstep.values import dataclass

_NEVER_INPUTS = frozenset({"INPUT_ARGS", "INPUT_ENTRYPOINT"})
_NEVER_OURS = frozenset({"PUSHSTEP_IMAGE", "PUSHSTEP_VERSION", "PUSHSTEP_ID_TOKEN"})
_REGISTRY_GROUP = ("username", "password", "provider", "access-key-id", "secret-access-key", "session-token",
                   "region", "role-arn", "aws-session-name", "aws-duration-seconds")  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A value as somebody wrote it, and where: `--tag`, `INPUT_TAG`, `PUSHSTEP_TAG`."""

    text: str = field(repr=False)
    where: str


Level = Mapping[str, Given]
"""Field name → what one level (command line, action inputs, environment) gives; empty values left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """What the run was told, one value a field, and everything that was wrong with it."""

    given: Level = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()
    """What was given and is not used, because a higher level decides where the push goes."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """Every text given for a secret at any level, used or not."""

    def text(self, name: str) -> str | None:
        """The value of input `name`, or None when nothing was given."""
        return self.given[name].text if name in self.given else None

    def where(self, name: str) -> str:
        """How the user spelled input `name`; its own name when nobody gave it."""
        return self.given[name].where if name in self.given else name


def read(options: Level, environ: Mapping[str, str], *, on_github: bool) -> Inputs:
    """Merge the levels; `options` is the command line's. Problems are collected, not raised."""
    action, action_problems = _action_level(environ, unknown_is_error=on_github)
    own, own_problems = _own_level(environ)
    levels = [_without_empty(level) for level in (options, action, own)]
    problems = [*action_problems, *own_problems, *_both_given(levels)]
    merged = _merged(levels)
    return Inputs(
        given=MappingProxyType(merged),
        problems=tuple(problems),
        notices=tuple(_unused(levels, merged)),
        secrets=frozenset(
            given.text for level in levels for name, given in level.items() if BY_NAME[name].secret
        ),
    )


def items(text: str) -> list[str]:
    """Entries of a list input that is no YAML list: lines and commas, blanks around them dropped."""
    return [entry for entry in (part.strip() for part in re.split(r"[,\r\n]", text)) if entry]


def unknown(name: str, known: Iterable[str]) -> Problem:
    """The problem for a name nobody knows, with the nearest known ones."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}?" if near else "See `pushstep push --help` for the names."
    return Problem(code="unknown", message=f"{name}: no such input", hint=hint, path=name)


def _action_level(environ: Mapping[str, str], *, unknown_is_error: bool) -> tuple[Level, list[Problem]]:
    level: dict[str, Given] = {}
    problems = []
    known = set(_NEVER_INPUTS)
    for one in FIELDS:
        spellings = [name for name in dict.fromkeys(one.action_environment) if environ.get(name)]
        known.update(one.action_environment)
        if len({environ[name] for name in spellings}) > 1:
            problems.append(
                Problem(
                    code="conflict",
                    message=f"{' and '.join(spellings)} are one input and hold different values",
                    hint="Set one of them.",
                    path=spellings[0],
                )
            )
        for name in spellings[:1]:
            level[one.name] = Given(text=environ[name], where=name)
    if unknown_is_error:
        strange = sorted(name for name in environ if name.startswith("INPUT_") and name not in known)
        problems.extend(unknown(name, known) for name in strange)
    return level, problems


def _own_level(environ: Mapping[str, str]) -> tuple[Level, list[Problem]]:
    names = {one.environment: one.name for one in FIELDS}
    strange = sorted(
        name
        for name in environ
        if name.startswith("PUSHSTEP_")
        and name not in names
        and name not in _NEVER_OURS
        and not name.startswith("PUSHSTEP_VAR_")
    )
    level = {
        name: Given(text=environ[spelled], where=spelled)
        for spelled, name in names.items()
        if spelled in environ
    }
    return level, [unknown(name, names) for name in strange]


def _without_empty(level: Level) -> Level:
    return {
        name: given
        for name, given in level.items()
        if given.text and (not BY_NAME[name].is_block or items(given.text))
    }


def _both_given(levels: Sequence[Level]) -> list[Problem]:
    return [
        Problem(
            code="conflict",
            message=f"{level['tag'].where} and {level['tags'].where} are both given",
            hint="Use one of them: `tags` takes any number.",
            path=level["tag"].where,
        )
        for level in levels
        if "tag" in level and "tags" in level
    ]


def _merged(levels: Sequence[Level]) -> dict[str, Given]:
    """The highest level wins, field by field, except that the groups of push-step.md 1 go together."""
    merged: dict[str, Given] = {}
    dropped: set[str] = set()
    hostless = False
    for number, level in enumerate(levels):
        # a password that nobody below gives a user name or a registry of its own can only be meant to
        # complete the user name above
        completes = "username" in merged and not any(map(_says_for_whom, levels[number:]))
        full = "tags" not in dropped and _has_references(level)
        for name, given in level.items():
            if name not in merged and (name not in dropped or (completes and name == "password")):
                merged[name] = _hostless(given) if hostless and name == "image-name" else given
        if "tag" in level or "tags" in level:
            dropped |= {"tag", "tags"}
        if full:
            dropped |= {"registry", "image-name"}
        if "registry" in level or full:
            dropped |= set(_REGISTRY_GROUP)
            hostless = True
    return merged


def _unused(levels: Sequence[Level], merged: Level) -> Iterator[str]:
    """Credentials and the like that were dropped; a user who gave them wants to know."""
    for level in levels:
        lost = [
            given.where for name, given in level.items() if name in _REGISTRY_GROUP and name not in merged
        ]
        if lost:
            yield (
                f"{', '.join(lost)}: not used, because the registry is named at a higher level "
                "(command line, then INPUT_*, then PUSHSTEP_*); give both at the same one"
            )


def _says_for_whom(level: Level) -> bool:
    return "username" in level or "registry" in level or _has_references(level)


def _has_references(level: Level) -> bool:
    return "tags" in level and any(map(is_full, items(level["tags"].text)))


def _hostless(given: Given) -> Given:
    return replace(given, text=split_host(given.text)[1])
