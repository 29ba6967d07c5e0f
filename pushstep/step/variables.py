"""Variables: what a name stands for, and which of them are secrets (push-step.md 3).

${{NAME}}, $[[NAME]]    every variable below
${NAME}                 not the process environment, but for its CF_*

1. given to the run     `variables`, PUSHSTEP_VAR_NAME
2. earlier steps        NAME, NAME.member, steps.NAME.member
3. CF_* of the environment
4. CF_* that the CI's own variables give
5. the environment      what looks secret goes into credential fields only (3 likewise)
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from pushstep.errors import Problem
from pushstep.redact import url_passwords
from pushstep.step.document import DocumentError, load
from pushstep.step.placeholders import PLACEHOLDER
from pushstep.step.spellings import spelled
from pushstep.values import dataclass

_NONE: Mapping[str, str] = MappingProxyType({})
_SECRET_PREFIXES = ("INPUT_", "PUSHSTEP_", "ACTIONS_", "AWS_")
_SECRET_PARTS = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "PRIVATE", "CREDENTIAL")
_SECRET_WORDS = frozenset({"PASS", "JWT", "DSN", "KEY", "AUTH", "PAT"})
_GIVEN_BY_ENVIRONMENT = "PUSHSTEP_VAR_"
_NAME = re.compile(r"[^\s=$\[\]{}](?:[^=$\[\]{}\r\n]*[^\s=$\[\]{}])?")


def looks_secret(name: str, value: str) -> bool:
    """Whether an environment variable holds a secret, by its name or because its value is a URL with one."""
    upper = name.upper()
    return (
        upper.startswith(_SECRET_PREFIXES)
        or upper == "DOCKER_AUTH_CONFIG"
        or any(part in upper for part in _SECRET_PARTS)
        or not _SECRET_WORDS.isdisjoint(re.split("[^A-Z0-9]+", upper))
        or any(url_passwords([value]))
    )


def _is_absent(name: str, value: str) -> bool:
    """Whether it is an empty CF_*: one that is not there, as it is where the CI's facts are read."""
    return name.startswith("CF_") and not value


@dataclass(frozen=True, kw_only=True, slots=True)
class StepOutputs:
    """What later steps may ask of one that has ended; `""` is what it did not come to."""

    result: Literal["success", "failure", "skipped"]
    image_id: str = ""
    repo_digest: str = ""
    """`registry/repository@digest` of the first destination that succeeded."""
    registry: str = ""

    def member(self, name: str, member: str) -> str:
        """The value of `NAME.member`; that of `NAME` alone is what was pushed."""
        values = {
            "": self.repo_digest,
            "imageId": self.image_id,
            "imageRepoDigest": self.repo_digest,
            "registry": self.registry,
            "result": self.result,
            "name": name,
        }
        return values.get(member, "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The variable has this value."""

    value: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Withheld:
    """A secret of the environment, which goes into credential fields only."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """Nothing gives this variable a value. `ended` is how the earlier step ended that should have."""

    name: str
    ended: Literal["success", "failure", "skipped"] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Variables:
    """Everything that a name may stand for."""

    given: Mapping[str, str] = field(default_factory=lambda: _NONE, repr=False)
    steps: Mapping[str, StepOutputs] = field(default_factory=lambda: MappingProxyType({}))
    ci: Mapping[str, str] = field(default_factory=lambda: _NONE, repr=False)
    """`Context.variables`."""
    environ: Mapping[str, str] = field(default_factory=lambda: _NONE, repr=False)

    def find(self, name: str) -> Found | Withheld | Unknown:
        """What `name` stands for in `${{name}}`."""
        name = name.strip()
        short = name.removeprefix("steps.")
        for spelling in (name, short):
            if spelling in self.given:
                return Found(value=self.given[spelling])
        step, _, member = short.partition(".")
        if step in self.steps:
            outputs = self.steps[step]
            value = outputs.member(step, member)
            return Found(value=value) if value else Unknown(name=name, ended=outputs.result)
        real = self.environ.get(name)
        if _is_absent(name, real or ""):
            real = None
        if name in self.ci and (real is None or not name.startswith("CF_")):
            return Found(value=self.ci[name])
        if real is None:
            return Unknown(name=name)
        return Withheld(name=name, value=real) if looks_secret(name, real) else Found(value=real)

    def find_short(self, name: str) -> Found | Withheld | Unknown:
        """What `name` stands for in `${name}`: the environment has no say, but for `CF_*`."""
        ours = name.startswith("CF_") or name in self.given or self._is_of_step(name)
        return self.find(name) if ours else Unknown(name=name)

    def _is_of_step(self, name: str) -> bool:
        return name.removeprefix("steps.").partition(".")[0] in self.steps

    def names(self) -> list[str]:
        """Every name that may be used anywhere."""
        real = ((name, value) for name, value in self.environ.items() if not _is_absent(name, value))
        plain = (name for name, value in real if not looks_secret(name, value))
        return sorted({*self.given, *self.steps, *self.ci, *plain})

    def nearest(self, name: str) -> list[str]:
        """The three known names that are most like `name`."""
        return difflib.get_close_matches(name[:100], self.names(), n=3, cutoff=0.0)

    def secrets(self) -> Iterator[str]:
        """The values given to the run that are to be masked everywhere."""
        yield from (value for name, value in self.given.items() if looks_secret(name, ""))
        yield from url_passwords(self.given.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Substituted:
    """A text with its variables put in, and what was found for each of them."""

    text: str = field(repr=False)
    found: tuple[Found | Withheld | Unknown, ...] = ()


def substitute(text: str, variables: Variables, *, credential: bool = False) -> Substituted:
    """Put variables into `text`, once: what a value holds is never looked at again.

    What resolves to nothing stays, spelled `${{NAME}}`; so does a secret, unless this is a `credential`.
    """
    answers: list[Found | Withheld | Unknown] = []

    def value(found: re.Match[str]) -> str:
        if found["shell"] is not None:
            answer = variables.find_short(found["shell"])
            if credential and isinstance(answer, Unknown) and answer.ended is None:
                return found[0]  # no placeholder at all: a password may read so
            literal = found[0]
        else:
            answer = variables.find(found["braces"] or found["brackets"])
            literal = f"${{{{{found['brackets']}}}}}" if found["brackets"] else found[0]
        answers.append(answer)
        if isinstance(answer, Unknown) or (isinstance(answer, Withheld) and not credential):
            return literal
        return answer.value

    return Substituted(text=PLACEHOLDER.sub(value, text), found=tuple(answers))


def given(
    text: str | None, environ: Mapping[str, str], *, where: str = "variables"
) -> tuple[Mapping[str, str], tuple[Problem, ...]]:
    """The variables given to the run: the input `variables`, and `PUSHSTEP_VAR_*`, which it wins over.

    Other spellings of them follow, but for those that the environment really holds: a branch that is given
    has its own tag, and not that of the CI's branch.
    """
    own = {
        name.removeprefix(_GIVEN_BY_ENVIRONMENT): value
        for name, value in environ.items()
        if name.startswith(_GIVEN_BY_ENVIRONMENT) and value and name != _GIVEN_BY_ENVIRONMENT
    }
    told, problems = _told(text or "", where)
    known = {**own, **told}
    following = {name: value for name, value in spelled(known).items() if not environ.get(name)}
    return MappingProxyType(following | known), tuple(problems)


def _told(text: str, where: str) -> tuple[dict[str, str], list[Problem]]:
    first = next((line for line in text.split("\n") if _says_something(line)), None)
    if first is None:
        return {}, []
    name, equals, _ = first.partition("=")
    return (
        _lines(text, where)
        if equals and _NAME.fullmatch(name.strip()) and ":" not in name
        else _yaml(text, where)
    )


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _lines(text: str, where: str) -> tuple[dict[str, str], list[Problem]]:
    values: dict[str, str] = {}
    at: dict[str, int] = {}
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        name, equals, value = line.removesuffix("\r").partition("=")
        name = name.strip()
        if not _says_something(line):
            continue
        if not equals or not _NAME.fullmatch(name):
            # the line itself may be half of a secret
            problems.append(_wrong(where, f"line {number} is no NAME=value", number))
        elif name in values:
            problems.append(_wrong(where, f"{name} stands twice, in lines {at[name]} and {number}", number))
        else:
            values[name], at[name] = value, number
    return values, problems


def _yaml(text: str, where: str) -> tuple[dict[str, str], list[Problem]]:
    try:
        document = load(text, name=where)
    except DocumentError as error:
        return {}, list(error.problems)
    if not isinstance(document.data, dict):
        return {}, [_wrong(where, "neither NAME=value lines nor a mapping", None)]
    values: dict[str, str] = {}
    problems = []
    for name, value in document.data.items():
        line = document.spot((name,)).line
        if not _NAME.fullmatch(name):
            problems.append(_wrong(where, f"{name!r} is no name of a variable", line))
        elif not isinstance(value, str):
            problems.append(_wrong(where, f"{name} is no text", line))
        else:
            values[name] = value
    return values, problems


def _wrong(where: str, what: str, line: int | None) -> Problem:
    hint = "Write `NAME=value`, a line each, or a YAML mapping of texts."
    return Problem(code="value", message=f"{where}: {what}", hint=hint, path=where, line=line)
