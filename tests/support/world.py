"""A world that nothing happens in, for what is run inside the test's own process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pushstep import cli
from pushstep.interrupts import Interrupts
from pushstep.world import World


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one command came to."""

    status: int
    out: str
    err: str


@dataclass(kw_only=True)
class Still:
    """Runs commands there."""

    files: Mapping[str, str | Exception] = field(default_factory=dict)
    """Content, or what reading raises."""
    environ: Mapping[str, str] = field(default_factory=dict)
    stdin: Callable[[], str] = str
    is_terminal: bool = False
    jitter: float = 0.0
    """-1: waits between requests and attempts take no time."""

    def __call__(self, *arguments: str) -> Answer:
        out: list[str] = []
        err: list[str] = []
        world = World(
            arguments=arguments,
            environ=self.environ,
            read_input=self.stdin,
            read_text=self._read,
            out=out.append,
            is_terminal=self.is_terminal,
            err=err.append,
            now_ms=0,
            now=lambda: datetime.now(UTC),
            seconds=lambda: 0,
            sleep=lambda _: None,
            jitter=lambda: self.jitter,
            interrupts=Interrupts(),
        )
        return Answer(status=cli.main(world), out="".join(out), err="".join(err))

    def _read(self, path: str) -> str:
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory", path)
        content = self.files[path]
        if isinstance(content, Exception):
            raise content
        return content
