"""The environments in `tests/fixtures/ci`: variables and payloads in the shapes that the CIs document."""

import json
from pathlib import Path

from pushstep import ci
from pushstep.ci.protocol import CI

FOLDER = Path(__file__).parents[2] / "fixtures" / "ci"
NOW_MS = 1_795_162_500_123


def environment(name: str) -> dict[str, str]:
    """Variables of `name` (`github/push`); a value with line breaks is written as JSON text."""
    lines = (FOLDER / f"{name}.env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines)
    return {key: json.loads(value) if value.startswith('"') else value for key, value in pairs}


def run(name: str, **changes: str) -> CI:
    """The CI that a run in `name` finds, with some variables changed."""

    def read_text(path: str) -> str:
        if path != "/github/workflow/event.json":
            raise FileNotFoundError(path)
        return (FOLDER / f"{name}.json").read_text()

    return ci.detect(environment(name) | changes, read_text, NOW_MS)
