"""Runs one client process: how long it took from its start to its end, and the memory it had at most."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_TIMEOUT = 900
_SAID = 2000


class FailedError(Exception):
    """A client that did not do its work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A process to run."""

    argv: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What it came to."""

    seconds: float
    megabytes: float
    """The largest resident size of it or of a child of it, as the kernel counted it (VmHWM)."""
    processor_seconds: float


def run(command: Command) -> Ran:
    """Run it in an empty folder; raises `FailedError` with what it said."""
    with tempfile.TemporaryDirectory(prefix="pushstep-bench-") as folder, tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.argv,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": folder, **command.environ},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        timer = threading.Timer(_TIMEOUT, process.kill)
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            timer.cancel()
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            text = said.read().decode(errors="replace").strip()[-_SAID:]
            raise FailedError(f"exit status {process.returncode}: {text}")
    return Ran(
        seconds=seconds,
        megabytes=usage.ru_maxrss * 1024 / 1e6,
        processor_seconds=usage.ru_utime + usage.ru_stime,
    )


def together(runs: Sequence[Ran]) -> Ran:
    """Give what runs one after the other came to."""
    return Ran(
        seconds=sum(one.seconds for one in runs),
        megabytes=max(one.megabytes for one in runs),
        processor_seconds=sum(one.processor_seconds for one in runs),
    )
