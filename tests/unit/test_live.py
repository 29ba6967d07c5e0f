"""Live lines on a real pseudo terminal, and plain ones where there is none or rich is not installed."""

import re
import signal
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pushstep.ci.plain import Plain
from pushstep.log import Log
from pushstep.push.live import Live
from pushstep.push.progress import Progress
from pushstep.redact import Redactor
from tests.support.pushstep import ROOT, environment
from tests.support.screen import Seen, on_terminal

PUSHING = "tests.support.pushing"
WITHOUT_RICH = (
    f"import sys, runpy; sys.modules['rich'] = None; runpy.run_module({PUSHING!r}, None, '__main__')"
)
TERMINAL = {"TERM": "xterm-256color"}
LINES = [
    "before",
    "registry.example/acme/app: layer 4f4fb700ef54 sent, 12.3 MB",
    "registry.example/acme/app: layer aaaaaaaaaaaa already there, 2.0 kB",
    f"created registry.example/acme/app:1 sha256:4f4fb700ef54{'0' * 52}",
    "a line of *** [red]that is longer than the terminal is wide:[/red] " + "x" * 60,
    "read 50.0 MB, compressed 0 B, sent 12.3 MB",
]


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_each_layer_under_way_has_a_line_and_what_is_done_stays_above() -> None:
    seen = on_terminal(["-m", PUSHING, "1"], TERMINAL)

    assert (seen.status, seen.lines) == (0, LINES)
    assert seen.has_cursor
    drawn = plain(seen.text)
    assert re.search(
        r"50\.0 MB read; 6\.1 MB sent to registry\.example/acme/app, 0 of 2 layers; 1\.0 of 2\.0 kB sen",
        drawn,
    )
    assert re.search(r"4f4fb700ef54 [━╸╺]+ 6\.1/12\.3 MB .* registry\.example/acme/app", drawn)
    # what a folder is called is no markup, no escape sequence, and no emoji
    assert re.search(r"aaaaaaaaaaaa [━╸╺]+ 1\.0/2\.0 kB .* oci:\[bold\]\\x1b\[2J", drawn)
    assert "\x1b[2J" not in seen.text
    last = drawn[drawn.rindex("50.0 MB read; ") :]
    assert "1.0 of 2.0 kB" in last
    assert "4f4fb700ef54 " not in last


def test_lines_of_many_threads_stand_above_whole() -> None:
    texts: list[str] = []
    log = Log(texts.append, redactor=Redactor(), ci=Plain.of({}))
    live = Live(log, texts.append)
    live.every = 0.005
    progress = Progress(say=log.say, seconds=lambda: 0, renderer=live)

    def work(number: int) -> None:
        for turn in range(10):
            digest = f"sha256:{number:04}{turn:08}"
            progress.due("a/b", digest, 2)
            progress.sent("a/b", digest, 1)
            progress.layer("a/b", digest, 2, "uploaded")

    with progress.shown(), ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    expected = [f"a/b: layer {number:04}{turn:08} sent, 2 B" for number in range(8) for turn in range(10)]
    assert sorted(Seen(status=0, text="".join(texts).replace("\n", "\r\n")).lines) == expected


def test_an_interrupted_push_gives_the_terminal_back() -> None:
    sent: list[int] = []

    def watch(text: str, process: subprocess.Popen[bytes]) -> None:
        if "12.3 MB" in text and not sent:
            sent.append(signal.SIGTERM)
            process.send_signal(signal.SIGTERM)

    seen = on_terminal(["-m", PUSHING, "30"], TERMINAL, watch)

    assert (seen.status, seen.lines[0], seen.lines[-1]) == (3, "before", "stopped: interrupted")
    assert "\x1b[?25l" in seen.text
    assert seen.has_cursor


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [(["-m", PUSHING, "0"], TERMINAL | {"NO_COLOR": "1"}), (["-c", WITHOUT_RICH, "0"], TERMINAL)],
    ids=["no colours", "no rich"],
)
def test_other_terminals_get_plain_lines(arguments: list[str], environ: dict[str, str]) -> None:
    seen = on_terminal(arguments, environ)

    assert (seen.status, seen.text) == (0, "".join(f"{line}\r\n" for line in LINES))


@pytest.mark.parametrize(("switches", "expected"), [([], LINES), (["quiet"], [])], ids=["", "quiet"])
def test_a_pipe_gets_plain_lines(switches: list[str], expected: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", PUSHING, "0", *switches],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr.splitlines() == expected


def test_the_terminal_s_package_is_an_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    container = (ROOT / "requirements.txt").read_text() + (ROOT / "requirements.in").read_text()

    assert project["project"]["optional-dependencies"] == {"terminal": ["rich"]}
    assert re.search(r"^rich\b", container, re.MULTILINE) is None
    assert re.search("^COPY requirements.txt ", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert re.search("^rich$", (ROOT / "requirements-dev.in").read_text(), re.MULTILINE)


def test_a_screen_shows_what_its_sequences_leave() -> None:
    assert Seen(status=0, text="a\r\nbc\r\x1b[2K\x1b[1A\x1b[2Kd\r\n\x1b[1;31me\x1b[0m").lines == ["d", "e"]
