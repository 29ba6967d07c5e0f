"""The daemon's image: read from its `docker save` on the way, and only what is wanted."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pushstep.errors import Problem, StepError
from pushstep.image.model import Image, Layer, Packed, Unpacked
from pushstep.oci import Platform
from tests.support.archives import (
    Files,
    attestation,
    digest,
    docker_25,
    docker_before_25,
    docker_containerd,
    everything,
    image,
    index,
    manifest,
    tar,
)
from tests.support.daemons import CONTAINERD, Saves, classic, found, saving

APP = image(1, 2, 1, 3)
"""Its first and third layer are equal."""
LAYERS = dict(zip(APP.diff_ids, APP.layers, strict=True))
ALL = {**LAYERS, APP.image_id: APP.config}
SHAPES = {"before 25": tar(docker_before_25({APP: ["app:1"]})), "25": tar(docker_25({APP: ["app:1"]}))}
ARM = Platform(os="linux", architecture="arm64")


@contextmanager
def saved(
    saves: Saves, folder: Path, platform: Platform | None = None, *, timeout: float = 10
) -> Iterator[Image]:
    with saving(saves, timeout=timeout) as daemon, ExitStack() as stack:
        read = daemon.saved(found(saves, "app:1"), spool_folder=str(folder), platform=platform)
        stack.callback(read.contents.close)
        yield read


def given(read: Image, *wanted: str) -> dict[str, bytes]:
    """What comes of these, by its digest; names are true, and nothing comes twice."""
    contents = {}
    for part in read.contents.parts(wanted):
        content = b"".join(part.blocks())
        assert len(content) == part.size
        assert part.digest in (None, digest(content))
        assert digest(content) not in contents
        contents[digest(content)] = content
    return contents


def failure(saves: Saves, folder: Path, *wanted: str) -> Problem:
    with pytest.raises(StepError) as caught, saved(saves, folder) as read:
        given(read, *(wanted or ALL))
    return caught.value.problem


# --- the classic store ---------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", SHAPES.values(), ids=SHAPES)
def test_the_image_is_known_before_anything_is_saved(tmp_path: Path, stream: bytes) -> None:
    saves = classic(APP, stream)

    with saved(saves, tmp_path) as read:
        assert (read.image_id, read.names, read.notices) == (APP.image_id, ("app:1",), ())
        assert read.content == Unpacked(
            config_digest=APP.image_id,
            layers=tuple(Layer(diff_id=one) for one in APP.diff_ids),
            kind="docker",
            platform=Platform(os="linux", architecture="amd64"),
        )
        assert given(read) == {}
    assert saves.begun == 0


WANTED = {
    "everything": tuple(ALL),
    "every layer": tuple(LAYERS),
    "the configuration": (APP.image_id,),
    "one layer": (APP.diff_ids[1],),
    "a layer that comes twice": (APP.diff_ids[2],),
    "two layers": (APP.diff_ids[0], APP.diff_ids[3]),
    "a layer and the configuration": (APP.image_id, APP.diff_ids[3]),
}


@pytest.mark.parametrize("stream", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED)
def test_what_is_wanted_is_given_once(tmp_path: Path, stream: bytes, wanted: tuple[str, ...]) -> None:
    saves = classic(APP, stream)

    with saved(saves, tmp_path) as read:
        assert given(read, *wanted) == {name: ALL[name] for name in wanted}
        # and again, if it is wanted again
        assert given(read, *wanted) == {name: ALL[name] for name in wanted}
    assert saves.begun == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stream", SHAPES.values(), ids=SHAPES)
def test_what_was_not_read_to_its_end_is_skipped(tmp_path: Path, stream: bytes) -> None:
    with saved(classic(APP, stream), tmp_path) as read:
        parts = [next(part.blocks())[:1] for part in read.contents.parts(ALL)]

    assert len(parts) == len(ALL)


def test_every_layer_goes_by_no_name_where_the_daemon_gives_none() -> None:
    """Nothing is spooled then: the reader hashes it anyway."""
    with saved(classic(APP, SHAPES["before 25"]), Path("/nowhere")) as read:
        parts = [(part.digest, part.place, len(list(part.blocks()))) for part in read.contents.parts(ALL)]

    assert sorted(parts, key=str) == sorted([(None, None, 1)] * 3 + [(APP.image_id, None, 1)], key=str)


def test_parts_that_had_to_be_told_apart_can_be_read_again(tmp_path: Path) -> None:
    with saved(classic(APP, SHAPES["before 25"]), tmp_path) as read:
        parts = list(read.contents.parts(APP.diff_ids[:2]))

        assert all(part.place for part in parts)
        assert {part.digest: b"".join(part.blocks()) for part in parts} == {
            name: LAYERS[name] for name in APP.diff_ids[:2]
        }


def big(count: int) -> Files:
    """A save of 25 or later with much behind the first layer."""
    files = docker_25({APP: ["app:1"]})
    first = f"blobs/{APP.diff_ids[0].replace(':', '/')}"
    return {first: files.pop(first), **{f"z{number}": bytes(1_000_000) for number in range(count)}, **files}


def test_the_daemon_is_left_as_soon_as_everything_is_there(tmp_path: Path) -> None:
    saves = classic(APP, tar(big(30)))

    with saved(saves, tmp_path) as read:
        assert given(read, APP.diff_ids[0]) == {APP.diff_ids[0]: APP.layers[0]}
        assert saves.left.wait(10)
    assert saves.sent < 10_000_000


def test_the_daemon_may_be_silent_for_longer_than_other_answers_take(tmp_path: Path) -> None:
    with saved(classic(APP, SHAPES["25"], waits=1.0), tmp_path, timeout=0.3) as read:
        assert given(read, *ALL) == ALL


def test_closing_ends_a_stream_that_another_thread_waits_for(tmp_path: Path) -> None:
    saves = classic(APP, SHAPES["25"][:20_000], stalls=True)
    ended: list[Problem] = []

    def read_all(read: Image) -> None:
        try:
            given(read, *ALL)
        except StepError as error:
            ended.append(error.problem)

    with saved(saves, tmp_path) as read:
        thread = threading.Thread(target=read_all, args=(read,))
        thread.start()
        assert saves.stalled.wait(10)
        time.sleep(0.1)  # until it really waits
        read.contents.close()
        thread.join(10)

        assert not thread.is_alive()
    assert [one.code for one in ended] == ["daemon"]


@pytest.mark.parametrize("driver", [[], CONTAINERD])
def test_the_platform_must_be_that_of_the_image(tmp_path: Path, driver: list[list[str]]) -> None:
    kept = manifest(APP)
    stream = tar(docker_containerd(("app:1", kept, APP, kept)))
    saves = classic(APP, stream, driver=driver)
    saves.image_id = kept.digest if driver else APP.image_id

    with saved(saves, tmp_path, Platform(os="linux", architecture="amd64")) as read:
        assert read.image_id == APP.image_id
    expected = "has no image for linux/arm64: it has linux/amd64"
    with pytest.raises(StepError, match=expected) as caught, saved(saves, tmp_path, ARM):
        pass
    assert caught.value.problem.code == "candidate"


def test_an_image_without_layers_is_refused(tmp_path: Path) -> None:
    """The classic store itself does not save such."""
    with pytest.raises(StepError, match="has no layers") as caught, saved(classic(image(), b""), tmp_path):
        pass
    assert caught.value.problem.code == "candidate"


# --- failures ------------------------------------------------------------------------------------------

TOLD = b'{"errorDetail":{"message":"write /tmp: no space left"},"error":"write /tmp: no space left"}\r\n'


@pytest.mark.parametrize("stream", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("at", [0, 700, 5000, 10_000])
@pytest.mark.parametrize("told", [b"", TOLD, b'{"message":"write /tmp: no space left"}'])
@pytest.mark.parametrize("cut", [False, True])
def test_a_stream_that_ends_early_is_a_failure_of_the_daemon(
    tmp_path: Path, stream: bytes, at: int, told: bytes, *, cut: bool
) -> None:
    """Whether the connection is lost, or the daemon writes why behind what it has sent."""
    problem = failure(classic(APP, stream[:at] + told, cut=cut), tmp_path)

    assert problem.code == "daemon"
    assert problem.retryable
    assert "docker save" in problem.message
    if told and not cut:
        assert problem.message.endswith("write /tmp: no space left")


def test_what_is_told_behind_the_end_matters_only_when_something_is_missing(tmp_path: Path) -> None:
    files = docker_25({APP: ["app:1"]})
    stream = tar(files) + TOLD

    with saved(classic(APP, stream), tmp_path) as read:
        assert given(read, *ALL) == ALL
    del files[f"blobs/{APP.diff_ids[0].replace(':', '/')}"]
    problem = failure(classic(APP, tar(files) + TOLD), tmp_path)
    assert problem.message.endswith(f"without {APP.diff_ids[0]}: write /tmp: no space left")
    assert APP.diff_ids[0] in failure(classic(APP, tar(files)), tmp_path).message


def test_what_is_sent_is_no_tar(tmp_path: Path) -> None:
    assert "sends a `docker save` that is no tar" in failure(classic(APP, b"hello" * 1000), tmp_path).message
    assert "sends a `docker save` that is empty" in failure(classic(APP, b""), tmp_path).message


def test_an_image_that_is_gone_is_no_failure_of_the_daemon(tmp_path: Path) -> None:
    problem = failure(classic(APP, b"", status=404), tmp_path)

    assert (problem.code, problem.retryable) == ("candidate", False)
    assert APP.image_id in problem.message


def test_a_daemon_that_refuses_to_save(tmp_path: Path) -> None:
    problem = failure(classic(APP, b"", status=500), tmp_path)

    assert (problem.code, problem.retryable) == ("daemon", True)
    assert problem.message.endswith("answers `docker save` with 500: no such thing")


def test_a_configuration_larger_than_registries_take(tmp_path: Path) -> None:
    made = image(1, label="x" * 5_000_000)

    problem = failure(classic(made, tar(docker_25({made: ["app:1"]}))), tmp_path, made.image_id)

    assert (problem.code, problem.retryable) == ("candidate", False)


# --- the containerd store ------------------------------------------------------------------------------


def test_an_index_of_the_containerd_store_is_read_from_the_spool(tmp_path: Path) -> None:
    one = manifest(APP)
    root = index(one, attestation(one))
    stream = tar(docker_containerd(("", root, APP, one)))
    saves = Saves(image_id=root.digest, driver=CONTAINERD, stream=stream)

    with saved(saves, tmp_path) as read:
        assert (read.image_id, read.names) == (APP.image_id, ("app:1",))
        assert isinstance(read.content, Packed)
        assert read.content.root.content == root.content
        assert everything(read).items() <= root.blobs.items()
        assert list(tmp_path.iterdir()) == []
    assert saves.begun == 1


def test_an_uncompressed_image_of_the_containerd_store_keeps_its_manifest(tmp_path: Path) -> None:
    """There the manifest is real, other than in a tar of the classic store that looks the same."""
    kept = manifest(APP, "", annotations={"a": "b"})
    stream = tar(docker_containerd(("app:1", kept, APP, kept)))
    saves = Saves(image_id=kept.digest, driver=CONTAINERD, stream=stream)

    with saved(saves, tmp_path) as read:
        assert read.image_id == APP.image_id
        assert isinstance(read.content, Unpacked)
        assert read.content.kind == "oci"
        assert read.content.template
        assert read.content.template.content == kept.content
        assert everything(read) == ALL


@pytest.mark.parametrize("cut", [False, True])
def test_a_stream_of_the_containerd_store_that_ends_early(tmp_path: Path, *, cut: bool) -> None:
    kept = manifest(APP)
    stream = tar(docker_containerd(("app:1", kept, APP, kept)))
    saves = Saves(image_id=kept.digest, driver=CONTAINERD, stream=stream[:5000] + TOLD, cut=cut)

    problem = failure(saves, tmp_path)

    assert (problem.code, problem.retryable) == ("daemon", True)
    assert cut or problem.message.endswith("write /tmp: no space left")
    saves.stream, saves.cut = stream + TOLD, False
    with saved(saves, tmp_path) as read:
        assert read.image_id == APP.image_id


def test_a_bad_image_of_the_containerd_store_is_no_failure_of_the_daemon(tmp_path: Path) -> None:
    kept = manifest(APP)
    files = docker_containerd(("app:1", kept, APP, kept))
    del files[f"blobs/{json.loads(kept.content)['layers'][0]['digest'].replace(':', '/')}"]

    problem = failure(Saves(image_id=kept.digest, driver=CONTAINERD, stream=tar(files)), tmp_path)

    assert (problem.code, problem.retryable) == ("candidate", False)


def test_no_room_for_the_spool(tmp_path: Path) -> None:
    kept = manifest(APP)
    stream = tar(docker_containerd(("app:1", kept, APP, kept)))
    containerd = Saves(image_id=kept.digest, driver=CONTAINERD, stream=stream)

    for problem in (
        failure(containerd, tmp_path / "nowhere"),
        failure(classic(APP, SHAPES["before 25"]), tmp_path / "nowhere", APP.diff_ids[1]),
    ):
        assert problem.code == "disk"
        assert str(tmp_path / "nowhere") in problem.message
        assert "TMPDIR" in problem.hint
