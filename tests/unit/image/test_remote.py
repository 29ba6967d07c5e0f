"""`docker://REF`: an image in a registry is known by its manifests alone, and read when somebody lacks it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from pushstep import oci
from pushstep.errors import StepError
from pushstep.image import remote
from pushstep.image.model import Image, Packed
from pushstep.oci import Index, Manifest, Platform
from pushstep.step.candidate import RemoteImage, candidate
from tests.support.archives import Kept, attestation, everything, image, index, manifest, two_platforms

APP = image(1, 2)


@dataclass
class Registry:
    """A fake of the protocol `Repository`, which counts what is read; the client is tested with real ones."""

    kept: Kept
    tags: tuple[str, ...] = ("1",)
    lies: bytes | None = None
    read: list[str] = field(default_factory=list)

    def manifest(self, reference: str) -> Manifest | Index | None:
        self.read.append(reference)
        content = self.kept.blobs.get(self.kept.digest if reference in self.tags else reference)
        return None if content is None else oci.parse(self.lies or content)

    def blob(self, digest: str) -> bytes:
        self.read.append(digest)
        return self.kept.blobs[digest]

    def blob_blocks(self, digest: str, size: int) -> Iterator[bytes]:
        content = self.blob(digest)
        assert len(content) == size
        yield content


def opened(registry: Registry, text: str = "docker://ghcr.io/acme/app:1", platform: str = "") -> Image:
    named = candidate(text)
    assert isinstance(named, RemoteImage)
    wanted = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
    return remote.opened(named, registry, Platform(**wanted) if platform else None)


@pytest.mark.parametrize("how", ["gzip", "zstd", ""])
def test_a_manifest_goes_as_it_is(how: str) -> None:
    """Uncompressed layers too: nobody reads them before they are wanted."""
    kept = manifest(APP, how)  # type: ignore[arg-type]  # a table is text
    registry = Registry(kept)

    read = opened(registry)

    assert (read.image_id, read.names, read.notices) == (APP.image_id, ("ghcr.io/acme/app:1",), ())
    assert isinstance(read.content, Packed)
    assert read.content.root.content == kept.content
    assert registry.read == ["1"]
    assert everything(read) == kept.without(kept.digest).blobs
    read.contents.close()


def test_an_index_goes_whole() -> None:
    root, *_ = two_platforms()
    registry = Registry(root)

    read = opened(registry)

    assert read.image_id == root.digest
    assert isinstance(read.content, Packed)
    listed = [one["digest"] for one in json.loads(root.content)["manifests"]]
    assert [one.digest for one in read.content.manifests] == [*listed, root.digest]
    # no configuration was needed
    assert registry.read == ["1", *listed]
    assert everything(read) == root.without(root.digest, *listed).blobs


def test_an_image_has_the_same_id_with_its_attestation() -> None:
    kept = manifest(APP)

    assert opened(Registry(index(kept, attestation(kept)))).image_id == APP.image_id


def test_platform_picks_one_and_reads_no_other() -> None:
    root, _, second = two_platforms()
    registry = Registry(root)

    read = opened(registry, platform="linux/arm64/v8")

    assert isinstance(read.content, Packed)
    assert [one.digest for one in read.content.manifests] == [second.digest]
    assert registry.read == ["1", second.digest]


def test_platform_must_be_that_of_a_single_image() -> None:
    registry = Registry(manifest(APP))

    assert opened(registry, platform="linux/amd64").image_id == APP.image_id
    with pytest.raises(
        StepError, match=r"ghcr\.io/acme/app has no image for linux/arm64: it has linux/amd64"
    ):
        opened(registry, platform="linux/arm64")


def test_a_digest_names_exactly_that() -> None:
    kept = manifest(APP)
    text = f"docker://ghcr.io/acme/app@{kept.digest}"

    assert opened(Registry(kept), text).names == ()
    with pytest.raises(StepError, match=r"gives sha256:[0-9a-f]+ for sha256:"):
        opened(Registry(kept, lies=manifest(image(3)).content), text)


def test_children_that_are_gone_cost_the_index() -> None:
    root, first, second = two_platforms()

    read = opened(Registry(root.without(second.digest)))

    assert isinstance(read.content, Packed)
    assert [one.digest for one in read.content.manifests] == [first.digest]
    assert f"ghcr.io/acme/app lacks linux/arm64 ({second.digest})" in read.notices[0]


BAD = {
    "not there": (Registry(manifest(APP), tags=()), "ghcr.io/acme/app has no image 1"),
    "no layers": (Registry(manifest(image())), "has no layers"),
    "an artifact": (Registry(manifest(APP, config_type="a/b")), "holds no image but another artifact"),
    "an index of nothing": (Registry(index()), "but no image is in it"),
}


@pytest.mark.parametrize(("registry", "expected"), BAD.values(), ids=BAD)
def test_what_is_no_image_is_refused(registry: Registry, expected: str) -> None:
    with pytest.raises(StepError) as caught:
        opened(registry)
    assert caught.value.problem.code == "candidate"
    assert expected in caught.value.problem.message


def test_a_blob_that_no_manifest_names() -> None:
    with pytest.raises(StepError, match="has no blob sha256:0"):
        list(opened(Registry(manifest(APP))).contents.parts(["sha256:0"]))
