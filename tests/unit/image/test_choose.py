"""Names, IDs and platforms, compared as Docker does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.image import choose
from pushstep.oci import Platform

NAMES = {
    # a name → spelled out, as `docker images` shows it
    "app": ("docker.io/library/app:latest", "app:latest"),
    "app:1": ("docker.io/library/app:1", "app:1"),
    "acme/app": ("docker.io/acme/app:latest", "acme/app:latest"),
    "docker.io/app": ("docker.io/library/app:latest", "app:latest"),
    "index.docker.io/acme/app:1": ("docker.io/acme/app:1", "acme/app:1"),
    "ghcr.io/acme/app:1": ("ghcr.io/acme/app:1", "ghcr.io/acme/app:1"),
    "localhost/app": ("localhost/app:latest", "localhost/app:latest"),
    "localhost:5000/app:1": ("localhost:5000/app:1", "localhost:5000/app:1"),
    "localhost:5000/app": ("localhost:5000/app:latest", "localhost:5000/app:latest"),
    "app@sha256:0": ("docker.io/library/app@sha256:0", "app@sha256:0"),
    "a..b/app": ("a..b/app:latest", "a..b/app:latest"),
}


@pytest.mark.parametrize(("name", "full", "familiar"), [(name, *both) for name, both in NAMES.items()])
def test_names(name: str, full: str, familiar: str) -> None:
    assert choose.full(name) == full
    assert choose.familiar(name) == familiar


@given(st.text())
def test_any_text_is_a_name_and_spelled_out_once(name: str) -> None:
    assert choose.full(choose.full(name)).endswith(choose.full(name)[-1:])
    choose.by_name(name, (name,), (name,))
    choose.by_tag(name, (name,), (name,))


def test_names_that_have_no_tag_tell_no_repository() -> None:
    names = ["1", "app:1", "docker.io/library/app:1", "a/b@sha256:0", "a/b:2@sha256:0", "localhost:5000/app"]

    assert choose.repositories(names) == ("app:1",)


DIGEST = "sha256:" + "ab" * 32
BY_NAME = {
    # selector → whether it means the image `acme/app:1`, `ghcr.io/acme/app:latest` with that digest
    "acme/app:1": True,
    "docker.io/acme/app:1": True,
    "ghcr.io/acme/app": True,
    "acme/app": False,
    "acme/app:2": False,
    "app:1": False,
    DIGEST: True,
    DIGEST[:20]: True,
    "ab" * 32: True,
    "ab" * 6: True,
    "ab" * 5: False,
    "ab" * 6 + "c": False,
    f"acme/app@{DIGEST}": True,
    f"other/app@{DIGEST}": False,
    f"acme/app@{DIGEST[:-1]}0": False,
}


@pytest.mark.parametrize(("selector", "expected"), BY_NAME.items())
def test_an_image_by_name_or_id(selector: str, *, expected: bool) -> None:
    assert choose.by_name(selector, ("acme/app:1", "ghcr.io/acme/app:latest"), (DIGEST,)) is expected


BY_TAG = {
    # selector → whether it means the image `acme/app:1`, `dev` with that digest
    "acme/app:1": True,
    "docker.io/acme/app:1": True,
    "1": True,
    "dev": True,
    DIGEST: True,
    "app:1": False,
    "acme/app": False,
    "2": False,
    DIGEST[:20]: False,
}


@pytest.mark.parametrize(("selector", "expected"), BY_TAG.items())
def test_an_image_in_a_layout_by_tag(selector: str, *, expected: bool) -> None:
    assert choose.by_tag(selector, ("acme/app:1", "dev"), (DIGEST,)) is expected


def platform(text: str) -> Platform:
    return Platform(**dict(zip(("os", "architecture", "variant"), text.split("/"), strict=False)))


FITTING = {
    # wanted, offered → which
    "one": ("linux/amd64", ["linux/arm64", "linux/amd64"], [1]),
    "none": ("linux/s390x", ["linux/arm64", "linux/amd64"], []),
    "one that does not tell": ("linux/amd64", [None, "linux/amd64"], [1]),
    "several": ("windows/amd64", ["windows/amd64", "windows/amd64"], [0, 1]),
    "the usual variant": ("linux/arm", ["linux/arm/v6", "linux/arm/v7"], [1]),
    "a level of amd64": ("linux/amd64", ["linux/amd64/v3", "linux/amd64/v1"], [1]),
    "an unusual variant alone": ("linux/amd64", ["linux/amd64/v3"], [0]),
    "an unusual variant among others": ("linux/arm", ["linux/arm/v5", "linux/arm/v6"], [0, 1]),
    "exactly": ("linux/arm/v6", ["linux/arm/v5", "linux/arm/v6"], [1]),
    "exactly, none": ("linux/arm/v6", ["linux/arm/v5", "linux/arm"], []),
    "the usual variant told": ("linux/arm64/v8", ["linux/arm64"], [0]),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "offered", "expected"), FITTING.values(), ids=FITTING)
def test_platforms_that_fit(wanted: str, offered: list[str | None], expected: list[int]) -> None:
    assert choose.fitting(platform(wanted), [one and platform(one) for one in offered]) == expected  # type: ignore[misc]


UNCLEAR = {
    # selector, what is there, several → message, hint
    "nothing there": ("1", [], False, "'a' holds no image", "Save or build"),
    "nothing asked": (None, ["a:1", "b:1"], True, "'a' holds 2 images: a:1, b:1", "as in PATH:a:1"),
    "not there": ("c", ["a:1", "b:1"], False, "'a' has no image 'c', it holds a:1, b:1", "as in PATH:a:1"),
    "too many": ("1", ["a:1", "b:1"], True, "'1' means 2 images in 'a': a:1, b:1", "as in PATH:a:1"),
    "very many": (None, [f"a:{one}" for one in range(30)], True, "a:19 and 10 more", "as in PATH:a:0"),
}


@pytest.mark.parametrize(("selector", "offered", "several", "message", "hint"), UNCLEAR.values(), ids=UNCLEAR)
def test_what_is_unclear_is_told_with_what_there_is(
    selector: str | None, offered: list[str], *, several: bool, message: str, hint: str
) -> None:
    problem = choose.unclear("'a'", selector, offered, several=several).problem

    assert message in problem.message
    assert hint in problem.hint
