"""`validate` and `schema`: for people who write documents (interface 1)."""

import json
import os
import signal

import pytest

from pushstep.report.plain import coloured
from pushstep.step.schema import schema
from tests.support.world import Still

GOOD = """\
stages: [push]
steps:
  build: {type: build}
  first:
    type: push
    candidate: ${{build}}
    tag: ${{CF_BRANCH}}
    registry: my-registry
    stage: push
    retry: {maxAttempts: 30}
    when: {steps: [{name: build, on: [running]}], condition: {all: {x: '"${{A}}" == "1"'}}}
    on_success: {metadata: {set: [{"${{second.imageId}}": [{name: "${{GIVEN}} $[[build]]"}]}]}}
  second: {type: push, candidate: "${{first}}", credentials: {username: a, password: "${{PASS_WORD}}"}}
"""
BAD = GOOD.replace("    tag:", "    tagz:").replace(" == ", " = ")
UNNAMED = "the run must have a registry with the logical name 'my-registry'"
CONDITION = 'steps.first.when.condition.all.x: Unexpected "=" at character 9'
ESCAPE = "\x1b["


def validated(document: str, *options: str, environ: dict[str, str] | None = None) -> tuple[int, str]:
    answer = Still(files={"push.yml": document}, environ=environ or {})("validate", "push.yml", *options)
    assert answer.err == ""
    return answer.status, answer.out


def test_interface_1_a_document_that_is_right() -> None:
    status, out = validated(GOOD, "--variables", "GIVEN=1")

    assert status == 0
    assert out.splitlines() == [
        "notice: steps.build is not run here: it is a step of type build",
        "notice: steps.first.retry.maxAttempts: 30 is brought to 10",
        "notice: first: when.steps[0]: no step is ever running here, so that never holds",
        f"notice: push.yml:8:15: steps.first.registry: {UNNAMED}",
        "notice: the run must know these variables: build, CF_BRANCH, A, PASS_WORD",
        "push.yml: valid, 2 push steps: first, second",
    ]


def test_interface_1_every_mistake_with_its_place() -> None:
    status, out = validated(BAD)

    assert status == 2
    lines = out.splitlines()
    assert lines[:6] == [
        "error [unknown]: push.yml:7:11: steps.first.tagz: no such field",
        "  Did you mean tag or tags or stage?",
        f"error [condition-syntax]: push.yml:11:72: {CONDITION}",
        '  | "${{A}}" = "1"',
        "  |          ^",
        "  Write == to compare.",
    ]
    assert lines[-1] == "push.yml: 2 problems"
    assert "\x1b" not in out


def test_interface_1_json_is_for_machines() -> None:
    status, out = validated(BAD, "--json")

    found = json.loads(out)
    assert (status, found["version"], found["valid"]) == (2, 1, False)
    assert [(one["code"], one["line"], one["column"]) for one in found["problems"]] == [
        ("unknown", 7, 11),
        ("condition-syntax", 11, 72),
    ]
    assert found["steps"] == ["first", "second"]
    assert json.loads(validated(GOOD, "--json")[1])["valid"] is True


@pytest.mark.parametrize(
    ("environ", "terminal", "expected"),
    [({}, True, True), ({}, False, False), ({"NO_COLOR": "1"}, True, False), ({"TERM": "dumb"}, True, False)],
)
def test_interface_1_colours_on_a_terminal_only(
    environ: dict[str, str], *, terminal: bool, expected: bool
) -> None:
    run = Still(files={"a": BAD}, environ=environ, is_terminal=terminal)

    assert (ESCAPE in run("validate", "a").out) is expected
    assert (
        coloured("good", "valid") in Still(files={"a": GOOD}, is_terminal=True)("validate", "a").out
    ) is True


def test_interface_1_nothing_of_the_environment_is_needed_or_used_for_a_file() -> None:
    status, out = validated(
        "candidate: a\ntag: ${{V}}",
        environ={"PUSHSTEP_TAGZ": "1", "PUSHSTEP_TAG": "a b", "PUSHSTEP_VAR_V": "x", "V": "y"},
    )

    assert status == 0
    assert "these variables: V" in out


def test_interface_1_without_a_file_the_input_is_checked() -> None:
    run = Still(environ={"PUSHSTEP_STEP": "candidate: a\ntag: b c"})("validate")

    assert run.status == 2
    assert "PUSHSTEP_STEP:2:6: tag: 'b c' is no tag" in run.out


def test_interface_1_standard_input() -> None:
    assert (
        Still(stdin=lambda: "candidate: a")("validate", "-").out
        == "standard input: valid, 1 push step: push\n"
    )


TWO_REGISTRIES = """\
registries:
  team: {domain: dtr.io, repository_prefix: team}
  plain: {domain: R.io}
  other: {domain: r.io}
  hub: {}
  prod: {provider: ecr, region: eu-west-1}
  late: {domain: "${{HOST}}"}
"""
# what stands below `type: push` → code, path and message of what is wrong, whatever the variables are
CONTRADICTIONS: dict[str, list[tuple[str, str, str]]] = {
    "registry: 'localhost:1'\nimage_name: ghcr.io/acme/app": [
        ("reference", "image_name", "'ghcr.io/acme/app' names another registry than localhost:1")
    ],
    "registry: [ghcr.io, quay.io]\nimage_name: ghcr.io/acme/app": [
        ("reference", "image_name", "'ghcr.io/acme/app' names another registry than quay.io")
    ],
    "registry: ghcr.io\nimage_name: ghcr.io/acme/app": [],
    "registry: docker.io\nimage_name: index.docker.io/acme/app": [],
    "registry: docker.io\nimage_name: app": [("reference", "image_name", "'app' has no namespace")],
    "registry: docker.io": [("reference", "candidate", "'app' has no namespace")],
    "registry: docker.io\nimage_name: acme/app": [],
    # what is wrong by itself is told once
    "registry: docker.io\nimage_name: App": [("reference", "image_name", "'App' is no repository name")],
    # a document may give a prefix, but not another host
    "registry: team\nimage_name: ghcr.io/acme/app": [
        ("reference", "image_name", "'ghcr.io/acme/app' names another registry than dtr.io")
    ],
    "registry: [team, hub, prod]": [],
    "registry: r.io": [("conflict", "registry", "r.io is the domain of several registries: plain, other")],
    "registry: [ghcr.io, r.io]": [("conflict", "registry[1]", "r.io is the domain of several registries")],
    "tags: [r.io/a/b:1, ghcr.io/a/b:1]": [("conflict", "tags", "r.io is the domain of several registries")],
    "registry: [team, plain]": [],
    "registry: prod\nprovider: standard": [
        ("conflict", "provider", "docker is given for prod, which is ecr")
    ],
    "registry: team\nprovider: ecr": [("conflict", "provider", "ecr is given for team, which is docker")],
    "registry: prod\nprovider: ecr": [],
    # what only a run can tell
    "registry: late\nimage_name: ghcr.io/acme/app": [],
    "registry: late\nprovider: docker": [],
    "registry: '${{R}}'\nimage_name: ghcr.io/acme/app": [],
    "registry: quay.io\nimage_name: '${{N}}'": [],
    "registry: quay.io\nimage_name: ghcr.io/acme/app\nprovider: '${{P}}'": [],
    "registry: quay.io\nimage_name: ghcr.io/acme/app\nprovider: ecr": [],
    # a layout has no host, and no name that a host must fit to
    "registry: oci:out\nimage_name: ghcr.io/acme/app": [],
}


@pytest.mark.parametrize(("fields", "expected"), CONTRADICTIONS.items(), ids=CONTRADICTIONS)
def test_section_1_3_values_that_contradict_each_other(
    fields: str, expected: list[tuple[str, str, str]]
) -> None:
    still = Still(files={"push.yml": f"candidate: app\n{fields}", "regs.yml": TWO_REGISTRIES})
    answer = still("validate", "push.yml", "--registries=regs.yml", "--json")

    problems = json.loads(answer.out)["problems"]
    assert [(one["code"], one["path"]) for one in problems] == [(code, path) for code, path, _ in expected]
    for one, (_, path, said) in zip(problems, expected, strict=True):
        assert f": {path}: {said}" in one["message"]
        assert one["line"]
        assert one["hint"]


TWICE = """\
a: {type: push, candidate: "oci:nowhere", registry: "oci:out", tag: x, fail_fast: false}
b:
  type: push
  candidate: acme/app
  registry: %s
  image_name: ghcr.io/acme/app
"""
NAMED = "error [reference]: PUSHSTEP_STEP:6:15: b.image_name: 'ghcr.io/acme/app' names another registry than"


def test_section_1_3_a_contradiction_ends_the_run_before_the_first_step() -> None:
    run = Still(environ={"PUSHSTEP_STEP": TWICE % "'localhost:1'"})("push")

    assert run.status == 2
    assert f"{NAMED} localhost:1 What to do: Give registry 'ghcr.io'." in run.err
    assert "nowhere" not in run.err


@pytest.mark.parametrize("registry", ["${{R}}", "late"])
def test_section_1_3_a_contradiction_by_variables_is_the_steps_and_has_its_place(registry: str) -> None:
    environ = {"PUSHSTEP_STEP": TWICE % registry, "PUSHSTEP_REGISTRIES": TWO_REGISTRIES}
    run = Still(environ=environ)("push", "--variables=R=quay.io", "--variables=HOST=quay.io")

    assert run.status == 1
    assert "'nowhere' is no folder" in run.err
    assert f"{NAMED} quay.io What to do: " in run.err


def test_section_5_2_a_problem_of_a_field_that_was_not_given_has_no_place() -> None:
    environ = {"PUSHSTEP_STEP": "candidate: r.io/acme/app", "PUSHSTEP_REGISTRIES": TWO_REGISTRIES}
    run = Still(environ=environ)("push")

    assert run.status == 2
    assert "error [conflict]: r.io is the domain of several registries: plain, other What to do: " in run.err


REGISTRIES = "registries:\n  my-registry:\n    domain: x.io\n    username: ${{U}}\n    password: ${{P}}\n"


def with_registries(text: str, *arguments: str) -> tuple[int, str]:
    answer = Still(files={"push.yml": GOOD, "regs.yml": text})(
        "validate", *arguments, "--registries=regs.yml"
    )
    assert answer.err == ""
    return answer.status, answer.out


def test_interface_1_registries_are_checked_with_the_steps() -> None:
    status, out = with_registries(REGISTRIES.replace("domain", "region: eu-west-1\n    domain"), "push.yml")

    assert status == 0
    assert UNNAMED not in out
    assert "notice: registries.my-registry.region: ignored, as provider is docker" in out
    assert "these variables: build, CF_BRANCH, A, GIVEN, PASS_WORD, U, P\n" in out
    assert out.endswith("push.yml: valid, 2 push steps: first, second\n")


def test_interface_1_registries_by_themselves() -> None:
    assert with_registries(REGISTRIES) == (
        0,
        "notice: the run must know these variables: U, P\nregs.yml: valid\n",
    )
    status, out = with_registries(REGISTRIES.replace("x.io", "x").replace("username", "usename"))
    assert status == 2
    assert [line for line in out.splitlines() if line.startswith("error")] == [
        "error [missing]: regs.yml:2:3: registries.my-registry.username is missing",
        "error [reference]: regs.yml:3:13: registries.my-registry.domain: 'x' is no registry host",
        "error [unknown]: regs.yml:4:14: registries.my-registry.usename: no such field",
    ]
    assert out.endswith("regs.yml: 3 problems\n")


def test_interface_1_a_secret_of_registries_is_hidden() -> None:
    text = "registries: {a: {domain: hunter22.io/x, username: a, password: hunter22}}"

    for options in ((), ("push.yml",), ("--json",)):
        status, out = with_registries(text, *options)
        assert status == 2
        assert "hunter22" not in out


def test_interface_1_registries_that_are_not_there() -> None:
    run = Still()("validate", "--registries=no.yml")

    assert run.status == 2
    assert "--registries: 'no.yml' cannot be read: No such file" in run.out
    assert run.out.endswith("--registries: 1 problem\n")


def test_interface_1_a_name_that_the_registries_do_not_have_is_a_notice() -> None:
    status, out = with_registries(REGISTRIES.replace("my-", "another-"), "push.yml")
    listed = validated("candidate: a\nregistry: [x.io, mine, '${{X}}']\nregistry_context: theirs")

    assert status == 0
    assert UNNAMED in out
    assert listed[1].count("the run must have a registry with the logical name") == 2
    assert (
        "push.yml:2:18: registry[1]: the run must have a registry with the logical name 'mine'" in listed[1]
    )
    assert "push.yml:3:19: registry_context: the run must have" in listed[1]


NOTHING = {
    "no document": ((), "there is no document to check", "step: 1 problem"),
    "no such file": (("x.yml",), "FILE: 'x.yml' cannot be read: No such file", "x.yml: 1 problem"),
    "no such option": (("a.yml", "--tagz"), "--tagz: no such input", "a.yml: 1 problem"),
    "no YAML": (("b.yml",), "b.yml:2:1 is no valid YAML", "b.yml: 1 problem"),
}


@pytest.mark.parametrize(("arguments", "said", "last"), NOTHING.values(), ids=NOTHING)
def test_interface_1_what_cannot_be_checked(arguments: tuple[str, ...], said: str, last: str) -> None:
    run = Still(files={"a.yml": "candidate: a", "b.yml": "a: ["})("validate", *arguments)

    assert run.status == 2
    assert said in run.out
    assert run.out.splitlines()[-1] == last


def test_section_1_1_a_step_may_leave_its_candidate_to_an_input() -> None:
    assert validated("tag: a") == (
        0,
        "notice: candidate is missing: an input must give it\npush.yml: valid, 1 push step: push\n",
    )
    assert validated("steps: {a: {type: push}}")[0] == 2
    assert validated("tag: a", "--candidate", "app") == (0, "push.yml: valid, 1 push step: push\n")


def test_many_variables_and_steps_are_cut() -> None:
    steps = "".join(f"  s{number}: {{type: push, candidate: '${{{{V{number}}}}}'}}\n" for number in range(25))

    out = validated(f"steps:\n{steps}")[1]

    assert "V19 and 5 more" in out
    assert out.endswith("25 push steps: " + ", ".join(f"s{number}" for number in range(20)) + ", ...\n")


def test_a_secret_of_the_document_is_hidden() -> None:
    text = "candidate: a\ntag: hunter22 x\ncredentials: {username: a, password: hunter22}"

    for options in ((), ("--json",)):
        assert "hunter22" not in validated(text, *options)[1]


def test_what_a_document_says_never_acts() -> None:
    out = validated('candidate: a\ntag: "\\e[31m\\u202e"')[1]

    assert "\x1b" not in out
    assert "\u202e" not in out


def test_a_signal_ends_it() -> None:
    def interrupted() -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return ""

    assert Still(stdin=interrupted)("validate", "-").status == 143


def test_interface_1_the_schema() -> None:
    run = Still()("schema")

    assert (run.status, run.err) == (0, "")
    assert json.loads(run.out) == schema()
    assert Still()("schema", "--tagz").status == 2
