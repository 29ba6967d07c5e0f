"""The documentation is true: its examples are files that are run, and every name in it is known to the code."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from pushstep import inputs
from pushstep.ci import gitlab
from pushstep.cli import parse
from pushstep.conditions.decision import Condition
from pushstep.errors import CODES
from pushstep.fields import ALIASES, BY_NAME, FIELDS, OUTPUTS
from pushstep.inputs import Given
from pushstep.javascript import JavaScript
from pushstep.registry.credentials.ecr import hosts, policies
from pushstep.registry.credentials.ecr.identity import AUDIENCE
from pushstep.report.markdown import summary
from pushstep.result import DestinationResult, Report, StepResult, TagResult
from pushstep.step.steps import gathered, problems
from tests.support.markdown import blocks, code, headings, structure

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples"
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
OTHERS = {name: (ROOT / name).read_text() for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")}
TABLES = {"inputs", "outputs", "codes"}
MARKED = re.compile(r"<!-- (?P<name>[\w./-]+) -->\n.*?<!-- /(?P=name) -->", re.DOTALL)
GITHUB = {path.stem: path.read_text() for path in sorted((EXAMPLES / "github").glob("*.yml"))}
GITLAB = {path.stem: path.read_text() for path in sorted((EXAMPLES / "gitlab").glob("*.yml"))}
REGISTRIES = EXAMPLES / "registries"
TO_REGISTRIES = {
    ci: {path.stem: path.read_text() for path in sorted((REGISTRIES / ci).glob("*.yml"))}
    for ci in ("github", "gitlab")
}
"""CI → registry → the shortest push to it."""
TEMPLATE: dict[str, Any] = yaml.safe_load((ROOT / ".gitlab-ci-template.yml").read_text())
SPEC, JOBS = yaml.safe_load_all((ROOT / "templates/push.yml").read_text())
ALL_OUTPUTS = {*OUTPUTS, *ALIASES}
ENVIRONMENT = {one.environment for one in FIELDS} | set(TEMPLATE[".pushstep"]["variables"])
ENVIRONMENT |= {"PUSHSTEP_ID_TOKEN"}
INPUT = re.compile(r"\$\[\[ inputs\.([\w-]+) \]\]")


def prose(page: str) -> str:
    """Give what people wrote of a page, without what `make generate` puts there."""
    return MARKED.sub("", PAGES[page])


# examples are files


RUN_ON_THE_PAGE = {"docs/conditions.md"}
"""Every block of it is a table that tests/unit/conditions/test_docs.py decides."""


@pytest.mark.parametrize("page", sorted(PAGES.keys() - RUN_ON_THE_PAGE))
def test_a_page_quotes_files_and_nothing_else(page: str) -> None:
    assert blocks(prose(page)) == []
    assert re.findall(r"<!-- /?[\w./-]+ -->", prose(page)) == []  # one of a pair, or a name misspelt


def test_every_example_is_on_a_page() -> None:
    shown = {found["name"] for text in PAGES.values() for found in MARKED.finditer(text)}
    files = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*") if path.is_file()}
    assert shown - TABLES == files


def test_the_summary_that_is_shown_is_what_the_log_beside_it_comes_to() -> None:
    log = (EXAMPLES / "output/log.txt").read_text()
    image, digest = re.findall(r"is (sha256:\w+)", log)[0], re.findall(r"@(sha256:\w+)", log)[0]
    condition, message = re.findall(r"^when branch (\w+): true \((.*)\)$", log, re.MULTILINE)[0]
    there = re.findall(rf"^(created|moved) (\S+)/(\S+/\S+):(\S+) {digest}$", log, re.MULTILINE)
    pushed = [one[1:] for one in there]
    place = DestinationResult(
        registry=pushed[0][0],
        repository=pushed[0][1],
        digest=digest,
        result="success",
        tags=tuple(TagResult(tag=tag, status=status) for status, _, _, tag in there),
    )
    listed = message.rpartition(": ")[2]
    met = Condition(
        name=condition,
        kind="branch",
        expression=listed,
        substituted=listed,
        outcome="true",
        message=message,
    )
    step = StepResult(
        name="push",
        title="push",
        result="success",
        image_id=image,
        conditions=(met,),
        destinations=(place,),
    )
    report = Report(result="success", exit=0, steps=(step,))
    assert summary(report) == (EXAMPLES / "output/summary.md").read_text()
    given = yaml.safe_load(GITHUB["build-test-push"])["jobs"]["image"]["steps"][-1]["with"]["tags"]
    references = [f"{host}/{path}:{tag}" for host, path, tag in pushed]
    commit = pushed[0][2]
    assert given.replace("${{ github.sha }}", commit).split() == references


# what examples give is what a run takes


def refused(environ: Mapping[str, str], options: Mapping[str, Given] | None = None) -> Iterator[str]:
    """Say what the run that is told this would refuse."""
    given = inputs.read(options or {}, environ, on_github=True)
    with JavaScript() as engine:
        yield from (problem.message for problem in problems(gathered(given), engine))


def wrong_in_workflow(text: str) -> Iterator[str]:
    """Say what is wrong in a workflow for GitHub."""
    jobs = yaml.safe_load(text)["jobs"]
    for name, job in jobs.items():
        ours = [step for step in job["steps"] if "pushstep" in step.get("uses", "")]
        yield from (f"uses {step['uses']}" for step in ours if step["uses"] != "OWNER/pushstep@v1")
        for step in ours:
            yield from refused({f"INPUT_{key.upper()}": _said(value) for key, value in step["with"].items()})
            if "ghcr.io" in str(step["with"]) and job.get("permissions", {}).get("packages") != "write":
                yield f"{name} may not write packages"
            if "aws-role" in str(step["with"]) and job.get("permissions", {}).get("id-token") != "write":
                yield f"{name} may not ask for an ID token"
        ids = {step["id"]: step in ours for step in job["steps"] if "id" in step}
        for step_id, output in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", json.dumps(job)):
            if step_id not in ids or (ids[step_id] and output not in ALL_OUTPUTS):
                yield f"{name} takes steps.{step_id}.outputs.{output}"
        for other, output in re.findall(r"needs\.([\w-]+)\.outputs\.([\w-]+)", json.dumps(job)):
            if other not in job.get("needs", []) or output not in jobs[other].get("outputs", {}):
                yield f"{name} takes needs.{other}.outputs.{output}"


def _said(value: object) -> str:
    """Give an input as the runner hands it over; an expression comes to some word."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"\$\{\{.*?\}\}", "word", text)


def wrong_in_pipeline(text: str) -> Iterator[str]:
    """Say what is wrong in a pipeline for GitLab."""
    for prefix, known in (("PUSHSTEP", ENVIRONMENT), ("PUSHED", set(gitlab._DOTENV))):
        yield from (name for name in re.findall(rf"\b{prefix}_\w+", text) if name not in known)
    pipeline = yaml.safe_load(text)
    for one in pipeline.pop("include", []):
        if "component" in one:
            yield from _wrong_in_component(one, pipeline)
        elif not (ROOT / one["file"]).is_file() or one["project"] != "OWNER/pushstep":
            yield f"includes {one['file']} of {one['project']}"
    for job in pipeline.values():
        if "extends" in job:
            if job["extends"] not in TEMPLATE:
                yield f"extends {job['extends']}"
            yield from refused(_expanded(job["variables"]))
        if "PUSHSTEP_AWS_ROLE_TO_ASSUME" in job.get("variables", {}):
            yield from _without_token(job)
        for script in job.get("script", []):
            yield from wrong_in_command(script)


def _without_token(job: Mapping[str, Any]) -> Iterator[str]:
    if job.get("id_tokens", {}).get("PUSHSTEP_ID_TOKEN", {}).get("aud") != AUDIENCE:
        yield "has no ID token for AWS"


def _wrong_in_component(one: Mapping[str, Any], beside: Mapping[str, Any]) -> Iterator[str]:
    name = one["component"].rpartition("/")[2].partition("@")[0]
    if name != "push" or not one["component"].startswith("$CI_SERVER_FQDN/OWNER/pushstep/"):
        yield f"includes {one['component']}"
    yield from (f"the input {name}" for name in one["inputs"] if name not in SPEC["spec"]["inputs"])
    job: Any = filled(one["inputs"])
    own = one["inputs"].get("job-name", "push")
    yield from refused(_expanded(job[own]["variables"]))
    if "aws-role-to-assume" in one["inputs"]:
        # what the pipeline has under the job's name, GitLab adds to it
        yield from _without_token(beside.get(own, {}))


def _expanded(variables: Mapping[str, str]) -> dict[str, str]:
    """Give variables as a job has them; what GitLab sets comes to some word."""
    known = {"$CI_REGISTRY_IMAGE": "registry.example.com/acme/app"}
    # the password of a user that a file names is a CI/CD variable
    secrets = {"PUSHSTEP_PASSWORD": "word"} if variables.get("PUSHSTEP_USERNAME") else {}
    return secrets | {
        name: re.sub(r"\$\w+", lambda found: known.get(found[0], "word"), value)
        for name, value in variables.items()
        if name not in TEMPLATE[".pushstep"]["variables"]
    }


def wrong_in_command(script: str) -> Iterator[str]:
    """Say what is wrong in the commands of a script that run pushstep."""
    for line in script.replace("\\\n", "").splitlines():
        command = re.search(r"\b(push|plan) (--.*)", line)
        if not command:
            continue
        words = shlex.split(re.sub(r"\$\w+", "word", command[2].removesuffix(")")), comments=True)
        told = parse([command[1], *words])
        yield from (problem.message for problem in told.problems)
        handed_on = re.findall(r"-e (PUSHSTEP_\w+)", line)
        if "step" not in told.options:  # a document has what the command line has not
            yield from refused(dict.fromkeys(handed_on, "word"), told.options)


@pytest.mark.parametrize("name", GITHUB)
def test_a_workflow_gives_what_the_action_takes_and_takes_what_it_gives(name: str) -> None:
    assert list(wrong_in_workflow(GITHUB[name])) == []


@pytest.mark.parametrize("name", GITLAB)
def test_a_pipeline_gives_what_the_job_takes_and_takes_what_it_gives(name: str) -> None:
    assert list(wrong_in_pipeline(GITLAB[name])) == []


@pytest.mark.parametrize("name", TO_REGISTRIES["github"])
def test_a_workflow_to_a_registry_gives_what_the_action_takes(name: str) -> None:
    assert list(wrong_in_workflow(TO_REGISTRIES["github"][name])) == []


@pytest.mark.parametrize("name", TO_REGISTRIES["gitlab"])
def test_a_pipeline_to_a_registry_gives_what_the_job_takes(name: str) -> None:
    assert list(wrong_in_pipeline(TO_REGISTRIES["gitlab"][name])) == []


@pytest.mark.parametrize(
    ("ci", "name", "right", "wrong", "said"),
    [
        ("github", "ecr", "id-token: write", "id-token: none", "image may not ask for an ID token"),
        ("gitlab", "ecr", "PUSHSTEP_ID_TOKEN:", "PUSHSTEP_ID_TOKENS:", "PUSHSTEP_ID_TOKENS"),
        ("gitlab", "ecr", "aud: sts", "aud: sns", "has no ID token for AWS"),
        ("gitlab", "ecr-component", "aud: sts", "aud: sns", "has no ID token for AWS"),
        ("gitlab", "ecr-component", "push: #", "pull: #", "has no ID token for AWS"),
    ],
)
def test_a_role_that_no_token_proves_is_found(ci: str, name: str, right: str, wrong: str, said: str) -> None:
    text = TO_REGISTRIES[ci][name]
    assert right in text
    find = wrong_in_workflow if ci == "github" else wrong_in_pipeline
    assert said in "\n".join(find(text.replace(right, wrong)))


def test_the_page_of_registries_has_a_push_from_each_ci_and_the_rights_to_each() -> None:
    parts = re.split("^## ", PAGES["docs/registries.md"], flags=re.MULTILINE)[2:]
    titles = [part.partition("\n")[0] for part in parts]
    listed = re.findall(r"\[([^]]+)\]\(#", PAGES["docs/registries.md"].partition("\n## ")[0])
    assert len(listed) == len(titles) == 11
    for part in parts:
        examples = re.findall(r"<!-- (?:registries/)?(github|gitlab)/[\w-]+\.yml -->", part)
        assert set(examples) == {"github", "gitlab"}, part[:20]
        assert examples.count("github") == examples.count("gitlab"), part[:20]
        assert "**Rights.**" in part
        assert "**Usual errors.**" in part or "so are the errors" in part


def test_the_policies_on_the_page_are_those_that_hints_give() -> None:
    """Who copies the page's statement gets no error that tells to add another one."""
    role = "arn:aws:iam::123456789012:role/pusher"
    github = {
        "iss": "https://token.actions.githubusercontent.com",
        "sub": "repo:acme/app:ref:refs/heads/main",
    }
    gitlab_com = {"iss": "https://gitlab.com", "sub": "project_path:acme/app:ref_type:branch:ref:main"}
    wanted = {
        "aws-trust-github": [policies.federation(role, github)],
        "aws-trust-gitlab": [policies.federation(role, gitlab_com)],
    }
    for name in ("ecr", "ecr-public"):
        told = yaml.safe_load(TO_REGISTRIES["github"][name])["jobs"]["image"]["steps"][-1]["with"]
        assert told["aws-role-to-assume"] == role
        host, _, path = told["tags"].rpartition(":")[0].partition("/")
        registry = hosts.parse(host)
        assert registry
        wanted[f"{name}-policy"] = [policies.token(public=registry.public), policies.push(registry, path)]
    assert {path.stem for path in REGISTRIES.glob("*.json")} == wanted.keys()
    for name, statements in wanted.items():
        shown = json.loads((REGISTRIES / f"{name}.json").read_text())
        assert shown == {"Version": "2012-10-17", "Statement": [json.loads(one) for one in statements]}, name


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.sh")), ids=lambda path: path.stem)
def test_a_command_gives_what_the_command_line_takes(path: Path) -> None:
    assert list(wrong_in_command(path.read_text())) == []
    names = re.findall(r"\bPUSHSTEP_\w+", path.read_text())
    assert [name for name in names if name not in ENVIRONMENT] == []
    targets = re.findall(r"^make (\w+)", path.read_text(), re.MULTILINE)
    assert [name for name in targets if f"\n{name}: " not in (ROOT / "Makefile").read_text()] == []


@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        ("build-test-push", "candidate:", "candidates:", "INPUT_CANDIDATES: no such input"),
        ("build-test-push", "app:latest", "App:latest", "must be lower-case"),
        ("build-test-push", "only:", "onyl:", "INPUT_WHEN.branch.onyl is no known field"),
        ("build-test-push", "@v1", "@v2", "uses OWNER/pushstep@v2"),
        ("build-test-push", "packages: write", "packages: read", "may not write packages"),
        ("ghcr", "tag:", "login: aws\n          tag:", "login aws has no aws-role-to-assume"),
        ("buildx-oci", "oci-archive:image.tar", "dir:image", "is no transport that a candidate is read from"),
        ("promote", "docker://ghcr.io/acme", "docker://ghcr.io/Acme", "must be lower-case"),
        ("job-output", "outputs.digest }}\n    steps", "outputs.sum }}\n    steps", "takes steps.push.outputs.sum"),
        ("job-output", "steps.push.", "steps.pull.", "takes steps.pull.outputs.digest"),
        ("job-output", "needs.image.outputs.digest", "needs.image.outputs.x", "takes needs.image.outputs.x"),
        ("job-output", "needs: image", "needs: deploy", "takes needs.image.outputs.digest"),
        ("fail-softly", "fail-fast: false", "fail-fast: never", "is neither true nor false"),
    ],
)  # fmt: skip
def test_a_wrong_workflow_is_found(name: str, right: str, wrong: str, said: str) -> None:
    assert right in GITHUB[name]
    assert said in "\n".join(wrong_in_workflow(GITHUB[name].replace(right, wrong)))


@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        ("build-then-push", "PUSHSTEP_TAGS", "PUSHSTEP_TAGGS", "PUSHSTEP_TAGGS"),
        ("build-then-push", "PUSHSTEP_TAGS", "PUSHSTEP_LOGIN", "is no way to log in"),
        ("kubernetes", "CANDIDATE: oci:image", "CANDIDATE: dir:image", "is no transport"),
        ("build-then-push", "{only:", "{onyl:", "PUSHSTEP_WHEN.branch.onyl is no known field"),
        ("build-then-push", "extends: .pushstep", "extends: .push", "extends .push"),
        ("build-then-push", "-ci-template.yml", "-ci-templates.yml", "includes .gitlab-ci-templates.yml"),
        ("several-registries", "quay.io/acme/app:", "quay.io/Acme/app:", "must be lower-case"),
        ("job-output", "PUSHED_IMAGE", "PUSHED_IMAGES", "PUSHED_IMAGES"),
        ("fail-softly", "variable PUSHSTEP_PASSWORD", "variable PUSHSTEP_PASS", "PUSHSTEP_PASS"),
        ("component", "candidate:", "image:", "the input image"),
        ("component", "only:", "onyl:", "PUSHSTEP_WHEN.branch.onyl is no known field"),
        ("component", "/push@1", "/pull@1", "includes $CI_SERVER_FQDN/OWNER/pushstep/pull@1"),
        ("docker-in-docker", "--tags ", "--tages ", "--tages"),
        ("docker-in-docker", "--tags ", "--tag x --tags ", "are both given"),
    ],
)  # fmt: skip
def test_a_wrong_pipeline_is_found(name: str, right: str, wrong: str, said: str) -> None:
    assert right in GITLAB[name]
    assert said in "\n".join(wrong_in_pipeline(GITLAB[name].replace(right, wrong)))


# GitLab's template and component


def filled(given: Mapping[str, str]) -> object:
    """Give the component's job as GitLab makes it of inputs; the others have their defaults."""
    values = {name: given.get(name, one["default"]) for name, one in SPEC["spec"]["inputs"].items()}

    def in_text(text: str) -> str:
        return INPUT.sub(lambda found: values[found[1]], text)

    def in_all(data: object) -> object:
        if isinstance(data, dict):
            return {in_text(key): in_all(value) for key, value in data.items()}
        if isinstance(data, list):
            return [in_all(value) for value in data]
        return in_text(data) if isinstance(data, str) else data

    return in_all(JOBS)


def test_template_and_component_run_the_same_job() -> None:
    (component,) = JOBS.values()
    own = ("stage", "image", "variables")
    assert list(component) == list(TEMPLATE[".pushstep"])
    for key in component.keys() - set(own):
        assert component[key] == TEMPLATE[".pushstep"][key], key
    assert component["image"]["entrypoint"] == TEMPLATE[".pushstep"]["image"]["entrypoint"]


def test_component_and_template_run_the_same_image_by_default() -> None:
    given = TEMPLATE[".pushstep"]["variables"]
    name = TEMPLATE[".pushstep"]["image"]["name"]
    for variable, value in given.items():
        name = name.replace(f"${variable}", value)
    assert name == SPEC["spec"]["inputs"]["job-image"]["default"]


def test_an_input_of_the_component_is_the_whole_value_of_one_variable() -> None:
    """Anywhere else its text would be code."""
    ((name, job),) = JOBS.items()
    variables = job["variables"]
    assert variables == {
        BY_NAME[one].environment: f"$[[ inputs.{one} ]]"
        for one in SPEC["spec"]["inputs"]
        if not one.startswith("job-")
    }
    others = [name, job["stage"], job["image"]["name"]]
    assert others == [f"$[[ inputs.job-{one} ]]" for one in ("name", "stage", "image")]
    rest = {key: value for key, value in job.items() if key not in ("stage", "variables", "image")}
    assert "inputs" not in json.dumps(rest)
    assert job["image"].keys() == {"name", "entrypoint"}


def test_an_input_of_the_component_needs_no_value_and_is_no_secret() -> None:
    for name, one in SPEC["spec"]["inputs"].items():
        assert one["description"], name
        if not name.startswith("job-"):
            assert one["default"] == "", name
            assert name in BY_NAME, name
            assert not BY_NAME[name].secret, name


@pytest.mark.parametrize(
    "given",
    [{}, {"candidate": "app:ci", "tags": "1\n2", "job-name": "publish", "title": 'a: "b" # {c', "dry-run": "true"}],
)  # fmt: skip
def test_the_component_makes_a_job_that_gitlab_takes(tmp_path: Path, given: Mapping[str, str]) -> None:
    path = tmp_path / "job.yml"
    path.write_text(yaml.safe_dump(filled(given)))
    program = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run(
        [str(program), "--builtin-schema", "vendor.gitlab-ci", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


# names in the text


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_what_exists(page: str) -> None:
    text = prose(page)
    names = re.findall(r"\bPUSHSTEP_\w+", text)
    assert [name for name in names if name not in ENVIRONMENT] == []
    assert [name for name in re.findall(r"\bPUSHED_\w+", text) if name not in gitlab._DOTENV] == []
    outputs = re.findall(r"\bsteps\.push\.outputs\.([\w-]+)", text)
    assert [name for name in outputs if name not in ALL_OUTPUTS] == []
    assert [name for name in re.findall(r"error \[([^]]*)\]", text) if name not in CODES] == []
    options = [span for span in code(text) if span.startswith("--")]
    refusals = [problem for one in options for problem in parse([re.split("[= ]", one)[0]]).problems]
    assert [problem.message for problem in refusals if problem.code == "unknown"] == []


def test_the_readme_tells_the_kind_of_every_input() -> None:
    told = {
        kind: set(re.findall("`([^`]+)`", names))
        for kind, names in re.findall(
            r"^- \*\*(list|boolean|yaml)\*\* \((.*?)\)", PAGES["README.md"], re.MULTILINE
        )
    }
    kinds = ("list", "boolean", "yaml")
    assert told == {kind: {one.name for one in FIELDS if one.kind == kind} for kind in kinds}


def test_the_readme_explains_the_common_errors() -> None:
    explained = re.findall(r"^### error \[([\w-]+)\]$", PAGES["README.md"], re.MULTILINE)
    assert len(explained) >= 10
    assert [name for name in explained if name not in CODES] == []


def test_who_comes_from_elsewhere_is_told_what_to_write() -> None:
    part = PAGES["README.md"].partition("\n## Coming from")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+) \| (.+) \|$", part, re.MULTILINE)
    assert len(rows) > 20
    assert [theirs for theirs, here in rows if "not yet" in here] == []


# links


def anchors(text: str) -> set[str]:
    """Give the names that GitHub gives to headings."""
    found: dict[str, int] = {}
    for heading in headings(text):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found[name] = found.get(name, -1) + 1
        if found[name]:
            found[f"{name}-{found[name]}"] = 0
    return set(found)


def broken_links(page: str, text: str) -> Iterator[str]:
    """Give the links of a page that lead nowhere in this repository."""
    for part in structure(text):
        target = dict(part.attributes).get("href", "")
        if part.kind != "link_open" or re.match("https?://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            yield target


@pytest.mark.parametrize("page", [*PAGES, *OTHERS])
def test_links_lead_somewhere(page: str) -> None:
    assert list(broken_links(page, {**PAGES, **OTHERS}[page])) == []


@pytest.mark.parametrize("target", ["docs/nothing.md", "#nothing", "docs/github.md#nothing", "../docs/github.md"])  # fmt: skip
def test_a_link_that_leads_nowhere_is_found(target: str) -> None:
    assert list(broken_links("README.md", f"See [this]({target}).")) == [target]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_linked_from_the_readme(page: str) -> None:
    links = [dict(part.attributes).get("href", "") for part in structure(PAGES["README.md"])]
    assert page == "README.md" or page in {link.partition("#")[0] for link in links}
