"""A release is one commit that changes `action.yml` alone, and its tags: the real script, in real repositories."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
IMAGE = f"ghcr.io/acme/pushstep@sha256:{'1' * 64}"
OTHER = f"ghcr.io/acme/pushstep@sha256:{'2' * 64}"


@dataclass(frozen=True, kw_only=True)
class Clone:
    """A clone of the project whose remote is a bare repository beside it."""

    folder: Path
    environ: dict[str, str]

    @property
    def bare(self) -> Path:
        return self.folder.parent / "remote.git"

    def git(
        self, *arguments: str, where: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=where or self.folder,
            env=self.environ | dict(environ or {}),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def release(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # -S hides every installed package: the job that releases has none.
        return subprocess.run(
            [sys.executable, "-S", str(self.folder / ".ci/release.py"), *arguments],
            cwd=self.folder.parent,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def released(self, *arguments: str) -> str:
        """Release, and give the commit."""
        done = self.release(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()[0]

    def commit(self, version: str) -> str:
        """Commit another version of the project on main, there and here."""
        module = self.folder / "pushstep/__init__.py"
        module.write_text(f'"""Another version."""\n\n__version__ = "{version}"\n')
        self.git(
            "commit",
            "--quiet",
            "--all",
            "--message",
            f"Version {version}",
            environ=people("Ada", 1_700_000_000),
        )
        self.git("push", "--quiet", "origin", "main")
        return self.git("rev-parse", "HEAD")

    def publish(self, version: str, *, annotated: bool = False) -> str:
        """Commit a version and tag it there and here, as a release published on GitHub does."""
        head = self.commit(version)
        self.git("tag", *(["--annotate", "--message", "A release"] if annotated else []), f"v{version}")
        self.git("push", "--quiet", "origin", f"v{version}")
        return head

    def refs(self, where: Path | None = None) -> dict[str, str]:
        """Give each branch and tag with its commit."""
        form = "%(refname) %(objectname) %(*objectname)"
        rows = self.git("for-each-ref", f"--format={form}", where=where).splitlines()
        return {row.split()[0]: row.split()[-1] for row in rows}

    def tags(self, where: Path | None = None) -> dict[str, str]:
        found = self.refs(where)
        return {name.removeprefix("refs/tags/"): sha for name, sha in found.items() if "/tags/" in name}

    def state(self) -> tuple[str, ...]:
        """Give what a release must leave alone here: branch and work tree, index, HEAD's history, branches."""
        index = (self.folder / ".git/index").read_bytes().hex()
        status = self.git(
            "status", "--porcelain", "--branch", "--ignored=no", environ={"GIT_OPTIONAL_LOCKS": "0"}
        )
        branches = [f"{name} {sha}" for name, sha in self.refs().items() if "/tags/" not in name]
        return (index, status, self.git("reflog"), *branches)

    def again(self, name: str, *options: str) -> "Clone":
        """Clone the same remote once more, as the next job does."""
        self.git("clone", "--quiet", *options, f"file://{self.bare}", name, where=self.folder.parent)
        return Clone(folder=self.folder.parent / name, environ=self.environ)


def people(name: str, seconds: int) -> dict[str, str]:
    """Two people and two moments, so that nothing passes by being the other."""
    return {
        f"GIT_{who}_{what}": value
        for who, shift in (("AUTHOR", 0), ("COMMITTER", 60))
        for what, value in (
            ("NAME", f"{name} {who}"),
            ("EMAIL", f"{who.lower()}@example.com"),
            ("DATE", f"{seconds + shift} +0230"),
        )
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a release reads of this project as it is now, committed or not; one more file must survive it."""
    folder = tmp_path_factory.mktemp("project")
    for name in (".ci", "pushstep", "docs", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".gitignore", ".gitlab-ci-template.yml", "README.md", "action.yml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def clone(project: Path, tmp_path: Path) -> Clone:
    shutil.copytree(project, tmp_path / "clone")
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **people("Someone else", 1_750_000_000),
    }
    made = Clone(folder=tmp_path / "clone", environ=environ)
    made.git("init", "--quiet", "--bare", "--initial-branch=main", str(made.bare), where=tmp_path)
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("remote", "add", "origin", f"file://{made.bare}")
    made.git("add", ".")
    made.git("commit", "--quiet", "--message", "The project")
    return made


# what a release is


def test_the_release_commit_changes_only_what_the_action_runs(clone: Clone) -> None:
    head = clone.publish("1.2.3")

    commit = clone.released("v1.2.3", IMAGE)

    assert clone.git("rev-list", "--parents", "-1", commit) == f"{commit} {head}"
    assert clone.git("diff", "--name-status", head, commit) == "M\taction.yml"
    changed = clone.git("diff", "--unified=0", head, commit).splitlines()
    assert [line for line in changed if line[:2] in {"-#", "+#", "- ", "+ "}] == [
        "-# Made by `make generate` from pushstep/fields.py.",
        "+# Made by .ci/release.py from pushstep/fields.py: a release names its image, and no job builds it.",
        "-  image: Dockerfile",
        f"+  image: docker://{IMAGE}",
    ]
    assert IMAGE in clone.git("show", "--no-patch", "--format=%B", commit)


def test_the_released_action_is_valid_and_is_what_the_code_makes(clone: Clone) -> None:
    generate = [sys.executable, str(clone.folder / ".ci/generate.py")]
    clone.commit("1.2.3")
    # the version stands in GitLab's template as well: whoever raises it makes that anew
    subprocess.run(generate, capture_output=True, check=True)
    clone.git("commit", "--quiet", "--all", "--message", "Make it anew", environ=people("Ada", 1_700_000_001))
    clone.git("tag", "v1.2.3")
    clone.released("v1.2.3", IMAGE)
    clone.git("checkout", "--quiet", "v1.2.3")

    action = clone.folder / "action.yml"
    valid = ["check-jsonschema", "--builtin-schema", "vendor.github-actions", str(action)]
    valid[:1] = [str(Path(sys.executable).parent / "check-jsonschema")]
    made = [*generate, "--check"]

    assert yaml.safe_load(action.read_text())["runs"] == {"using": "docker", "image": f"docker://{IMAGE}"}
    assert subprocess.run(valid, capture_output=True, check=False).returncode == 0
    assert subprocess.run([*made, "--image", f"docker://{IMAGE}"], check=False).returncode == 0
    # On main nothing but the Dockerfile passes, or a release merged by mistake would freeze the action.
    assert subprocess.run(made, capture_output=True, check=False).stdout.startswith(b"action.yml differs")


def test_the_commit_has_the_people_and_dates_of_what_is_released(clone: Clone) -> None:
    head = clone.publish("1.2.3")

    commit = clone.released("v1.2.3", IMAGE)

    form = "--format=%an %ae %aI %cn %ce %cI"
    assert clone.git("show", "--no-patch", form, commit) == clone.git("show", "--no-patch", form, head)
    assert clone.git("show", "--no-patch", "--format=%an", commit) == "Ada AUTHOR"


def test_it_makes_the_tags_and_leaves_everything_else_alone(clone: Clone) -> None:
    head = clone.publish("1.2.3")
    before, there = clone.state(), clone.refs(clone.bare)

    done = clone.release("v1.2.3", IMAGE)

    commit = clone.tags()["v1.2.3"]
    assert done.stdout.split() == [commit, "v1.2.3", "1.2.3", "v1"]
    assert clone.tags() == dict.fromkeys(["1.2.3", "v1", "v1.2.3"], commit)
    assert commit != head
    assert clone.state() == before
    assert clone.refs(clone.bare) == there  # nobody asked for a push


def test_a_push_brings_the_tags_and_no_branch(clone: Clone) -> None:
    head = clone.publish("1.2.3")

    commit = clone.released("v1.2.3", IMAGE, "--push")

    assert clone.refs(clone.bare) == {
        "refs/heads/main": head,
        "refs/tags/1.2.3": commit,
        "refs/tags/v1": commit,
        "refs/tags/v1.2.3": commit,
    }
    assert clone.tags() == clone.tags(clone.bare)


def test_a_tag_that_nobody_made_before_is_made(clone: Clone) -> None:
    clone.commit("1.2.3")

    commit = clone.released("v1.2.3", IMAGE, "--push")

    assert clone.tags(clone.bare) == dict.fromkeys(["1.2.3", "v1", "v1.2.3"], commit)


def test_an_annotated_tag_moves_as_well(clone: Clone) -> None:
    clone.publish("1.2.3", annotated=True)

    commit = clone.released("v1.2.3", IMAGE, "--push")

    assert clone.tags(clone.bare)["v1.2.3"] == commit


def test_a_shallow_clone_is_enough_to_push(clone: Clone) -> None:
    """What a runner checks out."""
    head = clone.publish("1.2.3")
    job = clone.again("job", "--depth=1", "--branch=v1.2.3", "--config=advice.detachedHead=false")

    commit = job.released("v1.2.3", IMAGE, "--push")

    assert clone.tags(clone.bare)["v1.2.3"] == commit
    assert clone.git("rev-parse", f"{commit}^", where=clone.bare) == head


# twice is the same


def test_twice_is_the_same_commit_whoever_makes_it_and_when(clone: Clone) -> None:
    clone.publish("1.2.3")
    job = clone.again("job")
    job.git("config", "commit.gpgSign", "true")
    job.git("config", "tag.gpgSign", "true")
    job.git("config", "i18n.commitEncoding", "ISO-8859-1")
    other = Clone(folder=job.folder, environ=job.environ | people("Third", 1_760_000_000))

    first = clone.released("v1.2.3", IMAGE)
    second = clone.released("v1.2.3", IMAGE)
    third = other.released("v1.2.3", IMAGE)

    assert first == second == third
    assert clone.tags() == other.tags()


def test_a_second_push_succeeds_also_where_the_tag_is_still_the_old_one(clone: Clone) -> None:
    """A job that is run again checks out the commit of its event, under a tag that has moved meanwhile."""
    clone.publish("1.2.3")
    again = clone.again("again")
    commit = clone.released("v1.2.3", IMAGE, "--push")
    there = clone.refs(clone.bare)

    assert again.released("v1.2.3", IMAGE, "--push") == commit
    assert clone.released("v1.2.3", IMAGE, "--push") == commit

    assert clone.refs(clone.bare) == there


# which tags


def test_the_moving_tag_moves_on_with_the_next_release(clone: Clone) -> None:
    clone.publish("1.2.3")
    first = clone.released("v1.2.3", IMAGE, "--push")
    clone.publish("1.3.0")

    second = clone.released("v1.3.0", OTHER, "--push")

    assert clone.tags(clone.bare) == {
        "1.2.3": first, "v1.2.3": first, "1.3.0": second, "v1.3.0": second, "v1": second,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("version", "moving"),
    [("0.4.0", ["v0"]), ("2.0.0", ["v2"]), ("1.2.3-rc.1", []), ("0.1.0-alpha", [])],
)
def test_the_moving_tag_is_the_major_version_and_never_a_pre_release(
    clone: Clone, version: str, moving: list[str]
) -> None:
    clone.publish(version)

    commit = clone.released(f"v{version}", IMAGE, "--push")

    assert clone.tags(clone.bare) == dict.fromkeys([f"v{version}", version, *moving], commit)


@pytest.mark.parametrize("known", ["here", "there"])
def test_a_release_of_an_old_line_leaves_the_moving_tag(clone: Clone, known: str) -> None:
    clone.publish("1.10.0")
    newer = clone.released("v1.10.0", IMAGE, "--push")
    job = clone.again("job", "--no-tags") if known == "there" else clone
    job.publish("1.9.1")

    older = job.released("v1.9.1", OTHER, "--push")

    assert clone.tags(clone.bare)["v1"] == newer
    assert clone.tags(clone.bare)["v1.9.1"] == older


@pytest.mark.parametrize(
    ("version", "known", "tags"),
    [
        ("1.2.3", [], "1.2.3 1.2 1 latest"),
        ("0.1.0", [], "0.1.0 0.1 0 latest"),
        ("1.2.3", ["v1.2.2", "v1.2.3", "v0.9.0", "v1", "nightly", "1.4.0"], "1.2.3 1.2 1 latest"),
        ("1.2.3", ["v1.2.4-rc.1", "v2.0.0-rc.1"], "1.2.3 1.2 1 latest"),
        ("1.2.3", ["v1.2.10"], "1.2.3"),
        ("1.2.3", ["v1.10.0"], "1.2.3 1.2"),
        ("1.2.3", ["v2.0.0"], "1.2.3 1.2 1"),
        ("1.2.3-rc.1", [], "1.2.3-rc.1"),
    ],
)  # fmt: skip
def test_the_image_gets_the_tags_that_no_newer_release_has(
    clone: Clone, version: str, known: list[str], tags: str
) -> None:
    clone.commit(version)
    for name in known:
        clone.git("tag", name)

    done = clone.release(f"v{version}")

    assert (done.returncode, done.stdout.split()) == (0, tags.split())
    assert list(clone.tags()) == sorted(known)


# refusals


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["v1.2.4", IMAGE], ["v1.2.4 is not v1.2.3, the version"]),
        (["v1.2.4"], ["v1.2.4 is not v1.2.3, the version"]),
        (["1.2.3", IMAGE], ["'1.2.3' is no version"]),
        (["v1.2", IMAGE], ["'v1.2' is no version"]),
        (["v1.2.03", IMAGE], ["'v1.2.03' is no version"]),
        (["v1.2.3+build", IMAGE], ["'v1.2.3+build' is no version"]),
        (["v1.2.3\nx=y", IMAGE], ["is no version"]),
        (["v1.2.3", "ghcr.io/acme/pushstep:1.2.3"], ["has no digest"]),
        (["v1.2.3", "ghcr.io/acme/pushstep@sha256:12"], ["has no digest"]),
        (["v1.2.3", f"acme/pushstep@sha256:{'1' * 64}"], ["names no registry"]),
        (["v1.2.3", f"ghcr.io/acme/pushstep:1@sha256:{'1' * 64}"], ["is no repository name"]),
        (["v1.2.3", f"ghcr.io/Acme/pushstep@sha256:{'1' * 64}"], ["must be lower-case"]),
        (["v1.2.3", f"docker://ghcr.io/acme/pushstep@sha256:{'1' * 64}"], ["is no "]),
        (["v1", "pushstep"], ["'v1' is no version", "has no digest"]),
        (["v1.2.3", "--push"], ["--push needs the image"]),
        ([], ["required: tag"]),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(clone: Clone, arguments: Sequence[str], messages: list[str]) -> None:
    clone.publish("1.2.3")
    before, there = clone.refs(), clone.refs(clone.bare)

    done = clone.release(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert [message for message in messages if message not in done.stderr] == []
    assert "Traceback" not in done.stderr
    assert (clone.refs(), clone.refs(clone.bare)) == (before, there)


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_version_is_released_once(clone: Clone, where: str) -> None:
    clone.publish("1.2.3")
    job = clone.again("job") if where == "there" else clone
    clone.released("v1.2.3", IMAGE, "--push")
    before, there = job.refs(), clone.refs(clone.bare)

    done = job.release("v1.2.3", OTHER, "--push")

    assert done.returncode == 2
    assert "a version is released once" in done.stderr
    assert ("here" if where == "here" else "on origin") in done.stderr
    if where == "here":
        assert f"runs docker://{IMAGE}" in done.stderr
    assert (job.refs(), clone.refs(clone.bare)) == (before, there)


@pytest.mark.parametrize("name", ["v1.2.3", "1.2.3"])
def test_a_tag_of_another_commit_is_not_taken(clone: Clone, name: str) -> None:
    clone.git("tag", name)
    clone.commit("1.2.3")
    before = clone.refs()

    done = clone.release("v1.2.3", IMAGE)

    assert done.returncode == 2
    assert f"error: {name} here is " in done.stderr
    assert clone.refs() == before


def test_changes_that_are_not_committed_are_refused(clone: Clone) -> None:
    clone.publish("1.2.3")
    (clone.folder / "README.md").write_text("Other words.\n")
    before = clone.refs()

    done = clone.release("v1.2.3", IMAGE)

    assert (done.returncode, done.stdout) == (2, "")
    assert "must be committed" in done.stderr
    assert clone.refs() == before


def test_a_release_commit_is_not_released_again(clone: Clone) -> None:
    clone.publish("1.2.3")
    clone.released("v1.2.3", IMAGE)
    clone.git("checkout", "--quiet", "v1.2.3")
    before = clone.refs()

    done = clone.release("v1.2.3", IMAGE)

    assert (done.returncode, done.stdout) == (2, "")
    assert "is it a release commit itself?" in done.stderr
    assert clone.refs() == before


def test_a_push_that_fails_changes_nothing_here_and_nothing_there(clone: Clone) -> None:
    """The remote refuses one tag of three: the others do not move without it."""
    clone.publish("1.2.3")
    hook = clone.bare / "hooks/update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/tags/v1 ]\n')
    hook.chmod(0o755)
    before, there = clone.refs(), clone.refs(clone.bare)

    done = clone.release("v1.2.3", IMAGE, "--push")

    assert (done.returncode, done.stdout) == (1, "")
    assert "git push" in done.stderr
    assert (clone.refs(), clone.refs(clone.bare)) == (before, there)


def test_a_remote_out_of_reach_is_an_error_of_git(clone: Clone) -> None:
    clone.publish("1.2.3")
    shutil.rmtree(clone.bare)
    before = clone.refs()

    done = clone.release("v1.2.3", IMAGE, "--push")

    assert (done.returncode, done.stdout) == (1, "")
    assert "git ls-remote" in done.stderr
    assert clone.refs() == before
