"""Inputs → step and options: each text becomes the data its kind stands for."""

import re
from collections.abc import Iterator
from types import MappingProxyType

from pushstep.conditions.decision import RegexEngine
from pushstep.errors import InputError, Problem
from pushstep.fields import FIELDS, Field
from pushstep.inputs import Inputs, items
from pushstep.step.document import Data, DocumentError, read, texts
from pushstep.step.model import Options, Step
from pushstep.step.placeholders import names
from pushstep.step.raw import Origin, RawStep
from pushstep.step.resolution import check, typed
from pushstep.step.unsupported import unsupported
from pushstep.step.validation import Finding, options
from pushstep.step.walk import CREDENTIALS

_ADDRESS = re.compile(r"\[[0-9a-fA-F.]*:[0-9a-fA-F:.]*\][:/]")
"""An IPv6 host, which begins as a YAML list does: `[::1]:5000`."""


def step_and_options(inputs: Inputs, engine: RegexEngine) -> tuple[Step, Options]:
    """What the inputs describe; raises `InputError` with all problems, those of reading included."""
    raw, unread = raw_step(inputs)
    found = check(raw, engine, registries=())
    problems = [*inputs.problems, *unread, *found, *map(raw.problem, _variables(raw))]
    told = {problem.path for problem in found}
    problems += [problem for problem in unsupported(raw) if problem.path not in told]
    step, _ = typed(raw)
    try:
        beside = run_options(inputs)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems or step is None:
        raise InputError(problems)
    return step, beside


def raw_step(inputs: Inputs) -> tuple[RawStep, tuple[Problem, ...]]:
    """The step's fields that inputs give, and the texts among them that cannot be read."""
    fields: dict[str, Data] = {}
    problems: list[Problem] = []
    for one in FIELDS:
        text = inputs.text(one.name)
        if text is None or not one.ready or not one.schema:
            continue
        try:
            _put(fields, one.schema, _data(text, one, inputs.where(one.name)))
        except DocumentError as error:
            problems += error.problems
    origins = {one.schema: Origin(label=inputs.where(one.name)) for one in FIELDS if one.schema}
    return RawStep(fields=MappingProxyType(fields), origins=MappingProxyType(origins)), tuple(problems)


def run_options(inputs: Inputs) -> Options:
    """The options beside the step; raises `InputError` with every problem."""
    beside: dict[str, Data] = {}
    for one in FIELDS:
        text = inputs.text(one.name)
        if text is not None and one.ready and not one.schema:
            beside[one.name.replace("-", "_")] = _data(text, one, inputs.where(one.name))
    return options(beside, lambda name: inputs.where(name.replace("_", "-")))


def _variables(raw: RawStep) -> Iterator[Finding]:
    """Variables work in documents; until a run knows what they stand for, inputs hold none."""
    for name, data in raw.fields.items():
        if name not in (*CREDENTIALS, "when"):
            for loc, text in texts(data, (name,)):
                if any(names(text)):
                    what = f": {text!r}: variables are not supported yet"
                    yield Finding(loc=loc, code="unsupported", what=what, hint="Write the value itself.")


def _put(fields: dict[str, Data], schema: str, data: Data) -> None:
    head, _, member = schema.partition(".")
    if not member:
        fields[head] = data
        return
    group = fields.get(head)
    fields[head] = {**(group if isinstance(group, dict) else {}), member: data}


def _data(text: str, one: Field, where: str) -> Data:
    if one.kind == "yaml":
        return read(text, path=where)
    if one.kind == "list":
        if text.lstrip().startswith(("[", "- ")) and not _ADDRESS.match(text.lstrip()):
            return read(text, path=where)
        return list(items(text))
    # a credential is taken as it is: blanks may belong to it
    return text if one.secret or one.name == "username" else text.strip()
