"""The job summary, judged by a Markdown parser: what it says, and that no text can change its structure."""

import pytest
from hypothesis import given

from pushstep.conditions.decision import Condition
from pushstep.errors import Problem
from pushstep.report.document import redacted
from pushstep.report.markdown import summary
from pushstep.result import Report, StepResult, TagStatus
from tests.support import markdown
from tests.support.reports import DIGEST, ID, place, reports, step


def report(*steps: StepResult) -> Report:
    return Report(result="success", exit=0, steps=steps)


def test_a_push_says_what_went_where_and_how_to_pull_it() -> None:
    text = summary(report(step("success", place("ghcr.io", "pushed", "created"), name="ship")))

    assert markdown.headings(text) == ["✅ ship: pushed 2 tags"]
    assert markdown.rows(text) == [
        ["Tag", "", "Digest"],
        ["ghcr.io/a/b:t0", "pushed", DIGEST],
        ["ghcr.io/a/b:t1", "new", DIGEST],
    ]
    assert markdown.blocks(text) == [[f"docker pull ghcr.io/a/b@{DIGEST}"]]
    assert ID in markdown.code(text)


def test_one_tag_is_one_tag() -> None:
    assert markdown.headings(summary(report(step("success", place("r.io", "pushed"))))) == [
        "✅ push: pushed 1 tag"
    ]


def test_a_partial_failure_says_what_is_there_and_what_is_not() -> None:
    half = place("r.io", "pushed", "failed", result="failure")

    text = summary(report(step("failure", half)))

    assert markdown.headings(text) == ["❌ push: pushed 1 of 2 tags"]
    assert markdown.rows(text)[1:] == [["r.io/a/b:t0", "pushed", DIGEST], ["r.io/a/b:t1", "failed", ""]]


def test_a_failure_has_its_message_and_hint_once() -> None:
    problem = Problem(code="daemon", message="it is away", hint="start it")
    failed = StepResult(name="push", title="push", result="failure", error=problem)

    text = summary(report(failed))

    assert markdown.headings(text) == ["❌ push: not pushed"]
    assert markdown.code(text).count("it is away") == 1
    assert "start it" in markdown.code(text)


def test_a_skip_says_why() -> None:
    condition = Condition(
        name="only",
        kind="branch",
        expression="main",
        substituted="main",
        outcome="false",
        message="x is not main",
    )
    skipped = StepResult(
        name="push", title="push", result="skipped", reason="x is not main", conditions=(condition,)
    )

    text = summary(report(skipped))

    assert markdown.headings(text) == ["⏭️ push: skipped"]
    assert markdown.code(text) == ["push", "x is not main", "main", "x is not main"]


@pytest.mark.parametrize(
    ("status", "title"), [(2, "❌ Nothing was pushed"), (143, "❌ The run did not end well")]
)
def test_errors_of_the_run_come_first(status: int, title: str) -> None:
    problem = Problem(code="value", message="no")

    text = summary(Report(result="failure", exit=status, errors=(problem,)))

    assert markdown.headings(text) == [title]
    assert markdown.code(text) == ["no"]


WORDS: dict[TagStatus, str] = {
    "moved": "moved",
    "unchanged": "was there",
    "not_attempted": "not tried",
    "planned": "would be pushed",
}


@pytest.mark.parametrize(("status", "word"), WORDS.items())
def test_every_status_has_its_word(status: TagStatus, word: str) -> None:
    assert markdown.rows(summary(report(step("success", place("r.io", status)))))[1][1] == word


@given(reports())
def test_interface_4_no_text_changes_the_structure(one: Report) -> None:
    # the same report with harmless words, empty where a text decides whether there is a line at all
    harmless = redacted(
        one, lambda text: "x" if text and text not in (DIGEST, ID, "r.example", "a/b") else text
    )

    assert markdown.structure(summary(one)) == markdown.structure(summary(harmless))
