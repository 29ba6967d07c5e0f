"""Writes what must agree with the code: `action.yml`, the README's tables, the report's JSON Schema.

With `--check` nothing is written, and the exit status is 1 if a file differs.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pushstep.errors import CODES  # noqa: E402 - the path comes first
from pushstep.fields import ALIASES, FIELDS, OUTPUTS, Field  # noqa: E402
from pushstep.result import Report  # noqa: E402

_ACTION = """\
# Made by `make generate` from pushstep/fields.py.
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
  image: Dockerfile
"""


def action() -> str:
    """Give the content of `action.yml`."""
    inputs = "".join(
        f"  {one.name}:\n    description: {json.dumps(_described(one))}\n"
        f"    required: false\n    default: {json.dumps(one.action_default)}\n"
        for one in FIELDS
    )
    outputs = "".join(f"  {name}:\n    description: {json.dumps(text)}\n" for name, text in _all_outputs())
    return _ACTION.format(inputs=inputs, outputs=outputs)


def schema() -> str:
    """Give the report's JSON Schema."""
    made = TypeAdapter(Report).json_schema(mode="serialization")
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_named(made)}
    return json.dumps(made, indent=2) + "\n"


def readme(text: str) -> str:
    """Give `text` with its tables made anew."""
    tables = {"inputs": _inputs(), "later": _later(), "outputs": _outputs(), "codes": _codes()}
    for name, table in tables.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        made = table.replace("\\", "\\\\")
        text, found = re.subn(pattern, rf"\g<1>{made}\g<2>", text, flags=re.DOTALL)
        if found != 1:
            raise SystemExit(f"README.md has {found} places for the table {name!r}")
    return text


def _described(one: Field) -> str:
    default = f" Default: `{one.default}`." if one.default else ""
    return f"{one.help}{default}" if one.ready else f"Not supported yet. {one.help}"


def _inputs() -> str:
    rows = "".join(
        f"| `{one.name}` | {one.default and f'`{one.default}`'} | {one.help.replace('|', '&#124;')} |\n"
        for one in FIELDS
        if one.ready
    )
    return f"| Input | Default | Meaning |\n|---|---|---|\n{rows}"


def _later() -> str:
    return ", ".join(f"`{one.name}`" for one in FIELDS if not one.ready) + ".\n"


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


def main() -> int:
    """Write, or check, all of them."""
    files = {
        "action.yml": action(),
        "docs/report.schema.json": schema(),
        "README.md": readme((ROOT / "README.md").read_text(encoding="utf-8")),
    }
    different = [name for name, text in files.items() if not _same(ROOT / name, text)]
    if "--check" in sys.argv:
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
