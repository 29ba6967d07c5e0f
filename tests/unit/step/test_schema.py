"""The JSON Schema says of a document what the code says, as far as a schema can."""

from typing import Any

import jsonschema
import pytest
import yaml

from pushstep.step.model import FullStep
from pushstep.step.schema import schema
from tests.unit.step import test_shapes
from tests.unit.step.documents import read

SCHEMA = schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
NOT_FOR_EDITORS = (
    "placeholders without quotes",  # are no YAML
    "section 2: scalars as they are written",  # a date is no text
    "a group of steps that are not run",  # its fields are another schema's
)


@pytest.mark.parametrize("draft", [jsonschema.Draft7Validator, jsonschema.Draft202012Validator])
def test_it_is_a_schema_of_both_drafts(draft: Any) -> None:  # noqa: ANN401 - a class of jsonschema
    draft.check_schema(SCHEMA)


GOOD = {
    **{name: text for name, (text, _) in test_shapes.SHAPES.items()},
    **{name: text for name, (text, _) in test_shapes.NOTICES.items()},
    **{name: text for name, (text, _) in test_shapes.FIELDS.items()},
    "operations": "{candidate: a, on_success: {metadata: {set: [{x: [a: 1, b]}, c, {d: {evaluate: e}}]},"
    " annotations: {set: [{entity_type: image, annotations: [a, b: 85%], display: a}], unset: [{annotations: [c]}]}}}",
    "conditions": "{candidate: a, when: {branch: {only: [main, 7]}, condition: {all: {a_1: 'x'}},"
    " steps: {all: [{name: b, 'on': [finished]}]}}}",
    "variables": "{candidate: '${{A}}', fail_fast: '${{A}}', provider: '$[[A]]', timeout: '${{A}}m'}",
    "no timeout": "{candidate: a, timeout: null}",
    "credentials": "{candidate: a, credentials: {username: a, password: b}, registry: [a.io, b]}",
    "retry": "{candidate: a, retry: {maxAttempts: 3, delay: 5.5, exponentialFactor: '1'}}",
}


@pytest.mark.parametrize("text", [text for name, text in GOOD.items() if name not in NOT_FOR_EDITORS])
def test_good_documents_fit(text: str) -> None:
    VALIDATOR.validate(yaml.safe_load(text))


BAD = [
    "{candidate: a, nonsense: 1}",
    "{candidate: a, type: build}",
    "{candidate: a, tags: a}",
    "{candidate: a, tag: ~}",
    "{candidate: a, provider: gcr}",
    "{candidate: a, fail_fast: perhaps}",
    "{candidate: a, timeout: 5d}",
    "{candidate: a, credentials: {username: a}}",
    "{candidate: a, scale: {}}",
    "{candidate: a, when: {brunch: {}}}",
    "{candidate: a, when: {branch: {only: main}}}",
    "{candidate: a, hooks: {on_elected: {}}}",
    "{candidate: a, arguments: {nonsense: 1}}",
    "{candidate: a, on_fail: {exec: [a]}}",
    "{candidate: a, on_fail: {metadata: {set: [a-b]}}}",
    "steps: {a: {type: push, nonsense: 1}}",
    "steps: {a.b: {type: push}}",
    "steps: {g: {type: parallel, steps: {a: {type: push, nonsense: 1}}}}",
    "steps: {g: {type: parallel, when: {}, steps: {a: {type: push, candidate: a}}}}",
    "{mode: fast, steps: {a: {type: push, candidate: a}}}",
    "a: {type: push, nonsense: 1}",
    "[a]",
]


@pytest.mark.parametrize("text", BAD)
def test_bad_documents_do_not(text: str) -> None:
    assert read(text)[1]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(yaml.safe_load(text))


def test_every_field_is_described() -> None:
    fields = SCHEMA["$defs"]["step"]["properties"]
    wanted = {field.alias or name for name, field in FullStep.model_fields.items()} - {"name"}

    assert wanted <= set(fields)
    assert all(fields[name]["description"] for name in wanted)
    assert {name for name, one in fields.items() if one.get("deprecated")} == {
        *("fail-fast", "debug", "env", "docker_machine", "scale", "matrix")
    }
