"""Credential helpers (interface 4): real programs on a PATH of the test."""

import base64
import os
import time
from pathlib import Path

import pytest

from pushstep.registry.credentials.helper import Absent, Answer, Failed, Login, run_helper
from tests.unit.credentials.place import Place, answer

NOT_FOUND = "echo credentials not found in native keychain"


def ask(place: Place, name: str = "x", server: str = "ghcr.io", limit: float = 20) -> Answer:
    return run_helper(name, server, environ=place.environ, clock=time.monotonic, limit=limit)


ANSWERS: dict[str, tuple[str, Answer]] = {
    "a login": (answer("bot", "pässword"), Login(username="bot", secret="pässword")),
    "its question is not read": (
        """printf '{"Username": "bot", "Secret": "s"}'""",
        Login(username="bot", secret="s"),
    ),
    "warnings on standard error are no part of it": (
        f"echo warning >&2\n{answer('bot', 's')}",
        Login(username="bot", secret="s"),
    ),
    "as much as it may print": (answer("bot", "s" * 60_000), Login(username="bot", secret="s" * 60_000)),
    "not found": (
        f"{NOT_FOUND}; echo no region >&2; exit 1",
        Absent(
            reason="docker-credential-x knows no credential for ghcr.io: "
            "credentials not found in native keychain\\n no region"
        ),
    ),
    "the words of not found, but success": (
        NOT_FOUND,
        Failed(reason="docker-credential-x answered with no JSON object of Username and Secret"),
    ),
    "an empty secret": (
        answer("bot", ""),
        Absent(reason="docker-credential-x answered with an empty secret for ghcr.io"),
    ),
    "a failure, its words made harmless": (
        r"printf '\033[2J::error::locked'; exit 3",
        Failed(reason=r"docker-credential-x ended with status 3: \x1b[2J::error::locked"),
    ),
    "a failure in no encoding": (
        r"printf '\377' >&2; exit 1",
        Failed(reason="docker-credential-x ended with status 1: \ufffd"),
    ),
    "ended by a signal": ("kill -9 $$", Failed(reason="docker-credential-x ended with status -9: ")),
    "JSON of another shape": (
        "echo '[1]'",
        Failed(reason="docker-credential-x answered with no JSON object of Username and Secret"),
    ),
    "a secret that is no text": (
        """echo '{"Username": "bot", "Secret": 1}'""",
        Failed(reason="docker-credential-x answered with no JSON object of Username and Secret"),
    ),
    "nested too deep": (
        "head -c 60000 /dev/zero | tr '\\0' '['",
        Failed(reason="docker-credential-x answered with no JSON object of Username and Secret"),
    ),
    "endless output": ("yes", Failed(reason="docker-credential-x: it printed more than 64 KB")),
    "endless complaints": ("yes >&2", Failed(reason="docker-credential-x: it printed more than 64 KB")),
}


@pytest.mark.parametrize(("script", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_interface_4_what_a_helper_may_answer(place: Place, script: str, expected: Answer) -> None:
    place.helper("x", script)

    assert ask(place) == expected


LEAKS: dict[str, str] = {
    "what it found": r"""printf '{"Username": "bot", "Secret": "hunter2\"\u00e9"}' >&2; exit 1""",
    "what it found, on its way out": r"""printf '{"Secret":\n "hunter2\"\u00e9"}'; exit 1""",
    "a variable": 'echo "no access with $SOME_TOKEN" >&2; exit 1',
    "a variable of AWS": 'echo "no access with $AWS_SESSION_TOKEN" >&2; exit 1',
    "a variable, encoded": 'printf "no access with "; printf %s "$SOME_TOKEN" | base64; exit 1',
    "a variable, beside not found": f'{NOT_FOUND}; echo "$SOME_TOKEN"; exit 1',
}


@pytest.mark.parametrize("script", LEAKS.values(), ids=LEAKS)
def test_interface_4_a_failure_tells_no_secret(place: Place, script: str) -> None:
    """Neither one that the helper found, nor one that it was given with the environment."""
    place.environ |= {"SOME_TOKEN": 'hunter2"é', "AWS_SESSION_TOKEN": 'hunter2"é', "AWS_REGION": "eu-west-1"}
    place.helper("x", script)

    found = ask(place)

    assert isinstance(found, Failed | Absent)
    assert "***" in found.reason
    assert "hunter2" not in found.reason
    assert base64.b64encode('hunter2"é'.encode()).decode() not in found.reason


def test_interface_4_a_failure_tells_the_region(place: Place) -> None:
    place.environ["AWS_REGION"] = "eu-west-1"
    place.helper("x", 'echo "nobody in $AWS_REGION knows {\\"Secret\\": \\"\\x\\"}"; exit 1')

    assert ask(place) == Failed(
        reason=r'docker-credential-x ended with status 1: nobody in eu-west-1 knows {"Secret": "\x"}'
    )


def test_interface_4_a_long_failure_is_kept_whole_for_the_redactor(place: Place) -> None:
    place.helper("x", "head -c 5000 /dev/zero | tr '\\0' w; exit 1")

    found = ask(place)

    assert isinstance(found, Failed)
    assert found.reason.endswith("w" * 5000)


@pytest.mark.parametrize(
    "script",
    ["sleep 60", "exec >&- 2>&-; sleep 60", "echo '{' ; sleep 60", "(sleep 60) & wait"],
    ids=["silent", "its outputs closed", "half an answer", "waiting for a child"],
)
def test_interface_4_a_hanging_helper_is_ended_at_its_limit(place: Place, script: str) -> None:
    place.helper("x", script)
    begun = time.monotonic()

    found = ask(place, limit=0.3)

    assert found == Failed(reason="docker-credential-x did not end within 0.3 s")
    assert time.monotonic() - begun < 10


def test_interface_4_the_children_of_a_hanging_helper_end_with_it(place: Place) -> None:
    mark = place.root / "alive"
    place.helper("x", f"(sleep 0.8; touch '{mark}') &\nsleep 60")

    ask(place, limit=0.2)
    time.sleep(1.2)

    assert not mark.exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "/bin/x", "x y", "x;y", "x\n", "é", "-x/", "a\0b"])
def test_interface_4_a_name_that_is_no_plain_word_is_refused(place: Place, name: str) -> None:
    (place.programs / "docker-credential-..").mkdir()
    place.helper("x", answer("bot", "s"))

    found = ask(place, name)

    assert isinstance(found, Failed)
    assert "is no name of a credential helper" in found.reason
    assert found.reason.isprintable()


@pytest.mark.parametrize("name", ["x", "ecr-login", "gcloud.cmd", "a_b", "A1"])
def test_interface_4_plain_names_are_taken(place: Place, name: str) -> None:
    place.helper(name, answer("bot", "s"))

    assert ask(place, name) == Login(username="bot", secret="s")


def test_interface_4_a_helper_is_found_on_path_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither beside the checkout, nor where this process finds programs."""
    place.helper("x", answer("bot", "s"))
    monkeypatch.chdir(place.programs)
    monkeypatch.setenv("PATH", str(place.programs))
    missing = Absent(reason="docker-credential-x is not on PATH")

    for path in (None, "", ".", f".{os.pathsep}", f"../{place.programs.name}", "/nowhere"):
        place.environ.pop("PATH", None)
        if path is not None:
            place.environ["PATH"] = path
        assert ask(place) == missing, path


def test_interface_4_a_file_that_is_not_executable_is_no_helper(place: Place) -> None:
    place.helper("x", answer("bot", "s")).chmod(0o644)

    assert ask(place) == Absent(reason="docker-credential-x is not on PATH")


def test_interface_4_a_program_that_cannot_start_is_a_failure(place: Place) -> None:
    place.helper("x", "no program\n", first_line="")

    assert ask(place) == Failed(reason="docker-credential-x: Exec format error")


def test_interface_4_a_helper_gets_get_the_server_and_the_environment_of_the_run(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_TEST", "leaked")
    place.environ |= {"AWS_PROFILE": "ci", "SPACES": "$(id) `id`"}
    seen = place.root / "seen"
    place.helper("x", f'{{ echo "$#" "$1"; cat; echo; env; }} > \'{seen}\'\n{answer("bot", "s")}')

    ask(place, server="https://index.docker.io/v1/")

    lines = Path(seen).read_text().splitlines()
    assert lines[:2] == ["1 get", "https://index.docker.io/v1/"]
    assert {"AWS_PROFILE=ci", "SPACES=$(id) `id`", f"HOME={place.environ['HOME']}"} < set(lines)
    assert "OF_THE_TEST=leaked" not in lines


def test_interface_4_a_secret_is_no_part_of_what_a_login_prints() -> None:
    assert "hunter2" not in repr(Login(username="bot", secret="hunter2"))
