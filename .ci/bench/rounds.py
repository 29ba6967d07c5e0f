"""Lets the clients of a row do its work in turn: once counted, then in rounds that are timed."""

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bench.clients import Client
from bench.measure import FailedError, Ran, run, together
from bench.outcome import Check, Counted, Result, Side
from bench.registry import Registry
from bench.rows import MEMORY, Row

from tests.support.line import line
from tests.support.wire import Kind, Wire, wire


def measured(row: Row, there: Sequence[Registry], rounds: int) -> Result:
    """Measure one row; a client that fails is out of it, and the others go on."""
    with tempfile.TemporaryDirectory(dir=there[0].storage.parent) as folder:
        return _Row(row=row, there=there[: row.registries], folder=Path(folder)).measure(rounds)


class _Row:
    """A row under way."""

    def __init__(self, *, row: Row, there: Sequence[Registry], folder: Path) -> None:
        self.row = row
        self.there = there
        self.folder = folder
        self.contents: dict[str, Path] = {}
        self.checks: list[Check] = []

    def measure(self, rounds: int) -> Result:
        clients = [self.row.subject, *self.row.peers]
        sides = [Side(name=one.name) for one in clients]
        both = list(zip(clients, sides, strict=True))
        for client, side in both if self.row.counts else ():
            self._attempt(client, side, counted=True)
        for number in range(min(rounds, self.row.rounds or rounds)):
            # whoever came first in one round does not in the next
            start = number % len(both)
            for client, side in both[start:] + both[:start]:
                if not side.error:
                    self._attempt(client, side, counted=False)
        subject, *peers = sides
        result = Result(name=self.row.name, work=self.row.work, subject=subject, peers=peers)
        result.checks += self._checks(result)
        return result

    def _checks(self, result: Result) -> list[Check]:
        if result.subject.error:
            return []
        found = []
        if self.row.limit and result.best:
            ratio = result.subject.median / result.best.median
            found.append(Check(what=f"time of {result.best.name}", value=ratio, limit=self.row.limit))
        elif self.row.limit:
            # nothing to compare with is no success
            found.append(Check(what="peers that did it", value=0, limit=1, exact=True))
        found += self.checks
        return [*found, Check(what="megabytes of memory", value=result.subject.megabytes, limit=MEMORY)]

    def _attempt(self, client: Client, side: Side, *, counted: bool) -> None:
        _say(f"{self.row.name}: {client.name}{', counted' if counted else ''} ...")
        try:
            if counted:
                side.counted = self._count(client)
            else:
                with ExitStack() as stack:
                    hosts = [one.host for one in self.there]
                    if self.row.delay:
                        hosts = [stack.enter_context(line(one, delay=self.row.delay)).host for one in hosts]
                    side.runs.append(self._run(client, hosts))
        except (FailedError, LookupError) as failed:
            side.error = str(failed)
            _say(f"{self.row.name}: {client.name} failed: {failed}")

    def _count(self, client: Client) -> Counted:
        with ExitStack() as stack:
            wires = [stack.enter_context(wire(one.host)) for one in self.there]
            self._run(client, [one.host for one in wires])
            counted = _counted(wires)
        if client is self.row.subject:
            self.checks += self.row.exact(counted, self.there)
        return counted

    def _run(self, client: Client, hosts: Sequence[str]) -> Ran:
        contents = self._contents(client.finds) if client.finds else None
        for one in self.there:
            one.reset(contents)
        client.before(hosts)
        # what was written before must not be written during the run
        os.sync()
        ran = together([run(command) for command in client.commands(hosts)])
        for one in self.there:
            _verify(client, one)
        return replace(ran, megabytes=client.daemon.peak) if client.daemon else ran

    def _contents(self, client: Client) -> Path:
        """Give what a registry holds after this client has pushed to it."""
        if client.name not in self.contents:
            first = self.there[0]
            first.reset()
            client.before([first.host])
            for command in client.commands([first.host]):
                run(command)
            _verify(client, first)
            first.keep(self.folder / str(len(self.contents)))
            self.contents[client.name] = self.folder / str(len(self.contents))
        return self.contents[client.name]


def _counted(wires: Sequence[Wire]) -> Counted:
    by_kind: dict[str, int] = {}
    for one in wires:
        for (method, kind), number in one.counts().items():
            by_kind[f"{method} {kind}"] = by_kind.get(f"{method} {kind}", 0) + number
    return Counted(
        requests=sum(by_kind.values()),
        sent=sum(one.sent(*Kind) for one in wires),
        uploaded=sum(one.sent(Kind.UPLOAD) for one in wires),
        by_kind=dict(sorted(by_kind.items())),
    )


def _verify(client: Client, registry: Registry) -> None:
    """See that the work was done: who pushes nothing is fast."""
    for repository, tag in client.leaves:
        manifest, _ = registry.manifest(repository, tag)
        if manifest["config"]["digest"] != client.image_id:
            raise FailedError(f"{repository}:{tag} is another image")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
