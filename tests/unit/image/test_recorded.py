"""Archives that real tools wrote give the image that was put in, from every source (tests/fixtures/archives)."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from pushstep.image.model import Image, Packed, Unpacked
from pushstep.oci import Manifest, Platform
from tests.support.archives import everything
from tests.support.contents import Content, digest, of_docker, of_layout, unpacked
from tests.support.daemons import CONTAINERD, Saves, found, saving
from tests.support.pushstep import ROOT
from tests.unit.image.conftest import Opener

FOLDER = ROOT / "tests/fixtures/archives"
DOCKER = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("docker-*.tar"))}
OTHERS = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("podman-*.tar"))}
ALL = {**DOCKER, **OTHERS}
INDEX, PULLED = "docker-26.1-containerd-index", "docker-26.1-containerd-pulled"
AMD64 = Platform(os="linux", architecture="amd64")
ARM64 = Platform(os="linux", architecture="arm64")


def expected(archive: bytes) -> Content:
    """The image of this platform, as another reader finds it."""
    return of_docker(archive) if b"manifest.json" in archive else of_layout(archive).content


def content(read: Image) -> Content:
    """An image of one platform, its layers uncompressed."""
    given = everything(read)
    if isinstance(read.content, Unpacked):
        names = [one.name for one in read.content.layers]
        config = read.content.config or given[read.content.config_digest]
    else:
        (one,) = read.content.manifests
        assert isinstance(one, Manifest)
        names, config = [layer.digest for layer in one.layers], given[one.config.digest]
    return Content(config=config, layers=tuple(unpacked(given[name]) for name in names))


def test_every_record_says_where_it_is_from() -> None:
    said = (FOLDER / "README.md").read_text()

    assert (len(DOCKER), len(OTHERS)) == (6, 2)
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", *(f"{name}.tar" for name in ALL)}
    assert [name for name in ALL if f"`{name}.tar`" not in said] == []


# --- in files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("archive", ALL.values(), ids=ALL)
def test_another_reader_finds_the_same(opened: Opener, archive: bytes) -> None:
    read = opened(archive, platform=AMD64)

    assert content(read) == expected(archive)
    assert read.image_id == expected(archive).image_id
    assert expected(archive).diff_ids == expected(archive).told["rootfs"]["diff_ids"]
    assert read.names == ("app:1.2",)
    assert read.notices == ()


CARRIED = ["docker-26.1", "docker-26.1-containerd-loaded", "podman-5.4", "podman-5.4-oci"]


@pytest.mark.parametrize("name", CARRIED)
def test_what_an_image_is_carried_in_changes_nothing(opened: Opener, name: str) -> None:
    first = expected(ALL["docker-26.1"])

    read = opened(ALL[name])

    assert (read.image_id, content(read)) == (first.image_id, first)
    assert len(first.layers) == 3
    assert first.layers[0] == first.layers[2]


def test_an_index_is_whole(opened: Opener) -> None:
    stored = of_layout(ALL[INDEX])

    read = opened(ALL[INDEX])

    assert read.image_id == stored.root
    assert isinstance(read.content, Packed)
    assert [one.digest for one in read.content.manifests] == [*(c.root for c in stored.children), stored.root]
    manifests = {one.digest: one.content for one in read.content.manifests}
    assert {**everything(read), **manifests} == stored.blobs


def test_a_platform_picks_one_of_it(opened: Opener) -> None:
    first, second, _ = of_layout(ALL[INDEX]).contents

    for platform, one in ((AMD64, first), (ARM64, second)):
        read = opened(ALL[INDEX], platform=platform)

        assert (content(read), read.image_id) == (one, one.image_id)


def test_of_an_index_that_was_pulled_the_one_image_goes_that_is_there(opened: Opener) -> None:
    whole = of_layout(ALL[INDEX])

    read = opened(ALL[PULLED])

    assert (content(read), read.image_id) == (whole.contents[0], whole.contents[0].image_id)
    (notice,) = read.notices
    assert "lacks linux/arm64" in notice
    assert "the manifest of linux/amd64" in notice
    assert "is pushed instead of the index" in notice


# --- from daemons --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCKER)
def test_the_daemon_that_sends_it_has_the_same_image(opened: Opener, tmp_path: Path, name: str) -> None:
    archive = opened(DOCKER[name])
    saves = _daemon(name)

    with saving(saves) as daemon, ExitStack() as stack:
        read = daemon.saved(found(saves, "app:1.2"), spool_folder=str(tmp_path))
        stack.callback(read.contents.close)

        assert (read.image_id, read.names) == (archive.image_id, archive.names)
        assert len(read.notices) == len(archive.notices)
        assert type(read.content) is type(archive.content)
        if isinstance(read.content, Packed):
            assert read.content == archive.content
            assert everything(read) == everything(archive)
        else:
            assert _streamed(read) == content(archive)


def _daemon(name: str) -> Saves:
    """The daemon that made the record: as its store says, the image is a configuration or what `index.json` names."""
    stream = DOCKER[name]
    if "containerd" in name:
        return Saves(image_id=of_layout(stream).root, stream=stream, driver=CONTAINERD)
    made = of_docker(stream)
    return Saves(image_id=made.image_id, layers=tuple(made.diff_ids), stream=stream)


def _streamed(read: Image) -> Content:
    """An image with uncompressed layers, in the order in which it comes; where no name tells, content does."""
    assert isinstance(read.content, Unpacked)
    config, names = read.content.config_digest, [one.diff_id for one in read.content.layers]
    parts = [b"".join(part.blocks()) for part in read.contents.parts({config, *names})]
    given = {digest(one): one for one in parts}
    return Content(config=given[config], layers=tuple(given[name] for name in names))
