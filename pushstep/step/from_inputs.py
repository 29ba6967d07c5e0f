"""Inputs → fields of a step, and options: each text becomes the data its kind stands for."""

import re
from collections.abc import Iterator
from types import MappingProxyType

from pushstep.errors import InputError, Problem
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
        if text is None or not one.schema:
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
        if text is not None and option in Options.model_fields:
            beside[option] = _data(text, one, inputs.where(one.name))
    made = options(beside, lambda name: inputs.where(name.replace("_", "-")))
    problems = tuple(_logins(inputs, made.login))
    if problems:
        raise InputError(problems)
    return made


def _logins(inputs: Inputs, login: str) -> Iterator[Problem]:
    """What is wrong with parameters of `login`: those of another method, and none where it needs some."""
    parameters = [one for one in FIELDS if one.login]
    for one in parameters:
        if one.name in inputs.given and login not in ("auto", one.login):
            where = inputs.where(one.name)
            message = (
                f"{where}: {one.name} is for login {one.login}, and {inputs.where('login')} says {login}"
            )
            hint = f"Leave one of them out: {one.name} alone asks for login {one.login} where it can serve."
            yield Problem(code="conflict", message=message, hint=hint, path=where)
    needed = [one.name for one in parameters if one.login == login]
    if needed and not any(name in inputs.given for name in needed):
        where = inputs.where("login")
        message = f"{where}: login {login} has no {' or '.join(needed)}"
        hint = f"Give it, or leave login out: auto finds the {login.upper()} credentials that the job has."
        yield Problem(code="missing", message=message, hint=hint, path=where)


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
