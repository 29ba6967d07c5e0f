"""Image layouts as destinations, in whole runs: filled from a daemon, emptied into a registry."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from docker.models.images import Image

from tests.integration.test_push import github
from tests.support.formats import github_file
from tests.support.pushstep import ROOT, Pushstep, Run
from tests.support.registries import PASSWORD, USER, Registry

CONFIGURATIONS = {
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
}
TAG = "org.opencontainers.image.ref.name"


def tags(folder: Path) -> dict[str, str]:
    entries = json.loads((folder / "index.json").read_text())["manifests"]
    return {one["annotations"][TAG]: one["digest"] for one in entries}


def manifest(folder: Path, digest: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "blobs/sha256" / digest[7:]).read_text())
    return found


def statuses(run: Run) -> list[dict[str, str]]:
    return [{tag["tag"]: tag["status"] for tag in place["tags"]} for place in run.destinations]


@pytest.mark.usefixtures("unchanged_names")
def test_section_5_1_an_image_is_carried_in_a_layout(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    registry, folder = registries["htpasswd"], pushstep.folder / "carried/app"

    there = pushstep(
        *("--candidate", image.tags[0], "--registry", "oci:carried/app", "--tags", "1.2,latest"),
        environ=github(pushstep),
    )
    here = pushstep(
        *("--candidate", "oci:carried/app:1.2", "--registry", registry.host, "--image-name", repository),
        *("--tags", "1.2", "--username", USER, "--password-stdin"),
        environ={"PYTHONPROFILEIMPORTTIME": "1"},
        stdin=PASSWORD,
    )

    assert (there.status, here.status) == (0, 0), there.err + here.err
    digest = registry.digest(repository, "1.2")
    assert digest
    assert manifest(folder, digest)["config"]["mediaType"] in CONFIGURATIONS
    assert tags(folder) == {"1.2": digest, "latest": digest}
    assert there.out == f"oci:carried/app@{digest}\n"
    outputs = github_file(there.file("output"))
    assert outputs["image"] == f"oci:carried/app@{digest}"
    assert outputs["image-id"] == image.id
    assert outputs["registry"] == "oci:carried/app"
    assert sorted(outputs["tags"].splitlines()) == ["oci:carried/app:1.2", "oci:carried/app:latest"]
    assert here.report["steps"][0]["image_id"] == image.id
    # no daemon is asked, so nothing waits for the Docker SDK
    imported = {line.rpartition("|")[2].strip() for line in here.err.splitlines()}
    assert ("requests" in imported, "docker" in imported) == (True, False)


def test_section_5_1_a_second_run_changes_nothing_and_other_tags_stay(
    pushstep: Pushstep, image: Image
) -> None:
    command = ("--candidate", image.tags[0], "--registry", "oci:out")

    first = pushstep(*command, "--tags", "a,b")
    assert first.status == 0, first.err
    assert statuses(first) == [{"a": "created", "b": "created"}]
    before = tags(pushstep.folder / "out")
    again = pushstep(*command, "--tags", "a,c")

    assert again.status == 0, again.err
    assert statuses(again) == [{"a": "unchanged", "c": "created"}]
    assert again.destinations[0]["layers"][0]["status"] == "present"
    assert tags(pushstep.folder / "out") == {**before, "c": before["a"]}


def test_section_3_what_a_step_put_into_a_layout_is_the_candidate_of_a_later_one(
    pushstep: Pushstep, image: Image
) -> None:
    steps = {
        "first": {"type": "push", "candidate": image.tags[0], "registry": "oci:out", "tags": ["1", "2"]},
        "second": {"type": "push", "candidate": "${{first}}", "registry": "oci:other", "tag": "3"},
    }

    run = pushstep("--step", json.dumps({"steps": steps}))

    assert run.status == 0, run.err
    (digest,) = set(tags(pushstep.folder / "out").values())
    assert tags(pushstep.folder / "other") == {"3": digest}
    assert [step["image_id"] for step in run.report["steps"]] == [image.id, image.id]


def test_section_5_1_no_login_is_asked_for_and_a_rehearsal_makes_nothing(
    pushstep: Pushstep, image: Image
) -> None:
    run = pushstep(
        *("--candidate", image.tags[0], "--registry", "oci:out", "--username", USER, "--dry-run"),
        environ={"PUSHSTEP_PASSWORD": PASSWORD, "DOCKER_AUTH_CONFIG": "no JSON"},
    )

    assert run.status == 0, run.err
    assert "not used, as an image layout asks for no login" in run.log
    (place,) = run.destinations
    assert (place["registry"], place["identity"], place["tags"][0]["status"]) == ("oci:out", None, "planned")
    assert not (pushstep.folder / "out").exists()


def test_section_5_1_a_folder_of_something_else_fails_and_the_others_are_filled(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    (pushstep.folder / "out").mkdir()
    (pushstep.folder / "out/file").write_text("theirs")
    registry = registries["open"]

    run = pushstep(
        *("--candidate", image.tags[0], "--registry", f"oci:out,{registry.host}"),
        *("--image-name", repository, "--tag", "1"),
    )

    assert run.status == 1
    assert run.codes == ["layout"]
    assert "oci:out is no image layout, and not empty" in run.log
    assert registry.digest(repository, "1")
    assert [path.name for path in (pushstep.folder / "out").iterdir()] == ["file"]


def test_section_4_the_names_in_an_archive_tell_the_repository(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image
) -> None:
    (pushstep.folder / "app.tar").write_bytes(b"".join(image.save(named=True)))
    with tarfile.open(pushstep.folder / "app.tar") as archive:
        assert "manifest.json" in archive.getnames()
    registry, name = registries["open"], image.tags[0].partition(":")[0]

    run = pushstep("--candidate", "docker-archive:app.tar", "--registry", registry.host, "--tag", "1")

    assert run.status == 0, run.err
    assert f"its one name gives the repository {name}" in run.log
    assert registry.digest(name, "1") == run.report["steps"][0]["digest"]


def test_section_4_what_a_daemon_has_not_pulled_of_an_index_is_said(pushstep: Pushstep) -> None:
    archive = ROOT / "tests/fixtures/archives/docker-26.1-containerd-pulled.tar"

    run = pushstep("--candidate", f"docker-archive:{archive}", "--registry", "oci:out", "--tag", "1")

    assert run.status == 0, run.err
    assert "notice: " in run.log
    assert "lacks linux/arm64" in run.log
    (digest,) = tags(pushstep.folder / "out").values()
    found = manifest(pushstep.folder / "out", digest)
    assert (run.report["steps"][0]["image_id"], "manifests" in found) == (found["config"]["digest"], False)


MISSING = ["docker-archive:none.tar", "oci-archive:none.tar", "oci:none"]


@pytest.mark.parametrize("candidate", MISSING)
def test_section_1_3_a_missing_file_is_the_steps_failure(pushstep: Pushstep, candidate: str) -> None:
    run = pushstep("--candidate", candidate, "--registry", "oci:out")

    assert (run.status, run.codes) == (1, ["candidate"])
    assert "none" in run.log
    assert not (pushstep.folder / "out").exists()
