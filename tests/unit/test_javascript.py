"""The engine's answers are JavaScript's, and nothing that a pattern does harms the run."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import pytest

from pushstep import javascript_child
from pushstep.conditions.decision import RegexLimit, RegexSyntax
from pushstep.errors import Interrupted
from pushstep.javascript import JavaScript

CATASTROPHE = ("^(a+)+$", "", "a" * 5000 + "b")


@pytest.fixture(scope="module")
def engine() -> Iterator[JavaScript]:
    with JavaScript() as engine:
        yield engine


# pattern, flags, text, whether it matches: codefresh.md 9.3 row by row, all checked with Node 20
MATCHES = [
    # `$` without `m`: the end only
    ("a$", "", "a", True),
    ("a$", "", "a\n", False),
    ("a$", "m", "a\n", True),
    # `\d \w \b` are ASCII, `\s` is wide
    (r"^\d$", "", "3", True),
    (r"^\d$", "", "٣", False),
    (r"^\d$", "u", "٣", False),
    (r"^\w$", "", "é", False),
    (r"\bé", "", "é", False),
    (r"^\s$", "", "\u00a0", True),
    (r"^\s$", "", "\ufeff", True),
    (r"^\s$", "", "\x1c", False),
    (r"^\s$", "", "\x85", False),
    # named groups
    (r"(?<n>a)\k<n>", "", "aa", True),
    (r"(?<n>a)\k<n>", "", "ab", False),
    # lookbehind of any length
    ("(?<=v+)1", "", "vv1", True),
    ("(?<=v+)1", "", "x1", False),
    # the empty class and its complement
    ("a[^]b", "", "a\nb", True),
    ("[]", "", "a", False),
    ("[]?", "", "", True),
    # no anchors but ^ and $
    (r"\A", "", "xA", True),
    (r"\A", "", "x", False),
    (r"\Z", "", "Zx", True),
    # a lower bound is needed
    ("^a{,2}$", "", "a{,2}", True),
    ("^a{,2}$", "", "aa", False),
    # what only `u` gives a meaning
    (r"^\u{61}$", "", "a", False),
    (r"^\u{61}$", "", "u" * 61, True),
    (r"^\u{61}$", "u", "a", True),
    (r"^\p{L}$", "", "é", False),
    (r"^\p{L}$", "", "p{L}", True),
    (r"^\p{L}$", "u", "é", True),
    # a group that has not matched yet is empty
    (r"^\1(a)$", "", "a", True),
    (r"^(?:(a)|b\1)$", "", "b", True),
    (r"(a)|b\1", "", "b", True),
    (r"^(?:(a)|b)*\1$", "", "ab", True),
    (r"^(?:(a)|b)*\1$", "", "aba", False),
    # slashes
    (r"^a\/b$", "", "a/b", True),
    ("^a/b$", "", "a/b", True),
    # case
    ("s", "i", "\u017f", False),
    ("s", "iu", "\u017f", True),
    ("k", "i", "\u212a", False),
    ("k", "iu", "\u212a", True),
    ("É", "i", "é", True),
    ("\u03c3", "i", "\u03c2", True),
    ("ß", "i", "SS", False),
    # what `.` is not
    ("^.$", "", "\n", False),
    ("^.$", "", "\r", False),
    ("^.$", "", "\u2028", False),
    ("^.$", "", "\u2029", False),
    ("^.$", "", "\x85", True),
    ("^.$", "s", "\u2028", True),
    ("^b", "m", "a\u2028b", True),
    # odd escapes and classes
    (r"^\cJ$", "", "\n", True),
    (r"^[\d-x]$", "", "-", True),
    (r"^[\d-x]$", "", "5", True),
    (r"^[\d-x]$", "", "w", False),
    ("^[[a]$", "", "[", True),
    ("^[[a]$", "", "a", True),
    (r"^\8$", "", "8", True),
    ("]", "", "]", True),
    ("^a{$", "", "a{", True),
    # UTF-16 without `u`
    ("^.$", "", "😀", False),
    ("^..$", "", "😀", True),
    ("^.$", "u", "😀", True),
    ("^\ud83d", "", "😀", True),
    ("^\ud83d", "u", "😀", False),
    # texts that are hard to hand over
    ("", "", "", True),
    ("^\0$", "", "\0", True),
    (r"^\0b$", "", "\0b", True),
    ("^a\0b$", "", "a\0b", True),
    ("^\ud800$", "", "\ud800", True),
    ("^\udcff$", "u", "\udcff", True),
    ("^\u2028$", "", "\u2028", True),
    ("^[😀]$", "u", "😀", True),
    ("^\n$", "", "\n", True),
    ("`\\${a}`", "", "`${a}`", True),
    ('"\\\\', "", '"\\', True),
]

SYNTAX = [
    ("(", ""),
    (")", ""),
    ("[", ""),
    ("*", ""),
    ("\\", ""),
    ("(?i)x", ""),
    ("a++", ""),
    ("(?>a)", ""),
    ("(?P<n>a)", ""),
    ("(?<n>a)(?<n>b)", ""),
    ("a{2,1}", ""),
    ("[b-a]", ""),
    ("(?<!a)*", ""),
    (r"[\d-x]", "u"),
    (r"\A", "u"),
    ("a{,2}", "u"),
    (r"\p{Nope}", "u"),
    (r"\1", "u"),
    ("]", "u"),
    ("a", "ii"),
    ("a", "x"),
]


@pytest.mark.parametrize(("pattern", "flags", "text", "expected"), MATCHES, ids=ascii)
def test_section_6_matches_like_javascript(
    engine: JavaScript, pattern: str, flags: str, text: str, *, expected: bool
) -> None:
    engine.compile(pattern, flags)
    assert engine.test(pattern, flags, text) is expected


@pytest.mark.parametrize(("pattern", "flags"), SYNTAX)
def test_section_6_a_pattern_that_is_none(engine: JavaScript, pattern: str, flags: str) -> None:
    with pytest.raises(RegexSyntax, match=r"\w"):
        engine.compile(pattern, flags)
    with pytest.raises(RegexSyntax):
        engine.test(pattern, flags, "")


def test_g_does_not_go_on_where_the_last_match_ended(engine: JavaScript) -> None:
    assert [engine.test("a", "g", "a") for _ in range(3)] == [True, True, True]


def test_section_6_a_match_that_does_not_end_is_ended_and_the_next_one_works() -> None:
    with JavaScript() as engine:
        started = time.monotonic()
        with pytest.raises(RegexLimit, match=r"more than 0\.3 s of processor time"):
            engine.test(*CATASTROPHE)
        assert time.monotonic() - started < 3
        assert engine.test("a", "", "a")
        engine.compile(*CATASTROPHE[:2])


@pytest.mark.parametrize(
    "question",
    [
        ("[a-z]" * 500_000, "iu", ""),  # time, while it compiles
        ("(?:a|b)*", "", "a" * 5_000_000),  # memory
        ("a", "", "a" * 40_000_000),  # memory, before the pattern is seen
    ],
    ids=["compile", "memory", "text"],
)
def test_section_6_nothing_a_pattern_needs_is_unbounded(
    engine: JavaScript, question: tuple[str, str, str]
) -> None:
    with pytest.raises(RegexLimit):
        engine.test(*question)
    assert engine.test("a", "", "a")


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_nesting_is_bounded(engine: JavaScript, depth: int) -> None:
    with pytest.raises(RegexSyntax):
        engine.compile("(?:" * depth + "a" + ")*" * depth, "")


@pytest.mark.parametrize("text", ["a", "a" * 1_000_000], ids=["read", "write"])
def test_a_child_that_was_stopped_is_given_up(text: str) -> None:
    """Both ways block: a long question is more than a pipe holds."""
    with JavaScript(patience=1.0) as engine:
        engine.compile("a", "")
        os.kill(child(engine), signal.SIGSTOP)
        with pytest.raises(RegexLimit, match=r"no answer after 1 s"):
            engine.test("a", "", text)
        assert engine.test("a", "", "a")


def test_a_child_that_ended_is_replaced() -> None:
    with JavaScript() as engine:
        engine.compile("a", "")
        os.kill(child(engine), signal.SIGTERM)
        with pytest.raises(RegexLimit, match="ended with status -15"):
            engine.test("a", "", "a")
        assert engine.test("a", "", "a")


def test_an_interrupted_question_leaves_no_answer_for_the_next() -> None:
    def arrived(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    before = signal.signal(signal.SIGALRM, arrived)
    try:
        with JavaScript() as engine:
            engine.compile("a", "")
            pid = child(engine)
            os.kill(pid, signal.SIGSTOP)
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(Interrupted):
                engine.test("a", "", "a")
            assert ended(pid)
            assert engine.test("a", "", "b") is False
    finally:
        signal.signal(signal.SIGALRM, before)


def test_the_child_starts_late_knows_nothing_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUSHSTEP_PASSWORD", "hunter2")
    with JavaScript() as engine:
        assert engine._child is None
        engine.compile("a", "")
        pid = child(engine)
        assert Path(f"/proc/{pid}/environ").read_bytes() == b""
        assert {entry.name for entry in Path(f"/proc/{pid}/fd").iterdir()} == {"0", "1", "2"}
    assert not Path(f"/proc/{pid}").exists()
    engine.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_child_ends_with_its_parent(number: signal.Signals) -> None:
    code = (
        # a shell's background jobs ignore SIGINT, and hand that down to here
        "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from pushstep.javascript import JavaScript; engine = JavaScript();"
        "engine.compile('a', ''); print(engine._child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(javascript_child.__file__).parent.parent,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.killpg(parent.pid, number)
        parent.wait()
        assert eventually(lambda: ended(pid))


def test_a_child_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(RegexLimit, match="does not start: No such file"):
        JavaScript().compile("a", "")


def test_without_the_package_it_is_a_broken_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_quickjs", None)
    with pytest.raises(ModuleNotFoundError, match="quickjs-ng"):
        JavaScript().compile("a", "")


def test_the_child_answers_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, where coverage sees it."""
    spec = find_spec("_quickjs")
    assert spec is not None
    assert spec.origin is not None
    questions = b'{"pattern":"a","flags":"","text":"ba"}\n{"pattern":"(","flags":"","text":null}\n'
    out = io.BytesIO()
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(questions)))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out))

    javascript_child.main(str(Path(spec.origin).parent), "30")

    yes, no = out.getvalue().splitlines()
    assert yes == b'{"matches":true}'
    assert b'"error":"SyntaxError"' in no


def child(engine: JavaScript) -> int:
    assert engine._child is not None
    return engine._child.pid


def ended(pid: int) -> bool:
    """Whether the process is gone, or a zombie of an init that reaps late."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def eventually(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
