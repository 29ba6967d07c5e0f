"""Values of strangers in every place a variable may stand: they are compared, and change nothing else."""

import pytest

from pushstep.conditions.decision import Decision, Run, Skip
from pushstep.conditions.when import decide
from pushstep.errors import InputError
from pushstep.javascript import JavaScript
from pushstep.step.past import Past
from pushstep.step.raw import RawStep
from pushstep.step.resolution import operations, outline, resolve, when_of
from pushstep.step.steps import Steps
from pushstep.step.variables import Variables
from tests.unit.step.documents import good

PARTS = (
    "'", '"', "\\", "\\'", "' || true || '", '" || "" == "', "&&", "|| true", ") || (true", "1 == 1", "true", "null",
    "${{X}}", "${{SECRET_TOKEN}}", "$[[SECRET_TOKEN]]", "${X}", "$", "{{", "}}", "\n", "\r\n", "\n||\ntrue", "\t",
    "\u2028", "\u2029", "\u202e", "\u200b", "\u00a0", "\x00", "\x1b[31m", "::error::x", "##[error]", "%0A", "/main/",
    ".*", "main|.", "(a+)+$", "[", "main\u0441", "ma\u0456n", "\uff1d\uff1d", "\uff07", "\u2018main\u2019",
    "\U000f0024\U000f007b", "- a", "[a]", "{a: b}", ": ", "#", "&a", "*a", "!!x", "steps.first.result", "-1", "0",
)  # fmt: skip
VALUES = [
    *PARTS,
    *(f"x{part}" for part in PARTS),
    *(f"main{part}" for part in PARTS[:12]),
    "x" * 1_000_000,
    "'\"" * 1_000,
]

DOCUMENT = """\
candidate: app
title: to $[[V]]
tag: v-${{V}}
fail_fast: ${{NO}}
when:
  branch: {only: ["${{NAME}}", "/^${{NAME}}$/"]}
  condition:
    all:
      compared: '"${{V}}" != "other" && "[${{V}}]" != "[]"'
      not_compared: '"${{NAME}}" == "main" && (1 + 1 == 2)'
    any:
      never: '"${{V}}" == "other"'
      shown: 'includes("${{V}}", "${{V}}") && length("${{NAME}}") == 4'
on_finish: {annotations: {set: [{annotations: [noted: "<${{V}}>", x: {evaluate: '"${{V}}" == ""'}]}]}}
"""


@pytest.fixture(scope="module")
def raw() -> RawStep:
    (raw,) = good(DOCUMENT)
    return raw


def variables(value: str) -> Variables:
    return Variables(
        given={"V": value, "NAME": "main", "NO": "no"},
        ci={"CF_BRANCH": "main"},
        environ={"SECRET_TOKEN": "hunter22", "X": "other"},
    )


def decided(raw: RawStep, known: Variables) -> Decision:
    with JavaScript() as engine:
        return decide(when_of(raw)[0], Past(Steps(selected=(raw,), names=("push",))).known(known), engine)


def test_there_are_a_hundred_of_them() -> None:
    assert len(set(VALUES)) >= 100


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value[:20]))
def test_section_6_a_value_changes_no_decision_but_its_own(raw: RawStep, value: str) -> None:
    decision = decided(raw, variables(value))

    if len(value) > 11_000:
        # too long for an expression, which is an error of those it stands in, and of no other
        outcomes = {one.name: one.outcome for one in decision.conditions}
        assert (outcomes["compared"], outcomes["not_compared"]) == ("error", "true")
        return
    assert isinstance(decision, Run)
    assert [(one.name, one.outcome) for one in decision.conditions] == [
        ("only", "true"),
        ("compared", "true"),
        ("not_compared", "true"),
        ("never", "false"),
        ("shown", "true"),
    ]
    assert "hunter22" not in str(decision)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value[:20]))
def test_section_3_a_value_is_one_text_wherever_it_stands(raw: RawStep, value: str) -> None:
    known = variables(value)

    found = outline(raw, known)
    assert (found.title, found.fail_fast, found.candidate) == (f"to {value}", False, "app")
    (after,) = operations(raw, known, "success")
    assert after.annotations
    assert after.annotations.set[0].annotations[0].value == f"<{value}>"
    try:
        step = resolve(raw, known)
    except InputError as error:
        assert [problem.path for problem in error.problems] == ["tag"]
        assert "hunter22" not in str(error)
    else:
        assert step.tag == f"v-{value}"


def test_the_one_value_that_is_compared_decides(raw: RawStep) -> None:
    assert isinstance(decided(raw, variables("other")), Skip)
