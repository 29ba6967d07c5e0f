"""What one value of a step may be: a text goes in, its type comes out, or the sentence that refuses it."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from pushstep.oci import Platform
from pushstep.registry import reference
from pushstep.registry.reference import NameFormatError, Reference
from pushstep.step import candidate

TRUE = frozenset({"true", "yes", "on", "1"})
FALSE = frozenset({"false", "no", "off", "0"})

_ANY_SCALAR: Mapping[str, object] = {"type": ["string", "number", "boolean"]}
"""For editors: scalars keep their spelling here, so that nobody has to quote `1.10`."""
_VARIABLE: Mapping[str, object] = {"type": "string", "pattern": r"\$[{\[]"}
"""For editors: what a variable may still make right."""
_BOOLEAN: dict[str, Any] = {
    "anyOf": [
        {"type": "boolean"},
        {"enum": [0, 1]},
        {"type": "string", "pattern": r"^([Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff|0|1)$"},
        _VARIABLE,
    ]
}
_LONGEST_TIMEOUT = 2_147_483.647
"""Seconds: what the original's timer can hold."""
_UNITS = {"s": 1, "m": 60, "h": 3600}


def refuse(code: str, message: str, hint: str = "") -> PydanticCustomError:
    """An error that becomes a problem."""
    # the texts go through the context: pydantic would read braces in a template
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What a value is understood by."""

    registries: Collection[str] = ()
    """The logical names that there are."""
    is_early: bool = False
    """Whether nothing runs yet: a name that nobody knows may still be that of a registry (1.3)."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type made from text by `parse`; `schema` is its JSON Schema."""

    parse: Callable[[str], object]
    schema: Mapping[str, object] = field(default_factory=lambda: _ANY_SCALAR, hash=False)

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parsed)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        narrow = "enum" in self.schema or "pattern" in self.schema
        return {"anyOf": [self.schema, _VARIABLE]} if narrow else dict(self.schema)

    def parsed(self, value: object) -> object:
        """Parse `value`, which may be anything that YAML holds."""
        try:
            return self.parse(text(value))
        except NameFormatError as error:
            raise refuse(error.code, str(error), error.hint) from None


def text(value: object) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise refuse("value", "is empty or no text", "Write one text here.")
    return value


def _secret(value: object) -> str:
    """Text that is taken as it is: blanks may belong to it."""
    if not isinstance(value, str) or not value:
        raise refuse("value", "is empty or no text", "Write one text here.")
    return value


def _target(text: str) -> str | Reference:
    return reference.reference(text) if reference.is_full(text) else reference.tag(text)


def registry(value: object, info: ValidationInfo) -> str:
    """A logical name, `oci:DIR` or a host, asked in this order (push-step.md 5.1)."""
    return _named(value, info, reference.destination)


def _named(value: object, info: ValidationInfo, otherwise: Callable[[str], str]) -> str:
    """A logical name, else what `otherwise` makes of a host."""
    name = text(value)
    known = info.context if isinstance(info.context, Known) else Known()
    if name in known.registries:
        return name
    if is_place(name):
        try:
            return otherwise(name)
        except NameFormatError as error:
            raise refuse(error.code, str(error), error.hint) from None
    if known.is_early:
        return name
    several = ", ".join(sorted(known.registries))
    names = f"the registries document has {several}" if several else "there is no such document"
    raise refuse(
        "reference",
        f"{name!r} is no host, and no registry has this logical name",
        f"A host holds a '.' or ':' or is localhost; logical names come from registries documents: {names}.",
    )


def context(value: object, info: ValidationInfo) -> str:
    """A logical name, or a host."""
    return _named(value, info, reference.host)


def is_place(name: str) -> bool:
    """Whether a name that is no logical one is meant as a host, or as an image layout."""
    bare = name.removeprefix("https://").removeprefix("http://")
    return "://" in name or reference.is_host(bare.partition("/")[0])


def boolean(value: object) -> bool:
    """`true`, and the original's other words for it."""
    word = str(value).strip().lower()
    if word in TRUE | FALSE:
        return word in TRUE
    raise refuse("value", f"{value!r} is neither true nor false", "Write true or false.")


def _provider(text: str) -> str:
    if text in ("docker", "standard"):
        return "docker"
    if text == "ecr":
        return text
    raise refuse("value", f"{text!r} is no provider", "Write docker or ecr.")


def _timeout(text: str) -> float | None:
    found = re.fullmatch(r"([0-9]+\.?[0-9]*|\.[0-9]+)([smh])", text)
    if not found:
        raise refuse(
            "value", f"{text!r} is no time", "Write a number and s, m or h, such as 90s, 1.5h; 0s is none."
        )
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > _LONGEST_TIMEOUT:
        raise refuse("value", f"{text!r} is too long", "24 days is the most; 0s is no limit.")
    return seconds or None


def number(text: str) -> float:
    """A positive number, as YAML 1.2 writes it in decimal."""
    value = float(text) if re.fullmatch(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text) else 0.0
    if value <= 0:
        raise refuse("value", f"{text!r} is no positive number", "Write one, such as 3.")
    return value


def _platform(text: str) -> Platform:
    found = re.fullmatch(r"([a-z0-9_.-]+)/([a-z0-9_.-]+)(?:/([a-z0-9_.-]+))?", text)
    if not found:
        raise refuse("value", f"{text!r} is no platform", "Write os/arch[/variant], such as linux/arm64/v8.")
    return Platform(os=found[1], architecture=found[2], variant=found[3] or "")


def _region(text: str) -> str:
    if not re.fullmatch("[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}", text):
        raise refuse("value", f"{text!r} is no AWS region", "Write one such as eu-west-1.")
    return text


def _role(text: str) -> str:
    if not re.fullmatch("arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+", text):
        raise refuse(
            "value",
            f"{text!r} is no ARN of a role",
            "Write arn:aws:iam::ACCOUNT:role/NAME, 12 digits for ACCOUNT.",
        )
    return text


def _session_name(text: str) -> str:
    if not re.fullmatch("[A-Za-z0-9_+=,.@-]{2,64}", text):
        raise refuse(
            "value", f"{text!r} is no session name", "AWS takes 2 to 64 of A-Z a-z 0-9 _ + = , . @ -."
        )
    return text


def _duration(text: str) -> int:
    seconds = int(text) if re.fullmatch("[0-9]{1,9}", text) else 0
    if not 900 <= seconds <= 3600:  # noqa: PLR2004 - AWS's limits where a role is assumed through another
        raise refuse("value", f"{text!r} is no number from 900 to 3600", "Write seconds, such as 3600.")
    return seconds


Text = Annotated[str, Scalar(text)]
Secret = Annotated[str, PlainValidator(_secret), WithJsonSchema({"type": "string", "minLength": 1})]
Boolean = Annotated[bool, PlainValidator(boolean), WithJsonSchema(_BOOLEAN)]
Candidate = Annotated[candidate.Candidate, Scalar(candidate.candidate)]
Tag = Annotated[str, Scalar(reference.tag)]
Target = Annotated[str | Reference, Scalar(_target)]
ImageName = Annotated[str, Scalar(reference.image_name)]
RegistryName = Annotated[str, PlainValidator(registry), WithJsonSchema({"type": "string", "minLength": 1})]
RegistryContext = Annotated[str, PlainValidator(context), WithJsonSchema(dict(_ANY_SCALAR))]
Provider = Annotated[Literal["docker", "ecr"], Scalar(_provider, {"enum": ["docker", "ecr", "standard"]})]
Timeout = Annotated[
    float | None,
    Scalar(_timeout, {"type": "string", "pattern": r"^([0-9]+\.?[0-9]*|\.[0-9]+)[smh]$"}),
]
Number = Annotated[float, Scalar(number)]
PlatformName = Annotated[Platform, Scalar(_platform)]
Region = Annotated[str, Scalar(_region)]
Role = Annotated[str, Scalar(_role)]
SessionName = Annotated[str, Scalar(_session_name)]
Duration = Annotated[int, Scalar(_duration)]
