"""The value of an expression: its names looked up, its operands evaluated from left to right, all of them.

Expression ──fill──▶ Filled ──holds──▶ true | false | ExpressionError
"""

import re
from collections.abc import Mapping
from typing import Protocol

from pushstep.conditions import operators
from pushstep.conditions.decision import RegexEngine, RegexError
from pushstep.conditions.expression import (
    LONGEST,
    Bare,
    Binary,
    Call,
    Expression,
    ExpressionError,
    Literal,
    Member,
    Name,
    Node,
    Text,
    Unary,
    children,
)
from pushstep.conditions.functions import CALLS, check, member, member_at
from pushstep.conditions.placeholders import Placeholder
from pushstep.conditions.values import NUMBER, Refused, Value, joined, truth, units
from pushstep.values import dataclass

_WORDS = {"true": True, "false": False, "null": None}


class Scope(Protocol):
    """What names stand for; both methods raise Refused."""

    def value(self, name: str) -> Value:
        """The value of an identifier."""

    def text(self, placeholder: Placeholder) -> str | None:
        """What a placeholder wants; None when it stands for nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """An expression with the values of its placeholders; its tree is the one that was parsed."""

    expression: Expression
    values: Mapping[Placeholder, str | None]

    @property
    def text(self) -> str:
        """The expression with the values written out, each so that it means the same when it is parsed."""
        written = self.expression.text
        # from the right, so that the places on the left stay true
        for placeholder, value in reversed(list(self.values.items())):
            end = placeholder.place + len(placeholder.text)
            shown = placeholder.unresolved if value is None else _written(value, placeholder.quote)
            written = written[: placeholder.place] + shown + written[end:]
        return written


def _written(value: str, quote: str) -> str:
    if not quote:
        return value.strip(" \t\r\n")
    escaped = re.sub(r"\$(?=\{|\[\[)", r"\\$", value.replace("\\", r"\\").replace(quote, f"\\{quote}"))
    return escaped.replace("\n", r"\n").replace("\r", r"\r").replace("\t", r"\t")


def fill(expression: Expression, scope: Scope) -> Filled:
    """Look up the placeholders of `expression`; raises ExpressionError."""
    values: dict[Placeholder, str | None] = {}
    length = len(expression.text)
    for placeholder in expression.placeholders():
        try:
            value = values[placeholder] = scope.text(placeholder)
        except Refused as refused:
            raise ExpressionError(str(refused), place=placeholder.place, hint=refused.hint) from None
        length += 0 if value is None else len(value) - len(placeholder.text)
        if length > LONGEST:
            what = f"With the value of {placeholder.text} the expression has {length} characters"
            raise ExpressionError(what, place=placeholder.place, hint=f"{LONGEST} is the most.")
    return Filled(expression=expression, values=values)


def holds(filled: Filled, scope: Scope, engine: RegexEngine) -> bool:
    """What the condition decides; raises ExpressionError."""
    root = filled.expression.root
    if root is None:
        return False
    value = evaluate(filled, scope, engine)
    try:
        return truth(value)
    except Refused as refused:
        raise ExpressionError(str(refused), place=root.place, hint=refused.hint) from None


def evaluate(filled: Filled, scope: Scope, engine: RegexEngine) -> Value:
    """The value of the whole expression, null when it is empty; raises ExpressionError."""
    evaluation = _Evaluation(filled.values, scope, engine)
    found: list[Value] = []
    for node in filled.expression.nodes():
        first = len(found) - len(children(node))
        operands = found[first:]
        try:
            found[first:] = [evaluation.value(node, operands)]
        except Refused as refused:
            raise ExpressionError(str(refused), place=node.place, hint=refused.hint) from None
    return found[0] if found else None


class _Evaluation:
    """What a node is, given what its operands are."""

    def __init__(self, values: Mapping[Placeholder, str | None], scope: Scope, engine: RegexEngine) -> None:
        self._values = values
        self._scope = scope
        self._engine = engine

    def value(self, node: Node, operands: list[Value]) -> Value:
        match node:
            case Member(name=name):
                return member(operands[0], name)
            case Unary(operator=operator):
                return operators.unary(operator, operands[0])
            case Binary(operator=operator):
                return operators.binary(operator, operands[0], operands[1])
            case Call(function=function):
                return self._called(function, operands)
            case leaf:
                return self._leaf(leaf)

    def _leaf(self, node: Name | Text | Bare | Literal) -> Value:
        match node:
            case Name(name=name):
                return self._scope.value(name)
            case Text(parts=parts):
                return "".join(map(self._part, parts))
            case Bare(placeholder=placeholder):
                return _bare(placeholder, self._values[placeholder])
            case literal:
                return literal.value

    def _part(self, part: str | Placeholder) -> str:
        if isinstance(part, str):
            return part
        value = self._values[part]
        return part.unresolved if value is None else units(value)

    def _called(self, name: str, arguments: list[Value]) -> Value:
        check(name, arguments)
        match name, arguments:
            case "match", [str(text), str(pattern), ignore_case]:
                return self._matches(pattern, "i" if ignore_case else "", text)
            case "Variable", [str(variable)]:
                return self._scope.value(joined(variable))
            case "Member", [str(variable), str(path)]:
                return member_at(self._scope.value(joined(variable)), joined(path))
            case "Member", [of, str(path)]:
                return member_at(of, joined(path))
            case _:
                return CALLS[name](*arguments)

    def _matches(self, pattern: str, flags: str, text: str) -> bool:
        try:
            return self._engine.test(pattern, flags, text)
        except RegexError as error:
            what = f"Invalid regular expression: /{joined(pattern)}/: {error}"
            raise Refused(what, "It is read as JavaScript reads it, with every \\ doubled.") from None


def _bare(placeholder: Placeholder, value: str | None) -> Value:
    """The value of a placeholder outside of quotes, by its look."""
    if value is None:
        what = f"{placeholder.text} stands for nothing"
        raise Refused(what, f"Give {placeholder.name} a value, or quote it and test for its own text.")
    look = value.strip(" \t\r\n")
    if look in _WORDS:
        return _WORDS[look]
    if re.fullmatch(rf"[+-]?{NUMBER}", look):
        return float(look)
    what = f"The value of {placeholder.text} is no number, boolean or null: {value}"
    raise Refused(what, f'Quote it: "{placeholder.text}".')
