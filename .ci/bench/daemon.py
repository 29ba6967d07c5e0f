"""Docker daemons of the benchmark's own: what one remembers of a push can be taken from it."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from bench.archive import Archive
from bench.place import PROJECT, Place, version
from bench.service import Service


@dataclass(kw_only=True)
class Daemon:
    """One of them, on the classic store."""

    name: str
    """With its version."""
    data: Path
    address: str
    service: Service
    loaded: list[Archive] = field(default_factory=list)
    running: bool = False

    def have(self, archive: Archive) -> None:
        """Load an image, unless it is there from an earlier run."""
        self._start()
        self.loaded.append(archive)
        if not self._docker("image", "inspect", "--format={{.Id}}", archive.image_id, check=False).strip():
            self._docker("load", "--input", str(archive.path))
        self.tag(archive, archive.name)

    def forget(self) -> None:
        """Be as the daemon of a machine that has just built its images: it knows no registry and no digest.

        That is a folder where it notes the digests of what it pushed, and the names it pushed under.
        """
        self.stop()
        store = self.data / "image/overlay2"
        shutil.rmtree(store / "distribution", ignore_errors=True)
        names = store / "repositories.json"
        own = {archive.name.partition(":")[0]: {archive.name: archive.image_id} for archive in self.loaded}
        names.write_text(json.dumps({"Repositories": own}))
        self._start()

    def tag(self, archive: Archive, name: str) -> None:
        """Give an image one more name."""
        self._docker("tag", archive.image_id, name)

    @property
    def peak(self) -> float:
        """Megabytes of memory that its process had at most since its start."""
        for line in Path(f"/proc/{self.service.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
        return 0.0

    def stop(self) -> None:
        """Stop it."""
        if self.running:
            self.service.stop()
            self.running = False

    def _start(self) -> None:
        if not self.running:
            self.service.start()
            self.running = True

    def _docker(self, *argv: str, check: bool = True) -> str:
        done = subprocess.run(
            ["docker", "--host", self.address, *argv], capture_output=True, text=True, check=False
        )
        if check and done.returncode:
            raise RuntimeError(f"docker {argv[0]}: {done.stderr.strip()}")
        return done.stdout


def daemon(place: Place, name: str, root: Path) -> Daemon:
    """Describe one; it starts when an image is loaded."""
    data, run = place.state / "daemons" / name, place.run / name
    for folder in (data, run):
        folder.mkdir(parents=True, exist_ok=True)
    address = f"unix://{run}/docker.sock"
    enter = ["bash", str(PROJECT / ".ci/bench/enter"), str(root), str(data), str(run), "--"]
    folders = [
        "--data-root",
        str(data),
        "--exec-root",
        str(run / "exec"),
        "--pidfile",
        str(run / "dockerd.pid"),
    ]
    kind = ["--storage-driver", "overlay2", "--iptables=false", "--ip6tables=false"]
    service = Service(
        name=f"the Docker daemon {name}",
        argv=[*enter, "dockerd", "--host", address, *folders, *kind],
        answers=lambda: _answers(address),
        pid_file=run / "service.pid",
        log=place.state / f"{name}.log",
    )
    return Daemon(name=f"Docker {version(root, 'docker.io')}", data=data, address=address, service=service)


def _answers(address: str) -> bool:
    done = subprocess.run(
        ["docker", "--host", address, "version", "--format={{.Server.Version}}"],
        capture_output=True,
        check=False,
        env=dict(os.environ),
    )
    return done.returncode == 0
