"""What tests of documents share: a document read and checked, and steps made of fields."""

from collections.abc import Mapping

from pushstep.conditions.decision import RegexSyntax
from pushstep.errors import InputError, Problem
from pushstep.step.destinations import Kinds
from pushstep.step.document import Data
from pushstep.step.pipeline import checked, pipeline
from pushstep.step.raw import RawStep
from pushstep.step.shapes import Pipeline


class Patterns:
    """The engine of regular expressions where only `(` is wrong."""

    def compile(self, pattern: str, flags: str) -> None:
        """Raise `RegexSyntax` for the one pattern."""
        if pattern == "(":
            raise RegexSyntax(f"Unterminated group {flags}".strip())

    def test(self, pattern: str, flags: str, text: str) -> bool:
        """Nothing is matched here."""
        raise NotImplementedError(pattern, flags, text)


def read(text: str) -> tuple[Pipeline, tuple[Problem, ...]]:
    found = pipeline(text, name="push.yaml")
    return found, checked(found, Patterns())


def named(*names: str) -> Kinds:
    """Registries of which nothing is known but their logical names."""
    return Kinds(named=dict.fromkeys(names, ""))


def told(text: str) -> list[tuple[str, str | None, int | None]]:
    """Code, path and line of every problem."""
    return [(one.code, one.path, one.line) for one in read(text)[1]]


def good(text: str) -> tuple[RawStep, ...]:
    """The steps of a document without problems."""
    found, problems = read(text)
    if problems:
        raise InputError(problems)
    return found.steps


def fields(text: str) -> Mapping[str, Data]:
    """The fields of a document's one step."""
    (step,) = good(text)
    return dict(step.fields)
