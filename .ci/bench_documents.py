"""Prints how long documents take: many steps, many conditions, and the start of the command itself.

Each figure is that of a whole process, the best of three; the exit status is 1 where one is over its limit.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
_RUNS = 3
_STEP = """\
  push_{number}:
    type: push
    title: Push number {number}
    candidate: ${{{{build.imageId}}}}
    image_name: acme/app-{number}
    registry: ghcr.io
    tags: [latest, ${{{{CF_BRANCH_TAG_NORMALIZED}}}}, 1.{number}]
    credentials: {{username: bot, password: "${{{{REGISTRY_PASSWORD}}}}"}}
    retry: {{maxAttempts: 3, delay: 5}}
    when:
      branch: {{only: [main, /^release-.*/i]}}
      condition: {{all: {{it: '"${{{{CF_BRANCH}}}}" == "main" && !includes("${{{{X}}}}", "{number}")'}}}}
"""
_CONDITION = (
    '          c{number}: \'lower("${{{{CF_BRANCH}}}}") == "main" && {number} + 1 > {number} || false\'\n'
)


def main() -> int:
    """Measure them all."""
    with tempfile.TemporaryDirectory() as folder:
        steps = Path(folder, "steps.yml")
        steps.write_text("steps:\n" + "".join(_STEP.format(number=number) for number in range(2000)))
        conditions = Path(folder, "conditions.yml")
        # the last does not hold, so that the step is skipped once all of them are decided
        conditions.write_text(
            "steps:\n  push:\n    type: push\n    candidate: app\n    when:\n      condition:\n        all:\n"
            + "".join(_CONDITION.format(number=number) for number in range(9999))
            + "          last: 'false'\n"
        )
        one = Path(folder, "one.yml")
        one.write_text("steps:\n" + _STEP.format(number=1))
        over = [
            _figure("validate of 2,000 steps", 4, "validate", str(steps)),
            _figure("10,000 conditions", 10, "push", "--quiet", "--step", str(conditions)),
            _figure("start-up of `pushstep validate`, one step", 0.5, "validate", str(one)),
        ]
    return int(any(over))


def _figure(what: str, limit: float, *arguments: str) -> bool:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CF_BRANCH": "Main"}
    seconds = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "pushstep", *arguments],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        seconds.append(time.perf_counter() - started)
    best = min(seconds)
    print(f"{what:<45}{best:6.2f} s   (limit {limit:g} s)")
    return best > limit


if __name__ == "__main__":
    sys.exit(main())
