"""An expression as a tree whose placeholders are leaves, so that no value can change its shape."""

from collections.abc import Iterator

from pushstep.conditions.placeholders import Parts, Placeholder
from pushstep.conditions.values import BLANKS
from pushstep.text import visible
from pushstep.values import dataclass

LONGEST = 12_000
"""Characters of an expression, before and after values are put into it."""
DEEPEST = 200
_WIDEST = 160
"""A line that is longer is not shown with its caret: nobody would see the caret under it."""


class ExpressionError(Exception):
    """An expression that fails; `place` is where, counted in characters from 0."""

    def __init__(self, message: str, *, place: int, hint: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.hint = hint

    def picture(self, text: str) -> tuple[str, ...]:
        """The line of the expression `text` that the place is in, and one with a caret under it."""
        before = text[: self.place].rpartition("\n")[2]
        line = before + text[self.place :].partition("\n")[0]
        if len(line) > _WIDEST:
            return ()
        return visible(line), " " * len(visible(before)) + "^"


class ExpressionSyntax(ExpressionError):  # noqa: N818 - the base says Error
    """It is no expression, whatever the values of its variables are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Placed:
    """A part of an expression; `depth` counts the brackets, calls and signs that are nested in it."""

    place: int
    depth: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Literal(_Placed):
    """`1.5`, `true`, `null`."""

    value: float | bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Text(_Placed):
    """A text in quotes; its plain parts are read already."""

    parts: Parts


@dataclass(frozen=True, kw_only=True, slots=True)
class Bare(_Placed):
    """A placeholder outside of quotes."""

    placeholder: Placeholder


@dataclass(frozen=True, kw_only=True, slots=True)
class Name(_Placed):
    """A variable or an object by its name."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Member(_Placed):
    """`of.name` or `of[name]`, which mean the same."""

    of: "Node"
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(_Placed):
    """A function and what it is given."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unary(_Placed):
    """`-operand`, `+operand`, `!operand`."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, kw_only=True, slots=True)
class Binary(_Placed):
    """`left operator right`."""

    operator: str
    left: "Node"
    right: "Node"


Node = Literal | Text | Bare | Name | Member | Call | Unary | Binary


@dataclass(frozen=True, kw_only=True, slots=True)
class Expression:
    """What was written and what it means; without a `root` nothing was, and that is false."""

    text: str
    root: Node | None

    def nodes(self) -> Iterator[Node]:
        """Every part, in the order in which they are evaluated: operands first, from left to right.

        No recursion: `a + b + c ...` is as deep as it is long.
        """
        waiting: list[tuple[Node, bool]] = [(self.root, False)] if self.root else []
        while waiting:
            node, below_done = waiting.pop()
            if below_done:
                yield node
            else:
                waiting.append((node, True))
                waiting.extend((child, False) for child in reversed(children(node)))

    def placeholders(self) -> Iterator[Placeholder]:
        """Every placeholder, from left to right."""
        for node in self.nodes():
            match node:
                case Bare(placeholder=placeholder):
                    yield placeholder
                case Text(parts=parts):
                    yield from (part for part in parts if isinstance(part, Placeholder))
                case _:
                    pass

    def regexes(self) -> Iterator[tuple[str, int]]:
        """Every regular expression that is known before any value is, and its place."""
        for node in self.nodes():
            match node:
                case Call(function="match", arguments=(_, Text(parts=parts, place=place), _)):
                    if not any(isinstance(part, Placeholder) for part in parts):
                        yield "".join(map(str, parts)), place
                case _:
                    pass


def children(node: Node) -> tuple[Node, ...]:
    """What `node` is made of, from left to right."""
    match node:
        case Member(of=of):
            return (of,)
        case Call(arguments=arguments):
            return arguments
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case _:
            return ()


def parse(text: str) -> Expression:
    """Read an expression; raises `ExpressionSyntax`."""
    if len(text) > LONGEST:
        what = f"An expression of {len(text)} characters"
        raise ExpressionSyntax(what, place=LONGEST, hint=f"{LONGEST} is the most: split it.")
    # lark takes a while to load, and most runs have no expression
    from pushstep.conditions.grammar import tree  # noqa: PLC0415

    bare = text.strip(BLANKS)
    before = len(text) - len(text.lstrip(BLANKS))
    # JavaScript's blanks around it are taken away; every place stays true
    return Expression(text=text, root=tree(" " * before + bare))
