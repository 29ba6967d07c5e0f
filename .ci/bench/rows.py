"""The rows: each a work that pushstep and its peers do, and what must come out of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bench.clients import REPOSITORY, Client, crane, docker, from_archive, from_daemon, promotion, skopeo
from bench.daemon import Daemon
from bench.outcome import Check, Counted
from bench.registry import Registry
from bench.world import World

TAGS = ("1.2.3", "1.2", "1", "main", "latest")
MEMORY = 100
"""Megabytes."""
Exact = Callable[[Counted, Sequence[Registry]], Iterator[Check]]
"""Looks at what pushstep's counted run sent and left."""


def _nothing_more(_: Counted, __: Sequence[Registry]) -> Iterator[Check]:
    return iter(())


@dataclass(frozen=True, kw_only=True)
class Row:
    """One of them."""

    name: str
    work: str
    subject: Client
    peers: Sequence[Client]
    limit: float | None = None
    """Of the time of the best peer."""
    registries: int = 1
    delay: float = 0
    """Seconds in each direction."""
    exact: Exact = _nothing_more
    counts: bool = True
    """Whether requests are counted: that run takes long for a large image."""
    rounds: int | None = None
    """How often at most, where time is not what matters."""


def tar_one_registry(world: World) -> Row:
    """Push the plain case."""
    five = world.image("five")
    return Row(
        name="tar-one-registry",
        work="`docker save` tar to one empty registry",
        subject=from_archive(five, TAGS[:1]),
        peers=[skopeo(world.place, five, TAGS[:1]), crane(world.place, five, TAGS[:1])],
        limit=0.45,
    )


def tar_three_registries(world: World) -> Row:
    """Push to many from one reading."""
    five = world.image("five")
    return Row(
        name="tar-three-registries",
        work="The tar to three registries, five tags each; the peer with one tag",
        subject=from_archive(five, TAGS),
        peers=[skopeo(world.place, five, TAGS[:1])],
        limit=0.20,
        registries=3,
    )


def daemon20_one_registry(world: World) -> Row:
    """Push from the daemon of long ago."""
    return _from_daemon(world, world.docker20, "daemon-20", 0.5)


def daemon25_one_registry(world: World) -> Row:
    """Push from a daemon that stages the image on disk first."""
    return _from_daemon(world, world.docker25, "daemon-25", 1.0)


def daemon20_three_registries(world: World) -> Row:
    """Push to many from one `docker save`."""
    return _to_three(world, world.docker20, "daemon-20")


def daemon25_three_registries(world: World) -> Row:
    """Push to many from one `docker save` of a newer daemon."""
    return _to_three(world, world.docker25, "daemon-25")


def _from_daemon(world: World, source: Daemon, name: str, limit: float) -> Row:
    five = world.image("five")
    source.have(five)
    return Row(
        name=f"{name}-one-registry",
        work=f"{source.name} to one empty registry",
        subject=from_daemon(source, five, TAGS[:1]),
        peers=[docker(source, five, TAGS[:1])],
        limit=limit,
    )


def _to_three(world: World, source: Daemon, name: str) -> Row:
    five = world.image("five")
    source.have(five)
    return Row(
        name=f"{name}-three-registries",
        work=f"{source.name} to three registries, five tags each",
        subject=from_daemon(source, five, TAGS),
        peers=[docker(source, five, TAGS, every=True)],
        limit=0.45,
        registries=3,
    )


def fresh_machine(world: World) -> Row:
    """Push what is there already, from a machine that does not know it."""
    five, source = world.image("five"), world.docker25
    source.have(five)
    peer = docker(source, five, TAGS[:1])

    def exact(counted: Counted, _: Sequence[Registry]) -> Iterator[Check]:
        yield Check(what="bytes of layers", value=counted.uploaded, limit=0, exact=True)
        yield Check(what="requests", value=counted.requests, limit=6)

    return Row(
        name="fresh-machine",
        work="The same image from a fresh daemon to the repository that has it",
        subject=replace(from_daemon(source, five, TAGS[:1]), finds=from_archive(five, TAGS[:1])),
        peers=[replace(peer, finds=peer)],
        limit=0.05,
        exact=exact,
    )


def changed_layer(world: World) -> Row:
    """Push an image of which the repository has all but one layer."""
    five, changed, source = world.image("five"), world.image("changed"), world.docker25
    source.have(changed)
    middle = next(
        number
        for number, (old, new) in enumerate(zip(five.layers, changed.layers, strict=True))
        if old.diff_id != new.diff_id
    )

    def exact(counted: Counted, there: Sequence[Registry]) -> Iterator[Check]:
        manifest, size = there[0].manifest(REPOSITORY, TAGS[0])
        wanted = manifest["layers"][middle]["size"] + manifest["config"]["size"]
        yield Check(what="bytes of blobs", value=counted.uploaded, limit=wanted, exact=True)
        yield Check(what="bytes of all", value=counted.sent, limit=wanted + size, exact=True)

    peer = docker(source, changed, TAGS[:1])
    return Row(
        name="changed-layer",
        work="One changed layer of five, from a fresh daemon",
        subject=replace(from_daemon(source, changed, TAGS[:1]), finds=from_archive(five, TAGS[:1])),
        peers=[replace(peer, finds=skopeo(world.place, five, TAGS[:1]))],
        exact=exact,
    )


def requests(world: World) -> Row:
    """Count what an image with some tags costs."""
    ten = world.image("ten")

    def exact(counted: Counted, _: Sequence[Registry]) -> Iterator[Check]:
        blobs = len(ten.layers) + 1
        upload = sum(number for kind, number in counted.by_kind.items() if kind.endswith(("upload", "blob")))
        yield Check(what="requests for blobs", value=upload, limit=3 * blobs)
        tags = 2 * len(TAGS)
        yield Check(what="requests", value=counted.requests, limit=3 * blobs + tags + 2 + 3)

    return Row(
        name="requests",
        work="Ten layers of 1 MB, five tags, to one empty registry",
        subject=from_archive(ten, TAGS),
        peers=[skopeo(world.place, ten, TAGS), crane(world.place, ten, TAGS)],
        exact=exact,
    )


def far_registry(world: World) -> Row:
    """Push where round trips are what costs."""
    hundred, source = world.image("hundred"), world.docker25
    source.have(hundred)
    return Row(
        name="far-registry",
        work="100 layers of 0.1 MB to an empty registry 50 ms away",
        subject=from_archive(hundred, TAGS[:1]),
        peers=[
            skopeo(world.place, hundred, TAGS[:1]),
            crane(world.place, hundred, TAGS[:1]),
            docker(source, hundred, TAGS[:1]),
        ],
        limit=0.7,
        delay=0.025,
    )


def promote(world: World) -> Row:
    """Push what the registry has in another repository."""
    five = world.image("five")
    source, tag = f"{REPOSITORY}:{TAGS[0]}", TAGS[1:2]
    finds = skopeo(world.place, five, TAGS[:1])

    def exact(counted: Counted, _: Sequence[Registry]) -> Iterator[Check]:
        yield Check(what="bytes of layers", value=counted.uploaded, limit=0, exact=True)

    return Row(
        name="promotion",
        work="`docker://` promotion inside one registry",
        subject=replace(promotion(five, source, *tag), finds=finds),
        peers=[
            replace(skopeo(world.place, five, tag, source), finds=finds),
            replace(crane(world.place, five, tag, source), finds=finds),
        ],
        exact=exact,
    )


def many_layers(world: World) -> Row:
    """Look at memory where there are many layers."""
    return _memory(world, "memory-500-layers", "500 layers of 20 KB", "five-hundred")


def large(world: World) -> Row:
    """Look at memory where the image is large."""
    return _memory(world, "memory-6-gb", "The tar of an image of 6 GB", "large")


def _memory(world: World, name: str, what: str, image: str) -> Row:
    archive = world.image(image)
    return Row(
        name=name,
        work=f"{what} to one empty registry",
        subject=from_archive(archive, TAGS[:1]),
        peers=[skopeo(world.place, archive, TAGS[:1])],
        counts=False,
        rounds=1,
    )


ROWS: dict[str, Callable[[World], Row]] = {
    "tar-one-registry": tar_one_registry,
    "tar-three-registries": tar_three_registries,
    "daemon-20-one-registry": daemon20_one_registry,
    "daemon-25-one-registry": daemon25_one_registry,
    "daemon-20-three-registries": daemon20_three_registries,
    "daemon-25-three-registries": daemon25_three_registries,
    "fresh-machine": fresh_machine,
    "changed-layer": changed_layer,
    "requests": requests,
    "far-registry": far_registry,
    "promotion": promote,
    "memory-500-layers": many_layers,
    "memory-6-gb": large,
}
LARGE = "memory-6-gb"
