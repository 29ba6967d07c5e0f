"""`docker-archive:FILE[:REF]`: every shape that a tar of `docker save` has gives the same image."""

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import StepError
from pushstep.image.model import Layer, Packed, Unpacked
from pushstep.oci import Platform
from tests.support.archives import (
    Files,
    Kept,
    Link,
    Made,
    attestation,
    compressed,
    digest,
    docker_25,
    docker_before_25,
    docker_containerd,
    everything,
    image,
    index,
    layout,
    manifest,
    tar,
    two_platforms,
)
from tests.unit.image.conftest import Opener

APP = image(1, 2, 1)
"""Its first and third layer are equal."""
OTHER = image(3, 4)
LINUX = Platform(os="linux", architecture="amd64")


# --- uncompressed layers -------------------------------------------------------------------------------


def ggcr(made: Made, how: str) -> Files:
    """What crane and kaniko write: like the oldest shape, but compressed and flat."""
    blobs = [compressed(one, how) for one in made.layers]  # type: ignore[arg-type]
    paths = [f"{digest(one).removeprefix('sha256:')}.tar.gz" for one in blobs]
    entry = {"Config": made.image_id, "RepoTags": ["acme/app:1"], "Layers": paths}
    return {
        made.image_id: made.config,
        **dict(zip(paths, blobs, strict=True)),
        "manifest.json": json.dumps([entry]).encode(),
    }


SHAPES: dict[str, Files | bytes] = {
    "before 25": docker_before_25({APP: ["acme/app:1"]}),
    "before 25, folders and ./ before names": tar(
        {f"./{name}": content for name, content in docker_before_25({APP: ["acme/app:1"]}).items()},
        folders=True,
    ),
    "before 25, hard links": {
        name: Link(content.target.removeprefix("../"), hard=True) if isinstance(content, Link) else content
        for name, content in docker_before_25({APP: ["acme/app:1"]}).items()
    },
    "25 and later": docker_25({APP: ["acme/app:1"]}),
    "25.0.0, no layers in the manifest": docker_25({APP: ["acme/app:1"]}, without_layers=True),
    "the containerd store, loaded from such a tar": docker_containerd(
        ("acme/app:1", manifest(APP, ""), APP, manifest(APP, ""))
    ),
    "other tools, uncompressed": ggcr(APP, ""),
}


@pytest.mark.parametrize("files", SHAPES.values(), ids=SHAPES)
def test_uncompressed_layers_are_the_same_image_in_every_shape(opened: Opener, files: Files | bytes) -> None:
    read = opened(files)

    assert read.image_id == APP.image_id
    assert read.names == ("acme/app:1",)
    assert read.content == Unpacked(
        config_digest=APP.image_id,
        config=APP.config,
        layers=tuple(Layer(diff_id=one, size=len(APP.layers[0])) for one in APP.diff_ids),
        kind="docker",
        platform=LINUX,
    )
    assert everything(read) == {digest(one): one for one in (*APP.layers, APP.config)}


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_compressed_layers_without_a_manifest_go_as_they_are(opened: Opener, how: str) -> None:
    read = opened(ggcr(OTHER, how))

    assert isinstance(read.content, Unpacked)
    blobs = [compressed(one, how) for one in OTHER.layers]  # type: ignore[arg-type]
    assert [(one.diff_id, one.blob and one.blob.digest) for one in read.content.layers] == [
        (diff_id, digest(blob)) for diff_id, blob in zip(OTHER.diff_ids, blobs, strict=True)
    ]
    assert {one.blob.compression for one in read.content.layers if one.blob} == {how}
    assert everything(read) == {digest(one): one for one in (*blobs, OTHER.config)}


@pytest.mark.parametrize("files", [docker_before_25({APP: ["acme/app:1"]}), docker_25({APP: ["acme/app:1"]})])
def test_only_what_is_wanted_is_given_in_the_order_of_the_tar(opened: Opener, files: Files) -> None:
    read = opened(files)

    parts = list(read.contents.parts([APP.diff_ids[1], APP.diff_ids[0], APP.diff_ids[1]]))

    assert {one.digest for one in parts} == set(APP.diff_ids)
    offsets = [one.place.offset for one in parts if one.place]
    assert len(offsets) == 2
    assert offsets == sorted(offsets)
    assert list(read.contents.parts([])) == []
    with pytest.raises(StepError, match="has no blob sha256:0"):
        list(read.contents.parts(["sha256:0"]))


# --- the containerd store ------------------------------------------------------------------------------


def test_a_manifest_of_the_containerd_store_goes_as_it_is(opened: Opener) -> None:
    kept = manifest(APP, annotations={"a": "b"})

    read = opened(docker_containerd(("acme/app:1", kept, APP, kept)))

    assert (read.image_id, read.names) == (APP.image_id, ("acme/app:1",))
    assert isinstance(read.content, Packed)
    assert read.content.root.content == kept.content
    assert everything(read) == kept.without(kept.digest).blobs


def test_an_index_of_the_containerd_store_goes_whole(opened: Opener) -> None:
    one = manifest(APP)
    root = index(one, attestation(one))

    read = opened(docker_containerd(("app:1", root, APP, one)))

    assert (read.image_id, read.names) == (APP.image_id, ("app:1",))
    assert isinstance(read.content, Packed)
    assert [each.digest for each in read.content.manifests] == [
        one.digest,
        json.loads(root.content)["manifests"][1]["digest"],
        root.digest,
    ]


def test_a_nested_index_of_the_containerd_store_goes_whole(opened: Opener) -> None:
    root, first, _ = two_platforms()
    outer = index(root)

    read = opened(docker_containerd(("app:1", outer, image(1, 2), first)))

    assert read.image_id == outer.digest
    assert isinstance(read.content, Packed)
    assert len(read.content.manifests) == 5


def test_platforms_that_the_daemon_does_not_have_are_left_out_as_docker_does(opened: Opener) -> None:
    """Its tar names every platform of the index, and holds what was pulled."""
    root, first, second = two_platforms()
    pulled = root.without(*(second.blobs.keys() - first.blobs.keys()))

    read = opened(docker_containerd(("app:1", pulled, image(1, 2), first)))

    assert isinstance(read.content, Packed)
    assert [one.digest for one in read.content.manifests] == [first.digest]
    assert read.image_id == image(1, 2).image_id
    (notice,) = read.notices
    for word in ("linux/arm64", root.digest, "linux/amd64", "Docker"):
        assert word in notice


# --- which image ---------------------------------------------------------------------------------------

SELECTED = {
    # selector → image, or a part of the refusal
    "acme/app:1": APP,
    "acme/app": APP,
    "docker.io/acme/app": APP,
    "base": APP,
    "docker.io/library/base:latest": APP,
    "index.docker.io/library/base": APP,
    "other:2": OTHER,
    "ghcr.io/acme/app:1": OTHER,
    APP.image_id: APP,
    OTHER.image_id: OTHER,
    APP.image_id[7:19]: APP,
    APP.image_id[7:]: APP,
    "acme/app:2": "'image' has no image 'acme/app:2', it holds acme/app:1, docker.io/library/other:2",
    "other": "has no image 'other'",
    "f" * 12: "has no image 'ffffffffffff'",
    "": "'image' holds 2 images: acme/app:1, docker.io/library/other:2 | Write one of them behind the path",
}


@pytest.mark.parametrize("shape", [docker_before_25, docker_25])
@pytest.mark.parametrize(
    ("selector", "expected"), SELECTED.items(), ids=[name or "none" for name in SELECTED]
)
def test_the_image_is_picked_by_name_or_id(
    opened: Opener, shape: Callable[[object], Files], selector: str, expected: Made | str
) -> None:
    files = shape(
        {
            APP: ["acme/app:1", "acme/app:latest", "base:latest"],
            OTHER: ["docker.io/library/other:2", "ghcr.io/acme/app:1"],
        }
    )

    if isinstance(expected, str):
        assert expected in opened.refusal(files, selector)
    else:
        assert opened(files, selector).image_id == expected.image_id


def stored(*names: str) -> tuple[Kept, Kept, Files]:
    """The containerd store's tar with a compressed image, an index and an uncompressed image."""
    one, (root, first, _), plain = manifest(APP), two_platforms(), manifest(OTHER, "")
    files = docker_containerd(
        (names[0], one, APP, one), (names[1], root, image(1, 2), first), (names[2], plain, OTHER, plain)
    )
    return one, root, files


@pytest.mark.parametrize("selector", ["ghcr.io/acme/app:1", "index:1", "plain:1", "ids"])
def test_the_image_is_picked_among_those_of_the_containerd_store(opened: Opener, selector: str) -> None:
    one, root, files = stored("ghcr.io/acme/app:1", "index:1", "plain:1")
    expected = {
        "ghcr.io/acme/app:1": APP.image_id,
        "index:1": root.digest,
        "plain:1": OTHER.image_id,
        root.digest: root.digest,
        one.digest: APP.image_id,
        APP.image_id: APP.image_id,
        f"index@{root.digest}": root.digest,
    }
    if selector == "ids":
        for text, image_id in expected.items():
            assert opened(files, text).image_id == image_id
        assert "has no image" in opened.refusal(files, f"other@{root.digest}")
        # an image of an index is part of that: the index is pushed whole
        assert "has no image" in opened.refusal(files, image(1, 2).image_id)
    else:
        read = opened(files, selector)
        assert read.image_id == expected[selector]
        assert isinstance(read.content, Unpacked) == (selector == "plain:1")


def test_the_same_image_listed_twice_is_one(opened: Opener) -> None:
    files = docker_25({APP: ["app:1"]})
    listed = json.loads(bytes(files["manifest.json"]))  # type: ignore[arg-type]
    files["manifest.json"] = json.dumps(listed * 2).encode()

    assert opened(files).image_id == APP.image_id


def test_a_platform_must_be_that_of_the_image(opened: Opener) -> None:
    files = docker_25({APP: ["app:1"]})

    assert opened(files, platform=LINUX).image_id == APP.image_id
    other = Platform(os="linux", architecture="arm64", variant="v8")
    assert "has no image for linux/arm64/v8: it has linux/amd64" in opened.refusal(files, platform=other)


def test_a_layout_is_read_as_one_whatever_it_was_called(opened: Opener) -> None:
    kept = manifest(APP)

    read = opened(layout(("1", kept)))

    assert isinstance(read.content, Packed)
    assert read.content.root.digest == kept.digest


# --- order ---------------------------------------------------------------------------------------------

ORDERED = {
    "before 25": docker_before_25({APP: ["acme/app:1"]}),
    "25": docker_25({APP: ["acme/app:1"]}),
    "containerd": stored("acme/app:1", "index:1", "plain:1")[2],
}


@pytest.mark.parametrize("shape", ORDERED)
@given(seed=st.integers())
def test_any_order_of_entries_gives_the_same_image(
    tmp_path_factory: pytest.TempPathFactory, shape: str, seed: int
) -> None:
    files = ORDERED[shape]
    names = list(files)
    random.Random(seed).shuffle(names)  # noqa: S311 - an order, no secret
    opened = Opener(tmp_path_factory.mktemp("order"))

    read = opened({name: files[name] for name in names}, "acme/app:1")
    given_bytes = everything(read)

    usual = opened(files, "acme/app:1")
    assert (read.image_id, read.names, read.content) == (usual.image_id, usual.names, usual.content)
    assert given_bytes == everything(usual)
    opened.close()
