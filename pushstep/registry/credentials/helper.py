"""Credential helper programs, asked by their own small protocol.

    docker-credential-NAME get  <-  standard input: the server
                                ->  {"ServerURL": ..., "Username": ..., "Secret": ...} and exit status 0,
                                    or a text that says why not and another status

A helper is foreign: its name, its time and what it prints are bounded.
"""

import contextlib
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import IO, cast

from pushstep.redact import Redactor
from pushstep.step.variables import looks_secret
from pushstep.text import visible
from pushstep.values import dataclass

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_NOT_FOUND = b"credentials not found in native keychain"
_SECRET = re.compile(r'"Secret"\s*:\s*("(?:[^"\\]|\\.)*")')
_LARGEST = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """What a helper knows of a server."""

    username: str
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """No such program, or it knows nothing of the server."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """Whether the helper knows the server cannot be said."""

    reason: str


Answer = Login | Absent | Failed


def run_helper(
    name: str, server: str, *, environ: Mapping[str, str], clock: Callable[[], float], limit: float = 30.0
) -> Answer:
    """Ask `docker-credential-<name>`; the run's environment goes with it, helpers need AWS_* and HOME."""
    if not _NAME.fullmatch(name):
        return Failed(reason=f"'{visible(name)}' is no name of a credential helper")
    program = f"docker-credential-{name}"
    # a relative folder on PATH is the checkout's: whoever sends a pull request would choose the program
    folders = filter(os.path.isabs, environ.get("PATH", "").split(os.pathsep))
    path = shutil.which(program, path=os.pathsep.join(folders))
    if path is None:
        return Absent(reason=f"{program} is not on PATH")
    try:
        status, stdout, stderr = _run([path, "get"], server, environ, clock, limit)
    except (TimeoutError, subprocess.TimeoutExpired):
        return Failed(reason=f"{program} did not end within {limit:g} s")
    except OSError as error:
        return Failed(reason=f"{program}: {error.strerror or error}")
    if status:
        said = _without_secrets((stdout + b" " + stderr).decode(errors="replace").strip(), environ)
        return _failed(program, server, status, said, not_found=_NOT_FOUND in stdout)
    return _answer(program, server, stdout)


def _without_secrets(said: str, environ: Mapping[str, str]) -> str:
    """What a helper says, for people: it had the environment's secrets, and may print the one it found."""
    redactor = Redactor()
    for name, value in environ.items():
        # AWS_ alone makes no secret here: it is a region that such a helper lacks
        if looks_secret(name.removeprefix("AWS_"), value):
            redactor.add(value)
    for found in _SECRET.finditer(said):
        with contextlib.suppress(ValueError):
            redactor.add(json.loads(found[1]))
    return visible(redactor(said))


def _failed(program: str, server: str, status: int, said: str, *, not_found: bool) -> Absent | Failed:
    if not_found:
        return Absent(reason=f"{program} knows no credential for {server}: {said}")
    return Failed(reason=f"{program} ended with status {status}: {said}")


def _answer(program: str, server: str, stdout: bytes) -> Answer:
    # what a helper printed in success is a secret: none of it goes into a message
    try:
        content = json.loads(stdout)
    except (ValueError, RecursionError):
        content = None
    match content:
        case {"Username": str(username), "Secret": str(secret)} if secret:
            return Login(username=username, secret=secret)
        case {"Username": str(), "Secret": str()}:
            return Absent(reason=f"{program} answered with an empty secret for {server}")
        case _:
            return Failed(reason=f"{program} answered with no JSON object of Username and Secret")


def _run(
    argv: Sequence[str], server: str, environ: Mapping[str, str], clock: Callable[[], float], limit: float
) -> tuple[int, bytes, bytes]:
    deadline = clock() + limit

    def left() -> float:
        return max(0.0, deadline - clock())

    pipe = subprocess.PIPE
    # a name of the grammar found on PATH, no shell
    with subprocess.Popen(  # noqa: S603
        argv, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, env=environ, start_new_session=True
    ) as process:
        # Popen's type does not know that pipes were asked for
        pipes = cast("tuple[IO[bytes], ...]", (process.stdin, process.stdout, process.stderr))
        try:
            # a helper may answer without reading the question
            with contextlib.suppress(BrokenPipeError), pipes[0] as question:
                question.write(server.encode())
            stdout, stderr = _read(pipes[1:], left)
            return process.wait(left()), stdout, stderr
        finally:
            if process.returncode is None:
                # the whole session, or the children of a script live on
                os.killpg(process.pid, signal.SIGKILL)


def _read(pipes: Sequence[IO[bytes]], left: Callable[[], float]) -> Sequence[bytes]:
    printed = {pipe.fileno(): b"" for pipe in pipes}
    with selectors.DefaultSelector() as selector:
        for descriptor in printed:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(left())
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                chunk = os.read(key.fd, _LARGEST)
                printed[key.fd] += chunk
                if not chunk:
                    selector.unregister(key.fd)
            if max(map(len, printed.values())) > _LARGEST:
                raise OSError(f"it printed more than {_LARGEST // 1024} KB")
    return list(printed.values())
