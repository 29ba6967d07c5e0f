"""The engine against repositories in memory: what is sent, what is not, and what the tags name afterwards."""

import gzip
import json
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushstep.errors import Problem, StepError
from pushstep.image.model import Image, Part, Unpacked
from pushstep.oci import (
    DOCKER_MANIFEST,
    OCI_MANIFEST,
    Descriptor,
    Manifest,
    layer_type,
    parse,
    sha256,
    write_manifest,
)
from pushstep.push import told
from pushstep.push.delivery import Target
from pushstep.push.direct import Direct, push, rehearse
from pushstep.push.plan import Destination
from pushstep.result import ARRIVED, DestinationResult
from tests.support.places import Given, Memory, direct, layer_tar, packed, unpacked

BROKEN = Problem(code="unavailable", message="it failed", retryable=True)


def target(place: Memory, *tags: str, repository: str = "acme/app", source: str | None = None) -> Target:
    host = place.name.partition("/")[0]
    destination = Destination(registry=host, repository=repository, tags=tags or ("v1",))
    return Target(destination=destination, place=place, identity=None, source=source)


def run(image: Image, *targets: Target, engine: Direct | None = None) -> list[DestinationResult]:
    done = push(engine or direct(tempfile.gettempdir()), image, targets)
    image.contents.close()
    return [told.result(delivery, None) for delivery in done]


def layers(place: Memory, tag: str = "v1") -> list[bytes]:
    manifest = place.manifests[place.tags[tag]]
    assert isinstance(manifest, Manifest)
    return [gzip.decompress(place.blobs[one.digest]) for one in manifest.layers]


class Shape(TypedDict, total=False):
    seekable: bool
    nameless: bool
    known_config: bool


SHAPES: dict[str, Shape] = {
    "read at random": {},
    "a stream": {"seekable": False},
    "a stream that gives the configuration": {"seekable": False, "known_config": False},
    "a stream of layers without a name": {"seekable": False, "known_config": False, "nameless": True},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_new_repository_gets_the_whole_image_whatever_its_source(shape: Shape) -> None:
    image, source = unpacked([1, 2, 3], **shape)
    place = Memory()

    (result,) = run(image, target(place, "v1", "v2"))

    assert [tag.status for tag in result.tags] == ["created", "created"]
    assert layers(place) == layers(place, "v2") == [layer_tar(1), layer_tar(2), layer_tar(3)]
    manifest = place.manifests[place.tags["v1"]]
    assert isinstance(manifest, Manifest)
    assert (manifest.media_type, manifest.config.digest) == (DOCKER_MANIFEST, image.image_id)
    assert [layer.status for layer in result.layers or ()] == ["uploaded"] * 3
    assert result.digest == manifest.digest
    assert (place.count("upload"), place.count("put")) == (4, 2)
    assert sorted(source.reads) == sorted(set(source.reads))


def test_the_same_image_again_sends_and_reads_nothing() -> None:
    place = Memory()
    run(unpacked([1, 2])[0], target(place, "v1"))
    place.calls.clear()
    image, source = unpacked([1, 2])

    (result,) = run(image, target(place, "v1"))

    assert [(tag.status, tag.previous_digest) for tag in result.tags] == [("unchanged", result.digest)]
    assert {layer.status for layer in result.layers or ()} == {"present"}
    assert [verb for verb, _ in place.calls] == ["digest", "manifest"]
    assert source.reads == []


def test_a_further_tag_of_an_image_under_latest_is_one_put() -> None:
    place = Memory()
    run(unpacked([1, 2])[0], target(place, "latest"))
    place.calls.clear()

    (result,) = run(unpacked([1, 2])[0], target(place, "v2"))

    assert result.tags[0].status == "created"
    assert [verb for verb, _ in place.calls] == ["digest", "manifest", "put"]
    assert place.tags["v2"] == place.tags["latest"]


def test_a_half_done_set_of_tags_is_completed() -> None:
    place = Memory(fault=lambda verb, what: BROKEN if (verb, what) == ("put", "v2") else None)
    (first,) = run(unpacked([1])[0], target(place, "v1", "v2"))
    place.fault = lambda _verb, _what: None

    (second,) = run(unpacked([1])[0], target(place, "v1", "v2"))

    assert [tag.status for tag in first.tags] == ["created", "failed"]
    assert first.digest
    assert [tag.status for tag in second.tags] == ["unchanged", "created"]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_only_the_layer_that_changed_is_sent(shape: Shape) -> None:
    place = Memory()
    run(unpacked([1, 2, 3])[0], target(place, "v1"))
    place.calls.clear()
    place.bytes_sent = 0
    image, source = unpacked([1, 9, 3], **shape)

    (result,) = run(image, target(place, "v1"))

    assert (result.tags[0].status, layers(place)) == ("moved", [layer_tar(1), layer_tar(9), layer_tar(3)])
    assert [layer.status for layer in result.layers or ()] == ["present", "uploaded", "present"]
    assert place.count("upload") == 2
    assert sha256(layer_tar(1)) not in source.reads


def test_the_kind_of_manifest_is_that_of_the_layers_there() -> None:
    place = Memory()
    base, _ = unpacked([1])
    run(base, target(place, "v1"))
    docker = place.manifests[place.tags["v1"]]
    assert isinstance(docker, Manifest)
    text = docker.content.replace(
        b"vnd.docker.image.rootfs.diff.tar.gzip", b"vnd.oci.image.layer.v1.tar+gzip"
    )
    text = text.replace(DOCKER_MANIFEST.encode(), OCI_MANIFEST.encode())
    place.put("v1", parse(text))

    run(unpacked([1, 2])[0], target(place, "v1"))

    manifest = place.manifests[place.tags["v1"]]
    assert isinstance(manifest, Manifest)
    assert manifest.media_type == OCI_MANIFEST
    assert [one.media_type for one in manifest.layers] == ["application/vnd.oci.image.layer.v1.tar+gzip"] * 2


def test_a_layer_twice_is_one_blob() -> None:
    image, source = unpacked([1, 2, 1])
    place = Memory()

    run(image, target(place))

    assert layers(place) == [layer_tar(1), layer_tar(2), layer_tar(1)]
    assert place.count("upload") == 3
    assert len(source.reads) == 2


def test_one_reading_serves_every_registry() -> None:
    image, source = unpacked([1, 2], seekable=False)
    places = [Memory(name=f"r{number}.example.com/acme/app") for number in range(3)]

    results = run(image, *(target(place, "a", "b") for place in places))

    assert {result.digest for result in results} == {results[0].digest}
    assert len(source.reads) == 2
    assert [layers(place, "a") for place in places] == [[layer_tar(1), layer_tar(2)]] * 3


def test_a_second_repository_of_a_registry_mounts_what_the_first_got() -> None:
    shared: dict[str, Memory] = {}
    first, second = Memory(shared=shared), Memory(shared=shared)
    shared |= {"acme/one": first, "acme/two": second}

    results = run(
        unpacked([1, 2])[0], target(first, repository="acme/one"), target(second, repository="acme/two")
    )

    assert [layer.status for layer in results[1].layers or ()] == ["mounted", "mounted"]
    assert second.bytes_sent == 0
    assert layers(second) == layers(first)


def by_another_tool(seed: int, place: Memory, tag: str) -> None:
    """Push an image as a tool does that compresses otherwise."""
    image, _ = unpacked([seed])
    blob = gzip.compress(layer_tar(seed), 9, mtime=0)
    config = image.content
    assert isinstance(config, Unpacked)
    assert config.config is not None
    place.blobs |= {sha256(blob): blob, config.config_digest: config.config}
    layer = Descriptor(media_type=layer_type("docker", "gzip"), digest=sha256(blob), size=len(blob))
    size = len(config.config)
    descriptor = Descriptor(media_type="", digest=config.config_digest, size=size)
    place.put(tag, write_manifest(descriptor, [layer], "docker"))


@pytest.mark.parametrize("seeds", [[1], [1, 2]], ids=["the whole image", "one of its layers"])
def test_an_image_has_one_digest_everywhere(seeds: list[int]) -> None:
    """Also where one registry got it, or some of it, from a tool that compresses otherwise."""
    first, second = Memory(name="a.example.com/x"), Memory(name="b.example.com/x")
    by_another_tool(1, first, "v1")
    before = first.tags["v1"]

    one, other = run(unpacked(seeds)[0], target(first), target(second))
    again = run(unpacked(seeds)[0], target(first), target(second))
    alone = run(unpacked(seeds)[0], target(first))

    assert one.digest == other.digest
    assert (one.tags[0].status, one.tags[0].previous_digest) == ("moved", before)
    assert layers(first) == layers(second) == [layer_tar(seed) for seed in seeds]
    assert [result.tags[0].status for result in (*again, *alone)] == ["unchanged"] * 3


def test_a_registry_that_fails_does_not_stop_the_others() -> None:
    bad = Memory(name="bad.example.com/a", fault=lambda verb, _: BROKEN if verb == "upload" else None)
    good = Memory(name="good.example.com/a")

    failed, done = run(unpacked([1, 2])[0], target(bad), target(good))

    assert (failed.result, failed.error, failed.digest) == ("failure", BROKEN, None)
    assert [tag.status for tag in failed.tags] == ["not_attempted"]
    assert done.result == "success"
    assert layers(good) == [layer_tar(1), layer_tar(2)]


def test_a_blob_that_the_registry_lost_is_sent_after_all() -> None:
    place = Memory()
    run(unpacked([1, 2])[0], target(place, "v1"))
    lost = place.manifests[place.tags["v1"]]
    assert isinstance(lost, Manifest)
    gone = lost.layers[0]
    del place.blobs[gone.digest]

    class Lying(Memory):
        def blob_size(self, digest: str) -> int | None:
            return (
                gone.size
                if digest == gone.digest and gone.digest not in self.blobs
                else super().blob_size(digest)
            )

    liar = Lying(blobs=place.blobs, manifests=place.manifests, tags=place.tags)
    (result,) = run(unpacked([1, 3])[0], target(liar, "v2", "v1"))

    assert result.result == "success"
    assert layers(liar, "v2") == [layer_tar(1), layer_tar(3)]


def test_an_immutable_tag_says_what_it_names() -> None:
    place = Memory()
    run(unpacked([1])[0], target(place, "v1"))
    before = place.tags["v1"]
    immutable = Problem(code="immutable", message="tags do not move here")
    place.fault = lambda verb, _: immutable if verb == "put" else None

    same, other = (run(unpacked([seed])[0], target(place, "v1"))[0] for seed in (1, 2))

    assert same.tags[0].status == "unchanged"
    assert other.tags[0].error
    assert before in other.tags[0].error.message


def test_damaged_sources_move_no_tag() -> None:
    image, source = unpacked([1, 2])
    source.parts_by_name[sha256(layer_tar(2))] = layer_tar(3)
    place = Memory()

    (result,) = run(image, target(place))

    assert result.error
    assert (result.error.code, place.tags) == ("candidate", {})
    assert sha256(layer_tar(2)) in result.error.message


def test_a_source_that_lacks_a_layer_moves_no_tag() -> None:
    image, source = unpacked([1, 2])
    del source.parts_by_name[sha256(layer_tar(2))]
    place = Memory()

    (result,) = run(image, target(place))

    assert result.error
    assert (result.error.code, place.tags) == ("candidate", {})


@pytest.mark.parametrize("seekable", [True, False])
def test_a_source_that_breaks_off_in_the_middle_is_told_once(
    *, seekable: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is still being read then is not handed on to a push that was given up."""
    image, source = unpacked(range(6), seekable=seekable)

    class Breaking(Given):
        def parts(self, wanted: Collection[str]) -> Iterator[Part]:
            yield from islice(source.parts(wanted), 4)
            raise StepError(BROKEN)

    place = Memory()
    (result,) = run(replace(image, contents=Breaking({})), target(place))
    source.close()

    assert (result.error, place.tags) == (BROKEN, {})
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("beside", [True, False], ids=["a registry", "a stream"])
def test_a_push_that_is_given_up_lets_go_of_what_it_was_reading(*, beside: bool) -> None:
    """At once: where the source is a registry, the next attempt needs the connections."""
    image, source = unpacked([1, 2], seekable=False)
    engine = direct(tempfile.gettempdir())
    held: list[str] = []

    @contextmanager
    def holding(name: str) -> Iterator[None]:
        held.append(name)
        try:
            yield
        finally:
            held.remove(name)

    class Lent(Given):
        def parts(self, wanted: Collection[str]) -> Iterator[Part]:
            with holding("the source"):
                for part in source.parts(wanted):
                    yield replace(part, stream=partial(self._blocks, part), beside=beside)

        def _blocks(self, part: Part) -> Iterator[bytes]:
            with holding(part.digest or ""):
                engine.ended.set()
                yield from part.blocks()

    (given_up,) = push(engine, replace(image, contents=Lent({})), [target(Memory())])

    assert held == []
    # whatever still refers to where that was
    assert any(one.exception() for one in given_up.awaited.values())


def test_a_full_disk_is_told_and_leaves_nothing() -> None:
    place = Memory()

    (result,) = run(unpacked([1])[0], target(place), engine=direct("/nowhere"))

    assert result.error
    assert result.error.code == "disk"
    assert "/nowhere" in result.error.message


def test_a_packed_image_from_the_same_registry_is_mounted() -> None:
    image, place, shared = promoted()

    (result,) = run(image, target(place, repository="acme/prod", source="acme/dev"))

    assert result.result == "success"
    assert {layer.status for layer in result.layers or ()} == {"mounted"}
    assert (place.bytes_sent, shared["acme/dev"].count("blob")) == (0, 0)


def promoted() -> tuple[Image, Memory, dict[str, Memory]]:
    shared: dict[str, Memory] = {}
    dev, prod = Memory(shared=shared), Memory(shared=shared)
    shared |= {"acme/dev": dev, "acme/prod": prod}
    run(unpacked([1, 2])[0], target(dev, "v1"))
    image, _ = packed([dev.manifests[dev.tags["v1"]]], {})
    dev.calls.clear()
    return image, prod, shared


def test_a_rehearsal_writes_nothing_and_knows_what_is_missing() -> None:
    place = Memory()
    run(unpacked([1, 2])[0], target(place, "v1"))
    place.calls.clear()

    (delivery,) = rehearse(direct(tempfile.gettempdir()), unpacked([1, 3])[0], [target(place, "v1", "v2")])

    assert {verb for verb, _ in place.calls} <= {"digest", "manifest", "blob_size", "blob"}
    assert set(delivery.awaited) == {sha256(layer_tar(3)), unpacked([1, 3])[0].image_id}
    assert [tag.previous_digest for tag in told.rehearsed(delivery).tags] == [place.tags["v1"], None]
    assert told.rehearsed(delivery).probe is None


DENIED = Problem(code="denied", message="no")
PROBES = {
    "taken": (None, False, ("skipped", "may_push", False)),
    "taken, and something stays": (None, True, ("skipped", "may_push", True)),
    "refused": (("probe", DENIED), False, ("failure", "refused", False)),
    "refused before": (("digest", DENIED), False, ("failure", "refused", False)),
    "not answered": (("probe", BROKEN), False, ("failure", "unknown", False)),
    "not answered before": (("digest", BROKEN), False, ("failure", "unknown", False)),
}


@pytest.mark.parametrize(("fault", "keeps", "expected"), PROBES.values(), ids=PROBES)
def test_a_rehearsal_may_ask_whether_a_push_would_be_taken(
    fault: tuple[str, Problem] | None, keeps: bool, expected: tuple[str, str, bool]
) -> None:
    def faulty(verb: str, _: str) -> Problem | None:
        return fault[1] if fault and fault[0] == verb else None

    place, other = Memory(fault=faulty, keeps_sessions=keeps), Memory(name="other.example.com/acme/app")
    deliveries = rehearse(
        direct(tempfile.gettempdir()), unpacked([1])[0], [target(place), target(other)], probe=True
    )
    result, beside = (told.rehearsed(one) for one in deliveries)

    assert (result.result, result.probe, bool(result.probe_notice)) == expected
    assert result.error == (fault[1] if fault else None)
    assert [tag.status for tag in result.tags] == ["not_attempted" if fault else "planned"]
    assert (beside.result, beside.probe) == ("skipped", "may_push")
    # who is refused to look is not asked again
    assert place.count("probe") == (0 if fault and fault[0] == "digest" else 1)


@settings(max_examples=60, deadline=None)
@given(faults=st.lists(st.booleans(), max_size=25), seeds=st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_whatever_fails_no_tag_names_what_is_not_whole(faults: list[bool], seeds: list[int]) -> None:
    coming = iter(faults)
    place = Memory(fault=lambda _verb, _what: BROKEN if next(coming, False) else None)
    run(
        unpacked([1])[0],
        target(Memory(tags=place.tags, manifests=place.manifests, blobs=place.blobs), "latest"),
    )

    (result,) = run(unpacked(seeds)[0], target(place, "v1", "v2"))

    for tag in result.tags:
        assert (tag.status in ARRIVED) == (tag.tag in place.tags)
    for digest in place.tags.values():
        manifest = place.manifests[digest]
        assert isinstance(manifest, Manifest)
        assert {one.digest for one in (*manifest.layers, manifest.config)} <= place.blobs.keys()
    assert (result.result == "success") == (result.error is None)


def test_the_manifest_is_the_same_for_every_order_and_source() -> None:
    texts = set()
    for shape in SHAPES.values():
        place = Memory()
        run(unpacked([1, 2, 3], **shape)[0], target(place))
        texts.add(place.manifests[place.tags["v1"]].content)

    assert len(texts) == 1
    assert json.loads(texts.pop())["schemaVersion"] == 2
