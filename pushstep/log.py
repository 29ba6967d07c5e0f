"""The log: lines on standard error, none of which can hold a secret or act on the CI that reads it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Literal

from pushstep.ci.protocol import CI, Level
from pushstep.errors import Problem
from pushstep.redact import Redactor
from pushstep.text import cut, visible

Detail = Literal["quiet", "brief", "full", "debug"]
"""Warnings and errors only; notices, too; what is going on, too; and what helps to find a fault."""
_LONGEST = 2000
"""Characters of a line: a registry may answer 64 KB."""


class Log:
    """Writes one line at a time; the redactor and `visible` stand before every one of them."""

    def __init__(
        self, write: Callable[[str], None], *, redactor: Redactor, ci: CI, detail: Detail = "full"
    ) -> None:
        self._write = write
        self._redactor = redactor
        self._ci = ci
        self._detail = detail
        self._masking = Lock()
        self._sections = 0
        self._depth = 0

    def mask(self, secret: str, *, username: str = "") -> None:
        """Tell the redactor and the CI what must never be shown; to be called before anything is printed."""
        with self._masking:
            # threads learn tokens at the same time, and none may be lost
            self._redactor.add(secret, username=username)
        self._structure(self._ci.masks([secret]), always=True)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody wants to read what is going on."""
        return self._detail in ("quiet", "brief")

    @contextmanager
    def through(self, write: Callable[[str], None]) -> Iterator[None]:
        """Let `write` have the lines while entered: a display on the same terminal puts them above itself."""
        before, self._write = self._write, write
        try:
            yield
        finally:
            self._write = before

    def say(self, text: str) -> None:
        """A line of what is going on."""
        if not self.is_quiet:
            self._line(text)

    def notice(self, text: str) -> None:
        """What the user should know of how the run was understood, though nothing has to change."""
        if self._detail != "quiet":
            self._line(f"notice: {text}")

    def debug(self, text: str) -> None:
        """A line for whoever looks for a fault (`--debug`)."""
        if self._detail == "debug":
            self._line(f"debug: {text}")

    def caution(self, text: str) -> None:
        """Something the user should change, though the run goes on."""
        self._beside("warning", "warning", text)

    def problems(self, problems: Sequence[Problem]) -> None:
        """What ended a step or the run: message and hint of each, and one annotation for all of them.

        GitHub shows ten annotations of a step: one for each mistake would hide those of other tools.
        """
        several = list(dict.fromkeys(problems))
        match several:
            case []:
                return
            case [problem]:
                self._beside("error", f"error [{problem.code}]", _told(problem))
            case _:
                lines = [f"error [{problem.code}]: {_told(problem)}" for problem in several]
                if not self._annotate("error", f"{len(several)} errors", lines):
                    for line in lines:
                        self._line(line)
        for line in (line for problem in several for line in problem.picture):
            # the bar keeps the blanks before a caret
            self._line(f"| {line}")

    @contextmanager
    def section(self, name: str, title: str) -> Iterator[None]:
        """Lines that the CI folds under `title`; inside another section only where the CI can nest."""
        if self._depth and not self._ci.nests_sections:
            self.say(title)
            yield
            return
        opening, closing = self._ci.section(f"{name}_{self._sections}", self.clean(title))
        self._sections += 1
        self._depth += 1
        self._structure(opening)
        try:
            yield
        finally:
            self._depth -= 1
            self._structure(closing)

    def clean(self, text: str) -> str:
        """`text` as it stands in a line."""
        clean = visible(self._short(text)).strip()
        # the runner takes a command at the beginning of a line only; `::` elsewhere is an IPv6 address
        return f"| {clean}" if clean.startswith("::") else clean

    def _beside(self, level: Level, title: str, text: str) -> None:
        if not self._annotate(level, title, [text]):
            self._line(f"{title}: {text}")

    def _annotate(self, level: Level, title: str, lines: Sequence[str]) -> bool:
        """Print an annotation, if the CI knows any; it shows the text in the log as well."""
        message = "\n".join(map(self._short, lines))
        annotation = self._ci.annotation(level, f"pushstep {title}", message)
        self._structure(annotation, always=True)
        return bool(annotation)

    def _structure(self, line: str, *, always: bool = False) -> None:
        """A line in the CI's own format, made by its module."""
        if line and (always or not self.is_quiet):
            self._write(f"{line}\n")

    def _line(self, text: str) -> None:
        self._write(f"{self.clean(text)}\n")

    def _short(self, text: str) -> str:
        return cut(self._redactor(text), _LONGEST)


def _told(problem: Problem) -> str:
    return f"{problem.message} What to do: {problem.hint}" if problem.hint else problem.message
