"""What earlier steps came to, as later ones see it: in `when.steps`, in conditions and as variables."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

from pushstep.conditions.names import Known, StepEnding
from pushstep.step.steps import Steps
from pushstep.step.variables import StepOutputs, Unknown, Variables, Withheld


class Past:
    """The steps that have ended; grows by one after each."""

    def __init__(self, steps: Steps) -> None:
        here = {step.name for step in steps.selected}
        here |= {group for group, inside in steps.groups.items() if here.intersection(inside)}
        self._groups = steps.groups
        self._outputs: dict[str, StepOutputs] = {}
        self._endings: dict[str, StepEnding] = {
            name: "not-run-here" for name in steps.names if name not in here
        }

    def add(self, name: str, outputs: StepOutputs) -> None:
        """The step `name` has ended, and so may have groups that it is in."""
        self._outputs[name] = outputs
        self._endings[name] = outputs.result
        for group, inside in self._groups.items():
            if name in inside and all(one in self._endings for one in inside):
                self._endings[group] = _together({self._endings[one] for one in inside})

    def variables(self, base: Variables) -> Variables:
        """`base` with the outputs of the steps."""
        return replace(base, steps=MappingProxyType(dict(self._outputs)))

    def known(self, variables: Variables) -> Known:
        """What conditions may look at."""
        return Known(
            variables=_ByName(variables),
            results=MappingProxyType(dict(self._endings)),
            is_secret=lambda name: isinstance(variables.find(name), Withheld),
            is_given=lambda name: not isinstance(variables.find_short(name), Unknown),
        )


def _together(endings: set[StepEnding]) -> StepEnding:
    """How a group ended whose steps ended so."""
    if "failure" in endings:
        return "failure"
    return "skipped" if endings == {"skipped"} else "success"


@dataclass(frozen=True, slots=True)
class _ByName:
    """Variables as conditions ask for them."""

    variables: Variables

    def get(self, name: str, /) -> str | None:
        found = self.variables.find(name)
        return None if isinstance(found, Unknown) else found.value

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables.names())
