"""What `plan` shows (interface 1)."""

from dataclasses import replace

import pytest

from pushstep.conditions.decision import Condition
from pushstep.errors import Problem
from pushstep.report.plain import checked, coloured, condition_line, intentions, plan, uncoloured
from pushstep.result import DestinationResult, Report, StepResult, TagResult, ToSend

CONDITION = Condition(
    name="x", kind="condition", expression="'${{V}}' == 'a'", substituted="'a' == 'a'", outcome="true"
)
PLACE = DestinationResult(
    registry="ghcr.io",
    repository="a/b",
    result="skipped",
    identity="bot (config)",
    tags=(TagResult(tag="1", status="planned"), TagResult(tag="2\x1b", status="planned")),
)
REFUSED = DestinationResult(
    registry="quay.io",
    repository="a/b",
    result="failure",
    error=Problem(code="denied", message="it refused"),
    tags=(TagResult(tag="1", status="not_attempted"),),
)
STEPS = (
    StepResult(
        name="first",
        title="To ghcr.io",
        stage="push",
        result="skipped",
        reason="dry run: nothing was pushed",
        candidate="app",
        image_id="sha256:1",
        conditions=(CONDITION,),
        destinations=(PLACE,),
    ),
    StepResult(name="second", title="second", result="skipped", reason="branch `x` is not in `only`"),
    StepResult(name="third", title="third", result="failure", reason="no\nlogin", destinations=(REFUSED,)),
)


def test_a_plan_says_what_would_go_where_and_as_whom() -> None:
    assert plan(Report(result="failure", exit=1, steps=STEPS), uncoloured).splitlines() == [
        "push: first: To ghcr.io: would be pushed",
        "  when condition x: true ('${{V}}' == 'a'; with its values: 'a' == 'a')",
        "  image app is sha256:1",
        "  to ghcr.io/a/b:1 as bot (config)",
        r"  to ghcr.io/a/b:2\x1b as bot (config)",
        "second: would be skipped",
        "  branch `x` is not in `only`",
        "third: cannot be pushed",
        r"  no\nlogin",
        "  to quay.io/a/b:1",
        "     it refused",
    ]


def test_a_dry_run_says_what_would_go_where_and_as_whom() -> None:
    layout = replace(PLACE, registry="oci:out", repository="", identity=None, tags=PLACE.tags[:1])
    step = replace(STEPS[0], destinations=(PLACE, REFUSED, layout))

    assert list(intentions(step)) == [
        "would push ghcr.io/a/b:1 as bot (config)",
        "would push ghcr.io/a/b:2\x1b as bot (config)",
        "would push oci:out:1",
    ]


SENT = ToSend(layers=3, of=7, size=48_000_000, compressed=True, digest="sha256:" + "a" * 64)
TAGS = (
    TagResult(tag="new", status="planned"),
    TagResult(tag="same", status="planned", previous_digest=SENT.digest),
    TagResult(tag="old", status="planned", previous_digest="sha256:" + "b" * 64),
)
ASKED = {
    "from a layout": (SENT, " to aaaaaaaaaaaa", "3 of 7 layers to send, 48.0 MB"),
    "from layers that are compressed on the way": (
        replace(SENT, compressed=False, digest=None),
        "",
        "3 of 7 layers to send, 48.0 MB before compression",
    ),
    "from a daemon": (
        replace(SENT, size=None, compressed=False),
        " to aaaaaaaaaaaa",
        "3 of 7 layers to send",
    ),
    "nothing": (replace(SENT, layers=0, of=1, size=0), " to aaaaaaaaaaaa", "0 of 1 layer to send"),
}


@pytest.mark.parametrize(("asked", "after", "amount"), ASKED.values(), ids=ASKED)
def test_a_plan_says_what_would_be_sent_and_what_tags_name(asked: ToSend, after: str, amount: str) -> None:
    place = replace(PLACE, tags=TAGS, to_send=asked, identity=None)
    told = plan(
        Report(result="skipped", exit=0, steps=(replace(STEPS[0], destinations=(place,)),)), uncoloured
    )

    same = ", which names it already" if asked.digest else ", which moves from aaaaaaaaaaaa"
    assert told.splitlines()[-4:] == [
        "  to ghcr.io/a/b:new, a new tag",
        f"  to ghcr.io/a/b:same{same}",
        f"  to ghcr.io/a/b:old, which moves from bbbbbbbbbbbb{after}",
        f"     {amount}",
    ]


PROBED: dict[str, tuple[DestinationResult, list[str]]] = {
    "may push": (replace(PLACE, probe="may_push"), ["     may be pushed to as this identity"]),
    "may push, with a rest": (
        replace(PLACE, probe="may_push", probe_notice="an upload\nstays"),
        ["     may be pushed to as this identity", r"     notice: an upload\nstays"],
    ),
    "refused": (
        replace(REFUSED, probe="refused"),
        ["     may not be pushed to as this identity", "     it refused"],
    ),
    "unknown": (
        replace(PLACE, probe="unknown", probe_notice="nobody to ask"),
        ["     whether this identity may push there is not known", "     notice: nobody to ask"],
    ),
}


@pytest.mark.parametrize(("place", "lines"), PROBED.values(), ids=PROBED)
def test_a_plan_says_whether_a_push_would_be_taken(place: DestinationResult, lines: list[str]) -> None:
    told = plan(
        Report(result="skipped", exit=0, steps=(replace(STEPS[0], destinations=(place,)),)), uncoloured
    )

    assert told.splitlines()[-len(lines) :] == lines


def test_a_layout_is_called_as_its_user_calls_it() -> None:
    place = replace(PLACE, registry="oci:out/app", identity=None, tags=PLACE.tags[:1])
    told = plan(
        Report(result="skipped", exit=0, steps=(replace(STEPS[0], destinations=(place,)),)), uncoloured
    )

    assert told.splitlines()[-1] == "  to oci:out/app:1"


LINES = {
    "a condition without variables": (
        replace(CONDITION, expression="1 == 1", substituted="1 == 1"),
        "when condition x: true (1 == 1)",
    ),
    "a branch": (
        Condition(
            name="only",
            kind="branch",
            expression="main",
            substituted="main",
            outcome="false",
            message="it is x",
        ),
        "when branch only: false (it is x)",
    ),
    "a step that was not asked for": (
        Condition(
            name="build", kind="steps", expression="success", substituted="success", outcome="not_evaluated"
        ),
        "when steps build: not_evaluated",
    ),
}


@pytest.mark.parametrize(("condition", "expected"), LINES.values(), ids=LINES)
def test_section_6_every_condition_is_a_line(condition: Condition, expected: str) -> None:
    assert condition_line(condition) == expected


def test_a_problem_without_advice_is_one_line() -> None:
    assert checked("a.yml", [Problem(code="value", message="no")], [], [], uncoloured).splitlines() == [
        "error [value]: no",
        "a.yml: 1 problem",
    ]


def test_a_plan_that_is_none_says_where_to_look() -> None:
    problem = Problem(code="value", message="x")

    assert plan(Report(result="failure", exit=2, errors=(problem,)), uncoloured) == (
        "there is no plan: what is wrong stands on standard error\n"
    )


def test_a_terminal_gets_colours() -> None:
    shown = plan(Report(result="skipped", exit=0, steps=STEPS), coloured)

    assert coloured("good", "would be pushed") in shown
    assert coloured("bad", "cannot be pushed") in shown
