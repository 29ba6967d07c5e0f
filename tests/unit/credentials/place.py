"""A machine of the test's own: real files, real helper programs, an environment that names them."""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pushstep.ci import detect
from pushstep.ci.protocol import CI, Context
from pushstep.errors import Problem, StepError
from pushstep.registry.credentials import keychain
from pushstep.registry.credentials.credential import Credential
from pushstep.registry.credentials.job import Job, job
from pushstep.registry.credentials.wanted import Found, Wanted

PLAIN = Context(ci="plain")


class Place:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.programs = root / "programs"
        self.programs.mkdir()
        path = os.pathsep.join([str(self.programs), "/usr/bin", "/bin"])
        self.environ = {"PATH": path, "HOME": str(root / "home")}
        self.machine = keychain.machine(self.environ, clock=time.monotonic)
        self.masked: list[str] = []

    def write(self, name: str, content: object) -> Path:
        """Write bytes as they are, anything else as JSON."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def docker(self, content: object) -> Path:
        return self.write("home/.docker/config.json", content)

    def podman(self, content: object) -> Path:
        path = self.write("podman/auth.json", content)
        self.environ["REGISTRY_AUTH_FILE"] = str(path)
        return path

    def helper(self, name: str, script: str, *, first_line: str = "#!/bin/sh\n") -> Path:
        path = self.programs / f"docker-credential-{name}"
        path.write_text(first_line + script)
        path.chmod(0o755)
        return path

    def ci(self) -> CI:
        """The CI that the environment tells of."""
        return detect(self.environ, lambda path: Path(path).read_text(), 0)

    def job(self) -> Job:
        return job(
            self.environ,
            self.ci(),
            now=lambda: datetime.now(UTC),
            seconds=time.monotonic,
            sleep=lambda _: None,
            mask=self.masked.append,
        )

    def wanted(self, host: str, repository: str = "acme/app", context: Context = PLAIN) -> Wanted:
        return Wanted(host=host, repository=repository, context=context, machine=self.machine, job=self.job())

    def find(self, host: str, repository: str = "acme/app", context: Context = PLAIN) -> Found:
        return keychain.find(self.wanted(host, repository, context))

    def credential(self, host: str, repository: str = "acme/app") -> Credential:
        return self.find(host, repository).credential


def answer(username: str, secret: str) -> str:
    """Shell that answers as a helper does."""
    text = json.dumps({"ServerURL": "x", "Username": username, "Secret": secret})
    return f"cat > /dev/null\ncat <<'END'\n{text}\nEND\n"


def problem(act: Callable[[], object]) -> Problem | None:
    """Give what `act` raised: None when it ended well."""
    try:
        act()
    except StepError as error:
        return error.problem
    return None
