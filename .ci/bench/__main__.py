"""Compares pushstep with its peers; `.ci/bench/run` sets up what is needed.

The exit status is 1 where a limit is missed, 2 where the command makes no sense.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import table
from bench.outcome import Result
from bench.place import PROJECT, Place, place, version
from bench.registry import CONFIG, registries, registry_version
from bench.rounds import measured
from bench.rows import LARGE, ROWS
from bench.service import end_left
from bench.world import World

_REGISTRIES = 3
_TABLE = PROJECT / "docs/examples/output/performance.md"


def main(arguments: Sequence[str]) -> int:
    """Measure."""
    options = _options(arguments)
    if options.list:
        print("\n".join(ROWS))
        return 0
    names = options.only or [name for name in ROWS if options.large or name != LARGE]
    there = place()
    for left in there.run.glob("**/*.pid"):
        end_left(left, str(there.run), CONFIG)
    about = {"machine": table.machine(), "versions": _versions(there), "rounds": options.rounds}
    print(table.heading(about), flush=True)
    results: list[Result] = []
    world = World(place=there)
    try:
        with registries(there, _REGISTRIES) as running:
            for name in names:
                results.append(measured(ROWS[name](world), running, options.rounds))
                print(table.text(results[-1]), flush=True)
                # also what an interrupted run has measured is worth reading
                options.output.write_text(json.dumps(table.document(results, about), indent=2) + "\n")
    finally:
        world.stop()
    if options.write_docs:
        _TABLE.write_text(table.markdown(results, about))
        subprocess.run([sys.executable, str(PROJECT / ".ci/generate.py")], check=True)
    missed = [one.name for one in results if not one.holds]
    print(f"\n{len(results) - len(missed)} of {len(results)} rows hold; all figures are in {options.output}.")
    for name in missed:
        print(f"missed: {name}")
    return int(bool(missed))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    quick = bool(os.environ.get("BENCH_QUICK"))
    parser = argparse.ArgumentParser(prog="make bench", usage="make bench ARGS='...'", description=__doc__)
    parser.add_argument("--only", type=_names, default=[], metavar="ROW,...", help="measure these rows alone")
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument(
        "--rounds", type=int, default=1 if quick else 3, help="default: 3, with BENCH_QUICK 1"
    )
    parser.add_argument(
        "--large",
        action=argparse.BooleanOptionalAction,
        default=not quick,
        help="whether to push the image of 6 GB; default: yes, with BENCH_QUICK no",
    )
    parser.add_argument("--output", type=Path, default=Path("bench.json"), help="where the figures go")
    parser.add_argument("--write-docs", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args(arguments)
    if options.write_docs and (options.only or not options.large):
        parser.error("the page shows all rows: --write-docs goes with no selection of them")
    return options


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in ROWS:
            raise argparse.ArgumentTypeError(f"{name} is no row; `--list` prints them")
    return names


def _versions(there: Place) -> dict[str, str]:
    named = {"skopeo": "skopeo", "crane": "crane", "docker": "docker.io"}
    found = {name: version(there.newest, package) for name, package in named.items()}
    return {
        **found,
        "docker 20.10": version(there.bookworm, "docker.io"),
        "registry": registry_version(there),
    }


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
