"""The results table of push-step.md 2.2 and the outputs of interface 3, as one table of cases."""

import json
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import Problem
from pushstep.report.conclusion import MISUSED, Ended, conclude
from pushstep.report.document import on_one_line
from pushstep.report.outputs import for_later_steps, lines, outputs, without_secrets
from pushstep.result import ARRIVED, DestinationResult, Ending, StepResult, TagResult, TagStatus

DENIED = Problem(code="denied", message="ghcr.io denies the push")
BAD_INPUT = Problem(code="value", message="--tag: no")
STOPPED = Problem(code="interrupted", message="signal 15 ended the run")

EMPTY = {"image-id": "", "digest": "", "image": "", "tags": "", "registry": ""}


def place(
    registry: str, tags: dict[str, TagStatus], *, digest: str | None = None, result: Ending | None = None
) -> DestinationResult:
    """One destination; what it came to follows from its tags."""
    statuses = set(tags.values())
    seen: Ending = "skipped" if statuses <= {"planned"} else "success" if statuses <= ARRIVED else "failure"
    return DestinationResult(
        registry=registry,
        repository="acme/app",
        digest=digest,
        result=result or seen,
        tags=tuple(TagResult(tag=tag, status=status) for tag, status in tags.items()),
    )


def step(result: Ending, *places: DestinationResult, name: str = "push") -> StepResult:
    return StepResult(name=name, title=name, result=result, image_id=f"sha256:{name}", destinations=places)


GHCR = place("ghcr.io", {"1": "pushed", "latest": "pushed"}, digest="sha256:a")
QUAY = place("quay.io", {"1": "created", "2": "moved", "3": "unchanged"}, digest="sha256:b")
PARTIAL = place("quay.io", {"1": "pushed", "2": "failed", "3": "not_attempted"}, digest="sha256:b")
REFUSED = place("bad.io", {"1": "failed", "latest": "not_attempted"})
LAYOUT = place("oci:out/app", {"1": "created", "2": "moved"}, digest="sha256:c")
PLANNED = place("ghcr.io", {"1": "planned"})
UNTOUCHED = place("ghcr.io", {"1": "not_attempted"})

GHCR_OUT = {
    "image-id": "sha256:push",
    "digest": "sha256:a",
    "image": "ghcr.io/acme/app@sha256:a",
    "tags": "ghcr.io/acme/app:1\nghcr.io/acme/app:latest",
    "registry": "ghcr.io",
}
GHCR_LINE = "ghcr.io/acme/app@sha256:a"

LAYOUT_OUT = {
    "image-id": "sha256:push",
    "digest": "sha256:c",
    "image": "oci:out/app@sha256:c",
    "tags": "oci:out/app:1\noci:out/app:2",
    "registry": "oci:out/app",
}

SUCCESS = step("success", GHCR)
FAILURE = step("failure", REFUSED)
SKIPPED = step("skipped")


@dataclass(frozen=True, kw_only=True)
class Case:
    """Steps and how the run ended → what is told."""

    ended: list[Ended]
    errors: list[Problem] = field(default_factory=list)
    forced: int | None = None
    result: Ending
    exit: int
    outputs: dict[str, str] = field(default_factory=lambda: EMPTY)
    lines: list[str] = field(default_factory=list)


def fast(one: StepResult) -> Ended:
    return Ended(step=one)


def slow(one: StepResult) -> Ended:
    return Ended(step=one, fail_fast=False)


def strict(one: StepResult) -> Ended:
    return Ended(step=one, fail_fast=False, strict_fail_fast=True)


CASES = {
    # one step
    "a push": Case(ended=[fast(SUCCESS)], result="success", exit=0, outputs=GHCR_OUT, lines=[GHCR_LINE]),
    "a failure": Case(ended=[fast(FAILURE)], result="failure", exit=1),
    "a failure, fail_fast: false": Case(ended=[slow(FAILURE)], result="failure", exit=0),
    "a failure, fail_fast: false, strict": Case(ended=[strict(FAILURE)], result="failure", exit=1),
    "a failure, fail_fast: true, strict": Case(
        ended=[Ended(step=FAILURE, fail_fast=True, strict_fail_fast=True)], result="failure", exit=1
    ),
    "a success, fail_fast: false, strict": Case(
        ended=[strict(SUCCESS)], result="success", exit=0, outputs=GHCR_OUT, lines=[GHCR_LINE]
    ),
    "skipped": Case(ended=[fast(SKIPPED)], result="skipped", exit=0),
    "skipped, fail_fast: false, strict": Case(ended=[strict(SKIPPED)], result="skipped", exit=0),
    "a dry run": Case(ended=[fast(step("skipped", PLANNED))], result="skipped", exit=0),
    "a dry run that cannot log in": Case(
        ended=[fast(step("failure", PLANNED, UNTOUCHED))], result="failure", exit=1
    ),
    "nothing was tried": Case(ended=[fast(step("failure", UNTOUCHED))], result="failure", exit=1),
    # several destinations: what is really there
    "two registries": Case(
        ended=[fast(step("success", GHCR, QUAY))],
        result="success",
        exit=0,
        outputs={
            **GHCR_OUT,
            "tags": "ghcr.io/acme/app:1\nghcr.io/acme/app:latest\n"
            "quay.io/acme/app:1\nquay.io/acme/app:2\nquay.io/acme/app:3",
        },
        lines=[GHCR_LINE],
    ),
    "a layout": Case(
        ended=[fast(step("success", LAYOUT))],
        result="success",
        exit=0,
        outputs=LAYOUT_OUT,
        lines=["oci:out/app@sha256:c"],
    ),
    "the second refuses": Case(
        ended=[fast(step("failure", GHCR, REFUSED))], result="failure", exit=1, outputs=GHCR_OUT
    ),
    "the second refuses, fail_fast: false": Case(
        ended=[slow(step("failure", GHCR, REFUSED))], result="failure", exit=0, outputs=GHCR_OUT
    ),
    "the first refuses": Case(
        ended=[fast(step("failure", REFUSED, GHCR))], result="failure", exit=1, outputs=GHCR_OUT
    ),
    "the first takes a part": Case(
        ended=[fast(step("failure", PARTIAL, GHCR))],
        result="failure",
        exit=1,
        outputs={
            **GHCR_OUT,
            "tags": "quay.io/acme/app:1\nghcr.io/acme/app:1\nghcr.io/acme/app:latest",
        },
    ),
    "the only one takes a part": Case(
        ended=[fast(step("failure", PARTIAL))],
        result="failure",
        exit=1,
        outputs={
            "image-id": "sha256:push",
            "digest": "sha256:b",
            "image": "quay.io/acme/app@sha256:b",
            "tags": "quay.io/acme/app:1",
            "registry": "quay.io",
        },
    ),
    "pushed, but no digest is known": Case(
        ended=[fast(step("success", replace(GHCR, digest=None)))],
        result="success",
        exit=0,
        outputs={**GHCR_OUT, "digest": "", "image": ""},
    ),
    "pushed, but no image ID is known": Case(
        ended=[fast(replace(SUCCESS, image_id=None))],
        result="success",
        exit=0,
        outputs={**GHCR_OUT, "image-id": ""},
        lines=[GHCR_LINE],
    ),
    # several steps: the outputs of the first that pushed something
    "two pushes": Case(
        ended=[fast(SUCCESS), fast(step("success", QUAY, name="second"))],
        result="success",
        exit=0,
        outputs=GHCR_OUT,
        lines=[GHCR_LINE, "quay.io/acme/app@sha256:b"],
    ),
    "skipped, then a push": Case(
        ended=[fast(SKIPPED), fast(SUCCESS)], result="success", exit=0, outputs=GHCR_OUT, lines=[GHCR_LINE]
    ),
    "a failure, then skipped": Case(ended=[fast(FAILURE), fast(SKIPPED)], result="failure", exit=1),
    "a failure, fail_fast: false, then a push": Case(
        ended=[slow(FAILURE), fast(SUCCESS)], result="failure", exit=0, outputs=GHCR_OUT, lines=[GHCR_LINE]
    ),
    "a failure, fail_fast: false, strict, then a push": Case(
        ended=[strict(FAILURE), fast(SUCCESS)], result="failure", exit=1, outputs=GHCR_OUT, lines=[GHCR_LINE]
    ),
    "a failure, fail_fast: false, then another that is not": Case(
        ended=[slow(FAILURE), fast(FAILURE)], result="failure", exit=1
    ),
    "a push, then a failure": Case(
        ended=[fast(SUCCESS), fast(FAILURE)], result="failure", exit=1, outputs=GHCR_OUT, lines=[GHCR_LINE]
    ),
    "a part, then a push": Case(
        ended=[slow(step("failure", PARTIAL, name="first")), fast(SUCCESS)],
        result="failure",
        exit=0,
        outputs={
            "image-id": "sha256:first",
            "digest": "sha256:b",
            "image": "quay.io/acme/app@sha256:b",
            "tags": "quay.io/acme/app:1",
            "registry": "quay.io",
        },
        lines=[GHCR_LINE],
    ),
    "all skipped": Case(ended=[fast(SKIPPED), fast(SKIPPED)], result="skipped", exit=0),
    "no steps at all": Case(ended=[], result="skipped", exit=0),
    # runs that did not get to their end
    "bad input": Case(ended=[], errors=[BAD_INPUT], forced=MISUSED, result="failure", exit=2),
    "bad input is never softened": Case(
        ended=[slow(SKIPPED)], errors=[BAD_INPUT], forced=MISUSED, result="failure", exit=2
    ),
    "SIGINT before anything": Case(ended=[], errors=[STOPPED], forced=130, result="failure", exit=130),
    "SIGTERM after a push": Case(
        ended=[fast(SUCCESS)], forced=143, result="failure", exit=143, outputs=GHCR_OUT, lines=[GHCR_LINE]
    ),
    "SIGTERM in a failure, fail_fast: false": Case(
        ended=[slow(FAILURE)], forced=143, result="failure", exit=143
    ),
    "a bug": Case(ended=[], errors=[DENIED], forced=1, result="failure", exit=1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_section_2_2_and_interface_3(case: Case) -> None:
    report = conclude(case.ended, errors=case.errors, forced=case.forced)

    assert (report.result, report.exit) == (case.result, case.exit)
    assert report.version == 1
    assert report.errors == tuple(case.errors)
    assert report.steps == tuple(one.step for one in case.ended)
    assert outputs(report) == {**case.outputs, "result": case.result, "json": on_one_line(report)}
    assert lines(report) == case.lines


HALTS = {
    "a failure": (fast(FAILURE), True),
    "a failure, strict": (Ended(step=FAILURE, strict_fail_fast=True), True),
    "a failure, fail_fast: false": (slow(FAILURE), False),
    "a failure, fail_fast: false, strict": (strict(FAILURE), False),
    "a success": (fast(SUCCESS), False),
    "skipped": (fast(SKIPPED), False),
}


@pytest.mark.parametrize(("ended", "expected"), HALTS.values(), ids=HALTS)
def test_section_2_2_what_later_steps_are_skipped_for(ended: Ended, *, expected: bool) -> None:
    assert ended.halts is expected


def test_interface_3_the_outputs_are_these_in_this_order() -> None:
    assert list(outputs(conclude([]))) == [
        "image-id",
        "digest",
        "image",
        "tags",
        "registry",
        "result",
        "json",
    ]


ARRIVALS = {
    "created": True,
    "moved": True,
    "unchanged": True,
    "pushed": True,
    "planned": False,
    "failed": False,
    "not_attempted": False,
}


@pytest.mark.parametrize(("status", "expected"), ARRIVALS.items(), ids=ARRIVALS.keys())
def test_interface_3_which_tags_now_point_at_the_image(status: TagStatus, *, expected: bool) -> None:
    assert place("a.io", {"1": status}).arrived == (("a.io/acme/app:1",) if expected else ())


# --- secrets in outputs --------------------------------------------------------------------------------

SECRETS = {
    "none": ("hunter2", []),
    "in the registry": ("ghcr.io", ["image", "tags", "registry"]),
    "in the digest": ("sha256:a", ["digest", "image"]),
    "in a tag": (":latest", ["tags"]),
    "in what is pushstep's own": ("success", []),
}


@pytest.mark.parametrize(("secret", "emptied"), SECRETS.values(), ids=SECRETS)
def test_section_3_an_output_that_holds_a_secret_is_left_empty(secret: str, emptied: list[str]) -> None:
    values = {**GHCR_OUT, "result": "success"}

    left, names = without_secrets(values, lambda text: secret in text)

    assert names == emptied
    assert left == {name: "" if name in emptied else value for name, value in values.items()}
    assert values == {**GHCR_OUT, "result": "success"}


# --- anything ------------------------------------------------------------------------------------------

STATUSES: list[TagStatus] = ["created", "moved", "unchanged", "pushed", "planned", "failed", "not_attempted"]
PLACES = st.builds(
    place,
    st.sampled_from(["a.io", "b.io"]),
    st.dictionaries(st.sampled_from(["1", "2", "3"]), st.sampled_from(STATUSES), min_size=1),
    digest=st.sampled_from([None, "sha256:a", "sha256:b"]),
)
ENDED = st.builds(
    lambda places, result, fail_fast, strict_fail_fast: Ended(
        step=step(result, *places), fail_fast=fail_fast, strict_fail_fast=strict_fail_fast
    ),
    st.lists(PLACES, max_size=3),
    st.sampled_from(["success", "failure", "skipped"]),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(ENDED, max_size=3), st.sampled_from([None, 2, 130, 143]))
def test_what_is_told_fits_together(ended: list[Ended], forced: int | None) -> None:
    report = conclude(ended, forced=forced)
    told = outputs(report)

    there = [name for one in report.steps for some in one.destinations for name in some.arrived]
    assert bool(told["tags"]) == bool(there)
    assert set(told["tags"].split("\n")) <= {*there, ""}
    assert (told["image"] == f"{told['registry']}/acme/app@{told['digest']}") == bool(told["digest"])
    assert all(told["tags"] for name in ("image", "digest", "registry") if told[name])
    assert json.loads(told["json"])["result"] == told["result"] == report.result
    assert (report.exit == 0) or report.result == "failure"
    assert "\n" not in told["json"]


LATER = {
    "pushed": (SUCCESS, ("success", "sha256:push", GHCR_OUT["image"], "ghcr.io")),
    "half pushed": (
        step("failure", REFUSED, PARTIAL),
        ("failure", "sha256:push", "quay.io/acme/app@sha256:b", "quay.io"),
    ),
    "pushed into a layout": (
        step("success", LAYOUT),
        ("success", "sha256:push", "oci:out/app@sha256:c", "oci:out/app"),
    ),
    "not pushed": (FAILURE, ("failure", "", "", "")),
    "skipped": (SKIPPED, ("skipped", "", "", "")),
    "rehearsed": (step("skipped", PLANNED), ("success", "sha256:push", "", "ghcr.io")),
    "rehearsed, and one refused": (step("failure", PLANNED, UNTOUCHED), ("failure", "", "", "")),
}


@pytest.mark.parametrize(("ended", "expected"), LATER.values(), ids=LATER)
def test_section_3_what_later_steps_may_ask_for(ended: StepResult, expected: tuple[str, ...]) -> None:
    found = for_later_steps(ended)

    assert (found.result, found.image_id, found.repo_digest, found.registry) == expected
