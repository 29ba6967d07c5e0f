"""JavaScript's own regular expressions, in a child process: what hangs or eats memory can be ended there.

    JavaScript ──▶ {"pattern", "flags", "text"}                              text null: only compile
               ◀── {"matches": true} | {"error": "SyntaxError", "message"}   or the end of the child

The child starts with the first question (some 30 ms) and is replaced after it ended. Its environment is
empty, it is in a process group of its own, so that no signal meant for the run reaches it first, and it
ends with its standard input, however the parent ends.
"""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from signal import SIGKILL, SIGPROF
from threading import Timer
from typing import Self

from pushstep.conditions.decision import RegexLimit, RegexSyntax

_SECONDS = 0.3
_CHILD = Path(__file__).with_name("javascript_child.py")


class JavaScript:
    """The `RegexEngine` of a run. To be closed, or used in a `with`.

    A match gets 0.3 s of processor time; `patience` is the time on the clock after which a child that was
    stopped or starved is given up too.
    """

    def __init__(self, *, patience: float = 5.0) -> None:
        self._patience = patience
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child, if there is one; the next question starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def compile(self, pattern: str, flags: str) -> None:
        """Raise RegexSyntax, with what the engine says, if `pattern` is none; else RegexLimit or nothing."""
        self._ask(pattern, flags, None)

    def test(self, pattern: str, flags: str, text: str) -> bool:
        """Whether `pattern` matches somewhere in `text`; raises RegexSyntax or RegexLimit."""
        return self._ask(pattern, flags, text)

    def _ask(self, pattern: str, flags: str, text: str | None) -> bool:
        line = self._exchange(json.dumps({"pattern": pattern, "flags": flags, "text": text}))
        match json.loads(line):
            case {"matches": bool(matches)}:
                return matches
            case {"error": "SyntaxError", "message": str(message)}:
                raise RegexSyntax(message)
            case answer:
                raise RegexLimit(answer["message"])

    def _exchange(self, question: str) -> bytes:
        child = self._child = self._child or _start()
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - pipes
        # ends a write as well as a read, both of which can block
        timer = Timer(self._patience, child.kill)
        timer.start()
        answer = b""
        try:
            child.stdin.write(question.encode() + b"\n")
            child.stdin.flush()
            answer = child.stdout.readline()
        except BrokenPipeError:
            pass  # it ended before it had read all; its status tells why
        finally:
            timer.cancel()
            if not answer.endswith(b"\n"):
                # interrupted as well: an answer nobody read would answer the next question
                self.close()
        if child.returncode is not None:
            raise RegexLimit(self._end(child.returncode))
        return answer

    def _end(self, status: int) -> str:
        match -status:
            case signal if signal == SIGPROF:
                return f"it took more than {_SECONDS} s of processor time"
            case signal if signal == SIGKILL:
                return f"it was killed, or had no answer after {self._patience:g} s"
            case _:
                return f"the regex engine ended with status {status}"


def _start() -> subprocess.Popen[bytes]:
    spec = find_spec("_quickjs")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package quickjs-ng is not installed", name="quickjs")
    folder = str(Path(spec.origin).parent)
    try:
        return subprocess.Popen(  # noqa: S603 - nothing foreign in it
            [sys.executable, "-I", "-S", str(_CHILD), folder, str(_SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            process_group=0,
        )
    except OSError as error:
        raise RegexLimit(f"the regex engine does not start: {error.strerror}") from error
