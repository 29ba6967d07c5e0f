"""Whether a branch passes its filters, with the values of their placeholders put in."""

import re
from collections.abc import Iterator
from dataclasses import replace

from pushstep.conditions.branch import BranchFilter, Entry, ExactName
from pushstep.conditions.decision import (
    Condition,
    Decision,
    Fail,
    Outcome,
    RegexEngine,
    RegexError,
    RegexSyntax,
    Run,
    Skip,
    then,
)
from pushstep.conditions.names import Names
from pushstep.conditions.placeholders import Placeholder
from pushstep.conditions.values import Refused
from pushstep.errors import Problem

_OPEN = re.compile(r"(?:\\[A-Za-z0-9]*|\[(?:\\.|[^\]\\])*|\{[^}]*|\(\?[^)]*|\\k<[^>]*)\Z", re.DOTALL)
"""The end of a pattern that draws what follows into an escape, a class, a quantifier or a group's head."""
_SLOW = (
    "A repetition inside a repetition, as in `(a+)+`, is the usual cause: write it without, "
    "or name the branches."
)


def decide_branch(lists: BranchFilter, names: Names, branch: str | None, engine: RegexEngine) -> Decision:
    """Ask each list that was given; after one that does not hold, none is evaluated."""
    decision: Decision = Run()
    for name, entries in lists.lists:
        if isinstance(decision, Run):
            decision = then(decision, _asked(name, entries, names, branch, engine))
        else:
            unasked = _condition(name, entries, entries, "not_evaluated", "`only` did not hold")
            decision = replace(decision, conditions=(*decision.conditions, unasked))
    return decision


def unasked_branch(lists: BranchFilter) -> tuple[Condition, ...]:
    """The conditions, where an earlier part of `when` did not hold."""
    return tuple(_condition(name, entries, entries, "not_evaluated", "") for name, entries in lists.lists)


def _asked(
    name: str, entries: tuple[Entry, ...], names: Names, branch: str | None, engine: RegexEngine
) -> Decision:
    filled = entries
    try:
        filled = tuple(_filled(entry, names) for entry in entries)
        notices = tuple(_unresolved(name, entries, names))
        found = next((one for one in filled if _matches(one, name, branch, engine)), None)
    except Refused as refused:
        message, path = str(refused), f"when.branch.{name}"
        failed = Problem(code="condition", message=f"{path}: {message}", hint=refused.hint, path=path)
        return Fail(problem=failed, conditions=(_condition(name, entries, filled, "error", message),))
    if branch is None:
        message = f"there is no branch, so none is in `{name}`: {_listed(filled)}"
        notices += (message,)
    elif found:
        message = f"branch `{branch}` is in `{name}`: {found.text}"
    else:
        message = f"branch `{branch}` is not in `{name}`: {_listed(filled)}"
    if (found is not None) == (name == "only"):
        return Run(conditions=(_condition(name, entries, filled, "true", message),), notices=notices)
    conditions = (_condition(name, entries, filled, "false", message),)
    return Skip(reason=message, conditions=conditions, notices=notices)


def _matches(entry: Entry, name: str, branch: str | None, engine: RegexEngine) -> bool:
    if branch is None or isinstance(entry, ExactName):
        return entry.text == branch
    try:
        return engine.test(entry.pattern, entry.flags, branch)
    except RegexError as error:
        hint = "It is read as JavaScript reads it." if isinstance(error, RegexSyntax) else _SLOW
        message = f"{entry.text} in `{name}` gave no answer for branch `{branch}`: {error}"
        raise Refused(message, hint) from None


def _filled(entry: Entry, names: Names) -> Entry:
    """The entry with the values of its placeholders."""
    if isinstance(entry, ExactName):
        return ExactName(text="".join(_value(part, names) for part in entry.parts))
    pattern = ""
    for part in entry.parts:
        value = _value(part, names)
        pattern += value if isinstance(part, str) else _escaped(value, pattern)
    return replace(entry, text=f"/{pattern}/{entry.flags}", pattern=pattern)


def _value(part: str | Placeholder, names: Names) -> str:
    if isinstance(part, str):
        return part
    value = names.text(part)
    return part.unresolved if value is None else value


def _escaped(value: str, before: str) -> str:
    """`value` as a pattern that matches it, wherever it comes to stand behind `before`."""
    if _OPEN.search(before):
        return "".join(f"\\x{ord(one):02x}" if one.isascii() else one for one in value)
    return re.sub(r"[\\^$.*+?()[\]{}|/]", r"\\\g<0>", value)


def _unresolved(name: str, entries: tuple[Entry, ...], names: Names) -> Iterator[str]:
    for entry in entries:
        for part in entry.parts:
            if isinstance(part, Placeholder) and names.text(part) is None:
                yield f"when.branch.{name}: {part.text} stands for nothing and is taken as it is written"


def _listed(entries: tuple[Entry, ...]) -> str:
    return ", ".join(entry.text for entry in entries)


def _condition(
    name: str, entries: tuple[Entry, ...], filled: tuple[Entry, ...], outcome: Outcome, message: str
) -> Condition:
    return Condition(
        name=name,
        kind="branch",
        expression=_listed(entries),
        substituted=_listed(filled),
        outcome=outcome,
        message=message,
    )
