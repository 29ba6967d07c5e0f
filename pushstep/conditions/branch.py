r"""Branch filters: which branches a step runs on, and which it does not.

    entry                    what it is
    -----------------------  ---------------------------------------------------------------------------
    /pattern/flags           a JavaScript regular expression, searched anywhere in the branch. The last
                             slash ends it, so that the pattern may hold others. Flags are ASCII letters;
                             i g m s u are taken, once each (g changes nothing for a single test)
    /text without that end   a name, with a notice: no git branch starts with a slash
    any other text           a name: the whole branch, case-sensitive, no wildcards

`only` holds when an entry matches, `ignore` when none does. Without a branch no entry matches.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from pushstep.conditions.decision import (
    Condition,
    Decision,
    Fail,
    Outcome,
    RegexEngine,
    RegexError,
    Run,
    Skip,
)
from pushstep.errors import Problem

_FLAGS = "igmsu"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExactName:
    """An entry that matches the branch of this name."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Regex:
    """An entry that matches every branch it is found in; `text` is the entry as written.

    Variables, once there are any, are put into `pattern`, every value escaped: that the entry is a regular
    expression, and where it ends, has been decided before.
    """

    text: str
    pattern: str
    flags: str
    path: str


Entry = ExactName | Regex


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchFilter:
    """`when.branch`. No entries: that list was not given (one that is given is never empty)."""

    only: tuple[Entry, ...] = ()
    ignore: tuple[Entry, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """`when`; with nothing in it the step runs."""

    branch: BranchFilter = BranchFilter()
    notices: tuple[str, ...] = ()
    """About how it was read, for people; they concern a step that is skipped too."""


def parse_when(data: object) -> tuple[When, tuple[Problem, ...]]:
    """Read `when` from plain data, with every problem of its shape; `check` finds those of its patterns.

    Beside problems, the value holds what could be read, so that `check` adds its own to the same report.
    """
    fields, problems = _mapping(data, "when", ("branch", "condition", "steps"))
    problems += (
        _problem("unsupported", f"when.{name}", "is not supported yet", "Use `branch`.")
        for name in ("condition", "steps")
        if name in fields
    )
    lists, wrong = _mapping(fields.get("branch", {}), "when.branch", ("only", "ignore"))
    problems += wrong
    entries: dict[str, tuple[Entry, ...]] = {}
    for name, items in lists.items():
        parsed = _entries(items, f"when.branch.{name}")
        problems += (one for one in parsed if isinstance(one, Problem))
        entries[name] = tuple(one for one in parsed if not isinstance(one, Problem))
    notices = tuple(
        f"when.branch.{name}: {one.text} is read as a name, as no / ends it; no git branch starts with /"
        for name in entries
        for one in entries[name]
        if isinstance(one, ExactName) and one.text.startswith("/")
    )
    return When(branch=BranchFilter(**entries), notices=notices), tuple(problems)


def check(when: When, engine: RegexEngine) -> tuple[Problem, ...]:
    """Every pattern that does not compile; to be asked before anything runs."""
    problems = []
    for entry in (*when.branch.only, *when.branch.ignore):
        if isinstance(entry, Regex):
            try:
                engine.compile(entry.pattern, entry.flags)
            except RegexError as error:
                what = f"does not compile: {entry.text}: {error}"
                problems.append(_problem("regex", entry.path, what, "It is read as JavaScript reads it."))
    return tuple(problems)


def _mapping(data: object, path: str, known: tuple[str, ...]) -> tuple[dict[str, object], list[Problem]]:
    """Pick the known fields of `data`."""
    if not isinstance(data, Mapping):
        hint = f"Write `branch: {{only: {_flow(data)}}}`."
        return {}, [_problem("value", path, "is no mapping", hint)]
    problems = []
    for name in [name for name in data if name not in known]:
        near = get_close_matches(str(name), known, 1)
        hint = f"Perhaps `{near[0]}`." if near else f"Known here: {', '.join(known)}."
        problems.append(_problem("unknown", f"{path}.{name}", "is no known field", hint))
    return {name: data[name] for name in known if name in data}, problems


def _entries(data: object, path: str) -> tuple[Entry | Problem, ...]:
    if data == []:
        return (_problem("value", path, "is an empty list", "Name a branch, or leave it out."),)
    if not isinstance(data, list):
        name = path.rpartition(".")[2]
        return (_problem("value", path, "is no list", f"Write `{name}: {_flow(data)}`."),)
    return tuple(_entry(item, f"{path}[{number}]") for number, item in enumerate(data))


def _entry(item: object, path: str) -> Entry | Problem:
    if not isinstance(item, str) or not item:
        return _problem("value", path, "is empty or no text", "Write a branch, or /regex/flags.")
    if "${{" in item or "$[[" in item:
        return _problem("unsupported", path, "holds a variable: not supported yet", "Write the value itself.")
    # a pattern may hold line breaks; greedy, for the last slash
    found = re.fullmatch("/(.*)/([A-Za-z]*)", item, re.DOTALL)
    if found is None:
        return ExactName(text=item)
    pattern, flags = found.groups()
    if set(flags) - set(_FLAGS) or len(set(flags)) < len(flags):
        what = f"has flags that are not taken: {item}"
        return _problem("regex", path, what, f"A /regex/ takes {', '.join(_FLAGS)}, each once.")
    return Regex(text=item, pattern=pattern, flags=flags, path=path)


def _flow(data: object) -> str:
    """Write `data` as the list that was meant, in YAML's flow style."""
    texts = [item for item in (data if isinstance(data, list) else [data]) if isinstance(item, str)]
    quoted = ("'" + text.replace("'", "''") + "'" for text in texts or ["main"])
    return f"[{', '.join(quoted)}]"


def _problem(code: str, path: str, what: str, hint: str) -> Problem:
    return Problem(code=code, message=f"{path} {what}", hint=hint, path=path)


def decide(when: When, branch: str | None, engine: RegexEngine) -> Decision:
    """Whether the step runs on `branch`."""
    conditions = branch_decision(when.branch, branch, engine)
    stopped = next((one for one in conditions if one.outcome in ("false", "error")), None)
    if stopped is None:
        notices = tuple(one.message for one in conditions) if branch is None else ()
        return Run(conditions=conditions, notices=notices)
    if stopped.outcome == "false":
        return Skip(reason=stopped.message, conditions=conditions)
    problem = Problem(
        code="condition",
        message=stopped.message,
        hint="A repetition inside a repetition, as in `(a+)+`, is the usual cause: write it without, "
        "or name the branches.",
        path=f"when.branch.{stopped.name}",
    )
    return Fail(problem=problem, conditions=conditions)


def branch_decision(lists: BranchFilter, branch: str | None, engine: RegexEngine) -> tuple[Condition, ...]:
    """One condition for each list that was given; after one that does not hold, none is evaluated."""
    conditions: list[Condition] = []
    for name, entries in (("only", lists.only), ("ignore", lists.ignore)):
        if not entries:
            continue
        listed = ", ".join(entry.text for entry in entries)
        outcome: Outcome = "not_evaluated"
        message = "`only` did not hold"
        if all(condition.outcome == "true" for condition in conditions):
            found, message = _search(name, entries, branch, engine)
            outcome = "error" if found is None else "true" if found == (name == "only") else "false"
        conditions.append(
            Condition(
                name=name,
                kind="branch",
                expression=listed,
                substituted=listed,
                outcome=outcome,
                message=message,
            )
        )
    return tuple(conditions)


def _search(
    name: str, entries: tuple[Entry, ...], branch: str | None, engine: RegexEngine
) -> tuple[bool | None, str]:
    """Whether an entry matches (None: one cannot be decided), and the sentence that says so."""
    listed = ", ".join(entry.text for entry in entries)
    if branch is None:
        return False, f"there is no branch, so none is in `{name}`: {listed}"
    for entry in entries:
        try:
            if _matches(entry, branch, engine):
                return True, f"branch `{branch}` is in `{name}`: {entry.text}"
        except RegexError as error:
            return None, f"{entry.text} in `{name}` gave no answer for branch `{branch}`: {error}"
    return False, f"branch `{branch}` is not in `{name}`: {listed}"


def _matches(entry: Entry, branch: str, engine: RegexEngine) -> bool:
    if isinstance(entry, ExactName):
        return entry.text == branch
    return engine.test(entry.pattern, entry.flags, branch)
