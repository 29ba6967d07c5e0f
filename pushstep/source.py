"""Where a step document comes from: a text, standard input, or a file, which may be a stranger's (5.3)."""

import os
from pathlib import Path

from pushstep.errors import InputError, Problem
from pushstep.files import reason
from pushstep.inputs import Given, Inputs
from pushstep.step.scalars import TRUE
from pushstep.step.variables import looks_secret
from pushstep.surroundings import Here

_CONFIGURATIONS = (("DOCKER_CONFIG", "config.json"), ("HOME", ".docker/config.json"))


def document(here: Here, given: Inputs) -> Given | None:
    """The document that the input `step` gives or leads to, with its user's name for it.

    None when there is none; raises `InputError`.
    """
    step = given.given.get("step")
    if step is None or is_document(step.text):
        return step
    path = step.text.strip()
    if path != "-":
        _check_trust(here, given, path, step.where)
    return text_of(here, path, here.in_workspace(path), step.where)


def text_of(here: Here, name: str, path: str, where: str) -> Given:
    """The text of the file `path`, which its user calls `name`, or standard input; raises `InputError`."""
    if name == "-":
        with here.world.interrupts.raising():
            return Given(text=here.world.read_input(), where="standard input")
    try:
        return Given(text=here.world.read_text(path), where=name)
    except (OSError, ValueError) as error:
        message = f"{where}: {name!r} cannot be read: {reason(error)}"
        hint = "Write a path relative to the workspace, `-` for standard input, or the document itself."
        raise InputError([Problem(code="value", message=message, hint=hint, path=where)]) from None


def is_document(text: str) -> bool:
    """Whether `text` is a document itself, not the path of one."""
    return "\n" in text.strip() or text.lstrip().startswith("{") or ": " in text


def _check_trust(here: Here, given: Inputs, path: str, where: str) -> None:
    strange = here.ci.context.strange_checkout
    trusted = (given.text("trust-document") or "").strip().lower() in TRUE
    inside = _is_inside(here.in_workspace(path), here.workspace)
    if strange and inside and not trusted and _holds_credentials(here, given):
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
        or bool(own and own.password)
        or any(value and _is_secret(name, value) for name, value in here.world.environ.items())
        or any(
            Path(here.world.environ[name], rest).exists()
            for name, rest in _CONFIGURATIONS
            if here.world.environ.get(name)
        )
    )


def _is_secret(name: str, value: str) -> bool:
    # what is no secret by its own name is none as an input
    bare = name.removeprefix("PUSHSTEP_").removeprefix("VAR_").removeprefix("INPUT_")
    return looks_secret(bare, value)
