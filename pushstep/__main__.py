"""The one place that names the process's environment, arguments, streams and clocks."""

import gc
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from pushstep import cli
from pushstep.interrupts import Interrupts
from pushstep.world import World

_SELDOM = 200_000
"""New objects after which the collector looks for garbage among the young ones."""


def main() -> int:
    """Run as this process; returns the exit status."""
    # what is imported stays to the end: looking for garbage in it costs a tenth of the start, and as much at
    # the end
    gc.set_threshold(_SELDOM)
    status = cli.main(world())
    gc.freeze()
    return status


def world() -> World:
    """What this process may touch."""
    return World(
        arguments=tuple(sys.argv[1:]),
        environ=dict(os.environ),
        # what is no UTF-8 is kept as the environment's would be
        read_input=lambda: sys.stdin.buffer.read().decode("utf-8", "surrogateescape"),
        read_text=lambda path: Path(path).read_text(encoding="utf-8"),
        out=_writer(sys.stdout),
        is_terminal=sys.stdout.isatty(),
        err=_writer(sys.stderr),
        err_is_terminal=sys.stderr.isatty() and sys.stderr.encoding.lower() == "utf-8",
        now_ms=time.time_ns() // 1_000_000,
        now=lambda: datetime.now(UTC),
        seconds=time.monotonic,
        sleep=time.sleep,
        jitter=random.random,
        interrupts=Interrupts(),
    )


def _writer(stream: TextIO) -> Callable[[str], None]:
    def write(text: str) -> None:
        try:
            # an environment may hold bytes that are no UTF-8, and a terminal may not show all of Unicode
            encoded = text.encode(stream.encoding, "backslashreplace")
            stream.buffer.write(encoded)
            stream.flush()
        except BrokenPipeError:
            # whoever read us has gone (`pushstep ... | head`); the push goes on, and so does its report
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

    return write


if __name__ == "__main__":
    sys.exit(main())
