"""Bad images: each is refused at once, with what is wrong, and nothing of it is pushed or left behind."""

import gzip
import json
import os
import struct
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import StepError
from pushstep.image import entries
from pushstep.image.entries import ForwardFile, TarError
from pushstep.oci import Platform
from tests.support.archives import (
    OCI,
    Files,
    Kept,
    Link,
    compressed,
    described,
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
)
from tests.unit.image.conftest import Opener

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


APP = image(1, 2)
NAMED = {APP: ["app:1"]}
KEPT = manifest(APP)
LAYER = digest(compressed(APP.layers[0], "gzip"))


def path(name: str) -> str:
    return f"blobs/{name.replace(':', '/')}"


def changed(files: Files, **changes: object) -> Files:
    """The same files; `manifest`, `index` and blobs take another content, None takes them away."""
    names = {"manifest": "manifest.json", "index": "index.json"}
    new = {names.get(name, name): content for name, content in changes.items()}
    return {
        name: content if isinstance(content, Link | bytes) else json.dumps(content).encode()
        for name, content in {**files, **new}.items()
        if content is not None
    }


def listing(**changes: object) -> object:
    """`manifest.json` of the oldest shape."""
    (entry,) = json.loads(bytes(docker_before_25(NAMED)["manifest.json"]))  # type: ignore[arg-type]
    return [{**entry, **changes}]


def changed_manifest(**changes: object) -> Kept:
    """The image, with a manifest that says something else."""
    content = json.dumps({**json.loads(KEPT.content), **changes}).encode()
    descriptor = described(f"{OCI}.manifest.v1+json", content)
    return Kept(descriptor=descriptor, blobs={**KEPT.blobs, digest(content): content})


def with_manifest(**changes: object) -> Files:
    return layout(changed_manifest(**changes))


def changed_config(content: bytes) -> Kept:
    """The image, with another configuration."""
    kept = changed_manifest(config=described(f"{OCI}.config.v1+json", content))
    return Kept(descriptor=kept.descriptor, blobs={**kept.blobs, digest(content): content})


def with_config(content: bytes) -> Files:
    return layout(changed_config(content))


# --- what is in the tar --------------------------------------------------------------------------------

OLD = docker_before_25(NAMED)
NEW = docker_25(NAMED)
OLD_LAYER = next(name for name in OLD if name.endswith("layer.tar"))
DOCKER: Mapping[str, tuple[Files, str]] = {
    "nothing": ({}, "is no image layout: it has no index.json"),
    "something else": ({"README": b"hello"}, "is no image layout: it has no index.json"),
    "no images": (changed(OLD, manifest=[]), "holds no image"),
    "a list that is none": (changed(OLD, manifest={"Config": "a"}), "manifest.json in 'image' is no list of images"),
    "a list of other things": (changed(OLD, manifest=[1]), "has no Config, Layers and RepoTags"),
    "a list that is no JSON": (changed(OLD, manifest=b"{"), "is no list of images: Expecting"),
    "names that are none": (changed(OLD, manifest=listing(RepoTags=[1])), "has no Config, Layers and RepoTags"),
    "a list of 5 MB": (changed(OLD, manifest=bytes(5_000_000)), "'manifest.json' in 'image' has 5000000 bytes"),
    "no layer": (changed(OLD, **{OLD_LAYER: None}), f"lacks {OLD_LAYER!r}"),
    "no configuration": (changed(OLD, **{f"{APP.image_id[7:]}.json": None}), "which its manifest.json names"),
    "another configuration": (changed(OLD, **{f"{APP.image_id[7:]}.json": b"{}"}), "has other content than that digest"),
    "a configuration that is none": (changed(OLD, manifest=listing(Config="config.json"), **{"config.json": b"{}"}), "has no rootfs.diff_ids"),
    "a configuration of 5 MB": (changed(OLD, manifest=listing(Config="config.json"), **{"config.json": bytes(5_000_000)}), "has 5000000 bytes"),
    "a layer less": (changed(OLD, manifest=listing(Layers=[OLD_LAYER])), "has 1 layers of the image"),
    "no layers": (changed(OLD, manifest=listing(Layers=None)), "has 0 layers of the image"),
    "25: no layer": (changed(NEW, **{path(APP.diff_ids[0]): None}), "which its manifest.json names"),
    "25: no configuration": (changed(NEW, **{path(APP.image_id): None}), APP.image_id),
    "25: an index that is none": (changed(NEW, index=b"[]"), "index.json in 'image' is broken"),
    "a link to itself": (changed(OLD, **{OLD_LAYER: Link("layer.tar")}), "as a link that leads to itself"),
    "links to each other": (changed(OLD, **{OLD_LAYER: Link("../x"), "x": Link("y"), "y": Link("x")}), "as a link that leads to itself"),
    "hard links to each other": (changed(OLD, **{OLD_LAYER: Link("x", hard=True), "x": Link(OLD_LAYER, hard=True)}), "as a link that leads to itself"),
    "a link out of it": (changed(OLD, **{OLD_LAYER: Link("../../etc/passwd")}), f"holds {OLD_LAYER!r} as a link out of it, to '../../etc/passwd'"),
    "a link to the root": (changed(OLD, **{OLD_LAYER: Link("/etc/passwd")}), "as a link out of it, to '/etc/passwd'"),
    "a hard link out of it": (changed(OLD, **{OLD_LAYER: Link("../etc/passwd", hard=True)}), f"lacks {OLD_LAYER!r}"),
    "a list that names files outside": (changed(OLD, manifest=listing(Layers=["/etc/passwd", "../../etc/passwd"])), "lacks '/etc/passwd'"),
    "a list that names a folder": ({**changed(OLD, manifest=listing(Layers=["x/y", "x"])), "x/y": b""}, "lacks 'x'"),
    "containerd: a broken configuration": (docker_containerd(("app:1", changed_config(b"{}"), replace(APP, config=b"{}"), KEPT)), "has no rootfs.diff_ids"),
    "containerd: no layer": (changed(docker_containerd(("app:1", KEPT, APP, KEPT)), **{path(LAYER): None}), f"lacks {LAYER}"),
    "containerd: no manifest": (changed(docker_containerd(("app:1", KEPT, APP, KEPT)), **{path(KEPT.digest): None}), f"has no blob {KEPT.digest}, which its index.json names"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), DOCKER.values(), ids=DOCKER)
def test_a_docker_archive_is_refused(opened: Opener, files: Files, expected: str) -> None:
    assert expected in opened.refusal(files)


BLOB = b"x" * len(compressed(APP.layers[0], "gzip"))
OTHERS = [manifest(image(number)) for number in range(3)]
DEEP = KEPT
for _ in range(10):
    DEEP = index(DEEP)
LAYOUTS: Mapping[str, tuple[Files, str]] = {
    "nothing": ({}, "is no image layout: it has no index.json"),
    "docker-archive": (OLD, "is written docker-archive:FILE"),
    "no images": (layout(), "holds no image"),
    "an index that is none": (changed(layout(KEPT), index=b"{"), "index.json in 'image' is broken: the manifest is no JSON"),
    "an index that is a manifest": (changed(layout(KEPT), index=KEPT.content), "index.json in 'image' is no index"),
    "an index of others": (changed(layout(KEPT), index={"manifests": [{"digest": "sha512:0"}]}), "is no descriptor with a sha256 digest"),
    "a path as digest": (changed(layout(KEPT), index={"manifests": [{"digest": "sha256:../../../etc/passwd", "size": 1}]}), "is no descriptor"),
    "no manifest": (layout(KEPT.without(KEPT.digest)), f"has no blob {KEPT.digest}"),
    "no layer": (layout(KEPT.without(LAYER)), f"lacks {LAYER}, which the manifest {KEPT.digest} names"),
    "no configuration": (layout(KEPT.without(APP.image_id)), f"lacks {APP.image_id}"),
    "another manifest": (changed(layout(KEPT), **{path(KEPT.digest): manifest(image(3)).content}), f"other content under {KEPT.digest}"),
    "another configuration": (changed(layout(KEPT), **{path(APP.image_id): b"{}"}), f"other content under {APP.image_id}"),
    "a layer of another size": (changed(layout(KEPT), **{path(LAYER): b"x"}), f"has the blob {LAYER} with 1 bytes instead of {len(BLOB)}"),
    "a manifest without layers": (with_manifest(layers=[]), "has no layers"),
    "a manifest without a list of layers": (with_manifest(layers=None), "has no list of layers"),
    "a layer less": (with_manifest(layers=json.loads(KEPT.content)["layers"][:1]), "has 1 layers, and its configuration has 2"),
    "a configuration that is no JSON": (with_config(b"\x00"), "the configuration is no JSON"),
    "a configuration of nothing": (with_config(b"{}"), "has no rootfs.diff_ids"),
    "an artifact": (layout(manifest(APP, config_type="application/vnd.cncf.helm.config.v1+json")), "holds no image but another artifact"),
    "a schema 1 manifest": (with_manifest(mediaType="application/vnd.docker.distribution.manifest.v1+json", config=None, layers=None), "is no descriptor"),
    "an index of nothing": (layout(index()), "but no image is in it"),
    "an index of an artifact": (layout(index(manifest(APP, config_type="a/b"))), "but no image is in it"),
    "an index without end": (layout(DEEP), "has an index with more in it than any image"),
    "an index of an image without its configuration": (layout(index(KEPT).without(APP.image_id)), "lacks linux/amd64"),
    "an index of an image without layers": (layout(index(changed_manifest(layers=[]))), "has no layers"),
    "uncompressed layers of another image": (layout(manifest(replace(APP, layers=APP.layers[::-1]), "")), "uncompressed, and the configuration calls it"),
}  # fmt: skip


@pytest.mark.parametrize("transport", ["oci", "oci-archive"])
@pytest.mark.parametrize(("files", "expected"), LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_is_refused(opened: Opener, files: Files, expected: str, transport: str) -> None:
    (opened.folder / "image").mkdir() if transport == "oci" else None

    assert expected in opened.refusal(files, transport=transport)


def test_an_index_of_more_than_any_image_has(opened: Opener) -> None:
    children = [
        {"mediaType": f"{OCI}.manifest.v1+json", "digest": f"sha256:{number:064x}", "size": 1}
        for number in range(1001)
    ]
    content = json.dumps({"mediaType": f"{OCI}.index.v1+json", "manifests": children}).encode()
    root = Kept(descriptor=described(f"{OCI}.index.v1+json", content), blobs={digest(content): content})

    assert "more in it than any image" in opened.refusal(layout(root), transport="oci-archive")


def test_an_index_with_a_platform_that_nobody_can_tell(opened: Opener) -> None:
    """Its descriptor does not tell it, and its configuration is none."""
    text = opened.refusal(
        layout(index(changed_config(b"[]"))),
        transport="oci-archive",
        platform=Platform(os="linux", architecture="amd64"),
    )

    assert "the image in 'image' is broken: the configuration is no JSON object" in text


def test_names_that_lead_elsewhere_are_just_names(opened: Opener, tmp_path: Path) -> None:
    tricks: Files = {
        "../outside": b"a",
        "/absolute": b"b",
        "a/../../../outside": b"c",
        "link": Link("/"),
        "link/outside": b"d",
        "": b"e",
    }

    read = opened(tar({**tricks, **OLD}))

    assert everything(read).keys() == {APP.image_id, *APP.diff_ids}
    assert sorted(one.name for one in tmp_path.iterdir()) == ["image"]


# --- broken tars ---------------------------------------------------------------------------------------

WHOLE = tar(NEW)
CUT = {
    "empty": (0, "is empty"),
    "in the first header": (100, "is no tar"),
    "behind the first header": (512, "ends in the middle"),
    "in a blob": (len(WHOLE) // 2, "ends in the middle"),
    "before its end marker": (len(WHOLE.rstrip(b"\0")) // 512 * 512 + 512, "ends in the middle"),
}


@pytest.mark.parametrize(("size", "expected"), CUT.values(), ids=CUT)
def test_a_truncated_tar_is_refused(opened: Opener, size: int, expected: str) -> None:
    assert f"'image' {expected}" in opened.refusal(WHOLE[:size])


@given(size=st.integers(0, len(WHOLE.rstrip(b"\0"))))
def test_a_tar_truncated_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    Opener(tmp_path_factory.mktemp("cut")).refusal(WHOLE[:size])


def header(change: Callable[[tarfile.TarInfo], None] = lambda _: None, content: bytes = b"") -> bytes:
    info = tarfile.TarInfo("manifest.json")
    info.size = len(content)
    change(info)
    return info.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512)


def kind(letter: bytes, size: int) -> Callable[[tarfile.TarInfo], None]:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.size = letter, size

    return change


def negative() -> bytes:
    """A header whose size is -512 in base 256: whoever adds it up goes back, and again."""
    block = bytearray(header())
    block[124:136] = b"\xff" * 4 + struct.pack(">q", -512)
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


END = bytes(1024)
TARS = {
    "text": (b"hello, world" * 100, "is no tar"),
    "something else behind an entry": (header() + b"x" * 512, "is no tar any more at byte 512"),
    "an entry larger than the file": (header(kind(b"0", 1 << 40)) + END, "ends in the middle"),
    "a negative size": (negative() + END, "holds 'manifest.json' with a size of -512 bytes"),
    "a long name of 1 TB": (header(kind(b"L", 1 << 40)) + END, "is no tar"),
    "a pax header of 1 TB": (header() + header(kind(b"x", 1 << 40)) + END, "is no tar any more"),
    "long names for long names": (header(kind(b"L", 1), b"a") * 3000 + END, "is no tar"),
    "a name of 10,000 characters": (tar({"a" * 10_000: b""}, form=tarfile.GNU_FORMAT), "has an entry with a name of more than 4096"),
    "a link to 10,000 characters": (tar({"a": Link("b" * 10_000)}), "has an entry with a name of more than 4096"),
    "a sparse file": (header(kind(b"S", 0)) + END, "holds 'manifest.json' as a sparse file"),
    "a pax header that is none": (header(kind(b"x", 5), b"5 a\n\n") + END, "is no tar"),
    "100,000 entries of nothing": (header() * 100_000 + END, "has more than 20000 entries"),
    "100,000 folders": (header(kind(b"5", 0)) * 100_000 + END, "has more than 20000 entries"),
    "headers without end": (header(kind(b"g", 1 << 20), b"20 comment=aaaaaaaaa\n" + bytes((1 << 20) - 21)) * 70 + END, "is no tar"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), TARS.values(), ids=TARS)
def test_a_tar_that_makes_no_sense_is_refused(opened: Opener, content: bytes, expected: str) -> None:
    assert f"'image' {expected}" in opened.refusal(content)


SEED = tar({**dict(list(NEW.items())[:2]), "a" * 200: b"b" * 600, "c": Link("d")}, form=tarfile.GNU_FORMAT)


@given(
    st.lists(st.tuples(st.integers(0, len(SEED) - 1), st.integers(0, 255)), max_size=8),
    st.integers(0, len(SEED)),
)
def test_any_bytes_are_entries_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], size: int
) -> None:
    content = bytearray(SEED)
    for place, value in changes:
        content[place] = value
    # a checksum that fits lets more through
    for start in (one for one in range(0, len(content), 512) if any(content[one : one + 512])):
        content[start + 148 : start + 156] = b" " * 8
        content[start + 148 : start + 156] = f"{sum(content[start : start + 512]):06o}\0 ".encode()
    file = tmp_path_factory.mktemp("any") / "tar"
    file.write_bytes(content[:size])

    with file.open("rb") as opened:
        try:
            found = list(entries.entries(ForwardFile(opened.fileno())))
        except TarError as error:
            assert str(error)
        else:
            assert all(0 <= one.offset <= one.offset + one.size <= size for one in found)


# --- compressed archives -------------------------------------------------------------------------------

SQUEEZED = {
    "gzip": gzip.compress(WHOLE),
    "gzip in two pieces": gzip.compress(WHOLE[:5000]) + gzip.compress(WHOLE[5000:]),
    "zstd": zstd.compress(WHOLE),
    "zstd in two pieces": zstd.compress(WHOLE[:5000]) + zstd.compress(WHOLE[5000:]),
    "zstd without its size": zstd.compress(WHOLE, options={zstd.CompressionParameter.content_size_flag: 0}),
}


@pytest.mark.parametrize("content", SQUEEZED.values(), ids=SQUEEZED)
def test_a_compressed_archive_is_the_same_image(opened: Opener, tmp_path: Path, content: bytes) -> None:
    read = opened(content)

    assert read.image_id == APP.image_id
    assert everything(read) == {digest(one): one for one in (*APP.layers, APP.config)}
    # what it was unpacked into has no name
    assert [one.name for one in tmp_path.iterdir()] == ["image"]


CHECKED = zstd.compress(WHOLE, options={zstd.CompressionParameter.checksum_flag: 1})
DAMAGED = {
    "gzip, truncated": (SQUEEZED["gzip"][:-100], "ends in the middle"),
    "gzip, without its end": (SQUEEZED["gzip"][:-4], "ends in the middle"),
    "gzip, damaged": (SQUEEZED["gzip"][:2000] + b"\xff" * 100 + SQUEEZED["gzip"][2100:], "cannot be unpacked"),
    "gzip, another checksum": (SQUEEZED["gzip"][:-8] + bytes(8), "cannot be unpacked"),
    "gzip, of something else": (gzip.compress(b"hello"), "is no tar"),
    "gzip, of nothing": (gzip.compress(b""), "is empty"),
    "gzip of gzip": (gzip.compress(SQUEEZED["gzip"]), "is no tar"),
    "zstd, truncated": (SQUEEZED["zstd"][:-100], "ends in the middle"),
    "zstd, damaged": (CHECKED[:2000] + b"\xff" * 100 + CHECKED[2100:], "cannot be unpacked"),
    "zstd, something behind it": (SQUEEZED["zstd"] + b"hello", "cannot be unpacked"),
    "bzip2": (b"BZh91AY&SY", "is compressed with bzip2"),
    "xz": (b"\xfd7zXZ\x00\x00\x04", "is compressed with xz"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_compressed_archive_is_refused(
    opened: Opener, tmp_path: Path, content: bytes, expected: str
) -> None:
    assert expected in opened.refusal(content)
    assert [one.name for one in tmp_path.iterdir()] == ["image"]


BOMBS = {
    # a little more than what so small an archive is believed to hold
    "gzip": gzip.compress(bytes(1 << 24), 1) * 65,
    "zstd": zstd.compress(bytes(1 << 20)) * 1030,
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
def test_a_zip_bomb_is_refused_before_the_disk_is_full(
    opened: Opener, tmp_path: Path, content: bytes
) -> None:
    assert "unpacks to more than 200 times as many" in opened.refusal(content)
    assert [one.name for one in tmp_path.iterdir()] == ["image"]


# --- files ---------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there(opened: Opener, tmp_path: Path) -> None:
    with pytest.raises(StepError, match="'nowhere' cannot be read: No such file") as caught:
        opened.at(tmp_path / "nowhere")
    assert "Make it in this job" in caught.value.problem.hint


def test_a_folder_that_is_not_there(opened: Opener, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for name in ("nowhere", "file"):
        with pytest.raises(StepError, match=f"'{name}' is no folder") as caught:
            opened.at(tmp_path / name, transport="oci")
        assert "oci-archive:FILE" in caught.value.problem.hint


def test_a_folder_where_an_archive_is_meant(opened: Opener, tmp_path: Path) -> None:
    with pytest.raises(StepError, match="is no regular file") as caught:
        opened.at(tmp_path)
    assert "oci:DIR" in caught.value.problem.hint


@pytest.mark.parametrize("transport", ["docker-archive", "oci"])
def test_a_pipe_is_not_waited_for(opened: Opener, tmp_path: Path, transport: str) -> None:
    place = tmp_path / "image"
    if transport == "oci":
        place.mkdir()
        place /= "index.json"
    os.mkfifo(place)

    with pytest.raises(StepError, match=r"is no regular file|has no index\.json"):
        opened.at(tmp_path / "image", transport=transport)


def test_a_full_disk_is_named_and_nothing_left(opened: Opener, tmp_path: Path) -> None:
    """Where a compressed archive is unpacked: a limit on files stands for the end of the disk."""
    import resource  # noqa: PLC0415 - see below
    import signal  # noqa: PLC0415

    content = SQUEEZED["gzip"]
    (tmp_path / "image").write_bytes(content)
    spool = tmp_path / "spool"
    spool.mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(StepError, match=f"no room in {spool} for 'image', unpacked") as caught:
            opened.at(tmp_path / "image", spool_folder=spool)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.problem.code == "disk"
    assert "TMPDIR" in caught.value.problem.hint
    assert list(spool.iterdir()) == []


def test_a_folder_for_spools_that_is_not_there(opened: Opener, tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(SQUEEZED["gzip"])

    with pytest.raises(StepError, match=r"no room in /nowhere for 'image', unpacked.*No such file"):
        opened.at(tmp_path / "image", spool_folder=Path("/nowhere"))
