"""The image as a real daemon saves it: the same that its own tar has, and left as soon as that is there."""

import hashlib
import io
import json
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.models.images import Image as Built

from pushstep.errors import StepError
from pushstep.image import source
from pushstep.image.daemon import Daemon
from pushstep.image.model import Image, Unpacked
from pushstep.step.candidate import StoredImage, candidate
from tests.integration.conftest import remove


@pytest.fixture
def daemon(docker_client: docker.DockerClient, socket: str) -> Daemon:
    return Daemon(docker_client.api, f"unix://{socket}")


@pytest.fixture
def several(docker_client: docker.DockerClient, tmp_path: Path) -> Iterator[Built]:
    """An image of four layers, of which two are equal."""
    context = tmp_path / "context"
    context.mkdir()
    for name in ("a", "b", "c"):
        (context / name).write_bytes(uuid.uuid4().bytes * 20_000)
    steps = ["FROM scratch", "COPY a /", "COPY b /", "COPY c /", "COPY a /"]
    (context / "Dockerfile").write_text("\n".join([*steps, 'CMD ["/a"]\n']))
    name = f"pushstep-dev/layers-{uuid.uuid4().hex[:10]}"
    built, _ = docker_client.images.build(path=str(context), tag=f"{name}:ci", rm=True)
    yield built
    remove(docker_client, f"{name}:ci")


@pytest.fixture
def opened(daemon: Daemon, several: Built, tmp_path: Path) -> Iterator[Image]:
    read = daemon.saved(daemon.find(several.tags[0]), spool_folder=str(tmp_path))
    yield read
    read.contents.close()


def unpacked(read: Image) -> Unpacked:
    assert isinstance(read.content, Unpacked)
    return read.content


def given(read: Image, *wanted: str) -> dict[str, bytes]:
    contents = {}
    for part in read.contents.parts(wanted):
        content = b"".join(part.blocks())
        assert len(content) == part.size
        contents[f"sha256:{hashlib.sha256(content).hexdigest()}"] = content
    return contents


def test_the_image_is_that_of_the_archive(
    opened: Image, several: Built, docker_client: docker.DockerClient, tmp_path: Path
) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(b"".join(docker_client.images.get(several.tags[0]).save(named=True)))
    named = candidate("docker-archive:image.tar")
    assert isinstance(named, StoredImage)
    archive = source.stored(named, str(path), spool_folder=str(tmp_path))

    stream, file = unpacked(opened), unpacked(archive)
    assert opened.image_id == archive.image_id == several.id
    assert opened.names == archive.names == tuple(several.tags)
    assert stream.platform == file.platform
    assert [one.diff_id for one in stream.layers] == [one.diff_id for one in file.layers]
    names = [stream.config_digest, *(one.diff_id for one in stream.layers)]
    contents = given(opened, *names)
    assert contents.keys() == set(names)
    assert (len(stream.layers), len(contents)) == (4, 4)
    assert stream.layers[0].diff_id == stream.layers[3].diff_id
    assert contents == given(archive, *names)
    assert contents[stream.config_digest] == file.config
    assert json.loads(contents[stream.config_digest])["config"]["Cmd"] == ["/a"]
    assert [names_in(contents[one.diff_id]) for one in stream.layers] == [["a"], ["b"], ["c"], ["a"]]
    archive.contents.close()


def names_in(layer: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return tar.getnames()


@pytest.mark.parametrize("number", [0, 1, 2])
def test_one_layer_is_told_from_the_others(opened: Image, number: int) -> None:
    diff_id = unpacked(opened).layers[number].diff_id

    assert given(opened, diff_id).keys() == {diff_id}


def test_the_configuration_alone(opened: Image) -> None:
    digest = unpacked(opened).config_digest

    assert given(opened, digest).keys() == {digest}


def test_an_image_that_is_removed_before_it_is_read(
    opened: Image, several: Built, docker_client: docker.DockerClient
) -> None:
    remove(docker_client, several.tags[0])

    with pytest.raises(StepError) as caught:
        given(opened, unpacked(opened).config_digest)

    assert caught.value.problem.code in ("candidate", "daemon")
    assert opened.image_id in caught.value.problem.message
