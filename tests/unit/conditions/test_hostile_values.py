"""No value of a variable changes a decision but the one it is compared in (push-step.md 6)."""

import re
from typing import get_args

import pytest

from pushstep.conditions.decision import Fail, Outcome, Run, Skip
from pushstep.conditions.names import Known
from pushstep.conditions.when import check, decide, parse_when
from pushstep.javascript import JavaScript
from tests.support.hostile import VALUES

LONGEST = 12_000
TEXTS = [
    *("'${{V}}' == 'safe'", '"${{V}}" == "safe"', "'$[[ V ]]' == 'safe'", "'${V}' == 'safe'", "V == 'safe'"),
    *("Variable('V') == 'safe'", "('${{V}}') == 'safe' && true", "'safe' == '${{V}}' || 1 == 2"),
    *("!('${{V}}' != 'safe')", "trim('x') + '${{V}}' == 'xsafe'", "replace('safe', 'f', '') + 'x' == V"),
]
"""Expressions that hold for the value `safe` alone."""


def outcomes(expression: str, value: str, engine: JavaScript) -> tuple[str, str, str]:
    """How the expression, and two beside it that know nothing of V, come out."""
    when, problems = parse_when(
        {"condition": {"all": {"onMain": "'${{CF_BRANCH}}' == 'main'", "it": expression, "no": "1 == 2"}}}
    )
    assert (*problems, *check(when, engine)) == ()
    known = Known(
        variables={"CF_BRANCH": "main", "V": value, "MY_TOKEN": "hunter2"},
        results={"build": "success"},
        is_secret=lambda name: "TOKEN" in name,
    )
    decision = decide(when, known, engine)
    told = {one.name: one for one in decision.conditions}
    assert told["onMain"].outcome == "true"
    assert told["no"].outcome == "false"
    # it is skipped for `no`, unless the one that holds the value failed
    assert isinstance(decision, Fail if told["it"].outcome == "error" else Skip)
    if isinstance(decision, Fail):
        assert (decision.problem.code, decision.problem.path) == ("condition", "when.condition.all.it")
        assert decision.problem.hint
    assert "hunter2" not in repr(decision)
    return tuple(told[name].outcome for name in ("onMain", "it", "no"))  # type: ignore[return-value]  # three


def test_there_are_enough_of_them() -> None:
    assert len(VALUES) > 100
    assert not {"safe", "main"} & set(VALUES.values())


@pytest.mark.parametrize("expression", TEXTS)
def test_section_6_a_hostile_text_is_nothing_but_a_text(engine: JavaScript, expression: str) -> None:
    assert outcomes(expression, "safe", engine)[1] == ("false" if "replace" in expression else "true")
    put = "{" in expression or "[" in expression
    for name, value in VALUES.items():
        too_long = put and len(value) > LONGEST - 100
        assert outcomes(expression, value, engine)[1] == ("error" if too_long else "false"), name


BARE = [
    *("${{V}} == 5", "5 < ${{V}} && 1 == 2", "Number(${{V}}) == 5", "$[[V]] && 1 == 2", "${{V}} == ${{V}}"),
    *("-${{V}} == 5", "String(${{V}}) == 'safe'"),
]
MEANT = r"\s*(true|false|null|[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)\s*"


@pytest.mark.parametrize("expression", BARE)
def test_section_6_a_hostile_value_by_itself_is_a_number_or_an_error(
    engine: JavaScript, expression: str
) -> None:
    for name, value in VALUES.items():
        found = outcomes(expression, value, engine)[1]
        if not re.fullmatch(MEANT, value, re.ASCII):
            assert found == "error", name
        elif "==" in expression and expression != "${{V}} == ${{V}}":
            assert found in ("false", "error"), name


PLACES = [
    # in a pattern; as the name of a variable, of a member; as what a function looks at
    *("match('main', '${{V}}', false)", "match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaab', V, true)"),
    *("match(V, '^(a+)+$', false)", "Variable('${{V}}') == 'safe'", "Member(steps, '${{V}}') == 'safe'"),
    *("Member('${{V}}', 'result') == 'success'", "Member(steps, V).result == 'failure'", "V.length == 4"),
    *("includes(lower('${{V}}'), '[skip]')", "substring(V, 0, 4) == 'safe'", "indexOf(V, V) == 1"),
    *("replace('a', 'a', V) == 'safe'", "replace(V, 'a', 'x') == 'y'", "Number(V) == 123", "upper(V) == 'x'"),
]


@pytest.mark.parametrize("expression", PLACES)
def test_section_6_a_hostile_value_decides_nothing_around_it(engine: JavaScript, expression: str) -> None:
    for value in VALUES.values():
        assert outcomes(expression, value, engine)[1] in get_args(Outcome)


@pytest.mark.parametrize("name", ["MY_TOKEN", "${{MY_TOKEN}}"])
def test_section_6_a_value_that_names_a_secret_gets_none(engine: JavaScript, name: str) -> None:
    assert outcomes("Variable('${{V}}') != ''", name, engine)[1] == "error"
    assert outcomes("length('${{V}}') == length('hunter') + 1", name, engine)[1] == "false"


# entry → whether it matches the branch, whatever that is called
BRANCHES = {"main": False, "/^main$/": False, "${{CF_BRANCH}}": True, "/^${{CF_BRANCH}}$/": True}


@pytest.mark.parametrize(("entry", "own"), BRANCHES.items())
def test_section_6_a_hostile_branch_is_on_no_list_but_its_own(
    engine: JavaScript, entry: str, *, own: bool
) -> None:
    for name, value in VALUES.items():
        # a pattern that is too large has no answer, and that fails the step
        large = len(value) > LONGEST and "^" in entry and own
        for kind in ("only", "ignore"):
            when, problems = parse_when({"branch": {kind: [entry]}})
            assert problems == ()
            decision = decide(when, Known(variables={"CF_BRANCH": value}), engine)
            expected = Run if own is (kind == "only") else Skip
            if isinstance(decision, Fail):
                assert large, name
                assert decision.problem.code == "condition"
            else:
                assert isinstance(decision, expected), name


@pytest.mark.parametrize(
    "entry", ["${{V}}", "/^${{V}}$/", "/^(${{V}})$/", "/^[${{V}}]{4}$/", "/^x|^${{V}}$/"]
)
def test_section_6_a_hostile_value_in_an_entry_lets_no_other_branch_in(
    engine: JavaScript, entry: str
) -> None:
    for name, value in VALUES.items():
        when, problems = parse_when({"branch": {"only": [entry]}})
        assert problems == ()
        decision = decide(when, Known(variables={"CF_BRANCH": "main", "V": value}), engine)
        if isinstance(decision, Fail):
            assert decision.problem.code == "condition", name
        else:
            allowed = entry.startswith("/^[") and set("main") <= set(value)
            assert isinstance(decision, Skip) or allowed, name
