"""The push step as one frozen value, and every rule about its fields (push-step.md 2)."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from pushstep.conditions.decision import RegexEngine
from pushstep.conditions.when import When, check, parse_when
from pushstep.errors import InputError, Problem
from pushstep.registry import reference
from pushstep.registry.reference import LocalImage, NameFormatError, Reference
from pushstep.step.document import Data

Model = TypeVar("Model", bound=BaseModel)

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_TRANSPORTS = ("docker-archive:", "oci-archive:", "oci:", "docker://", "containers-storage:", "dir:")
"""Spellings of containers-transports(5) that are no image of the daemon."""


def _refuse(code: str, message: str, hint: str = "") -> PydanticCustomError:
    # the texts go through the context: pydantic would read braces in a template
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def _named(parse: Callable[[str], Any]) -> BeforeValidator:
    """A validator that parses text by the OCI grammar."""

    def parsed(value: object) -> Any:  # noqa: ANN401 - whatever `parse` makes of it
        try:
            return parse(_text(value))
        except NameFormatError as error:
            raise _refuse(error.code, str(error), error.hint) from None

    return BeforeValidator(parsed)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _refuse("value", "is empty or no text", "Write one text here.")
    _no_variable(value)
    return value


def _no_variable(text: str) -> None:
    if "${{" in text or "$[[" in text:
        raise _refuse("unsupported", f"{text!r}: variables are not supported yet", "Write the value itself.")


def _candidate(text: str) -> LocalImage:
    if text.startswith(_TRANSPORTS):
        transport = text.partition(":")[0]
        raise NameFormatError(
            f"a candidate from {transport!r} is not supported yet",
            "Load the image into the Docker daemon and give its name.",
            code="unsupported",
        )
    return reference.local_image(text.removeprefix("docker-daemon:"))


def _target(text: str) -> str | Reference:
    return reference.reference(text) if reference.is_full(text) else reference.tag(text)


def _registry(text: str) -> str:
    if text.startswith("oci:"):
        raise NameFormatError(
            "an image layout as destination is not supported yet", "Name a host.", code="unsupported"
        )
    bare = text.removeprefix("https://").removeprefix("http://")
    if not reference.is_host(bare.partition("/")[0]):
        raise NameFormatError(
            f"{text!r} is no host, and no registry has this logical name",
            "A host holds a '.' or ':' or is localhost; registries documents, which give names to "
            "registries, are not supported yet.",
        )
    return reference.host(text)


def _provider(value: object) -> str:
    match value:
        case "docker" | "standard":
            return "docker"
        case "ecr":
            raise _refuse(
                "unsupported", "'ecr' is not supported yet", "Log in to ECR and give username and password."
            )
        case _:
            _no_variable(str(value))
            raise _refuse("value", f"{value!r} is no provider", "Write docker or ecr.")


def _boolean(value: object) -> bool:
    text = str(value).lower()
    _no_variable(text)
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise _refuse("value", f"{value!r} is neither true nor false", "Write true or false.")


def _transport(value: object) -> str:
    if value in ("auto", "daemon"):
        return str(value)
    if value == "direct":
        raise _refuse("unsupported", "'direct' is not supported yet", "Write auto or daemon.")
    raise _refuse("value", f"{value!r} is no transport", "Write auto or daemon.")


def _some(value: object) -> object:
    if value == []:
        raise _refuse("value", "is empty", "Name a host, or leave it out.")
    return value


Boolean = Annotated[bool, BeforeValidator(_boolean)]
Text = Annotated[str, BeforeValidator(_text)]


class Credentials(BaseModel):
    """What the user gave for the registry."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    username: str
    password: str = Field(repr=False)


class Step(BaseModel):
    """One push step. `tags` holds bare tags or full references, never both."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True
    )

    name: str = "push"
    title: Text | None = None
    description: Text | None = None
    provider: Annotated[Literal["docker"], BeforeValidator(_provider)] = "docker"
    candidate: Annotated[LocalImage, _named(_candidate)]
    tag: Annotated[str, _named(reference.tag)] | None = None
    tags: tuple[Annotated[str | Reference, _named(_target)], ...] = ()
    image_name: Annotated[str, _named(reference.image_name)] | None = None
    registry: Annotated[tuple[Annotated[str, _named(_registry)], ...], BeforeValidator(_some)] = ()
    credentials: Credentials | None = None
    fail_fast: Boolean = True
    strict_fail_fast: Boolean = False
    when: When = When()

    @property
    def references(self) -> tuple[Reference, ...]:
        """The full references in `tags`."""
        return tuple(dict.fromkeys(entry for entry in self.tags if isinstance(entry, Reference)))

    @property
    def bare_tags(self) -> tuple[str, ...]:
        """The tags to push under where no full references are given; duplicates collapse."""
        bare = [entry for entry in self.tags if isinstance(entry, str)]
        return tuple(dict.fromkeys(bare)) or (self.tag or "latest",)


class Options(BaseModel):
    """What the run was told beside the step (interface 2, "inputs beyond the schema")."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    dry_run: Boolean = False
    transport: Annotated[Literal["auto", "daemon"], BeforeValidator(_transport)] = "auto"
    report: Text | None = None
    summary: Boolean = True
    github_token: str | None = Field(default=None, repr=False)


def parse(fields: Mapping[str, Data], where: Callable[[str], str], engine: RegexEngine) -> Step:
    """Make the step of its fields (schema names); `where` tells how the user spelled one, `engine` compiles.

    Raises `InputError` with every problem.
    """
    # several things may be wrong inside `when`; a validator could tell of one
    when, problems = parse_when(fields["when"]) if "when" in fields else (When(), ())
    step, others = _validated(Step, {**fields, "when": when}, where)
    problems = (*_across(fields, where), *problems, *check(when, engine), *others)
    if step is None or problems:
        raise InputError(problems)
    return step


def parse_options(fields: Mapping[str, Data], where: Callable[[str], str]) -> Options:
    """Make the options of their inputs. Raises `InputError` with every problem."""
    options, problems = _validated(Options, fields, where)
    if options is None:
        raise InputError(problems)
    return options


def _validated(
    model: type[Model], fields: Mapping[str, object], where: Callable[[str], str]
) -> tuple[Model | None, list[Problem]]:
    try:
        return model.model_validate(dict(fields)), []
    except ValidationError as error:
        return None, [_problem(dict(details), where) for details in error.errors()]


def _problem(details: dict[str, Any], where: Callable[[str], str]) -> Problem:
    head, *rest = details["loc"]
    given = details.get("ctx", {})
    path = where(".".join(map(str, (head, *rest))) if head == "credentials" else str(head))
    path += "".join(f"[{part}]" for part in rest if isinstance(part, int))
    match details["type"]:
        case "missing":
            return Problem(
                code="missing", message=f"{path} is missing", hint=_MISSING.get(str(head), ""), path=path
            )
        case "extra_forbidden":
            return Problem(code="unknown", message=f"{path}: no such field", path=path)
        case code if "hint" in given:
            return Problem(code=code, message=f"{path}: {given['message']}", hint=given["hint"], path=path)
        case _:
            return Problem(code="value", message=f"{path}: {details['msg']}", path=path)


_MISSING = {
    "candidate": "Name the image to push, as `docker images` shows it.",
    "credentials": "Both username and password are needed.",
}


def _across(fields: Mapping[str, Data], where: Callable[[str], str]) -> list[Problem]:
    """The rules about several fields at once (push-step.md 2, 2.1)."""
    texts = _texts(fields.get("tags"))
    full = [text for text in texts if reference.is_full(text)]
    problems = []

    def conflict(name: str, message: str, hint: str) -> None:
        problems.append(
            Problem(code="conflict", message=f"{where(name)}: {message}", hint=hint, path=where(name))
        )

    if full and len(full) < len(texts):
        conflict(
            "tags",
            "full references and bare tags are mixed",
            "Give one kind; a full one has a '/' and a ':' behind it.",
        )
    if full:
        for name in ("image_name", "registry"):
            if fields.get(name):
                conflict(name, "given beside full references in tags, which hold it", "Leave it out.")
    if fields.get("credentials"):
        hosts = _hosts(full, _texts(fields.get("registry")))
        if len(hosts) > 1:
            conflict(
                "credentials.username",
                f"one user name and password for {len(hosts)} registries",
                "Log in to each with a Docker configuration (DOCKER_CONFIG), or use a run for each registry.",
            )
    return problems


def _texts(data: Data) -> list[str]:
    return [entry for entry in data if isinstance(entry, str)] if isinstance(data, list) else []


def _hosts(references: list[str], registries: list[str]) -> set[str]:
    """The hosts that are named, each once; a text that breaks the grammar is a problem of its own."""
    hosts = set()
    for text in references:
        with suppress(NameFormatError):
            hosts.add(reference.reference(text).host)
    for text in registries:
        with suppress(NameFormatError):
            hosts.add(_registry(text))
    return hosts
