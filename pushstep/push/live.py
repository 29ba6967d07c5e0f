"""Where somebody watches: a line for each layer under way, redrawn in place, below the lines of the log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Lock

from rich.console import Console, Group
from rich.live import Live as Redrawn
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)
from rich.table import Column
from rich.text import Text

from pushstep.log import Log
from pushstep.push.lines import State, under_way
from pushstep.text import short


class Live:
    """A `Renderer` for terminals. What is finished has its line in the log, and goes from the display."""

    every = 0.2

    def __init__(self, log: Log, write: Callable[[str], None]) -> None:
        self._log = log
        self._console = Console(file=_Terminal(write), force_terminal=True)
        # never started: it is a table with a memory for rates, drawn as a part of the display
        self._bars = Progress(*_columns(), console=self._console, auto_refresh=False)
        self._tasks: dict[tuple[str, str], TaskID] = {}
        # rich finds out where the cursor is, and writes there later: nobody else may write in between
        self._drawing = Lock()
        self._display = Redrawn(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Take the terminal, and give it back clean; lines of the log go above."""
        with self._display, self._log.through(self._above):
            yield

    def show(self, now: State) -> None:
        """Draw it."""
        under = {(one.place, blob.digest): blob for one in now.deliveries for blob in one.blobs}
        for gone in self._tasks.keys() - under.keys():
            self._bars.remove_task(self._tasks.pop(gone))
        for key, blob in under.items():
            if key not in self._tasks:
                place = self._log.clean(key[0])
                self._tasks[key] = self._bars.add_task(short(blob.digest), total=blob.size, place=place)
            self._bars.update(self._tasks[key], completed=blob.sent, total=blob.size)
        line = Text(self._log.clean(under_way(now, State())), no_wrap=True, overflow="ellipsis")
        # the line first: what does not fit the terminal is cut off below
        with self._drawing:
            self._display.update(Group(line, self._bars), refresh=True)

    def _above(self, text: str) -> None:
        # as the log made it: rich breaks, colours and reads nothing in it
        with self._drawing:
            self._console.print(Text(text.removesuffix("\n")), soft_wrap=True)


class _Terminal(StringIO):
    """What rich takes for a file."""

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def write(self, text: str, /) -> int:
        self._write(text)
        return len(text)


def _columns() -> Iterator[ProgressColumn]:
    yield TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True))
    yield BarColumn(bar_width=30)
    yield DownloadColumn(table_column=Column(no_wrap=True))
    yield TransferSpeedColumn(table_column=Column(no_wrap=True))
    # the longest, and the one that says least where there is no room
    yield TextColumn(
        "{task.fields[place]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
    )
