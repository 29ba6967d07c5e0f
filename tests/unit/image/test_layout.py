"""`oci-archive:FILE[:TAG]` and `oci:DIR[:TAG]`: what a layout holds is pushed as it is, and whole."""

import json
import random
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.image.model import Layer, Packed, Unpacked
from pushstep.oci import Index, Manifest, Platform
from tests.support.archives import (
    DOCKER,
    OCI,
    Compression,
    Files,
    Kept,
    attestation,
    compressed,
    digest,
    everything,
    image,
    index,
    layout,
    manifest,
    two_platforms,
    written,
)
from tests.unit.image.conftest import Opener

APP = image(1, 2, 1)
OTHER = image(3, 4)


@pytest.fixture(params=["oci", "oci-archive"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- one image -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("docker", [False, True])
@pytest.mark.parametrize("how", ["gzip", "zstd", ["gzip", "zstd", "gzip"]])
def test_a_manifest_with_compressed_layers_goes_as_it_is(
    opened: Opener, transport: str, how: Compression, *, docker: bool
) -> None:
    kept = manifest(APP, how, docker=docker, annotations={"a": "b"})

    read = opened(layout(kept), transport=transport)

    assert (read.image_id, read.names, read.notices) == (APP.image_id, (), ())
    assert isinstance(read.content, Packed)
    assert [one.content for one in read.content.manifests] == [kept.content]
    assert everything(read) == kept.without(kept.digest).blobs


@pytest.mark.parametrize("docker", [False, True])
def test_uncompressed_layers_are_to_be_compressed(opened: Opener, transport: str, *, docker: bool) -> None:
    """The manifest that was there is the pattern of the new one."""
    kept = manifest(APP, ["", "gzip", ""], docker=docker, annotations={"a": "b"})

    read = opened(layout(kept), transport=transport)

    assert read.image_id == APP.image_id
    assert isinstance(read.content, Unpacked)
    plain, packed, again = read.content.layers
    assert plain == again == Layer(diff_id=APP.diff_ids[0], size=len(APP.layers[0]))
    assert packed.diff_id == APP.diff_ids[1]
    assert packed.blob
    assert packed.blob.digest == digest(compressed(APP.layers[1], "gzip"))
    assert read.content.kind == ("docker" if docker else "oci")
    assert read.content.template
    assert read.content.template.content == kept.content
    assert read.content.config == APP.config
    assert read.content.platform == Platform(os="linux", architecture="amd64")
    assert everything(read) == kept.without(kept.digest).blobs


def test_a_compressed_layer_under_the_wrong_media_type_goes_as_it_is(opened: Opener, transport: str) -> None:
    """Its digest is not the diff ID, and its first bytes are gzip's."""
    kept = manifest(APP, "gzip", layer_type=f"{OCI}.layer.v1.tar")

    read = opened(layout(kept), transport=transport)

    assert isinstance(read.content, Packed)


@pytest.mark.parametrize(
    "media_type",
    [f"{DOCKER}.image.rootfs.foreign.diff.tar.gzip", f"{OCI}.layer.nondistributable.v1.tar+gzip"],
)
def test_layers_that_lie_elsewhere_need_not_be_there(opened: Opener, transport: str, media_type: str) -> None:
    kept = manifest(OTHER, layer_type=media_type)
    layers = [digest(compressed(one, "gzip")) for one in OTHER.layers]

    read = opened(layout(kept.without(*layers)), transport=transport)

    assert isinstance(read.content, Packed)
    assert [one.digest for one in read.content.blobs] == [OTHER.image_id]


# --- indexes -------------------------------------------------------------------------------------------


def test_an_index_goes_whole_children_first(opened: Opener, transport: str) -> None:
    root, first, second = two_platforms()

    read = opened(layout(("acme/app:1", root)), transport=transport)

    assert (read.image_id, read.names) == (root.digest, ("acme/app:1",))
    assert isinstance(read.content, Packed)
    listed = [one["digest"] for one in json.loads(root.content)["manifests"]]
    assert [one.digest for one in read.content.manifests] == [*listed, root.digest]
    assert listed[:2] == [first.digest, second.digest]
    assert read.content.root.content == root.content
    blobs = everything(read)
    assert blobs == root.without(*listed, root.digest).blobs
    assert any(b"in-toto" in one for one in blobs.values())


def test_an_index_with_uncompressed_layers_goes_as_it_is(opened: Opener, transport: str) -> None:
    """Its attestations name its manifests by digest."""
    root, *_ = two_platforms("")

    assert isinstance(opened(layout(root), transport=transport).content, Packed)


@pytest.mark.parametrize("config", [None, b"{}"])
def test_an_image_has_the_same_id_with_its_attestation_and_alone(
    opened: Opener, transport: str, config: bytes | None
) -> None:
    kept = manifest(APP)

    read = opened(layout(index(kept, attestation(kept, config))), transport=transport)

    assert read.image_id == APP.image_id
    assert isinstance(read.content.root if isinstance(read.content, Packed) else None, Index)


def test_nested_indexes_go_whole(opened: Opener, transport: str) -> None:
    inner, first, second = two_platforms()
    third = manifest(OTHER)
    root = index(third, inner, first, docker=True)

    read = opened(layout(root), transport=transport)

    assert isinstance(read.content, Packed)
    found = [one.digest for one in read.content.manifests]
    assert found[-1] == root.digest
    assert found.index(second.digest) < found.index(inner.digest)
    assert len(found) == len(set(found)) == 6


PICKED = {
    # wanted, offered → which, or a part of the refusal
    "the one": ("linux/arm64", ["linux/amd64", "linux/arm64"], 1),
    "no variant is the usual one": ("linux/arm64", ["linux/arm64/v9", "linux/arm64/v8"], 1),
    "the usual variant is none": ("linux/arm64/v8", ["linux/arm64", "linux/arm64/v9"], 0),
    "a variant": ("linux/arm/v6", ["linux/arm/v7", "linux/arm/v6"], 1),
    "the only variant": ("linux/arm", ["linux/amd64", "linux/arm/v6"], 1),
    "another variant": (
        "linux/arm/v5",
        ["linux/arm/v7"],
        "has no image for linux/arm/v5: it has linux/arm/v7",
    ),
    "several variants": (
        "linux/arm",
        ["linux/arm/v5", "linux/arm/v6"],
        "has 2 images for linux/arm: linux/arm/v5 (sha256:",
    ),
    "none": (
        "linux/s390x",
        ["linux/amd64", "linux/arm64"],
        "has no image for linux/s390x: it has linux/amd64, linux/arm64 | Set `platform`",
    ),
    "another system": ("windows/amd64", ["linux/amd64"], "has no image for windows/amd64"),
}


def platform(text: str) -> Platform:
    return Platform(**dict(zip(("os", "architecture", "variant"), text.split("/"), strict=False)))


@pytest.mark.parametrize(("wanted", "offered", "expected"), PICKED.values(), ids=PICKED)
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("nested", [False, True])
def test_platform_picks_one(
    opened: Opener, wanted: str, offered: list[str], expected: int | str, *, told: bool, nested: bool
) -> None:
    """By what the index tells of it, or its configuration; attestations are no choice, and do not come along."""
    kept = [manifest(image(number, platform=one)) for number, one in enumerate(offered)]
    if not told:
        kept = [Kept(descriptor={**one.descriptor, "platform": None}, blobs=one.blobs) for one in kept]
    root = index(*kept, attestation(kept[0]))
    files = layout(index(root) if nested else root)

    if isinstance(expected, str):
        assert expected in opened.refusal(files, transport="oci-archive", platform=platform(wanted))
    else:
        read = opened(files, transport="oci-archive", platform=platform(wanted))
        assert isinstance(read.content, Packed)
        assert [one.digest for one in read.content.manifests] == [kept[expected].digest]
        assert read.image_id == image(expected, platform=offered[expected]).image_id


def test_platform_picks_none_of_what_is_not_there(opened: Opener, transport: str) -> None:
    """What the index does not tell, only the configuration could."""
    kept = manifest(APP)
    silent = Kept(descriptor={**kept.descriptor, "platform": None}, blobs=kept.blobs)
    root = index(silent, manifest(OTHER, config_type="a/b")).without(APP.image_id)

    text = opened.refusal(layout(root), transport=transport, platform=platform("linux/arm64"))

    assert "has no image for linux/arm64: it has linux/amd64" in text


def test_platform_picks_uncompressed_layers_too(opened: Opener, transport: str) -> None:
    root, _, second = two_platforms("")

    read = opened(layout(root), transport=transport, platform=platform("linux/arm64"))

    assert isinstance(read.content, Unpacked)
    assert read.content.template
    assert read.content.template.digest == second.digest


def test_platform_must_be_that_of_a_single_image(opened: Opener, transport: str) -> None:
    files = layout(manifest(APP))

    assert opened(files, transport=transport, platform=platform("linux/amd64")).image_id == APP.image_id
    text = opened.refusal(files, transport=transport, platform=platform("linux/arm"))
    assert "has no image for linux/arm: it has linux/amd64" in text


# --- what is not there ---------------------------------------------------------------------------------


def partly(root: Kept, *gone: Kept, keep: Kept) -> Kept:
    """The index without what only these manifests need."""
    return root.without(*{name for one in gone for name in one.blobs} - keep.blobs.keys())


def test_the_one_image_that_is_there_is_pushed_instead_of_its_index(opened: Opener, transport: str) -> None:
    root, first, second = two_platforms()

    read = opened(layout(("app:1", partly(root, second, keep=first))), transport=transport)

    assert isinstance(read.content, Packed)
    assert [one.digest for one in read.content.manifests] == [first.digest]
    assert read.image_id == image(1, 2).image_id
    (notice,) = read.notices
    assert f"lacks linux/arm64 ({second.digest}) of the index {root.digest}" in notice
    assert f"the manifest of linux/amd64 ({first.digest}) is pushed instead of the index" in notice


@pytest.mark.parametrize("gone", ["layer", "config"])
def test_an_image_without_one_of_its_blobs_is_not_there(opened: Opener, transport: str, gone: str) -> None:
    root, first, _ = two_platforms()
    blob = (
        image(1, 3, platform="linux/arm64").image_id
        if gone == "config"
        else digest(compressed(image(3).layers[0], "gzip"))
    )

    read = opened(layout(root.without(blob)), transport=transport)

    assert isinstance(read.content, Packed)
    assert [one.digest for one in read.content.manifests] == [first.digest]


def test_an_attestation_that_is_not_there_costs_the_index(opened: Opener, transport: str) -> None:
    kept = manifest(APP)
    about = attestation(kept)

    read = opened(layout(partly(index(kept, about), about, keep=kept)), transport=transport)

    assert isinstance(read.content, Packed)
    assert isinstance(read.content.root, Manifest)
    assert f"lacks the attestation {about.digest}" in read.notices[0]


def test_several_of_the_platforms_being_there_is_for_the_user_to_decide(
    opened: Opener, transport: str
) -> None:
    kept = [
        manifest(image(number, platform=f"linux/{one}"))
        for number, one in enumerate(("amd64", "arm64", "s390x"))
    ]
    files = layout(index(*kept).without(kept[2].digest))

    text = opened.refusal(files, transport=transport)

    assert f"lacks linux/s390x ({kept[2].digest}) of it" in text
    assert "set `platform` to one of linux/amd64" in text
    assert "linux/arm64" in text
    read = opened(files, transport=transport, platform=platform("linux/arm64"))
    assert isinstance(read.content, Packed)
    assert read.content.root.digest == kept[1].digest
    text = opened.refusal(files, transport=transport, platform=platform("linux/s390x"))
    assert f"names {kept[2].digest} for linux/s390x, and does not have it" in text


def test_no_platform_being_there_is_an_error(opened: Opener, transport: str) -> None:
    root, first, second = two_platforms()

    text = opened.refusal(layout(root.without(first.digest, second.digest)), transport=transport)

    assert "lacks linux/amd64" in text
    assert "linux/arm64" in text


# --- which image ---------------------------------------------------------------------------------------

NAMES = {
    # selector → image, or a part of the refusal
    "1": APP,
    "ghcr.io/acme/app:1": APP,
    "other:latest": OTHER,
    "docker.io/library/other:latest": OTHER,
    "other": OTHER,
    "latest": OTHER,
    manifest(APP).digest: APP,
    "2": "'image' has no image '2', it holds ghcr.io/acme/app:1, docker.io/library/other:latest",
    "": "'image' holds 2 images: ghcr.io/acme/app:1, docker.io/library/other:latest | Write one of them behind",
}


@pytest.mark.parametrize(("selector", "expected"), NAMES.items(), ids=[one[:20] or "none" for one in NAMES])
def test_the_image_is_picked_by_tag_name_or_digest(
    opened: Opener, transport: str, selector: str, expected: object
) -> None:
    files = layout(("ghcr.io/acme/app:1", manifest(APP)), ("other:latest", manifest(OTHER)))

    if isinstance(expected, str):
        assert expected in opened.refusal(files, selector, transport=transport)
    else:
        assert opened(files, selector, transport=transport).image_id == getattr(expected, "image_id", None)


def test_names_as_skopeo_and_umoci_give_them(opened: Opener, transport: str) -> None:
    """The annotation of the specification alone: a tag, or a whole reference."""
    kept = manifest(APP)
    named = {**kept.descriptor, "annotations": {"org.opencontainers.image.ref.name": "ghcr.io/acme/app:1.2"}}
    files = layout(Kept(descriptor=named, blobs=kept.blobs), ("dev", manifest(OTHER)))

    assert opened(files, "1.2", transport=transport).names == ("ghcr.io/acme/app:1.2",)
    assert opened(files, "ghcr.io/acme/app:1.2", transport=transport).image_id == APP.image_id
    assert opened(files, "dev", transport=transport).names == ()


def test_one_tag_of_two_names_is_no_choice(opened: Opener, transport: str) -> None:
    files = layout(("a/b:1", manifest(APP)), ("c/d:1", manifest(OTHER)))

    assert "'1' means 2 images in 'image': a/b:1, c/d:1" in opened.refusal(files, "1", transport=transport)


def test_one_image_with_several_names_is_one(opened: Opener, transport: str) -> None:
    kept = manifest(APP)

    read = opened(
        layout(("acme/app:1", kept), ("acme/app:2", kept), ("ghcr.io/acme/app:1", kept)), transport=transport
    )

    assert read.image_id == APP.image_id
    assert read.names == ("acme/app:1", "acme/app:2", "ghcr.io/acme/app:1")


def test_platforms_without_names_are_picked_by_platform(opened: Opener, transport: str) -> None:
    """Some tools write the platforms of one image into `index.json` itself."""
    _, first, second = two_platforms()
    files = layout(first, second)

    assert "holds 2 images" in opened.refusal(files, transport=transport)
    read = opened(files, transport=transport, platform=platform("linux/arm64"))
    assert read.image_id == image(1, 3, platform="linux/arm64").image_id


def test_signatures_beside_an_image_are_no_choice(opened: Opener, transport: str) -> None:
    kept = manifest(APP)
    signature = manifest(image(9), config_type="application/vnd.dev.cosign.artifact.sig.v1+json")

    read = opened(layout(kept, signature, attestation(kept)), transport=transport)

    assert read.image_id == APP.image_id


def test_a_folder_of_links_into_a_cache(opened: Opener, tmp_path: Path) -> None:
    """Build systems make layouts so."""
    cache = written({"a": b""}, tmp_path / "cache")
    made = written(layout(manifest(APP)), tmp_path / "image")
    for blob in (made / "blobs/sha256").iterdir():
        moved = blob.rename(cache / blob.name)
        blob.symlink_to(moved)

    assert opened.at(made, transport="oci").image_id == APP.image_id


@pytest.fixture
def few_files() -> Iterator[None]:
    """A process that may have 300 files open, unless it asks for more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("few_files")
def test_more_layers_than_files_may_be_open(opened: Opener) -> None:
    made = image(*range(400), size=10)

    read = opened(layout(manifest(made)), transport="oci")

    assert len(everything(read)) == 401
    before = open_files()
    read.contents.close()
    assert open_files() == before - 401


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@given(seed=st.integers())
def test_any_order_of_entries_gives_the_same_image(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    files: Files = layout(("app:1", two_platforms()[0]), ("other:1", manifest(OTHER, "")))
    names = list(files)
    random.Random(seed).shuffle(names)  # noqa: S311 - an order, no secret
    opened = Opener(tmp_path_factory.mktemp("order"))

    for selector in ("app:1", "other:1"):
        read = opened({name: files[name] for name in names}, selector, transport="oci-archive")
        given_bytes = everything(read)
        usual = opened(files, selector, transport="oci-archive")
        assert (read.image_id, read.names, read.content) == (usual.image_id, usual.names, usual.content)
        assert given_bytes == everything(usual)
    opened.close()
