"""What a run decides from its results: push-step.md 2.2 and interface 3, as one table."""

import json
from dataclasses import dataclass

import pytest

from pushstep.errors import Problem
from pushstep.report.conclusion import Ended, conclude
from pushstep.report.outputs import lines, outputs, without_secrets
from pushstep.result import Ending, StepResult
from tests.support.reports import DIGEST, ID, OTHER_DIGEST, place, step

HERE, THERE = "here.example", "there.example"
PUSHED = step("success", place(HERE, "pushed", "pushed"))
FAILED = step("failure", place(HERE, "failed", result="failure", digest=None))
HALF = step("failure", place(HERE, "pushed", "failed", result="failure"))
OTHER = step(
    "failure",
    place(HERE, "failed", result="failure", digest=None),
    place(THERE, "moved", digest=OTHER_DIGEST),
)
MIXED = step("failure", place(HERE, "created", "failed", result="failure"), place(THERE, "unchanged"))
SKIPPED = StepResult(name="push", title="push", result="skipped", reason="dry run")
DRY = step("skipped", place(HERE, "planned", result="skipped", digest=None))
UNDECIDED = StepResult(name="push", title="push", result="failure")


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a run came to, and what it says of it. `soft` is `fail_fast: false`, `strict` the other one."""

    steps: tuple[StepResult, ...]
    result: Ending
    status: int
    soft: bool = False
    strict: bool = False
    forced: int | None = None
    digest: str = ""
    registry: str = ""
    tags: tuple[str, ...] = ()
    out: tuple[str, ...] = ()


def at(host: str, *tags: str) -> tuple[str, ...]:
    return tuple(f"{host}/a/b:{tag}" for tag in tags)


IMAGE = f"{HERE}/a/b@{DIGEST}"
TABLE: dict[str, Row] = {
    "pushed": Row(
        steps=(PUSHED,),
        result="success",
        status=0,
        digest=DIGEST,
        registry=HERE,
        tags=at(HERE, "t0", "t1"),
        out=(IMAGE,),
    ),
    "skipped by when": Row(steps=(SKIPPED,), result="skipped", status=0),
    "dry run": Row(steps=(DRY,), result="skipped", status=0),
    "no steps at all": Row(steps=(), result="skipped", status=0),
    "failed": Row(steps=(FAILED,), result="failure", status=1),
    "failed, fail_fast: false": Row(steps=(FAILED,), result="failure", status=0, soft=True),
    "failed, and strict": Row(steps=(FAILED,), result="failure", status=1, soft=True, strict=True),
    "pushed, and strict": Row(
        steps=(PUSHED,),
        result="success",
        status=0,
        soft=True,
        strict=True,
        digest=DIGEST,
        registry=HERE,
        tags=at(HERE, "t0", "t1"),
        out=(IMAGE,),
    ),
    "could not be decided": Row(steps=(UNDECIDED,), result="failure", status=1),
    "one tag of two": Row(
        steps=(HALF,), result="failure", status=1, digest=DIGEST, registry=HERE, tags=at(HERE, "t0")
    ),
    "one tag of two, fail_fast: false": Row(
        steps=(HALF,),
        result="failure",
        status=0,
        soft=True,
        digest=DIGEST,
        registry=HERE,
        tags=at(HERE, "t0"),
    ),
    "one registry of two": Row(
        steps=(OTHER,), result="failure", status=1, digest=OTHER_DIGEST, registry=THERE, tags=at(THERE, "t0")
    ),
    "the first destination that succeeded goes before one that has some": Row(
        steps=(MIXED,),
        result="failure",
        status=1,
        digest=DIGEST,
        registry=THERE,
        tags=at(HERE, "t0") + at(THERE, "t0"),
    ),
    "outputs are those of the first step that pushed": Row(
        steps=(SKIPPED, PUSHED),
        result="success",
        status=0,
        digest=DIGEST,
        registry=HERE,
        tags=at(HERE, "t0", "t1"),
        out=(IMAGE,),
    ),
    "a failure among successes": Row(
        steps=(PUSHED, FAILED),
        result="failure",
        status=1,
        digest=DIGEST,
        registry=HERE,
        tags=at(HERE, "t0", "t1"),
        out=(IMAGE,),
    ),
    "two steps, a line each": Row(
        steps=(PUSHED, PUSHED),
        result="success",
        status=0,
        digest=DIGEST,
        registry=HERE,
        tags=at(HERE, "t0", "t1"),
        out=(IMAGE, IMAGE),
    ),
    "bad input": Row(steps=(), result="failure", status=2, forced=2),
    "bad input is never softened": Row(steps=(FAILED,), result="failure", status=2, soft=True, forced=2),
    "SIGINT": Row(
        steps=(HALF,),
        result="failure",
        status=130,
        forced=130,
        digest=DIGEST,
        registry=HERE,
        tags=at(HERE, "t0"),
    ),
    "SIGTERM, fail_fast: false": Row(steps=(FAILED,), result="failure", status=143, soft=True, forced=143),
}


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_section_2_2_and_interface_3(row: Row) -> None:
    ended = [Ended(step=one, fail_fast=not row.soft, strict_fail_fast=row.strict) for one in row.steps]

    report = conclude(ended, forced=row.forced)

    assert (report.result, report.exit) == (row.result, row.status)
    values = outputs(report)
    assert list(values) == ["image-id", "digest", "image", "tags", "registry", "result", "json"]
    assert values["result"] == row.result
    assert values["digest"] == row.digest
    assert values["registry"] == row.registry
    assert values["tags"].split("\n") == list(row.tags or [""])
    assert values["image-id"] == (ID if row.digest else "")
    assert values["image"] == (f"{row.registry}/a/b@{row.digest}" if row.digest else "")
    assert json.loads(values["json"])["exit"] == row.status
    assert tuple(lines(report)) == row.out


@pytest.mark.parametrize(
    ("result", "fail_fast", "halts"),
    [("failure", True, True), ("failure", False, False), ("success", True, False), ("skipped", True, False)],
)
def test_section_2_2_only_a_failure_that_fails_fast_halts_later_steps(
    result: Ending, fail_fast: bool, halts: bool
) -> None:
    assert Ended(step=step(result), fail_fast=fail_fast).halts is halts


def test_errors_of_the_run_are_kept() -> None:
    problem = Problem(code="value", message="no")

    assert conclude([], errors=[problem], forced=2).errors == (problem,)


def test_interface_3_an_output_with_a_secret_is_left_empty() -> None:
    values = outputs(conclude([Ended(step=PUSHED)]))

    kept, emptied = without_secrets(values, lambda text: HERE in text)

    assert emptied == ["image", "tags", "registry", "json"]
    assert [name for name, value in kept.items() if not value] == emptied
    assert kept["digest"] == DIGEST
    assert kept["image-id"] == ID


def test_the_result_is_no_secret() -> None:
    """A password `success` would be found in it, and hide nothing."""
    assert without_secrets({"result": "success"}, lambda _: True) == ({"result": "success"}, [])
