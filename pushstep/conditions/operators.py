"""The operators of expressions (codefresh.md 10.4): which types each takes, and nothing is ever converted."""

import math
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pushstep.conditions.values import UNCONVERTED, Refused, Value, kind, number_text

_ANY = ("number", "string", "nullableString", "object", "boolean")
_NUMBER = ("number",)
_BOOLEAN = ("boolean",)
_ORDERED = ("number", "string")


def unary(sign: str, operand: Value) -> Value:
    """The value of `sign operand`."""
    allowed = (*_NUMBER, *_BOOLEAN) if sign == "!" else _NUMBER
    _check(sign, allowed, (operand,))
    match sign:
        case "!":
            return not operand or operand != operand  # noqa: PLR0124 - NaN, which is not itself, is false
        case "-":
            return -float(operand)  # type: ignore[arg-type]  # checked
        case _:
            return operand


def binary(sign: str, left: Value, right: Value) -> Value:
    """The value of `left sign right`."""
    allowed, call = _BINARY[sign]
    _check(sign, allowed, (left, right))
    return call(left, right)


def _check(sign: str, allowed: tuple[str, ...], operands: tuple[Value, ...]) -> None:
    if not any(all(_is(operand, one) for operand in operands) for one in allowed):
        found = ",".join(map(kind, operands))
        raise Refused(
            f"The operator {sign} cannot be used with {found}. "
            f"It can only be used with the types: {','.join(allowed)}",
            UNCONVERTED,
        )


def _is(value: Value, allowed: str) -> bool:
    match allowed:
        case "nullableString":
            return value is None or isinstance(value, str)
        case "object":
            # as in JavaScript
            return value is None or isinstance(value, Mapping)
        case _:
            return kind(value) == allowed


def _equal(left: Value, right: Value) -> bool:
    # an object equals itself alone
    return left is right if isinstance(left, Mapping) or isinstance(right, Mapping) else left == right


def _times(left: float, right: float) -> float:
    product = left * right
    if product == math.inf:
        raise Refused("Numeric overflow")
    return product


def _divide(left: float, right: float) -> float:
    if right:
        quotient = left / right
    elif left and left == left:  # noqa: PLR0124 - NaN, which is not itself
        quotient = math.copysign(math.inf, left) * math.copysign(1, right)
    else:
        quotient = math.nan
    if quotient == math.inf:
        raise Refused(f"Division of {number_text(left)} by 0")
    return quotient


def _modulo(left: float, right: float) -> float:
    if not right or math.isinf(left) or math.isnan(left) or math.isnan(right):
        raise Refused(f"Modulo of {number_text(left)} by 0")
    # the sign follows the dividend; Python's `%` has the divisor's
    return math.fmod(left, right)


_BINARY: Mapping[str, tuple[tuple[str, ...], Callable[[Any, Any], Value]]] = MappingProxyType(
    {  # Any: the types are checked by the table itself
        "==": (_ANY, _equal),
        "!=": (_ANY, lambda left, right: not _equal(left, right)),
        "<": (_ORDERED, operator.lt),
        ">": (_ORDERED, operator.gt),
        "<=": (_ORDERED, operator.le),
        ">=": (_ORDERED, operator.ge),
        "+": (_ORDERED, operator.add),
        "-": (_NUMBER, operator.sub),
        "*": (_NUMBER, _times),
        "/": (_NUMBER, _divide),
        "%": (_NUMBER, _modulo),
        "&&": (_BOOLEAN, operator.and_),
        "||": (_BOOLEAN, operator.or_),
    }
)
