"""The report as JSON (interface 3), with every secret taken out of its texts."""

import json
from collections.abc import Callable
from dataclasses import asdict, fields, is_dataclass
from typing import Any, TypeVar

from pushstep.result import Report

Value = TypeVar("Value")

_FIXED = frozenset(
    {"version", "result", "status", "outcome", "probe", "kind", "code", "entity_type", "action"}
)
"""Fields whose words are pushstep's own: hiding one would only break the reader."""


def document(report: Report) -> str:
    """The report for a file: indented, ASCII only, so that no character of it acts anywhere."""
    return json.dumps(asdict(report), indent=2) + "\n"


def on_one_line(report: Report) -> str:
    """The report for an output: one line, without layers."""
    data = asdict(report)
    for step in data["steps"]:
        for place in step["destinations"]:
            del place["layers"]
    return json.dumps(data, separators=(",", ":"))


def redacted(value: Value, redact: Callable[[str], str]) -> Value:
    """The same report with `redact` applied to every text that somebody else may have had a hand in."""
    changed: Any = value
    if isinstance(value, str):
        changed = redact(value)
    elif isinstance(value, tuple):
        changed = tuple(redacted(entry, redact) for entry in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changed = type(value)(
            **{
                one.name: getattr(value, one.name)
                if one.name in _FIXED
                else redacted(getattr(value, one.name), redact)
                for one in fields(value)
            }
        )
    result: Value = changed
    return result
