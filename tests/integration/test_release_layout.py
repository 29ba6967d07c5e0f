"""What a release pushes: one image for two platforms, in a layout as buildx writes it, statements included.

arm64 does not run here. The image is that of this checkout, and for the second platform the same in another's name.
"""

import json
import os
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.images import Image

from pushstep.oci import sha256
from tests.e2e.machine import buildah
from tests.integration.conftest import remove
from tests.support.pushstep import Pushstep, Run
from tests.support.registries import Registry

PLATFORMS = ["linux/amd64", "linux/arm64"]
TAGS = ["0", "0.1", "0.1.0", "latest"]
UNKNOWN = {"os": "unknown", "architecture": "unknown"}


@pytest.fixture(scope="module", name="built")
def _built(docker_client: docker.DockerClient) -> Image:
    """The container image of this checkout."""
    return docker_client.images.get(os.environ["DEV_PUSHSTEP_IMAGE"])


@pytest.fixture(scope="module", name="layout")
def _layout(built: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    with (folder / "saved.tar").open("wb") as file:
        file.writelines(built.save())
    buildah.build(folder / "image", folder / "saved.tar", PLATFORMS)
    (folder / "saved.tar").unlink()
    attest(folder / "image")
    return folder / "image"


def attest(layout: Path) -> None:
    """Add what buildx states by itself about how it built the first image: a manifest that is no image."""
    index = json.loads(read(layout, root(layout)))
    statement = buildah.put(layout, "application/vnd.in-toto+json", b'{"_type": "a statement"}')
    config = {**UNKNOWN, "rootfs": {"type": "layers", "diff_ids": [statement["digest"]]}}
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{buildah.OCI}.manifest.v1+json",
        "config": buildah.put(layout, f"{buildah.OCI}.config.v1+json", json.dumps(config).encode()),
        "layers": [statement],
    }
    about = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": index["manifests"][0]["digest"],
    }
    put = buildah.put(layout, f"{buildah.OCI}.manifest.v1+json", json.dumps(manifest).encode())
    index["manifests"].append({**put, "platform": UNKNOWN, "annotations": about})
    whole = buildah.put(layout, f"{buildah.OCI}.index.v1+json", json.dumps(index).encode())
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [whole]}))


def root(layout: Path) -> str:
    """The digest of the one thing that the layout is for."""
    (one,) = json.loads((layout / "index.json").read_text())["manifests"]
    return str(one["digest"])


def read(layout: Path, digest: str) -> bytes:
    return (layout / "blobs/sha256" / digest.removeprefix("sha256:")).read_bytes()


def children(layout: Path) -> dict[str, str]:
    """Platform → digest, as the layout's index has them."""
    listed = json.loads(read(layout, root(layout)))["manifests"]
    return {f"{one['platform']['os']}/{one['platform']['architecture']}": one["digest"] for one in listed}


def push(pushstep: Pushstep, layout: Path, registry: Registry, repository: str, *options: str) -> Run:
    return pushstep(
        *("--candidate", f"oci:{layout}", "--transport", "direct", "--registry", registry.host),
        *("--image-name", repository, *options),
    )


def test_section_4_both_platforms_arrive_whole_under_every_tag(
    pushstep: Pushstep,
    docker_client: docker.DockerClient,
    registries: dict[str, Registry],
    built: Image,
    layout: Path,
    repository: str,
) -> None:
    registry = registries["open"]

    run = push(pushstep, layout, registry, repository, "--tags", ",".join(TAGS))

    assert run.status == 0, run.err
    assert run.out == f"{registry.host}/{repository}@{root(layout)}\n"
    assert registry.tags(repository) == TAGS
    assert {registry.digest(repository, tag) for tag in TAGS} == {root(layout)}
    assert list(children(layout)) == [*PLATFORMS, "unknown/unknown"]
    assert registry.content(repository, "manifests", root(layout)) == read(layout, root(layout))
    for platform, child in children(layout).items():
        manifest = registry.content(repository, "manifests", child)
        assert manifest == read(layout, child)
        told: dict[str, Any] = json.loads(manifest)
        config = json.loads(registry.content(repository, "blobs", told["config"]["digest"]))
        assert f"{config['os']}/{config['architecture']}" == platform
        for layer in told["layers"]:
            assert sha256(registry.content(repository, "blobs", layer["digest"])) == layer["digest"]
    # a daemon takes the one that it can run, and knows it for what was built
    name = f"{registry.host}/{repository}"
    try:
        assert docker_client.images.pull(name, tag=TAGS[0]).id == built.id
    finally:
        remove(docker_client, f"{name}:{TAGS[0]}")


def test_section_4_platform_picks_one(
    pushstep: Pushstep, registries: dict[str, Registry], layout: Path, repository: str
) -> None:
    registry = registries["open"]
    wanted = children(layout)["linux/arm64"]

    run = push(pushstep, layout, registry, repository, "--platform", "linux/arm64", "--tag", "arm64")

    assert run.status == 0, run.err
    assert registry.digest(repository, "arm64") == wanted
    manifest = json.loads(registry.content(repository, "manifests", "arm64"))
    assert (
        json.loads(registry.content(repository, "blobs", manifest["config"]["digest"]))["architecture"]
        == "arm64"
    )
    for other in {root(layout), *children(layout).values()} - {wanted}:
        assert registry.digest(repository, other) is None
