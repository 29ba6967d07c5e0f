"""The outputs of interface 3 in real files, for each way that a run can end, on GitHub and on GitLab."""

from collections.abc import Callable

import pytest
from docker.models.images import Image

from tests.support.formats import github_file, gitlab_dotenv
from tests.support.pushstep import Pushstep
from tests.support.registries import Registry, scripted

NAMES = {
    "image-id": "PUSHED_IMAGE_ID",
    "digest": "PUSHED_DIGEST",
    "image": "PUSHED_IMAGE",
    "tags": "PUSHED_TAGS",
    "registry": "PUSHED_REGISTRY",
    "result": "PUSHED_RESULT",
}
ENDINGS: dict[str, tuple[list[str], str, int, tuple[str, ...]]] = {
    # options, result, exit status, references that are there (GOOD and BAD are the registries)
    "pushed": (["--tags=GOOD/a:1,GOOD/a:2"], "success", 0, ("GOOD/a:1", "GOOD/a:2")),
    "skipped": (["--tags=GOOD/a:1", "--when={branch: {ignore: [main]}}"], "skipped", 0, ()),
    "dry": (["--tags=GOOD/a:1", "--dry-run"], "skipped", 0, ()),
    "half": (["--tags=BAD/a:1,GOOD/a:1"], "failure", 1, ("GOOD/a:1",)),
    "half, softly": (["--tags=BAD/a:1,GOOD/a:1", "--fail-fast=false"], "failure", 0, ("GOOD/a:1",)),
    "failed": (["--tags=BAD/a:1"], "failure", 1, ()),
    "failed, softly": (["--tags=BAD/a:1", "--fail-fast=false"], "failure", 0, ()),
    "bad input": (["--tags=GOOD/a"], "failure", 2, ()),
}
READERS: dict[str, Callable[[Pushstep], dict[str, str]]] = {
    "github": lambda pushstep: github_file((pushstep.folder / "output").read_text()),
    "gitlab": lambda pushstep: gitlab_dotenv((pushstep.folder / "pushstep.env").read_text()),
}


@pytest.mark.parametrize("ci", READERS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_interface_3_outputs_however_it_ends(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str, ci: str, ending: str
) -> None:
    options, result, status, there = ENDINGS[ending]
    good = registries["open"]
    (pushstep.folder / "output").touch()
    environ = {
        "github": {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REF_NAME": "main",
            "GITHUB_OUTPUT": str(pushstep.folder / "output"),
        },
        "gitlab": {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "main", "CI_PROJECT_DIR": str(pushstep.folder)},
    }
    with scripted(403, '{"errors":[{"code":"DENIED","message":"no"}]}') as bad:

        def named(text: str) -> str:
            return text.replace("GOOD/a", f"{good.host}/{repository}").replace(
                "BAD/a", f"{bad.host}/{repository}"
            )

        run = pushstep("--candidate", image.tags[0], *map(named, options), environ=environ[ci])

    values = READERS[ci](pushstep)
    digest = good.digest(repository, "1") or ""
    expected = {
        "image-id": str(image.id) if there else "",
        "digest": digest,
        "image": f"{good.host}/{repository}@{digest}" if there else "",
        "tags": ("\n" if ci == "github" else ",").join(map(named, there)),
        "registry": good.host if there else "",
        "result": result,
    }
    assert run.status == status, run.err
    assert bool(digest) == bool(there)
    if ci == "github":
        assert values.pop("json").startswith('{"version":1,')
        assert values.pop("imageid") == expected["image-id"]
        assert values == expected
    else:
        assert values == {NAMES[name]: value for name, value in expected.items()}
