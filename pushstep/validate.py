"""The command `validate`: a document checked as a run checks it, with nothing of a run behind it."""

import json
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace

from pushstep import inputs
from pushstep.errors import BUG, InputError, Interrupted, Problem
from pushstep.inputs import Given, Inputs
from pushstep.javascript import JavaScript
from pushstep.masking import mask
from pushstep.report.conclusion import MISUSED
from pushstep.report.document import redacted
from pushstep.report.plain import checked
from pushstep.source import document, listed, text_of
from pushstep.step.document import texts
from pushstep.step.placeholders import names
from pushstep.step.registries import Registries
from pushstep.step.resolution import unnamed, when_of
from pushstep.step.steps import Steps, gathered, problems
from pushstep.step.variables import Unknown, Variables
from pushstep.step.variables import given as variables_given
from pushstep.surroundings import Here, surroundings
from pushstep.values import dataclass
from pushstep.world import World

_MOST = 20
"""Variables that are named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What `validate` found; `--json` prints it."""

    version: int = 1
    valid: bool
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]
    steps: tuple[str, ...]


def validate(
    world: World,
    options: Mapping[str, Given],
    switches: frozenset[str],
    wrong: Sequence[Problem],
    file: str | None,
) -> int:
    """Check `file`, or the document that the input `step` gives; returns the exit status."""
    with world.interrupts.watched():
        here = surroundings(world, switches)
        name, found = file or "step", Checked(valid=False, problems=tuple(wrong), notices=(), steps=())
        try:
            name, found = _checked(here, options, wrong, file)
        except InputError as error:
            found = replace(found, problems=error.problems)
        except Interrupted as error:
            return error.exit_status
        except Exception:  # noqa: BLE001 - what a bug of ours quotes may be a secret, and only the log hides it
            for line in traceback.format_exc().splitlines():
                here.log.say(line)
            here.log.problems([BUG])
            return 1
    found = redacted(found, here.redactor)
    if "json" in switches:
        world.out(json.dumps(asdict(found), indent=2) + "\n")
    else:
        world.out(checked(here.redactor(name), found.problems, found.notices, found.steps, here.paint))
    return 0 if found.valid else MISUSED


def _checked(
    here: Here, options: Mapping[str, Given], wrong: Sequence[Problem], file: str | None
) -> tuple[str, Checked]:
    mask(here, inputs.read(options, here.world.environ, on_github=False))
    # of a file that somebody names, the environment has nothing to say
    environ = here.world.environ if file is None else {}
    given = inputs.read(options, environ, on_github=False)
    told, misread = variables_given(given.text("variables"), environ, where=given.where("variables"))
    variables = Variables(given=told)
    registries, unread = listed(here, given)
    secrets = registries.to_mask(variables)
    for secret in {*variables.secrets(), *secrets}:
        here.log.mask(secret)
    text = document(here, given, secrets) if file is None else text_of(here, file, file, "FILE")
    if text is None and not registries.names and not registries.problems and not unread:
        hint = "Name a file: `pushstep validate FILE`; `-` is standard input."
        raise InputError(
            [*wrong, Problem(code="missing", message="there is no document to check", hint=hint)]
        )
    if text is None:
        return _alone(here, given, registries, (*wrong, *misread, *unread), variables)
    steps = gathered(given, text, registries)
    for secret in steps.secrets(variables):
        here.log.mask(secret)
    with JavaScript() as engine:
        found = [*wrong, *misread, *unread, *problems(steps, engine)]
    notices = [*_notices(steps, variables)]
    later = [problem for problem in found if (problem.code, problem.path) == ("missing", "candidate")]
    notices += ["candidate is missing: an input must give it"] if later else []
    found = [problem for problem in found if problem not in later]
    return text.where, Checked(
        valid=not found,
        problems=tuple(found),
        notices=tuple(dict.fromkeys(notices)),
        steps=tuple(raw.name for raw in steps.selected),
    )


def _notices(steps: Steps, variables: Variables) -> Iterator[str]:
    yield from steps.notices
    for raw in steps.every:
        yield from raw.remarks(steps.registries.kinds)
        yield from (f"{raw.name}: {notice}" for notice in when_of(raw)[0].notices)
        yield from unnamed(raw, steps.registries.names)
    yield from _asked_for((*_unknown(steps, variables), *_unknown_in(steps.registries, variables)))


def _asked_for(names: Iterable[str]) -> Iterator[str]:
    unknown = list(dict.fromkeys(names))
    if unknown:
        more = f" and {len(unknown) - _MOST} more" if len(unknown) > _MOST else ""
        yield f"the run must know these variables: {', '.join(unknown[:_MOST])}{more}"


def _alone(
    here: Here, given: Inputs, registries: Registries, wrong: Sequence[Problem], variables: Variables
) -> tuple[str, Checked]:
    """A registries document by itself."""
    for secret in {*variables.secrets(), *registries.to_mask(variables)}:
        here.log.mask(secret)
    found = (*given.problems, *wrong, *registries.problems)
    notices = (*registries.notices, *_asked_for(_unknown_in(registries, variables)))
    name = registries.document.name if registries.document else given.where("registries")
    return name, Checked(valid=not found, problems=found, notices=notices, steps=())


def _unknown_in(registries: Registries, variables: Variables) -> Iterator[str]:
    for text in registries.texts():
        yield from (name for name in names(text) if isinstance(variables.find(name), Unknown))


def _unknown(steps: Steps, variables: Variables) -> Iterator[str]:
    """Variables that neither the document nor the command line gives."""
    pushed = {raw.name for raw in steps.every}
    for raw in steps.every:
        for field, data in raw.fields.items():
            for _, text in texts(data, (field,), keys=True):
                for name in names(text):
                    step = name.removeprefix("steps.").partition(".")[0]
                    if step not in pushed and isinstance(variables.find(name), Unknown):
                        yield name
