"""Processes in the background, each stopped by its own number, also those of a run that was killed."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_PATIENCE = 60
_PAUSE = 0.02


@dataclass(kw_only=True)
class Service:
    """One of them."""

    name: str
    argv: Sequence[str]
    answers: Callable[[], bool]
    pid_file: Path
    log: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return once it answers."""
        with self.log.open("ab") as log:
            # an interrupt at the terminal is for whoever measures, who then stops this
            self.process = subprocess.Popen(
                self.argv,
                env={"PATH": os.environ["PATH"], **self.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid_file.write_text(str(self.process.pid))
        end = time.monotonic() + _PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                said = self.log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{self.name} did not start:\n{said}")
            time.sleep(_PAUSE)

    @property
    def pid(self) -> int:
        """Its number; what was started may have become another program under it."""
        if not self.process:
            raise RuntimeError(f"{self.name} does not run")
        return self.process.pid

    def stop(self) -> None:
        """End it, and wait until it has."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
            self.pid_file.unlink(missing_ok=True)


def end_left(pid_file: Path, *marks: str) -> None:
    """End the process that a killed run left behind, if its number is still its own."""
    with suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        if any(mark.encode() in line for mark in marks):
            os.kill(pid, signal.SIGTERM)
            while Path(f"/proc/{pid}").exists():
                time.sleep(_PAUSE)
    pid_file.unlink(missing_ok=True)
