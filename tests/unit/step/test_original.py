"""The original's examples and its known traps, as documents (push-step-original.md; codefresh.md 3, 4, 18)."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import InputError
from pushstep.step.document import Data
from pushstep.step.model import Step
from pushstep.step.resolution import resolve
from pushstep.step.variables import Variables
from tests.unit.step.documents import good, named, read, told

# The three examples of the original page, without their `...` and what those stood for.
INTEGRATION = """
step_name:
  type: push
  title: Step Title
  description: Free text description
  candidate: ${{build_step_name}}
  tag: latest
  image_name: codefresh/app
  registry: my-registry
  fail_fast: false
  when:
    branch:
      only: 
        - /FB-/i
"""  # noqa: W291 - as it stands there
CREDENTIALS = """
step_name:
  type: push
  title: Step Title
  description: Free text description
  candidate: ${{build_step_name}}
  tags: [ latest, ${{CF_BRANCH}} ]
  image_name: codefresh/app
  registry: dtr.host.com
  credentials:
    username: subject
    password: credentials
  fail_fast: false
  when:
    branch:
      only: 
        - /FB-/i
"""  # noqa: W291 - likewise
VARIABLES = Variables(given={"build_step_name": "built:ci"}, ci={"CF_BRANCH": "FB-1"})


def test_the_example_of_an_integration() -> None:
    (raw,) = good(INTEGRATION)
    step = resolve(raw, VARIABLES, named("my-registry"))

    assert (step.name, step.title, step.description) == ("step_name", "Step Title", "Free text description")
    assert (step.candidate.text, step.bare_tags, step.image_name) == (
        "built:ci",
        ("latest",),
        "codefresh/app",
    )
    assert (step.registry, step.fail_fast) == (("my-registry",), False)
    assert [entry.text for entry in step.when.branch.only] == ["/FB-/i"]


def test_the_example_of_passed_credentials() -> None:
    (raw,) = good(CREDENTIALS)
    step = resolve(raw, VARIABLES)

    assert (step.bare_tags, step.registry) == (("latest", "FB-1"), ("dtr.host.com",))
    assert step.credentials
    assert (step.credentials.username, step.credentials.password) == ("subject", "credentials")


@pytest.mark.parametrize(
    "tags", ["\n  - tag1\n  - tag2\n  - ${CF_BRANCH}\n  - tag4", "[ 'tag1', 'tag2', '${CF_BRANCH}', 'tag4' ]"]
)
def test_the_examples_of_tags(tags: str) -> None:
    (raw,) = good(f"step_name:\n  type: push\n  candidate: a\n  tags: {tags}")

    assert resolve(raw, VARIABLES).bare_tags == ("tag1", "tag2", "FB-1", "tag4")


def test_dots_in_place_of_operations_are_no_operations() -> None:
    assert told(INTEGRATION + "  on_success:\n    ...\n") == [("value", "step_name.on_success", 16)]
    assert told(INTEGRATION + "  on_success:\n") == [("value", "step_name.on_success", 15)]


# scalar → the tag it gives (codefresh.md 3); the original refuses or mangles most of them
SCALARS = [
    *(
        "1234567",
        "0123456",
        "1e5",
        "12345e7",
        "1.10",
        "yes",
        "on",
        "off",
        "1_000",
        "2019-01-01",
        "08",
        "2.0.0",
    ),
    *("v1.0", "0x1F", "null_", "true", "False", "nan", "0b1"),
]


@pytest.mark.parametrize("scalar", SCALARS)
def test_section_3_of_the_reference_scalars(scalar: str) -> None:
    (raw,) = good(f"{{candidate: a, tags: [{scalar}], when: {{branch: {{only: [{scalar}]}}}}}}")
    step = resolve(raw, Variables())

    assert step.bare_tags == (scalar,)
    assert [entry.text for entry in step.when.branch.only] == [scalar]
    assert resolve(good(f"{{candidate: a, tag: {scalar}}}")[0], Variables()).bare_tags == (scalar,)


def test_section_3_of_the_reference_a_time_is_no_number() -> None:
    (raw,) = good("{candidate: a, title: 1:30}")

    assert resolve(raw, Variables()).title == "1:30"
    (problem,) = read("{candidate: a, tag: 1:30}")[1]
    assert "'1:30' is no tag: a tag holds no ':'" in problem.message


# trap → the document, and what comes of it: code, path, line
TRAPS: dict[str, tuple[str, list[tuple[str, str | None, int | None]]]] = {
    "a comment eats a regex": (
        "{candidate: a, when: {branch: {only: [/a #b/\n]}}}",
        [],
    ),
    "a colon in a regex": (
        "candidate: a\nwhen:\n  branch:\n    only:\n    - /^a: b/",
        [("value", "when.branch.only[0]", 5)],
    ),
    "tabs before a key": ("candidate: a\n\ttag: b", [("yaml", "push.yaml", 2)]),
    "a step that is indented like its name": (
        "push_app:\ntype: push\ncandidate: a",
        [("missing", "push_app", 1)],
    ),
    "18.2 a raw branch": ("candidate: a\ntag: feature/x", [("reference", "tag", 2)]),
    "18.5 a registry of the integration's name": ("candidate: a\nregistry: corp-hub", []),
    "18.6 a host with a path": (
        "candidate: a\nregistry: us.gcr.io/my_org",
        [("reference", "registry[0]", 2)],
    ),
    "18.8 whose credentials read": ("candidate: gcr.io/a/b:1\nregistry_context: gcr-stage", []),
    "18.11 a word that a step never has": (
        "steps: {a: {type: push, candidate: a}, b: {type: push, candidate: b}}",
        [],
    ),
    "18.13 a tag policy": ("candidate: a\ntag_policy: lowercase", [("unknown", "tag_policy", 2)]),
    "18.16 a role from a variable": ("candidate: a\nprovider: ecr\nrole_arn: ${{ROLE}}", []),
    "18.18 waits that are powers": (
        "candidate: a\nretry: {delay: 60, exponentialFactor: 2, maxAttempts: 2}",
        [],
    ),
    "2.2 a build step's fields": (
        "candidate: a\ndisable_push: true\nmetadata: {}",
        [("unknown", "disable_push", 2), ("unknown", "metadata", 3)],
    ),
    "2.1 a dash in image-name": ("candidate: a\nimage-name: b", [("unknown", "image-name", 2)]),
    "12.3 a timeout of another shape": ("candidate: a\ntimeout: 90", [("value", "timeout", 2)]),
    "14.2 commands after a step": (
        "candidate: a\non_success: {exec: [ls]}",
        [("unknown", "on_success.exec", 2)],
    ),
    "14.5 two spellings": ("candidate: a\non_success: {}\nhooks: {on_fail: {}}", [("conflict", "hooks", 3)]),
    "15.2 scale": ("candidate: a\nscale: {x: {registry: a}}", [("unsupported", "scale", 2)]),
    "4.10 secret stores": ("candidate: ${{secrets.s.K}}", [("unsupported", "candidate", 1)]),
}


@pytest.mark.parametrize(("text", "expected"), TRAPS.values(), ids=TRAPS)
def test_traps(text: str, expected: list[tuple[str, str | None, int | None]]) -> None:
    assert told(text) == expected


def refused(text: str, variables: Variables) -> list[tuple[str, str | None]]:
    with pytest.raises(InputError) as caught:
        resolve(good(text)[0], variables)
    return [(one.code, one.path) for one in caught.value.problems]


def test_trap_18_2_a_branch_with_a_slash_shows_the_variable_that_fits() -> None:
    (raw,) = good("candidate: a\ntag: ${{CF_BRANCH}}")
    with pytest.raises(InputError) as caught:
        resolve(raw, Variables(ci={"CF_BRANCH": "feature/x"}))

    (problem,) = caught.value.problems
    assert problem.hint.startswith(
        "Normalized it reads 'feature_x'; CF_BRANCH_TAG_NORMALIZED holds a branch so."
    )


def test_trap_18_3_a_missing_variable_is_no_tag() -> None:
    assert refused("candidate: a\ntag: ${{CF_RELEASE_TAG}}", Variables()) == [("variable", "tag")]


def test_trap_18_4_a_numeric_revision() -> None:
    (raw,) = good("candidate: a\ntag: ${{CF_SHORT_REVISION}}")

    assert resolve(raw, Variables(ci={"CF_SHORT_REVISION": "0123456"})).bare_tags == ("0123456",)


def test_trap_4_6_a_commit_message_rewrites_no_document() -> None:
    message = "Revert \"x\": 'y'\ntag: evil\n- [*a"
    step = resolve(
        good("candidate: a\ndescription: ${{CF_COMMIT_MESSAGE}}")[0],
        Variables(ci={"CF_COMMIT_MESSAGE": message}),
    )

    assert (step.description, step.tag) == (message, None)


def test_trap_18_12_the_idiom_of_missing_variables_reaches_the_conditions() -> None:
    (raw,) = read("""{candidate: a, when: {condition: {all: {x: 'includes("${{X}}", "{{X}}") == true'}}}}""")[
        0
    ].steps

    assert raw.fields["when"] == {"condition": {"all": {"x": 'includes("${{X}}", "{{X}}") == true'}}}


def test_trap_18_13_the_case_of_a_tag_is_kept() -> None:
    assert resolve(good("{candidate: a, tag: Feature-X}")[0], Variables()).bare_tags == ("Feature-X",)


# --- there and back ------------------------------------------------------------------------------------


class Quoted(yaml.SafeDumper):
    """PyYAML's own writer, with every text in quotes."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"'))

TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,9}|[$]\{\{[A-Z]{1,5}\}\}", fullmatch=True)
TEXTS = st.text(min_size=1).filter(lambda text: text.strip() != "" and "secrets." not in text)
SOME: dict[str, st.SearchStrategy[Data]] = {
    "title": TEXTS,
    "description": TEXTS,
    "tags": st.lists(TAGS, min_size=1, max_size=3),
    "image_name": st.sampled_from(["acme/app", "ghcr.io/acme/app", "${{X}}"]),
    "registry": st.sampled_from(["ghcr.io", ["ghcr.io"], ["${{X}}", "ghcr.io"], "my-registry"]),
    "fail_fast": st.sampled_from(["true", "off", "${{X}}"]),
    "timeout": st.sampled_from([None, "5m", "0s"]),
    "retry": st.sampled_from([{}, {"maxAttempts": "3"}]),
    "when": st.sampled_from([{}, {"branch": {"only": ["main", "/^a/i"]}}]),
    "on_fail": st.sampled_from([{}, {"metadata": {"set": ["a", {"b": "c"}]}}]),
}
STEPS = st.fixed_dictionaries({"candidate": st.sampled_from(["app", "${{b}}"])}, optional=SOME)


@given(st.dictionaries(st.from_regex("[a-z é-]{1,8}", fullmatch=True), STEPS, min_size=1, max_size=3))
def test_what_was_read_is_read_again(steps: dict[str, dict[str, Data]]) -> None:
    first = good(written(steps))
    again = good(written({step.name: dict(step.fields) for step in first}))

    assert {step.name: dict(step.fields) for step in first} == steps
    assert [(one.name, one.fields) for one in again] == [(one.name, one.fields) for one in first]


def written(steps: dict[str, dict[str, Data]]) -> str:
    pipeline = {"steps": {name: {"type": "push", **fields} for name, fields in steps.items()}}
    return yaml.dump(pipeline, Dumper=Quoted, sort_keys=False)


@given(STEPS)
def test_a_typed_step_never_changes(fields: dict[str, Data]) -> None:
    (raw,) = good(written({"a": fields}))
    variables = Variables(given={"X": "x.io", "b": "app"})
    try:
        step = resolve(raw, variables, named("my-registry"))
    except InputError:
        return
    assert isinstance(step, Step)
    assert resolve(raw, variables, named("my-registry")) == step
