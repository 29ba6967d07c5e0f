"""Post-step operations, validated whole, with variables of what was pushed (push-step.md 9)."""

from textwrap import indent

import pytest

from pushstep.errors import InputError
from pushstep.step.operations import (
    Added,
    Annotations,
    Evaluate,
    FileContent,
    ImageNotes,
    Note,
    Removed,
)
from pushstep.step.raw import RawStep
from pushstep.step.resolution import operations
from pushstep.step.variables import StepOutputs, Variables
from tests.unit.step.documents import good, read

# the example of push-step.md 9, with its step
EXAMPLE = """
push_step:
  type: push
  candidate: app
  on_success:
    metadata:
      set:
        - ${{push_step.imageId}}:
            - qa: passed
            - coverage: 85%
            - on_main: {evaluate: "'${{CF_BRANCH}}' == 'main'"}
    annotations:
      set:
        - entity_type: image
          annotations:
            - release_candidate: true
            - reviewed
          display: release_candidate
      unset:
        - entity_type: image
          annotations: [stale]
  on_fail:
    annotations:
      set:
        - annotations: [{log: file:out/log.txt}, {branch: "${{CF_BRANCH}}"}]
          entity_id: ${{CF_BUILD_ID}}
  on_finish:
    metadata: {set: [{done: yes}, ended]}
"""
KNOWN = Variables(
    ci={"CF_BRANCH": "a${{B}}"}, steps={"push_step": StepOutputs(result="success", image_id="sha256:1")}
)


def example() -> RawStep:
    (step,) = good(EXAMPLE)
    return step


def test_section_9_after_a_success() -> None:
    success, finish = operations(example(), KNOWN, "success")

    assert success.metadata
    assert success.metadata.set == (
        ImageNotes(
            image="sha256:1",
            notes=(
                Note(name="qa", value="passed"),
                Note(name="coverage", value="85%"),
                Note(name="on_main", value=Evaluate(expression="'${{CF_BRANCH}}' == 'main'")),
            ),
        ),
    )
    assert success.annotations == Annotations.model_construct(
        set=(
            Added.model_construct(
                entity_type="image",
                entity_id=None,
                annotations=(Note(name="release_candidate", value="true"), Note(name="reviewed")),
                display="release_candidate",
            ),
        ),
        unset=(Removed.model_construct(entity_type="image", entity_id=None, annotations=("stale",)),),
    )
    assert finish.metadata
    assert finish.metadata.set == (
        ImageNotes(image=None, notes=(Note(name="done", value="yes"),)),
        ImageNotes(image=None, notes=(Note(name="ended"),)),
    )


def test_section_9_after_a_failure_what_is_not_known_stays() -> None:
    failure, finish = operations(example(), KNOWN, "failure")

    assert failure.metadata is None
    assert failure.annotations
    (added,) = failure.annotations.set
    assert (added.entity_type, added.entity_id, added.display) == ("build", "${{CF_BUILD_ID}}", None)
    assert added.annotations == (
        Note(name="log", value=FileContent(path="out/log.txt")),
        Note(name="branch", value="a${{B}}"),
    )
    assert finish.annotations is None


def test_section_9_nothing_to_do() -> None:
    (step,) = good("candidate: app")

    assert operations(step, Variables(), "success") == ()
    assert [
        one.metadata for one in operations(good("{candidate: a, on_finish: {}}")[0], KNOWN, "failure")
    ] == [None]


def test_section_9_hooks_are_the_same() -> None:
    head, _, hooks = EXAMPLE.partition("  on_success:")
    (step,) = good(head + "  hooks:\n" + indent(f"  on_success:{hooks}", "  "))

    assert operations(step, KNOWN, "success") == operations(example(), KNOWN, "success")


def test_section_3_variables_in_the_keys_of_metadata() -> None:
    text = (
        "{candidate: a, on_fail: {metadata: {set: [{'${{IMAGE}}': [{'${{NAME}}': 1}]}, {'${{NAME}}': 2}]}}}"
    )
    (found,) = operations(good(text)[0], Variables(given={"IMAGE": "app", "NAME": "qa"}), "failure")

    assert found.metadata
    assert found.metadata.set == (
        ImageNotes(image="app", notes=(Note(name="qa", value="1"),)),
        ImageNotes(image=None, notes=(Note(name="qa", value="2"),)),
    )


def test_section_3_what_variables_made_wrong() -> None:
    text = "candidate: a\non_fail:\n  metadata: {set: [{x: [{'${{N}}': 1}]}]}\n  annotations: {set: [{annotations: [{k: '${{API_KEY}}'}]}]}"
    with pytest.raises(InputError) as caught:
        operations(good(text)[0], Variables(given={"N": "a-b"}, environ={"API_KEY": "hunter2"}), "failure")

    assert [(one.code, one.path, one.line) for one in caught.value.problems] == [
        ("variable", "on_fail.annotations.set[0].annotations[0].k", 4),
        ("value", "on_fail.metadata.set[0].x[0]", 3),
    ]


# what stands below on_success → path and words of what is wrong
WRONG: dict[str, list[tuple[str, str]]] = {
    "[ls]": [("", "is no mapping")],
    "ls": [("", "is no mapping")],
    "{exec: [ls]}": [(".exec", "no such field")],
    "{annotation: {}}": [(".annotation", "no such field")],
    "{metadata: [a]}": [(".metadata", "is no mapping")],
    "{metadata: {}}": [(".metadata.set", "is missing")],
    "{metadata: {set: a}}": [(".metadata.set", "is no list")],
    "{metadata: {set: [], unset: []}}": [(".metadata.unset", "no such field")],
    "{metadata: {set: [a-b]}}": [(".metadata.set[0]", "'a-b' is no name of an annotation")],
    "{metadata: {set: [{1a: b}]}}": [(".metadata.set[0]", "'1a' is no name of an annotation")],
    "{metadata: {set: [{a: b, c: d}]}}": [(".metadata.set[0]", "is not one annotation")],
    "{metadata: {set: [[a]]}}": [(".metadata.set[0]", "is not one annotation")],
    "{metadata: {set: [~]}}": [(".metadata.set[0]", "is not one annotation")],
    "{metadata: {set: [{'': [a]}]}}": [(".metadata.set[0]", "has an empty text where an image is named")],
    "{metadata: {set: [{x: [a, b-c, {d: ~}, [e], {f: ''}]}]}}": [
        (".metadata.set[0].x[1]", "'b-c' is no name of an annotation"),
        (".metadata.set[0].x[2]", "has a value that is empty or no text"),
        (".metadata.set[0].x[3]", "is not one annotation"),
        (".metadata.set[0].x[4]", "has a value that is empty or no text"),
    ],
    "{metadata: {set: [{a: {b: c}}]}}": [(".metadata.set[0]", "has a mapping as value")],
    "{metadata: {set: [{a: {evaluate: ''}}]}}": [(".metadata.set[0]", "has a mapping as value")],
    "{metadata: {set: [{a: {evaluate: [x]}}]}}": [(".metadata.set[0]", "has a mapping as value")],
    "{metadata: {set: [{a: {evaluate: x, y: z}}]}}": [(".metadata.set[0]", "has a mapping as value")],
    "{metadata: {set: [{a: 'file: '}]}}": [(".metadata.set[0]", "has a value that names no file")],
    f"{{metadata: {{set: [{{a: {{evaluate: {'x' * 12_001}}}}}]}}}}": [
        (".metadata.set[0]", "n expression of 12001 characters")
    ],
    "{annotations: {set: [{}]}}": [(".annotations.set[0].annotations", "is missing")],
    "{annotations: {set: [{annotations: [a], entity_type: images}]}}": [
        (".annotations.set[0].entity_type", "'images' has no annotations")
    ],
    "{annotations: {set: [{annotations: [a], display: b}]}}": [
        (".annotations.set[0]", "displays 'b', which is not in annotations")
    ],
    "{annotations: {set: [{annotations: [a], entity_id: ~}]}}": [
        (".annotations.set[0].entity_id", "is null")
    ],
    "{annotations: {unset: [{annotations: [a, {b: c}, d-e]}]}}": [
        (".annotations.unset[0].annotations[1]", "is empty or no text"),
        (".annotations.unset[0].annotations[2]", "'d-e' is no name of an annotation"),
    ],
    "{metadata: {set: [{a: {evaluate: 'x = ('}}]}}": [
        (".metadata.set[0]", "has no expression to evaluate"),
    ],
    "{annotations: {unset: [{annotations: [a], display: a}]}}": [
        (".annotations.unset[0].display", "no such field")
    ],
}


@pytest.mark.parametrize(("text", "expected"), WRONG.items(), ids=[text[:60] for text in WRONG])
def test_section_9_what_is_refused(text: str, expected: list[tuple[str, str]]) -> None:
    problems = read(f"candidate: app\non_success: {text}")[1]

    assert [one.path for one in problems] == [f"on_success{path}" for path, _ in expected]
    for one, (_, words) in zip(problems, expected, strict=True):
        assert words in one.message
        assert one.line == 2
        assert one.hint


def test_section_9_an_expression_of_the_greatest_length() -> None:
    assert good(f"{{candidate: a, on_success: {{metadata: {{set: [{{a: {{evaluate: {'x' * 12_000}}}}}]}}}}}}")
