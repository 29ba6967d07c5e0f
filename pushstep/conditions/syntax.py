"""What is wrong with a text that is no expression, in the original's words where it has some for it."""

import re
from collections.abc import Set as AbstractSet

from lark import Token
from lark.exceptions import UnexpectedInput, UnexpectedToken

from pushstep.conditions.expression import ExpressionSyntax

HINT = "docs/conditions.md describes the language."
_COMPOUND = "Cannot handle compound expressions."
_TWO = "One expression is wanted: put text into quotes, and && or || between conditions."
_WHOLE = "A placeholder by itself is one number, boolean or null; put text into quotes, all of it."
_OPERANDS = frozenset({"NAME", "NUMBER", "STRING", "PLACEHOLDER", "LPAR", "BRACKET", "NOT"})
_OPERATOR = re.compile(r"(\|\||&&|[=!]==?|<<|>>>?|[<>]=?|[-+*/%!~|^&])[ \t\r\n]*$")
_NUMBERLIKE = re.compile(r"(?=[0-9.])[0-9]*\.?[0-9]*([eE][+-]?[0-9]*)?")
_HINTS = {
    "=": "Write == to compare.",
    "`": "Text stands in \" or '.",
    ".": 'A member follows a name or a bracket: ("abc").length.',
    "$": "A placeholder is written ${{NAME}} or $[[NAME]].",
}
_CLOSING = {"RPAR": "Unclosed (", "RSQB": "Unclosed [", "COLON": "Expected :"}


def explained(error: UnexpectedInput, text: str) -> ExpressionSyntax:
    """What lark found in `text`."""
    at: int = error.pos_in_stream  # type: ignore[assignment]  # lark's types know None alone
    match error:
        case UnexpectedToken(token=Token(type="$END"), accepts=accepted):
            at = len(text)
            message, hint = _ends_early(text, accepted), ""
        case UnexpectedToken(token=token, accepts=accepted):
            message, hint = _misplaced(text[:at], token, accepted)
        case _:
            message, hint = _unreadable(text[at:]), _HINTS.get(text[at], "")
    where = "" if message == _COMPOUND else f" at character {at}"
    return ExpressionSyntax(message + where, place=at, hint=hint or HINT)


def _ends_early(text: str, accepted: AbstractSet[str]) -> str:
    if operator := _OPERATOR.search(text):
        return f"Expected expression after {operator[1]}"
    return next((said for name, said in _CLOSING.items() if name in accepted), "Unexpected end")


def _misplaced(before: str, token: Token, accepted: AbstractSet[str]) -> tuple[str, str]:
    if "$END" in accepted and token.type in _OPERANDS:
        placed = token.type == "PLACEHOLDER" or before.rstrip().endswith(("}", "]]"))
        return _COMPOUND, _WHOLE if placed else _TWO
    if operator := _OPERATOR.search(before):
        return f"Expected expression after {operator[1]}", ""
    return f'Unexpected "{token}"', _HINTS.get(token, "")


def _unreadable(rest: str) -> str:
    if rest[0] in ('"', "'"):
        return f'Unclosed quote after "{rest[1:]}"'
    number = _NUMBERLIKE.match(rest)
    if number is None:
        return f'Unexpected "{rest[0]}"'
    follows = rest[number.end() :][:1]
    if number[1] and not number[1][-1].isdigit():
        return f"Expected exponent ({number[0]}{follows})"
    if follows in ("", "."):
        return "Unexpected period"
    return f"Variable names cannot start with a number ({number[0]}{follows})"
