"""Makes a release of what is checked out: a commit whose `action.yml` names the published image, with tags.

    main  ── A ── B ── M       M is released; its action.yml builds the Dockerfile.
                       └── R   R differs in action.yml alone, which runs docker://...@sha256:...
    v1.2.3, 1.2.3, v1 ──▶ R    R is on no branch.

A job that uses a Dockerfile action builds it first, every time, and what it gets depends on the day. R cannot
be on main, since the digest is known only after the image of M was pushed.

    release.py v1.2.3                checks the tag, prints the tags that the image gets
    release.py v1.2.3 IMAGE          makes commit and tags in this clone; IMAGE is the push's output `image`
    release.py v1.2.3 IMAGE --push   the same, and gives them to `origin`

`v1.2.3` moves from M, where the published release put it, to R. `v1` is what users write, and moves along.
The plain `1.2.3` is for GitLab's catalogue, which takes semantic versions, and never moves. A pre-release
moves nothing but its own tag, and a release of an old line takes nothing from a newer one. R has author,
committer and dates of M, so that a second run comes to the same commit. Branch, index and work tree stay as
they are.

It needs no package beside Python. Exit status: 0, 1 if git failed, 2 if the release makes no sense.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / ".ci")]

from generate import action  # noqa: E402 - the path comes first

from pushstep import __version__  # noqa: E402
from pushstep.registry.reference import NameFormatError, host, repository, split_host  # noqa: E402

REMOTE = "origin"
_NUMBER = r"(0|[1-9][0-9]*)"
_VERSION = re.compile(rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class RefusedError(Exception):
    """A release that makes no sense: every reason, a line each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """`numbers` decide which of two releases is newer; `text` is without the `v`."""

    text: str
    numbers: tuple[int, int, int]
    final: bool
    """False for a pre-release such as 1.2.3-rc.1."""

    @property
    def tag(self) -> str:
        """The tag of the release."""
        return f"v{self.text}"

    @property
    def major(self) -> str:
        """The moving tag; before 1.0 it is `v0`, which promises as little as 0.x does."""
        return f"v{self.numbers[0]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag:
    """Where a tag points: at an object of its own if it is annotated, in the end at a commit."""

    object: str
    commit: str


def version(tag: str) -> Version | None:
    """Parse the tag of a release; None for every other tag."""
    found = _VERSION.fullmatch(tag)
    if not found:
        return None
    numbers = (int(found[1]), int(found[2]), int(found[3]))
    return Version(text=tag.removeprefix("v"), numbers=numbers, final=found[4] is None)


def newest(ours: Version, known: Iterable[str], *, places: int) -> bool:
    """Whether no final release among `known` is newer than `ours` and shares its first `places` numbers."""
    others = [found.numbers for found in map(version, known) if found and found.final]
    return not any(one[:places] == ours.numbers[:places] and one > ours.numbers for one in others)


def image_tags(ours: Version, known: Iterable[str]) -> list[str]:
    """Give the tags of the image: 1.2.3, and those of 1.2, 1 and latest that no newer release has."""
    known = list(known)
    major, minor, _ = ours.numbers
    shorter = [(f"{major}.{minor}", 2), (str(major), 1), ("latest", 0)]
    moved = [name for name, places in shorter if newest(ours, known, places=places)]
    return [ours.text, *(moved if ours.final else [])]


def git(*arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> str:
    """Run git here and give what it prints; git itself says what went wrong."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=ROOT,
        env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"} | dict(environ or {}),
        input=stdin,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.strip("\n")


def local_tags() -> dict[str, Tag]:
    """Give the tags of this clone."""
    form = "%(refname:strip=2) %(objectname) %(*objectname)"
    rows = [line.split(" ") for line in git("for-each-ref", f"--format={form}", "refs/tags").splitlines()]
    return {name: Tag(object=own, commit=peeled or own) for name, own, peeled in rows}


def remote_tags() -> dict[str, Tag]:
    """Give the tags of the remote: an annotated one has a second line, ending in `^{}`, for its commit."""
    listed = [line.split("\t") for line in git("ls-remote", REMOTE, "refs/tags/*").splitlines()]
    seen = {name.removeprefix("refs/tags/"): own for own, name in listed}
    return {
        name: Tag(object=own, commit=seen.get(f"{name}^{{}}", own))
        for name, own in seen.items()
        if not name.endswith("^{}")
    }


def asked(tag: str, image: str | None) -> tuple[Version, str | None]:
    """Check what the command line gave; everything wrong with it is reported at once."""
    wrong = []
    ours = version(tag)
    if not ours:
        wrong.append(f"{tag!r} is no version: a release is tagged like v1.2.3 or v1.2.3-rc.1")
    elif ours.text != __version__:
        wrong.append(f"{tag} is not v{__version__}, the version that pushstep/__init__.py has here")
    if image is not None:
        try:
            image = digested(image)
        except NameFormatError as error:
            wrong.append(f"{error}; {error.hint}")
    if wrong or not ours:
        raise RefusedError("\n".join(wrong))
    return ours, image


def digested(text: str) -> str:
    """Parse `registry/repository@sha256:...`; without a digest the tag could come to run something else."""
    name, _, digest = text.partition("@")
    registry, path = split_host(name)
    if not _DIGEST.fullmatch(digest):
        raise NameFormatError(f"{text!r} has no digest", "Give the output `image` of the push.")
    if not registry:
        raise NameFormatError(f"{text!r} names no registry", "Give the output `image` of the push.")
    return f"{host(registry)}/{repository(path)}@{digest}"


def released() -> str:
    """Give the commit that is released: the one checked out, and exactly that."""
    if git("status", "--porcelain", "--untracked-files=no"):
        raise RefusedError("the work tree differs from HEAD: what is released must be committed")
    head = git("rev-parse", "HEAD")
    if git("cat-file", "blob", f"{head}:action.yml") + "\n" != action():
        raise RefusedError(
            f"{head[:12]} has another action.yml than `make generate` makes: is it a release commit itself?"
        )
    return head


def commit(head: str, ours: Version, image: str) -> str:
    """Make the release commit on top of `head`, or find it made, and give its ID."""
    blob = git("hash-object", "-w", "--stdin", stdin=action(f"docker://{image}"))
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git("read-tree", head, environ=index)
        git("update-index", "--cacheinfo", f"100644,{blob},action.yml", environ=index)
        tree = git("write-tree", environ=index)
    form = "%an%n%ae%n%ad%n%cn%n%ce%n%cd"
    people = git("show", "--no-patch", "--date=raw", f"--format={form}", head).split("\n")
    names = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE")]
    message = (
        f"Release {ours.tag} with its image\n\n"
        f"action.yml runs {image}, built from the parent of this commit.\n"
        "This commit is on no branch: tags alone name it.\n"
    )
    # The user's configuration must not make it another commit.
    made = ["-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree, "-p", head, "-F", "-"]
    return git(*made, stdin=message, environ=dict(zip(names, people, strict=True)))


def check_free(where: str, tags: Mapping[str, Tag], ours: Version, allowed: Mapping[str, set[str]]) -> None:
    """Refuse if one of this version's own tags is taken: a version is released once."""
    for name, commits in allowed.items():
        there = tags.get(name)
        if there and there.commit not in commits:
            raise RefusedError(
                f"{name} {where} is {there.commit[:12]}{_running(there.commit)}, and a version is released "
                f"once: raise the version after {ours.text} in pushstep/__init__.py"
            )


def _running(sha: str) -> str:
    """Tell what the action of another release commit runs, if this clone has that commit."""
    asked_for = subprocess.run(
        ["git", "cat-file", "blob", f"{sha}:action.yml"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    found = re.search(r"^  image: (docker://.+)$", asked_for.stdout, re.MULTILINE)
    return f", which runs {found[1]}" if found else ""


def release(ours: Version, image: str, *, push: bool) -> list[str]:
    """Make commit and tags, and give the names of the tags that point at it now, after the commit's ID."""
    head = released()
    made = commit(head, ours, image)
    allowed = {ours.tag: {head, made}, ours.text: {made}}
    here, there = local_tags(), remote_tags() if push else {}
    check_free("here", here, ours, allowed)
    check_free(f"on {REMOTE}", there, ours, allowed)
    names = [ours.tag, ours.text]
    if ours.final and newest(ours, here.keys() | there.keys(), places=1):
        names.append(ours.major)
    if push:
        # All or none; what moves must still be where it was seen, and the plain tag may not move at all.
        seen = {name: there[name].object if name in there else "" for name in names if name != ours.text}
        leases = [f"--force-with-lease=refs/tags/{name}:{sha}" for name, sha in seen.items()]
        git("push", "--quiet", "--atomic", *leases, REMOTE, *(f"{made}:refs/tags/{name}" for name in names))
    # Last, so that a push that failed has changed nothing here either.
    git("update-ref", "--stdin", stdin="".join(f"update refs/tags/{name} {made}\n" for name in names))
    return [made, *names]


def main() -> int:
    """Read the command line, do it, and print what came of it."""
    parser = argparse.ArgumentParser(
        description="Make the release commit and the tags of what is checked out."
    )
    parser.add_argument("tag", help="v and the version of pushstep/__init__.py, such as v1.2.3")
    parser.add_argument(
        "image", nargs="?", help="registry/repository@sha256:... of the image built from HEAD"
    )
    parser.add_argument("--push", action="store_true", help=f"give the tags to {REMOTE}")
    given = parser.parse_args()
    if given.push and not given.image:
        parser.error("--push needs the image")
    try:
        ours, image = asked(given.tag, given.image)
        print(*(release(ours, image, push=given.push) if image else image_tags(ours, local_tags())), sep="\n")
    except RefusedError as error:
        print(*(f"error: {line}" for line in str(error).splitlines()), sep="\n", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"error: {shlex.join(error.cmd)}: exit status {error.returncode}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
