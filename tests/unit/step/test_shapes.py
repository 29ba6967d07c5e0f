"""Documents of every shape become push steps, or problems with their places (push-step.md 1.1, 1.2)."""

import pytest

from pushstep.errors import Problem
from pushstep.step.document import Data
from pushstep.step.pipeline import pipeline, select
from tests.unit.step.documents import fields, good, read, told

STEP = "type: push, candidate: app"

# document → (name, candidate) of each step in the order it runs
SHAPES = {
    "one step": ("candidate: app", [("push", "app")]),
    "one step with its type": (f"{{{STEP}}}", [("push", "app")]),
    "one step with its name": ("{name: my step, candidate: app}", [("my step", "app")]),
    "one step with a version of its type": ("{type: 'push:1.0.3', candidate: app}", [("push", "app")]),
    "one step as JSON": ('{"candidate": "app"}', [("push", "app")]),
    "named steps": (f"a: {{{STEP}}}\nb: {{type: push, candidate: b}}", [("a", "app"), ("b", "b")]),
    "a name that is a field's": (f"credentials: {{{STEP}}}", [("credentials", "app")]),
    "named steps with others": (f"build: {{type: build}}\na: {{{STEP}}}", [("a", "app")]),
    "a pipeline": (f"version: '1.0'\nsteps:\n  a: {{{STEP}}}", [("a", "app")]),
    "a pipeline without a version": (
        f"steps:\n  b: {{{STEP}}}\n  a: {{{STEP}}}",
        [("b", "app"), ("a", "app")],
    ),
    "names with blanks and dashes": (f"steps: {{'a step - é': {{{STEP}}}}}", [("a step - é", "app")]),
    "a long name": (f"steps: {{{'n' * 150}: {{{STEP}}}}}", [("n" * 150, "app")]),
    "a parallel group": (
        (
            f"steps:\n  g:\n    type: parallel\n    steps:\n      a: {{{STEP}}}\n      b: {{{STEP}}}\n"
            f"  c: {{{STEP}}}"
        ),
        [("a", "app"), ("b", "app"), ("c", "app")],
    ),
    "a group of a group": (
        f"steps: {{g: {{type: parallel, steps: {{h: {{type: parallel, steps: {{a: {{{STEP}}}}}}}}}}}}}",
        [("a", "app")],
    ),
    "a group among named steps": (
        f"g: {{type: parallel, steps: {{a: {{{STEP}}}}}}}",
        [("a", "app")],
    ),
    "steps made of anchors": (
        f"indicators: [&all {{{STEP}}}]\nsteps:\n  a: *all\n  b: {{<<: *all, candidate: b}}",
        [("a", "app"), ("b", "b")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), SHAPES.values(), ids=SHAPES)
def test_section_1_1_shapes(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(step.name, step.fields["candidate"]) for step in good(text)] == expected


ORDER = {
    "sequential": ("sequential", "a: [c], b: [], c: []", "abc"),
    "parallel": ("parallel", "a: [c], b: [], c: []", "cab"),
    "as far as it must": ("parallel", "a: [], b: [d], c: [], d: [a]", "adbc"),
    "a chain": ("parallel", "a: [b], b: [c], c: [d], d: []", "dcba"),
}


@pytest.mark.parametrize(("mode", "waits", "expected"), ORDER.values(), ids=ORDER)
@pytest.mark.parametrize("shape", ["root", "group"])
def test_section_1_1_the_order_is_that_of_the_document_brought_in_line(
    mode: str, waits: str, expected: str, shape: str
) -> None:
    steps = "\n".join(
        f"    {name}: {{{STEP}, when: {{steps: [{', '.join(f'{{name: {one}}}' for one in others.strip('[]'))}]}}}}"
        for name, others in (entry.split(": ") for entry in waits.split(", "))
    )
    text = (
        f"mode: {mode}\nsteps:\n{steps}"
        if shape == "root"
        else f"steps:\n  g:\n   type: parallel\n   steps:\n{steps}"
    )
    if shape == "group" and mode == "sequential":
        return  # a group is never that

    assert "".join(step.name for step in pipeline(text, name="x").steps) == expected


def test_section_1_1_steps_not_run_here_hand_their_waiting_on() -> None:
    text = """
mode: parallel
steps:
  late: {type: push, candidate: a, when: {steps: {all: [{name: check}]}}}
  g:
    type: parallel
    steps:
      check: {type: freestyle, when: {steps: {any: [{name: early, on: [success]}]}}}
  early: {type: push, candidate: b}
"""
    found = pipeline(text, name="x")

    assert [step.name for step in found.steps] == ["early", "late"]
    assert found.names == ("late", "g", "check", "early")
    assert found.not_run == ("check",)


def test_section_1_1_steps_that_wait_for_each_other_are_refused() -> None:
    text = """
mode: parallel
steps:
  a: {type: push, candidate: a, when: {steps: [{name: b}]}}
  b: {type: push, candidate: b, when: {steps: [{name: c}]}}
  c: {type: push, candidate: c, when: {steps: [{name: b}]}}
"""
    (problem,) = pipeline(text, name="x").problems

    assert (problem.code, problem.path, problem.line) == ("conflict", "steps", 3)
    assert problem.message == "x:3:1: steps: steps wait for each other: b → c → b"


def test_section_6_steps_that_are_not_there_are_refused() -> None:
    text = """
steps:
  push_app: {type: push, candidate: a, when: {steps: [{name: push_ap}, {name: push_api}, {name: "${{X}}"}]}}
  push_api: {type: push, candidate: b, when: {steps: [{name: push_api}]}}
"""
    _, problems = read(text)

    assert [(one.code, one.path, one.line, one.column) for one in problems] == [
        ("unknown", "steps.push_app.when.steps[0].name", 3, 62),
        ("unknown", "steps.push_app.when.steps[2].name", 3, 97),
        ("unknown", "steps.push_api.when.steps[0].name", 4, 62),
    ]
    assert problems[0].hint == "Perhaps `push_api`."


@pytest.mark.parametrize(
    "when", ["x", "[]", "{steps: x}", "{steps: [x, {}, {name: [a]}]}", "{steps: {all: x}}"]
)
def test_a_when_of_another_shape_is_for_the_conditions_to_refuse(when: str) -> None:
    found, problems = read(f"{{candidate: app, when: {when}}}")

    assert found.problems == ()
    assert {one.path.partition(".")[0] for one in problems if one.path} == {"when"}


NOTICES = {
    "steps of other types": (
        "steps: {build: {type: build}, run: {image: x, commands: [ls]}, a: {type: push, candidate: a}}",
        [
            "steps.build is not run here: it is a step of type build",
            "steps.run is not run here: it is a step of type freestyle",
        ],
    ),
    "other root keys": (
        "{version: '1.0', services: {x: y}, hooks: 1, steps: {a: {type: push, candidate: a}}}",
        ["services means nothing here", "hooks means nothing here"],
    ),
    "root keys that are understood": (
        (
            "{version: '1.0', stages: [], mode: sequential, fail_fast: no, strict_fail_fast: false, indicators: [1],"
            " steps: {a: {type: push, candidate: a}}}"
        ),
        [],
    ),
    "what means nothing in a group": (
        "steps: {g: {type: parallel, success_criteria: 1, env: {}, steps: {a: {type: push, candidate: a}}}}",
        ["steps.g.success_criteria means nothing here", "steps.g.env means nothing here"],
    ),
    "a group of steps that are not run": (
        "steps: {g: {type: parallel, whatever: 1, steps: {a: {type: build}}}, b: {type: push, candidate: b}}",
        ["steps.g.steps.a is not run here: it is a step of type build"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), NOTICES.values(), ids=NOTICES)
def test_section_1_1_notices(text: str, expected: list[str]) -> None:
    found, problems = read(text)

    assert problems == ()
    assert list(found.notices) == expected


FIELDS: dict[str, tuple[str, dict[str, Data]]] = {
    "under arguments": (
        "{candidate: app, arguments: {tag: 1.10, registry: [ghcr.io]}}",
        {"candidate": "app", "tag": "1.10", "registry": ["ghcr.io"]},
    ),
    "arguments win": ("{candidate: app, tag: a, arguments: {tag: b}}", {"candidate": "app", "tag": "b"}),
    "all under arguments": ("steps: {a: {type: push, arguments: {candidate: app}}}", {"candidate": "app"}),
    "a dash in fail-fast": ("{candidate: app, fail-fast: off}", {"candidate": "app", "fail_fast": "off"}),
    "arguments win over the other spelling": (
        "{candidate: app, fail_fast: true, arguments: {fail-fast: off}}",
        {"candidate": "app", "fail_fast": "off"},
    ),
    "no tags": ("{candidate: app, tag: a, tags: []}", {"candidate": "app", "tag": "a"}),
    "meaningless ones": (
        "{candidate: app, debug: {phases: x}, env: null, docker_machine: ''}",
        {"candidate": "app"},
    ),
    "the document's settings": (
        "{fail_fast: no, strict_fail_fast: true, steps: {a: {type: push, candidate: app}}}",
        {"fail_fast": "no", "strict_fail_fast": "true", "candidate": "app"},
    ),
    "the document's settings with a dash": (
        "{fail-fast: no, steps: {a: {type: push, candidate: app}}}",
        {"fail_fast": "no", "candidate": "app"},
    ),
    "a step's own settings": (
        "{fail_fast: no, steps: {a: {type: push, candidate: app, fail-fast: yes}}}",
        {"fail_fast": "yes", "candidate": "app"},
    ),
    "a group's settings": (
        (
            "{fail_fast: yes, stages: [s], steps: {g: {type: parallel, title: G, stage: s, fail-fast: no, timeout: 5m,"
            " steps: {a: {type: push, candidate: app}}}}}"
        ),
        {"fail_fast": "no", "stage": "s", "timeout": "5m", "candidate": "app"},
    ),
    "no limit inside a group with one": (
        "steps: {g: {type: parallel, timeout: 5m, steps: {a: {type: push, timeout: null, candidate: app}}}}",
        {"timeout": None, "candidate": "app"},
    ),
    "hooks": (
        "candidate: app\nhooks: {on_success: {metadata: {set: [a]}}, on_finish: {annotation: {}}, on_fail: {}}",
        {
            "candidate": "app",
            "on_success": {"metadata": {"set": ["a"]}},
            "on_finish": {"annotations": {}},
            "on_fail": {},
        },
    ),
    "no hooks": ("{candidate: app, hooks: {}, on_fail: {}}", {"candidate": "app", "on_fail": {}}),
    "placeholders without quotes": (
        "candidate: ${{build}}\ntags: [latest, ${{CF_BRANCH}}, $[[X]], ${CF_Y}, a-${{ Z }}-${{Q}}]",
        {
            "candidate": "${{build}}",
            "tags": ["latest", "${{CF_BRANCH}}", "$[[X]]", "${CF_Y}", "a-${{ Z }}-${{Q}}"],
        },
    ),
    "section 1.4: what is as if left out": (
        "{candidate: app, when: {}, retry: {}, timeout: ~}",
        {"candidate": "app", "when": {}, "retry": {}, "timeout": None},
    ),
    "section 2: scalars as they are written": (
        "{candidate: 0123456, image_name: 1e5, title: 1:30, description: on, tags: [1.10, 1_000, 2019-01-01, 08]}",
        {
            "candidate": "0123456",
            "image_name": "1e5",
            "title": "1:30",
            "description": "on",
            "tags": ["1.10", "1_000", "2019-01-01", "08"],
        },
    ),
}


@pytest.mark.parametrize(("text", "expected"), FIELDS.values(), ids=FIELDS)
def test_section_1_1_fields(text: str, expected: dict[str, Data]) -> None:
    assert fields(text) == expected


REMARKS = {
    "{candidate: app, tags: []}": ["tags is empty, as if not given"],
    "{candidate: app, debug: 1, arguments: {env: {}}}": [
        "debug means nothing here",
        "arguments.env means nothing here",
    ],
    "{candidate: app, retry: {maxAttempts: 99, delay: 600, exponentialFactor: 0.5}}": [
        "retry.maxAttempts: 99 is brought to 10",
        "retry.delay: 600 is brought to 60",
        "retry.exponentialFactor: 0.5 is brought to 1",
    ],
    "{candidate: app, retry: {maxAttempts: 2.5, delay: 0.5, exponentialFactor: 2.5}}": [
        "retry.maxAttempts: 2.5 is brought to 2"
    ],
    "{candidate: app, retry: {maxAttempts: '3', delay: ${{X}}}}": [],
    "{candidate: app, provider: ecr, registry: ghcr.io, credentials: {username: a, password: b}}": [
        "registry: ignored, as provider is ecr",
        "credentials: ignored, as provider is ecr",
    ],
    "{candidate: app, provider: ecr, registry: [prod-ecr, '${{X}}']}": [],
    "{candidate: app, provider: ecr, registry: [prod-ecr, ghcr.io]}": [
        "registry[1]: ignored, as provider is ecr"
    ],
    "{candidate: app, tags: [ghcr.io/acme/app:1], region: eu-west-1}": [
        "region: ignored, as provider is docker"
    ],
    "{candidate: app, accessKeyId: a, region: eu-west-1, registry: https://ghcr.io}": [
        "accessKeyId: ignored, as provider is docker",
        "region: ignored, as provider is docker",
    ],
    "{candidate: app, region: eu-west-1, registry: my-registry}": [],
    "{candidate: app, region: eu-west-1, registry: '${{X}}'}": [],
    "{candidate: app, provider: '${{X}}', region: eu-west-1}": [],
    "{candidate: app, registry: [oci:out, oci:other], credentials: {username: a, password: b}}": [
        "credentials: not used, as an image layout asks for no login"
    ],
    "{candidate: app, registry: [oci:out, ghcr.io], credentials: {username: a, password: b}}": [],
    "{candidate: app, registry: ['${{X}}'], credentials: {username: a, password: b}}": [],
    "{candidate: oci:in, registry: oci:out, registry_context: ghcr.io}": [
        "registry_context: not used, as the candidate is read from no registry"
    ],
    "{candidate: docker://acme/app, registry: oci:out, registry_context: docker.io}": [],
    "{candidate: app, aws_duration_seconds: 900}": ["aws_duration_seconds: ignored, as provider is docker"],
    "{candidate: app, provider: ecr, aws_duration_seconds: 900}": [
        "aws_duration_seconds: counts only where a role is assumed: role_arn, here or in the registry's entry"
    ],
    "{candidate: app, provider: ecr, aws_duration_seconds: 900, role_arn: 'arn:aws:iam::123456789012:role/a'}": [],
}


@pytest.mark.parametrize(("text", "expected"), REMARKS.items(), ids=REMARKS)
def test_section_2_what_is_taken_otherwise_is_told(text: str, expected: list[str]) -> None:
    (step,) = good(text)

    assert list(step.remarks()) == expected


# document → code, path, line of each problem, from top to bottom
WRONG: dict[str, list[tuple[str, str | None, int | None]]] = {
    "": [("missing", "push.yaml", 1)],
    "# nothing": [("missing", "push.yaml", 1)],
    "{}": [("missing", "push.yaml", 1)],
    "[a]": [("value", "push.yaml", 1)],
    "app": [("value", "push.yaml", 1)],
    "a: [": [("yaml", "push.yaml", 2)],
    "candidate: a\ntag: 1\ncandidate: b\ntag: 2": [("yaml", "push.yaml", 3), ("yaml", "push.yaml", 4)],
    "a" * 1_000_001: [("yaml", "push.yaml", None)],
    # an empty body, as a wrong indentation gives one
    "push_app:\ntype: push\ncandidate: app": [("missing", "push_app", 1)],
    "steps:\n  a:\n  b: {}\n  c: x": [
        ("missing", "steps.a", 2),
        ("missing", "steps.b", 3),
        ("value", "steps.c", 4),
    ],
    "steps: {g: {type: parallel, steps: ~}}": [("missing", "steps.g.steps", 1)],
    "steps: {g: {type: parallel}}": [("missing", "steps.g.steps", 1)],
    "version: '1.0'": [("missing", "steps", 1)],
    "steps:\n- a": [("value", "steps", 1)],
    "steps: {build: {type: build}}": [("missing", "push.yaml", 1)],
    # types
    "type: build\ncandidate: a": [("value", "type", 1)],
    "type: ~\ncandidate: a": [("value", "type", 1)],
    "type: pushy\ncandidate: a": [("value", "type", 1)],
    "type: [push]\ncandidate: a": [("value", "type", 1)],
    "steps:\n  a: {candidate: app}": [("missing", "steps.a.type", 2)],
    "steps:\n  a: {type: [push]}": [("value", "steps.a.type", 2)],
    # names
    "steps:\n  a.b: {type: push, candidate: a}": [("value", "steps.a.b", 2)],
    "steps:\n  '': {type: push, candidate: a}": [("value", "steps.", 2)],
    "steps:\n  ${{X}}: {type: push, candidate: a}": [("value", "steps.${{X}}", 2)],
    f"steps:\n  {'n' * 151}: {{type: push, candidate: a}}": [("value", f"steps.{'n' * 151}", 2)],
    "name: a#b\ncandidate: a": [("value", "name", 1)],
    "name: [a]\ncandidate: a": [("value", "name", 1)],
    "name: ~\ncandidate: a": [("value", "name", 1)],
    "steps: {a: {type: push, name: b, candidate: a}}": [("unknown", "steps.a.name", 1)],
    "steps:\n  a: {type: push, candidate: a}\n  g:\n    type: parallel\n    steps:\n"
    "      a: {type: push, candidate: a}": [("conflict", "steps.g.steps.a", 6)],
    # root settings
    "mode: fast\nstages: a\nsteps: {a: {type: push, candidate: a}}": [
        ("value", "mode", 1),
        ("value", "stages", 2),
    ],
    "stages: [a, '']\nsteps: {a: {type: push, candidate: a}}": [("value", "stages", 1)],
    "fail_fast: perhaps\nsteps:\n  a: {type: push, candidate: a}\n  b: {type: push, candidate: a}": [
        ("value", "fail_fast", 1)
    ],
    "steps:\n g:\n  type: parallel\n  fail-fast: perhaps\n  steps: {a: {type: push, candidate: a}}": [
        ("value", "steps.g.fail-fast", 4)
    ],
    "stages: [a]\nsteps: {a: {type: push, candidate: a, stage: b}}": [("value", "steps.a.stage", 2)],
    "stages: []\nsteps: {a: {type: push, candidate: a, stage: b}}": [("value", "steps.a.stage", 2)],
    # groups
    "steps:\n g:\n  type: parallel\n  when: {}\n  retry: {}\n  scale: {}\n  wat: 1\n"
    "  steps: {a: {type: push, candidate: a}}": [
        ("unsupported", "steps.g.when", 4),
        ("unsupported", "steps.g.retry", 5),
        ("unsupported", "steps.g.scale", 6),
        ("unknown", "steps.g.wat", 7),
    ],
    # fields
    "candidate: a\narguments: x": [("value", "arguments", 2)],
    "candidate: a\nfail_fast: true\nfail-fast: false": [("conflict", "fail-fast", 3)],
    "candidate: a\ncredential: {username: a}": [("unknown", "credential", 2)],
    "candidate: a\nimagename: b": [("unknown", "imagename", 2)],
    "candidate: a\narguments: {name: b}": [("unknown", "arguments.name", 2)],
    # refused
    "candidate: a\nscale: {a: b}\narguments: {matrix: {}}": [
        ("unsupported", "scale", 2),
        ("unsupported", "arguments.matrix", 3),
    ],
    "candidate: a\nhooks:\n  on_elected: [ls]\n  on_success: [ls]\n  on_fail: {exec: [ls]}\n  on_finish:\n"
    "    steps: {}\n  on_start: {}": [
        ("unsupported", "hooks.on_elected", 3),
        ("unsupported", "hooks.on_success", 4),
        ("unsupported", "hooks.on_fail.exec", 5),
        ("unsupported", "hooks.on_finish.steps", 7),
        ("unknown", "hooks.on_start", 8),
    ],
    "candidate: a\nhooks: [ls]": [("value", "hooks", 2)],
    "candidate: a\nhooks: {on_fail: ~}": [("value", "hooks.on_fail", 2)],
    "candidate: a\nhooks: {on_fail: {annotation: {}, annotations: {}}}": [
        ("conflict", "hooks.on_fail.annotation", 2)
    ],
    "candidate: a\non_finish: {}\nhooks: {on_fail: {}}": [("conflict", "hooks", 3)],
    "candidate: ${{secrets.s.KEY}}\ntags: ['$[[ secrets.s.RES@KEY ]]']": [
        ("unsupported", "candidate", 1),
        ("unsupported", "tags[0]", 2),
    ],
    "candidate: a\non_fail: {metadata: {set: [{'${{secrets.a.b}}': [c]}]}}": [
        ("unsupported", "on_fail.metadata.set[0]", 2)
    ],
    # section 1.4
    "candidate: ''\ntag: ''\ntitle: ~\nretry: ~\nwhen: ~\ntags: ~": [
        ("value", "candidate", 1),
        ("value", "tag", 2),
        ("value", "title", 3),
        ("value", "retry", 4),
        ("value", "when", 5),
        ("value", "tags", 6),
    ],
    "candidate: a\non_fail: {metadata: ~}": [("value", "on_fail.metadata", 2)],
}


@pytest.mark.parametrize(("text", "expected"), WRONG.items(), ids=[ascii(text[:60]) for text in WRONG])
def test_section_1_1_what_is_refused(text: str, expected: list[tuple[str, str | None, int | None]]) -> None:
    assert told(text) == expected
    assert all(one.hint for one in read(text)[1])


def test_section_1_1_the_text_to_write_instead() -> None:
    hints = [
        one.hint for one in read("candidate: ${{secrets.store.RES@KEY}}\nscale: {}\nhooks: {on_fail: [a]}")[1]
    ]

    assert hints == [
        "Give it to the job as an environment variable, and write ${{KEY}}.",
        "Write one push step for each; several registries can be a list: `registry: [a, b]`.",
        "Run them in a step of the CI behind this one; the output `result` says how the push ended.",
    ]


def test_section_1_1_unknown_fields_name_the_nearest() -> None:
    problems = read("candidate: a\nimagename: b\nzzz: 1\nretries: {delay: 5}\nretry: {maxatempts: 3}")[1]

    assert [one.hint for one in problems] == [
        "Did you mean image_name?",
        problems[1].hint,
        "Did you mean retry? Where steps have names, each has a `type`.",
        "Did you mean maxAttempts?",
    ]
    assert problems[1].hint.startswith(
        "Known here: title, description, stage, provider, candidate, tag, tags,"
    )


def test_problems_have_their_place_in_the_text() -> None:
    (problem,) = read(
        "steps:\n  push_app:\n    type: push\n    tags: [latest, ${{CF_BRANCH}}, a/b]\n    candidate: a"
    )[1]

    assert problem == Problem(
        code="reference",
        message="push.yaml:4:36: steps.push_app.tags[2]: 'a/b' is no tag: 1 to 128 of A-Z a-z 0-9 _ . -, "
        "the first no '.' or '-'",
        hint="Normalized it reads 'a_b'; CF_BRANCH_TAG_NORMALIZED holds a branch so. "
        "A full reference has ':' and a tag at its end.",
        path="steps.push_app.tags[2]",
        line=4,
        column=36,
    )


def test_a_value_of_an_anchor_stands_where_it_was_written() -> None:
    text = "indicators:\n- &all {type: push, candidate: a, retry: {maxAttempts: x}}\nsteps:\n  a: {<<: *all}"

    assert told(text) == [("value", "steps.a.retry.maxAttempts", 2)]


def test_problems_of_when_stand_in_their_step() -> None:
    text = "steps:\n  a:\n    type: push\n    candidate: a\n    arguments:\n      when: {branch: {only: [a, /(/, '']}}"

    found = read(text)[1]

    assert [(one.code, one.path, one.line, one.column) for one in found] == [
        ("regex", "steps.a.arguments.when.branch.only[1]", 6, 33),
        ("value", "steps.a.arguments.when.branch.only[2]", 6, 38),
    ]
    assert found[0].message.startswith(
        "push.yaml:6:33: steps.a.arguments.when.branch.only[1] does not compile"
    )


def test_section_1_2_a_step_is_selected_by_its_name() -> None:
    found = pipeline(
        "steps: {b: {type: build}, g: {type: parallel, steps: {push_a: {type: push}}}, c: {type: push}}",
        name="x",
    )

    assert [step.name for step in select(found, None)[0]] == ["push_a", "c"]
    assert [step.name for step in select(found, "push_a")[0]] == ["push_a"]
    steps, (problem,) = select(found, "b")
    assert (steps, problem.message) == ((), "step-name: 'b' is no push step")
    steps, (problem,) = select(found, "push_")
    assert (steps, problem.message) == ((), "step-name: 'push_' is no step of the document")
    assert problem.hint == "Did you mean push_a?"
