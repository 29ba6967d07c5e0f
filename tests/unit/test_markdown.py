"""The job summary: what people read, and that no text changes its structure (interface 3, 4)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.conditions.decision import Condition
from pushstep.errors import Problem
from pushstep.report.document import redacted
from pushstep.report.markdown import summary
from pushstep.result import DestinationResult, Ending, Report, StepResult, TagResult, TagStatus
from pushstep.text import cut, visible
from tests.support.foreign import foreign
from tests.support.markdown import blocks, code, headings, rows, structure

DENIED = Problem(code="denied", message="quay.io denies the push", hint="Ask for the right to push.")
GHCR = DestinationResult(
    registry="ghcr.io",
    repository="acme/app",
    digest="sha256:a",
    result="success",
    tags=(TagResult(tag="1", status="pushed"), TagResult(tag="latest", status="moved")),
)
QUAY = DestinationResult(
    registry="quay.io",
    repository="acme/app",
    result="failure",
    error=DENIED,
    tags=(TagResult(tag="1", status="failed", error=DENIED), TagResult(tag="latest", status="not_attempted")),
)
STEP = StepResult(name="push", title="Release", result="success", image_id="sha256:1", destinations=(GHCR,))
BRANCH = Condition(
    name="only",
    kind="branch",
    expression="main, /^v/",
    substituted="main, /^v/",
    outcome="false",
    message="branch `x` is not in `only`: main, /^v/",
)


def told(*steps: StepResult, errors: tuple[Problem, ...] = (), exit_status: int = 0) -> str:
    results: set[Ending] = {step.result for step in steps}
    return summary(
        Report(
            result="failure" if errors or "failure" in results else "success",
            exit=exit_status,
            errors=errors,
            steps=steps,
        )
    )


# --- what people read ----------------------------------------------------------------------------------


def test_a_push() -> None:
    markdown = told(STEP)

    assert headings(markdown) == ["✅ Release: pushed 2 tags"]
    assert rows(markdown) == [
        ["Tag", "", "Digest"],
        ["ghcr.io/acme/app:1", "pushed", "sha256:a"],
        ["ghcr.io/acme/app:latest", "moved", "sha256:a"],
    ]
    assert blocks(markdown) == [["docker pull ghcr.io/acme/app@sha256:a"]]
    assert code(markdown)[-1] == "sha256:1"


def test_a_push_that_one_registry_refuses() -> None:
    markdown = told(replace(STEP, result="failure", destinations=(QUAY, GHCR), error=DENIED))

    assert headings(markdown) == ["❌ Release: pushed 2 of 4 tags"]
    assert rows(markdown)[1:] == [
        ["quay.io/acme/app:1", "failed", ""],
        ["quay.io/acme/app:latest", "not tried", ""],
        ["ghcr.io/acme/app:1", "pushed", "sha256:a"],
        ["ghcr.io/acme/app:latest", "moved", "sha256:a"],
    ]
    assert code(markdown).count(DENIED.message) == 1
    assert code(markdown).count(DENIED.hint) == 1
    assert blocks(markdown) == [["docker pull ghcr.io/acme/app@sha256:a"]]


def test_a_push_into_a_layout_which_nobody_pulls_from() -> None:
    place = replace(GHCR, registry="oci:out/app", repository="")
    markdown = told(replace(STEP, destinations=(place,)))

    assert rows(markdown)[1:] == [
        ["oci:out/app:1", "pushed", "sha256:a"],
        ["oci:out/app:latest", "moved", "sha256:a"],
    ]
    assert blocks(markdown) == []
    assert blocks(told(replace(STEP, destinations=(place, GHCR)))) == [
        ["docker pull ghcr.io/acme/app@sha256:a"]
    ]


def test_two_registries_with_one_problem_each() -> None:
    other = Problem(code="login", message="ghcr.io refused the login")
    places = (QUAY, replace(GHCR, digest=None, error=other), replace(QUAY, registry="a.io"))
    markdown = told(replace(STEP, result="failure", destinations=places, error=DENIED))

    assert [text for text in code(markdown) if text in (DENIED.message, other.message)] == [
        DENIED.message,
        other.message,
    ]
    assert "**denied**" in markdown
    assert "**login**" in markdown
    assert blocks(markdown) == []


def test_a_step_that_its_branch_excludes() -> None:
    step = StepResult(
        name="push", title="push", result="skipped", reason=BRANCH.message, conditions=(BRANCH,)
    )
    markdown = told(step)

    assert headings(markdown) == ["⏭️ push: skipped"]
    assert code(markdown) == ["push", BRANCH.message, BRANCH.expression, BRANCH.message]
    assert "→ false: " in markdown
    assert rows(markdown) == blocks(markdown) == []


def test_a_condition_without_a_message() -> None:
    markdown = told(replace(STEP, conditions=(replace(BRANCH, outcome="true", message=""),)))

    assert "- `main, /^v/` → true\n" in markdown


def test_a_condition_with_the_values_of_its_variables() -> None:
    condition = replace(
        BRANCH,
        name="onMain",
        kind="condition",
        expression="'${{CF_BRANCH}}' == 'main'",
        substituted="'main' == 'main'",
        outcome="true",
        message="",
    )
    markdown = told(replace(STEP, conditions=(condition,)))

    line = "- `onMain`: `'${{CF_BRANCH}}' == 'main'` with its values `'main' == 'main'` → true\n"
    assert line in markdown


NOTICES = {
    "alone": ((), "### ✅ `Release`: pushed 2 tags\n\n- Notice: `under latest`\n\n| Tag |"),
    "after conditions": (
        (replace(BRANCH, outcome="true", message=""),),
        "- `main, /^v/` → true\n- Notice: `under latest`\n\n| Tag |",
    ),
}


@pytest.mark.parametrize(("conditions", "lines"), NOTICES.values(), ids=NOTICES)
def test_section_1_4_what_was_filled_in_is_said(conditions: tuple[Condition, ...], lines: str) -> None:
    assert lines in told(replace(STEP, conditions=conditions, notices=("under latest",)))


def test_a_problem_with_a_picture() -> None:
    problem = Problem(code="condition-syntax", message="m", hint="h", picture=("a = b", "  ^"))
    markdown = summary(Report(result="failure", exit=2, errors=(problem,)))

    assert "- **condition-syntax** `m`<br>`a = b`<br>`   ^ `<br>`h`\n" in markdown


def test_a_dry_run() -> None:
    place = replace(GHCR, digest=None, result="skipped", tags=(TagResult(tag="1", status="planned"),))
    step = replace(STEP, result="skipped", reason="dry run: nothing was pushed", destinations=(place,))
    markdown = told(step)

    assert headings(markdown) == ["⏭️ Release: skipped"]
    assert rows(markdown)[1:] == [["ghcr.io/acme/app:1", "would be pushed", ""]]
    assert blocks(markdown) == []


def test_a_step_that_failed_before_it_pushed() -> None:
    problem = Problem(code="candidate", message="the Docker daemon has no image 'app'", hint="Build it.")
    markdown = told(replace(STEP, result="failure", image_id=None, destinations=(), error=problem))

    assert headings(markdown) == ["❌ Release: not pushed"]
    assert code(markdown) == ["Release", problem.message, problem.hint]


def test_a_step_whose_destinations_were_never_asked() -> None:
    problem = Problem(code="interrupted", message="signal 15 ended the run")
    place = replace(QUAY, error=None, tags=(TagResult(tag="1", status="not_attempted"),))
    markdown = told(replace(STEP, result="failure", destinations=(place,), error=problem))

    assert problem.message in code(markdown)
    assert rows(markdown)[1:] == [["quay.io/acme/app:1", "not tried", ""]]


HEADINGS = {
    2: "❌ Nothing was pushed",
    1: "❌ The run did not end well",
    130: "❌ The run did not end well",
    143: "❌ The run did not end well",
}


@pytest.mark.parametrize(("status", "heading"), HEADINGS.items())
def test_a_run_that_did_not_get_to_its_end(status: int, heading: str) -> None:
    problems = (DENIED, Problem(code="value", message="--tag: no", hint=""))
    markdown = told(errors=problems, exit_status=status)

    assert headings(markdown) == [heading]
    assert code(markdown) == [DENIED.message, DENIED.hint, "--tag: no"]


def test_an_error_beside_a_step() -> None:
    assert headings(told(STEP, errors=(DENIED,), exit_status=1)) == [
        "❌ The run did not end well",
        "✅ Release: pushed 2 tags",
    ]


def test_several_steps() -> None:
    second = replace(STEP, title="Second", destinations=(replace(GHCR, tags=GHCR.tags[:1]),))

    assert headings(told(STEP, second)) == ["✅ Release: pushed 2 tags", "✅ Second: pushed 1 tag"]


def test_nothing_at_all() -> None:
    assert told() == "\n"


STATUSES: dict[TagStatus, str] = {
    "created": "new",
    "moved": "moved",
    "unchanged": "was there",
    "pushed": "pushed",
    "planned": "would be pushed",
    "failed": "failed",
    "not_attempted": "not tried",
}


@pytest.mark.parametrize(("status", "word"), STATUSES.items(), ids=STATUSES.keys())
def test_every_status_has_its_word(status: TagStatus, word: str) -> None:
    markdown = told(replace(STEP, destinations=(replace(GHCR, tags=(TagResult(tag="1", status=status),)),)))

    digest = "" if status in ("planned", "failed", "not_attempted") else "sha256:a"
    assert rows(markdown)[1:] == [["ghcr.io/acme/app:1", word, digest]]


# --- no text changes the structure ---------------------------------------------------------------------

PLACEHOLDERS = [f"x{number}" for number in range(6)]
SOME = st.sampled_from(PLACEHOLDERS)
MAYBE = st.none() | SOME
PROBLEMS = st.builds(
    Problem,
    code=st.sampled_from(["denied", "value", "interrupted"]),
    message=SOME,
    hint=st.just("") | SOME,
    path=MAYBE,
)
TAGS = st.builds(
    TagResult,
    tag=SOME,
    status=st.sampled_from(sorted(STATUSES)),
    previous_digest=MAYBE,
    error=st.none() | PROBLEMS,
)
ENDINGS = st.sampled_from(["success", "failure", "skipped"])
PLACES = st.builds(
    DestinationResult,
    registry=SOME,
    repository=SOME,
    digest=MAYBE,
    result=ENDINGS,
    identity=MAYBE,
    error=st.none() | PROBLEMS,
    tags=st.lists(TAGS, max_size=3).map(tuple),
)
CONDITIONS = st.builds(
    Condition,
    name=SOME,
    kind=st.just("branch"),
    expression=SOME,
    substituted=SOME,
    outcome=st.sampled_from(["true", "false", "error", "not_evaluated"]),
    message=st.just("") | SOME,
)
STEPS = st.builds(
    StepResult,
    name=SOME,
    title=SOME,
    result=ENDINGS,
    reason=MAYBE,
    candidate=MAYBE,
    image_id=MAYBE,
    conditions=st.lists(CONDITIONS, max_size=2).map(tuple),
    notices=st.lists(SOME, max_size=2).map(tuple),
    destinations=st.lists(PLACES, max_size=2).map(tuple),
    error=st.none() | PROBLEMS,
)
REPORTS = st.builds(
    Report,
    result=ENDINGS,
    exit=st.sampled_from([0, 1, 2, 143]),
    errors=st.lists(PROBLEMS, max_size=2).map(tuple),
    steps=st.lists(STEPS, max_size=2).map(tuple),
)
TEXT = foreign.filter(bool)


@given(REPORTS, st.lists(TEXT, min_size=len(PLACEHOLDERS), max_size=len(PLACEHOLDERS), unique=True))
def test_section_4_no_text_changes_the_structure_of_the_summary(plain: Report, texts: list[str]) -> None:
    put_in = dict(zip(PLACEHOLDERS, texts, strict=True))
    markdown = summary(redacted(plain, lambda text: put_in.get(text, text)))

    assert structure(markdown) == structure(summary(plain))
    assert [len(row) for row in rows(markdown)] == [3] * len(rows(markdown))
    assert [len(lines) for lines in blocks(markdown)] == [len(lines) for lines in blocks(summary(plain))]
    assert not {part.kind for part in structure(markdown)} & {
        "html_block",
        "link_open",
        "image",
        "code_block",
    }
    assert {part.text for part in structure(markdown) if part.kind == "html_inline"} <= {"<br>"}
    markdown.encode()


@given(TEXT)
def test_section_4_text_is_shown_inside_code_and_nowhere_else(text: str) -> None:
    problem = Problem(code="denied", message=text, hint=text)
    place = replace(GHCR, registry=text, error=problem, digest=text)
    step = replace(
        STEP,
        title=text,
        reason=text,
        image_id=text,
        destinations=(place,),
        conditions=(replace(BRANCH, message=text),),
        notices=(text,),
    )
    markdown = told(step, errors=(problem,), exit_status=1)

    shown = visible(cut(text, 400)).replace("|", r"\x7c").strip()
    texts = [span.strip() for span in code(markdown)]
    # two errors with two texts each, the title, the reason, the condition, the notice, two digests,
    # the image ID
    assert texts.count(shown) == 11 or not shown
    assert [len(lines) for lines in blocks(markdown)] == [1]
    assert blocks(markdown)[0][0].startswith("docker pull ")
