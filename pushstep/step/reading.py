"""A document while it is read: what is found wrong, and what steps inherit from what they stand in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pushstep.errors import Problem
from pushstep.step.document import Data, Document, Path
from pushstep.step.raw import Origin, located, render


@dataclass(kw_only=True, slots=True)
class Reading:
    """A document while it is read: what is wrong with it, and what its user should know."""

    document: Document
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def problem(self, path: Path, code: str, what: str, hint: str) -> None:
        """Note what is wrong with the value at `path`."""
        label = render(path)
        message = f"{label or 'the document'}{what}"
        found = Problem(code=code, message=message, hint=hint, path=label or self.document.name)
        self.problems.append(located(found, self.document, path))

    def notice(self, path: Path, what: str) -> None:
        """Note what is taken otherwise than it may have been meant."""
        self.notices.append(f"{render(path)}{what}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Inherited:
    """What a group or the document gives to the steps in it; a field goes to those that have it not."""

    fields: Mapping[str, Data] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    stages: tuple[str, ...] | None = None

    def with_those_of(
        self, level: Mapping[str, tuple[str, Data]], path: Path, known: Sequence[str]
    ) -> "Inherited":
        """These, and above them the `known` ones of the fields at `path`, each with its spelling there."""
        own = {name: level[name] for name in known if name in level}
        places = {name: (*path, spelled) for name, (spelled, _) in own.items()}
        return replace(
            self,
            fields={**self.fields, **{name: data for name, (_, data) in own.items()}},
            origins={
                **self.origins,
                **{name: Origin(label=render(place), path=place) for name, place in places.items()},
            },
        )
