"""Where the benchmark keeps what it needs, and which programs it found: `.ci/bench/run` made the folders."""

import gzip
import os
import re
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The folders."""

    state: Path
    """Below the user's cache: roots, images, daemons' data, registries' storage."""
    run: Path
    """Sockets and process IDs: the path of a socket may have 108 bytes at most."""

    @property
    def newest(self) -> Path:
        """Root with the newest clients and daemon, and the registry."""
        return self.state / "roots/newest"

    @property
    def bookworm(self) -> Path:
        """Root with Docker 20.10."""
        return self.state / "roots/bookworm"


def place() -> Place:
    """Read where they are."""
    return Place(state=Path(os.environ["BENCH_STATE"]), run=Path(os.environ["BENCH_RUN"]))


def version(root: Path, package: str) -> str:
    """Tell the version of a package in a root; not every program knows its own."""
    with gzip.open(root / f"usr/share/doc/{package}/changelog.Debian.gz", "rt") as file:
        found = re.search(r"\((?:\d+:)?([\d.]+)", file.readline())
    return found[1].rstrip(".") if found else "?"
