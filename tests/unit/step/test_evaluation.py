"""What is asked when, and what an empty value means (push-step.md 1.3, 1.4); secrets that somebody wants to read."""

from collections.abc import Iterator, Mapping

import pytest

from pushstep import ci
from pushstep.conditions.decision import Fail, Run, Skip
from pushstep.conditions.names import Known
from pushstep.conditions.when import When, decide
from pushstep.errors import InputError
from pushstep.javascript import JavaScript
from pushstep.step.model import FullStep, Retry
from pushstep.step.resolution import resolve, when_of
from pushstep.step.variables import Variables, looks_secret
from tests.unit.step.documents import good, read, told


@pytest.fixture(scope="module")
def engine() -> Iterator[JavaScript]:
    with JavaScript() as engine:
        yield engine


EXCLUDED = """
steps:
  always:
    type: push
    candidate: a
    retry: {maxAttempts: 0}
  never:
    type: push
    candidate: a
    tag: feature/x
    fail_fast: perhaps
    when: {branch: {only: [nowhere]}, condition: {all: {it: a = b}}}
"""


def test_section_1_3_all_mistakes_of_all_steps_come_before_anything_runs() -> None:
    assert told(EXCLUDED) == [
        ("value", "steps.always.retry.maxAttempts", 6),
        ("reference", "steps.never.tag", 10),
        ("value", "steps.never.fail_fast", 11),
        ("condition-syntax", "steps.never.when.condition.all.it", 12),
    ]


def test_section_1_3_logical_names_are_not_known_before() -> None:
    assert told("{candidate: a, registry: [my-registry, other], provider: ecr}") == []


def test_section_1_3_what_when_excludes_needs_no_variables(engine: JavaScript) -> None:
    (raw,) = good(
        "candidate: ${{build}}\ntag: ${{CF_RELEASE_TAG}}\nregistry: ${{R}}\nwhen: {branch: {only: [main]}}"
    )
    known = Known(variables={"CF_BRANCH": "dev"})

    assert isinstance(decide(when_of(raw)[0], known, engine), Skip)
    # had it run, each of them would be a mistake
    with pytest.raises(InputError) as caught:
        resolve(raw, Variables(ci={"CF_BRANCH": "main"}))
    assert [one.path for one in caught.value.problems] == ["candidate", "tag", "registry"]


# --- 1.4 -----------------------------------------------------------------------------------------------

FIELDS = [one.alias or name for name, one in FullStep.model_fields.items() if name != "name"]


@pytest.mark.parametrize("name", FIELDS)
def test_section_1_4_an_empty_text_of_a_document_is_an_error(name: str) -> None:
    text = f"{name}: ''" if name == "candidate" else f"candidate: a\n{name}: ''"
    paths = {path for _, path, _ in told(text)}

    assert paths in ({name}, {f"{name}[0]"})


@pytest.mark.parametrize("name", FIELDS)
def test_section_1_4_null_is_an_error_but_for_timeout(name: str) -> None:
    text = f"{name}: null" if name == "candidate" else f"candidate: a\n{name}: null"

    assert [path for _, path, _ in told(text)] == ([] if name == "timeout" else [name])


EMPTY_LISTS = {
    "tags: []": [],
    "registry: []": ["registry"],
    "when: {branch: {only: []}}": ["when.branch.only"],
    "when: {branch: {ignore: []}}": ["when.branch.ignore"],
    "when: {steps: []}": ["when.steps"],
}


@pytest.mark.parametrize(("text", "paths"), EMPTY_LISTS.items(), ids=EMPTY_LISTS)
def test_section_1_4_empty_lists(text: str, paths: list[str]) -> None:
    found, problems = read(f"candidate: a\n{text}")

    assert [one.path for one in problems] == paths
    (step,) = found.steps
    assert step.remarks() == (("tags is empty, as if not given",) if text == "tags: []" else ())


@pytest.mark.parametrize(
    "text",
    [
        "when: {}",
        "when: {branch: {}}",
        "when: {condition: {}}",
        "when: {condition: {all: {}, any: {}}}",
        "retry: {}",
    ],
)
def test_section_1_4_empty_mappings_are_as_if_left_out(engine: JavaScript, text: str) -> None:
    (raw,) = good(f"candidate: a\n{text}")
    when, _ = when_of(raw)

    assert when == When()
    assert decide(when, Known(), engine) == Run()
    assert resolve(raw, Variables()).retry == Retry()


# --- secrets that a document asks for ------------------------------------------------------------------

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "hunter-aws",
    "CI_JOB_TOKEN": "hunter-gitlab",
    "INPUT_PASSWORD": "hunter-input",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "hunter-github",
}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("field", ["image_name", "tag", "title"])
@pytest.mark.parametrize("spelling", ["${{NAME}}", "$[[ NAME ]]", "a${{NAME}}"])
def test_section_3_a_secret_is_read_by_no_field_but_credentials(name: str, field: str, spelling: str) -> None:
    (raw,) = good(f"candidate: app\n{field}: '{spelling.replace('NAME', name)}'")
    with pytest.raises(InputError) as caught:
        resolve(raw, Variables(environ=SECRETS))

    problem = caught.value.problems[0]
    assert (problem.code, problem.path) == ("variable", field)
    assert f"{name} looks like a secret" in problem.message
    assert "hunter" not in str(caught.value.problems)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("expression", ["'${{NAME}}' != ''", "NAME != ''", "Variable('NAME') != ''"])
def test_section_3_a_secret_is_read_by_no_condition(engine: JavaScript, name: str, expression: str) -> None:
    asked = expression.replace("NAME", name)
    (raw,) = good(f'candidate: app\nwhen: {{condition: {{all: {{it: "{asked}"}}}}}}')
    known = Known(variables=SECRETS, is_secret=lambda one: looks_secret(one, SECRETS.get(one, "")))

    decision = decide(when_of(raw)[0], known, engine)

    assert isinstance(decision, Fail)
    assert decision.problem.code == "condition"
    assert "hunter" not in repr(decision)


# --- names that the CI spells in capitals --------------------------------------------------------------

PLACES: dict[str, Mapping[str, str]] = {
    "github": {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "Acme/App"},
    "gitlab": {
        "GITLAB_CI": "true",
        "CI_PROJECT_PATH": "Acme/App",
        "CI_PROJECT_NAMESPACE": "Acme",
        "CI_PROJECT_NAME": "App",
    },
}


@pytest.mark.parametrize("name", PLACES)
def test_section_2_the_repositorys_own_name_in_small_letters(name: str) -> None:
    def nothing(path: str) -> str:
        raise FileNotFoundError(path)

    context = ci.detect(PLACES[name], nothing, 0).context
    variables = Variables(ci=context.variables, environ=PLACES[name])
    (raw,) = good("candidate: app\nimage_name: ${{CF_REPO_OWNER_LOWER_CASE}}/${{CF_REPO_NAME_LOWER_CASE}}")
    assert resolve(raw, variables).image_name == "acme/app"

    (raw,) = good("candidate: app\nimage_name: ${{CF_REPO_OWNER}}/${{CF_REPO_NAME}}")
    with pytest.raises(InputError) as caught:
        resolve(raw, variables)
    (problem,) = caught.value.problems
    assert "Write 'acme/app'" in problem.hint
