"""Docker's and podman's configuration: what `docker login`, `podman login` and CI variables left there.

    DOCKER_AUTH_CONFIG                         auths
    DOCKER_CONFIG or ~/.docker / config.json   credHelpers, auths, credsStore
    REGISTRY_AUTH_FILE                         credHelpers, auths

A key is a host in one of its spellings (`host`, `https://host`, `host/v1/`) or, without a scheme, the
beginning of an image's name (`host/team`): the longest that fits wins.
"""

import base64
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Protocol, TypeAlias

from pushstep.errors import Problem, StepError
from pushstep.registry import reference
from pushstep.registry.credentials.credential import Credential
from pushstep.registry.credentials.helper import Absent, Answer, Failed
from pushstep.text import visible
from pushstep.values import dataclass

_LARGEST = 1_000_000
_HUB_SERVER = "https://index.docker.io/v1/"


class Run(Protocol):
    """Asks the program `docker-credential-<name>` for a server."""

    def __call__(self, name: str, server: str, /) -> Answer:
        """Ask; every ending is an answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What is taken from the machine that the run is on."""

    environ: Mapping[str, str]
    read_bytes: Callable[[str], bytes]
    """A file's content, or more than 1 MB of a larger one; raises OSError."""
    run: Run


def read_bytes(path: str) -> bytes:
    """`Machine.read_bytes` of the real machine."""
    with Path(path).open("rb") as file:
        return file.read(_LARGEST + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Search:
    host: str
    repository: str
    machine: Machine
    notices: list[str]

    @property
    def server(self) -> str:
        """The host as Docker spells it in its configuration and to helpers."""
        return _HUB_SERVER if self.host == reference.HUB else self.host


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    name: str
    content: Mapping[str, object]
    ways: "Sequence[_Way]"


_Way: TypeAlias = Callable[[_Source, _Search], Credential | None]


def find(host: str, repository: str, machine: Machine, notices: list[str]) -> Credential | None:
    """Look for `host`, spelled as `reference.host` does, in each file; adds to `notices`."""
    search = _Search(host=host, repository=repository, machine=machine, notices=notices)
    answers = (way(source, search) for source in _sources(machine, notices) for way in source.ways)
    return next((credential for credential in answers if credential), None)


def _sources(machine: Machine, notices: list[str]) -> Iterator[_Source]:
    environ, name = machine.environ, "DOCKER_AUTH_CONFIG"
    if text := environ.get(name):
        content = _content(name, os.fsencode(text))
        if not content.keys().isdisjoint(("credHelpers", "credsStore")):
            notices.append(f"{name}: only its `auths` are read, as by Docker")
        yield _Source(name=name, content=content, ways=(_auths,))
    for variable, path, ways in _files(environ):
        name = visible(path)
        try:
            data = machine.read_bytes(path)
        except FileNotFoundError:
            if variable:
                notices.append(f"{variable}: {name} does not exist")
            continue
        except OSError as error:
            hint = "The run's user must be able to read it; DOCKER_CONFIG is the folder of config.json."
            raise _broken(f"{name}: {error.strerror}", hint) from None
        yield _Source(name=name, content=_content(name, data), ways=ways)


def _files(environ: Mapping[str, str]) -> Iterator[tuple[str, str, Sequence[_Way]]]:
    docker_ways = (_cred_helpers, _auths, _creds_store)
    if folder := environ.get("DOCKER_CONFIG"):
        yield "DOCKER_CONFIG", f"{folder}/config.json", docker_ways
    elif home := environ.get("HOME"):
        yield "", f"{home}/.docker/config.json", docker_ways
    if path := environ.get("REGISTRY_AUTH_FILE"):
        yield "REGISTRY_AUTH_FILE", path, (_cred_helpers, _auths)


def _content(name: str, data: bytes) -> Mapping[str, object]:
    if len(data) > _LARGEST:
        raise _broken(f"{name} is larger than 1 MB", "Docker's configuration is a few KB: name that file.")
    try:
        # Docker takes an empty file for an empty configuration
        content = json.loads(data) if data.strip() else {}
    except (ValueError, RecursionError) as error:
        # the line alone: a parser's own words quote the text
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        hint = "It is one JSON object; a GitLab variable of the type 'File' holds a path instead."
        raise _broken(f"{name} is no JSON{where}", hint) from None
    return _object(name, content)


def _cred_helpers(source: _Source, search: _Search) -> Credential | None:
    for program in _fitting(source, "credHelpers", search):
        answer = _ask(source, "credHelpers", program, search)
        if isinstance(answer, Absent):
            # somebody wrote this host's name beside it: to go on would hide why it does not answer
            hint = f"Put the helper on PATH and let it know {search.host}, or give username and password."
            raise _broken(f"{source.name} (credHelpers): {answer.reason}", hint)
        return answer
    return None


def _auths(source: _Source, search: _Search) -> Credential | None:
    found = (_from_entry(source, entry, search.host) for entry in _fitting(source, "auths", search))
    return next((credential for credential in found if credential), None)


def _creds_store(source: _Source, search: _Search) -> Credential | None:
    program = source.content.get("credsStore")
    answer = _ask(source, "credsStore", program, search) if program else None
    if isinstance(answer, Absent):
        search.notices.append(f"{source.name} (credsStore): {answer.reason}")
        return None
    return answer


def _ask(source: _Source, way: str, program: object, search: _Search) -> Credential | Absent:
    hint = "Repair the helper or remove it from the file, or give username and password."
    if not isinstance(program, str):
        raise _broken(f"{source.name}: a name in `{way}` is no text", hint)
    answer = search.machine.run(program, search.server)
    if isinstance(answer, Absent):
        return answer
    if isinstance(answer, Failed):
        raise _broken(f"{source.name} ({way}): {answer.reason}", hint)
    name = f"{source.name}, {way}: {program}"
    if answer.username == "<token>":
        return Credential(source=name, secret=answer.secret, kind="identitytoken")
    return Credential(source=name, username=answer.username, secret=answer.secret)


def _fitting(source: _Source, section: str, search: _Search) -> Sequence[object]:
    """Pick the values whose keys mean this host and repository, the closest key first."""
    found = []
    for key, value in _object(f"{source.name}: `{section}`", source.content.get(section) or {}).items():
        host, path = _scope(key)
        if host == search.host and f"{search.repository}/".startswith(path):
            found.append(((len(path), key == search.server), value))
    return [value for _, value in sorted(found, key=itemgetter(0), reverse=True)]


def _scope(key: str) -> tuple[str, str]:
    """Split a key into its host (`""`: none) and the beginning of repositories (`""`, or ending with `/`)."""
    spelled = key.lower()
    bare = re.sub("^https?://", "", spelled)
    first, _, path = bare.partition("/")
    path = path.strip("/")
    # behind a scheme Docker and podman both drop the path
    anywhere = bare != spelled or path in ("", "v1", "v2")
    try:
        return reference.host(first), "" if anywhere else f"{path}/"
    except reference.NameFormatError:
        return "", ""


def _from_entry(source: _Source, entry: object, host: str) -> Credential | None:
    place = f"{source.name}: `auths` for {host}"
    hint = f"Write it anew with `docker login {host}`, or give username and password."
    fields = {key: value for key, value in _object(place, entry or {}).items() if key in _FIELDS and value}
    texts = {key: value for key, value in fields.items() if isinstance(value, str)}
    if fields != texts:
        raise _broken(f"{place}: a value is no text", hint)
    username, secret = texts.get("username", ""), texts.get("password", "")
    if "auth" in texts:
        try:
            username, secret = _decoded(texts["auth"])
        except ValueError:
            raise _broken(f"{place}: `auth` is no base64 of user:password", hint) from None
    name = f"{source.name}, auths"
    if token := texts.get("registrytoken"):
        return Credential(source=name, username=username, secret=token, kind="registrytoken")
    if token := texts.get("identitytoken"):
        return Credential(source=name, username=username, secret=token, kind="identitytoken")
    if not secret and texts:
        raise _broken(f"{place}: the password is empty", "In a fork's pull request secrets are empty.")
    return Credential(source=name, username=username, secret=secret) if secret else None


_FIELDS = frozenset({"auth", "username", "password", "identitytoken", "registrytoken"})


def _decoded(auth: str) -> tuple[str, str]:
    # as in Docker's decoder: line breaks do not count, padding does
    username, colon, password = base64.b64decode("".join(auth.split()), validate=True).decode().partition(":")
    if not colon:
        raise ValueError("no colon")
    return username, password.rstrip("\0")


def _object(name: str, value: object) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    raise _broken(f"{name} is no JSON object", "Write the file anew with `docker login`.")


def _broken(message: str, hint: str) -> StepError:
    return StepError(Problem(code="credentials", message=message, hint=hint))
