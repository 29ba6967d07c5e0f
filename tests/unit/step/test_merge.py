"""Inputs over a document's steps, by groups (push-step.md 1, 1.2)."""

from types import MappingProxyType

import pytest

from pushstep.errors import InputError
from pushstep.inputs import Given, read
from pushstep.step.document import Data
from pushstep.step.from_inputs import raw_step
from pushstep.step.merge import over
from pushstep.step.pipeline import pipeline
from pushstep.step.raw import Origin, RawStep
from pushstep.step.resolution import check, resolve
from pushstep.step.variables import Variables
from tests.unit.step.documents import Patterns, good

DOCUMENT = """
candidate: app
tag: a
image_name: ghcr.io/acme/app
registry: ghcr.io
credentials: {username: doc, password: docpass}
accessKeyId: k
secretAccessKey: s
sessionToken: t
region: eu-west-1
role_arn: arn:aws:iam::123456789012:role/a
provider: docker
retry: {maxAttempts: 3}
on_success: {metadata: {set: [a]}}
title: doc
"""


def given(**fields: Data) -> RawStep:
    """What inputs give, as if all of them were ready."""
    origins = {name: Origin(label=f"--{name}") for name in fields if name != "credentials"}
    credentials = fields.get("credentials")
    for member in ("username", "password"):
        told = isinstance(credentials, dict) and member in credentials
        origins[f"credentials.{member}"] = Origin(label=f"--{member}" if told else member)
    return RawStep(fields=MappingProxyType(fields), origins=MappingProxyType(origins))


KEPT = [
    *("candidate", "tag", "image_name", "registry", "credentials", "accessKeyId", "secretAccessKey"),
    *("sessionToken", "region", "role_arn", "provider", "retry", "on_success", "title"),
]
NOT_WITH_REGISTRY = [
    name
    for name in KEPT
    if name
    not in {
        *("credentials", "accessKeyId", "secretAccessKey", "sessionToken", "region", "role_arn", "provider"),
    }
]
MERGED: dict[str, tuple[dict[str, Data], list[str], dict[str, Data]]] = {
    "nothing": ({}, KEPT, {"tag": "a"}),
    "a tag": ({"tag": "b"}, KEPT, {"tag": "b"}),
    "tags take the place of tag": (
        {"tags": ["b"]},
        [name for name in KEPT if name != "tag"],
        {"tags": ["b"]},
    ),
    "full references hold the registry": (
        {"tags": ["quay.io/a/b:1"]},
        [name for name in NOT_WITH_REGISTRY if name not in ("tag", "registry", "image_name")],
        {"tags": ["quay.io/a/b:1"]},
    ),
    "a registry": (
        {"registry": ["quay.io"]},
        NOT_WITH_REGISTRY,
        {"registry": ["quay.io"], "image_name": "acme/app"},
    ),
    "a registry and a name": (
        {"registry": ["quay.io"], "image_name": "quay.io/x"},
        NOT_WITH_REGISTRY,
        {"registry": ["quay.io"], "image_name": "quay.io/x"},
    ),
    "credentials keep the registry": (
        {"credentials": {"username": "in", "password": "p"}},
        KEPT,
        {"credentials": {"username": "in", "password": "p"}, "registry": "ghcr.io"},
    ),
    "a password completes no user name of the document": (
        {"credentials": {"password": "p"}},
        KEPT,
        {"credentials": {"password": "p"}},
    ),
    "an AWS key": (
        {"accessKeyId": "K"},
        [name for name in KEPT if name not in ("secretAccessKey", "sessionToken")],
        {"accessKeyId": "K", "region": "eu-west-1"},
    ),
    "a region": ({"region": "us-east-1"}, KEPT, {"region": "us-east-1", "accessKeyId": "k"}),
    "mappings are replaced": (
        {"retry": {"delay": "5"}, "on_success": {}},
        KEPT,
        {"retry": {"delay": "5"}, "on_success": {}},
    ),
    "what the document has not": ({"timeout": "5m"}, [*KEPT, "timeout"], {"timeout": "5m"}),
}


@pytest.mark.parametrize(("fields", "kept", "expected"), MERGED.values(), ids=MERGED)
def test_section_1_inputs_win_by_groups(
    fields: dict[str, Data], kept: list[str], expected: dict[str, Data]
) -> None:
    inputs = given(**fields)

    (merged,), problems = over(inputs, good(DOCUMENT))

    assert problems == ()
    assert set(merged.fields) == {*kept, *fields}
    assert {name: merged.fields[name] for name in expected} == expected
    assert all(merged.is_input(name) == (name in fields) for name in merged.fields)
    assert merged.name == "push"


TOLD = {
    "tag": (given(tag="b"), ["tag is not used: --tag is given"]),
    "tags": (given(tags=["b"]), ["tag is not used: --tags is given"]),
    "credentials": (
        given(credentials={"username": "a", "password": "b"}),
        ["credentials is not used: --username is given"],
    ),
    "a password": (given(credentials={"password": "b"}), ["credentials is not used: --password is given"]),
    "a key": (
        given(secretAccessKey="S"),
        [
            "accessKeyId is not used: --secretAccessKey is given",
            "secretAccessKey is not used: --secretAccessKey is given",
            "sessionToken is not used: --secretAccessKey is given",
        ],
    ),
    "a registry": (
        given(registry=["quay.io"]),
        [
            f"{name} is not used: --registry is given"
            for name in (
                "registry",
                "credentials",
                "accessKeyId",
                "secretAccessKey",
                "sessionToken",
                "region",
                "role_arn",
                "provider",
            )
        ],
    ),
    "what the document has not": (given(timeout="5m"), []),
}


@pytest.mark.parametrize(("inputs", "expected"), TOLD.values(), ids=TOLD)
def test_section_1_the_log_says_which_input_overrode_the_document(
    inputs: RawStep, expected: list[str]
) -> None:
    (merged,), _ = over(inputs, good(DOCUMENT))

    assert list(merged.notices) == expected


def test_section_1_problems_name_what_was_given_where() -> None:
    steps = pipeline("candidate: App\ntitle: ~\ntag: c", name="push.yaml").steps
    (merged,), _ = over(given(tag="a/b", credentials={"username": "x"}), steps)

    problems = check(merged, Patterns())

    assert [(one.code, one.path, one.line) for one in problems] == [
        ("reference", "candidate", 1),
        ("reference", "--tag", None),
        ("missing", "password", None),
        ("value", "title", 2),
    ]


def test_section_1_a_candidate_may_come_from_an_input() -> None:
    (raw,) = pipeline("tag: 1.10", name="push.yaml").steps
    level = {"candidate": Given(text="app:1", where="--candidate")}
    inputs, unread = raw_step(read(level, {"PUSHSTEP_FAIL_FAST": "no"}, on_github=False))
    (merged,), problems = over(inputs, [raw])

    assert (unread, problems, check(merged, Patterns())) == ((), (), ())
    step = resolve(merged, Variables())
    assert (step.candidate.text, step.bare_tags, step.fail_fast) == ("app:1", ("1.10",), False)
    assert [(one.path, one.line) for one in check(raw, Patterns())] == [("candidate", 1)]


def test_section_2_strict_fail_fast_of_an_input_takes_other_words() -> None:
    (merged,), _ = over(given(strict_fail_fast="on"), good("{candidate: app, strict_fail_fast: false}"))

    assert check(merged, Patterns()) == ()
    assert resolve(merged, Variables()).strict_fail_fast is True


def test_section_3_credentials_of_inputs_are_not_substituted_in_a_documents_step() -> None:
    inputs = given(credentials={"username": "${{V}}", "password": "${{V}}"}, tag="${{V}}")
    (merged,), _ = over(inputs, good(DOCUMENT))
    step = resolve(merged, Variables(given={"V": "v"}))

    assert step.credentials
    assert (step.credentials.username, step.credentials.password, step.tag) == ("${{V}}", "${{V}}", "v")


SEVERAL = "steps: {a: {type: push, candidate: a}, b: {type: push, candidate: b}}"


def test_section_1_2_inputs_of_one_step_need_its_name() -> None:
    inputs = given(
        candidate="x",
        tag="x",
        tags=["y"],
        image_name="x",
        registry=["x"],
        credentials={"password": "x"},
        accessKeyId="x",
        fail_fast="no",
        region="eu-west-1",
    )
    _, problems = over(inputs, good(SEVERAL))

    assert [(one.code, one.path, one.hint) for one in problems] == [
        ("conflict", path, "Use `step-name` to say which.")
        for path in (
            "--candidate",
            "--tag",
            "--tags",
            "--image_name",
            "--registry",
            "--password",
            "--accessKeyId",
        )
    ]
    assert over(inputs, good(SEVERAL)[:1])[1] == ()


def test_section_1_2_all_other_inputs_apply_to_every_step() -> None:
    merged, problems = over(given(fail_fast="no", title="t"), good(SEVERAL))

    assert problems == ()
    assert [resolve(one, Variables()).fail_fast for one in merged] == [False, False]


def test_inputs_that_cannot_be_read_are_told_beside_those_that_can() -> None:
    level = {
        "tags": Given(text="[a", where="--tags"),
        "when": Given(text="{", where="--when"),
        "candidate": Given(text="app", where="--candidate"),
    }
    raw, problems = raw_step(read(level, {}, on_github=False))

    assert dict(raw.fields) == {"candidate": "app"}
    assert [one.path for one in problems] == ["--tags", "--when"]
    with pytest.raises(InputError):
        resolve(RawStep(fields={}), Variables())
