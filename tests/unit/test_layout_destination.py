"""An image layout as destination (push-step.md 5.1; image-layout.md of the OCI image specification 1.1)."""

import fcntl
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushstep import oci
from pushstep.errors import Problem, StepError, Stopped
from pushstep.image.model import Slice
from pushstep.oci import Descriptor, Index, Manifest
from pushstep.push import layout
from pushstep.push.layout import Layout
from pushstep.push.place import Place

ROOT = os.geteuid() == 0
STRANGER = 1234
TAG = "org.opencontainers.image.ref.name"
NOTHING = f"sha256:{'0' * 64}"


def manifest(number: int = 0) -> Manifest:
    """One of several that are all different."""
    config = Descriptor(media_type="", digest=oci.sha256(f"{number}".encode()), size=1)
    return oci.write_manifest(config, [], "oci")


def index(*children: Manifest | Index) -> Index:
    entries = [
        {"mediaType": one.media_type, "digest": one.digest, "size": len(one.content)} for one in children
    ]
    data = {"schemaVersion": 2, "mediaType": oci.OCI_INDEX, "manifests": entries}
    made = oci.parse(json.dumps(data).encode())
    assert isinstance(made, Index)
    return made


@contextmanager
def slice_of(content: bytes, *, offset: int = 0, size: int | None = None) -> Iterator[Slice]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "source"
        path.write_bytes(content)
        handle = os.open(path, os.O_RDONLY)
        try:
            yield Slice(file=handle, offset=offset, size=len(content) - offset if size is None else size)
        finally:
            os.close(handle)


def upload(place: Layout, content: bytes) -> str:
    digest = oci.sha256(content)
    with slice_of(content) as source:
        assert place.upload(digest, source, lambda _: None) == "uploaded"
    return digest


def put(place: Layout, tag: str, number: int = 0) -> None:
    """Bring one of them there whole."""
    upload(place, f"{number}".encode())
    place.put(tag, manifest(number))


def read(folder: Path, name: str = "index.json") -> Any:  # noqa: ANN401 - JSON
    return json.loads((folder / name).read_text())


def tags(folder: Path) -> dict[str, str]:
    found = [(one["annotations"][TAG], one["digest"]) for one in read(folder)["manifests"]]
    assert len(dict(found)) == len(found)
    return dict(found)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture(name="place")
def _place(folder: Path) -> Layout:
    return layout.open(str(folder), "oci:out")


# --- what is written ------------------------------------------------------------------------------------


def test_section_5_1_a_folder_becomes_a_layout(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "where" / "out"
    place = layout.open(str(folder))
    one = manifest()

    blob = upload(place, b"layer")
    place.put("1.2", one)

    assert files(folder) == {
        "oci-layout",
        "index.json",
        f"blobs/sha256/{blob[7:]}",
        f"blobs/sha256/{one.digest[7:]}",
    }
    assert read(folder, "oci-layout") == {"imageLayoutVersion": "1.0.0"}
    assert read(folder) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": one.digest,
                "size": len(one.content),
                "annotations": {TAG: "1.2"},
            }
        ],
    }
    assert (folder / f"blobs/sha256/{one.digest[7:]}").read_bytes() == one.content


def test_it_is_a_place_and_its_name_is_what_its_user_wrote(place: Layout) -> None:
    asked: Place = place

    assert asked.name == "oci:out"
    assert layout.open("elsewhere").name == "oci:elsewhere"


@pytest.mark.parametrize("ask", [Layout.check, lambda place: place.digest("1"), lambda place: place.manifest("1"),
                                 lambda place: place.blob_size(NOTHING), lambda place: place.digest(NOTHING)])  # fmt: skip
def test_asking_makes_nothing(folder: Path, place: Layout, ask: Callable[[Layout], object]) -> None:
    """A rehearsal asks too."""
    assert ask(place) is None

    assert not folder.exists()


@pytest.mark.parametrize("there", [False, True])
def test_where_it_can_be_made_or_written_nothing_is_left_of_asking(
    folder: Path, place: Layout, there: bool
) -> None:
    if there:
        place.put("1", manifest())
    before = sorted(folder.parent.rglob("*"))

    assert layout.open(str(folder)).probe()

    assert sorted(folder.parent.rglob("*")) == before


@pytest.fixture
def seen_by_a_stranger() -> Iterator[Path]:
    """A layout, and folders around it, that everybody may look into."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        layout.open(f"{name}/closed").put("1", manifest())
        Path(name, "open").mkdir()
        Path(name, "open").chmod(0o777)
        Path(name, "closed/blobs/sha256").chmod(0o555)
        Path(name).chmod(0o555)
        yield Path(name)
        Path(name).chmod(0o755)


def test_where_it_cannot_be_written_that_is_said(seen_by_a_stranger: Path) -> None:
    if ROOT:
        os.seteuid(STRANGER)
    try:
        assert layout.open(str(seen_by_a_stranger / "open")).probe()
        closed = failed(layout.open(str(seen_by_a_stranger / "closed"), "oci:out").probe)
        made = failed(layout.open(str(seen_by_a_stranger / "made"), "oci:out").probe)
    finally:
        if ROOT:
            os.seteuid(0)

    for problem in (closed, made):
        assert problem.code == "layout"
        assert "oci:out cannot be used: " in problem.message
        assert "Permission denied" in problem.message
        assert "Let whoever runs pushstep write" in problem.hint


def test_it_is_not_made_inside_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")

    with pytest.raises(StepError, match="Not a directory"):
        layout.Layout(str(tmp_path / "out/app"), "oci:out/app").probe()


def test_an_empty_folder_becomes_one(folder: Path) -> None:
    folder.mkdir()

    layout.open(str(folder)).put("1", manifest())

    assert tags(folder) == {"1": manifest().digest}


def test_a_run_that_was_killed_at_once_left_a_folder_that_still_becomes_one(folder: Path) -> None:
    folder.mkdir()
    (folder / ".unfinished-0").touch()

    layout.open(str(folder)).put("1", manifest())

    assert tags(folder) == {"1": manifest().digest}
    assert ".unfinished-0" not in files(folder)


OTHERS = [
    {"mediaType": oci.OCI_INDEX, "digest": NOTHING, "size": 1, "annotations": {TAG: "theirs", "more": "x"}},
    {
        "mediaType": "application/x",
        "digest": "sha512:abc",
        "size": 1,
        "platform": {"os": "x"},
        "strange": [1],
    },
    {"mediaType": oci.OCI_MANIFEST, "digest": NOTHING, "size": 1, "annotations": None},
    "no descriptor at all",
]


def test_section_5_1_what_others_put_there_stays(folder: Path, place: Layout) -> None:
    place.put("old", manifest(0))
    kept = {"annotations": {"by": "them"}, "subject": {"digest": NOTHING}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": OTHERS, **kept}))
    (folder / "README").write_text("theirs")

    layout.open(str(folder)).put("1", manifest(1))

    found = read(folder)
    assert found["manifests"][:-1] == OTHERS
    assert found["manifests"][-1]["annotations"] == {TAG: "1"}
    assert {name: found[name] for name in kept} == kept
    assert (folder / "README").read_text() == "theirs"


def test_section_5_1_a_tag_moves_and_several_name_one_image(folder: Path, place: Layout) -> None:
    for tag, number in [("a", 0), ("b", 0), ("a", 1), ("a", 1), ("c", 1)]:
        put(place, tag, number)

    assert tags(folder) == {"b": manifest(0).digest, "a": manifest(1).digest, "c": manifest(1).digest}
    assert {tag: place.digest(tag) for tag in "abc"} == tags(folder)


def test_under_a_digest_a_manifest_is_only_stored(folder: Path, place: Layout) -> None:
    child = manifest()
    whole = index(child)

    put(place, child.digest)
    place.put("1", whole)

    assert tags(folder) == {"1": whole.digest}
    assert place.manifest("1") == whole
    assert place.manifest(child.digest) == child
    assert place.digest(child.digest) == child.digest


def test_a_layout_without_its_index_is_completed(folder: Path, place: Layout) -> None:
    place.put("1", manifest())
    (folder / "index.json").unlink()

    assert layout.open(str(folder)).digest("1") is None
    layout.open(str(folder)).put("2", manifest())

    assert tags(folder) == {"2": manifest().digest}


# --- blobs ---------------------------------------------------------------------------------------------


def test_a_blob_is_copied_and_counted(folder: Path, place: Layout) -> None:
    content = os.urandom(3_000_000)
    heard: list[int] = []

    with slice_of(b"before" + content + b"behind", offset=6, size=len(content)) as source:
        place.upload(oci.sha256(content), source, heard.append, mount_from="acme/other")

    assert (folder / "blobs/sha256" / oci.sha256(content)[7:]).read_bytes() == content
    assert sum(heard) == len(content)
    assert len(heard) > 1
    assert (place.bytes_sent, place.requests) == (len(content), 0)
    assert place.blob_size(oci.sha256(content)) == len(content)


def test_a_small_blob_is_read_again(place: Layout) -> None:
    assert place.blob(upload(place, b"{}")) == b"{}"
    assert place.blob_size(NOTHING) is None


def test_there_is_nowhere_to_take_a_blob_over_from(place: Layout) -> None:
    assert not place.mount(upload(place, b"layer"), "acme/other")


def stopped(_sent: int) -> None:
    raise Stopped(Problem(code="timeout", message="over"))


def quiet(_sent: int) -> None:
    pass


# digest, bytes of the slice, what hears of it → what is raised
FAILURES: dict[str, tuple[str, int, Callable[[int], None], type[StepError | Stopped], str]] = {
    "another digest": (NOTHING, 5, quiet, StepError, "digest"),
    "a source that ends": (oci.sha256(b"layer"), 6, quiet, StepError, "candidate"),
    "a signal": (oci.sha256(b"layer"), 5, stopped, Stopped, "timeout"),
}


@pytest.mark.parametrize(("digest", "size", "sent", "kind", "code"), FAILURES.values(), ids=FAILURES)
def test_nothing_is_left_of_a_blob_that_fails(
    folder: Path,
    place: Layout,
    digest: str,
    size: int,
    sent: Callable[[int], None],
    kind: type[StepError | Stopped],
    code: str,
) -> None:
    with slice_of(b"layer", size=size) as source, pytest.raises(kind) as caught:
        place.upload(digest, source, sent)

    assert isinstance(caught.value, StepError | Stopped)
    assert caught.value.problem.code == code
    assert not caught.value.problem.retryable
    assert files(folder) == {"oci-layout", "index.json"}


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The kernel's own limit stands in for a full disk; a file system of a few blocks needs rights to mount."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_nothing_is_left_behind(folder: Path, place: Layout) -> None:
    place.put("1", manifest())
    before = files(folder)

    digest = oci.sha256(bytes(8192))
    with slice_of(bytes(8192)) as source, files_of_at_most(4096):
        problem = failed(lambda: place.upload(digest, source, quiet))

    assert "oci:out cannot be used: File too large" in problem.message
    assert "Make room" in problem.hint
    assert files(folder) == before
    assert upload(place, bytes(8192))


# --- what cannot be used -------------------------------------------------------------------------------


def failed(do: Callable[[], object]) -> Problem:
    with pytest.raises(StepError) as caught:
        do()
    problem = caught.value.problem
    assert problem.code == "layout"
    assert problem.hint
    assert not problem.retryable
    return problem


def other_files(folder: Path) -> None:
    folder.mkdir()
    (folder / "file").write_text("theirs")


def a_file(folder: Path) -> None:
    folder.write_text("theirs")


def with_mark(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / "oci-layout").write_text(text)


def another_version(folder: Path) -> None:
    with_mark(folder, '{"imageLayoutVersion": "2.0.0"}')


def no_json(folder: Path) -> None:
    with_mark(folder, "layout")


def a_pipe(folder: Path) -> None:
    folder.mkdir()
    os.mkfifo(folder / "oci-layout")


def a_link(folder: Path) -> None:
    (folder.parent / "mark").write_text('{"imageLayoutVersion": "1.0.0"}')
    folder.mkdir()
    (folder / "oci-layout").symlink_to("../mark")


UNFIT: dict[str, tuple[Callable[[Path], None], str]] = {
    "other files": (other_files, "oci:out is no image layout, and not empty"),
    "a file": (a_file, "oci:out cannot be used: Not a directory"),
    "another version": (another_version, "oci-layout is none that can be used: its version is 2.0.0"),
    "no JSON": (no_json, "oci-layout is none that can be used: the oci-layout is no JSON"),
    "a pipe": (a_pipe, "oci-layout: it is no regular file"),
    "a link": (a_link, "oci-layout: it is no regular file"),
}


@pytest.mark.parametrize(("make", "said"), UNFIT.values(), ids=UNFIT)
def test_section_5_1_a_folder_of_something_else_is_refused_and_not_touched(
    folder: Path, make: Callable[[Path], None], said: str
) -> None:
    make(folder)
    before = files(folder.parent)

    problem = failed(lambda: layout.open(str(folder), "oci:out"))
    unchecked = failed(lambda: Layout(str(folder), "oci:out").put("1", manifest()))

    assert said in problem.message
    assert said in unchecked.message
    assert files(folder.parent) == before


def test_a_path_through_a_file_is_refused(folder: Path) -> None:
    folder.write_text("theirs")

    assert "Not a directory" in failed(lambda: layout.open(str(folder / "out"))).message


BAD_INDEXES = {
    "no JSON": ("{", "no JSON"),
    "no list": ('{"manifests": {}}', "no list of manifests"),
    "too large": (" " * (oci.LARGEST + 1), "more than 4194304 bytes"),
}


@pytest.mark.parametrize(("text", "said"), BAD_INDEXES.values(), ids=BAD_INDEXES)
def test_an_index_that_is_none_is_told_and_kept(folder: Path, place: Layout, text: str, said: str) -> None:
    place.put("1", manifest())
    (folder / "index.json").write_text(text)

    for do in (lambda: place.digest("1"), lambda: place.put("2", manifest(2))):
        assert said in failed(do).message
    assert (folder / "index.json").read_text() == text


@pytest.mark.parametrize("name", ["blobs", "blobs/sha256", "index.json"])
def test_no_link_inside_leads_elsewhere(folder: Path, place: Layout, name: str) -> None:
    place.put("1", manifest())
    elsewhere = folder.with_name("elsewhere")
    (folder / name).rename(elsewhere)
    (folder / name).symlink_to(elsewhere)
    before = files(elsewhere) if elsewhere.is_dir() else elsewhere.read_text()

    for do in (lambda: place.digest("1"), lambda: layout.open(str(folder)).put("2", manifest(2))):
        assert "symbolic link" in failed(do).hint
    assert before == (files(elsewhere) if elsewhere.is_dir() else elsewhere.read_text())


def test_the_folder_itself_may_be_reached_through_a_link(folder: Path) -> None:
    folder.mkdir()
    link = folder.with_name("link")
    link.symlink_to(folder)

    layout.open(str(link)).put("1", manifest())

    assert tags(folder) == {"1": manifest().digest}


def test_a_blob_that_is_a_link_is_none(folder: Path, place: Layout) -> None:
    digest = upload(place, b"layer")
    blob = folder / "blobs/sha256" / digest[7:]
    blob.rename(folder.with_name("elsewhere"))
    blob.symlink_to(folder.with_name("elsewhere"))

    failed(lambda: place.blob_size(digest))
    upload(place, b"layer")

    assert not blob.is_symlink()
    assert place.blob(digest) == b"layer"


def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "theirs" / "out"
    folder.parent.mkdir(mode=0o500)
    if ROOT:
        os.seteuid(STRANGER)
    try:
        problem = failed(lambda: layout.open(str(folder), "oci:out").put("1", manifest()))
    finally:
        if ROOT:
            os.seteuid(0)

    assert "oci:out cannot be used: " in problem.message
    assert "Permission denied" in problem.message
    assert "Let whoever runs pushstep write" in problem.hint


# entries of index.json under the tag: what is not whole names nothing, and can be put right
DAMAGED: dict[str, Callable[[Path, dict[str, Any]], list[object]]] = {
    "its blob is gone": lambda _, one: [{**one, "digest": NOTHING}],
    "its blob has another size": lambda _, one: [{**one, "size": 1}],
    "two images": lambda _, one: [one, {**one, "digest": NOTHING}],
    "no descriptor": lambda _, one: [{**one, "size": "big"}],
    "another algorithm": lambda _, one: [{**one, "digest": "sha512:abc"}],
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_tag_that_is_not_whole_names_nothing_and_is_put_right(
    folder: Path, place: Layout, damage: Callable[[Path, dict[str, Any]], list[object]]
) -> None:
    put(place, "1")
    assert place.digest("1")
    found = read(folder)
    (folder / "index.json").write_text(
        json.dumps({**found, "manifests": damage(folder, found["manifests"][0])})
    )

    assert place.digest("1") is None
    assert place.manifest("1") is None
    place.put("1", manifest())

    assert tags(folder) == {"1": manifest().digest}
    assert place.digest("1") == manifest().digest


def gone(blob: Path) -> None:
    blob.unlink()


def shorter(blob: Path) -> None:
    os.truncate(blob, blob.stat().st_size - 1)


def linked(blob: Path) -> None:
    blob.rename(blob.with_name("elsewhere"))
    blob.symlink_to("elsewhere")


def other_bytes(blob: Path) -> None:
    blob.write_bytes(bytes(blob.stat().st_size))


# what became of a file; of blobs that are no manifests, nobody reads the content
SPOILT = (gone, shorter, linked)
PARTIAL = [
    *((what, how) for what in ("config", "layer") for how in SPOILT),
    *((what, how) for what in ("manifest", "inner") for how in (*SPOILT, other_bytes)),
]


@pytest.mark.parametrize(("what", "how"), PARTIAL, ids=lambda one: getattr(one, "__name__", one))
def test_an_image_that_is_there_in_part_is_not_there(
    folder: Path, place: Layout, what: str, how: Callable[[Path], None]
) -> None:
    """A cache may bring back a part of a folder; two indexes around it make no difference."""
    layer = Descriptor(media_type=oci.layer_type("oci", ""), digest=upload(place, b"layer"), size=5)
    config = Descriptor(media_type="", digest=upload(place, b"{}"), size=2)
    one = oci.write_manifest(config, [layer], "oci")
    put(place, "sound")
    inner = index(one, manifest())
    whole = index(inner, manifest())
    place.put(one.digest, one)
    place.put(inner.digest, inner)
    place.put("1", whole)
    assert [place.digest(name) for name in ("1", inner.digest)] == [whole.digest, inner.digest]
    assert place.manifest("1") == whole
    named = {"config": config.digest, "layer": layer.digest, "manifest": one.digest, "inner": inner.digest}

    how(folder / "blobs/sha256" / named[what][7:])

    found = [place.digest(name) for name in ("1", whole.digest)]
    assert (found, place.manifest("1")) == ([None, None], None)
    assert place.digest("sound") == manifest().digest


def test_a_manifest_that_holds_something_else_is_not_there(folder: Path, place: Layout) -> None:
    put(place, "1")

    other_bytes(folder / "blobs/sha256" / manifest().digest[7:])

    assert [place.digest(name) for name in ("1", manifest().digest)] == [None, None]


def test_a_manifest_that_may_not_be_read_is_not_there(seen_by_a_stranger: Path) -> None:
    place = layout.open(str(seen_by_a_stranger / "closed"))
    (seen_by_a_stranger / "closed/blobs/sha256").chmod(0o755)
    put(place, "1")
    assert place.digest("1")
    (seen_by_a_stranger / "closed/blobs/sha256" / manifest().digest[7:]).chmod(0)
    if ROOT:
        os.seteuid(STRANGER)
    try:
        assert place.digest("1") is None
    finally:
        if ROOT:
            os.seteuid(0)


@pytest.mark.parametrize(("count", "is_there"), [(1000, True), (1001, False)])
def test_an_index_of_more_than_any_image_is_not_followed(
    folder: Path, place: Layout, count: int, is_there: bool
) -> None:
    config = Descriptor(media_type="", digest=upload(place, b"{}"), size=2)
    children = [
        oci.write_manifest(replace(config, annotations={"of": str(number)}), [], "oci")
        for number in range(count)
    ]
    for one in children:
        (folder / "blobs/sha256" / one.digest[7:]).write_bytes(one.content)
    place.put("many", index(*children))

    assert (place.digest("many") is not None) == is_there


CORRUPT: dict[str, tuple[bytes, str]] = {
    "other bytes": (b"x" * len(manifest().content), "its content has another digest"),
    "too many": (b"x" * (oci.LARGEST + 1), "has more than 4194304 bytes"),
}


@pytest.mark.parametrize(("content", "said"), CORRUPT.values(), ids=CORRUPT)
def test_a_blob_is_verified_when_it_is_read(folder: Path, place: Layout, content: bytes, said: str) -> None:
    place.put("1", manifest())
    (folder / "blobs/sha256" / manifest().digest[7:]).write_bytes(content)

    assert said in failed(lambda: place.blob(manifest().digest)).message
    assert said in failed(lambda: place.manifest(manifest().digest)).message


def test_a_blob_that_is_not_there_cannot_be_read(place: Layout) -> None:
    assert "it is not there" in failed(lambda: place.blob(NOTHING)).message


def test_a_blob_that_is_no_manifest_is_none(place: Layout) -> None:
    assert "is not one of an image" in failed(lambda: place.manifest(upload(place, b"{}"))).message


def test_a_digest_is_one_before_it_becomes_a_path(place: Layout) -> None:
    with pytest.raises(ValueError, match="is no digest"):
        place.blob_size("sha256:../../etc/passwd")


# --- several at once -----------------------------------------------------------------------------------

ADD = """
import sys
from pushstep.push import layout
from pushstep import oci
folder, name = sys.argv[1:]
config = oci.Descriptor(media_type="", digest=oci.sha256(name.encode()), size=1)
for number in range(15):
    layout.open(folder).put(f"{name}-{number}", oci.write_manifest(config, [], "oci"))
"""


def test_two_runs_add_at_once(folder: Path) -> None:
    runs = [subprocess.Popen([sys.executable, "-c", ADD, str(folder), name]) for name in ("a", "b")]

    assert [run.wait(30) for run in runs] == [0, 0]
    assert sorted(tags(folder)) == sorted(f"{name}-{number}" for name in "ab" for number in range(15))
    assert len(files(folder)) == 4


def test_what_a_killed_run_left_is_removed_and_what_another_writes_is_not(
    folder: Path, place: Layout
) -> None:
    upload(place, b"layer")
    blobs = folder / "blobs/sha256"
    (blobs / ".unfinished-killed").write_text("half")
    (blobs / ".unfinished-other").write_text("half")
    with (blobs / ".unfinished-other").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        upload(layout.open(str(folder)), b"another")

    assert {name for name in files(folder) if "unfinished" in name} == {"blobs/sha256/.unfinished-other"}


# --- whose it is ---------------------------------------------------------------------------------------


def test_interface_3_all_of_it_belongs_to_the_owner_of_the_folder_it_is_in(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    if ROOT:
        os.chown(theirs, STRANGER, STRANGER + 1)
    before = os.umask(0o022)
    try:
        layout.open(str(theirs / "some" / "out")).put("1", manifest())
    finally:
        os.umask(before)

    made = [path.lstat() for path in (theirs / "some").rglob("*")] + [(theirs / "some").lstat()]
    assert len(made) == 7
    assert {(one.st_uid, one.st_gid) for one in made} == {(theirs.stat().st_uid, theirs.stat().st_gid)}
    assert {stat.S_IMODE(one.st_mode) for one in made} == {0o755, 0o644}


# --- anything ------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "latest"]), st.integers(0, 3), st.booleans()), max_size=8)
)
def test_after_any_pushes_each_tag_names_its_last_image(pushes: list[tuple[str, int, bool]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name) / "out"
        place = layout.open(str(folder))
        for tag, number, again in pushes:
            place = layout.open(str(folder)) if again else place
            put(place, tag, number)

        expected = {tag: manifest(number).digest for tag, number, _ in pushes}
        assert (tags(folder) if pushes else {}) == expected
        for tag, digest in expected.items():
            found = layout.open(str(folder)).manifest(tag)
            assert found
            assert found.digest == digest
