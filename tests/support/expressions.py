"""Expressions as a test writes them: names and placeholders by dictionaries, an outcome in one word."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pushstep.conditions.decision import RegexEngine
from pushstep.conditions.evaluate import evaluate, fill, holds
from pushstep.conditions.expression import ExpressionError, parse
from pushstep.conditions.placeholders import Placeholder
from pushstep.conditions.values import Refused, Value

CONTEXT: Mapping[str, Value] = {
    "B": "FB-login",
    "n": 5.0,
    "z": 0.0,
    "e": "",
    "N": None,
    "T": True,
    "o": {"name": "x", "k": {"v": 1.0}},
    "steps": {"unit": {"result": "success"}, "my-step": {"result": "failure"}},
}
"""The context of the conformance vectors (codefresh.md 10.9)."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """Names and placeholders with any values."""

    names: Mapping[str, Value] = field(default_factory=lambda: CONTEXT)
    texts: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> Value:
        if name not in self.names:
            raise Refused(f"Invalid identifier: '{name}'")
        return self.names[name]

    def text(self, placeholder: Placeholder) -> str | None:
        return self.texts.get(placeholder.name)


def outcome(text: str, engine: RegexEngine, *, texts: Mapping[str, str] | None = None) -> bool | str:
    """What the condition `text` decides, or the message of its error."""
    scope = Known(texts=texts or {})
    try:
        return holds(fill(parse(text), scope), scope, engine)
    except ExpressionError as error:
        return str(error)


def value(text: str, engine: RegexEngine) -> Value:
    """The value of the expression `text`."""
    scope = Known()
    return evaluate(fill(parse(text), scope), scope, engine)
