"""Where documents come from: a text, standard input, or a file, which may be a stranger's (5.3)."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from pushstep.errors import InputError, Problem
from pushstep.fields import FIELDS
from pushstep.files import reason
from pushstep.inputs import Given, Inputs
from pushstep.step.registries import Registries, read
from pushstep.step.scalars import TRUE
from pushstep.step.variables import looks_secret
from pushstep.surroundings import Here

_A_DOCUMENT = "Write a path relative to the workspace, `-` for standard input, or the document itself."
_A_PATH = "Write a path relative to the workspace, or the document itself."
_CONFIGURATIONS = (
    ("DOCKER_CONFIG", "config.json"),
    ("HOME", ".docker/config.json"),
    ("HOME", ".aws/credentials"),
    ("HOME", ".aws/config"),
)


def document(here: Here, given: Inputs, secrets: Collection[str] = ()) -> Given | None:
    """The document that the input `step` gives or leads to, with its user's name for it.

    `secrets` are those of the registries document. None when there is none; raises `InputError`.
    """
    step = given.given.get("step")
    if step is None or is_document(step.text):
        return step
    path = step.text.strip()
    if path != "-":
        _check_trust(here, given, path, step.where, secrets)
    return text_of(here, path, here.in_workspace(path), step.where)


def listed(here: Here, given: Inputs) -> tuple[Registries, Sequence[Problem]]:
    """The registries that the input `registries` gives or leads to, and why they cannot be read."""
    registries = given.given.get("registries")
    if registries is None:
        return Registries(), ()
    if is_document(registries.text):
        return read(registries.text, name=registries.where), ()
    path = registries.text.strip()
    try:
        _check_trust(here, given, path, registries.where)
        text = _content(here, path, here.in_workspace(path), registries.where, _A_PATH)
    except InputError as error:
        return Registries(), error.problems
    return read(text, name=path), ()


def text_of(here: Here, name: str, path: str, where: str) -> Given:
    """The text of the file `path`, which its user calls `name`, or standard input; raises `InputError`."""
    if name == "-":
        with here.world.interrupts.raising():
            return Given(text=here.world.read_input(), where="standard input")
    return Given(text=_content(here, name, path, where, _A_DOCUMENT), where=name)


def _content(here: Here, name: str, path: str, where: str, hint: str) -> str:
    try:
        return here.world.read_text(path)
    except (OSError, ValueError) as error:
        message = f"{where}: {name!r} cannot be read: {reason(error)}"
        raise InputError([Problem(code="value", message=message, hint=hint, path=where)]) from None


def is_document(text: str) -> bool:
    """Whether `text` is a document itself, not the path of one."""
    return "\n" in text.strip() or text.lstrip().startswith("{") or ": " in text


def _check_trust(here: Here, given: Inputs, path: str, where: str, secrets: Collection[str] = ()) -> None:
    strange = here.ci.context.strange_checkout
    trusted = (given.text("trust-document") or "").strip().lower() in TRUE
    inside = _is_inside(here.in_workspace(path), here.workspace)
    if strange and inside and not trusted and (secrets or _holds_credentials(here, given)):
        message = f"{where}: {path!r} is a file of the workspace, and is not read. {strange}"
        hint = "Give the document as text; or, where no stranger can write it, `trust-document: true`."
        raise InputError([Problem(code="value", message=message, hint=hint, path=where)])


def _is_inside(path: str, folder: str) -> bool:
    """Whether `path` is in `folder`, or leads into it."""
    folders = {os.path.abspath(folder), os.path.realpath(folder)}  # noqa: PTH100 - pathlib keeps `..`
    names = {os.path.abspath(path), os.path.realpath(path)}  # noqa: PTH100 - likewise
    return any(os.path.commonpath((name, one)) == one for name in names for one in folders)


def _holds_credentials(here: Here, given: Inputs) -> bool:
    """Whether the run has anything that a stranger's document might reach for."""
    own = here.ci.context.own_registry
    return (
        bool(given.secrets)
        or _asks_for_a_login(given)
        or bool(own and own.password)
        or any(value and _is_secret(name, value) for name, value in here.world.environ.items())
        or any(
            Path(here.world.environ[name], rest).exists()
            for name, rest in _CONFIGURATIONS
            if here.world.environ.get(name)
        )
    )


def _asks_for_a_login(given: Inputs) -> bool:
    """Whether an input asks for what the job is exchanged for, whether or not its tokens are seen here."""
    named = (given.text("login") or "auto").strip() not in ("auto", "none")
    return named or any(one.login and one.name in given.given for one in FIELDS)


def _is_secret(name: str, value: str) -> bool:
    # what is no secret by its own name is none as an input
    bare = name.removeprefix("PUSHSTEP_").removeprefix("VAR_").removeprefix("INPUT_")
    return looks_secret(bare, value)
