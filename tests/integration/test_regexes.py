"""Regular expressions that never end, while both cores have other work: each run ends, and soon (section 6)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.pushstep import Pushstep

BUSY = "import zlib, os\ndata = os.urandom(1 << 20)\nwhile True: zlib.compress(data)"
CATASTROPHIC = {
    # pattern, what it is asked of
    "a group repeated twice": ("^(a+)+$", "a" * 10_000 + "!"),
    "one of two that overlap": ("^(a|aa)+$", "a" * 10_000 + "!"),
    "what may be empty, repeated": ("^(a|a?)+$", "a" * 10_000 + "!"),
    "two neighbours that share": ("(x+x+)+y", "x" * 10_000),
    "words of words": (r"^(\w+\s?)*$", "a" * 10_000 + "!"),
    "anything, many times": ("(.*a){20}!", "a" * 10_000),
    "a reference back": (r"^(a+)+\1$", "a" * 10_000 + "!"),
}


@pytest.fixture(scope="module", autouse=True)
def _busy() -> Iterator[None]:
    """What compresses the layers of a push, on every core."""
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count() or 2)]
    yield
    for one in others:
        one.kill()
        one.wait()


@pytest.mark.parametrize("place", ["branch", "match"])
@pytest.mark.parametrize("row", CATASTROPHIC)
def test_section_6_a_regex_without_end_ends_within_three_seconds(
    pushstep: Pushstep, row: str, place: str
) -> None:
    pattern, text = CATASTROPHIC[row]
    when = {
        "branch": {"branch": {"only": [f"/{pattern}/"]}},
        "match": {"condition": {"all": {"it": f"match(CF_BRANCH, {json.dumps(pattern)}, false)"}}},
    }[place]

    run = pushstep(
        *("--candidate=app", "--image-name=a/b", "--when", json.dumps(when)),
        environ={"CF_BRANCH": text, "DOCKER_HOST": "unix:///nowhere"},
    )

    assert run.seconds < 3
    assert (run.status, run.codes) == (1, ["condition"]), run.err[-500:]
    assert [one["outcome"] for one in run.report["steps"][0]["conditions"]] == ["error"]
