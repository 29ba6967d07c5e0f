"""What a run is to do: the steps of a document, or that of the inputs, with no variable put in yet.

inputs ─┐
        ├─ gathered ──▶ Steps ── problems ──▶ what is wrong whatever the variables are (push-step.md 1.3)
document┘
"""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from pushstep.conditions.decision import RegexEngine
from pushstep.errors import InputError, Problem
from pushstep.inputs import Given, Inputs
from pushstep.step.from_inputs import raw_step, run_options
from pushstep.step.merge import over
from pushstep.step.model import Options
from pushstep.step.pipeline import checked, pipeline, select
from pushstep.step.raw import RawStep
from pushstep.step.registries import Registries
from pushstep.step.resolution import to_mask
from pushstep.step.shapes import Pipeline
from pushstep.step.transport import conflicts
from pushstep.step.variables import Variables
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """The steps that the run runs, in this order, and what stands around them."""

    selected: tuple[RawStep, ...] = ()
    others: tuple[RawStep, ...] = ()
    """Push steps of the document that the run was not asked for."""
    written: tuple[RawStep, ...] = ()
    """The document's push steps as they stand there: what inputs displace may still be a secret."""
    names: tuple[str, ...] = ()
    """Every step of the document, groups and those of other types too."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Group → the steps in it."""
    registries: Registries = field(default_factory=Registries)
    options: Options = field(default_factory=Options)
    notices: tuple[str, ...] = ()
    unread: tuple[Problem, ...] = ()
    """What could not be read; `problems` has it all."""
    misused: tuple[Problem, ...] = ()
    """What is wrong with the options beside the step."""

    @property
    def every(self) -> tuple[RawStep, ...]:
        """All push steps."""
        return (*self.selected, *self.others)

    def secrets(self, variables: Variables) -> frozenset[str]:
        """Every value of theirs that must never be shown."""
        return frozenset(one for raw in (*self.every, *self.written) for one in to_mask(raw, variables))


def gathered(inputs: Inputs, document: Given | None = None, registries: Registries | None = None) -> Steps:
    """Read `document`, and lay the inputs over the steps that they select."""
    registries = registries or Registries()
    own, unread = raw_step(inputs)
    unread = (*inputs.problems, *unread)
    if document is None:
        found = Pipeline(steps=(own,), names=(own.name,))
        chosen: tuple[RawStep, ...] = found.steps
        if inputs.text("step-name"):
            unread = (*unread, _nothing_to_select(inputs.where("step-name")))
    else:
        found = pipeline(document.text, name=document.where)
        chosen, unknown = select(found, inputs.text("step-name")) if found.steps else ((), ())
        chosen, conflicts = over(own, chosen)
        unread = (*unread, *unknown, *conflicts, *found.problems)
    options, misused = _options(inputs)
    names = {step.name for step in chosen}
    return Steps(
        selected=chosen,
        others=tuple(step for step in found.steps if step.name not in names),
        written=found.steps,
        names=found.names,
        groups=found.groups,
        registries=registries,
        options=options,
        notices=(*inputs.notices, *registries.notices, *found.notices),
        unread=unread,
        misused=misused,
    )


def problems(steps: Steps, engine: RegexEngine) -> tuple[Problem, ...]:
    """Everything that is wrong with all steps whatever the variables are, those not selected too."""
    found = Pipeline(steps=steps.every, names=steps.names, problems=steps.unread)
    beyond = (
        raw.problem(finding) for raw in steps.selected for finding in conflicts(raw, steps.options.transport)
    )
    own = checked(found, engine, steps.registries.kinds)
    return (*steps.registries.problems, *own, *steps.misused, *beyond)


def _options(inputs: Inputs) -> tuple[Options, tuple[Problem, ...]]:
    try:
        return run_options(inputs), ()
    except InputError as error:
        return Options(), error.problems


def _nothing_to_select(where: str) -> Problem:
    return Problem(
        code="missing",
        message=f"{where}: there is no document to select a step of",
        hint="Give the document as `step`.",
        path=where,
    )
