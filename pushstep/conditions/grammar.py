r"""The grammar of expressions, after the original's (codefresh.md 10.2, 10.3), and the tree made of it.

Only `expression.parse` imports this module, because lark takes a while to load. The grammar knows more
than the language: what parses and has no meaning here (`===`, `a ? b : c`, `[1]`) says so by its name.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cache

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput

from pushstep.conditions.expression import (
    DEEPEST,
    Bare,
    Binary,
    Call,
    ExpressionSyntax,
    Literal,
    Member,
    Name,
    Node,
    Text,
    Unary,
)
from pushstep.conditions.functions import SIGNATURES
from pushstep.conditions.placeholders import PATTERN, Placeholder, split
from pushstep.conditions.syntax import HINT, explained
from pushstep.conditions.values import NUMBER, units

_START = r"(?:[A-Za-z_\x80-\U0010ffff]|\$(?!\{|\[\[))"
_PART = r"(?:[A-Za-z0-9_\x80-\U0010ffff]|\$(?!\{|\[\[))"
_GRAMMAR = rf"""
    input: _separator* [expression _separator*]
    _separator: ";" | ","

    ?expression: disjunction
        | disjunction QUESTION expression ":" expression -> conditional
    ?disjunction: conjunction | disjunction OR conjunction -> binary
    ?conjunction: bit_or | conjunction AND bit_or -> binary
    ?bit_or: bit_xor | bit_or BIT_OR bit_xor -> binary
    ?bit_xor: bit_and | bit_xor BIT_XOR bit_and -> binary
    ?bit_and: equality | bit_and BIT_AND equality -> binary
    ?equality: relation | equality EQUAL relation -> binary
    ?relation: shift | relation LESS shift -> binary
    ?shift: sum | shift SHIFT sum -> binary
    ?sum: product | sum SIGN product -> binary
    ?product: sign | product TIMES sign -> binary
    ?sign: primary | (SIGN | NOT) sign -> unary
    ?primary: NUMBER -> number
        | STRING -> text
        | PLACEHOLDER -> bare
        | BRACKET [arguments] "]" -> array
        | variable
    ?variable: NAME -> name
        | "(" expression ")" -> group
        | variable "." NAME -> member
        | variable "[" expression "]" -> index
        | variable "(" [arguments] ")" -> call
    arguments: expression ("," expression)*

    QUESTION: "?"
    BRACKET: "["
    OR: "||"
    AND: "&&"
    BIT_OR: "|"
    BIT_XOR: "^"
    BIT_AND: "&"
    EQUAL: /[=!]==?/
    LESS: /[<>]=?/
    SHIFT: /<<|>>>?/
    SIGN: /[+-]/
    TIMES: /[*\/%]/
    NOT: /[!~]/
    NUMBER: /{NUMBER}(?![0-9.]|{_START})/
    STRING: /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/s
    NAME: /{_START}{_PART}*/
    PLACEHOLDER.1: /{PATTERN}/
    BLANK: /[ \t\r\n]+/
    %ignore BLANK
"""
_MEANINGLESS = frozenset({"|", "^", "&", "===", "!==", "<<", ">>", ">>>"})
_LITERALS = {"true": True, "false": False, "null": None}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v"}


def tree(text: str) -> Node | None:
    """The tree of an expression, or None where none stands; raises `ExpressionSyntax`."""
    try:
        root: Node | None = _parser().parse(text)  # type: ignore[assignment]  # what `_Builder.input` returns
    except UnexpectedInput as error:
        raise explained(error, text) from None
    return root


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, start="input", parser="lalr", transformer=_Builder())


@v_args(inline=True)
class _Builder(Transformer[Token, Node | None]):
    """Makes a node of each rule as soon as it is read; what can have no value is refused here."""

    def input(self, root: Node | None) -> Node | None:
        return root

    def conditional(self, _test: Node, question: Token, _yes: Node, _no: Node) -> Node:
        raise _wrong("Trinary operator (?:) currently not supported.", question, "Use && and ||.")

    def binary(self, left: Node, operator: Token, right: Node) -> Node:
        if operator in _MEANINGLESS:
            hint = f"Write {operator[:2]}, which converts nothing here." if operator[1:] == "==" else ""
            raise _wrong(f"Invalid binary operator: {operator}", operator, hint)
        return Binary(
            place=_place(operator),
            depth=max(left.depth, right.depth),
            operator=str(operator),
            left=left,
            right=right,
        )

    def unary(self, operator: Token, operand: Node) -> Node:
        if operator == "~":
            raise _wrong("Invalid unary operator: ~", operator)
        depth = _deeper([operand], operator)
        return Unary(place=_place(operator), depth=depth, operator=str(operator), operand=operand)

    def number(self, token: Token) -> Node:
        return Literal(place=_place(token), value=float(token))

    def text(self, token: Token) -> Node:
        place = _place(token)
        parts = split(token[1:-1], escapes=True, place=place + 1, quote=token[0])
        return Text(
            place=place, parts=tuple(_read(part) if isinstance(part, str) else part for part in parts)
        )

    def bare(self, token: Token) -> Node:
        return Bare(place=_place(token), placeholder=Placeholder(text=str(token), place=_place(token)))

    def array(self, bracket: Token, _elements: object) -> Node:
        raise _wrong("Array literals ([1, 2, 3]) currently not supported.", bracket)

    def name(self, token: Token) -> Node:
        if token == "this":  # noqa: S105 - a word of the language
            raise _wrong("keyword 'this' not supported.", token)
        if token in _LITERALS:
            return Literal(place=_place(token), value=_LITERALS[token])
        return Name(place=_place(token), name=str(token))

    def group(self, inner: Node) -> Node:
        return replace(inner, depth=_deeper([inner], inner.place))

    def member(self, of: Node, name: Token) -> Node:
        if name == "this" or name in _LITERALS:
            raise _wrong("Invalid identifier member: 'undefined'", name)
        return Member(place=_place(name), depth=of.depth, of=of, name=str(name))

    def index(self, of: Node, inner: Node) -> Node:
        if not isinstance(inner, Name):
            hint = 'a[b] means a.b, with the name b itself. Write Member(a, "b") for any other.'
            raise _wrong("Invalid identifier member: 'undefined'", inner.place, hint)
        return Member(place=inner.place, depth=_deeper([of, inner], inner.place), of=of, name=inner.name)

    def arguments(self, *nodes: Node) -> tuple[Node, ...]:
        return nodes

    def call(self, of: Node, given: tuple[Node, ...] | None) -> Node:
        arguments = given or ()
        if not isinstance(of, Name):
            what = f"Invalid function name type: '{_ESTREE[type(of)]}'"
            raise _wrong(what, of.place, "A function is called by its name.")
        if of.name not in SIGNATURES:
            near = get_close_matches(of.name, SIGNATURES, 1, 0.5)
            hint = f"Perhaps {near[0]}." if near else f"There are: {', '.join(SIGNATURES)}."
            raise _wrong(f"Unknown function: '{of.name}'", of.place, hint)
        wanted = SIGNATURES[of.name]
        if len(arguments) != len(wanted):
            what = f"Expected {len(wanted)} arguments for function '{of.name}'."
            raise _wrong(what, of.place, f"It takes ({'; '.join(wanted)}).")
        depth = _deeper(arguments, of.place)
        return Call(place=of.place, depth=depth, function=of.name, arguments=arguments)


_ESTREE = {
    Literal: "Literal",
    Member: "MemberExpression",
    Call: "CallExpression",
    Unary: "UnaryExpression",
    Binary: "BinaryExpression",
    Text: "Literal",
    Bare: "Literal",
}
"""What the original's messages call a node."""


def _deeper(nodes: Sequence[Node], place: Token | int) -> int:
    depth = 1 + max((node.depth for node in nodes), default=0)
    if depth > DEEPEST:
        raise _wrong(f"Nested deeper than {DEEPEST} levels", place, "Split it.")
    return depth


def _read(part: str) -> str:
    """A plain part of a text with its escapes read; any other character stands for itself behind a `\\`."""
    return units(re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), part, flags=re.DOTALL))


def _place(token: Token) -> int:
    return token.start_pos or 0


def _wrong(message: str, place: Token | int, hint: str = "") -> ExpressionSyntax:
    at = place if isinstance(place, int) else _place(place)
    return ExpressionSyntax(message, place=at, hint=hint or HINT)
