"""What GitHub's runner reads of that which is printed and written for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.ci import detect
from pushstep.ci.github import GitHub, _output
from pushstep.ci.protocol import CI, Context, FileWrite, Level
from pushstep.text import visible
from tests.support.formats import NASTY, Command, github_commands, github_file
from tests.unit.ci.recorded import run

NASTY_TEXT = st.lists(st.sampled_from(NASTY) | st.text(max_size=4)).map("".join)
OUTPUT = "/github/file_commands/set_output"
SUMMARY = "/github/file_commands/step_summary"
OUTPUTS = {
    "image-id": "sha256:1",
    "digest": "sha256:2",
    "image": "ghcr.io/acme/app@sha256:2",
    "tags": "ghcr.io/acme/app:1\nghcr.io/acme/app:latest",
    "registry": "ghcr.io",
    "result": "success",
    "json": '{"version": 1}',
}

MASKS = {
    "one secret": (["hunter2hunter2"], ["hunter2hunter2"]),
    "each only once": (["hunter2hunter2", "hunter2hunter2"], ["hunter2hunter2"]),
    "short ones never": (["hunter2", "", " " * 20], []),
    "blanks around it do not count": (["  hunter2  ", "  hunter22  "], ["hunter22"]),
    "each long line of a key": (['{\n  "key": "value",\r\n  "a": 1\n}'], ['"key": "value",']),
    "any line break of the runner": (["abcdefgh\rijklmnop"], ["abcdefgh", "ijklmnop"]),
    "signs that commands escape": (["a%0Ab%25c::,;]d"], ["a%0Ab%25c::,;]d"]),
    "no line breaks but the runner's": (["abcd\u2028efgh\x85ijkl"], ["abcd\u2028efgh\x85ijkl"]),
    "bytes that are no text, as the log shows them": (["secret\udcff\udcfe"], [r"secret\udcff\udcfe"]),
    "nothing at all": ([], []),
}


@pytest.mark.parametrize(("secrets", "expected"), MASKS.values(), ids=MASKS)
def test_masks(secrets: list[str], expected: list[str]) -> None:
    masks = github().masks(secrets)

    assert github_commands(masks) == [Command(name="add-mask", data=line) for line in expected]
    assert not masks.endswith("\n")


@given(st.lists(NASTY_TEXT))
def test_masks_are_nothing_but_masks(secrets: list[str]) -> None:
    masks = github().masks(secrets)
    commands = github_commands(masks)

    assert len(commands) == len(masks.split("\n")) if masks else not commands
    assert {command.name for command in commands} <= {"add-mask"}
    assert all(len(command.data.strip()) >= 8 for command in commands)
    masks.encode()


def test_section() -> None:
    opening, closing = github().section("push", "Pushing 50% of `app`: ::error::x")

    assert opening == "::group::Pushing 50%25 of `app`: ::error::x"
    assert closing == "::endgroup::"


@given(NASTY_TEXT, NASTY_TEXT)
def test_a_section_is_one_group_whatever_its_title(name: str, title: str) -> None:
    opening, closing = github().section(name, title)

    assert github_commands(f"{opening}\n{closing}") == [
        Command(name="group", data=visible(title)),
        Command(name="endgroup"),
    ]
    opening.encode()


def test_annotation() -> None:
    line = github().annotation("error", "push: 1, 2", "denied 100%\nHint: log in.")

    assert line == "::error title=push%3A 1%2C 2::denied 100%25%0AHint: log in."


@given(st.sampled_from(["error", "warning", "notice"]), NASTY_TEXT, NASTY_TEXT)
def test_an_annotation_is_one_command_whatever_it_says(level: Level, title: str, message: str) -> None:
    line = github().annotation(level, title, message)

    (command,) = github_commands(line)
    assert command.name == level
    assert command.data == "\n".join(map(visible, message.split("\n")))
    assert command.properties.get("title", "").strip() == visible(title).strip()
    assert command.properties.keys() <= {"title"}
    line.encode()


def test_outputs_are_appended() -> None:
    (write,) = github(summary="").files(OUTPUTS, "# Summary").files

    assert write == FileWrite(path=OUTPUT, text=write.text, append=True, what="outputs")
    assert github_file(write.text) == {**OUTPUTS, "imageid": "sha256:1"}


def test_delimiters_are_random() -> None:
    first, second = (github(summary="").files(OUTPUTS, None).files[0].text for _ in range(2))

    assert first != second


def test_a_delimiter_is_never_in_its_value() -> None:
    text = _output("x", "one\ntwo", iter(["one", "two", "three"]))

    assert text == "x<<three\none\ntwo\nthree\n"


@given(st.dictionaries(st.sampled_from(list(OUTPUTS)), NASTY_TEXT))
def test_outputs_stay_what_they_are(outputs: dict[str, str]) -> None:
    files = github(summary="").files(outputs, None).files

    spelled = {name: value.encode(errors="backslashreplace").decode() for name, value in outputs.items()}
    aliased = {"imageid": spelled["image-id"]} if "image-id" in spelled else {}
    assert github_file("".join(write.text for write in files)) == {**spelled, **aliased}


def test_summary_is_appended() -> None:
    (write,) = github(output="").files(OUTPUTS, "# Pushed\n").files

    assert write == FileWrite(path=SUMMARY, text="# Pushed\n", append=True, what="job summary")


@pytest.mark.parametrize("summary", [None, ""])
def test_no_summary_no_file(summary: str | None) -> None:
    assert [write.what for write in github().files(OUTPUTS, summary).files] == ["outputs"]


def test_no_paths_no_files() -> None:
    handover = github(output="", summary="").files(OUTPUTS, "# Pushed")

    assert (handover.files, handover.notices) == ((), ())


def test_a_summary_of_any_size_stays_below_900_kb() -> None:
    markdown = "# Pushed \udcff\n\n<details>\n\n" + "| ä | 🚀 |\n" * 200_000 + "\n</details>\n"

    (write,) = github(output="").files({}, markdown).files

    assert len(write.text.encode()) <= 900_000
    assert write.text.startswith("# Pushed \\udcff\n")


def test_paths_are_the_runners() -> None:
    paths = [write.path for write in run("github/push").files(OUTPUTS, "# Pushed").files]

    assert [path.rsplit("_", 1)[0] for path in paths] == [OUTPUT, SUMMARY]


HERE = {"GITHUB_WORKSPACE": "/home/runner/work/App/App", "RUNNER_TEMP": "/home/runner/work/_temp"}
PATHS = {
    # variables that differ from a container action's on a hosted runner, path, where it is
    "the workspace": ({}, "/home/runner/work/App/App", "/github/workspace"),
    "below the workspace": ({}, "/home/runner/work/App/App/out/a.tar", "/github/workspace/out/a.tar"),
    "the temporary folder": ({}, "/home/runner/work/_temp/a", "/github/runner_temp/a"),
    "a neighbour": ({}, "/home/runner/work/App/Apple/a", "/home/runner/work/App/Apple/a"),
    "the runner has mapped it": ({}, "/github/workspace/a", "/github/workspace/a"),
    "relative": ({}, "out/a.tar", "out/a.tar"),
    "self-hosted": (
        {"RUNNER_WORKSPACE": "/opt/r/_work/App"},
        "/opt/r/_work/App/App/a",
        "/github/workspace/a",
    ),
    "self-hosted, temporary": (
        {"RUNNER_WORKSPACE": "/opt/r/_work/App"},
        "/opt/r/_work/_temp/a",
        "/github/runner_temp/a",
    ),
    "the variable is missing": (
        {"RUNNER_WORKSPACE": ""},
        "/home/runner/work/App/App/a",
        "/github/workspace/a",
    ),
    "a runner without that mount": (
        {"RUNNER_TEMP": "/home/runner/work/_temp"},
        "/home/runner/work/_temp/a",
        "/home/runner/work/_temp/a",
    ),
    "no container": (HERE, "/home/runner/work/App/App/a", "/home/runner/work/App/App/a"),
}


@pytest.mark.parametrize(("changes", "path", "expected"), PATHS.values(), ids=PATHS)
def test_section_4_paths_of_the_runners_machine(changes: dict[str, str], path: str, expected: str) -> None:
    assert run("github/push", **changes).local_path(path) == expected


@pytest.mark.parametrize("name", ["gitlab/branch", "plain"])
def test_elsewhere_paths_are_what_they_are(name: str) -> None:
    ci = run(name) if name != "plain" else detect({}, str, 0)

    assert ci.local_path("/home/runner/work/App/App/a") == "/home/runner/work/App/App/a"


def test_daemon_hint() -> None:
    assert "/var/run/docker.sock" in run("github/push").daemon_hint()


def test_credentials_hint_gives_the_lines_that_bridge_a_login() -> None:
    hint = run("github/push").credentials_hint("dtr.example.com")

    assert "DOCKER_CONFIG: ${{ github.workspace }}/.docker" in hint
    assert "`username` and `password`" in hint


def test_id_token_hint_gives_the_permission() -> None:
    assert "permissions: {id-token: write, contents: read}" in run("github/push").id_token_hint("any")


@pytest.mark.parametrize("event", ["pull_request-fork", "pull_request-dependabot"])
def test_id_token_hint_says_who_gets_none(event: str) -> None:
    ci = run(f"github/{event}")

    assert ci.id_token_hint("any") == ci.context.withheld


def test_credentials_hint_for_ghcr_names_the_permission() -> None:
    hint = run("github/push").credentials_hint("ghcr.io")

    assert "packages: write" in hint
    assert "github-token: ${{ github.token }}" in hint


@pytest.mark.parametrize("host", ["ghcr.io", "dtr.example.com"])
@pytest.mark.parametrize("event", ["pull_request-fork", "pull_request-dependabot"])
def test_credentials_hint_says_when_secrets_are_withheld(event: str, host: str) -> None:
    ci = run(f"github/{event}")

    assert ci.credentials_hint(host) == ci.context.withheld


def github(*, output: str = OUTPUT, summary: str = SUMMARY) -> CI:
    return GitHub(context=Context(ci="github"), output_path=output, summary_path=summary)
