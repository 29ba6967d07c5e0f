"""Who pushes: pushstep and its peers, called as their users call them, in the state of a new machine."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.archive import Archive
from bench.daemon import Daemon
from bench.measure import Command
from bench.place import PROJECT, Place, version

REPOSITORY = "acme/app"
PROMOTED = "acme/promoted"
Commands = Callable[[Sequence[str]], Sequence[Command]]
"""Registry hosts → processes to run one after the other."""


def _nothing(_: Sequence[str]) -> None:
    """Have nothing to prepare."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """One way to do a row's work."""

    name: str
    commands: Commands
    before: Callable[[Sequence[str]], None] = _nothing
    """Brings the machine into the state of a new one; its time does not count."""
    daemon: Daemon | None = None
    """Who does the work instead of the process, and whose memory counts."""
    leaves: Sequence[tuple[str, str]] = ()
    """Repository and tag of all that is in each registry afterwards."""
    image_id: str = ""
    finds: "Client | None" = None
    """Who has pushed there before; the registries are empty otherwise."""


def from_archive(archive: Archive, tags: Sequence[str]) -> Client:
    """Give pushstep with the file that `docker save` wrote."""
    return _pushstep(f"docker-archive:{archive.path}", tags, image_id=archive.image_id)


def from_daemon(daemon: Daemon, archive: Archive, tags: Sequence[str]) -> Client:
    """Give pushstep with the image in a daemon."""
    return _pushstep(archive.name, tags, image_id=archive.image_id, daemon=daemon)


def promotion(archive: Archive, source: str, tag: str) -> Client:
    """Give pushstep with what the same registry has under `source`, `repository:tag`."""
    return _pushstep(source, [tag], image_id=archive.image_id, repository=PROMOTED)


def skopeo(place: Place, archive: Archive, tags: Sequence[str], source: str = "") -> Client:
    """Give `skopeo copy`, once for each registry and tag; from the same registry if it has a `source`."""
    inside, repository = _within(place, archive.path), PROMOTED if source else REPOSITORY
    options = ["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"]

    def commands(hosts: Sequence[str]) -> list[Command]:
        there = ["--src-tls-verify=false", f"docker://{hosts[0]}/{source}"]
        origin = there if source else [f"docker-archive:{inside}"]
        names = [f"docker://{host}/{repository}:{tag}" for host in hosts for tag in tags]
        return [_chroot(place, "skopeo", *options, *origin, name) for name in names]

    def before(_: Sequence[str]) -> None:
        # here it notes which blob is which layer, as on no new machine
        shutil.rmtree(place.newest / "var/lib/containers", ignore_errors=True)

    return Client(
        name=f"skopeo {version(place.newest, 'skopeo')}",
        commands=commands,
        before=before,
        leaves=[(repository, tag) for tag in tags],
        image_id=archive.image_id,
    )


def crane(place: Place, archive: Archive, tags: Sequence[str], source: str = "") -> Client:
    """Give `crane push`, once for each registry and tag; `crane copy` if the same registry has a `source`."""
    inside, repository = _within(place, archive.path), PROMOTED if source else REPOSITORY

    def commands(hosts: Sequence[str]) -> list[Command]:
        verb = ["copy", f"{hosts[0]}/{source}"] if source else ["push", str(inside)]
        names = [f"{host}/{repository}:{tag}" for host in hosts for tag in tags]
        return [_chroot(place, "crane", "--insecure", *verb, name) for name in names]

    return Client(
        name=f"crane {version(place.newest, 'crane')}",
        commands=commands,
        leaves=[(repository, tag) for tag in tags],
        image_id=archive.image_id,
    )


def docker(daemon: Daemon, archive: Archive, tags: Sequence[str], *, every: bool = False) -> Client:
    """Give `docker push`, with `every` as `docker push -a`."""

    def names(hosts: Sequence[str]) -> list[str]:
        return [f"{host}/{REPOSITORY}:{tag}" for host in hosts for tag in tags]

    def before(hosts: Sequence[str]) -> None:
        daemon.forget()
        for name in names(hosts):
            daemon.tag(archive, name)

    def commands(hosts: Sequence[str]) -> list[Command]:
        words = (
            [["-a", f"{host}/{REPOSITORY}"] for host in hosts] if every else [[name] for name in names(hosts)]
        )
        push = ["docker", "--host", daemon.address, "push", "--quiet"]
        return [Command(argv=[*push, *one]) for one in words]

    return Client(
        name=f"docker push{' -a' if every else ''}, {daemon.name}",
        commands=commands,
        before=before,
        daemon=daemon,
        leaves=[(REPOSITORY, tag) for tag in tags],
        image_id=archive.image_id,
    )


def _pushstep(
    candidate: str,
    tags: Sequence[str],
    *,
    image_id: str,
    daemon: Daemon | None = None,
    repository: str = REPOSITORY,
) -> Client:
    def commands(hosts: Sequence[str]) -> list[Command]:
        options = {
            "candidate": candidate if repository == REPOSITORY else f"docker://{hosts[0]}/{candidate}",
            "registry": ",".join(hosts),
            "image-name": repository,
            "tags": ",".join(tags),
            "transport": "direct",
            "report": "report.json",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        environ = {"PYTHONPATH": str(PROJECT)} | ({"DOCKER_HOST": daemon.address} if daemon else {})
        argv = [sys.executable, "-m", "pushstep", "push", *words, "--quiet"]
        return [Command(argv=argv, environ=environ)]

    def before(_: Sequence[str]) -> None:
        if daemon:
            daemon.forget()

    return Client(
        name="pushstep",
        commands=commands,
        before=before,
        leaves=[(repository, tag) for tag in tags],
        image_id=image_id,
    )


def _chroot(place: Place, *argv: str) -> Command:
    return Command(argv=["chroot", str(place.newest), *argv], environ={"HOME": "/root"})


def _within(place: Place, path: Path) -> Path:
    """Give the path of a file in the root of the clients, where it is the very same file."""
    inside = Path("/srv", path.name)
    linked = place.newest / inside.relative_to("/")
    linked.unlink(missing_ok=True)
    os.link(path, linked)
    return inside
