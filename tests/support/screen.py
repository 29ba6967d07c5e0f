"""A program on a real pseudo terminal, and what stands on its screen in the end."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.pushstep import ROOT, environment

_PART = re.compile(r"\x1b\[\??([0-9;]*)([A-Za-z])|[\r\n]|[^\x1b\r\n]+")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the terminal got."""

    status: int
    text: str

    @property
    def lines(self) -> list[str]:
        """The lines that stand there in the end."""
        rows, row, column = [""], 0, 0
        for part in _PART.finditer(self.text):
            piece, number = part[0], int(part[1] or 1) if (part[1] or "").isdigit() or part[1] == "" else 0
            match part[2] or piece:
                case "\n":
                    row, column = row + 1, 0
                    rows += [""] * (row + 1 - len(rows))
                case "\r":
                    column = 0
                case "A":
                    row = max(0, row - number)
                case "K":
                    rows[row] = ""
                case "m" | "h" | "l":
                    pass
                case _ if part[2]:
                    raise ValueError(f"{piece!r} is a sequence that this screen does not know")
                case _:
                    rows[row] = rows[row][:column].ljust(column) + piece + rows[row][column + len(piece) :]
                    column += len(piece)
        return [line.rstrip() for line in rows if line.strip()]

    @property
    def has_cursor(self) -> bool:
        """Whether the cursor can be seen in the end."""
        return self.text.rfind("\x1b[?25h") >= self.text.rfind("\x1b[?25l")


def on_terminal(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    watch: Callable[[str, subprocess.Popen[bytes]], None] = lambda _text, _process: None,
) -> Seen:
    """Run Python with standard error on a terminal of 100 columns; `watch` sees the text as it grows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**environment(Path(os.devnull)), "PYTHONUTF8": "1", **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    text = b""
    try:
        while block := _read(ours):
            text += block
            watch(text.decode(errors="ignore"), process)
        status = process.wait(10)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return Seen(status=status, text=text.decode())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        # Linux says so that nobody writes there any more
        return b""
