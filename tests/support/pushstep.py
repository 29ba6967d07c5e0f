"""Runs pushstep as its users do, as a process with an environment of its own, and keeps what came out."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run came to."""

    status: int
    out: str
    err: str
    folder: Path
    seconds: float
    command_lines: frozenset[str] = frozenset()
    """Every command line that any process of this machine had while it ran."""

    @property
    def report(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads((self.folder / "report.json").read_text())

    @property
    def destinations(self) -> Any:  # noqa: ANN401 - JSON
        return self.report["steps"][0]["destinations"]

    @property
    def codes(self) -> list[str]:
        """Error codes of the report: the run's, and each step's."""
        found = [error["code"] for error in self.report["errors"]]
        return found + [step["error"]["code"] for step in self.report["steps"] if step["error"]]

    @property
    def log(self) -> str:
        """Standard error without the mask commands, whose purpose is to name secrets to the runner."""
        # as the runner takes lines: those that only Unicode knows are none
        lines = self.err.split("\n")
        return "\n".join(line for line in lines if not line.startswith("::add-mask::"))

    def file(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def everything(self) -> str:
        """All that a reader could see of this run."""
        files = [path.read_text(errors="replace") for path in self.folder.rglob("*") if path.is_file()]
        return "\n".join([self.out, self.log, *files])


@dataclass(kw_only=True)
class Pushstep:
    """The command, in a folder of its own, with a report asked for and an environment of nothing else."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    argv: Sequence[str] = (sys.executable, "-m", "pushstep")
    command: str = "push"

    def __call__(
        self,
        *options: str,
        environ: Mapping[str, str] | None = None,
        stdin: str = "",
        watch: bool = False,
        meanwhile: Callable[[subprocess.Popen[bytes]], None] = lambda _: None,
    ) -> Run:
        """Run the command; `meanwhile` is called while it goes on."""
        process = subprocess.Popen(
            [*self.argv, self.command, *options],
            cwd=self.folder,
            env=self.environ | dict(environ or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started = time.monotonic()
        seen: set[str] = set()
        if watch:
            threading.Thread(target=_watch, args=(process, seen), daemon=True).start()
        helper = threading.Thread(target=meanwhile, args=(process,), daemon=True)
        helper.start()
        out, err = process.communicate(stdin.encode(), timeout=120)
        helper.join(timeout=10)
        return Run(
            status=process.returncode,
            out=out.decode(),
            err=err.decode(),
            folder=self.folder,
            seconds=time.monotonic() - started,
            command_lines=frozenset(seen),
        )


def environment(home: Path) -> dict[str, str]:
    """What a process gets: a path, a home, the daemon, and what measures coverage."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("COVERAGE_", "COV_"))}
    daemon = {name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ}
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PUSHSTEP_REPORT": "report.json",
        **kept,
        **daemon,
    }


def _watch(process: subprocess.Popen[bytes], seen: set[str]) -> None:
    while process.poll() is None:
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:  # it has ended meanwhile
                continue
        time.sleep(0.002)
