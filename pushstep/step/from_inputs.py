"""Inputs → step and options: each text becomes the data its kind stands for."""

import re
from collections.abc import Callable
from typing import TypeVar

from pushstep.conditions.decision import RegexEngine
from pushstep.errors import InputError, Problem
from pushstep.fields import FIELDS, Field
from pushstep.inputs import Inputs, items
from pushstep.step.document import Data, DocumentError, read
from pushstep.step.model import Options, Step, parse, parse_options

Value = TypeVar("Value")

_ADDRESS = re.compile(r"\[[0-9a-fA-F.]*:[0-9a-fA-F:.]*\][:/]")
"""An IPv6 host, which begins as a YAML list does: `[::1]:5000`."""


def step_and_options(inputs: Inputs, engine: RegexEngine) -> tuple[Step, Options]:
    """What the inputs describe; raises `InputError` with all problems, those of reading included."""
    problems = list(inputs.problems)
    in_step: dict[str, Data] = {}
    beside: dict[str, Data] = {}
    for one in FIELDS:
        text = inputs.text(one.name)
        if text is None or not one.ready:
            continue
        try:
            data = _data(text, one, inputs.where(one.name))
        except DocumentError as error:
            problems.append(error.problem)
            continue
        if one.schema:
            _put(in_step, one.schema, data)
        else:
            beside[one.name.replace("-", "_")] = data
    where = _where(inputs)
    step = _tried(lambda: parse(in_step, where, engine), problems)
    options = _tried(lambda: parse_options(beside, where), problems)
    if problems or step is None or options is None:
        raise InputError(problems)
    return step, options


def _tried(parse_it: Callable[[], Value], problems: list[Problem]) -> Value | None:
    try:
        return parse_it()
    except InputError as error:
        problems.extend(error.problems)
        return None


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


def _where(inputs: Inputs) -> Callable[[str], str]:
    by_schema = {one.schema or one.name.replace("-", "_"): one.name for one in FIELDS}
    return lambda schema: inputs.where(by_schema.get(schema, schema))
