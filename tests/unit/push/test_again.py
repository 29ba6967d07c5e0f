"""A push that comes again, in a further round or attempt: it goes on with what it has done, and undoes nothing."""

import gzip
import json
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pushstep.errors import Problem
from pushstep.image.model import Image, Unpacked
from pushstep.oci import Descriptor, Index, Manifest, layer_type, parse, sha256, write_manifest
from pushstep.push import told
from pushstep.push.delivery import Target
from pushstep.push.direct import push, rehearse
from pushstep.push.plan import Destination
from pushstep.result import DestinationResult
from tests.support import archives
from tests.support.archives import Kept
from tests.support.places import Memory, direct, layer_tar, packed, unpacked
from tests.support.small_servers import Heard, Reply, Shelf, errors, serving
from tests.support.world import Still

BROKEN = Problem(code="unavailable", message="it failed", retryable=True)
ASKED = 6
"""How often a request is made within an attempt."""
IMMUTABLE = Problem(code="immutable", message="tags do not move here")


def target(place: Memory, *tags: str) -> Target:
    destination = Destination(registry=place.name.partition("/")[0], repository="acme/app", tags=tags)
    return Target(destination=destination, place=place, identity=None)


def attempt(
    image: Image, *targets: Target, arrived: Manifest | Index | None = None
) -> tuple[list[DestinationResult], Manifest | Index | None]:
    """What came of it, and the manifest that was put somewhere."""
    done = push(direct(tempfile.gettempdir()), image, targets, arrived)
    image.contents.close()
    results = [told.result(delivery, None) for delivery in done]
    roots = (one.root for one, result in zip(done, results, strict=True) if result.arrived)
    return results, next(roots, None)


Compress = Callable[[bytes], bytes]
OTHERWISE: dict[str, tuple[Compress, str]] = {
    "compressed otherwise": (
        lambda content: gzip.compress(content, 9, mtime=0),
        layer_type("docker", "gzip"),
    ),
    "not compressed": (bytes, layer_type("docker", "")),
}


def by_another_tool(place: Memory, tag: str, *seeds: int, how: str = "compressed otherwise") -> None:
    """Push an image as a tool does that compresses in another way, or not at all."""
    compress, media_type = OTHERWISE[how]
    content = unpacked(seeds)[0].content
    assert isinstance(content, Unpacked)
    assert content.config is not None
    layers = [compress(layer_tar(seed)) for seed in seeds]
    place.blobs |= {sha256(one): one for one in (*layers, content.config)}
    config = Descriptor(media_type="", digest=content.config_digest, size=len(content.config))
    named = [Descriptor(media_type=media_type, digest=sha256(one), size=len(one)) for one in layers]
    place.put(tag, write_manifest(config, named, "docker"))


def failing(verb: str, *references: str) -> Callable[[str, str], Problem | None]:
    """Fails at these references, or at all."""
    return lambda done, what: BROKEN if done == verb and (what in references or not references) else None


def test_further_tags_name_what_the_first_attempt_has_put() -> None:
    """Although layers of another tool are in it, under a tag that the second attempt does not ask for."""
    place = Memory(fault=failing("put", "1.0"))
    by_another_tool(place, "main", 1)
    _, root = attempt(unpacked([1, 2])[0], target(place, "main", "1.0"))
    place.fault = lambda _verb, _what: None
    place.calls.clear()

    ((result,), _) = attempt(unpacked([1, 2])[0], target(place, "1.0"), arrived=root)

    assert result.tags[0].status == "created"
    assert place.tags["1.0"] == place.tags["main"]
    assert [verb for verb, _ in place.calls] == ["digest", "manifest", "put"]


def test_a_registry_that_comes_late_gets_the_same() -> None:
    first, second = Memory(name="a.example.com/x"), Memory(name="b.example.com/x", fault=failing("digest"))
    by_another_tool(first, "latest", 1)

    (there, failed), root = attempt(unpacked([1, 2])[0], target(first, "v1"), target(second, "v1"))
    second.fault = lambda _verb, _what: None
    (late,), _ = attempt(unpacked([1, 2])[0], target(second, "v1"), arrived=root)

    assert (there.result, failed.result, late.result) == ("success", "failure", "success")
    assert first.tags["v1"] == second.tags["v1"] == there.digest == late.digest


@pytest.mark.parametrize("seeds", [[1], [1, 2]], ids=["the whole image", "one of its layers"])
def test_a_registry_that_comes_late_gets_the_same_whatever_it_has(seeds: list[int]) -> None:
    first, second = Memory(name="a.example.com/x"), Memory(name="b.example.com/x", fault=failing("digest"))
    by_another_tool(second, "v1", 1)

    (there, _), root = attempt(unpacked(seeds)[0], target(first, "v1"), target(second, "v1"))
    second.fault = lambda _verb, _what: None
    (late,), _ = attempt(unpacked(seeds)[0], target(second, "v1"), arrived=root)

    assert late.tags[0].status == "moved"
    assert first.tags["v1"] == second.tags["v1"] == there.digest == late.digest


def test_an_image_that_is_there_stays_while_others_do_not_answer() -> None:
    first, second = Memory(name="a.example.com/x"), Memory(name="b.example.com/x", fault=failing("digest"))
    by_another_tool(first, "v1", 1)
    puts = first.count("put")

    (there, _), _ = attempt(unpacked([1])[0], target(first, "v1"), target(second, "v1"))

    assert (there.tags[0].status, first.count("upload"), first.count("put")) == ("unchanged", 0, puts)


def test_an_immutable_tag_of_this_image_is_right_however_it_is_compressed() -> None:
    first, second = Memory(name="a.example.com/x"), Memory(name="b.example.com/x")
    by_another_tool(first, "1.0", 1, 2)
    before = first.tags["1.0"]
    first.fault = lambda verb, what: IMMUTABLE if (verb, what) == ("put", "1.0") else None

    (kept, new), _ = attempt(unpacked([1, 2])[0], target(first, "1.0"), target(second, "1.0"))

    assert (kept.result, kept.digest, kept.tags[0].status) == ("success", before, "unchanged")
    assert (new.result, new.tags[0].status) == ("success", "created")


def test_beside_an_immutable_tag_the_others_move() -> None:
    first, second = Memory(name="a.example.com/x"), Memory(name="b.example.com/x")
    by_another_tool(first, "1.0", 1)
    first.fault = lambda verb, what: IMMUTABLE if (verb, what) == ("put", "1.0") else None

    (kept, new), _ = attempt(unpacked([1])[0], target(first, "1.0", "latest"), target(second, "1.0"))

    assert [tag.status for tag in kept.tags] == ["unchanged", "created"]
    assert kept.digest == new.digest == first.tags["latest"]


@pytest.mark.parametrize("seekable", [True, False])
def test_a_layer_that_one_registry_has_uncompressed_is_compressed_for_all(*, seekable: bool) -> None:
    """There its digest is its diff ID, by which the source gives it, too."""
    first, second = Memory(name="a.example.com/x"), Memory(name="b.example.com/x")
    by_another_tool(first, "latest", 1, how="not compressed")

    (one, other), _ = attempt(
        unpacked([1, 2], seekable=seekable)[0], target(first, "v1"), target(second, "v1")
    )

    assert (one.result, other.result, one.digest) == ("success", "success", other.digest)
    for place in (first, second):
        manifest = place.manifests[place.tags["v1"]]
        assert isinstance(manifest, Manifest)
        contents = [gzip.decompress(place.blobs[layer.digest]) for layer in manifest.layers]
        assert contents == [layer_tar(1), layer_tar(2)]


def lost(tag: str) -> tuple[Memory, Image]:
    """A repository that lacks a blob of what `tag` names, and the image."""
    root = archives.manifest(archives.image(1, 2), "gzip")
    manifest = parsed(root)
    place = Memory(blobs=dict(root.blobs))
    place.put(tag, manifest)
    del place.blobs[manifest.layers[0].digest]
    image, _ = packed([manifest], dict(root.blobs))
    return place, image


def parsed(root: Kept) -> Manifest:
    manifest = parse(root.content)
    assert isinstance(manifest, Manifest)
    return manifest


def test_what_a_registry_has_lost_is_sent_although_a_tag_names_it() -> None:
    place, image = lost("main")

    (result,), _ = attempt(image, target(place, "main", "1.0"))

    assert [tag.status for tag in result.tags] == ["unchanged", "created"]
    assert image.content.blobs[0].digest in place.blobs
    assert place.count("upload") == 1


def test_a_tag_that_an_earlier_round_has_moved_is_told_as_moved() -> None:
    """The registry takes the first tag, and notices with the second that a blob is gone."""
    moved = threading.Event()

    class Forgetting(Memory):
        def put(self, reference: str, manifest: Manifest | Index) -> None:
            assert isinstance(manifest, Manifest)
            if reference == "1.0" and not moved.is_set():
                assert moved.wait(10)
                del self.blobs[manifest.layers[0].digest]
            super().put(reference, manifest)
            if reference == "main" and manifest.config.digest == image.image_id:
                moved.set()

    image, _ = unpacked([1, 2])
    place = Forgetting()
    attempt(unpacked([5])[0], target(place, "main"))
    before = place.tags["main"]

    (result,), _ = attempt(image, target(place, "main", "1.0"))

    assert [(tag.status, tag.previous_digest) for tag in result.tags] == [
        ("moved", before),
        ("created", None),
    ]
    assert place.tags["main"] == place.tags["1.0"] == result.digest


def test_threads_end_whatever_comes_of_a_push() -> None:
    denied = Memory(fault=lambda verb, _: Problem(code="denied", message="no") if verb == "digest" else None)
    before = set(threading.enumerate())

    for _ in range(3):
        rehearse(direct(tempfile.gettempdir()), unpacked([1])[0], [target(Memory(), "v1")])
        attempt(unpacked([1])[0], target(denied, "v1"))

    begun = set(threading.enumerate()) - before
    for thread in begun:
        thread.join(10)
    assert not any(thread.is_alive() for thread in begun)


def test_section_8_another_attempt_asks_for_what_is_missing_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tag that somebody else has moved since is theirs, and one that was refused for good is not asked for again."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.tar").write_bytes(
        archives.tar(archives.docker_before_25({archives.image(1): ("app:ci",)}))
    )
    shelf, puts = Shelf(), list[str]()
    newer = archives.manifest(archives.image(8), "gzip")
    for tag, seed in {"main": 7, "v1": 9}.items():
        theirs = archives.manifest(archives.image(seed), "gzip")
        shelf.manifests["app", tag] = "application/vnd.oci.image.manifest.v1+json", theirs.content
    before = archives.digest(shelf.manifests["app", "main"][1])

    def answer(heard: Heard) -> Reply:
        if heard.method == "PUT" and "/manifests/" in heard.path:
            tag = heard.path.rpartition("/")[2]
            puts.append(tag)
            if tag == "v1":
                return Reply(status=409, body=errors("TAG_IMMUTABLE", "it is immutable"))
            if tag == "1.0" and puts.count(tag) <= ASKED:
                if puts.count(tag) == ASKED:
                    shelf.manifests["app", "main"] = shelf.manifests["app", "main"][0], newer.content
                return Reply(status=503)
        return shelf(heard)

    with serving(answer) as registry:
        tags = ",".join(f"{registry.host}/app:{tag}" for tag in ("main", "1.0", "v1"))
        still = Still(environ={"HOME": str(tmp_path)}, jitter=-1)
        done = still(
            *("push", "--json", "--candidate", "docker-archive:app.tar", "--tags", tags),
            *("--retry", "{maxAttempts: 2, delay: 1}"),
        )

    (step,) = json.loads(done.out)["steps"]
    told = {tag["tag"]: (tag["status"], tag["previous_digest"]) for tag in step["destinations"][0]["tags"]}
    assert (done.status, step["attempts"]) == (1, 2)
    assert (told["main"], told["1.0"], told["v1"][0]) == (("moved", before), ("created", None), "failed")
    assert archives.digest(shelf.manifests["app", "main"][1]) == newer.digest
    assert {tag: puts.count(tag) for tag in puts} == {"main": 1, "1.0": ASKED + 1, "v1": 1}
