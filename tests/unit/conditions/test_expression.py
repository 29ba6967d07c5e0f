"""Expressions are read, and what is none says where, by push-step.md 3 and 6 and codefresh.md 10.2 and 10.3."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.conditions.evaluate import Filled, evaluate, fill, holds
from pushstep.conditions.expression import (
    Bare,
    Binary,
    Call,
    ExpressionError,
    ExpressionSyntax,
    Literal,
    Member,
    Name,
    Text,
    Unary,
    parse,
)
from pushstep.conditions.functions import SIGNATURES
from pushstep.conditions.placeholders import Placeholder, split
from pushstep.javascript import JavaScript
from tests.support.expressions import Known, outcome

QUOTE = "One expression is wanted: put text into quotes, and && or || between conditions."
WHOLE = "A placeholder by itself is one number, boolean or null; put text into quotes, all of it."

# no expression: the place, the message, a part of the hint
SYNTAX = {
    "1a": (0, "Variable names cannot start with a number (1a) at character 0", ""),
    "1 == 10.5x": (5, "Variable names cannot start with a number (10.5x) at character 5", ""),
    "1.2.3": (0, "Unexpected period at character 0", ""),
    "1e": (0, "Expected exponent (1e) at character 0", ""),
    "1e+ 2": (0, "Expected exponent (1e+ ) at character 0", ""),
    ".": (0, 'Unexpected "." at character 0', ""),
    "1 + .": (4, "Expected expression after + at character 4", ""),
    '"abc': (0, 'Unclosed quote after "abc" at character 0', ""),
    "a == 'it's'": (9, "Cannot handle compound expressions.", QUOTE),
    '"a\\"': (0, 'Unclosed quote after "a\\"" at character 0', ""),
    "`a`": (0, 'Unexpected "`" at character 0', "Text stands in"),
    "a @ b": (2, 'Unexpected "@" at character 2', "docs/conditions.md"),
    "a = b": (2, 'Unexpected "=" at character 2', "Write =="),
    "a b": (2, "Cannot handle compound expressions.", QUOTE),
    "feature branch == 'x'": (8, "Cannot handle compound expressions.", QUOTE),
    "1;2": (2, "Cannot handle compound expressions.", QUOTE),
    "123(false)": (3, "Cannot handle compound expressions.", QUOTE),
    '"a" [1]': (4, "Cannot handle compound expressions.", QUOTE),
    "a !b": (2, "Cannot handle compound expressions.", QUOTE),
    '"abc".length': (5, 'Unexpected "." at character 5', '("abc").length'),
    "5 .x": (2, 'Unexpected "." at character 2', ""),
    "(1": (2, "Unclosed ( at character 2", ""),
    "upper('a'": (9, "Unclosed ( at character 9", ""),
    "a[b": (3, "Unclosed [ at character 3", ""),
    "1 ? 2": (5, "Expected : at character 5", ""),
    "a.": (2, "Unexpected end at character 2", ""),
    "a..b": (2, 'Unexpected "." at character 2', ""),
    "()": (1, 'Unexpected ")" at character 1', ""),
    "upper('a',)": (10, 'Unexpected ")" at character 10', ""),
    "upper(,'a')": (6, 'Unexpected "," at character 6', ""),
    "1 ==": (4, "Expected expression after == at character 4", ""),
    "(1 ==)": (5, "Expected expression after == at character 5", ""),
    "!": (1, "Expected expression after ! at character 1", ""),
    "1 && * 2": (5, "Expected expression after && at character 5", ""),
    "== 1": (0, 'Unexpected "==" at character 0', ""),
    "1)": (1, 'Unexpected ")" at character 1', ""),
    # what parses and no value can give a meaning to
    "a === b": (2, "Invalid binary operator: ===", "Write =="),
    "a !== b": (2, "Invalid binary operator: !==", "Write !="),
    "a | b": (2, "Invalid binary operator: |", ""),
    "1 ? 2 : 3": (2, "Trinary operator (?:) currently not supported.", "&&"),
    "upper([1])": (6, "Array literals ([1, 2, 3]) currently not supported.", ""),
    "[]": (0, "Array literals ([1, 2, 3]) currently not supported.", ""),
    "1 + this": (4, "keyword 'this' not supported.", ""),
    "1 + ~2": (4, "Invalid unary operator: ~", ""),
    'a["x"]': (2, "Invalid identifier member: 'undefined'", "Member("),
    "a.null": (2, "Invalid identifier member: 'undefined'", ""),
    "uper('a')": (0, "Unknown function: 'uper'", "Perhaps upper."),
    "zzz('a')": (0, "Unknown function: 'zzz'", "There are: String, Number,"),
    "a.b(1)": (2, "Invalid function name type: 'MemberExpression'", "by its name"),
    "substring('a', 1)": (0, "Expected 3 arguments for function 'substring'.", "(string; number; number)"),
    # placeholders: one is a whole value, or stands in quotes
    "${{A}}${{B}}": (6, "Cannot handle compound expressions.", WHOLE),
    "a${{B}}": (1, "Cannot handle compound expressions.", WHOLE),
    "${{A}} b": (7, "Cannot handle compound expressions.", WHOLE),
    "$[[A]] b": (7, "Cannot handle compound expressions.", WHOLE),
    "steps.${{A}}.result": (6, 'Unexpected "${{A}}" at character 6', ""),
    "a[${{A}}]": (2, "Invalid identifier member: 'undefined'", ""),
    "${{A}}(1)": (6, "Cannot handle compound expressions.", WHOLE),
    "${{A}}.length": (6, 'Unexpected "." at character 6', ""),
    "${{A == 1": (0, 'Unexpected "$" at character 0', "${{NAME}} or $[[NAME]]"),
    "${{}} == 1": (0, 'Unexpected "$" at character 0', ""),
    "\u00a0 1 b": (4, "Cannot handle compound expressions.", QUOTE),
}


@pytest.mark.parametrize(("text", "expected"), SYNTAX.items(), ids=ascii)
def test_section_6_what_is_no_expression(text: str, expected: tuple[int, str, str]) -> None:
    with pytest.raises(ExpressionSyntax) as caught:
        parse(text)
    place, message, hint = expected
    assert (caught.value.place, str(caught.value)) == (place, message)
    assert hint in caught.value.hint
    assert caught.value.hint


TREES = {
    "1.5": Literal(place=0, value=1.5),
    "true": Literal(place=0, value=True),
    "null": Literal(place=0, value=None),
    "$a_é1": Name(place=0, name="$a_é1"),
    "truest": Name(place=0, name="truest"),
    r"'a\'b\n\d\u0041'": Text(place=0, parts=("a'b\ndu0041",)),
    '"a\nb"': Text(place=0, parts=("a\nb",)),
    '"😀"': Text(place=0, parts=("\ud83d\ude00",)),
    '""': Text(place=0, parts=()),
    "a[b].c": Member(
        place=5,
        depth=1,
        of=Member(place=2, depth=1, of=Name(place=0, name="a"), name="b"),
        name="c",
    ),
    "!a == b": Binary(
        place=3,
        depth=1,
        operator="==",
        left=Unary(place=0, depth=1, operator="!", operand=Name(place=1, name="a")),
        right=Name(place=6, name="b"),
    ),
    "1 - 2 * 3": Binary(
        place=2,
        operator="-",
        left=Literal(place=0, value=1.0),
        right=Binary(
            place=6, operator="*", left=Literal(place=4, value=2.0), right=Literal(place=8, value=3.0)
        ),
    ),
    "1<-1": Binary(
        place=1,
        depth=1,
        operator="<",
        left=Literal(place=0, value=1.0),
        right=Unary(place=2, depth=1, operator="-", operand=Literal(place=3, value=1.0)),
    ),
    "length('a')": Call(place=0, depth=1, function="length", arguments=(Text(place=7, parts=("a",)),)),
    "; ,1 , ;": Literal(place=3, value=1.0),
    "\u00a0\ufeff 1\u2028": Literal(place=3, value=1.0),
    "${{A}}": Bare(place=0, placeholder=Placeholder(text="${{A}}", place=0)),
    "$[[ A b ]]": Bare(place=0, placeholder=Placeholder(text="$[[ A b ]]", place=0)),
    "${A}": Bare(place=0, placeholder=Placeholder(text="${A}", place=0)),
    "'a${{A}}'": Text(place=0, parts=("a", Placeholder(text="${{A}}", place=2, quote="'"))),
    # a backslash takes the dollar away from it, and a pair of them does not
    r'"\${{A}}"': Text(place=0, parts=("${{A}}",)),
    r'"\\${{A}}"': Text(place=0, parts=("\\", Placeholder(text="${{A}}", place=3, quote='"'))),
    " ": None,
}


@pytest.mark.parametrize(("text", "tree"), TREES.items(), ids=ascii)
def test_section_6_what_an_expression_is(text: str, tree: object) -> None:
    assert parse(text).root == tree


# a text, and the names of the placeholders in it; (NAME) for the short spelling
PLACEHOLDERS = {
    "a${{A}}b": ["A"],
    "${{ A }}$[[B]]$[[\tC ]]": ["A", "B", "C"],
    "${{steps.my-step.result}}": ["steps.my-step.result"],
    "${A}": ["(A)"],
    "${{a b}}": ["a b"],
    "$A ${} ${{}} ${{ }} $[[]] ${{A} $[A]": [],
    "${{A\nB}}": [],
    '${{a"b}} ${{a\\b}}': [],
    "$${{A}}": ["A"],
    "${{${{A}}}}": ["A"],
    "${{A}}}": ["A"],
}


@pytest.mark.parametrize(("text", "names"), PLACEHOLDERS.items())
def test_section_3_placeholders_in_their_spellings(text: str, names: list[str]) -> None:
    found = [part for part in split(text) if isinstance(part, Placeholder)]
    assert [f"({one.name})" if one.short else one.name for one in found] == names
    assert all(text.startswith(one.text, one.place) for one in found)


UNRESOLVED = {
    "${{X}}": "${{X}}",
    "${{ X }}": "${{ X }}",
    "$[[X]]": "${{X}}",
    "$[[ X ]]": "${{ X }}",
    "${X}": "${X}",
}


@pytest.mark.parametrize(("written", "left"), UNRESOLVED.items())
def test_section_3_an_unresolved_placeholder_stays_as_its_text(
    engine: JavaScript, written: str, left: str
) -> None:
    assert outcome(f'"{written}" == "\\{left}"', engine) is True
    assert outcome(f'includes("{written}", "{left[1:]}") == true', engine) is True
    assert outcome(f'includes("{written}", "{left[1:]}") == true', engine, texts={"X": "set"}) is False


# the value of X, and what `${{X}}` by itself is
BARE = {
    "5": "${{X}} == 5",
    "-5": "2 - ${{X}} == 7",
    "+.5": "${{X}} == 0.5",
    " 1e3\n": "${{X}} == 1000",
    "true": "${{X}} == true",
    "false": "!${{X}}",
    "null": "${{X}} == null",
}


@pytest.mark.parametrize(("text", "condition"), BARE.items())
def test_section_6_a_placeholder_by_itself_is_a_number_a_boolean_or_null_by_its_look(
    engine: JavaScript, text: str, condition: str
) -> None:
    assert outcome(condition, engine, texts={"X": text}) is True


@pytest.mark.parametrize("text", ["main", "", "True", "0x10", "1 == 1", "n", "5 5", "--5", "1_0", "٣", "NaN"])
def test_section_6_a_text_by_itself_is_an_error_that_says_to_quote_it(text: str) -> None:
    scope = Known(texts={"X": text})
    with pytest.raises(ExpressionError) as caught:
        holds(fill(parse("1 == ${{X}}"), scope), scope, NO_ENGINE)
    assert str(caught.value) == f"The value of ${{{{X}}}} is no number, boolean or null: {text}"
    assert caught.value.hint == 'Quote it: "${{X}}".'
    assert caught.value.place == 5


def test_section_6_nothing_by_itself_is_an_error(engine: JavaScript) -> None:
    assert outcome("$[[X]] == 1", engine) == "$[[X]] stands for nothing"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!" * 201 + "1", "Nested deeper than 200 levels"),
        ("(" * 201 + "1" + ")" * 201, "Nested deeper than 200 levels"),
        ("trim(" * 201 + "'a'" + ")" * 201, "Nested deeper than 200 levels"),
        ("a[" * 201 + "b" + "]" * 201, "Invalid identifier member: 'undefined'"),
        ("(" * 12_000, "Unexpected end at character 12000"),
        ("1" + " " * 12_000, "An expression of 12001 characters"),
        ("x" * 12_001, "An expression of 12001 characters"),
    ],
    ids=["signs", "brackets", "calls", "members", "open", "blanks", "long"],
)
def test_section_6_size_and_nesting_are_bounded(text: str, message: str) -> None:
    with pytest.raises(ExpressionSyntax) as caught:
        parse(text)
    assert str(caught.value) == message


def test_section_6_size_is_bounded_after_the_values_too(engine: JavaScript) -> None:
    text = '"${{X}}" == "${{X}}"'
    longest = (12_000 - len(text)) // 2 + len("${{X}}")
    assert outcome(text, engine, texts={"X": "a" * longest}) is True
    found = outcome(text, engine, texts={"X": "a" * (longest + 1)})
    assert found == "With the value of ${{X}} the expression has 12002 characters"


def test_a_long_line_is_not_pointed_at() -> None:
    text = f'"{"a" * 160}" = 1\n'
    with pytest.raises(ExpressionSyntax) as caught:
        parse(text)
    assert str(caught.value) == 'Unexpected "=" at character 163'
    assert caught.value.picture(text) == ()


def test_the_caret_stands_under_the_place_of_its_line() -> None:
    text = 'n == 5 &&\n\t"\x1b" = B\n'
    with pytest.raises(ExpressionSyntax) as caught:
        parse(text)
    line, caret = caught.value.picture(text)
    assert line == '\\t"\\x1b" = B'
    assert caret.index("^") == line.index("=")


class NoEngine:
    def compile(self, pattern: str, flags: str) -> None:
        raise AssertionError(pattern, flags)

    def test(self, pattern: str, flags: str, text: str) -> bool:
        raise AssertionError(pattern, flags, text)


NO_ENGINE = NoEngine()
anything = st.text(st.characters() | st.sampled_from("\"'\\${}[]()=!&|<>+-*/%.,;? \n\ud800"))
words = st.sampled_from(
    [
        *SIGNATURES,
        *("a", "1", "1.5", '"x"', "'y'", "${{X}}", "$[[X]]", "${X}", '"${{X}}"', "true", "this"),
        *(
            "(",
            ")",
            "[",
            "]",
            "==",
            "!",
            "&&",
            "||",
            "<",
            "+",
            "-",
            "*",
            ".",
            ",",
            ";",
            "?",
            ":",
            " ",
            "=",
            "&",
        ),
    ]
)


@given(anything | st.lists(words, max_size=12).map("".join) | st.lists(words, max_size=12).map(" ".join))
def test_any_text_is_an_expression_or_has_a_place(text: str) -> None:
    try:
        expression = parse(text)
    except ExpressionSyntax as error:
        assert 0 <= error.place <= len(text)
        assert str(error)
        assert error.hint
        assert len(error.picture(text)) in (0, 2)
    else:
        assert expression.text == text
        assert all(text.startswith(one.text, one.place) for one in expression.placeholders())


literals = st.sampled_from(["1", "2.5", "true", "null", "'x'", '"y"', "B", "n", "o.name", "nosuch"])
holders = st.sampled_from(
    ['"${{X}}"', "'${{X}}'", '"a${{X}}b$[[X]]"', "'$[[ X ]]'", '"${X}"', "'\\\\${{X}}'", "${{N}}", "$[[N]]"]
)
expressions = st.recursive(
    literals | holders | holders,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["==", "!=", "<", "+", "-", "&&", "||", "*"]), inner).map(" ".join)
        | inner.map("({})".format)
        | st.tuples(st.sampled_from(["!", "-"]), inner).map("".join)
        | inner.map("length({})".format)
        | st.tuples(inner, inner).map(lambda two: "includes({}, {})".format(*two))
    ),
    max_leaves=8,
)


def shape(text: str) -> list[str]:
    """What kind every node is; that of a leaf is no matter."""
    kinds = []
    for node in parse(text).nodes():
        match node:
            case Bare() | Literal():
                kinds.append("leaf")
            case Unary(operator=operator) | Binary(operator=operator):
                kinds.append(operator)
            case Name(name=name) | Member(name=name) | Call(function=name):
                kinds.append(name)
            case Text():
                kinds.append("text")
    return kinds


def answer(filled: Filled, scope: Known) -> object:
    try:
        return evaluate(filled, scope, NO_ENGINE)
    except ExpressionError as error:
        return str(error)


@given(text=expressions, value=anything, number=st.sampled_from(["0", "1.5", "true", "null", " 7 "]))
def test_no_value_changes_the_shape_of_a_tree(text: str, value: str, number: str) -> None:
    """Written out, the values make an expression of the same shape and the same value."""
    scope = Known(texts={"X": value, "N": number})
    filled = fill(parse(text), scope)
    assert filled.expression == parse(text)
    assert shape(filled.text) == shape(text)
    assert not list(parse(filled.text).placeholders())
    before, after = answer(filled, scope), answer(fill(parse(filled.text), Known()), Known())
    assert before == after or (before != before and after != after)  # noqa: PLR0124 - NaN


@given(value=anything)
def test_a_value_in_quotes_is_nothing_but_a_text(value: str) -> None:
    scope = Known(texts={"X": value}, names={"VALUE": value})
    for text in ('"${{X}}" == "main" && 1 == 1', "'$[[X]]' == 'main' && 1 == 1"):
        assert holds(fill(parse(text), scope), scope, NO_ENGINE) is (value == "main")


INJECTIONS = ["x' == 'x", 'x" == "x', "\\", "'", '"', "' || true || '", "${{Y}}", "x\\' || 1 == 1 || \\'"]


@pytest.mark.parametrize("value", INJECTIONS)
def test_section_6_a_branch_name_cannot_rewrite_a_condition(engine: JavaScript, value: str) -> None:
    for text in ("'${{X}}' == 'main'", '"${{X}}" == "main"', '"a" + "${{X}}" == "amain"'):
        assert outcome(text, engine, texts={"X": value, "Y": "main"}) is False


def test_regexes_that_are_known_before_any_value() -> None:
    text = 'match(B, "^a\\\\d", true) && match(B, "${{X}}", true) || match("(", B, true) || "match" == "("'
    assert list(parse(text).regexes()) == [("^a\\d", text.index('"^a'))]


def test_lark_is_loaded_for_an_expression_only() -> None:
    code = "import sys, pushstep.conditions.evaluate; assert 'lark' not in sys.modules;"
    code += "from pushstep.conditions.expression import parse; parse('1'); assert 'lark' in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True)
