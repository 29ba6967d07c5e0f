"""Every trap of codefresh.md 3 and 18 as a document, and what comes of it here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from pushstep.ci.protocol import Context
from pushstep.conditions.decision import Decision, Fail, Run, Skip
from pushstep.conditions.names import Known, StepEnding
from pushstep.conditions.when import decide
from pushstep.errors import InputError
from pushstep.javascript import JavaScript
from pushstep.push.plan import plan
from pushstep.push.retry import waits
from pushstep.registry.reference import LocalImage
from pushstep.step.candidate import RemoteImage
from pushstep.step.model import Retry, Step
from pushstep.step.pipeline import checked, pipeline
from pushstep.step.resolution import resolve, when_of
from pushstep.step.shapes import Pipeline
from pushstep.step.variables import StepOutputs, Variables, given
from tests.unit.step.documents import named

Told = list[tuple[str, str | None]]


@pytest.fixture(scope="module")
def engine() -> Iterator[JavaScript]:
    with JavaScript() as engine:
        yield engine


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A document, and what is expected of it; the parts that are not given are not asked for."""

    text: str
    problems: Told = field(default_factory=list)
    """Code and path of what is wrong before anything runs; with one, nothing else happens."""
    variables: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, StepEnding] = field(default_factory=dict)
    registries: tuple[str, ...] = ()
    decision: type[Decision] = Run
    hint: str = ""
    """A part of the hint, where it fails or is refused."""
    refused: Told = field(default_factory=list)
    """Code and path of what is wrong when the variables are in."""
    gives: Mapping[str, object] = field(default_factory=dict)
    """Field of the last step → its value."""
    pushes_to: str = ""
    notices: tuple[str, ...] = ()
    """About how it was read."""
    order: tuple[str, ...] = ()


def entries(step: Step) -> list[str]:
    return [entry.text for entry in step.when.branch.only]


def one(tag: str) -> Trap:
    """A scalar that YAML takes for something else: it is the tag, and the branch, that was written."""
    text = f"candidate: a\ntag: {tag}\ntitle: {tag}\nwhen: {{branch: {{only: [{tag}]}}}}"
    bare = tag.strip("'\"")
    return Trap(text=text, variables={"CF_BRANCH": bare}, gives={"tag": bare, "title": bare})


def asked(expression: str) -> str:
    return f"candidate: a\nwhen: {{condition: {{all: {{it: {expression}}}}}}}"


READ_AS_A_NAME = "when.branch.only: {} is read as a name, as no / ends it; no git branch starts with /"
# number and title of the trap → what it comes to
TRAPS: dict[str, Trap] = {
    "3 1234567": one("1234567"),
    "3 0123456": one("0123456"),
    "3 1e5": one("1e5"),
    "3 12345e7": one("12345e7"),
    "3 1.10": one("1.10"),
    "3 yes": one("yes"),
    "3 on": one("on"),
    "3 off": one("off"),
    "3 1:30": Trap(text="candidate: a\ntag: 1:30", problems=[("reference", "tag")]),
    "3 1:30, where a colon may stand": Trap(text="candidate: a\ntitle: 1:30", gives={"title": "1:30"}),
    "3 1_000": one("1_000"),
    "3 2019-01-01": one("2019-01-01"),
    "3 08": one("08"),
    "3 2.0.0": one("2.0.0"),
    "3 v1.0": one("v1.0"),
    "3 /FB-/i": Trap(
        text="candidate: a\nwhen:\n  branch:\n    only:\n    - /FB-/i", variables={"CF_BRANCH": "my-fb-x"}
    ),
    "3 ${{X}}": Trap(text="candidate: a\ntag: ${{X}}", variables={"X": "1.10"}, gives={"tag": "1.10"}),
    "3 /a #b/": Trap(
        text="candidate: a\nwhen:\n  branch:\n    only:\n    - /a #b/",
        variables={"CF_BRANCH": "a #b"},
        decision=Skip,
        notices=(READ_AS_A_NAME.format("/a"),),
    ),
    "3 /a #b/, in quotes": Trap(
        text="candidate: a\nwhen:\n  branch:\n    only:\n    - '/a #b/'", variables={"CF_BRANCH": "a #b"}
    ),
    "3 /^a: b/": Trap(
        text="candidate: a\nwhen:\n  branch:\n    only:\n    - /^a: b/",
        problems=[("value", "when.branch.only[0]")],
    ),
    "3 [ /a,b/ ]": Trap(
        text="candidate: a\nwhen: {branch: {only: [ /a,b/ ]}}",
        variables={"CF_BRANCH": "a,b"},
        decision=Skip,
        notices=(READ_AS_A_NAME.format("/a"),),
    ),
    "3.1 a loader of few types": Trap(
        text="candidate: 0123456\nimage_name: 1e5/08\nregistry: [1.10:443]\ntags: [1.10, on, 1_000]",
        gives={
            "bare_tags": ("1.10", "on", "1_000"),
            "candidate": LocalImage(text="0123456", repository="0123456"),
            "image_name": "1e5/08",
            "registry": ("1.10:443",),
        },
    ),
    "3.2 variables that read as numbers": Trap(
        text="candidate: a\ntags: [${{CF_BUILD_ID}}, ${{CF_BUILD_TIMESTAMP}}, ${{CF_SHORT_REVISION}}]",
        variables={
            "CF_BUILD_ID": "17",
            "CF_BUILD_TIMESTAMP": "1548979200000",
            "CF_SHORT_REVISION": "0123456",
        },
        gives={"bare_tags": ("17", "1548979200000", "0123456")},
    ),
    "3.3 tabs and spaces": Trap(
        text="steps:\n  a:\n\t type: push\n    candidate: a", problems=[("yaml", "push.yaml")]
    ),
    "3.4 anchors, aliases and merges": Trap(
        text="indicators:\n- &all {type: push, registry: ghcr.io, tag: a}\n"
        "steps:\n  it: {<<: *all, candidate: app, tag: b}",
        gives={"registry": ("ghcr.io",), "tag": "b"},
    ),
    "18.1 another account than the image's": Trap(
        text="candidate: foo_username/my_image\ncredentials: {username: bar_username, password: p}",
        pushes_to="docker.io/foo_username/my_image",
    ),
    "18.1 its remedy": Trap(
        text="candidate: foo_username/my_image\nimage_name: bar_username/my_image\n"
        "credentials: {username: bar_username, password: p}",
        pushes_to="docker.io/bar_username/my_image",
    ),
    "18.2 a raw branch as tag": Trap(
        text="candidate: a\ntag: ${{CF_BRANCH}}",
        variables={"CF_BRANCH": "feature/x"},
        refused=[("reference", "tag")],
        hint="CF_BRANCH_TAG_NORMALIZED",
    ),
    "18.3 a missing variable": Trap(
        text="candidate: a\ntag: ${{CF_RELEASE_TAG}}",
        refused=[("variable", "tag")],
        hint="--variables CF_RELEASE_TAG=",
    ),
    "18.4 a short revision of digits": one("0123456"),
    "18.5 the name of an integration": Trap(
        text="candidate: a/b\nregistry: corp-hub", registries=("corp-hub",), gives={"registry": ("corp-hub",)}
    ),
    "18.5 the name of an integration that nobody knows": Trap(
        text="candidate: a/b\nregistry: corp-hub",
        refused=[("reference", "registry[0]")],
        hint="logical names come from registries documents",
    ),
    "18.5 the provider is no registry": Trap(
        text="candidate: a/b\nprovider: ecr\nregistry: prod-ecr",
        registries=("prod-ecr",),
        gives={"provider": "ecr", "registry": ("prod-ecr",)},
    ),
    "18.6 a domain with a path": Trap(
        text="candidate: a\nregistry: us.gcr.io/my_org", problems=[("reference", "registry[0]")]
    ),
    "18.7 a token in the password's place": Trap(
        text="candidate: acme/app\ncredentials: {username: bot, password: '${{HUB_TOKEN}}'}",
        environ={"HUB_TOKEN": "dckr_pat_x"},
        pushes_to="docker.io/acme/app",
    ),
    "18.8 two registries of one domain": Trap(
        text="candidate: docker://gcr.io/stage-proj/api:rc1\nregistry_context: gcr-stage\nregistry: gcr-prod",
        registries=("gcr-stage", "gcr-prod"),
        gives={"registry_context": "gcr-stage", "registry": ("gcr-prod",)},
    ),
    "18.9 two pushes of one tag at once": Trap(
        text="steps:\n  both:\n    type: parallel\n    steps:\n"
        "      b: {type: push, candidate: x/b, tag: a}\n      a: {type: push, candidate: x/b, tag: a}",
        order=("b", "a"),  # one after the other, as everything here
    ),
    "18.10 a variable without quotes in a condition": Trap(
        text=asked("\"${{MY_VAR}} == 'VALUE'\""),
        variables={"MY_VAR": "VALUE"},
        decision=Fail,
        hint='Quote it: "${{MY_VAR}}".',
    ),
    "18.10 an identifier that is meant as text": Trap(
        text=asked("'\"${{MY_VAR}}\" == VALUE'"),
        variables={"MY_VAR": "VALUE"},
        decision=Fail,
        hint='Put text into quotes: "VALUE".',
    ),
    "18.11 finished in a condition of one's own": Trap(
        text=asked("\"steps.build.result == 'finished'\""), results={"build": "success"}, decision=Skip
    ),
    "18.11 finished where it is a word": Trap(
        text="steps: {build: {type: build}, it: {type: push, candidate: a,"
        " when: {steps: [{name: build, 'on': [finished]}]}}}",
        results={"build": "failure"},
    ),
    "18.12 the idiom for missing variables": Trap(
        text=asked('\'includes("${{X}}", "{{X}}") == true\''), decision=Run
    ),
    "18.12 the idiom, where the variable is there": Trap(
        text=asked('\'includes("${{X}}", "{{X}}") == true\''), variables={"X": "x"}, decision=Skip
    ),
    "18.12 the idiom without its $": Trap(
        text=asked('\'includes("{{X}}", "{{X}}") == false\''), decision=Skip
    ),
    "18.13 a tag policy": Trap(
        text="candidate: a\ntag_policy: lowercase", problems=[("unknown", "tag_policy")]
    ),
    "18.13 a tag in capitals": Trap(
        text="candidate: a\ntag: ${{CF_BRANCH}}",
        variables={"CF_BRANCH": "Feature-x"},
        gives={"tag": "Feature-x"},
    ),
    "18.14 limits of pulling": Trap(
        text="candidate: docker://alpine\nregistry_context: hub\nregistry: ghcr.io\nimage_name: acme/alpine",
        registries=("hub",),
        gives={
            "candidate": RemoteImage(
                text="docker://alpine", host="docker.io", repository="library/alpine", tag="latest"
            ),
            "registry_context": "hub",
        },
    ),
    "18.15 regions that are on no list": Trap(
        text="candidate: a\nprovider: ecr\nregion: il-central-1", gives={"region": "il-central-1"}
    ),
    "18.15 a region of the sovereign cloud": Trap(
        text="candidate: a\nprovider: ecr\nregion: eusc-de-east-1", gives={"region": "eusc-de-east-1"}
    ),
    "18.15 a typing error in a region": Trap(
        text="candidate: a\nprovider: ecr\nregion: eu-south-", problems=[("value", "region")]
    ),
    "18.16 a role from a variable": Trap(
        text="candidate: a\nprovider: ecr\nrole_arn: ${{ROLE}}",
        variables={"ROLE": "arn:aws:iam::123456789012:role/pusher"},
        gives={"role_arn": "arn:aws:iam::123456789012:role/pusher"},
    ),
    "18.17 the guard against an empty branch": Trap(
        text=asked("\"'${{CF_BRANCH}}' != ''\""), variables={"CF_BRANCH": ""}, decision=Skip
    ),
    "18.17 a branch that is not there is not empty": Trap(text=asked("\"'${{CF_BRANCH}}' != ''\"")),
    "18.17 what asks whether there is one": Trap(
        text="candidate: a\nwhen: {branch: {only: ['/./']}}", decision=Skip
    ),
    "18.18 waits that are powers": Trap(
        text="candidate: a\nretry: {maxAttempts: 3, delay: 60, exponentialFactor: 2}",
        gives={"retry": Retry.model_construct(max_attempts=3, delay=60, exponential_factor=2)},
    ),
}


def read(trap: Trap, engine: JavaScript) -> Pipeline:
    found = pipeline(trap.text, name="push.yaml")
    assert [(one.code, one.path) for one in checked(found, engine)] == trap.problems
    return found


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_a_trap(engine: JavaScript, trap: Trap) -> None:
    found = read(trap, engine)
    if trap.problems:
        return
    raw = found.steps[-1]
    if trap.order:
        assert tuple(step.name for step in found.steps) == trap.order

    when, _ = when_of(raw)
    known = Known(variables={**trap.environ, **trap.variables}, results=trap.results)
    decision = decide(when, known, engine)
    assert isinstance(decision, trap.decision)
    assert when.notices == trap.notices
    if isinstance(decision, Fail):
        assert trap.hint in decision.problem.hint
    if not isinstance(decision, Run):
        return

    variables = Variables(
        given=trap.variables,
        environ=trap.environ,
        steps={name: StepOutputs(result="success") for name in trap.results},
    )
    try:
        step = resolve(raw, variables, named(*trap.registries))
    except InputError as error:
        assert [(one.code, one.path) for one in error.problems] == trap.refused
        assert trap.hint in error.problems[0].hint
        return
    assert trap.refused == []
    assert {name: getattr(step, name) for name in trap.gives} == trap.gives
    if trap.pushes_to:
        (destination,) = plan(step, Context(ci="plain")).destinations
        assert destination.name == trap.pushes_to


def test_trap_18_18_an_hour_is_cut() -> None:
    retry = TRAPS["18.18 waits that are powers"].gives["retry"]

    assert isinstance(retry, Retry)
    assert list(waits(retry, jitter=lambda: 0)) == [300, 300]


def test_trap_18_19_signs_in_values_need_no_backslash() -> None:
    assert given("A=x;y=z\nB=a\\;b", {}) == ({"A": "x;y=z", "B": "a\\;b"}, ())


def test_every_trap_is_here() -> None:
    told = {title.partition(" ")[0].partition(",")[0] for title in TRAPS} | {"18.19"}

    assert told == {
        "3",
        *(f"3.{number}" for number in range(1, 5)),
        *(f"18.{number}" for number in range(1, 20)),
    }
