"""Every field of a document, typed (push-step.md 2, 2.1, 4, 5.1), without variables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import CODES, InputError
from pushstep.oci import Platform
from pushstep.registry.reference import LocalImage, Reference
from pushstep.step.candidate import RemoteImage, StoredImage
from pushstep.step.model import Credentials, Retry, Step
from pushstep.step.resolution import resolve
from pushstep.step.variables import Variables
from tests.unit.step.documents import good, named, read, told

DIGEST = f"sha256:{'0' * 64}"
ROLE = "arn:aws:iam::123456789012:role/team/pusher"


def step(text: str, registries: tuple[str, ...] = ()) -> Step:
    """The step of a document that gives these fields beside a candidate."""
    fields = f"arguments: {text}" if text.startswith("{") else text
    (raw,) = good(fields if "candidate" in text else f"candidate: app\n{fields}")
    return resolve(raw, Variables(), named(*registries))


TAKEN: dict[str, tuple[str, dict[str, object]]] = {
    "nothing but a candidate": (
        "",
        {
            "name": "push",
            "title": None,
            "stage": None,
            "provider": None,
            "bare_tags": ("latest",),
            "registry": (),
            "aws_session_name": None,
            "aws_duration_seconds": None,
            "platform": None,
            "fail_fast": True,
            "strict_fail_fast": False,
            "timeout": None,
            "retry": Retry(),
            "registry_context": None,
        },
    ),
    "texts": (
        "{title: 7.0, description: 'a # b'}",
        {"title": "7.0", "description": "a # b"},
    ),
    "standard": ("provider: standard", {"provider": "docker"}),
    "ecr": (
        (
            f"{{provider: ecr, accessKeyId: a, secretAccessKey: b, sessionToken: c, region: us-gov-west-1, "
            f"role_arn: '{ROLE}', aws_session_name: me@ci, aws_duration_seconds: 900}}"
        ),
        {
            "provider": "ecr",
            "access_key_id": "a",
            "secret_access_key": "b",
            "session_token": "c",
            "region": "us-gov-west-1",
            "role_arn": ROLE,
            "aws_session_name": "me@ci",
            "aws_duration_seconds": 900,
        },
    ),
    "a role of another partition": (
        "role_arn: arn:aws-cn:iam::123456789012:role/a",
        {"role_arn": "arn:aws-cn:iam::123456789012:role/a"},
    ),
    "a tag as it was written": ("tag: 1.10", {"bare_tags": ("1.10",)}),
    "a tag that YAML reads as a boolean": ("tag: on", {"bare_tags": ("on",)}),
    "tags twice": ("tags: [b, a, b]", {"bare_tags": ("b", "a")}),
    "full references": (
        "tags: [ghcr.io/acme/app:1.10]",
        {"references": (Reference(host="ghcr.io", repository="acme/app", tag="1.10"),)},
    ),
    "a registry": ("registry: https://GHCR.io/v2/", {"registry": ("ghcr.io",)}),
    "registries": ("registry: [ghcr.io, 'localhost:5000']", {"registry": ("ghcr.io", "localhost:5000")}),
    "a layout": ("registry: oci:out", {"registry": ("oci:out",)}),
    "credentials": (
        "credentials: {username: 007, password: ' x '}",
        {"credentials": Credentials(username="007", password=" x ")},
    ),
    "a platform": ("platform: linux/amd64", {"platform": Platform(os="linux", architecture="amd64")}),
    "a platform with its variant": (
        "platform: linux/arm64/v8",
        {"platform": Platform(os="linux", architecture="arm64", variant="v8")},
    ),
    "seconds": ("timeout: 90s", {"timeout": 90}),
    "minutes": ("timeout: .5m", {"timeout": 30}),
    "hours": ("timeout: 1.5h", {"timeout": 5400}),
    "as long as there is": ("timeout: 2147483.647s", {"timeout": 2147483.647}),
    "no seconds": ("timeout: 0s", {"timeout": None}),
    "no minutes": ("timeout: 0.0m", {"timeout": None}),
    "no hours": ("timeout: 0h", {"timeout": None}),
    "no timeout": ("timeout: null", {"timeout": None}),
    "retry of nothing": ("retry: {}", {"retry": Retry()}),
    "retry": (
        "retry: {maxAttempts: 4, delay: 6, exponentialFactor: 1.5}",
        {"retry": Retry.model_construct(max_attempts=4, delay=6, exponential_factor=1.5)},
    ),
    "retry below its bounds": (
        "retry: {maxAttempts: 0.5, delay: 3, exponentialFactor: .5}",
        {"retry": Retry.model_construct(max_attempts=1, delay=3, exponential_factor=1)},
    ),
    "retry beyond its bounds": (
        "retry: {maxAttempts: 1e999, delay: 600, exponentialFactor: 50}",
        {"retry": Retry.model_construct(max_attempts=10, delay=60, exponential_factor=5)},
    ),
    # section 4
    "the daemon's": (
        "candidate: docker-daemon:app:1",
        {"candidate": LocalImage(text="app:1", repository="app")},
    ),
    "a docker save": (
        "candidate: docker-archive:out/app.tar",
        {
            "candidate": StoredImage(
                text="docker-archive:out/app.tar", transport="docker-archive", path="out/app.tar"
            )
        },
    ),
    "an image of a docker save": (
        "candidate: docker-archive:app.tar:ghcr.io/acme/app:1",
        {
            "candidate": StoredImage(
                text="docker-archive:app.tar:ghcr.io/acme/app:1",
                transport="docker-archive",
                path="app.tar",
                selector="ghcr.io/acme/app:1",
                host="ghcr.io",
                repository="acme/app",
            )
        },
    ),
    "an OCI archive": (
        "candidate: oci-archive:app.tar:1.10",
        {
            "candidate": StoredImage(
                text="oci-archive:app.tar:1.10", transport="oci-archive", path="app.tar", selector="1.10"
            )
        },
    ),
    "an OCI archive, by a whole name": (
        "candidate: oci-archive:app.tar:ghcr.io/acme/app:1",
        {
            "candidate": StoredImage(
                text="oci-archive:app.tar:ghcr.io/acme/app:1",
                transport="oci-archive",
                path="app.tar",
                selector="ghcr.io/acme/app:1",
                host="ghcr.io",
                repository="acme/app",
            )
        },
    ),
    "an OCI layout, by what is no name": (
        "candidate: oci:out:App/1",
        {"candidate": StoredImage(text="oci:out:App/1", transport="oci", path="out", selector="App/1")},
    ),
    "an OCI layout, by what an earlier push hands on": (
        f"candidate: oci:out/My @app@{DIGEST}",
        {
            "candidate": StoredImage(
                text=f"oci:out/My @app@{DIGEST}", transport="oci", path="out/My @app", selector=DIGEST
            )
        },
    ),
    "an OCI layout": (
        "candidate: oci:/tmp/layout",
        {"candidate": StoredImage(text="oci:/tmp/layout", transport="oci", path="/tmp/layout")},  # noqa: S108 - a name
    ),
    "a registry's": (
        "candidate: docker://ghcr.io/acme/app:1",
        {
            "candidate": RemoteImage(
                text="docker://ghcr.io/acme/app:1", host="ghcr.io", repository="acme/app", tag="1"
            )
        },
    ),
    "a registry's by its digest": (
        f"candidate: docker://localhost:5000/app:1@{DIGEST}",
        {
            "candidate": RemoteImage(
                text=f"docker://localhost:5000/app:1@{DIGEST}",
                host="localhost:5000",
                repository="app",
                tag="1",
                digest=DIGEST,
            )
        },
    ),
    "a registry's by its digest alone": (
        f"candidate: docker://acme/app@{DIGEST}",
        {
            "candidate": RemoteImage(
                text=f"docker://acme/app@{DIGEST}", host="docker.io", repository="acme/app", digest=DIGEST
            )
        },
    ),
    "Docker Hub's own": (
        "candidate: docker://alpine",
        {
            "candidate": RemoteImage(
                text="docker://alpine", host="docker.io", repository="library/alpine", tag="latest"
            )
        },
    ),
    "Docker Hub's own by its name there": (
        "candidate: docker://docker.io/alpine:3",
        {
            "candidate": RemoteImage(
                text="docker://docker.io/alpine:3", host="docker.io", repository="library/alpine", tag="3"
            )
        },
    ),
}


@pytest.mark.parametrize(("text", "expected"), TAKEN.values(), ids=TAKEN)
def test_section_2_fields_of_a_document(text: str, expected: dict[str, object]) -> None:
    found = step(text)

    assert {name: getattr(found, name) for name in expected} == expected


def test_section_5_1_logical_names_come_first() -> None:
    (raw,) = good("{candidate: app, registry: [my-registry, prod.ecr, ghcr.io]}")

    assert resolve(raw, Variables(), named("my-registry", "prod.ecr")).registry == (
        "my-registry",
        "prod.ecr",
        "ghcr.io",
    )
    with pytest.raises(InputError) as caught:
        resolve(raw, Variables(), named("prod", "my-registries"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.line) == ("reference", "registry[0]", 1)
    assert problem.hint.endswith("the registries document has my-registries, prod.")


def test_section_2_a_platform_reads_as_it_was_written() -> None:
    assert str(step("platform: linux/arm/v7").platform) == "linux/arm/v7"
    assert str(step("platform: linux/amd64").platform) == "linux/amd64"


def test_no_secret_of_a_step_is_printed() -> None:
    found = step(
        "{provider: ecr, accessKeyId: hunter1, secretAccessKey: hunter2, sessionToken: hunter3,"
        " credentials: {username: a, password: hunter4}}"
    )

    assert "hunter" not in repr(found)


# fields → code, path
WRONG: dict[str, list[tuple[str, str]]] = {
    "tags: main": [("value", "tags")],
    "tags: {a: b}": [("value", "tags")],
    "tags: [[a]]": [("value", "tags[0]")],
    "tag: [a]": [("value", "tag")],
    "tag: a\ntags: [b]": [("conflict", "tag")],
    "registry: []": [("value", "registry")],
    "registry: [a.io, '']": [("value", "registry[1]")],
    "registry: 'oci:'": [("reference", "registry[0]")],
    "registry: http://a.io": [("reference", "registry[0]")],
    "provider: gcr": [("value", "provider")],
    "provider: ECR": [("value", "provider")],
    "provider: fooecr": [("value", "provider")],
    "credentials: {username: a}": [("missing", "credentials.password")],
    "credentials: {username: a, password: ''}": [("value", "credentials.password")],
    "credentials: {username: a, password: [x]}": [("value", "credentials.password")],
    "credentials: {username: a, password: b, token: c}": [("unknown", "credentials.token")],
    "credentials: [a]": [("value", "credentials")],
    "registry: [a.io, b.io]\ncredentials: {username: a, password: b}": [("conflict", "credentials.username")],
    "registry: [a, b]\ncredentials: {username: a, password: b}": [("conflict", "credentials.username")],
    "provider: ecr\naccessKeyId: a": [("missing", "secretAccessKey")],
    "provider: ecr\nsecretAccessKey: a": [("missing", "accessKeyId")],
    "provider: ecr\ntags: [a.io/b:1]": [("conflict", "provider")],
    "region: europe": [("value", "region")],
    "role_arn: arn:aws:iam::123456789012:user/a": [("value", "role_arn")],
    "role_arn: arn:aws:iam::12345:role/a": [("value", "role_arn")],
    "aws_session_name: a b": [("value", "aws_session_name")],
    "aws_duration_seconds: 0": [("value", "aws_duration_seconds")],
    "aws_duration_seconds: 3601": [("value", "aws_duration_seconds")],
    "aws_duration_seconds: 1e3": [("value", "aws_duration_seconds")],
    "platform: linux": [("value", "platform")],
    "platform: Linux/amd64": [("value", "platform")],
    "fail_fast: y": [("value", "fail_fast")],
    "fail_fast: 2": [("value", "fail_fast")],
    "fail_fast: ''": [("value", "fail_fast")],
    "fail_fast: [true]": [("value", "fail_fast")],
    "fail_fast: ~": [("value", "fail_fast")],
    "strict_fail_fast: on": [("value", "strict_fail_fast")],
    "strict_fail_fast: 1": [("value", "strict_fail_fast")],
    "strict_fail_fast: perhaps": [("value", "strict_fail_fast")],
    "timeout: 90": [("value", "timeout")],
    "timeout: s": [("value", "timeout")],
    "timeout: .h": [("value", "timeout")],
    "timeout: 5d": [("value", "timeout")],
    "timeout: 500ms": [("value", "timeout")],
    "timeout: 5 m": [("value", "timeout")],
    "timeout: 5M": [("value", "timeout")],
    "timeout: 1e2s": [("value", "timeout")],
    "timeout: 2147484s": [("value", "timeout")],
    "timeout: ''": [("value", "timeout")],
    "retry: 3": [("value", "retry")],
    "retry: {maxAttempts: 0}": [("value", "retry.maxAttempts")],
    "retry: {delay: -1}": [("value", "retry.delay")],
    "retry: {delay: 1e-999}": [("value", "retry.delay")],
    "retry: {exponentialFactor: .nan}": [("value", "retry.exponentialFactor")],
    "retry: {maxAttempts: 0x10}": [("value", "retry.maxAttempts")],
    "retry: {maxAttempts: [1]}": [("value", "retry.maxAttempts")],
    "retry: {attempts: 1}": [("unknown", "retry.attempts")],
    "candidate: containers-storage:app": [("value", "candidate")],
    "candidate: dir:out": [("value", "candidate")],
    "candidate: 'docker-archive:'": [("value", "candidate")],
    "candidate: 'oci:'": [("value", "candidate")],
    "candidate: 'oci:dir:'": [("value", "candidate")],
    'candidate: "oci:a\\u200Bb"': [("value", "candidate")],
    "candidate: docker-archive:a.tar:App": [("reference", "candidate")],
    "candidate: docker://App": [("reference", "candidate")],
    "candidate: docker://": [("reference", "candidate")],
    "candidate: sha256:abc": [("reference", "candidate")],
}


@pytest.mark.parametrize(("text", "expected"), WRONG.items(), ids=WRONG)
def test_section_2_what_a_field_does_not_take(text: str, expected: list[tuple[str, str]]) -> None:
    whole = text if "candidate" in text else f"{text}\ncandidate: app"
    problems = read(whole)[1]

    assert [(one.code, one.path) for one in problems] == expected
    for one in problems:
        assert CODES[one.code][0] == 2
        assert one.hint
        assert one.line == (2 if one.path == "credentials.username" else 1) or one.code == "missing"


@pytest.mark.parametrize("word", ["true", "Yes", "ON", "1"])
def test_section_2_booleans_of_a_document(word: str) -> None:
    assert step(f"fail_fast: {word}").fail_fast is True


@pytest.mark.parametrize("word", ["false", "No", "OFF", "0"])
def test_section_2_booleans_of_a_document_that_say_no(word: str) -> None:
    assert step(f"fail_fast: {word}").fail_fast is False


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
def test_section_2_strict_fail_fast_is_true_or_false(word: str) -> None:
    assert step(f"strict_fail_fast: {word}").strict_fail_fast is True


# --- anything ------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "candidate",
        "tag",
        "tags",
        "image_name",
        "registry",
        "credentials",
        "provider",
        "region",
        "timeout",
        "retry",
        "platform",
        "title",
        "stage",
        "fail_fast",
        "strict_fail_fast",
        "when",
        "on_success",
        "on_fail",
        "hooks",
        "arguments",
        "type",
        "steps",
        "version",
        "name",
        "nonsense",
    ]
)
SCALARS = st.sampled_from(
    [
        "app",
        "1.10",
        "a/b:1",
        "ghcr.io",
        "${{X}}",
        "$[[Y]]-x",
        "push",
        "parallel",
        "true",
        "5m",
        "~",
        "''",
        "/(/",
        "/x/",
    ]
) | st.text(max_size=8).map(repr)


def flow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    keys = NAMES | st.sampled_from(["set", "metadata", "annotations", "maxAttempts", "username", "only", "a"])
    return st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]") | st.dictionaries(
        keys, inner, max_size=5
    ).map(lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}")


@given(st.recursive(SCALARS, flow, max_leaves=15) | st.text())
def test_any_document_is_read_or_gives_problems_with_a_path(text: str) -> None:
    found, problems = read(text)

    assert found.steps or problems
    for one in problems:
        assert one.message
        assert one.path
        assert CODES[one.code][0] == 2
    for raw in found.steps if not problems else ():
        try:
            step = resolve(raw, Variables())
        except InputError as error:
            assert all(one.path for one in error.problems)
        else:
            assert step.references or step.bare_tags


def test_told_is_sorted_by_place() -> None:
    lines = [line for _, _, line in told("b: 1\na: 1\ntag: a/b\ncandidate: A")]

    assert lines == [1, 2, 3, 4]
