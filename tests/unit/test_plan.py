"""What goes where (push-step.md 2, 2.1, 5.1, 5.2), as a table of cases for a pure function."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.ci.protocol import Context, OwnRegistry
from pushstep.errors import InputError, Problem
from pushstep.push.plan import Destination, Plan, needs_names, plan
from pushstep.registry import reference
from pushstep.registry.reference import NameFormatError
from pushstep.step.model import Step

LATEST = "no tag was given: pushing under latest"
ID = "0123456789ab"
GITLAB = Context(
    ci="gitlab",
    own_registry=OwnRegistry(host="registry.gl.io", repository="group/proj", username="", password=""),
)
NO_PREFIX = Context(
    ci="gitlab", own_registry=OwnRegistry(host="registry.gl.io", repository="", username="", password="")
)
PLAIN = Context(ci="plain")


def step(
    candidate: str = "acme/app",
    *,
    tag: str | None = None,
    tags: list[str] | None = None,
    image_name: str | None = None,
    registry: list[str] | None = None,
) -> Step:
    return Step.model_validate(
        {
            "candidate": candidate,
            "tag": tag,
            "tags": tags or [],
            "image_name": image_name,
            **({"registry": registry} if registry else {}),
        }
    )


def laid(found: Plan) -> list[str]:
    return [f"{place.name}:{tag}" for place in found.destinations for tag in place.tags]


# --- the repository, and the default registry ----------------------------------------------------------

HUB = "docker.io"
# candidate, image_name → on nothing, on GitLab
NAMES = {
    "the candidate's own name": (
        "acme/app",
        None,
        "docker.io/acme/app",
        "registry.gl.io/group/proj/acme/app",
    ),
    "without its tag": ("acme/app:ci", None, "docker.io/acme/app", "registry.gl.io/group/proj/acme/app"),
    "without its digest": (
        f"acme/app@sha256:{'0' * 64}",
        None,
        "docker.io/acme/app",
        "registry.gl.io/group/proj/acme/app",
    ),
    "without its host, which is the registry": (
        "ghcr.io/acme/app:ci",
        None,
        "ghcr.io/acme/app",
        "ghcr.io/acme/app",
    ),
    "a one-part name elsewhere": (
        "localhost:5000/app",
        None,
        "localhost:5000/app",
        "localhost:5000/app",
    ),
    "a dot in the first part of its path is no host": (
        "quay.io/my.team/app",
        None,
        "quay.io/my.team/app",
        "quay.io/my.team/app",
    ),
    "Docker Hub by another name": (
        "index.docker.io/acme/app",
        None,
        "docker.io/acme/app",
        "docker.io/acme/app",
    ),
    "GitLab's own host": (
        "registry.gl.io/group/proj/app",
        None,
        "registry.gl.io/group/proj/app",
        "registry.gl.io/group/proj/app",
    ),
    "GitLab's own host, another project": (
        "registry.gl.io/other/app",
        None,
        "registry.gl.io/other/app",
        "registry.gl.io/group/proj/other/app",
    ),
    "a name that is the prefix": (
        "group/proj",
        None,
        "docker.io/group/proj",
        "registry.gl.io/group/proj",
    ),
    "a name that begins with the prefix": (
        "group/proj/app",
        None,
        "docker.io/group/proj/app",
        "registry.gl.io/group/proj/app",
    ),
    "a name that only seems to": (
        "group/project",
        None,
        "docker.io/group/project",
        "registry.gl.io/group/proj/group/project",
    ),
    "image_name in the candidate's place": (
        "build/tmp",
        "acme/app",
        "docker.io/acme/app",
        "registry.gl.io/group/proj/acme/app",
    ),
    "image_name beside the candidate's host": (
        "ghcr.io/build/tmp",
        "acme/app",
        "ghcr.io/acme/app",
        "ghcr.io/acme/app",
    ),
    "the destination's host in image_name is dropped": (
        "ghcr.io/build/tmp",
        "GHCR.io/acme/app",
        "ghcr.io/acme/app",
        "ghcr.io/acme/app",
    ),
    "an ID with an image_name": (
        ID,
        "acme/app",
        "docker.io/acme/app",
        "registry.gl.io/group/proj/acme/app",
    ),
}


@pytest.mark.parametrize(("candidate", "image_name", "plain", "gitlab"), NAMES.values(), ids=NAMES)
def test_section_5_2_where_it_goes_without_a_registry(
    candidate: str, image_name: str | None, plain: str, gitlab: str
) -> None:
    wanted = step(candidate, image_name=image_name, tag="1")

    assert laid(plan(wanted, PLAIN)) == [f"{plain}:1"]
    assert laid(plan(wanted, GITLAB)) == [f"{gitlab}:1"]
    assert not plan(wanted, GITLAB).notices


def test_section_5_2_gitlabs_registry_without_a_path_for_the_project() -> None:
    assert laid(plan(step("app", tag="1"), NO_PREFIX)) == ["registry.gl.io/app:1"]


def test_section_5_2_a_one_part_name_on_gitlab_goes_below_the_project() -> None:
    assert laid(plan(step("app", tag="1"), GITLAB)) == ["registry.gl.io/group/proj/app:1"]


# --- registries that were named ------------------------------------------------------------------------

REGISTRIES = {
    "one": (["ghcr.io"], None, ["ghcr.io/acme/app"]),
    "several": (["ghcr.io", "quay.io"], None, ["ghcr.io/acme/app", "quay.io/acme/app"]),
    "duplicates collapse": (
        ["ghcr.io", "https://GHCR.io/v2/", "docker.io", "index.docker.io"],
        None,
        ["ghcr.io/acme/app", "docker.io/acme/app"],
    ),
    "no prefix of GitLab's": (["registry.gl.io"], None, ["registry.gl.io/acme/app"]),
    "with image_name": (["ghcr.io", "quay.io"], "x/y", ["ghcr.io/x/y", "quay.io/x/y"]),
    "its host in image_name": (["ghcr.io"], "ghcr.io/x/y", ["ghcr.io/x/y"]),
    "Docker Hub's other name in image_name": (["docker.io"], "index.docker.io/x/y", ["docker.io/x/y"]),
}


@pytest.mark.parametrize(("registry", "image_name", "expected"), REGISTRIES.values(), ids=REGISTRIES)
@pytest.mark.parametrize("context", [PLAIN, GITLAB], ids=["plain", "gitlab"])
@pytest.mark.parametrize("candidate", ["acme/app", "acme/app:ci", "local.io/acme/app"])
def test_section_5_1_where_it_goes_with_registries(
    registry: list[str], image_name: str | None, expected: list[str], context: Context, candidate: str
) -> None:
    found = plan(step(candidate, registry=registry, image_name=image_name, tag="1"), context)

    assert laid(found) == [f"{name}:1" for name in expected]
    assert not found.notices


# --- tags ----------------------------------------------------------------------------------------------

TAGS = {
    "nothing given": (None, [], ["latest"], (LATEST,)),
    "a tag": ("1.10", [], ["1.10"], ()),
    "latest, by name": ("latest", [], ["latest"], ()),
    "tags": (None, ["1.10", "on"], ["1.10", "on"], ()),
    "duplicates collapse": (None, ["b", "a", "b"], ["b", "a"], ()),
    "their case is never changed": (None, ["A", "a"], ["A", "a"], ()),
}


@pytest.mark.parametrize(("tag", "tags", "expected", "notices"), TAGS.values(), ids=TAGS)
def test_section_2_tags(
    tag: str | None, tags: list[str], expected: list[str], notices: tuple[str, ...]
) -> None:
    found = plan(step(tag=tag, tags=tags, registry=["a.io", "b.io"]), PLAIN)

    assert [(place.registry, list(place.tags)) for place in found.destinations] == [
        ("a.io", expected),
        ("b.io", expected),
    ]
    assert found.notices == notices


REFERENCES = {
    "one": (["ghcr.io/acme/app:1"], [("ghcr.io", "acme/app", ("1",))]),
    "several tags of one repository": (
        ["ghcr.io/acme/app:1", "ghcr.io/acme/app:latest"],
        [("ghcr.io", "acme/app", ("1", "latest"))],
    ),
    "as docker/metadata-action prints them": (
        ["acme/app:1", "acme/app:latest", "ghcr.io/acme/app:1", "ghcr.io/acme/app:latest"],
        [("docker.io", "acme/app", ("1", "latest")), ("ghcr.io", "acme/app", ("1", "latest"))],
    ),
    "mixed up": (
        ["a.io/x:1", "b.io/x:1", "a.io/y:1", "a.io/x:2"],
        [("a.io", "x", ("1", "2")), ("b.io", "x", ("1",)), ("a.io", "y", ("1",))],
    ),
    "duplicates collapse": (
        ["acme/app:1", "index.docker.io/acme/app:1", "GHCR.io/a:1", "ghcr.io/a:1"],
        [("docker.io", "acme/app", ("1",)), ("ghcr.io", "a", ("1",))],
    ),
}


@pytest.mark.parametrize(("tags", "expected"), REFERENCES.values(), ids=REFERENCES)
@pytest.mark.parametrize("context", [PLAIN, GITLAB], ids=["plain", "gitlab"])
@pytest.mark.parametrize("candidate", ["ghcr.io/build/tmp:ci", ID])
def test_section_2_1_full_references(
    tags: list[str], expected: list[tuple[str, str, tuple[str, ...]]], context: Context, candidate: str
) -> None:
    wanted = step(candidate, tags=tags)

    assert not needs_names(wanted)
    assert plan(wanted, context) == Plan(
        destinations=tuple(
            Destination(registry=registry, repository=path, tags=some) for registry, path, some in expected
        )
    )


# --- a candidate without a name ------------------------------------------------------------------------

ONE_NAME = "the candidate is an image ID; its one name gives the repository {}"
BY_ID = {
    "its one name": (["acme/app:ci"], "acme/app"),
    "two tags of it": (["acme/app:ci", "acme/app:2"], "acme/app"),
    "at two registries": (["ghcr.io/acme/app:ci", "acme/app:2"], "acme/app"),
    "a port is no tag": (["localhost:5000/acme/app:ci"], "acme/app"),
    "a dot in its path": (["quay.io/my.team/app:ci"], "my.team/app"),
}


# candidate → what the notice calls it
NAMELESS = {
    ID: "an image ID",
    "docker-archive:app.tar": "an archive",
    "oci-archive:app.tar:1": "an archive",
    "oci:out:1": "an image layout",
}


@pytest.mark.parametrize(("candidate", "kind"), NAMELESS.items(), ids=NAMELESS)
def test_section_2_a_candidate_without_a_name_is_told(candidate: str, kind: str) -> None:
    wanted = step(candidate, registry=["a.io"], tag="1")

    assert needs_names(wanted)
    found = plan(wanted, PLAIN, ["acme/app:ci"])
    assert laid(found) == ["a.io/acme/app:1"]
    assert found.notices == (f"the candidate is {kind}; its one name gives the repository acme/app",)
    assert refused(wanted, PLAIN, []).message == f"the candidate is {kind} and it has no name"


# candidate that says its name → where it goes on nothing, and below a.io
NAMED = {
    "docker-archive:app.tar:acme/app:1": ("docker.io/acme/app", "a.io/acme/app"),
    "docker-archive:app.tar:quay.io/acme/app:1": ("quay.io/acme/app", "a.io/acme/app"),
    "oci:out:quay.io/acme/app:1": ("quay.io/acme/app", "a.io/acme/app"),
    "docker://quay.io/acme/app": ("quay.io/acme/app", "a.io/acme/app"),
    f"docker://acme/app@sha256:{'0' * 64}": ("docker.io/acme/app", "a.io/acme/app"),
}


@pytest.mark.parametrize(("candidate", "expected"), NAMED.items(), ids=NAMED)
def test_section_2_a_candidate_that_says_its_name(candidate: str, expected: tuple[str, str]) -> None:
    for registry, name in zip([None, ["a.io"]], expected, strict=True):
        wanted = step(candidate, registry=registry, tag="1")

        assert not needs_names(wanted)
        assert laid(plan(wanted, PLAIN)) == [f"{name}:1"]


# names → where it goes on nothing, on GitLab
BY_NAMES = {
    "no host": (["acme/app:ci"], "docker.io/acme/app", "registry.gl.io/group/proj/acme/app"),
    "one host": (["ghcr.io/acme/app:ci", "ghcr.io/acme/app:2"], "ghcr.io/acme/app", "ghcr.io/acme/app"),
    "its host's other spelling": (
        ["index.docker.io/acme/app:ci"],
        "docker.io/acme/app",
        "docker.io/acme/app",
    ),
    "several hosts": (
        ["ghcr.io/acme/app:ci", "acme/app:ci"],
        "docker.io/acme/app",
        "registry.gl.io/group/proj/acme/app",
    ),
    "GitLab's own": (
        ["registry.gl.io/group/proj:ci"],
        "registry.gl.io/group/proj",
        "registry.gl.io/group/proj",
    ),
    "as containerd spells what has no host": (
        ["docker.io/acme/app:ci"],
        "docker.io/acme/app",
        "registry.gl.io/group/proj/acme/app",
    ),
    "by a digest": ([f"ghcr.io/acme/app@sha256:{'0' * 64}"], "ghcr.io/acme/app", "ghcr.io/acme/app"),
}


@pytest.mark.parametrize(("names", "plain", "gitlab"), BY_NAMES.values(), ids=BY_NAMES)
@pytest.mark.parametrize("candidate", [ID, "docker-archive:app.tar", "oci:out"])
def test_section_5_2_the_host_among_its_names(
    candidate: str, names: list[str], plain: str, gitlab: str
) -> None:
    wanted = step(candidate, tag="1")

    assert laid(plan(wanted, PLAIN, names)) == [f"{plain}:1"]
    assert laid(plan(wanted, GITLAB, names)) == [f"{gitlab}:1"]


def test_a_name_that_containerd_put_below_library_has_one_part() -> None:
    names = ["docker.io/library/app:ci"]

    assert laid(plan(step("oci:out", tag="1"), GITLAB, names)) == ["registry.gl.io/group/proj/app:1"]
    assert "'app' has no namespace" in refused(step("oci:out"), PLAIN, names).message


# --- image layouts as destinations ---------------------------------------------------------------------

# candidate, image_name → the repository that the report has
IN_LAYOUTS = {
    "the candidate's": ("ghcr.io/acme/app:ci", None, "acme/app"),
    "one part, whatever Docker Hub wants": ("app", None, "app"),
    "image_name's": ("app", "acme/other", "acme/other"),
    "image_name's, at a registry beside it": ("app", "ghcr.io/acme/other", "acme/other"),
    "none is needed": (ID, None, ""),
    "none of an archive": ("docker-archive:app.tar", None, ""),
    "a registry's": ("docker://quay.io/acme/app", None, "acme/app"),
}


@pytest.mark.parametrize(("candidate", "image_name", "repository"), IN_LAYOUTS.values(), ids=IN_LAYOUTS)
@pytest.mark.parametrize("context", [PLAIN, GITLAB], ids=["plain", "gitlab"])
def test_section_5_1_into_a_layout(
    candidate: str, image_name: str | None, repository: str, context: Context
) -> None:
    wanted = step(candidate, image_name=image_name, registry=["oci:out/app", "oci:other"], tags=["1", "2"])

    assert not needs_names(wanted)
    found = plan(wanted, context)
    assert found == Plan(
        destinations=tuple(
            Destination(registry=registry, repository=repository, tags=("1", "2"))
            for registry in ("oci:out/app", "oci:other")
        )
    )
    assert laid(found) == ["oci:out/app:1", "oci:out/app:2", "oci:other:1", "oci:other:2"]
    assert [place.layout for place in found.destinations] == ["out/app", "other"]


def test_section_5_1_a_layout_beside_a_registry() -> None:
    wanted = step(ID, registry=["oci:out", "ghcr.io"], tag="1")

    assert needs_names(wanted)
    found = plan(wanted, PLAIN, ["quay.io/acme/app:ci"])
    assert [(place.name, place.repository, place.layout) for place in found.destinations] == [
        ("oci:out", "acme/app", "out"),
        ("ghcr.io/acme/app", "acme/app", None),
    ]


def test_section_5_1_a_folder_is_one_however_it_is_spelled() -> None:
    spelled = ["oci:./out/", "oci:out", "oci:a/../out", "oci:/out", "oci:Out"]

    assert laid(plan(step("app", registry=spelled, tag="1"), PLAIN)) == [
        "oci:./out/:1",
        "oci:/out:1",
        "oci:Out:1",
    ]


@pytest.mark.parametrize(("names", "expected"), BY_ID.values(), ids=BY_ID)
def test_section_2_the_one_repository_among_an_ids_names(names: list[str], expected: str) -> None:
    wanted = step(ID, registry=["a.io"], tag="1")

    assert needs_names(wanted)
    found = plan(wanted, PLAIN, names)
    assert laid(found) == [f"a.io/{expected}:1"]
    assert found.notices == (ONE_NAME.format(expected),)


def test_both_notices_of_an_id_without_a_tag() -> None:
    assert plan(step(ID), GITLAB, ["acme/app:ci"]).notices == (ONE_NAME.format("acme/app"), LATEST)


@pytest.mark.parametrize("candidate", ["acme/app", "ghcr.io/acme/app:1"])
def test_a_candidate_with_a_name_needs_no_others(candidate: str) -> None:
    assert not needs_names(step(candidate))
    assert not needs_names(step(ID, image_name="acme/app"))


# --- what makes no sense -------------------------------------------------------------------------------

REFUSED = {
    "no namespace on Docker Hub, from the candidate": (
        step("app"),
        [],
        ("reference", "candidate", "'app' has no namespace", "user or organisation"),
    ),
    "no namespace on Docker Hub, from image_name": (
        step("acme/app", image_name="app"),
        [],
        ("reference", "image_name", "'app' has no namespace", "user or organisation"),
    ),
    "no namespace on Docker Hub, among others": (
        step("app", registry=["ghcr.io", "docker.io"]),
        [],
        ("reference", "candidate", "'app' has no namespace", "user or organisation"),
    ),
    "another registry in image_name": (
        step("acme/app", image_name="quay.io/x/y", registry=["ghcr.io"]),
        [],
        (
            "reference",
            "image_name",
            "'quay.io/x/y' names another registry than ghcr.io",
            "Give registry 'quay.io'.",
        ),
    ),
    "another registry in image_name, which is one of several": (
        step("acme/app", image_name="quay.io/x/y", registry=["quay.io", "ghcr.io"]),
        [],
        ("reference", "image_name", "names another registry than ghcr.io", "Give registry 'quay.io'."),
    ),
    "another registry in image_name than the default": (
        step("acme/app", image_name="quay.io/x/y"),
        [],
        ("reference", "image_name", "names another registry than docker.io", "Give registry 'quay.io'."),
    ),
    "an ID with two repositories": (
        step(ID, registry=["a.io"]),
        ["b/c:1", "a/b:1"],
        ("missing", "candidate", "is an image ID and it has 2: a/b, b/c", "Give image_name."),
    ),
    "an ID without a name": (
        step(ID, registry=["a.io"]),
        [],
        ("missing", "candidate", "is an image ID and it has no name", "Give image_name."),
    ),
    "an ID whose name is none": (
        step(ID, registry=["a.io"]),
        ["<none>:<none>"],
        ("reference", "candidate", "'<none>' is no repository name", "Components of"),
    ),
}


@pytest.mark.parametrize(("wanted", "names", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense(wanted: Step, names: list[str], expected: tuple[str, str, str, str]) -> None:
    problem = refused(wanted, PLAIN, names)

    code, path, message, hint = expected
    assert (problem.code, problem.path) == (code, path)
    assert message in problem.message
    assert hint in problem.hint


def test_a_name_that_gets_too_long_by_gitlabs_prefix() -> None:
    assert "is no repository name" in refused(step("a" * 250), GITLAB, []).message


def refused(wanted: Step, context: Context, names: list[str]) -> Problem:
    with pytest.raises(InputError) as caught:
        plan(wanted, context, names)
    (problem,) = caught.value.problems
    return problem


# --- anything ------------------------------------------------------------------------------------------

PARTS = st.sampled_from(["app", "acme/", "ghcr.io/", "my.team/", "localhost:5000/", ":1", "group/proj/", ID])
CANDIDATES = st.lists(PARTS, min_size=1, max_size=4).map("".join)


@given(
    CANDIDATES,
    st.none() | CANDIDATES,
    st.lists(
        st.sampled_from(["ghcr.io", "docker.io", "registry.gl.io", "localhost:5000", "oci:out", "oci:a/b"])
    ),
    st.lists(st.sampled_from(["1", "latest", "A"])),
    st.sampled_from([PLAIN, GITLAB, NO_PREFIX]),
    st.lists(st.sampled_from(["acme/app:1", "ghcr.io/acme/app:2", "x:1"])),
)
def test_a_plan_holds_only_names_that_can_be_pushed_to(
    candidate: str,
    image_name: str | None,
    registry: list[str],
    tags: list[str],
    context: Context,
    names: list[str],
) -> None:
    try:
        reference.local_image(candidate)
        if image_name is not None:
            reference.image_name(image_name)
    except NameFormatError:
        return
    try:
        found = plan(step(candidate, image_name=image_name, registry=registry, tags=tags), context, names)
    except InputError:
        return

    for place in found.destinations:
        for name in [f"{place.name}:{tag}" for tag in place.tags]:
            if place.layout is None:
                assert str(reference.reference(name)) == name
            else:
                assert f"oci:{place.layout}:{name.rpartition(':')[2]}" == name
    assert len({place.name for place in found.destinations}) == len(found.destinations)
    assert not registry or {place.registry for place in found.destinations} == set(registry)
