"""The values of expressions, which are JavaScript's: what each is called, how numbers and texts are written.

A text is kept as JavaScript keeps it, one character for each UTF-16 unit: lengths, places and order are
right then without a further thought. `units` leads in, `joined` out.
"""

import math
import re
from collections.abc import Mapping
from decimal import Decimal

Value = float | str | bool | Mapping[str, "Value"] | None
"""A mapping is an object: the members of a step, or all steps."""

BLANKS = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript's `trim` takes away; Python's `strip` takes others."""
NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
"""A number as an expression writes it."""

UNCONVERTED = "Nothing is converted: write String(x), Number(x) or Boolean(x), and put text into quotes."
"""The hint for a value of the wrong type."""

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_PREFIXES = {"0x": 16, "0o": 8, "0b": 2}
_MOST_DIGITS = 21
"""From this power of ten on JavaScript writes an exponent."""
_LEAST = -6
"""And below this one."""


class Refused(Exception):  # noqa: N818 - it is caught where it gets its place in the expression
    """An operation that a value does not take; the evaluation adds the place."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def kind(value: Value) -> str:
    """The type of `value`, as messages name it."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case float():
            return "number"
        case str():
            return "string"
        case _:
            return "object"


def truth(value: Value) -> bool:
    """What the value of a whole expression decides."""
    if isinstance(value, Mapping):
        raise Refused("Cannot evaluate object variable directly", "Name a member of it: `.result`.")
    return bool(value) and value == value  # noqa: PLR0124 - NaN, which is not itself, is false


def units(text: str) -> str:
    """`text` with a character for each UTF-16 unit."""
    return _ASTRAL.sub(_pair, text)


def _pair(found: re.Match[str]) -> str:
    above = ord(found[0]) - 0x10000
    return chr(0xD800 + (above >> 10)) + chr(0xDC00 + (above & 0x3FF))


def joined(text: str) -> str:
    """The text whose UTF-16 units these are; a lone surrogate stays one."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def number_text(number: float) -> str:
    """`number` as JavaScript writes it: Python finds the same digits and sets them otherwise."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    _, parts, exponent = Decimal(repr(abs(number))).normalize().as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - a finite number has one
    digits = "".join(map(str, parts))
    point = len(digits) + exponent
    if len(digits) <= point <= _MOST_DIGITS:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= _MOST_DIGITS:
        text = f"{digits[:point]}.{digits[point:]}"
    elif _LEAST < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        text = f"{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{point - 1:+d}"
    return f"-{text}" if number < 0 else text


def number(text: str) -> float:
    """The number that JavaScript's `Number` reads in `text`; NaN where it reads none."""
    bare = text.strip(BLANKS)
    if not bare:
        return 0.0
    base = _PREFIXES.get(bare[:2].lower())
    if base is None:
        return float(bare) if re.fullmatch(rf"[+-]?{NUMBER}", bare) else math.nan
    try:
        # `int` takes underscores and signs
        return float(int(bare[2:], base)) if bare[2:].isascii() and bare[2:].isalnum() else math.nan
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan
