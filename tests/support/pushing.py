"""Tells of a push that does not happen, on this process's streams: `pushing SECONDS SWITCH...`."""

import sys
import time

from pushstep.__main__ import world
from pushstep.errors import Stopped
from pushstep.push.progress import Progress, renderer
from pushstep.surroundings import surroundings

APP, ODD = "registry.example/acme/app", "oci:[bold]\x1b[2J:house:"
A, B = "sha256:4f4fb700ef54" + "0" * 52, "sha256:aaaaaaaaaaaa" + "0" * 52
SECRET = "hunter2hunter2"


def main() -> int:
    here = surroundings(world(), frozenset(sys.argv[2:]))
    progress = Progress(
        say=here.log.say, seconds=here.world.seconds, renderer=renderer(here.log, here.terminal)
    )
    here.log.mask(SECRET)
    here.log.say("before")
    interrupts = here.world.interrupts
    try:
        with interrupts.watched(), interrupts.raising(), progress.shown():
            seconds = float(sys.argv[1])
            tell(progress, seconds)
            here.log.say(
                f"a line of {SECRET} [red]that is longer than the terminal is wide:[/red] " + "x" * 60
            )
            time.sleep(seconds / 2)
    except Stopped as stopped:
        here.log.say(f"stopped: {stopped.problem.code}")
        return 3
    here.log.say(progress.summary().partition(", saved")[0])
    return 0


def tell(progress: Progress, seconds: float) -> None:
    progress.begin(APP, 2)
    progress.begin(ODD, 1)
    progress.read(50_000_000)
    progress.due(APP, A, 12_300_000)
    progress.due(ODD, B, 2_000)
    progress.sent(APP, A, 6_100_000)
    progress.sent(ODD, B, 1_000)
    time.sleep(seconds)
    progress.sent(APP, A, 6_200_000)
    progress.layer(APP, A, 12_300_000, "uploaded", 12_300_000)
    progress.layer(APP, B, 2_000, "present")
    progress.tag(APP, "1", "created", A)
    progress.end(APP)


if __name__ == "__main__":
    sys.exit(main())
