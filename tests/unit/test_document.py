"""YAML read safely, with every scalar kept as it was written (push-step.md 1.1, 1.4, 2)."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import Problem
from pushstep.step.document import Data, DocumentError, load, read

READ: dict[str, Data] = {
    # section 2: scalars keep their spelling
    "[1.10, on, 1:30, 0123456, 1e5]": ["1.10", "on", "1:30", "0123456", "1e5"],
    "[yes, No, TRUE, off, y]": ["yes", "No", "TRUE", "off", "y"],
    "[0x1F, 0b1, 0o7, 1_000, .5, 1., -0, +1, .inf, .NaN]": [
        *("0x1F", "0b1", "0o7", "1_000", ".5", "1.", "-0", "+1", ".inf", ".NaN")
    ],
    "[2026-11-24, 2026-11-24T00:00:00Z]": ["2026-11-24", "2026-11-24T00:00:00Z"],
    "[=, '<<', 'null', \"~\"]": ["=", "<<", "null", "~"],
    "on: on": {"on": "on"},
    "1.10: x": {"1.10": "x"},
    "null: x": {"null": "x"},
    "a: 'b # c'": {"a": "b # c"},
    "a: |\n  b\n  c\n": {"a": "b\nc\n"},
    "a: >\n  b\n  c\n": {"a": "b c\n"},
    '"\\u0041\\n"': "A\n",
    "!!str 1.10": "1.10",
    "!!int 010": "010",
    "!!map {a: !!seq [b]}": {"a": ["b"]},
    "! 1.10": "1.10",
    # section 1.4: null is null only where it is plain
    "[~, null, Null, NULL, '']": [None, None, None, None, ""],
    "a:": {"a": None},
    "- \n- ": [None, None],
    "nULL": "nULL",
    "[!!str null, !!null null, !!null '', !!null x]": ["null", None, None, "x"],
    "": None,
    "# nothing": None,
    "---": None,
    "{}": {},
    "[]": [],
    "/^release-/": "/^release-/",
    "{only: [main, /^release-/], ignore: [/x\\/y/i]}": {
        "only": ["main", "/^release-/"],
        "ignore": ["/x\\/y/i"],
    },
    # aliases and merges
    "[&a x, *a]": ["x", "x"],
    "{a: &a {b: 1, c: 2}, d: {<<: *a, c: 3}}": {"a": {"b": "1", "c": "2"}, "d": {"b": "1", "c": "3"}},
    "{a: &a {b: 1}, d: {b: 2, <<: *a}}": {"a": {"b": "1"}, "d": {"b": "2"}},
    "[&a {b: 1}, &c {b: 2, d: 3}, {<<: [*a, *c]}]": [{"b": "1"}, {"b": "2", "d": "3"}, {"b": "1", "d": "3"}],
    "[&a {b: 1}, &c {b: 2, d: 3}, {<<: *a, <<: *c}]": [
        {"b": "1"},
        {"b": "2", "d": "3"},
        {"b": "1", "d": "3"},
    ],
    "[&a {b: 1}, &c {<<: *a}, {<<: *c}]": [{"b": "1"}, {"b": "1"}, {"b": "1"}],
    "{'<<': x}": {"<<": "x"},
    "é: \U0001f433": {"é": "\U0001f433"},
}


@pytest.mark.parametrize(("text", "expected"), READ.items(), ids=map(ascii, READ))
def test_what_is_read(text: str, expected: Data) -> None:
    assert read(text, path="x") == expected


PLACEHOLDERS: dict[str, Data] = {
    "[latest, ${{CF_BRANCH}}, $[[X]], ${Y}]": ["latest", "${{CF_BRANCH}}", "$[[X]]", "${Y}"],
    "{a: ${{X}}, ${{Y}}: ${{Z}}}": {"a": "${{X}}", "${{Y}}": "${{Z}}"},
    "${{a: b}}": "${{a: b}}",
    "[${{ X }}${{Y}}-z]": ["${{ X }}${{Y}}-z"],
    "'${{X}}'": "${{X}}",
    '"${{X}}\\n"': "${{X}}\n",
    "a: |\n  ${{X}}\n": {"a": "${{X}}\n"},
    "${{X}} # ${{Y}}": "${{X}}",
    "[\U000f0000, ${{X}}]": ["\U000f0000", "${{X}}"],
    "[\U00100000, ${{X}}]": ["\U00100000", "${{X}}"],
    "&a ${{X}}": "${{X}}",
}


@pytest.mark.parametrize(("text", "expected"), PLACEHOLDERS.items(), ids=map(ascii, PLACEHOLDERS))
def test_section_1_1_placeholders_need_no_quotes(text: str, expected: Data) -> None:
    assert read(text, path="x") == expected


def test_section_1_1_positions_stay_true() -> None:
    document = load("tags: [latest, ${{CF_BRANCH}}, x]\nretry:\n  delay: 5\nwhen: {}\n", name="x")

    places = {
        path: (document.spot(path).line, document.spot(path).column)
        for path in [(), ("tags",), ("tags", 1), ("tags", 2), ("retry",), ("retry", "delay"), ("when",)]
    }
    assert places == {
        (): (1, 1),
        ("tags",): (1, 1),
        ("tags", 1): (1, 16),
        ("tags", 2): (1, 32),
        ("retry",): (2, 1),
        ("retry", "delay"): (3, 10),
        ("when",): (4, 1),
    }
    assert document.spot(("retry", "nope", "delay")) == document.spot(("retry",))
    assert load("", name="x").spot(("a",)).line == 1


def test_section_1_1_all_duplicates_are_told_at_once() -> None:
    with pytest.raises(DocumentError) as caught:
        read("a: 1\na: 2\nb: !x 1\n? [c]\n: 3\n", path="x")

    assert [(one.line, one.column) for one in caught.value.problems] == [(2, 1), (3, 4), (4, 3)]


def test_section_1_1_a_broken_alias_is_told_once() -> None:
    with pytest.raises(DocumentError) as caught:
        read("[&a !x y, *a, *a]", path="x")

    assert len(caught.value.problems) == 1


# text → message, line, column
REFUSED = {
    "a: b: c": ("is no valid YAML: mapping values are not allowed in this context", 1, 5),
    "[a, b": ("is no valid YAML: did not find expected ',' or ']'", 2, 1),
    "a: @b": ("is no valid YAML: found character that cannot start any token", 1, 4),
    "*a": ("is no valid YAML: found undefined alias", 1, 1),
    "a\n---\nb": ("is no valid YAML: but found another document", 2, 1),
    "a: b\nc: d\na: e": ("'a' stands twice, in lines 1 and 3", 3, 1),
    "x:\n  a: 1\n  'a': 2": ("'a' stands twice, in lines 2 and 3", 3, 3),
    "{[a]: b}": ("a key must be text", 1, 2),
    "{{a: b}: c}": ("a key must be text", 1, 2),
    "a: !!python/object:os.system b": (
        "YAML tag 'tag:yaml.org,2002:python/object:os.system' is not taken",
        1,
        4,
    ),
    "!!binary aGk=": ("YAML tag 'tag:yaml.org,2002:binary' is not taken", 1, 1),
    "!!set {a, b}": ("YAML tag 'tag:yaml.org,2002:set' is not taken", 1, 1),
    "!mine a": ("YAML tag '!mine' is not taken", 1, 1),
    "!mine a: b": ("YAML tag '!mine' is not taken", 1, 1),
    "[!mine [a]]": ("YAML tag '!mine' is not taken", 1, 2),
    "{<<: a}": ("'<<' merges mappings only", 1, 6),
    "{<<: }": ("'<<' merges mappings only", 1, 6),
    "{<<: [{a: b}, c]}": ("'<<' merges mappings only", 1, 6),
    "&a [*a]": ("is nested deeper than 100 levels", 1, 1),
    "&a {b: *a}": ("is nested deeper than 100 levels", 1, 1),
    "&a {<<: *a}": ("is nested deeper than 100 levels", 1, 1),
}


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [(text, *expected) for text, expected in REFUSED.items()],
    ids=map(ascii, REFUSED),
)
def test_what_is_refused(text: str, message: str, line: int, column: int) -> None:
    problem = refused(text)

    assert problem.message.startswith("INPUT_WHEN")
    assert message in problem.message
    assert (problem.code, problem.path) == ("yaml", "INPUT_WHEN")
    assert (problem.line, problem.column) == (line, column)
    assert problem.hint


NO_TEXT = {
    "characters of both planes that hide placeholders": "[\U000f0000, \U00100000]",
    "a control character": "a\x07",
    "NUL": "\0",
    "no UTF-8": "a: \udcff",
    "half a pair": "'\ud800'",
}


@pytest.mark.parametrize("text", NO_TEXT.values(), ids=NO_TEXT)
def test_what_is_no_text_is_refused(text: str) -> None:
    problem = refused(text)

    assert problem.message.startswith("INPUT_WHEN is no valid YAML: ")
    assert problem.hint == "Take the special character out."


def test_section_1_1_the_size_is_bounded() -> None:
    assert read("a" * 1_000_000, path="x") == "a" * 1_000_000
    assert "has 1000001 characters" in refused("a" * 1_000_001).message


@pytest.mark.parametrize(
    "text", ["[" * 101 + "]" * 101, "- " * 101 + "a", "[" * 500_000], ids=["closed", "block", "never closed"]
)
def test_section_1_1_the_depth_is_bounded(text: str) -> None:
    problem = refused(text)

    assert problem.message == "INPUT_WHEN is nested deeper than 100 levels"
    assert problem.line == 1


def test_section_1_1_a_hundred_levels_are_read() -> None:
    data = read("[" * 100 + "]" * 100, path="x")
    for _ in range(99):
        assert isinstance(data, list)
        (data,) = data

    assert data == []


LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
)


def test_section_1_1_aliases_are_bounded() -> None:
    assert refused(LAUGHS).message == "INPUT_WHEN holds more than 100000 values"


def test_section_1_1_many_values_are_read() -> None:
    assert read(f"[{'x,' * 99_999}]", path="x") == ["x"] * 99_999
    assert refused(f"[{'x,' * 100_000}]").message == "INPUT_WHEN holds more than 100000 values"


def refused(text: str) -> Problem:
    with pytest.raises(DocumentError) as caught:
        read(text, path="INPUT_WHEN")
    assert str(caught.value) == caught.value.problem.message
    return caught.value.problem


# --- anything ------------------------------------------------------------------------------------------

TEXT = st.text(max_size=20) | st.sampled_from(["null", "~", "1.10", "<<", "\x85\u2028\u2029\ufeff", "\r\n"])
DATA = st.recursive(
    st.none() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


class Quoted(yaml.SafeDumper):
    """PyYAML's own writer, with every text in quotes."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"'))


@given(DATA)
def test_what_another_writer_wrote_is_read_back(data: Data) -> None:
    assert read(yaml.dump(data, Dumper=Quoted), path="x") == data


@given(
    st.text() | st.lists(st.sampled_from([*"{}[]:,-?&*!|>'\"%@`#~<\n a", "<<: ", "- ", "!!"])).map("".join)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        data = read(text, path="x")
    except DocumentError as error:
        assert error.problem.code == "yaml"
    else:
        assert only_plain(data)


def only_plain(data: object) -> bool:
    match data:
        case dict():
            return all(isinstance(key, str) and only_plain(value) for key, value in data.items())
        case list():
            return all(map(only_plain, data))
        case _:
            return data is None or isinstance(data, str)
