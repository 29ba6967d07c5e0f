"""Retry and timeout on a real daemon: what is tried again, what is not, and what a timeout leaves."""

import time
from pathlib import Path

import docker
import pytest
from docker.models.images import Image

from tests.integration.conftest import build, names, remove
from tests.support.pushstep import Pushstep, Run
from tests.support.registries import Registry, scripted

RETRY = "{maxAttempts: 4, delay: 0.2, exponentialFactor: 1}"
SLOW_DOWN = "toomanyrequests: retry-after: {}, allowed: 44000/minute"


@pytest.fixture(name="pushstep")
def _pushstep(pushstep: Pushstep) -> Pushstep:
    """The daemon pushes here, whatever could reach the registry."""
    pushstep.environ["PUSHSTEP_TRANSPORT"] = "daemon"
    return pushstep


def statuses(run: Run) -> list[list[str]]:
    return [[tag["status"] for tag in place["tags"]] for place in run.destinations]


@pytest.mark.usefixtures("unchanged_names")
def test_section_8_a_registry_that_fails_twice_gets_three_attempts(pushstep: Pushstep, image: Image) -> None:
    with scripted(lambda _, number: 503 if number <= 2 else 201) as registry:
        run = pushstep("--candidate", image.tags[0], "--tags", f"{registry.host}/a/b:1", "--retry", RETRY)

    assert run.status == 0, run.err
    assert registry.manifests == ["1", "1", "1"]
    assert statuses(run) == [["pushed"]]
    step = run.report["steps"][0]
    assert (step["result"], step["attempts"], step["error"], step["reason"]) == ("success", 3, None, None)
    assert step["duration_seconds"] >= 0.4
    assert run.err.count("the next is in 0.2 s") == 2
    assert "attempt 2 of 4 failed" in run.err


REFUSED = {
    "401": (401, '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}', "login"),
    "403": (403, '{"errors":[{"code":"DENIED","message":"denied"}]}', "denied"),
    "an hour": (429, SLOW_DOWN.format("1h0m0s"), "rate-limit"),
}


@pytest.mark.usefixtures("unchanged_names")
@pytest.mark.parametrize("row", REFUSED)
def test_section_8_what_cannot_get_better_fails_at_once(pushstep: Pushstep, image: Image, row: str) -> None:
    status, body, code = REFUSED[row]
    with scripted(status, body) as registry:
        run = pushstep("--candidate", image.tags[0], "--tags", f"{registry.host}/a/b:1", "--retry", RETRY)

    assert (run.status, run.codes) == (1, [code])
    assert registry.manifests == ["1"]
    step = run.report["steps"][0]
    assert step["attempts"] == 1
    assert ("It asks to wait 60 minutes" if row == "an hour" else "Not tried again") in step["error"]["hint"]


@pytest.mark.usefixtures("unchanged_names")
def test_section_8_a_registry_may_ask_for_more_time(pushstep: Pushstep, image: Image) -> None:
    with scripted(lambda _, number: 429 if number == 1 else 201, SLOW_DOWN.format("1.2s")) as registry:
        run = pushstep("--candidate", image.tags[0], "--tags", f"{registry.host}/a/b:1", "--retry", RETRY)

    assert run.status == 0, run.err
    assert "the next is in 1.2 s" in run.err
    assert run.report["steps"][0]["attempts"] == 2


@pytest.mark.usefixtures("unchanged_names")
def test_section_8_only_what_is_missing_is_tried_again(
    pushstep: Pushstep, registries: dict[str, Registry], image: Image, repository: str
) -> None:
    other = registries["open"]

    def answer(tag: str, number: int) -> int:
        return {"bad": 403}.get(tag, 503 if tag == "2" and number == 1 else 201)

    with scripted(answer, "denied") as registry:
        run = pushstep(
            *("--candidate", image.tags[0], "--retry", RETRY, "--tags"),
            f"{registry.host}/a/b:1,{registry.host}/a/b:2,{registry.host}/a/b:bad,{other.host}/{repository}:1",
        )

    assert run.status == 1
    assert registry.manifests == ["1", "2", "bad", "2"]
    assert statuses(run) == [["pushed", "pushed", "failed"], ["pushed"]]
    step = run.report["steps"][0]
    assert (step["attempts"], step["error"]["code"]) == (2, "denied")
    assert step["destinations"][0]["digest"] == other.digest(repository, "1")
    assert run.err.count(f"Pushing to {other.host}") == 1


def test_section_8_the_last_attempt_is_told_as_it_is(pushstep: Pushstep, image: Image) -> None:
    with scripted(503) as registry:
        run = pushstep(
            *("--candidate", image.tags[0], "--tags", f"{registry.host}/a/b:1"),
            *("--retry", "{maxAttempts: 2, delay: 0.1}", "--fail-fast=false"),
        )

    assert (run.status, run.codes, registry.manifests) == (0, ["unavailable"], ["1", "1"])
    assert run.report["steps"][0]["attempts"] == 2


@pytest.mark.usefixtures("unchanged_names")
def test_section_2_a_timeout_covers_the_waits(pushstep: Pushstep, image: Image) -> None:
    with scripted(503) as registry:
        run = pushstep(
            *("--candidate", image.tags[0], "--tags", f"{registry.host}/a/b:1,{registry.host}/a/b:2"),
            *("--retry", "{maxAttempts: 3, delay: 60}", "--timeout=1s"),
        )

    assert (run.status, run.codes) == (1, ["timeout"])
    assert run.seconds < 4
    assert registry.manifests == ["1", "2"]
    assert run.report["steps"][0]["attempts"] == 1


def test_section_2_a_timeout_stops_a_transfer_under_way(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    docker_client: docker.DockerClient,
    image: Image,
    repository: str,
    tmp_path: Path,
) -> None:
    """In the middle of a layer, with the tag's name lent from another image; later steps go on."""
    large = build(docker_client, tmp_path, f"{image.tags[0].partition(':')[0]}-large", megabytes=30)
    with scripted(201, stalls_in_layers=True) as registry:
        image.tag(f"{registry.host}/a/b", "1")
        before = names(docker_client)
        run = pushstep(
            "--step",
            f"""
first:
  type: push
  candidate: {large.tags[0]}
  tags: ['{registry.host}/a/b:1', '{registry.host}/a/b:2']
  timeout: 2s
  retry: {{maxAttempts: 3}}
  fail_fast: false
  strict_fail_fast: true
second: {{type: push, candidate: {image.tags[0]}, tags: ['{registries["open"].host}/{repository}:1']}}
""",
        )
        assert registry.stalled.is_set()
        registry.released.set()
        assert registry.left.wait(2)
        requests = registry.requests
        time.sleep(1.5)
        assert registry.requests == requests
        assert names(docker_client) == before
        remove(docker_client, f"{registry.host}/a/b:1")
    remove(docker_client, large.tags[0])

    assert run.status == 1, run.err
    first, second = run.report["steps"]
    assert first["error"]["code"] == "timeout"
    assert first["attempts"] == 1
    assert 2 <= first["duration_seconds"] < 4
    assert run.seconds < 5  # with the second step's push
    assert statuses(run) == [["failed", "not_attempted"]]
    assert second["result"] == "success"
    assert "took longer than its timeout of 2 s" in run.err


def test_section_8_when_is_asked_once(pushstep: Pushstep, image: Image) -> None:
    with scripted(lambda _, number: 503 if number == 1 else 201) as registry:
        run = pushstep(
            *("--candidate", image.tags[0], "--tags", f"{registry.host}/a/b:1", "--retry", RETRY),
            *("--when", "branch: {only: [main]}"),
            environ={"CF_BRANCH": "main"},
        )

    assert run.status == 0, run.err
    assert run.report["steps"][0]["attempts"] == 2
    assert run.err.count("when branch only") == 1
