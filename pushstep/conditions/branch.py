r"""Branch filters: which branches a step runs on, and which it does not.

    entry                    what it is
    -----------------------  ---------------------------------------------------------------------------
    /pattern/flags           a JavaScript regular expression, searched anywhere in the branch. The last
                             slash ends it, so that the pattern may hold others. Flags are ASCII letters;
                             i g m s u are taken, once each (g changes nothing for a single test)
    /text without that end   a name, with a notice: no git branch starts with a slash
    any other text           a name: the whole branch, case-sensitive, no wildcards

`only` holds when an entry matches, `ignore` when none does. Without a branch no entry matches. What an
entry is has been decided before values are put into its placeholders, and a value stands for itself there.
"""

import re
from collections.abc import Iterator

from pushstep.conditions.decision import RegexEngine, RegexError
from pushstep.conditions.placeholders import Parts, Placeholder, split
from pushstep.conditions.shape import flow, mapping, problem
from pushstep.errors import Problem
from pushstep.values import dataclass

_FLAGS = "igmsu"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExactName:
    """An entry that matches the branch of this name."""

    text: str

    @property
    def parts(self) -> Parts:
        """The text, cut at its placeholders."""
        return split(self.text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Regex:
    """An entry that matches every branch it is found in; `text` is the entry as written."""

    text: str
    pattern: str
    flags: str
    path: str

    @property
    def parts(self) -> Parts:
        r"""The pattern, cut at its placeholders; in a pattern `\$` is none."""
        return split(self.pattern, escapes=True)


Entry = ExactName | Regex


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchFilter:
    """`when.branch`. No entries: that list was not given (one that is given is never empty)."""

    only: tuple[Entry, ...] = ()
    ignore: tuple[Entry, ...] = ()

    @property
    def lists(self) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
        """The lists that were given, in the order in which they are asked."""
        return tuple(item for item in (("only", self.only), ("ignore", self.ignore)) if item[1])


def parse_branch(data: object) -> tuple[BranchFilter, list[Problem]]:
    """Read `when.branch` from plain data, with every problem of its shape."""
    hint = f"Write `branch: {{only: {flow(data, 'main')}}}`."
    lists, problems = mapping(data, "when.branch", ("only", "ignore"), hint)
    entries: dict[str, tuple[Entry, ...]] = {}
    for name, items in lists.items():
        parsed = _entries(items, f"when.branch.{name}")
        problems += (one for one in parsed if isinstance(one, Problem))
        entries[name] = tuple(one for one in parsed if not isinstance(one, Problem))
    return BranchFilter(**entries), problems


def notices_of_branch(lists: BranchFilter) -> Iterator[str]:
    """What may have been meant otherwise."""
    for name, entries in lists.lists:
        for entry in entries:
            if isinstance(entry, ExactName) and entry.text.startswith("/"):
                yield (
                    f"when.branch.{name}: {entry.text} is read as a name, as no / ends it; "
                    "no git branch starts with /"
                )


def check_branch(lists: BranchFilter, engine: RegexEngine) -> Iterator[Problem]:
    """Every pattern that does not compile; one with placeholders shows when it has its values."""
    for entry in (*lists.only, *lists.ignore):
        if isinstance(entry, Regex) and not any(isinstance(part, Placeholder) for part in entry.parts):
            try:
                engine.compile(entry.pattern, entry.flags)
            except RegexError as error:
                what = f"does not compile: {entry.text}: {error}"
                yield problem("regex", entry.path, what, "It is read as JavaScript reads it.")


def _entries(data: object, path: str) -> tuple[Entry | Problem, ...]:
    if data == []:
        return (problem("value", path, "is an empty list", "Name a branch, or leave it out."),)
    if not isinstance(data, list):
        name = path.rpartition(".")[2]
        return (problem("value", path, "is no list", f"Write `{name}: {flow(data, 'main')}`."),)
    return tuple(_entry(item, f"{path}[{number}]") for number, item in enumerate(data))


def _entry(item: object, path: str) -> Entry | Problem:
    if not isinstance(item, str) or not item:
        return problem("value", path, "is empty or no text", "Write a branch, or /regex/flags.")
    # a pattern may hold line breaks; greedy, for the last slash
    found = re.fullmatch("/(.*)/([A-Za-z]*)", item, re.DOTALL)
    if found is None:
        return ExactName(text=item)
    pattern, flags = found.groups()
    if set(flags) - set(_FLAGS) or len(set(flags)) < len(flags):
        what = f"has flags that are not taken: {item}"
        return problem("regex", path, what, f"A /regex/ takes {', '.join(_FLAGS)}, each once.")
    return Regex(text=item, pattern=pattern, flags=flags, path=path)
