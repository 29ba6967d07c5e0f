"""Expressions by push-step.md 6 and codefresh.md 10: its conformance vectors, operators, functions, messages.

A row of a table: the expression, and what it decides or the message of its error (None: any error).
All rows were compared with the original's parser and evaluator under Node 20, where push-step.md keeps to it.
"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.conditions.evaluate import fill, holds
from pushstep.conditions.expression import ExpressionError, parse
from pushstep.conditions.values import joined, number_text
from pushstep.javascript import JavaScript
from tests.support.expressions import Known, outcome, value

Row = tuple[str, bool | str | None]

VECTORS: list[Row] = [
    ("", False),
    ("   ", False),
    (";", False),
    ("1;", True),
    ('B == "FB-login" && n > 4', True),
    ('match(B, "^fb-", true)', True),
    ('match(B, "^fb-", false)', False),
    ('match(B, "/^fb-/i", true)', False),
    (r"""'it\'s' == "it's" """, True),
    (r'"\q" == "q"', True),
    ('"x" == null', False),
    ("null == null", True),
    ("5 == null", None),
    ("o == null", False),
    ("o == o", True),
    ("o", "Cannot evaluate object variable directly"),
    ("1 < 2 == true", True),
    ("1 < 2 < 3", None),
    ("!T == false", True),
    ("10 - 3 - 2 == 5", True),
    ("2 * 3 % 4 == 2", True),
    ("-1/0", True),
    ("0/0", False),
    ("1/0", "Division of 1 by 0"),
    ("5 % 0", "Modulo of 5 by 0"),
    ("1e308 * 10", "Numeric overflow"),
    ("1e309", True),
    (".5 == 0.5", True),
    ("true || nosuch", "Invalid identifier: 'nosuch'"),
    ('"a" && true', None),
    ('!""', None),
    ('"false"', True),
    # the original replaces the first occurrence; push-step.md 6 replaces every one, as its documentation says
    ('replace("aXbX","X","-") == "a-bX"', False),
    ('replace("aXbX","X","-") == "a-b-"', True),
    ('substring("hello",3,1) == "lo"', True),
    ('indexOf(B,"F")', False),
    ('indexOf(B,"Q") == -1', True),
    ("steps.unit.result == 'success'", True),
    ("steps.my-step.result", "Undefined identifier member: 'my'"),
    ('Variable("my-step").result', "Invalid identifier: 'my-step'"),
    ('Member(steps,"my-step").result == "failure"', True),
    ('o["name"]', "Invalid identifier member: 'undefined'"),
    ('o[name] == "x"', True),
    ("1 ? 2 : 3", "Trinary operator (?:) currently not supported."),
    ("[1]", "Array literals ([1, 2, 3]) currently not supported."),
    ("this", "keyword 'this' not supported."),
    ("~1", "Invalid unary operator: ~"),
    ("1 | 2", "Invalid binary operator: |"),
    ('"a" === "a"', "Invalid binary operator: ==="),
    ("a b", "Cannot handle compound expressions."),
    ("1,2", "Cannot handle compound expressions."),
    ('"a" = "a"', 'Unexpected "=" at character 4'),
    ("(1", None),
    ('"abc', 'Unclosed quote after "abc" at character 0'),
    ('upper("a",)', None),
    ('Upper("a")', "Unknown function: 'Upper'"),
    ('Number("0x10") == 16', True),
    ('String(1.0) == "1"', True),
    ('includes("${{Q}}", "{{Q}}") == true', True),
    ("0 == false", None),
]

# codefresh.md 10.4, and its shape of a message
TYPES = "It can only be used with the types:"
OPERATORS: list[Row] = [
    (
        '1 == "1"',
        f"The operator == cannot be used with number,string. {TYPES} number,string,nullableString,object,boolean",
    ),
    (
        "5 == null",
        f"The operator == cannot be used with number,null. {TYPES} number,string,nullableString,object,boolean",
    ),
    ('true == "true"', None),
    ('"" == false', None),
    ('"x" != "y"', True),
    ('null != "y"', True),
    ("T == true", True),
    ("T != true", False),
    ("o.k == o", False),
    ("o.k == o.k", True),
    ("null == o", False),
    ("o != null", True),
    ("1 == 1.0", True),
    ("010 == 10", True),
    ("0/0 == 0/0", False),
    ("0 == -0", True),
    ('"10" < "9"', True),
    ('"B" < "a"', True),
    # by UTF-16 units: as characters it would be the other way round
    ('"😀" < "\ufb01"', True),
    ("2 >= 2", True),
    ("2 <= 1", False),
    ("true > false", f"The operator > cannot be used with boolean,boolean. {TYPES} number,string"),
    ("o < o", f"The operator < cannot be used with object,object. {TYPES} number,string"),
    ('"a" + "b" == "ab"', True),
    ('"a" + 1', f"The operator + cannot be used with string,number. {TYPES} number,string"),
    ('"a" - "b"', f"The operator - cannot be used with string,string. {TYPES} number"),
    ("-1e308 * 10", True),
    ("1e308 + 1e308", True),
    ("1e308 / 1e-10", "Division of 1e+308 by 0"),
    ("-1 / -0", "Division of -1 by 0"),
    ("1 / -0", True),
    ("-7 % 3 == -1", True),
    ("7 % -3 == 1", True),
    ("5.5 % 2 == 1.5", True),
    ("3 % 1e309 == 3", True),
    ("1e309 % 3", "Modulo of Infinity by 0"),
    ("-(0/0) % 3", "Modulo of NaN by 0"),
    ("1 % (0/0)", "Modulo of 1 by 0"),
    ("true && 1", f"The operator && cannot be used with boolean,number. {TYPES} boolean"),
    ("false && nosuch", "Invalid identifier: 'nosuch'"),
    ("true && false || true", True),
    ("true || true && false", True),
    ('-"3"', f"The operator - cannot be used with string. {TYPES} number"),
    ("+true", f"The operator + cannot be used with boolean. {TYPES} number"),
    ('!"a"', f"The operator ! cannot be used with string. {TYPES} number,boolean"),
    ("!null", f"The operator ! cannot be used with null. {TYPES} number,boolean"),
    ("!o", None),
    ("!0", True),
    ("!5", False),
    ("!(0/0)", True),
    ("+5", True),
    ("- -5 == 5", True),
    ("!!T", True),
    ("!T == T", False),
    ("-1 < 0 && 1 + 1 * 2 == 3 || nosuch == 1", "Invalid identifier: 'nosuch'"),
    ("1 << 2", "Invalid binary operator: <<"),
    ("1 >>> 2", "Invalid binary operator: >>>"),
    ("1 ^ 2", "Invalid binary operator: ^"),
    ("1 & 2", "Invalid binary operator: &"),
    ('"a" !== "a"', "Invalid binary operator: !=="),
]

# codefresh.md 10.5
FUNCTIONS: list[Row] = [
    ('String(1.0) == "1"', True),
    ('String(1e21) == "1e+21"', True),
    ('String(0.1 + 0.2) == "0.30000000000000004"', True),
    ('String(-0) == "0"', True),
    ('String("a") == "a"', True),
    ("String(true)", "Invalid argument #0 of type boolean for function 'String': expected number,string"),
    ('Number(" 12 ") == 12', True),
    ('Number("") == 0', True),
    ('Number("0x10") == 16', True),
    ('Number("0b11") == 3', True),
    ('Number("0O17") == 15', True),
    ('Number("1e3") == 1000', True),
    ('Number("-.5") == -0.5', True),
    ("Number(5) == 5", True),
    *(
        (f'Number("{text}")', f"Error converting value '{text}' to number")
        for text in ("hello there", "1_000")
    ),
    *(
        (f'Number("{text}")', f"Error converting value '{text}' to number")
        for text in ("1,0", "Infinity", "é")
    ),
    *((f'Number("{text}")', f"Error converting value '{text}' to number") for text in ("0x", "0x_1", "0b2")),
    *(
        (f'Number("{text}")', f"Error converting value '{text}' to number")
        for text in ("-0x1", "٣", "1e", "1 2")
    ),
    (f'Number("0x{"f" * 400}")', f"Error converting value '0x{'f' * 400}' to number"),
    ("Number(0/0)", "Error converting value 'NaN' to number"),
    ("Number(-1/0)", "Error converting value '-Infinity' to number"),
    ("Number(false)", "Invalid argument #0 of type boolean for function 'Number': expected number,string"),
    ('Boolean("false")', True),
    ('Boolean("0")', True),
    ('Boolean("")', False),
    ("Boolean(0)", False),
    ("Boolean(0/0)", False),
    ("Boolean(-1)", True),
    ("round(2.5) == 3", True),
    ("round(-2.5) == -2", True),
    ("round(1.3) == 1", True),
    ("round(0.49999999999999994) == 0", True),
    ("1 / round(-0.4) < 0", True),
    ("round(1e309) == 1e309", True),
    ("floor(-1.5) == -2", True),
    ("floor(1.95) == 1", True),
    ("1 / floor(-0) < 0", True),
    ("floor(1e309) == 1e309", True),
    ('upper("straße") == "STRASSE"', True),
    ('lower("ΑΣ") == "ας"', True),
    ('lower("BYE 😀") == "bye 😀"', True),
    ('trim("\u00a0\ufeff a \\n") == "a"', True),
    ('trim("\x85\x1c") == "\x85\x1c"', True),
    ('trimLeft("  a ") == "a "', True),
    ('trimRight(" a  ") == " a"', True),
    ("trim(null)", "Invalid argument #0 of type null for function 'trim': expected string"),
    ("lower(123)", "Invalid argument #0 of type number for function 'lower': expected string"),
    # every occurrence (ours): the example of the original's documentation
    ("replace('hello there', 'e', 'a') == 'hallo thara'", True),
    ('replace("a.b.c", ".", "") == "abc"', True),
    ('replace("abc", "", "-") == "-a-b-c-"', True),
    ('replace("abc", "b", "[$$$&$`$\']") == "a[$bac]c"', True),
    ('replace("abc", "b", "$1$0$<n>$") == "a$1$0$<n>$c"', True),
    ('replace("abc", "x", "y") == "abc"', True),
    ('substring("hello", 1, 3) == "el"', True),
    ('substring("hello", 3, 1) == "lo"', True),
    ('substring("hello", -3, 2) == "he"', True),
    ('substring("hello", 1.9, 3.9) == "el"', True),
    ('substring("hello", 20, 40) == ""', True),
    ('substring("hello", 0/0, 2) == "he"', True),
    ('substring("hello", 3, 0/0) == "hel"', True),
    ('substring("hello", -1e309, 1e309) == "hello"', True),
    ('substring("😀", 0, 1) + substring("😀", 1, 2) == "😀"', True),
    ('length("😀") == 2', True),
    ('includes("codefresh", "odef")', True),
    ('includes("a", "")', True),
    ('includes("a", "A")', False),
    ('includes("😀", substring("😀", 1, 2))', True),
    ('indexOf("codefresh", "odef") == 1', True),
    ('indexOf("😀b", "b") == 2', True),
    ('match("hello there you", "..ll.", false)', True),
    ('match("hello there you", "..LL.", false)', False),
    ('match("hello there you", "hell$", true)', False),
    ('match("v1.2", "^v\\\\d+\\\\.\\\\d+$", false)', True),
    # JavaScript's own flavour (codefresh.md 9.3)
    ('match("\u0663", "^\\\\d$", false)', False),
    ('match("a\n", "a$", false)', False),
    ('match("😀", "^..$", false)', True),
    ('match("a", "a", 1)', "Invalid argument #2 of type number for function 'match': expected boolean"),
    ('Variable("B") == B', True),
    ('Variable("B b")', "Invalid identifier: 'B b'"),
    ('Variable("o.name")', "Invalid identifier: 'o.name'"),
    ('Variable("o").name == "x"', True),
    ('Member(o, "name") == "x"', True),
    ('Member(o, "k.v") == 1', True),
    ('Member(steps, "unit.result") == "success"', True),
    ('Member(o, "nosuch")', "Undefined identifier member: 'nosuch'"),
    ('Member(o, "k.nosuch")', "Undefined identifier member: 'nosuch'"),
    ('Member(o, "name.length") == 1', True),
    # a text as its first argument is looked up (ours)
    ('Member("o", "name") == "x"', True),
    ('Member("steps", "my-step").result == "failure"', True),
    ('Member("nosuch", "name")', "Invalid identifier: 'nosuch'"),
    ("Member(1, 'x')", "Invalid argument #0 of type number for function 'Member': expected object,string"),
    ("Member(null, 'x')", "Invalid argument #0 of type null for function 'Member': expected object,string"),
    ("upper()", "Expected 1 arguments for function 'upper'."),
    ('lower("a", 3, 5)', "Expected 1 arguments for function 'lower'."),
    ("hello(false)", "Unknown function: 'hello'"),
    ("toString(1)", "Unknown function: 'toString'"),
    ("constructor(1)", "Unknown function: 'constructor'"),
    ('o.name("x")', "Invalid function name type: 'MemberExpression'"),
    ("(1)(2)", "Invalid function name type: 'Literal'"),
    ('upper("a")("b")', "Invalid function name type: 'CallExpression'"),
    ('("a")("b")', "Invalid function name type: 'Literal'"),
    ('(1 + 1)("b")', "Invalid function name type: 'BinaryExpression'"),
    ('(-1)("b")', "Invalid function name type: 'UnaryExpression'"),
    ('(upper)("a") == "A"', True),
    ("Boolean(Number(String(0)))", False),
]

# codefresh.md 10.6
NAMES: list[Row] = [
    ("nosuch", "Invalid identifier: 'nosuch'"),
    ("True", "Invalid identifier: 'True'"),
    ("NULL", "Invalid identifier: 'NULL'"),
    ("undefined", "Invalid identifier: 'undefined'"),
    ("__proto__", "Invalid identifier: '__proto__'"),
    ("N", False),
    ("z", False),
    ("n", True),
    ("e", False),
    ("B", True),
    ("o.k.v == 1", True),
    ("o . k . v == 1", True),
    ("o[k][v] == 1", True),
    ("(o).name.length == 1", True),
    ("B.length == 8", True),
    ('("abc").length == 3', True),
    ("o.nosuch", "Undefined identifier member: 'nosuch'"),
    ("B.nosuch", "Undefined identifier member: 'nosuch'"),
    ("n.length", "Undefined identifier member: 'length'"),
    ("N.x", "Undefined identifier member: 'x'"),
    ("o[0]", "Invalid identifier member: 'undefined'"),
    ("o[T == true]", "Invalid identifier member: 'undefined'"),
    ("o.true", "Invalid identifier member: 'undefined'"),
    ("o.this", "Invalid identifier member: 'undefined'"),
]


@pytest.mark.parametrize(("text", "expected"), [*VECTORS, *OPERATORS, *FUNCTIONS, *NAMES], ids=ascii)
def test_section_6_conditions_decide_as_the_original(
    engine: JavaScript, text: str, expected: bool | str | None
) -> None:
    found = outcome(text, engine)
    if expected is None:
        assert isinstance(found, str)
    else:
        assert found == expected


# a number, and JavaScript's spelling of it (all by Node 20)
NUMBERS = {
    "1.0": "1",
    "-1.5": "-1.5",
    "100": "100",
    "123456789012345680000": "123456789012345680000",
    "1e20": "100000000000000000000",
    "1e21": "1e+21",
    "1.5e300": "1.5e+300",
    "0.000001": "0.000001",
    "0.0000015": "0.0000015",
    "1e-7": "1e-7",
    "1.5e-7": "1.5e-7",
    "5e-324": "5e-324",
    "1e309": "Infinity",
    "0.1": "0.1",
    "9007199254740993": "9007199254740992",
}


@pytest.mark.parametrize(("text", "expected"), NUMBERS.items())
def test_section_6_numbers_are_written_as_javascript_writes_them(
    engine: JavaScript, text: str, expected: str
) -> None:
    assert value(f"String({text})", engine) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_is_that_number(number: float) -> None:
    assert float(number_text(number)) == number


@given(st.text(st.characters() | st.sampled_from("\ud800\udc00😀")))
def test_texts_survive_the_way_through_utf_16(text: str) -> None:
    from pushstep.conditions.values import units  # noqa: PLC0415

    assert joined(units(text)) == joined(text)
    assert len(units(text)) == len(text.encode("utf-16-le", "surrogatepass")) // 2


# an expression with a mistake, and the part of it that the caret points at
PLACES = {
    "1 == nosuch": "nosuch",
    "o.k.nosuch == 1": "nosuch",
    '1 + "a" == 2': '+ "a"',
    "1 + 2 == 3 && 'x'": "&&",
    "true && !'x'": "!'x'",
    "1 == length(5)": "length(5)",
    "true && match('a', '(', true)": "match",
    "1 == 1 && o": "&&",
    "(o)": "o)",
}


@pytest.mark.parametrize(("text", "part"), PLACES.items())
def test_section_6_an_error_has_its_place(engine: JavaScript, text: str, part: str) -> None:
    scope = Known()
    with pytest.raises(ExpressionError) as caught:
        holds(fill(parse(text), scope), scope, engine)
    assert caught.value.place == text.index(part)
    assert caught.value.picture(text) == (text, f"{' ' * text.index(part)}^")


def test_section_6_a_chain_is_as_long_as_it_wants(engine: JavaScript) -> None:
    assert outcome("1" + "+1" * 5000 + " == 5001", engine) is True
    assert outcome("o.k" + ".k" * 3000, engine) == "Undefined identifier member: 'k'"


def test_section_6_nesting_up_to_the_bound_is_evaluated(engine: JavaScript) -> None:
    assert outcome(f"{'!' * 200}T", engine) is True
    assert outcome(f"{'(1 + ' * 200}1{')' * 200} == 201", engine) is True
    assert outcome(f"{'trim(' * 199}'a'{')' * 199} == 'a'", engine) is True


def test_section_6_a_match_that_does_not_end_is_an_error(engine: JavaScript) -> None:
    found = outcome(f'match("{"a" * 5000}b", "^(a+)+$", false)', engine)
    assert found == "Invalid regular expression: /^(a+)+$/: it took more than 0.3 s of processor time"


def test_replacing_is_bounded(engine: JavaScript) -> None:
    long = "a" * 2000
    assert outcome(f'length(replace("{long}", "a", "b")) == 2000', engine) is True
    for replacement in (long, "$&" * 1000, "$`" * 500, "$'" * 500):
        found = outcome(f'replace("{long}", "", "{replacement}")', engine)
        assert found == "replace may make more than 1000000 characters"


def test_an_expression_alone_has_a_value(engine: JavaScript) -> None:
    assert value("1 + 1", engine) == 2.0
    assert value("o.k", engine) == {"v": 1.0}
    assert value("", engine) is None
    assert math.isnan(value("0/0", engine))  # type: ignore[arg-type]  # a number
