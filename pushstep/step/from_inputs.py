"""Inputs → fields of a step, and options: each text becomes the data its kind stands for."""

import re
from types import MappingProxyType

from pushstep.errors import Problem
from pushstep.fields import FIELDS, Field
from pushstep.inputs import Inputs, items
from pushstep.step.document import Data, DocumentError, read
from pushstep.step.model import Options
from pushstep.step.raw import Origin, RawStep
from pushstep.step.validation import options

_ADDRESS = re.compile(r"\[[0-9a-fA-F.]*:[0-9a-fA-F:.]*\][:/]")
"""An IPv6 host, which begins as a YAML list does: `[::1]:5000`."""


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
        option = one.name.replace("-", "_")
        if text is not None and one.ready and option in Options.model_fields:
            beside[option] = _data(text, one, inputs.where(one.name))
    return options(beside, lambda name: inputs.where(name.replace("_", "-")))


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
