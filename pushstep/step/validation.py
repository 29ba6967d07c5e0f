"""Fields put into a model; what pydantic says of them becomes problems with a place (push-step.md 1.4)."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from pushstep.errors import InputError, Problem
from pushstep.step.document import Data, Path
from pushstep.step.model import Options
from pushstep.step.placeholders import holds_variable
from pushstep.step.scalars import Known
from pushstep.values import dataclass

Model = TypeVar("Model", bound=BaseModel)

_MISSING = {
    "candidate": "Name the image to push, as `docker images` shows it.",
    "credentials": "Both username and password are needed.",
}
_SHAPES = {
    "model_type": ("is no mapping", "Write `name: value` lines below it."),
    "tuple_type": ("is no list", "Write it as a list: `[a, b]`."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something wrong with the value at `loc`, in words that go behind its name."""

    loc: Path
    code: str
    what: str
    hint: str = ""

    def at(self, path: str) -> Problem:
        """The problem, for a value that its user calls `path`."""
        return Problem(code=self.code, message=f"{path}{self.what}", hint=self.hint, path=path)


def validated(
    model: type[Model], fields: Mapping[str, object], known: Known | None = None
) -> tuple[Model | None, list[Finding]]:
    """The model's value, or everything that is wrong with the fields."""
    nulls = [loc for loc in _nulls(fields) if loc != ("timeout",)]
    try:
        value = model.model_validate(dict(fields), context=known)
        findings = []
    except ValidationError as error:
        value = None
        findings = [_finding(model, dict(details)) for details in error.errors()]
    # of a whole field, null says more than what its type says
    findings = [finding for finding in findings if len(finding.loc) > 1 or finding.loc not in nulls]
    told = {finding.loc for finding in findings}
    findings += [
        Finding(loc=loc, code="value", what=" is null", hint="Give it a value, or leave it out.")
        for loc in nulls
        if not any(loc[:length] in told for length in range(1, len(loc) + 1))
    ]
    return None if findings else value, findings


def may_change(finding: Finding, fields: object) -> bool:
    """Whether a variable inside the value may make it right."""
    if finding.code in ("missing", "unknown"):
        return False
    for part in finding.loc:
        match fields:
            case Mapping() if part in fields:
                fields = fields[part]
            case list() if isinstance(part, int):
                fields = fields[part]
            case _:
                break
    return holds_variable(fields)


def options(fields: Mapping[str, Data], where: Callable[[str], str]) -> Options:
    """Make the options of their inputs. Raises `InputError` with every problem."""
    value, findings = validated(Options, fields)
    if value is None:
        raise InputError(finding.at(where(str(finding.loc[0]))) for finding in findings)
    return value


def nearest(name: str, known: Sequence[str]) -> str:
    """A sentence with the names that `name` may have meant."""
    near = difflib.get_close_matches(name[:100], known, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(near)}?" if near else f"Known here: {', '.join(known)}."


def _nulls(data: object, loc: Path = ()) -> Iterator[Path]:
    if data is None:
        yield loc
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _nulls(value, (*loc, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from _nulls(value, (*loc, number))


def _finding(model: type[BaseModel], details: dict[str, Any]) -> Finding:
    loc: Path = details["loc"]
    given = details.get("ctx", {})
    match details["type"]:
        case "missing":
            hint = _MISSING.get(str(loc[0]), "Write it in here.")
            return Finding(loc=loc, code="missing", what=" is missing", hint=hint)
        case "extra_forbidden":
            hint = nearest(str(loc[-1]), _known(model, loc[:-1]))
            return Finding(loc=loc, code="unknown", what=": no such field", hint=hint)
        case shape if shape in _SHAPES:
            what, hint = _SHAPES[shape]
            return Finding(loc=loc, code="value", what=f" {what}", hint=hint)
        case code:
            return Finding(loc=loc, code=code, what=f": {given['message']}", hint=given["hint"])


def _known(model: type[BaseModel], loc: Path) -> list[str]:
    """The fields of the model at `loc` inside `model`; a step's name is none of them."""
    for part in loc:
        if isinstance(part, str):
            inner = next(field for name, field in model.model_fields.items() if part in (name, field.alias))
            model = _model(inner.annotation)
    return [field.alias or name for name, field in model.model_fields.items() if name != "name"]


def _model(annotation: object) -> type[BaseModel]:
    while not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        annotation = get_args(annotation)[0]
    return annotation
