"""No value of a variable changes a field but the one it stands in (push-step.md 2, 3, 9)."""

import re
from dataclasses import dataclass

import pytest

from pushstep.ci.protocol import Context
from pushstep.errors import InputError, Problem, StepError
from pushstep.push.plan import plan
from pushstep.registry.reference import Reference, is_full
from pushstep.step.model import Step
from pushstep.step.operations import Evaluate, FileContent, Note
from pushstep.step.resolution import operations, resolve, to_mask
from pushstep.step.variables import StepOutputs, Variables
from tests.support.hostile import VALUES
from tests.unit.step.documents import good, named

# every field that a push looks at, with a value that it takes
FIELDS = {
    "title": "Push",
    "description": "the app",
    "stage": "push",
    "candidate": "acme/app:ci",
    "tag": "1.0",
    "image_name": "acme/app",
    "registry": "ghcr.io",
    "credentials": "{username: bot, password: p}",
    "accessKeyId": "a",
    "secretAccessKey": "b",
    "sessionToken": "c",
    "region": "eu-west-1",
    "role_arn": "arn:aws:iam::123456789012:role/a",
    "aws_session_name": "me",
    "aws_duration_seconds": "900",
    "platform": "linux/amd64",
    "provider": "docker",
    "fail_fast": "true",
    "strict_fail_fast": "false",
    "timeout": "5m",
    "retry": "{maxAttempts: 2, delay: 5, exponentialFactor: 1}",
    "registry_context": "gcr",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in a step for the variable V: the fields that are written otherwise, and one that V takes."""

    fields: dict[str, str]
    safe: str
    told: tuple[str, ...] = ()
    """Other fields that a problem may be told of, as both of them cannot be."""


PLACES = {
    "title": Place(fields={"title": "'${{V}}'"}, safe="Push"),
    "title, a part": Place(fields={"title": "'a $[[V]] b'"}, safe="Push"),
    "description": Place(fields={"description": "'${{V}}'"}, safe="x"),
    "stage": Place(fields={"stage": "'${{V}}'"}, safe="push"),
    "candidate": Place(fields={"candidate": "'${{V}}'"}, safe="app:1"),
    "candidate, its tag": Place(fields={"candidate": "'app:${{V}}'"}, safe="1"),
    "tag": Place(fields={"tag": "'${{V}}'"}, safe="1.1"),
    "tag, a part": Place(fields={"tag": "'v${{V}}-x'"}, safe="1.1"),
    "tag, the short spelling": Place(fields={"tag": "'${V}'"}, safe="1.1"),
    "tags": Place(
        fields={"tag": "", "tags": "[latest, '${{V}}']"}, safe="1.1", told=("image_name", "registry")
    ),
    "a full reference": Place(
        fields={"tag": "", "image_name": "", "registry": "", "tags": "['ghcr.io/acme/app:${{V}}']"},
        safe="1.1",
    ),
    "image_name": Place(fields={"image_name": "'${{V}}'"}, safe="acme/other"),
    "image_name, a part": Place(fields={"image_name": "'acme/${{V}}'"}, safe="other"),
    "registry": Place(fields={"registry": "'${{V}}'"}, safe="quay.io"),
    "a registry of several": Place(
        fields={"registry": "[ghcr.io, '${{V}}']", "credentials": ""}, safe="quay.io"
    ),
    "credentials, the user name": Place(
        fields={"credentials": "{username: '${{V}}', password: p}"}, safe="bot"
    ),
    "credentials, the password": Place(
        fields={"credentials": "{username: bot, password: '${{V}}'}"}, safe="p"
    ),
    "accessKeyId": Place(fields={"accessKeyId": "'${{V}}'"}, safe="a"),
    "secretAccessKey": Place(fields={"secretAccessKey": "'${{V}}'"}, safe="b"),
    "sessionToken": Place(fields={"sessionToken": "'${{V}}'"}, safe="c"),
    "region": Place(fields={"region": "'${{V}}'"}, safe="eu-west-1"),
    "role_arn": Place(fields={"role_arn": "'arn:aws:iam::123456789012:role/${{V}}'"}, safe="a"),
    "aws_session_name": Place(fields={"aws_session_name": "'${{V}}'"}, safe="me"),
    "aws_duration_seconds": Place(fields={"aws_duration_seconds": "'${{V}}'"}, safe="901"),
    "platform": Place(fields={"platform": "'${{V}}'"}, safe="linux/arm64"),
    "provider": Place(fields={"provider": "'${{V}}'"}, safe="docker"),
    "fail_fast": Place(fields={"fail_fast": "'${{V}}'"}, safe="true"),
    "strict_fail_fast": Place(fields={"strict_fail_fast": "'${{V}}'"}, safe="true"),
    "timeout": Place(fields={"timeout": "'${{V}}m'"}, safe="4"),
    "retry": Place(fields={"retry": "'${{V}}'"}, safe=""),
    "retry, its attempts": Place(fields={"retry": "{maxAttempts: '${{V}}'}"}, safe="3"),
    "registry_context": Place(fields={"registry_context": "'${{V}}'"}, safe="gcr"),
}
AS_IT_IS = {
    "title": "title",
    "description": "description",
    "registry_context": "registry_context",
    "accessKeyId": "access_key_id",
    "secretAccessKey": "secret_access_key",
    "sessionToken": "session_token",
}
"""Places whose field is the value, whatever it is → the field."""


def document(place: Place) -> str:
    fields = {**FIELDS, **place.fields}
    lines = "\n".join(f"    {name}: {text}" for name, text in fields.items() if text)
    return f"stages: [push]\nsteps:\n  it:\n    type: push\n{lines}\n"


def variables(value: str) -> Variables:
    return Variables(
        given={"V": value},
        steps={"build": StepOutputs(result="success", image_id="sha256:1")},
        ci={"CF_BRANCH": "main"},
        environ={"MY_TOKEN": "hunter2"},
    )


def problems(error: InputError | StepError) -> tuple[Problem, ...]:
    for one in error.problems:
        assert one.message
        assert one.hint
        assert "hunter2" not in f"{one.message} {one.hint}"
    return error.problems


def typed(step: Step) -> dict[str, object]:
    return {name: getattr(step, name) for name in Step.model_fields}


@pytest.mark.parametrize("name", PLACES)
def test_section_3_a_hostile_value_changes_no_other_field(name: str) -> None:
    place = PLACES[name]
    (raw,) = good(document(place))
    own = next(iter(place.fields)) if "tags" not in place.fields else "tags"
    others = {"tags", "tag"} if own == "tags" else {own}
    expected = None
    if place.safe:
        expected = typed(resolve(raw, variables(place.safe), named("gcr")))

    for what, value in VALUES.items():
        try:
            step = resolve(raw, variables(value), named("gcr"))
        except (InputError, StepError) as error:
            told = {
                re.split(r"[.\[]", one.path.removeprefix("steps.it."))[0]
                for one in problems(error)
                if one.path
            }
            assert told <= {own, *place.told}, what
            assert all(one.line and one.line > 4 for one in error.problems), what
            continue
        assert expected, what
        aliases = {AS_IT_IS.get(one, re.sub(r"(?<!_)([A-Z])", r"_\1", one).lower()) for one in others}
        found = typed(step)
        for other in expected.keys() - aliases:
            assert found[other] == expected[other], (what, other)
        if name in AS_IT_IS:
            assert found[AS_IT_IS[name]] == value, what


@pytest.mark.parametrize(
    "name",
    [
        one
        for one in PLACES
        if one.startswith(("title", "description", "tag", "image_name", "a full", "credentials"))
    ],
)
def test_section_5_1_no_hostile_tag_or_name_leads_to_another_registry(name: str) -> None:
    (raw,) = good(document(PLACES[name]))

    for what, value in VALUES.items():
        try:
            laid = plan(resolve(raw, variables(value), named("gcr")), Context(ci="plain"))
        except InputError as error:
            assert problems(error), what
            continue
        assert {one.registry for one in laid.destinations} == {"ghcr.io"}, what


@pytest.mark.parametrize("name", [one for one in PLACES if one.startswith("credentials,")])
def test_interface_4_a_hostile_credential_is_masked_as_it_is(name: str) -> None:
    (raw,) = good(document(PLACES[name]))

    for what, value in VALUES.items():
        masked = to_mask(raw, variables(value))
        assert ("" not in masked, what) == (True, what)
        if "password" in name and value:
            assert value in masked, what


# --- what is done after a step -------------------------------------------------------------------------

OPERATIONS = """
candidate: app
on_success:
  metadata:
    set:
    - '${{V}}': [{qa: passed}]
    - sha256:1: [{qa: '${{V}}'}, {on: {evaluate: "'${{V}}' == 'safe'"}}, done]
  annotations:
    set: [{entity_type: build, entity_id: '${{V}}', annotations: [{said: 'a ${{V}}'}]}]
    unset: [{annotations: [stale]}]
on_finish: {metadata: {set: [{ended: "yes"}]}}
"""


def test_section_9_a_hostile_value_is_a_value_and_nothing_else() -> None:
    (raw,) = good(OPERATIONS)
    for what, value in VALUES.items():
        try:
            success, finish = operations(raw, variables(value), "success")
        except InputError as error:
            # an empty or blank image, and a file without a name
            assert not value.strip() or value == "file:", what
            assert {one.path for one in problems(error)} <= {
                "on_success.metadata.set[0]",
                "on_success.metadata.set[1].sha256:1[0]",
                "on_success.annotations.set[0].entity_id",
            }, what
            continue
        assert success.metadata
        assert success.annotations
        assert finish.metadata
        named, noted = success.metadata.set
        assert (named.image, named.notes) == (value, (Note(name="qa", value="passed"),)), what
        file = value.startswith("file:")
        assert noted.notes == (
            Note(name="qa", value=FileContent(path=value.removeprefix("file:")) if file else value),
            # the expression keeps its placeholder, for the conditions to fill
            Note(name="on", value=Evaluate(expression="'${{V}}' == 'safe'")),
            Note(name="done"),
        ), what
        (added,) = success.annotations.set
        assert (added.entity_type, added.entity_id) == ("build", value), what
        assert added.annotations == (Note(name="said", value=f"a {value}"),), what
        assert [one.annotations for one in success.annotations.unset] == [("stale",)], what
        assert [note.name for one in finish.metadata.set for note in one.notes] == ["ended"], what


@pytest.mark.parametrize(
    "text",
    [
        "{metadata: {set: [{'${{V}}': x}]}}",
        "{metadata: {set: [{a: [{'${{V}}': x}]}]}}",
        "{metadata: {set: ['${{V}}']}}",
        "{annotations: {set: [{annotations: ['${{V}}']}]}}",
        "{annotations: {set: [{entity_type: '${{V}}', annotations: [a]}]}}",
        "{annotations: {set: [{annotations: [a], display: '${{V}}'}]}}",
        "{annotations: {unset: [{annotations: ['${{V}}']}]}}",
    ],
)
def test_section_9_a_hostile_name_is_a_name_or_a_problem(text: str) -> None:
    (raw,) = good(f"candidate: app\non_fail: {text}")
    for what, value in VALUES.items():
        try:
            found = operations(raw, variables(value), "failure")
        except InputError as error:
            assert {one.path and one.path.partition(".")[0] for one in problems(error)} == {"on_fail"}, what
            continue
        assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", value), what
        assert len(found) == 1, what


# --- what else a value could reach ---------------------------------------------------------------------


def test_section_2_1_a_hostile_value_as_a_whole_entry_is_what_it_looks_like() -> None:
    """Without a registry of the step's own, an entry that is a full reference says where it goes."""
    (raw,) = good("candidate: app\ntags: ['${{V}}']")
    for what, value in VALUES.items():
        try:
            step = resolve(raw, variables(value))
        except InputError as error:
            assert problems(error), what
            continue
        assert all(isinstance(tag, Reference) is is_full(value) for tag in step.tags), what
