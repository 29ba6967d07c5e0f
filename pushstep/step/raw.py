"""A step as it was read, before variables: plain fields, and where each of them comes from."""

from collections.abc import Mapping
from dataclasses import field, replace
from types import MappingProxyType

from pushstep.errors import Problem
from pushstep.step.across import remarks
from pushstep.step.destinations import UNNAMED, Kinds
from pushstep.step.document import Data, Document, Path
from pushstep.step.validation import Finding
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a field's value comes from: `label` is its user's word for it.

    `path` leads to it in the document; None is an input.
    """

    label: str
    path: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RawStep:
    """The fields of one step by their schema names, as plain data with variables still in place."""

    name: str = "push"
    fields: Mapping[str, Data]
    origins: Mapping[str, Origin] = field(default_factory=lambda: MappingProxyType({}))
    """Schema name → where it comes from; for inputs `credentials.username` and `.password` have their own."""
    document: Document | None = None
    path: Path = ()
    """Where the step itself stands in the document."""
    stages: tuple[str, ...] | None = None
    notices: tuple[str, ...] = ()

    def is_input(self, name: str) -> bool:
        """Whether a field's value comes from an input, not from the document."""
        origin = self.origins.get(name)
        return origin is None or origin.path is None

    def remarks(self, kinds: Kinds = UNNAMED) -> tuple[str, ...]:
        """Sentences about what is taken otherwise than it was written, or not at all.

        `kinds` are those of the registries that there are.
        """
        found = (f"{self._place(one.loc)[0]}{one.what}" for one in remarks(self.fields, kinds))
        return (*self.notices, *found)

    def problem(self, finding: Finding) -> Problem:
        """A finding with its place."""
        label, path = self._place(finding.loc)
        return located(finding.at(label), self.document, path)

    def own_problem(self, problem: Problem) -> Problem:
        """A problem whose path is the schema's, as its user spells the field and with its place."""
        path = problem.path or ""
        head, *inside = _parts(path)
        origin = self.origins.get(str(head))
        if origin is None:
            return problem
        label = origin.label + path.removeprefix(str(head))
        begins = problem.message.startswith(path)
        message = label + problem.message.removeprefix(path) if begins else f"{label}: {problem.message}"
        spelled = replace(problem, path=label, message=message)
        return located(spelled, self.document, None if origin.path is None else (*origin.path, *inside))

    def _place(self, loc: Path) -> tuple[str, Path | None]:
        for length in (2, 1):
            origin = self.origins.get(".".join(map(str, loc[:length])))
            if origin is not None:
                rest = loc[length:]
                return render(rest, origin.label), None if origin.path is None else (*origin.path, *rest)
        return render((*self.path, *loc)), (*self.path, *loc) if self.document else None


def render(path: Path, before: str = "") -> str:
    """A path for people: `steps.push_app.tags[1]`."""
    for part in path:
        before += f"[{part}]" if isinstance(part, int) else f".{part}" if before else part
    return before


def located(problem: Problem, document: Document | None, path: Path | None) -> Problem:
    """The same problem with the place of the value at `path`, as compilers write one."""
    if document is None or path is None:
        return problem
    spot = document.spot(path)
    message = f"{document.name}:{spot.line}:{spot.column}: {problem.message}"
    return replace(problem, message=message, line=spot.line, column=spot.column)


def placed(problem: Problem, name: str) -> Problem:
    """A problem of YAML, with its place written as those of fields are."""
    if problem.line is None:
        return problem
    rest = problem.message.removeprefix(name)
    return replace(problem, message=f"{name}:{problem.line}:{problem.column}{rest}")


def _parts(path: str) -> list[str | int]:
    words = path.replace("[", ".[").split(".")
    return [int(word[1:-1]) if word.startswith("[") else word for word in words]
