"""Which CI it is, and the one that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep import ci
from pushstep.ci.protocol import Context, Handover
from pushstep.registry.reference import normalized
from tests.unit.ci.recorded import environment

DETECTED = {
    "nothing": ({}, "plain"),
    "github": ({"GITHUB_ACTIONS": "true"}, "github"),
    "gitlab": ({"GITLAB_CI": "true"}, "gitlab"),
    "github, pretending": ({"GITHUB_ACTIONS": "false"}, "plain"),
    "another CI": ({"CI": "true", "JENKINS_URL": "https://ci.example"}, "plain"),
    "empty": ({"GITHUB_ACTIONS": "", "GITLAB_CI": ""}, "plain"),
    "a whole GitHub environment": (environment("github/push"), "github"),
    "a whole GitLab environment": (environment("gitlab/branch"), "gitlab"),
}


@pytest.mark.parametrize(("environ", "expected"), DETECTED.values(), ids=DETECTED)
def test_detect(environ: dict[str, str], expected: str) -> None:
    assert ci.detect(environ, no_file, 0).context.ci == expected


def test_section_7_anywhere_else_nothing_is_derived() -> None:
    environ = {"CF_BRANCH": "Main", "CF_EMPTY": "", "GITHUB_REF_NAME": "main", "CI_COMMIT_BRANCH": "main"}

    found = ci.detect(environ, no_file, 0).context

    assert found == Context(ci="plain", variables={"CF_BRANCH": "Main"})


def test_plain_has_no_formats_of_its_own() -> None:
    plain = ci.detect({}, no_file, 0)

    assert plain.masks(["a secret of some length"]) == ""
    assert plain.annotation("error", "title", "message") == ""
    assert plain.files({"digest": "sha256:1"}, "# Summary") == Handover()
    assert plain.section("push", "Push\napp") == (r"Push\napp", "")


def test_plain_hints() -> None:
    plain = ci.detect({}, no_file, 0)

    assert "docker run -v /var/run/docker.sock:/var/run/docker.sock" in plain.daemon_hint()
    assert "DOCKER_HOST" in plain.daemon_hint()
    assert "docker login dtr.example.com" in plain.credentials_hint("dtr.example.com")
    assert "PUSHSTEP_PASSWORD" in plain.credentials_hint("dtr.example.com")
    assert "PUSHSTEP_ID_TOKEN" in plain.id_token_hint("sts.amazonaws.com")


NORMALIZED = {
    "main": "main",
    "feature/Login": "feature_Login",
    "v1.10": "v1.10",
    ".hidden": "_hidden",
    "-x": "_x",
    "..": "_.",
    "_ok": "_ok",
    "größe+1": "gr__e_1",
    "a b\nc": "a_b_c",
    "x" * 200: "x" * 128,
}


@pytest.mark.parametrize(("name", "expected"), NORMALIZED.items())
def test_section_7_1_normalization(name: str, expected: str) -> None:
    assert normalized(name) == expected


@given(st.text(min_size=1))
def test_section_7_1_a_normalized_name_is_a_tag_and_stays_as_it_is(name: str) -> None:
    tag = normalized(name)

    assert tag == normalized(tag)
    assert len(tag) == min(len(name), 128)
    assert set(tag) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
    assert tag[0] not in ".-"


def no_file(path: str) -> str:
    raise FileNotFoundError(path)
