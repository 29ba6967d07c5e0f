"""What a run may touch of the world, as one value: named once in `__main__`, handed down from there."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pushstep.interrupts import Interrupts
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Environment, streams, clocks and signals of this process."""

    arguments: Sequence[str]
    environ: Mapping[str, str]
    read_input: Callable[[], str]
    """All of standard input."""
    read_text: Callable[[str], str]
    """A file's text; raises `OSError`, and `ValueError` where it is none."""
    out: Callable[[str], None]
    """Standard output."""
    is_terminal: bool = False
    """Whether standard output is one."""
    err: Callable[[str], None]
    """Standard error."""
    err_is_terminal: bool = False
    """Whether standard error is one that shows Unicode."""
    now_ms: int
    """Start of the run, milliseconds since the epoch."""
    now: Callable[[], datetime]
    """The date and time, with a zone."""
    seconds: Callable[[], float]
    """A clock that never goes back."""
    sleep: Callable[[float], None]
    """Waits that many seconds."""
    jitter: Callable[[], float]
    """A number from 0 to 1, another one each time."""
    interrupts: Interrupts
