"""The functions of expressions (codefresh.md 10.5) on values whose number and types were checked before."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from pushstep.conditions.values import (
    BLANKS,
    UNCONVERTED,
    Refused,
    Value,
    joined,
    kind,
    number,
    number_text,
    units,
)

SIGNATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "String": ("number,string",),
        "Number": ("number,string",),
        "Boolean": ("number,string",),
        "round": ("number",),
        "floor": ("number",),
        "upper": ("string",),
        "lower": ("string",),
        "trim": ("string",),
        "trimLeft": ("string",),
        "trimRight": ("string",),
        "replace": ("string", "string", "string"),
        "substring": ("string", "number", "number"),
        "length": ("string",),
        "includes": ("string", "string"),
        "indexOf": ("string", "string"),
        "match": ("string", "string", "boolean"),
        "Variable": ("string",),
        # a text, as the original's documentation has it: the name of the variable
        "Member": ("object,string", "string"),
    }
)
"""Function → the types that each of its arguments may have."""

_LONGEST = 1_000_000
"""Characters that `replace` makes at most: a text put in at every place of a long one would eat memory."""
_SPECIAL = re.compile(r"\$([$&`'])")
_REST = re.compile("[`']")


def check(name: str, arguments: Sequence[Value]) -> None:
    """Refuse arguments whose types the function does not take."""
    for place, (argument, wanted) in enumerate(zip(arguments, SIGNATURES[name], strict=True)):
        if kind(argument) not in wanted.split(","):
            what = f"Invalid argument #{place} of type {kind(argument)} for function '{name}'"
            raise Refused(f"{what}: expected {wanted}", UNCONVERTED)


def member(of: Value, name: str) -> Value:
    """The member `name` of an object; a text has its `length`."""
    if isinstance(of, str) and name == "length":
        return float(len(of))
    if not isinstance(of, Mapping) or name not in of:
        known = ""
        if isinstance(of, Mapping):
            # only `steps` may be empty
            known = f"Known here: {', '.join(sorted(of))}." if of else "No step stands before this one."
        raise Refused(f"Undefined identifier member: '{name}'", known)
    return of[name]


def member_at(of: Value, path: str) -> Value:
    """The member of `of` by its name, or by a path with dots."""
    head, dot, rest = path.partition(".")
    if isinstance(of, Mapping) and path not in of and dot and head in of:
        return member_at(of[head], rest)
    return member(of, path)


def _string(value: float | str) -> Value:
    return value if isinstance(value, str) else number_text(value)


def _number(value: float | str) -> Value:
    read = number(value) if isinstance(value, str) else value
    if not math.isfinite(read):
        text = joined(value) if isinstance(value, str) else number_text(value)
        raise Refused(f"Error converting value '{text}' to number")
    return read


def _boolean(value: float | str) -> Value:
    return value not in ("", 0) and value == value  # noqa: PLR0124 - NaN, which is not itself, is false


def _floor(value: float) -> float:
    # the sign of a zero counts: 1 / -0 is no error
    return math.copysign(math.floor(value), value) if math.isfinite(value) else value


def _round(value: float) -> Value:
    if not math.isfinite(value):
        return value
    below = math.floor(value)
    # half goes up, also below zero, where Python's `round` goes to the even one
    return math.copysign(below if value - below < 0.5 else below + 1, value)  # noqa: PLR2004


def _replace(text: str, find: str, replacement: str) -> Value:
    """Replace every occurrence; `$$`, `$&`, `` $` `` and `$'` in the replacement are JavaScript's."""
    rest = len(_REST.findall(replacement)) * len(text)
    if text.count(find) * (len(replacement) * max(1, len(find)) + rest) > _LONGEST:
        what = f"replace may make more than {_LONGEST} characters"
        raise Refused(what, "Replace less at once.")
    return re.sub(re.escape(find), lambda found: _SPECIAL.sub(_special(found), replacement), text)


def _special(found: re.Match[str]) -> Callable[[re.Match[str]], str]:
    def meant(special: re.Match[str]) -> str:
        match special[1]:
            case "$":
                return "$"
            case "&":
                return found[0]
            case "`":
                return found.string[: found.start()]
            case _:
                return found.string[found.end() :]

    return meant


def _substring(text: str, start: float, end: float) -> Value:
    if end < start:
        end = math.inf
    # NaN is 0
    places = [int(min(max(place, 0), len(text))) if place == place else 0 for place in (start, end)]  # noqa: PLR0124
    return text[min(places) : max(places)]


CALLS: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "String": _string,
        "Number": _number,
        "Boolean": _boolean,
        "round": _round,
        "floor": _floor,
        "upper": lambda text: units(joined(text).upper()),
        "lower": lambda text: units(joined(text).lower()),
        "trim": lambda text: text.strip(BLANKS),
        "trimLeft": lambda text: text.lstrip(BLANKS),
        "trimRight": lambda text: text.rstrip(BLANKS),
        "replace": _replace,
        "substring": _substring,
        "length": lambda text: float(len(text)),
        "includes": lambda text, part: part in text,
        "indexOf": lambda text, part: float(text.find(part)),
    }
)
"""Those that look at nothing but their arguments; `evaluate` knows the others."""
