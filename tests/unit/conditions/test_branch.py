"""Branch filters by push-step.md 6 and codefresh.md 9.2 (B1 to B14), with the real engine."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushstep.conditions import when as whole
from pushstep.conditions.branch import BranchFilter, ExactName, Regex
from pushstep.conditions.decision import Condition, Decision, Fail, RegexEngine, Run, Skip
from pushstep.conditions.names import Known
from pushstep.conditions.when import When, check, parse_when
from pushstep.javascript import JavaScript

CATASTROPHE = "/^(a+)+$/"
ENDLESS = "a" * 5000 + "b"


def when(**branch: list[str]) -> When:
    parsed, problems = parse_when({"branch": branch})
    assert problems == ()
    return parsed


def decide(
    parsed: When, branch: str | None, engine: RegexEngine, variables: Mapping[str, str] | None = None
) -> Decision:
    given_branch = {} if branch is None else {"CF_BRANCH": branch}
    known = Known(variables={**given_branch, **(variables or {})}, is_secret=lambda name: "TOKEN" in name)
    return whole.decide(parsed, known, engine)


# entry: what it is, or the code of the problem
ENTRIES = {
    "main": "name",
    "feature/x": "name",
    "feature/x/": "name",
    "on": "name",
    "1.10": "name",
    "release-*": "name",
    " main": "name",
    "/x": "name",
    "/": "name",
    "/x/1": "name",
    "/x/i ": "name",
    "/x/i\n": "name",
    "/x/é": "name",
    "/x/": ("x", ""),
    "/x/i": ("x", "i"),
    "/x/igmsu": ("x", "igmsu"),
    "//": ("", ""),
    "//i": ("", "i"),
    "///": ("/", ""),
    "/a/b/i": ("a/b", "i"),
    r"/a\/b/": (r"a\/b", ""),
    "/a\nb/": ("a\nb", ""),
    "/x/y": "regex",
    "/x/d": "regex",
    "/x/v": "regex",
    "/x/ii": "regex",
    "/x/I": "regex",
    "/heads/main": "regex",
    "": "value",
    # decided before values are put in
    "${{BRANCH}}": "name",
    "/^${{ BRANCH }}$/": ("^${{ BRANCH }}$", ""),
    "$[[BRANCH]]": "name",
    "/${{A}}/${{FLAGS}}": "name",
}


@pytest.mark.parametrize(("text", "expected"), ENTRIES.items(), ids=ascii)
def test_section_6_what_an_entry_is(text: str, expected: str | tuple[str, str]) -> None:
    """B1, B12, B13."""
    parsed, problems = parse_when({"branch": {"only": [text]}})
    match expected:
        case "name":
            assert problems == ()
            assert parsed.branch.only == (ExactName(text=text),)
            assert len(parsed.notices) == text.startswith("/")
        case (pattern, flags):
            assert problems == ()
            assert parsed.branch.only == (
                Regex(text=text, pattern=pattern, flags=flags, path="when.branch.only[0]"),
            )
            assert parsed.notices == ()
        case code:
            assert [(problem.code, problem.path) for problem in problems] == [(code, "when.branch.only[0]")]
            assert parsed.branch.only == ()


def test_section_6_flags_name_the_accepted_ones() -> None:
    """B12."""
    _, [problem] = parse_when({"branch": {"only": ["/x/y"]}})
    assert problem.message == "when.branch.only[0] has flags that are not taken: /x/y"
    assert problem.hint == "A /regex/ takes i, g, m, s, u, each once."


def test_section_6_a_slash_in_front_is_a_name_with_a_notice() -> None:
    """B13."""
    parsed, _ = parse_when({"branch": {"only": ["main"], "ignore": ["/hotfix"]}})
    assert parsed.notices == (
        "when.branch.ignore: /hotfix is read as a name, as no / ends it; no git branch starts with /",
    )


# only, ignore, branch, whether it runs
DECISIONS = [
    # B4: names are whole, case-sensitive, without wildcards
    (["main"], [], "main", True),
    (["main"], [], "Main", False),
    (["main"], [], "main2", False),
    (["main"], [], "xmain", False),
    (["main"], [], "main\n", False),
    (["release-*"], [], "release-1", False),
    (["a.c"], [], "abc", False),
    # B1, B3: a regular expression is searched anywhere
    (["/FB-/i"], [], "my-fb-x", True),
    (["/FB-/"], [], "my-fb-x", False),
    (["/^FB-/"], [], "my-FB-x", False),
    (["/hotfix$/"], [], "my/hotfix", True),
    (["/release/g"], [], "a-release-b", True),
    (["//"], [], "any", True),
    # B2: the flavour is JavaScript's
    ([r"/^release\/\d+\.x$/"], [], "release/12.x", True),
    ([r"/^release\/\d+\.x$/"], [], "release/1٢.x", False),
    (["/^release/[0-9]$/"], [], "release/1", True),
    (["/^(?<n>a)\\k<n>$/"], [], "aa", True),
    (["/^.$/u"], [], "😀", True),
    (["/^.$/"], [], "😀", False),
    (["/\udcff/"], [], "\udcff", True),
    # B5: at least one, none
    (["main", "dev"], [], "dev", True),
    (["main", "/^dev/"], [], "develop", True),
    (["main", "dev"], [], "x", False),
    ([], ["main", "dev"], "x", True),
    ([], ["main", "dev"], "dev", False),
    ([], ["/-wip$/i"], "x-WIP", False),
    # B6: both must hold
    (["main", r"/^release\/\d+\.x$/"], ["/-wip$/i"], "main", True),
    (["/^x/"], ["/-wip$/i"], "x-1", True),
    (["/^x/"], ["/-wip$/i"], "x-1-wip", False),
    (["/^x/"], ["/-wip$/i"], "y-wip", False),
    (["/^x/"], ["/-wip$/i"], "y", False),
    (["main"], ["main"], "main", False),
    # B11: no branch
    (["main"], [], None, False),
    (["//"], [], None, False),
    ([], ["main"], None, True),
    ([], ["//"], None, True),
    (["main"], ["dev"], None, False),
    # an empty one is a branch, if a strange one
    (["main"], [], "", False),
    (["/^$/"], [], "", True),
    # no filter
    ([], [], "main", True),
    ([], [], None, True),
]


@pytest.mark.parametrize(("only", "ignore", "branch", "runs"), DECISIONS, ids=ascii)
def test_section_6_which_branches_run(
    engine: JavaScript, only: list[str], ignore: list[str], branch: str | None, *, runs: bool
) -> None:
    lists = {name: entries for name, entries in (("only", only), ("ignore", ignore)) if entries}
    parsed = when(**lists)
    assert check(parsed, engine) == ()
    decision = decide(parsed, branch, engine)
    assert isinstance(decision, Run if runs else Skip)
    assert [condition.name for condition in decision.conditions] == list(lists)


ONLY = ["main", r"/^release\//"]
REASONS = [
    ({"only": ONLY}, "feature/x", r"branch `feature/x` is not in `only`: main, /^release\//"),
    ({"ignore": ["dev", "/^x/i"]}, "X1", "branch `X1` is in `ignore`: /^x/i"),
    ({"only": ONLY}, None, r"there is no branch, so none is in `only`: main, /^release\//"),
]


@pytest.mark.parametrize(("branch_filter", "branch", "reason"), REASONS)
def test_section_6_the_reason_is_a_sentence(
    engine: JavaScript, branch_filter: dict[str, list[str]], branch: str | None, reason: str
) -> None:
    decision = decide(when(**branch_filter), branch, engine)
    assert isinstance(decision, Skip)
    assert decision.reason == reason


def test_section_6_without_a_branch_ignore_runs_and_says_so(engine: JavaScript) -> None:
    decision = decide(when(ignore=["dev", "/^x/"]), None, engine)
    assert isinstance(decision, Run)
    assert decision.notices == ("there is no branch, so none is in `ignore`: dev, /^x/",)


def test_section_6_every_condition_says_what_it_came_to(engine: JavaScript) -> None:
    decision = decide(when(only=ONLY, ignore=["dev"]), "main", engine)
    assert decision == Run(
        conditions=(
            Condition(
                name="only",
                kind="branch",
                expression=r"main, /^release\//",
                substituted=r"main, /^release\//",
                outcome="true",
                message="branch `main` is in `only`: main",
            ),
            Condition(
                name="ignore",
                kind="branch",
                expression="dev",
                substituted="dev",
                outcome="true",
                message="branch `main` is not in `ignore`: dev",
            ),
        )
    )


def test_section_6_once_one_excludes_the_rest_is_not_evaluated(engine: JavaScript) -> None:
    decision = decide(when(only=["main"], ignore=[CATASTROPHE]), ENDLESS, engine)
    assert isinstance(decision, Skip)
    assert [condition.outcome for condition in decision.conditions] == ["false", "not_evaluated"]


def test_section_6_a_regex_over_its_limit_fails_the_step(engine: JavaScript) -> None:
    decision = decide(when(only=[CATASTROPHE], ignore=["dev"]), ENDLESS, engine)
    assert isinstance(decision, Fail)
    assert [condition.outcome for condition in decision.conditions] == ["error", "not_evaluated"]
    problem = decision.problem
    assert (problem.code, problem.path) == ("condition", "when.branch.only")
    where = "when.branch.only: "
    assert problem.message.startswith(f"{where}{CATASTROPHE} in `only` gave no answer for branch `aaa")
    assert problem.message.endswith("b`: it took more than 0.3 s of processor time")
    assert "(a+)+" in problem.hint
    assert isinstance(decide(when(only=["/a/"]), "a", engine), Run)


def test_section_6_the_first_match_decides_before_a_limit_is_reached(engine: JavaScript) -> None:
    assert isinstance(decide(when(only=[ENDLESS, CATASTROPHE]), ENDLESS, engine), Run)


# entry, branch, whether it matches: with A=feature/x, D=a-b.c, N=3, R=/x/, RE=.*, DOLLAR=${{A}}
PLACEHOLDERS = [
    ("${{A}}", "feature/x", True),
    ("${{ A }}", "feature/x", True),
    ("$[[A]]", "feature/x", True),
    ("${A}", "feature/x", True),
    ("${{A}}", "feature", False),
    ("pre-${{A}}-post", "pre-feature/x-post", True),
    # what an entry is has been decided before: a value makes no regular expression
    ("${{R}}", "axb", False),
    ("${{R}}", "/x/", True),
    ("${{RE}}", "main", False),
    # nor is it looked at again
    ("${{DOLLAR}}", "feature/x", False),
    ("${{DOLLAR}}", "${{A}}", True),
    # in a regular expression it is escaped
    ("/^${{A}}$/", "feature/x", True),
    ("/${{RE}}/", "main", False),
    ("/${{RE}}/", "a.*", True),
    ("/^${{D}}$/u", "a-b.c", True),
    ("/^${{D}}$/u", "a-bxc", False),
    ("/^release\\/${{N}}\\.\\d$/", "release/3.1", True),
    # where the pattern before it would draw it in
    ("/^a{${{N}}}$/", "aaa", False),
    ("/^[${{D}}]+$/", "a-b.c", True),
    ("/^[${{D}}]+$/u", "a-", True),
    ("/^[${{D}}]+$/", "aab", True),
    ("/^[+${{D}}]+$/", "+,", False),
    ("/^\\0${{N}}$/", "\x003", True),
    # a backslash takes the dollar away from it
    ("/^\\${{A}}$/", "feature/x", False),
    ("/^\\${A}$/", "${A}", True),
    # what stands for nothing is text
    ("${{NOSUCH}}", "${{NOSUCH}}", True),
    ("$[[NOSUCH]]", "${{NOSUCH}}", True),
    ("${{NOSUCH}}", "main", False),
    ("/${{NOSUCH}}/", "main", False),
    ("/^${{NOSUCH}}$/", "${{NOSUCH}}", True),
]
VALUES = {"A": "feature/x", "D": "a-b.c", "N": "3", "R": "/x/", "RE": ".*", "DOLLAR": "${{A}}"}


@pytest.mark.parametrize(("entry", "branch", "matches"), PLACEHOLDERS, ids=ascii)
def test_section_6_placeholders_in_entries(
    engine: JavaScript, entry: str, branch: str, *, matches: bool
) -> None:
    """B9."""
    parsed = when(only=[entry])
    assert check(parsed, engine) == ()
    assert isinstance(decide(parsed, branch, engine, VALUES), Run if matches else Skip)
    assert isinstance(decide(when(ignore=[entry]), branch, engine, VALUES), Skip if matches else Run)


def test_section_6_entries_are_shown_with_their_values(engine: JavaScript) -> None:
    decision = decide(when(only=["${{N}}", "/^${{A}}$/i", "x"]), "main", engine, VALUES)
    assert isinstance(decision, Skip)
    assert decision.reason == r"branch `main` is not in `only`: 3, /^feature\/x$/i, x"
    [condition] = decision.conditions
    assert condition.expression == "${{N}}, /^${{A}}$/i, x"
    assert condition.substituted == r"3, /^feature\/x$/i, x"


def test_section_6_a_pattern_with_a_value_that_does_not_compile_fails_the_step(engine: JavaScript) -> None:
    parsed = when(only=["/(${{N}}/"])
    assert check(parsed, engine) == ()
    decision = decide(parsed, "main", engine, VALUES)
    assert isinstance(decision, Fail)
    said = "when.branch.only: /(3/ in `only` gave no answer for branch `main`: "
    assert decision.problem.message.startswith(said)
    assert decision.problem.hint == "It is read as JavaScript reads it."


def test_section_3_a_secret_in_an_entry_fails_the_step(engine: JavaScript) -> None:
    decision = decide(when(ignore=["${{MY_TOKEN}}"]), "main", engine, {"MY_TOKEN": "hunter2"})
    assert isinstance(decision, Fail)
    assert (decision.problem.code, decision.problem.path) == ("condition", "when.branch.ignore")
    assert decision.problem.message.startswith("when.branch.ignore: MY_TOKEN looks like a secret")
    [condition] = decision.conditions
    assert (condition.outcome, condition.substituted) == ("error", "${{MY_TOKEN}}")


def test_section_6_what_stands_for_nothing_has_a_notice(engine: JavaScript) -> None:
    decision = decide(when(only=["main", "/^${{NOSUCH}}/"]), "main", engine)
    assert decision.notices == (
        "when.branch.only: ${{NOSUCH}} stands for nothing and is taken as it is written",
    )


# the pattern before a placeholder, a text that it matches, the pattern behind
BEFORE = [
    ("", "", ""),
    ("a/", "a/", ""),
    ("(?:", "", ")"),
    ("(x|", "", ")"),
    ("[a]", "a", ""),
    (r"\/", "/", ""),
    (r"\d*", "7", ""),
    (r"\0", "\0", ""),
    (r"\x61", "a", ""),
    (r"\cJ", "\n", ""),
    ("a{2}", "aa", ""),
    (r"\[", "[", ""),
]


@settings(deadline=None)
@given(
    value=st.text(st.characters() | st.sampled_from("^$\\.*+?()[]{}|/-,0aux<>:=!\n")),
    around=st.sampled_from(BEFORE),
    other=st.text(),
    flags=st.sampled_from(["", "u", "s"]),
)
def test_a_value_in_a_pattern_matches_itself_alone(
    engine: JavaScript, value: str, around: tuple[str, str, str], other: str, flags: str
) -> None:
    before, text, after = around
    parsed = when(only=[f"/^{before}${{{{X}}}}{after}$/{flags}"])
    assert isinstance(decide(parsed, text + value, engine, {"X": value}), Run)
    if not before:
        assert isinstance(decide(parsed, other, engine, {"X": value}), Run) == (other == value)


def test_a_pattern_nobody_checked_fails_the_step_too(engine: JavaScript) -> None:
    broken = Regex(text="/(/", pattern="(", flags="", path="when.branch.only[0]")
    decision = decide(When(branch=BranchFilter(only=(broken,))), "main", engine)
    assert isinstance(decision, Fail)


def test_section_6_all_patterns_that_do_not_compile_are_found_at_once(engine: JavaScript) -> None:
    """B14."""
    parsed, problems = parse_when(
        {"branch": {"only": ["main", "", "/(x/", "/ok/"], "ignore": ["/[b-a]/", "/(?i)x/"]}}
    )
    problems += check(parsed, engine)
    assert [(problem.code, problem.path) for problem in problems] == [
        ("value", "when.branch.only[1]"),
        ("regex", "when.branch.only[2]"),
        ("regex", "when.branch.ignore[0]"),
        ("regex", "when.branch.ignore[1]"),
    ]
    assert problems[1].message.startswith("when.branch.only[2] does not compile: /(x/: ")


# when, code, path, what the hint holds
SHAPES: list[tuple[object, str, str, str]] = [
    (None, "value", "when", "`branch: {only: ['main']}`"),
    ("main", "value", "when", "`branch: {only: ['main']}`"),
    (["a", "b'c"], "value", "when", "`branch: {only: ['a', 'b''c']}`"),
    ({"branch": "dev"}, "value", "when.branch", "`branch: {only: ['dev']}`"),
    ({"branch": ["dev", "x"]}, "value", "when.branch", "`branch: {only: ['dev', 'x']}`"),
    ({"branch": None}, "value", "when.branch", "`branch: {only: ['main']}`"),
    # B7
    ({"branch": {"only": "dev"}}, "value", "when.branch.only", "`only: ['dev']`"),
    ({"branch": {"ignore": "/x/"}}, "value", "when.branch.ignore", "`ignore: ['/x/']`"),
    ({"branch": {"ignore": {"a": "b"}}}, "value", "when.branch.ignore", "`ignore: ['main']`"),
    ({"branch": {"only": None}}, "value", "when.branch.only", "`only: ['main']`"),
    ({"branch": {"only": ["main", None]}}, "value", "when.branch.only[1]", "/regex/flags"),
    ({"branch": {"only": [["main"]]}}, "value", "when.branch.only[0]", "/regex/flags"),
    ({"branch": {"only": [5]}}, "value", "when.branch.only[0]", "/regex/flags"),
    # B8
    ({"branch": {"only": []}}, "value", "when.branch.only", "leave it out"),
    ({"branch": {"ignore": []}}, "value", "when.branch.ignore", "leave it out"),
    ({"branches": {}}, "unknown", "when.branches", "`branch`"),
    ({"conditions": {}}, "unknown", "when.conditions", "`condition`"),
    ({"only": ["main"]}, "unknown", "when.only", "branch, steps, condition"),
    ({"branch": {"ignored": ["x"]}}, "unknown", "when.branch.ignored", "`ignore`"),
    ({"branch": {"except": ["x"]}}, "unknown", "when.branch.except", "only, ignore"),
]


@pytest.mark.parametrize(("data", "code", "path", "hint"), SHAPES, ids=ascii)
def test_section_6_what_is_no_when(data: object, code: str, path: str, hint: str) -> None:
    _, [problem] = parse_when(data)
    assert (problem.code, problem.path) == (code, path)
    assert hint in problem.hint


@pytest.mark.parametrize("data", [{}, {"branch": {}}])
def test_section_6_nothing_in_it_means_run(engine: JavaScript, data: object) -> None:
    """codefresh.md 9.1, 5."""
    parsed, problems = parse_when(data)
    assert problems == ()
    assert parsed == When()
    assert decide(parsed, None, engine) == Run()


def test_section_6_all_problems_at_once() -> None:
    _, problems = parse_when(
        {"branhc": 1, "steps": [], "branch": {"only": [], "ignore": ["/x/y", {}], "or": 1}}
    )
    assert [problem.path for problem in problems] == [
        "when.branhc",
        "when.branch.or",
        "when.branch.only",
        "when.branch.ignore[0]",
        "when.branch.ignore[1]",
        "when.steps",
    ]


def escaped(text: str) -> str:
    return re.sub(r"[\\^$.*+?()[\]{}|/]", r"\\\g<0>", text)


names = st.text(min_size=1).filter(lambda text: not (text.startswith("/") or "${{" in text or "$[[" in text))


@settings(deadline=None)
@given(name=names, other=st.text())
def test_a_name_matches_itself_and_nothing_else(engine: JavaScript, name: str, other: str) -> None:
    parsed = when(only=[name])
    assert isinstance(decide(parsed, name, engine), Run)
    assert isinstance(decide(parsed, other, engine), Run) == (other == name)


@settings(deadline=None)
@given(text=st.text(), before=st.text(), after=st.text(), other=st.text(alphabet="ab/.\n"))
def test_an_escaped_text_is_found_where_python_finds_it(
    engine: JavaScript, text: str, before: str, after: str, other: str
) -> None:
    pattern = Regex(text="", pattern=escaped(text), flags="u", path="")
    for branch in (before + text + after, other):
        decision = decide(When(branch=BranchFilter(only=(pattern,))), branch, engine)
        assert isinstance(decision, Run) == (text in branch)


anything = st.text(alphabet=st.characters() | st.sampled_from("/()[]{}^$*+?|\\gimsuy\ud800\0"))


@settings(deadline=None)
@given(text=anything | anything.map(lambda text: f"/{text}/"), branch=st.none() | anything)
def test_any_text_is_an_entry_or_a_problem(engine: JavaScript, text: str, branch: str | None) -> None:
    parsed, problems = parse_when({"branch": {"only": [text], "ignore": ["x", text]}})
    problems += check(parsed, engine)
    if problems:
        assert {problem.path for problem in problems} == {"when.branch.only[0]", "when.branch.ignore[1]"}
    else:
        # whatever `only` lets through, the same entry in `ignore` stops
        assert isinstance(decide(parsed, branch, engine), Skip)


scalars = st.none() | st.text() | st.integers()
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["branch", "only", "ignore", "condition", "x"]), inner)
    ),
)


@settings(deadline=None)
@given(data=plain)
def test_any_data_is_a_when_or_a_list_of_problems(engine: JavaScript, data: object) -> None:
    parsed, problems = parse_when(data)
    assert all(problem.message and problem.hint and problem.path for problem in problems)
    check(parsed, engine)
