"""What the names in conditions stand for: variables, and the members of steps.

steps.NAME.member, NAME.member    of an earlier step; a variable of that dotted name says it first
workflow.result                   `running`
any other name                    the variable, as a text
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal, Protocol

from pushstep.conditions.placeholders import Placeholder
from pushstep.conditions.values import Refused, Value, units
from pushstep.values import dataclass

StepEnding = Literal["success", "failure", "skipped", "not-run-here"]
"""What an earlier step of the document came to."""
ASSUMED = "success"
"""What a step counts as that is not run here, unless the variable `NAME.result` says otherwise."""
_MEMBERS = ("imageId", "imageRepoDigest", "registry", "name", "result")
"""What a push step may give to later ones."""


class Variables(Protocol):
    """The run's variables by their names, those of the environment included; a `dict` is one.

    Members of earlier steps are variables too: `build.imageId`.
    """

    def get(self, name: str, /) -> str | None:
        """The value; None when there is no such variable."""

    def __iter__(self) -> Iterator[str]:
        """The names, for a hint that names the nearest one."""


def _nothing(_name: str) -> bool:
    return False


def _everything(_name: str) -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What a decision may look at."""

    variables: Variables = field(default_factory=lambda: MappingProxyType[str, str]({}))
    results: Mapping[str, StepEnding] = field(default_factory=lambda: MappingProxyType({}))
    """The earlier steps of the document."""
    is_secret: Callable[[str], bool] = _nothing
    """Whether the variable of this name must not be used in a condition."""
    is_given: Callable[[str], bool] = _everything
    """Whether `${NAME}` means the variable of this name: not when the environment alone holds it."""

    @property
    def branch(self) -> str | None:
        """The branch (or tag name) that `when.branch` looks at."""
        return self.variables.get("CF_BRANCH")

    def result(self, step: str) -> str:
        """What `step` came to; it must be one of `results`."""
        ending = self.results[step]
        if ending != "not-run-here":
            return ending
        return self.variables.get(f"{step}.result") or ASSUMED


class Names:
    """The names of one decision."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._objects = _objects(known)

    def value(self, name: str) -> Value:
        """What the identifier `name` stands for; raises Refused."""
        if name in self._objects:
            return self._objects[name]
        text = self._variable(name)
        if text is None:
            near = [repr(one) for one in get_close_matches(name, [*self._known.variables, *self._objects], 3)]
            hint = f"Perhaps {', '.join(near)}. " if near else ""
            raise Refused(f"Invalid identifier: '{name}'", f'{hint}Put text into quotes: "{name}".')
        return units(text)

    def text(self, placeholder: Placeholder) -> str | None:
        """The value that `placeholder` wants; None when it stands for nothing. Raises Refused."""
        name = placeholder.name
        value = self._variable(name)
        if value is not None and placeholder.short and not self._known.is_given(name):
            return None
        return self._member(name) if value is None else value

    def _variable(self, name: str) -> str | None:
        value = self._known.variables.get(name)
        if value is not None and self._known.is_secret(name):
            raise Refused(
                f"{name} looks like a secret, and those have a value in credentials only",
                "Decide by another variable.",
            )
        return value

    def _member(self, name: str) -> str | None:
        found: Value = self._objects
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found if isinstance(found, str) else None


def _objects(known: Known) -> Mapping[str, Value]:
    """Every object there is, by its name."""
    steps: dict[str, dict[str, Value]] = {
        step: {"name": units(step), "result": known.result(step)} for step in known.results
    }
    outputs = (f"{step}.{member}" for step in known.results for member in _MEMBERS)
    for name in dict.fromkeys((*outputs, *known.variables)):
        step, dot, member = name.removeprefix("steps.").partition(".")
        value = known.variables.get(name)
        if dot and step and value is not None and not known.is_secret(name):
            steps.setdefault(step, {})[member] = units(value)
    return {**steps, "steps": steps, "workflow": {"result": "running"}}
