"""Files that must agree do agree: the table of inputs, `action.yml`, the README, the report's schema."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pushstep import __version__
from pushstep.errors import CODES
from pushstep.fields import ALIASES, FIELDS, OUTPUTS
from tests.support.world import Still

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())


def test_generated_files_are_what_the_code_makes() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci/generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_action_has_every_input_and_output_described() -> None:
    assert list(ACTION["inputs"]) == [one.name for one in FIELDS]
    assert list(ACTION["outputs"]) == [*OUTPUTS, *ALIASES]
    assert all(
        one["description"].strip() for group in ("inputs", "outputs") for one in ACTION[group].values()
    )


def test_only_the_github_token_has_a_default_in_the_action() -> None:
    """A default there would win over PUSHSTEP_* and look as if the user had given it."""
    given = {name: one["default"] for name, one in ACTION["inputs"].items() if one["default"]}
    assert given == {"github-token": "${{ github.token }}"}


@pytest.mark.parametrize("table", ["inputs", "outputs", "codes"])
def test_the_readme_names_them_all(table: str) -> None:
    rows = re.search(rf"<!-- {table} -->\n(.*?)<!-- /{table} -->", README, re.DOTALL)
    assert rows
    named = set(re.findall(r"^\| `([^`]+)` \|", rows[1], re.MULTILINE))
    known = {
        "inputs": {one.name for one in FIELDS},
        "outputs": {*OUTPUTS, *ALIASES},
        "codes": set(CODES),
    }
    assert named == known[table]


def test_the_report_schema_is_one() -> None:
    schema = json.loads((ROOT / "docs/report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["required"]) == {"version", "result", "exit", "errors", "steps"}


def test_the_changelog_has_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_error_code_is_used() -> None:
    code = "".join(path.read_text() for path in (ROOT / "pushstep").rglob("*.py") if path.name != "errors.py")
    code += (ROOT / "pushstep/errors.py").read_text().partition("class Problem")[2]
    assert [name for name in CODES if f'"{name}"' not in code] == []


def test_image_and_tests_share_their_pins() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / name).read_text(), re.MULTILINE))

    runtime, development = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: development.get(name) for name in runtime} == runtime
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["dynamic"][
        "dependencies"
    ]
    assert wanted == {"file": ["requirements.in"]}


def test_no_file_names_a_package_registry_or_this_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    hosts = re.compile(
        r"pypi\.(org|io)|pythonhosted|registry\.npmjs|(deb|security|snapshot|ftp)\.debian\.org"
    )
    found = [
        name
        for name in tracked
        if name != "tests/contract/test_agreement.py"
        and hosts.search((ROOT / name).read_text(errors="replace"))
    ]
    assert found == []


def test_the_step_schema_is_one() -> None:
    schema = json.loads((ROOT / "docs/step.schema.json").read_text())

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft7Validator.check_schema(schema)
    document = {"steps": {"push": {"type": "push", "candidate": "app", "retry": {"maxAttempts": 3}}}}
    jsonschema.validate(document, schema)


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted((ROOT / "docs/examples").rglob("*.yml"))
        if path.read_text().startswith("registries:")
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_registries_of_the_examples_are_valid(path: Path) -> None:
    run = Still(files={"registries.yml": path.read_text()})("validate", "--registries=registries.yml")

    assert (run.status, run.out.splitlines()[-1]) == (0, "registries.yml: valid"), run.out
    assert "ignored" not in run.out


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs/examples/documents").glob("*.yml")), ids=lambda path: path.name
)
def test_the_documents_of_the_examples_are_valid(path: Path) -> None:
    run = Still(files={path.name: path.read_text()})("validate", path.name)

    assert run.status == 0, run.out
    assert "not supported yet" not in run.out
    schema = json.loads((ROOT / "docs/step.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(path.read_text()), schema)
