"""Names of registries, repositories, tags and images, by the OCI grammar (push-step.md 2, 2.1, 4, 5.1, 7.1)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.registry import reference
from pushstep.registry.reference import LocalImage, NameFormatError, Reference

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
ID = "0123456789abcdef" * 4

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)
REPOSITORY = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*", re.ASCII)
"""As distribution-spec prints them."""

# --- tags ----------------------------------------------------------------------------------------------

TAGS = ["1.10", "latest", "v1", "_", "a" * 128, "0123456", "1e5", "on", "A.b_c-d", "9", "__", "sha-abc"]


@pytest.mark.parametrize("text", TAGS)
def test_section_2_a_tag_is_taken_as_it_is(text: str) -> None:
    assert reference.tag(text) == text


NO_TAGS = {
    "feature/login": ("1 to 128 of", "Normalized it reads 'feature_login'; CF_BRANCH_TAG_NORMALIZED"),
    "ghcr.io/acme/app": ("1 to 128 of", "A full reference has ':' and a tag at its end."),
    ".hidden": ("1 to 128 of", "'_hidden'"),
    "-x": ("1 to 128 of", "'_x'"),
    "a b": ("1 to 128 of", "'a_b'"),
    "v1\n": ("1 to 128 of", "'v1_'"),
    "é": ("1 to 128 of", "'_'"),
    "a" * 129: ("1 to 128 of", f"'{'a' * 128}'"),
    "app:1": ("a tag holds no ':'", "registry.example.com/team/app:1.2"),
    "1:30": ("a tag holds no ':'", "registry.example.com/team/app:1.2"),
    f"app@{DIGEST}": ("a tag holds no ':'", "registry.example.com/team/app:1.2"),
    "ghcr.io/acme/app:1": ("is a full reference, no tag", "Give full references in `tags`."),
    "": ("is no tag", ""),
}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [(text, *expected) for text, expected in NO_TAGS.items()],
    ids=[text[:20] for text in NO_TAGS],
)
def test_section_2_anything_else_is_no_tag(text: str, message: str, hint: str) -> None:
    with pytest.raises(NameFormatError) as caught:
        reference.tag(text)

    assert caught.value.code == "reference"
    assert repr(text) in str(caught.value)
    assert message in str(caught.value)
    assert hint in caught.value.hint


NORMALIZED = {
    "main": "main",
    "feature/login": "feature_login",
    "Feature/JIRA-1.2": "Feature_JIRA-1.2",
    ".x": "_x",
    "-x": "_x",
    "..x": "_.x",
    "é#": "__",
    "a" * 200: "a" * 128,
    "": "",
}


@pytest.mark.parametrize(("text", "expected"), NORMALIZED.items(), ids=[text[:20] for text in NORMALIZED])
def test_section_7_1_normalization(text: str, expected: str) -> None:
    assert reference.normalized(text) == expected


@given(st.text(min_size=1))
def test_section_7_1_what_is_normalized_is_a_tag_and_tags_stay_as_they_are(text: str) -> None:
    assert reference.tag(reference.normalized(text)) == reference.normalized(text)
    assert not TAG.fullmatch(text) or reference.normalized(text) == text


@given(st.text() | st.text(alphabet="aZ0._-:/@ "))
def test_a_tag_is_what_the_grammar_says(text: str) -> None:
    try:
        assert reference.tag(text) == text
    except NameFormatError:
        assert not TAG.fullmatch(text)
    else:
        assert TAG.fullmatch(text)


# --- hosts ---------------------------------------------------------------------------------------------

HOSTS = {
    "ghcr.io": "ghcr.io",
    "GHCR.io": "ghcr.io",
    "localhost": "localhost",
    "localhost:5000": "localhost:5000",
    "registry:5000": "registry:5000",
    "127.0.0.1:5000": "127.0.0.1:5000",
    "[::1]:5000": "[::1]:5000",
    "[2001:DB8::1]": "[2001:db8::1]",
    "a.b:65535": "a.b:65535",
    "https://ghcr.io": "ghcr.io",
    "https://ghcr.io/": "ghcr.io",
    "https://ghcr.io/v2/": "ghcr.io",
    "https://index.docker.io/v1/": "docker.io",
    "ghcr.io/v1": "ghcr.io",
    "ghcr.io/v2": "ghcr.io",
    "docker.io": "docker.io",
    "index.docker.io": "docker.io",
    "registry-1.docker.io": "docker.io",
    "Docker.IO": "docker.io",
    "xn--bcher-kva.example": "xn--bcher-kva.example",
}


@pytest.mark.parametrize(("text", "expected"), HOSTS.items(), ids=HOSTS.keys())
def test_section_5_1_a_host(text: str, expected: str) -> None:
    assert reference.host(text) == expected


NO_HOSTS = {
    "http://ghcr.io": ("plain HTTP is not named in the host", "insecure: http"),
    "http://localhost:5000": ("plain HTTP is not named in the host", "insecure: http"),
    "ghcr.io/acme": ("is a host with a path", "Give registry 'ghcr.io' and put 'acme' into image_name."),
    "https://ghcr.io/acme/app": ("is a host with a path", "'acme/app' into image_name"),
    "ghcr.io/v3": ("is a host with a path", "'v3' into image_name"),
    "ghcr.io/v2/acme": ("is a host with a path", "'v2/acme' into image_name"),
    "ghcr": ("is no registry host", "A host holds a '.' or a ':' or is localhost"),
    "": ("is no registry host", "ghcr.io or localhost:5000"),
    "ghcr.io:": ("is no registry host", ""),
    "ghcr.io:65536": ("is no registry host", ""),
    "ghcr.io:123456": ("is no registry host", ""),
    "-a.io": ("is no registry host", ""),
    "a..io": ("is no registry host", ""),
    "a.io.": ("is no registry host", ""),
    "a b.io": ("is no registry host", ""),
    "user:password@ghcr.io": ("is no registry host", ""),
    "ghcr.io\n": ("is no registry host", ""),
    "bücher.example": ("is no registry host", ""),
    "\u212aube.example": ("is no registry host", ""),
    "ghcr.io:٣": ("is no registry host", ""),
}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [(text, *expected) for text, expected in NO_HOSTS.items()],
    ids=map(ascii, NO_HOSTS),
)
def test_section_5_1_anything_else_is_no_host(text: str, message: str, hint: str) -> None:
    with pytest.raises(NameFormatError) as caught:
        reference.host(text)

    assert caught.value.code == "reference"
    assert message in str(caught.value)
    assert hint in caught.value.hint


FIRST_COMPONENTS = {
    "ghcr.io": True,
    "localhost": True,
    "a:1": True,
    "LOCALHOST": False,
    "acme": False,
    "": False,
}


@pytest.mark.parametrize(("text", "expected"), FIRST_COMPONENTS.items(), ids=FIRST_COMPONENTS.keys())
def test_a_first_component_is_a_host_as_docker_sees_it(text: str, *, expected: bool) -> None:
    assert reference.is_host(text) is expected


SPLIT = {
    "ghcr.io/acme/app": ("ghcr.io", "acme/app"),
    "localhost/app": ("localhost", "app"),
    "acme/app": (None, "acme/app"),
    "acme/x.y/app": (None, "acme/x.y/app"),
    "ghcr.io": (None, "ghcr.io"),
    "app": (None, "app"),
}


@pytest.mark.parametrize(("text", "expected"), SPLIT.items(), ids=SPLIT.keys())
def test_a_host_is_split_off_the_front(text: str, expected: tuple[str | None, str]) -> None:
    assert reference.split_host(text) == expected


# --- repositories --------------------------------------------------------------------------------------

REPOSITORIES = ["app", "acme/app", "a/b/c/d", "a.b", "a_b", "a__b", "a-b", "a----b", "0", "a" * 255]


@pytest.mark.parametrize("text", REPOSITORIES, ids=lambda text: text[:10])
def test_section_2_a_repository(text: str) -> None:
    assert reference.repository(text) == text
    assert reference.image_name(text) == text


NO_REPOSITORIES = {
    "Acme/App": ("it must be lower-case", "Write 'acme/app'."),
    "a" * 256: ("is no repository name", "255 characters at most"),
    "A" * 256: ("is no repository name", "255 characters at most"),
    "a//b": ("is no repository name", "Components of"),
    "/a": ("is no repository name", ""),
    "a/": ("is no repository name", ""),
    "a___b": ("is no repository name", ""),
    "a..b": ("is no repository name", ""),
    "a._b": ("is no repository name", ""),
    "-a": ("is no repository name", ""),
    "a b": ("is no repository name", ""),
    "a\n": ("is no repository name", ""),
    "é": ("is no repository name", ""),
    "": ("is no repository name", ""),
}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [(text, *expected) for text, expected in NO_REPOSITORIES.items()],
    ids=[ascii(text[:20]) for text in NO_REPOSITORIES],
)
def test_section_2_anything_else_is_no_repository(text: str, message: str, hint: str) -> None:
    with pytest.raises(NameFormatError) as caught:
        reference.repository(text)

    assert message in str(caught.value)
    assert hint in caught.value.hint


@given(st.text() | st.text(alphabet="aA0._-/"))
def test_a_repository_is_what_the_grammar_says(text: str) -> None:
    try:
        assert reference.repository(text) == text
    except NameFormatError:
        assert not REPOSITORY.fullmatch(text)
    else:
        assert REPOSITORY.fullmatch(text)


IMAGE_NAMES = ["ghcr.io/acme/app", "localhost:5000/app", "[::1]:5000/app", "GHCR.io/acme/app"]


@pytest.mark.parametrize("text", IMAGE_NAMES)
def test_section_2_an_image_name_may_have_a_host(text: str) -> None:
    assert reference.image_name(text) == text


NO_IMAGE_NAMES = {
    "acme/app:1": ("holds a tag", "Give image_name 'acme/app' and tag '1'."),
    "ghcr.io/acme/app:1": ("holds a tag", "Give image_name 'acme/app' and tag '1'."),
    f"acme/app@{DIGEST}": ("holds a digest", "Give the digest in candidate."),
    f"acme/app:1@{DIGEST}": ("holds a digest", "Give the digest in candidate."),
    "Acme/app": ("it must be lower-case", "Write 'acme/app'."),
    "ghcr..io/acme/app": ("is no registry host", ""),
    "acme//app": ("is no repository name", ""),
}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [(text, *expected) for text, expected in NO_IMAGE_NAMES.items()],
    ids=NO_IMAGE_NAMES.keys(),
)
def test_section_2_an_image_name_has_neither_tag_nor_digest(text: str, message: str, hint: str) -> None:
    with pytest.raises(NameFormatError) as caught:
        reference.image_name(text)

    assert message in str(caught.value)
    assert hint in caught.value.hint


# --- full references -----------------------------------------------------------------------------------

FULL = {
    "ghcr.io/acme/app:1.2": True,
    "acme/app:1.2": True,
    "acme/app:": True,
    f"acme/app@{DIGEST}": True,
    "feature/login": False,
    "localhost:5000/app": False,
    "1.2": False,
    "app:1.2": False,
    "": False,
}


@pytest.mark.parametrize(("text", "expected"), FULL.items(), ids=FULL.keys())
def test_section_2_1_what_is_meant_as_a_full_reference(text: str, *, expected: bool) -> None:
    assert reference.is_full(text) is expected


REFERENCES = {
    "ghcr.io/acme/app:1.2": ("ghcr.io", "acme/app", "1.2"),
    "GHCR.io/acme/app:V1": ("ghcr.io", "acme/app", "V1"),
    "acme/app:1.2": ("docker.io", "acme/app", "1.2"),
    "index.docker.io/acme/app:1": ("docker.io", "acme/app", "1"),
    "localhost:5000/app:1": ("localhost:5000", "app", "1"),
    "[::1]:5000/app:1": ("[::1]:5000", "app", "1"),
    "a.io/b/c/d:latest": ("a.io", "b/c/d", "latest"),
}


@pytest.mark.parametrize(("text", "expected"), REFERENCES.items(), ids=REFERENCES.keys())
def test_section_2_1_a_full_reference(text: str, expected: tuple[str, str, str]) -> None:
    parsed = reference.reference(text)

    assert (parsed.host, parsed.repository, parsed.tag) == expected
    assert parsed.name == f"{parsed.host}/{parsed.repository}"
    assert reference.reference(str(parsed)) == parsed


NO_REFERENCES = {
    f"ghcr.io/acme/app@{DIGEST}": ("holds a digest", "leave '@...' out"),
    "ghcr.io/acme/app:1@x": ("holds a digest", "leave '@...' out"),
    "ghcr.io/acme/app": ("neither a tag nor a full reference", "such as 'ghcr.io/acme/app:latest'"),
    "localhost:5000/app/": ("neither a tag nor a full reference", "such as 'localhost:5000/app:latest'"),
    "ghcr.io/acme/app:": ("is no tag", ""),
    "ghcr.io/acme/app:a b": ("is no tag", "'a_b'"),
    "ghcr.io/Acme/app:1": ("it must be lower-case", "'acme/app'"),
    "ghcr..io/acme/app:1": ("is no registry host", ""),
    "docker.io/app:1": ("'app' has no namespace", "user or organisation"),
    "registry-1.docker.io/app:1": ("'app' has no namespace", "user or organisation"),
}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [(text, *expected) for text, expected in NO_REFERENCES.items()],
    ids=NO_REFERENCES.keys(),
)
def test_section_2_1_anything_else_is_no_full_reference(text: str, message: str, hint: str) -> None:
    with pytest.raises(NameFormatError) as caught:
        reference.reference(text)

    assert caught.value.code == "reference"
    assert message in str(caught.value)
    assert hint in caught.value.hint


ON_HOST = {
    ("docker.io", "acme/app"): True,
    ("docker.io", "app"): False,
    ("index.docker.io", "app"): False,
    ("ghcr.io", "app"): True,
}


@pytest.mark.parametrize(("where", "path"), ON_HOST, ids=map("/".join, ON_HOST))
def test_section_5_1_docker_hub_wants_a_namespace(where: str, path: str) -> None:
    if ON_HOST[where, path]:
        assert reference.on_host(where, path) == path
    else:
        with pytest.raises(NameFormatError, match="has no namespace: on Docker Hub"):
            reference.on_host(where, path)


# --- candidates ----------------------------------------------------------------------------------------

LOCAL = {
    "app": (None, "app"),
    "app:1": (None, "app"),
    "acme/app": (None, "acme/app"),
    "ghcr.io/acme/app:1": ("ghcr.io", "acme/app"),
    "GHCR.io/acme/app": ("ghcr.io", "acme/app"),
    "docker.io/acme/app": ("docker.io", "acme/app"),
    "index.docker.io/acme/app": ("docker.io", "acme/app"),
    "localhost:5000/app": ("localhost:5000", "app"),
    "localhost:5000": (None, "localhost"),
    "quay.io/my.team/app:1": ("quay.io", "my.team/app"),
    f"acme/app@{DIGEST}": (None, "acme/app"),
    f"acme/app:1@{DIGEST}": (None, "acme/app"),
    f"ghcr.io/acme/app@{DIGEST}": ("ghcr.io", "acme/app"),
    DIGEST: (None, None),
    "0123456789ab": (None, None),
    "0123456789abcdef0": (None, None),
    ID: (None, None),
    # hexadecimal, but no ID
    "0123456789a": (None, "0123456789a"),
    "0123456789ab:1": (None, "0123456789ab"),
    "acme/0123456789ab": (None, "acme/0123456789ab"),
    f"0123456789ab@{DIGEST}": (None, "0123456789ab"),
    "0" * 65: (None, "0" * 65),
}


@pytest.mark.parametrize(
    ("text", "host", "repository"),
    [(text, *expected) for text, expected in LOCAL.items()],
    ids=[text[:40] for text in LOCAL],
)
def test_section_4_a_candidate_in_the_daemon(text: str, host: str | None, repository: str | None) -> None:
    assert reference.local_image(text) == LocalImage(text=text, host=host, repository=repository)


NO_LOCAL = {
    "sha256:abc": ("is no image ID", "'sha256:' and 64 hexadecimal digits"),
    f"sha256:{ID.upper()}": ("is no image ID", "'sha256:' and 64 hexadecimal digits"),
    "app@sha256:abc": ("'sha256:abc' is no digest", "'sha256:' and 64 hexadecimal digits"),
    "app@": ("'' is no digest", ""),
    f"@{DIGEST}": ("is no repository name", ""),
    "App": ("it must be lower-case", "Write 'app'."),
    "app:": ("is no tag", ""),
    "app:a:b": ("is no tag", ""),
    "app:a b": ("is no tag", "'a_b'"),
    "ghcr..io/acme/app": ("is no registry host", ""),
    "": ("is no repository name", ""),
    "app ": ("is no repository name", ""),
    "a//b": ("is no repository name", ""),
}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [(text, *expected) for text, expected in NO_LOCAL.items()],
    ids=[text[:40] for text in NO_LOCAL],
)
def test_section_4_anything_else_is_no_candidate(text: str, message: str, hint: str) -> None:
    with pytest.raises(NameFormatError) as caught:
        reference.local_image(text)

    assert message in str(caught.value)
    assert hint in caught.value.hint


# --- anything ------------------------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(
        ["app", "acme/", "ghcr.io/", ":", "@", DIGEST, "1.2", "/", "localhost:5000/", "http://", "[::1]:1/"]
    )
    | st.text(max_size=2)
).map("".join)


@given(PIECES)
def test_any_text_is_parsed_or_refused_with_a_reason(text: str) -> None:
    for parse in (
        reference.tag,
        reference.host,
        reference.repository,
        reference.image_name,
        reference.reference,
        reference.local_image,
    ):
        try:
            parsed = parse(text)
        except NameFormatError as error:
            assert str(error)
            assert error.hint
        else:
            assert isinstance(parsed, (str, Reference, LocalImage))


@given(PIECES)
def test_a_reference_that_is_parsed_reads_back_as_itself(text: str) -> None:
    try:
        parsed = reference.reference(text)
    except NameFormatError:
        return

    assert reference.is_full(text)
    assert reference.reference(str(parsed)) == parsed
    assert REPOSITORY.fullmatch(parsed.repository)
    assert TAG.fullmatch(parsed.tag)
    assert reference.is_host(parsed.host)
