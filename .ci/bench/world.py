"""What the rows are made of: images and daemons, each made when the first row needs it."""

import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property

from bench import images
from bench.archive import Archive
from bench.daemon import Daemon, daemon
from bench.place import PROJECT, Place


@dataclass(kw_only=True)
class World:
    """All of them."""

    place: Place
    daemons: list[Daemon] = field(default_factory=list)

    def image(self, name: str) -> Archive:
        """Give an image."""
        folder = self.place.state / "images"
        argv = [sys.executable, "-m", "bench.images", str(folder), name]
        subprocess.run(argv, check=True, env={"PYTHONPATH": str(PROJECT / ".ci")})
        return images.read(folder, name)

    @cached_property
    def docker20(self) -> Daemon:
        """Docker 20.10."""
        return self._daemon("20", "bookworm")

    @cached_property
    def docker25(self) -> Daemon:
        """The newest there is; since 25 the classic store writes archives in another way."""
        return self._daemon("25", "newest")

    def _daemon(self, name: str, root: str) -> Daemon:
        made = daemon(self.place, name, self.place.state / "roots" / root)
        self.daemons.append(made)
        return made

    def stop(self) -> None:
        """Stop the daemons."""
        for one in self.daemons:
            one.stop()
