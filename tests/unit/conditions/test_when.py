"""`when` as a whole, its conditions and its steps, by push-step.md 6 and codefresh.md 9.1 and 10.1."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushstep.conditions.decision import Condition, Decision, Fail, Run, Skip
from pushstep.conditions.names import Known, StepEnding
from pushstep.conditions.when import When, check, decide, parse_when
from pushstep.javascript import JavaScript

ENDLESS = "a" * 5000 + "b"
SLOW = 'match("${{ENDLESS}}", "^(a+)+$", false)'
VARIABLES = {"CF_BRANCH": "main", "N": "5", "ENDLESS": ENDLESS}


def when(data: object) -> When:
    parsed, problems = parse_when(data)
    assert problems == ()
    return parsed


def decided(
    data: object,
    engine: JavaScript,
    *,
    results: Mapping[str, StepEnding] | None = None,
    variables: Mapping[str, str] = VARIABLES,
) -> Decision:
    return decide(when(data), Known(variables=variables, results=results or {}), engine)


def outcomes(decision: Decision) -> dict[str, str]:
    return {one.name: one.outcome for one in decision.conditions}


YES, NO, WRONG = "CF_BRANCH == 'main'", "CF_BRANCH == 'dev'", "nosuch == 'x'"

# all, any: what is decided
GROUPS = [
    ({}, {}, Run),
    ({"a": YES}, {}, Run),
    ({"a": YES, "b": YES}, {}, Run),
    ({"a": YES, "b": NO}, {}, Skip),
    ({"a": NO, "b": WRONG}, {}, Fail),
    ({}, {"a": NO, "b": YES}, Run),
    ({}, {"a": NO, "b": NO}, Skip),
    ({}, {"a": YES, "b": WRONG}, Fail),
    # both must hold
    ({"a": YES}, {"b": YES}, Run),
    ({"a": YES}, {"b": NO}, Skip),
    ({"a": NO}, {"b": YES}, Skip),
    ({"a": NO}, {"b": WRONG}, Fail),
    # truthiness is for the whole expression only
    ({"a": "CF_BRANCH"}, {}, Run),
    ({"a": "''"}, {}, Skip),
    ({"a": " "}, {}, Skip),
    ({"a": "null"}, {}, Skip),
]


@pytest.mark.parametrize(("every", "some", "expected"), GROUPS)
def test_section_6_all_and_any(
    engine: JavaScript, every: dict[str, str], some: dict[str, str], expected: type[Decision]
) -> None:
    decision = decided({"condition": {"all": every, "any": some}}, engine)
    assert isinstance(decision, expected)
    meant = {YES: "true", "CF_BRANCH": "true", WRONG: "error"}
    names = {**every, **some}
    assert outcomes(decision) == {name: meant.get(text, "false") for name, text in names.items()}


def test_section_6_a_condition_says_its_text_its_values_and_its_outcome(engine: JavaScript) -> None:
    text = """'${{CF_BRANCH}}' == "ma'in" && $[[N]] > 4"""
    decision = decided(
        {"condition": {"all": {"onMain": text}}}, engine, variables={"CF_BRANCH": "it's", "N": "5"}
    )
    assert decision == Skip(
        reason="""condition `onMain` does not hold: 'it\\'s' == "ma'in" && 5 > 4""",
        conditions=(
            Condition(
                name="onMain",
                kind="condition",
                expression=text,
                substituted="""'it\\'s' == "ma'in" && 5 > 4""",
                outcome="false",
            ),
        ),
    )


def test_section_6_the_reason_of_any_names_them(engine: JavaScript) -> None:
    decision = decided({"condition": {"any": {"a": NO, "b": NO}}}, engine)
    assert isinstance(decision, Skip)
    assert decision.reason == "none of the conditions holds, and one must: `a`, `b`"


def test_section_6_an_error_fails_the_step_with_its_name_text_and_place(engine: JavaScript) -> None:
    text = "1 == 1 &&\n  '${{CF_BRANCH}}' == main"
    decision = decided({"condition": {"all": {"ok": YES, "x": text, "y": WRONG}}}, engine)
    assert isinstance(decision, Fail)
    problem = decision.problem
    assert (problem.code, problem.path) == ("condition", "when.condition.all.x")
    assert problem.message == "when.condition.all.x: Invalid identifier: 'main'"
    line, caret = problem.picture
    assert line == "  '${{CF_BRANCH}}' == main"
    assert caret == " " * line.index("main") + "^"
    assert 'Put text into quotes: "main".' in problem.hint
    assert outcomes(decision) == {"ok": "true", "x": "error", "y": "error"}
    assert decision.conditions[1].substituted == "1 == 1 &&\n  'main' == main"
    assert decision.conditions[2].message == "Invalid identifier: 'nosuch'"


def test_section_6_an_error_without_a_hint_of_its_own_has_one(engine: JavaScript) -> None:
    decision = decided({"condition": {"any": {"x": "1 / 0 > 1"}}}, engine)
    assert isinstance(decision, Fail)
    assert decision.problem.message == "when.condition.any.x: Division of 1 by 0"
    assert decision.problem.hint == "docs/conditions.md describes the language."


def test_section_6_a_match_over_its_limit_fails_the_step(engine: JavaScript) -> None:
    decision = decided({"condition": {"any": {"slow": SLOW, "ok": YES}}}, engine)
    assert isinstance(decision, Fail)
    assert decision.problem.message.endswith(": it took more than 0.3 s of processor time")
    assert outcomes(decision) == {"slow": "error", "ok": "true"}


# --- what is wrong before anything runs ----------------------------------------------------------------

# when; code, path, what the message ends with, a part of the hint
STATIC: list[tuple[object, str, str, str, str]] = [
    ({"condition": []}, "value", "when.condition", "is no mapping", "all: {onMain:"),
    ({"condition": {"or": {}}}, "unknown", "when.condition.or", "is no known field", "all, any"),
    ({"condition": {"all": ["x"]}}, "value", "when.condition.all", "is no mapping", "Write `all: {onMain:"),
    ({"condition": {"any": YES}}, "value", "when.condition.any", "is no mapping", "Write `any: {onMain:"),
    ({"condition": {"all": None}}, "value", "when.condition.all", "is no mapping", "onMain"),
    (
        {"condition": {"all": {"a-b": "1"}}},
        "value",
        "when.condition.all.a-b",
        "name of a condition",
        "letters",
    ),
    ({"condition": {"all": {"é": "1"}}}, "value", "when.condition.all.é", "name of a condition", "letters"),
    ({"condition": {"all": {"": "1"}}}, "value", "when.condition.all.", "name of a condition", "letters"),
    (
        {"condition": {"all": {"a\n": "1"}}},
        "value",
        "when.condition.all.a\n",
        "name of a condition",
        "letters",
    ),
    ({"condition": {"all": {"a": ""}}}, "value", "when.condition.all.a", "is empty or no text", "quotes"),
    ({"condition": {"all": {"a": None}}}, "value", "when.condition.all.a", "is empty or no text", "quotes"),
    ({"condition": {"all": {"a": ["1"]}}}, "value", "when.condition.all.a", "is empty or no text", "quotes"),
    (
        {"condition": {"any": {"a": "B = 1"}}},
        *("condition-syntax", "when.condition.any.a", 'Unexpected "=" at character 2', "Write =="),
    ),
    (
        {"condition": {"any": {"a": "B === 1"}}},
        *("condition-syntax", "when.condition.any.a", "Invalid binary operator: ===", "Write =="),
    ),
    (
        {"condition": {"all": {"a": "1" + " " * 12000}}},
        *("condition-syntax", "when.condition.all.a", "12001 characters", "12000"),
    ),
    (
        {"condition": {"all": {"a": 'match(B, "(x", true)'}}},
        *("regex", "when.condition.all.a", "does not compile: expecting", "as JavaScript reads it"),
    ),
    ({"steps": None}, "value", "when.steps", "is no list", "Write `steps:"),
    ({"steps": "build"}, "value", "when.steps", "is no list", "Write `steps:"),
    ({"steps": []}, "value", "when.steps", "is an empty list", "leave it out"),
    ({"steps": {"all": []}}, "value", "when.steps.all", "is an empty list", "leave it out"),
    ({"steps": {"any": {}}}, "value", "when.steps.any", "is no list", "Write `steps:"),
    ({"steps": {}}, "value", "when.steps", "neither a list nor one of `all` and `any`", "Write `steps:"),
    (
        {"steps": {"all": [{"name": "build"}], "any": [{"name": "build"}]}},
        *("value", "when.steps", "neither a list nor one of `all` and `any`", "Write `steps:"),
    ),
    ({"steps": {"some": []}}, "value", "when.steps", "neither a list nor one of `all` and `any`", "Write"),
    ({"steps": ["build"]}, "value", "when.steps[0]", "is no mapping", "Write `steps:"),
    ({"steps": [{}]}, "missing", "when.steps[0].name", "is missing", "Name a step"),
    ({"steps": [{"name": ["x"]}]}, "missing", "when.steps[0].name", "is missing", "Name a step"),
    ({"steps": [{"name": "build", "one": []}]}, "unknown", "when.steps[0].one", "is no known field", "`on`"),
    ({"steps": [{"name": "build", "on": "failure"}]}, "value", "when.steps[0].on", "no list", "['failure']"),
    ({"steps": [{"name": "build", "on": []}]}, "value", "when.steps[0].on", "is an empty list", "success"),
    (
        {"steps": [{"name": "build", "on": ["success", "failed"]}]},
        *("unknown", "when.steps[0].on[1]", "is no ending of a step", "Perhaps `failure`."),
    ),
    (
        {"steps": [{"name": "build", "on": [None]}]},
        *("unknown", "when.steps[0].on[0]", "is no ending of a step", "success, failure, skipped, finished"),
    ),
    (
        {"steps": [{"name": "buidl"}]},
        "unknown",
        "when.steps[0].name",
        "no other step: buidl",
        "Perhaps `build`.",
    ),
    ({"steps": [{"name": "x"}]}, "unknown", "when.steps[0].name", "no other step: x", "build, unit"),
]


@pytest.mark.parametrize(("data", "code", "path", "message", "hint"), STATIC, ids=ascii)
def test_section_6_what_is_wrong_before_anything_runs(
    engine: JavaScript, data: object, code: str, path: str, message: str, hint: str
) -> None:
    parsed, problems = parse_when(data)
    [problem] = [*problems, *check(parsed, engine, ("build", "unit"))]
    assert (problem.code, problem.path) == (code, path)
    assert problem.message.startswith(path)
    assert message in problem.message
    assert hint in problem.hint


def test_section_6_all_problems_of_conditions_at_once(engine: JavaScript) -> None:
    data = {
        "condition": {
            "all": {"a": "1 +", "b": 'match(B, "(", true) && match(B, "[", true)'},
            "any": {"c-d": "1"},
        },
        "steps": [{"name": "nosuch"}, {"on": ["success"]}],
        "branch": {"only": ["/(/"]},
    }
    parsed, problems = parse_when(data)
    assert [problem.path for problem in problems] == [
        "when.steps[1].name",
        "when.condition.all.a",
        "when.condition.any.c-d",
    ]
    assert [problem.path for problem in check(parsed, engine)] == [
        "when.branch.only[0]",
        "when.steps[0].name",
        "when.condition.all.b",
        "when.condition.all.b",
    ]


def test_section_6_a_syntax_error_is_pointed_at() -> None:
    _, [problem] = parse_when({"condition": {"all": {"a": "CF_BRANCH = 'x'"}}})
    assert problem.picture == ("CF_BRANCH = 'x'", "          ^")


def test_section_6_a_regex_that_does_not_compile_is_pointed_at(engine: JavaScript) -> None:
    parsed = when({"condition": {"all": {"a": 'match(B, "(", true)'}}})
    [problem] = check(parsed, engine)
    assert problem.picture == ('match(B, "(", true)', "         ^")


# --- steps ---------------------------------------------------------------------------------------------

RESULTS: dict[str, StepEnding] = {"s": "success", "f": "failure", "k": "skipped", "n": "not-run-here"}
# steps: whether it runs
STEPS: list[tuple[object, bool]] = [
    ([{"name": "s"}], True),
    ([{"name": "f"}], False),
    ([{"name": "k"}], False),
    ([{"name": "n"}], True),
    ([{"name": "s", "on": ["failure"]}], False),
    ([{"name": "f", "on": ["failure"]}], True),
    ([{"name": "f", "on": ["success", "failure"]}], True),
    ([{"name": "k", "on": ["skipped"]}], True),
    ([{"name": "s", "on": ["finished"]}], True),
    ([{"name": "f", "on": ["finished"]}], True),
    ([{"name": "k", "on": ["finished"]}], False),
    *(([{"name": "s", "on": [word]}], False) for word in ("running", "pending", "terminating", "approved")),
    ([{"name": "s", "on": ["running", "success"]}], True),
    ([{"name": "s"}, {"name": "f"}], False),
    ([{"name": "s"}, {"name": "f", "on": ["failure"]}], True),
    ({"all": [{"name": "s"}, {"name": "f"}]}, False),
    ({"any": [{"name": "s"}, {"name": "f"}]}, True),
    ({"any": [{"name": "k"}, {"name": "f"}]}, False),
    # a variable says how a step ended that is not run here
    ([{"name": "told"}], False),
    ([{"name": "told", "on": ["failure"]}], True),
    ([{"name": "odd", "on": ["running", "finished"]}], False),
]


@pytest.mark.parametrize(("data", "runs"), STEPS, ids=ascii)
def test_section_6_steps(engine: JavaScript, data: object, *, runs: bool) -> None:
    results: dict[str, StepEnding] = {**RESULTS, "told": "not-run-here", "odd": "not-run-here"}
    variables = {"told.result": "failure", "odd.result": "running"}
    parsed = when({"steps": data})
    assert check(parsed, engine, results) == ()
    decision = decide(parsed, Known(variables=variables, results=results), engine)
    assert isinstance(decision, Run if runs else Skip)


def test_section_6_steps_say_how_they_ended(engine: JavaScript) -> None:
    data = {"steps": [{"name": "f", "on": ["success", "skipped"]}, {"name": "n"}]}
    decision = decided(data, engine, results=RESULTS)
    assert decision == Skip(
        reason="step `f` is failure, not success or skipped",
        conditions=(
            Condition(
                name="f",
                kind="steps",
                expression="success or skipped",
                substituted="success or skipped",
                outcome="false",
                message="step `f` is failure, not success or skipped",
            ),
            Condition(
                name="n",
                kind="steps",
                expression="success",
                substituted="success",
                outcome="true",
                message="step `n` is success",
            ),
        ),
        notices=("step `n` is not run here and counts as success",),
    )


def test_section_6_words_that_never_come_true_have_a_notice() -> None:
    parsed = when({"steps": {"any": [{"name": "s"}, {"name": "s", "on": ["pending", "success", "denied"]}]}})
    assert parsed.notices == (
        "when.steps.any[1]: no step is ever pending or denied here, so that never holds",
    )


def test_section_6_a_step_that_has_not_ended_fails_this_one(engine: JavaScript) -> None:
    decision = decided({"steps": [{"name": "s"}, {"name": "later"}]}, engine, results=RESULTS)
    assert isinstance(decision, Fail)
    problem = decision.problem
    assert (problem.code, problem.path) == ("condition", "when.steps[1]")
    assert problem.message == "when.steps[1] names a step that has not ended: later"
    assert "before this one" in problem.hint
    assert outcomes(decision) == {"s": "true", "later": "error"}


# --- the order of the parts ----------------------------------------------------------------------------

BRANCH = {"only": ["main"]}
ORDER = [
    # branch, steps, condition, what each came to
    (["main"], "s", YES, ("true", "true", "true")),
    (["dev"], "f", WRONG, ("false", "not_evaluated", "not_evaluated")),
    (["main"], "f", WRONG, ("true", "false", "not_evaluated")),
    (["main"], "s", NO, ("true", "true", "false")),
    (["/^(a+)+$/"], "s", YES, ("error", "not_evaluated", "not_evaluated")),
    (["main"], "later", YES, ("true", "error", "not_evaluated")),
    (["main"], "s", WRONG, ("true", "true", "error")),
]


@pytest.mark.parametrize(("only", "step", "condition", "expected"), ORDER)
def test_section_6_branch_then_steps_then_condition(
    engine: JavaScript, only: list[str], step: str, condition: str, expected: tuple[str, str, str]
) -> None:
    data = {"condition": {"all": {"c": condition}}, "steps": [{"name": step}], "branch": {"only": only}}
    variables = {"CF_BRANCH": ENDLESS if "error" in expected[:1] else "main"}
    decision = decided(data, engine, results=RESULTS, variables=variables)
    assert [one.kind for one in decision.conditions] == ["branch", "steps", "condition"]
    assert tuple(one.outcome for one in decision.conditions) == expected
    kinds = {"false": Skip, "error": Fail}
    assert isinstance(decision, kinds.get(next((one for one in expected if one != "true"), ""), Run))


def test_section_6_nothing_is_looked_at_behind_what_excludes(engine: JavaScript) -> None:
    data = {"branch": {"only": ["dev"]}, "condition": {"all": {"slow": SLOW}}}
    decision = decided(data, engine)
    assert isinstance(decision, Skip)
    assert decision.conditions[1] == Condition(
        name="slow", kind="condition", expression=SLOW, substituted=SLOW, outcome="not_evaluated"
    )


def test_notices_of_all_parts_come_together(engine: JavaScript) -> None:
    data = {"branch": {"ignore": ["${{NOSUCH}}"]}, "steps": [{"name": "n"}], "condition": {"all": {"a": NO}}}
    decision = decided(data, engine, results=RESULTS)
    assert decision.notices == (
        "when.branch.ignore: ${{NOSUCH}} stands for nothing and is taken as it is written",
        "step `n` is not run here and counts as success",
    )


scalars = (
    st.none() | st.text() | st.sampled_from(["1", "B == 'x'", "(", "match(B, '(', true)", "build", "on"])
)
words = st.sampled_from(["branch", "only", "condition", "all", "any", "steps", "name", "on", "x", "a-b"])
plain = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3)
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "condition": st.dictionaries(st.sampled_from(["all", "any"]), st.dictionaries(words, scalars)),
        "steps": plain | st.lists(st.dictionaries(st.sampled_from(["name", "on"]), plain), max_size=2),
        "branch": plain,
    },
)


@settings(deadline=None)
@given(
    data=shaped | plain, variables=st.dictionaries(st.sampled_from(["B", "CF_BRANCH", "x.result"]), st.text())
)
def test_any_data_is_decided_or_a_list_of_problems(
    engine: JavaScript, data: object, variables: dict[str, str]
) -> None:
    parsed, problems = parse_when(data)
    problems += check(parsed, engine, ("build",))
    assert all(problem.message and problem.hint and problem.path for problem in problems)
    decision = decide(parsed, Known(variables=variables, results={"build": "success"}), engine)
    if isinstance(decision, Fail):
        assert decision.problem.message
        assert decision.problem.hint
