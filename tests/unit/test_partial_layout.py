"""Whole runs that push into a layout of which a part is gone: a cache of the CI brought back some of it, say.

A registry takes no manifest before what it names; a folder is what others made of it. What it says afterwards is
true only if all of the image is there then.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import archives
from tests.support.archives import Kept
from tests.support.pushstep import Pushstep, Run, environment


@pytest.fixture(name="pushstep")
def _pushstep(tmp_path: Path) -> Pushstep:
    return Pushstep(folder=tmp_path, environ=environment(tmp_path))


def gone(blob: Path) -> None:
    blob.unlink()


def shorter(blob: Path) -> None:
    os.truncate(blob, blob.stat().st_size - 1)


def other_bytes(blob: Path) -> None:
    blob.write_bytes(bytes(blob.stat().st_size))


def path(folder: Path, digest: str) -> Path:
    return folder / "out/blobs" / digest.replace(":", "/")


def under(one: Kept) -> dict[str, str]:
    """The second manifest of `two_platforms`, and what only that one has."""
    data = json.loads(one.content)
    return {"manifest": one.digest, "config": data["config"]["digest"], "layer": data["layers"][1]["digest"]}


def push(pushstep: Pushstep, candidate: str, tags: str) -> Run:
    run = pushstep("--candidate", candidate, "--registry", "oci:out", "--tags", tags, "--transport", "direct")
    assert run.status == 0, run.err
    return run


def told(run: Run) -> tuple[dict[str, str], set[str]]:
    """Each tag and what became of it, and the layers that were copied."""
    (place,) = run.destinations
    copied = {one["digest"] for one in place["layers"] if one["status"] == "uploaded"}
    return {tag["tag"]: tag["status"] for tag in place["tags"]}, copied


def tags(folder: Path) -> dict[str, str]:
    entries = json.loads((folder / "out/index.json").read_text())["manifests"]
    return {one["annotations"]["org.opencontainers.image.ref.name"]: one["digest"] for one in entries}


def is_whole(folder: Path, image: Kept) -> bool:
    return all(path(folder, name).read_bytes() == content for name, content in image.blobs.items())


# what is damaged of the index's second image, how, and which layers are copied
INDEXES: dict[str, tuple[tuple[str, ...], Callable[[Path], None], tuple[str, ...]]] = {
    "a manifest is gone": (("manifest",), gone, ()),
    "a manifest and its layer are gone": (("manifest", "layer"), gone, ("layer",)),
    "a layer is gone": (("layer",), gone, ("layer",)),
    "a layer is cut off": (("layer",), shorter, ("layer",)),
    "a configuration is gone": (("config",), gone, ()),
    "a manifest holds something else": (("manifest",), other_bytes, ()),
}


@pytest.mark.parametrize(("which", "damage", "copied"), INDEXES.values(), ids=INDEXES)
def test_an_index_that_is_there_in_part_is_made_whole(
    pushstep: Pushstep, which: tuple[str, ...], damage: Callable[[Path], None], copied: tuple[str, ...]
) -> None:
    folder = pushstep.folder
    root, _, second = archives.two_platforms()
    for name in ("whole", "out"):
        archives.written(archives.layout(("old", root)), folder / name)
    for one in which:
        damage(path(folder, under(second)[one]))

    first = push(pushstep, "oci:whole", "new,old")

    assert told(first) == ({"new": "created", "old": "created"}, {under(second)[one] for one in copied})
    assert is_whole(folder, root)
    assert tags(folder) == {"old": root.digest, "new": root.digest}
    assert told(push(pushstep, "oci:whole", "old,new")) == ({"old": "unchanged", "new": "unchanged"}, set())


@pytest.mark.parametrize("damage", [gone, shorter])
@pytest.mark.parametrize("what", ["config", "layer"])
def test_an_image_whose_layers_are_compressed_on_the_way_is_made_whole(
    pushstep: Pushstep, what: str, damage: Callable[[Path], None]
) -> None:
    """Its manifest is not known before; one that names its configuration says that all is there already."""
    folder, made = pushstep.folder, archives.image(1, 2)
    (folder / "app.tar").write_bytes(archives.tar(archives.docker_before_25({made: ("app:ci",)})))
    push(pushstep, "docker-archive:app.tar", "latest")
    (digest,) = tags(folder).values()
    manifest = json.loads(path(folder, digest).read_bytes())
    blobs = {"config": manifest["config"], "layer": manifest["layers"][0]}
    whole = path(folder, blobs[what]["digest"]).read_bytes()
    damage(path(folder, blobs[what]["digest"]))

    first = push(pushstep, "docker-archive:app.tar", "1")

    assert told(first) == ({"1": "created"}, {blobs[what]["digest"]} if what == "layer" else set())
    assert path(folder, blobs[what]["digest"]).read_bytes() == whole
    assert tags(folder) == {"latest": digest, "1": digest}
    assert told(push(pushstep, "docker-archive:app.tar", "1,latest"))[0] == {
        "1": "unchanged",
        "latest": "unchanged",
    }


def test_layers_that_are_never_pushed_are_not_missed(pushstep: Pushstep) -> None:
    kept = archives.manifest(
        archives.image(1, 2), layer_type="application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    )
    layers = [one["digest"] for one in json.loads(kept.content)["layers"]]
    archives.written(archives.layout(("ci", kept.without(*layers))), pushstep.folder / "whole")

    runs = [told(push(pushstep, "oci:whole", "1")) for _ in range(2)]

    assert runs == [({"1": "created"}, set()), ({"1": "unchanged"}, set())]
    assert not any(path(pushstep.folder, one).exists() for one in layers)


def test_a_tag_of_an_image_in_part_can_be_moved(pushstep: Pushstep) -> None:
    root, _, second = archives.two_platforms()
    other = archives.manifest(archives.image(7))
    archives.written(archives.layout(("old", root.without(second.digest))), pushstep.folder / "out")
    archives.written(archives.layout(("ci", other)), pushstep.folder / "whole")

    # what a tag of a part named is no image that anybody could go back to
    assert told(push(pushstep, "oci:whole", "old"))[0] == {"old": "created"}
    assert tags(pushstep.folder) == {"old": other.digest}
    assert is_whole(pushstep.folder, other)
