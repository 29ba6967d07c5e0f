"""Writes what must agree with the code, and copies the examples into the documentation.

That is `action.yml`, GitLab's template and component, two JSON Schemas and the README's tables.
With `--check` nothing is written, and the exit status is 1 if a file differs. `--image docker://...` is for
the tree of a release, whose `action.yml` names a published image (release.py makes it); every other builds.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pushstep import __version__  # noqa: E402 - the path comes first
from pushstep.errors import CODES  # noqa: E402 - the path comes first
from pushstep.fields import ALIASES, FIELDS, OUTPUTS, Field  # noqa: E402

BUILT = "Dockerfile"
_MADE = "# Made by `make generate` from pushstep/fields.py."
_RELEASED = (
    "# Made by .ci/release.py from pushstep/fields.py: a release names its image, and no job builds it."
)
_ACTION = """\
{made}
name: pushstep
description: Push an image that is already built to its registries, and say exactly what was pushed
author: pushstep
branding:
  icon: upload-cloud
  color: green
inputs:
{inputs}outputs:
{outputs}runs:
  using: docker
  image: {image}
"""


_IMAGE = "ghcr.io/owner/pushstep"
_TEMPLATE = """\
# Made by `make generate`. Include this file, and let a job `extends: .pushstep`; docs/gitlab.md has examples.
.pushstep:
  stage: deploy
  image:
    name: $PUSHSTEP_IMAGE:$PUSHSTEP_VERSION
    entrypoint: [""]
  variables:
    PUSHSTEP_IMAGE: {image}
    PUSHSTEP_VERSION: "{version}"
{job}"""
_COMPONENT = """\
# Made by `make generate` from pushstep/fields.py.
spec:
  inputs:
    job-name:
      default: push
      description: Name of the job.
    job-stage:
      default: deploy
      description: Stage of the job.
    job-image:
      default: {image}:{version}
      description: The image that the job runs in, pushstep's own.
{inputs}---
$[[ inputs.job-name ]]:
  stage: $[[ inputs.job-stage ]]
  image:
    name: $[[ inputs.job-image ]]
    entrypoint: [""]
  variables:
{variables}{job}"""
_JOB = """\
  script:
    - pushstep push
  artifacts:
    when: always # Later jobs learn of a failed push as well.
    reports:
      dotenv: pushstep.env
      annotations: pushstep-annotations.json
"""


def template() -> str:
    """Give the content of `.gitlab-ci-template.yml`."""
    return _TEMPLATE.format(image=_IMAGE, version=__version__, job=_JOB)


def component() -> str:
    """Give the content of `templates/push.yml`.

    Secrets are CI/CD variables there, never inputs, which everybody sees who may see the pipeline. An input
    stands alone as the value of a variable: so GitLab quotes it, whatever it holds.
    """
    fields = [one for one in FIELDS if not one.secret and one.name not in _NOT_ON_GITLAB]
    return _COMPONENT.format(
        image=_IMAGE,
        version=__version__,
        inputs="".join(map(_component_input, fields)),
        variables="".join(f"    {one.environment}: $[[ inputs.{one.name} ]]\n" for one in fields),
        job=_JOB,
    )


_NOT_ON_GITLAB = {"summary"}


def _component_input(one: Field) -> str:
    # boolean inputs have no "not given", which a step document below must be able to see
    closed = one.kind == "boolean" and not one.takes_more
    options = '      options: ["", "true", "false"]\n' if closed else ""
    quoted = ' In quotes: `"true"`, `"false"`.' if one.kind == "boolean" else ""
    description = json.dumps(f"{_described(one)}{quoted}")
    return f'    {one.name}:\n      default: ""\n{options}      description: {description}\n'


def action(image: str = BUILT) -> str:
    """Give the content of `action.yml` that runs `image`."""
    inputs = "".join(
        f"  {one.name}:\n    description: {json.dumps(_described(one))}\n"
        f"    required: false\n    default: {json.dumps(one.action_default)}\n"
        for one in FIELDS
    )
    outputs = "".join(f"  {name}:\n    description: {json.dumps(text)}\n" for name, text in _all_outputs())
    made = _MADE if image == BUILT else _RELEASED
    return _ACTION.format(made=made, inputs=inputs, outputs=outputs, image=image)


def schema() -> str:
    """Give the report's JSON Schema."""
    # A release makes `action.yml` alone, and where it runs nothing is installed.
    from pydantic import TypeAdapter  # noqa: PLC0415

    from pushstep.result import Report  # noqa: PLC0415

    made = TypeAdapter(Report).json_schema(mode="serialization")
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_named(made)}
    return json.dumps(made, indent=2) + "\n"


def step_schema() -> str:
    """Give the JSON Schema of step documents, as `pushstep schema` prints it."""
    from pushstep.step.schema import schema as made  # noqa: PLC0415 - as above

    return json.dumps(made(), indent=2) + "\n"


def page(text: str) -> str:
    """Give a page of the documentation with all that stands between its markers made anew."""
    tables = {"inputs": _inputs, "outputs": _outputs, "codes": _codes}

    def made(found: re.Match[str]) -> str:
        name = found["name"]
        content = tables[name]() if name in tables else _example(ROOT / "docs/examples" / name)
        return f"<!-- {name} -->\n{content}<!-- /{name} -->"

    return re.sub(r"<!-- (?P<name>[\w./-]+) -->\n.*?<!-- /(?P=name) -->", made, text, flags=re.DOTALL)


_LANGUAGES = {".yml": "yaml", ".json": "json", ".sh": "sh", ".txt": "text"}


def _example(path: Path) -> str:
    """Quote a file of docs/examples; what is Markdown is shown as it is."""
    text = path.read_text(encoding="utf-8")
    return text if path.suffix == ".md" else f"```{_LANGUAGES[path.suffix]}\n{text}```\n"


def _described(one: Field) -> str:
    default = f" Default: `{one.default}`." if one.default else ""
    return f"{one.help}{default}"


def _inputs() -> str:
    rows = "".join(
        f"| `{one.name}` | {one.default and f'`{one.default}`'} | {one.help.replace('|', '&#124;')} |\n"
        for one in FIELDS
    )
    return f"| Input | Default | Meaning |\n|---|---|---|\n{rows}"


def _all_outputs() -> Iterator[tuple[str, str]]:
    yield from OUTPUTS.items()
    for alias, name in ALIASES.items():
        yield alias, f"`{name}` under the name that docker/build-push-action has for it."


def _outputs() -> str:
    rows = "".join(f"| `{name}` | {text} |\n" for name, text in _all_outputs())
    return f"| Output | Content |\n|---|---|\n{rows}"


def _codes() -> str:
    rows = "".join(f"| `{code}` | {status} | {meaning} |\n" for code, (status, meaning) in CODES.items())
    return f"| Code | Exit status | Meaning |\n|---|---|---|\n{rows}"


def _named(made: dict[str, Any]) -> dict[str, Any]:
    """Every key of the report is always there; pydantic asks only for those without a default."""
    for part in (made, *made.get("$defs", {}).values()):
        if "properties" in part:
            part["required"] = list(part["properties"])
    return made


_PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def main() -> int:
    """Write, or check, all of them."""
    parser = argparse.ArgumentParser(description="Write the files that are made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file differs")
    parser.add_argument("--image", default=BUILT, help="what action.yml runs (default: %(default)s)")
    given = parser.parse_args()
    files = {
        "action.yml": action(given.image),
        "docs/report.schema.json": schema(),
        "docs/step.schema.json": step_schema(),
        ".gitlab-ci-template.yml": template(),
        "templates/push.yml": component(),
        **{str(path.relative_to(ROOT)): page(path.read_text(encoding="utf-8")) for path in _PAGES},
    }
    different = [name for name, text in files.items() if not _same(ROOT / name, text)]
    if given.check:
        print("\n".join(f"{name} differs from the code: run `make generate`" for name in different), end="")
        return int(bool(different))
    for name in different:
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(files[name], encoding="utf-8")
        print(f"wrote {name}")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
