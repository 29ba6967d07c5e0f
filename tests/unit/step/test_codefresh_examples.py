"""The documents of docs/examples/codefresh, as docs/codefresh.md says that they run here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from pushstep.ci.protocol import Context
from pushstep.conditions.decision import Decision, Run, Skip
from pushstep.conditions.names import Known, StepEnding
from pushstep.conditions.when import decide
from pushstep.errors import InputError
from pushstep.fields import FIELDS
from pushstep.javascript import JavaScript
from pushstep.push.choice import choose
from pushstep.push.plan import plan
from pushstep.push.retry import waits
from pushstep.step.model import Credentials, Retry
from pushstep.step.operations import Evaluate, Note
from pushstep.step.pipeline import checked, pipeline
from pushstep.step.raw import RawStep
from pushstep.step.registries import read
from pushstep.step.resolution import operations, resolve, when_of
from pushstep.step.variables import StepOutputs, Variables, given
from tests.unit.step.documents import good, named
from tests.unit.step.test_original import CREDENTIALS, INTEGRATION

EXAMPLES = Path(__file__).parents[3] / "docs/examples/codefresh"
WORKFLOWS = {"github", "gitlab"}
FEATURE = {"build_step_name": "built:ci", "CF_BRANCH": "FB-1", "CF_SHORT_REVISION": "0123456"}
ID = "sha256:" + "1" * 64


@pytest.fixture(scope="module")
def engine() -> Iterator[JavaScript]:
    with JavaScript() as engine:
        yield engine


@dataclass(frozen=True, kw_only=True)
class Example:
    """What one document of one step comes to."""

    gives: Mapping[str, object]
    """Field → its value, with the variables in."""
    pushes_to: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=lambda: FEATURE)
    environ: Mapping[str, str] = field(default_factory=dict)


TAGS = Example(
    gives={"bare_tags": ("tag1", "tag2", "FB-1", "tag4")},
    variables={"build_step_name": "acme/built:ci", "CF_BRANCH": "FB-1"},
    pushes_to=tuple(f"docker.io/acme/built:{tag}" for tag in ("tag1", "tag2", "FB-1", "tag4")),
)
CASES = {
    "integration": Example(
        registries=("my-registry",),
        gives={
            "name": "step_name",
            "title": "Step Title",
            "description": "Free text description",
            "bare_tags": ("latest",),
            "image_name": "codefresh/app",
            "registry": ("my-registry",),
            "fail_fast": False,
            "retry": Retry.model_construct(max_attempts=3, delay=5, exponential_factor=2),
        },
    ),
    "credentials": Example(
        gives={
            "bare_tags": ("latest", "FB-1"),
            "registry": ("dtr.host.com",),
            "credentials": Credentials(username="subject", password="credentials"),
            "fail_fast": False,
        },
        pushes_to=("dtr.host.com/codefresh/app:latest", "dtr.host.com/codefresh/app:FB-1"),
    ),
    "tags-lines": TAGS,
    "tags-list": TAGS,
    "ecr": Example(
        gives={
            "provider": "ecr",
            "region": "eu-west-1",
            "access_key_id": "AKIA",
            "secret_access_key": "hunter2",
            "image_name": "codefresh/app",
        },
        environ={"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hunter2"},
    ),
    "shared": Example(
        gives={"credentials": Credentials(username="bot", password="hunter2")},
        variables={"build_step_name": "built:ci", "CF_BRANCH_TAG_NORMALIZED_LOWER_CASE": "fb-1"},
        environ={"REGISTRY": "ghcr.io", "REGISTRY_USER": "bot", "REGISTRY_PASSWORD": "hunter2"},
        pushes_to=("ghcr.io/codefresh/app:fb-1",),
    ),
}


def steps(name: str, engine: JavaScript) -> tuple[RawStep, ...]:
    found = pipeline((EXAMPLES / f"{name}.yml").read_text(), name=f"{name}.yml")
    assert checked(found, engine) == ()
    assert found.notices == (
        ("steps.build_image is not run here: it is a step of type build",) if name == "pipeline" else ()
    )
    assert [step.remarks() for step in found.steps] == [()] * len(found.steps)
    return found.steps


@pytest.mark.parametrize("name", CASES)
def test_an_example_is_what_the_page_says(engine: JavaScript, name: str) -> None:
    case = CASES[name]
    (raw,) = steps(name, engine)
    assert raw.name == "step_name"

    step = resolve(raw, Variables(given=case.variables, environ=case.environ), named(*case.registries))

    assert step.candidate.text == case.variables["build_step_name"]
    assert {name: getattr(step, name) for name in case.gives} == case.gives
    if case.pushes_to:
        laid = plan(step, Context(ci="plain"))
        assert tuple(f"{one.name}:{tag}" for one in laid.destinations for tag in one.tags) == case.pushes_to


@pytest.mark.parametrize("name", ["integration", "credentials"])
@pytest.mark.parametrize(
    ("branch", "expected"), [("FB-1", Run), ("my-fb-x", Run), ("main", Skip), (None, Skip)]
)
def test_the_branches_of_the_original_examples(
    engine: JavaScript, name: str, branch: str | None, expected: type[Decision]
) -> None:
    (raw,) = steps(name, engine)
    variables = {"CF_BRANCH": branch} if branch else {}

    assert isinstance(decide(when_of(raw)[0], Known(variables=variables), engine), expected)


@pytest.mark.parametrize(("name", "original"), [("integration", INTEGRATION), ("credentials", CREDENTIALS)])
def test_an_original_example_is_changed_in_nothing_but_its_dots(
    engine: JavaScript, name: str, original: str
) -> None:
    (ours,), (theirs,) = steps(name, engine), good(original)
    filled = set(ours.fields) - set(theirs.fields)

    assert filled <= {"on_success", "on_fail", "on_finish", "retry"}
    assert {key: ours.fields[key] for key in ours.fields if key not in filled} == dict(theirs.fields)


def test_the_waits_that_the_page_tells() -> None:
    retry = CASES["integration"].gives["retry"]
    assert isinstance(retry, Retry)
    assert list(waits(retry, jitter=lambda: 0)) == [25, 300]


def test_a_logical_name_is_what_the_registries_document_says(engine: JavaScript) -> None:
    registries = read((EXAMPLES / "registries.yml").read_text(), name="registries.yml")
    assert (registries.problems, registries.notices) == ((), ())
    (raw,) = steps("integration", engine)
    variables = Variables(given=FEATURE, environ={"REGISTRY_USER": "bot", "REGISTRY_PASSWORD": "hunter2"})

    step = resolve(raw, variables, registries.kinds)
    laid = plan(step, Context(ci="plain"), choice=choose(step, registries.entries(variables)))

    (destination,) = laid.destinations
    assert (destination.name, destination.tags) == ("registry.example.com/codefresh/app", ("latest",))
    assert destination.entry
    assert (destination.entry.username, destination.entry.password) == ("bot", "hunter2")
    with pytest.raises(InputError) as caught:
        resolve(raw, variables)
    assert [one.path for one in caught.value.problems] == ["step_name.registry[0]"]


def test_a_branch_with_a_slash_is_no_tag(engine: JavaScript) -> None:
    (raw,) = steps("credentials", engine)
    with pytest.raises(InputError) as caught:
        resolve(raw, Variables(given={**FEATURE, "CF_BRANCH": "FB-1/x"}))

    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("reference", "step_name.tags[1]")
    assert "CF_BRANCH_TAG_NORMALIZED" in problem.hint


def test_what_is_done_after_the_original_examples(engine: JavaScript) -> None:
    variables = Variables(
        given=FEATURE, steps={"step_name": StepOutputs(result="success", image_id=ID, repo_digest="x@y")}
    )
    (raw,) = steps("integration", engine)
    success, finish = operations(raw, variables, "success")
    assert success.annotations
    assert success.annotations.set[0].annotations == (Note(name="pushed"),)
    assert finish.annotations
    assert finish.annotations.set[0].annotations == (
        Note(name="on_main", value=Evaluate(expression='"${{CF_BRANCH}}" == "main"')),
    )
    failure, _ = operations(raw, variables, "failure")
    assert failure.annotations
    assert failure.annotations.set[0].annotations == (Note(name="push_failed", value="0123456"),)

    (raw,) = steps("credentials", engine)
    success, finish = operations(raw, variables, "success")
    assert success.metadata
    assert [(one.image, one.notes) for one in success.metadata.set] == [
        (ID, (Note(name="tested", value="true"),))
    ]
    assert finish.annotations
    assert finish.annotations.unset[0].annotations == ("in_progress",)


# --- the pipeline --------------------------------------------------------------------------------------

BUILT: dict[str, str] = {"build_image": "app:ci", "CF_SHORT_REVISION": "0123456"}
MAIN = {**BUILT, "CF_BRANCH": "main", "CF_BRANCH_TAG_NORMALIZED": "main"}


def test_the_first_push_of_the_pipeline(engine: JavaScript) -> None:
    first, second = steps("pipeline", engine)
    assert (first.name, second.name) == ("push_one", "push_two")

    step = resolve(first, Variables(given=MAIN))
    (destination,) = plan(step, Context(ci="plain")).destinations
    assert (step.candidate.text, step.stage) == ("app:ci", "push")
    assert (destination.name, destination.tags) == ("registry.example.com/team/app", ("main", "0123456"))


def test_the_second_push_of_the_pipeline_takes_what_the_first_has_pushed(engine: JavaScript) -> None:
    _, second = steps("pipeline", engine)
    pushed = {"push_one": StepOutputs(result="success", image_id=ID, registry="registry.example.com")}

    step = resolve(second, Variables(given=MAIN, steps=pushed))
    (destination,) = plan(step, Context(ci="plain")).destinations
    assert step.candidate.text == ID
    assert (destination.name, destination.tags) == ("quay.io/acme/app", ("latest",))

    (after,) = operations(second, Variables(given=MAIN, steps=pushed), "success")
    assert after.annotations
    assert after.annotations.set[0].annotations == (Note(name="published", value="0123456"),)


# result of the first, branch, commit message → whether the second runs
DECISIONS: list[tuple[StepEnding, str, str | None, bool]] = [
    ("success", "main", None, True),
    ("success", "main", "Fix it", True),
    ("success", "main", 'Fix [No release] "now"', False),
    ("success", "feature/x", "Fix it", False),
    ("skipped", "main", "Fix it", False),
    ("failure", "main", "Fix it", False),
]


@pytest.mark.parametrize(("result", "branch", "message", "runs"), DECISIONS)
def test_the_condition_between_them(
    engine: JavaScript, result: StepEnding, branch: str, message: str | None, *, runs: bool
) -> None:
    _, second = steps("pipeline", engine)
    variables = {**MAIN, "CF_BRANCH": branch, **({"CF_COMMIT_MESSAGE": message} if message else {})}
    known = Known(variables=variables, results={"build_image": "not-run-here", "push_one": result})

    assert isinstance(decide(when_of(second)[0], known, engine), Run if runs else Skip)


# --- where it is run -----------------------------------------------------------------------------------


def inputs(name: str) -> dict[str, str]:
    """What a workflow gives to the run, by the names of inputs."""
    found: dict[str, Any] = yaml.safe_load((EXAMPLES / f"{name}.yml").read_text())
    if name == "github":
        (step,) = (one for one in found["jobs"]["image"]["steps"] if "pushstep" in one.get("uses", ""))
        return dict(step["with"])
    names = {one.environment: one.name for one in FIELDS}
    return {names[key]: value for key, value in found["push"]["variables"].items()}


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_a_workflow_hands_over_the_document_and_what_it_does_not_run(name: str) -> None:
    told = inputs(name)
    assert set(told) == {"step", "variables"}
    assert (EXAMPLES / told["step"]).is_file()

    values, problems = given(re.sub(r"\$\w+", "word", told["variables"]), {})
    assert problems == ()
    (not_run,) = pipeline((EXAMPLES / told["step"]).read_text(), name="x").not_run
    assert set(values) == {not_run}
    built = next(
        line for line in (EXAMPLES / f"{name}.yml").read_text().splitlines() if "docker build" in line
    )
    assert told["variables"].partition("=")[2] in built


def test_every_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.yml")} == {*CASES, *WORKFLOWS, "pipeline", "registries"}
