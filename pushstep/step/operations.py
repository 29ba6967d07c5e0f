"""What is to be done after a step: metadata of images, annotations of images and builds (push-step.md 9).

    metadata:    {set: [{IMAGE: [NOTE, ...]} | NOTE, ...]}
    annotations: {set: [{entity_type, entity_id, annotations: [NOTE, ...], display}],
                  unset: [{entity_type, entity_id, annotations: [NAME, ...]}]}
    NOTE         {NAME: VALUE} | NAME
    VALUE        a text | file:PATH | {evaluate: EXPRESSION}

Numbers, booleans, percentages and links are texts here as everywhere; whoever shows them sees what they are.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from pushstep.conditions.expression import ExpressionSyntax, parse
from pushstep.step.scalars import Scalar, Text, refuse
from pushstep.values import dataclass

_NAME = "[A-Za-z][A-Za-z0-9_]*"
_A_NOTE = "Write `name: value`, or a name alone."


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluate:
    """A value that an expression gives; its placeholders are still in place (push-step.md 6)."""

    expression: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FileContent:
    """A value that a file of the workspace holds."""

    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """One annotation; without a value its name says all."""

    name: str
    value: str | Evaluate | FileContent | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageNotes:
    """Annotations of one image, by its ID or name; None is the image that the step pushed."""

    image: str | None
    notes: tuple[Note, ...]


def _name(text: str) -> str:
    if not re.fullmatch(_NAME, text):
        raise refuse(
            "value", f"{text!r} is no name of an annotation", "Write letters, digits and _, a letter first."
        )
    return text


def _note(data: object) -> Note:
    if isinstance(data, str):
        return Note(name=_name(data))
    if not isinstance(data, dict) or len(data) != 1:
        raise refuse("value", "is not one annotation", _A_NOTE)
    ((name, value),) = data.items()
    return Note(name=_name(name), value=_value(value))


def _value(value: object) -> str | Evaluate | FileContent:
    if isinstance(value, dict):
        expression = value.get("evaluate")
        if list(value) != ["evaluate"] or not isinstance(expression, str) or not expression.strip():
            raise refuse("value", "has a mapping as value", 'Write a text, or `{evaluate: "..."}`.')
        try:
            parse(expression)
        except ExpressionSyntax as error:
            hint = error.hint or "docs/conditions.md describes the language."
            raise refuse("condition-syntax", f"has no expression to evaluate: {error}", hint) from None
        return Evaluate(expression=expression)
    if not isinstance(value, str) or not value.strip():
        raise refuse("value", "has a value that is empty or no text", _A_NOTE)
    if value.startswith("file:"):
        if not value.removeprefix("file:").strip():
            raise refuse("value", "has a value that names no file", "Write file:PATH.")
        return FileContent(path=value.removeprefix("file:"))
    return value


_NOTE_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": f"^{_NAME}$"},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "patternProperties": {
                f"^{_NAME}$": {
                    "anyOf": [
                        {"type": ["string", "number", "boolean"]},
                        {
                            "type": "object",
                            "required": ["evaluate"],
                            "properties": {"evaluate": {"type": "string"}},
                            "additionalProperties": False,
                        },
                    ]
                }
            },
            "additionalProperties": False,
        },
    ]
}
OneNote = Annotated[Note, PlainValidator(_note), WithJsonSchema(_NOTE_SCHEMA)]
_NOTES: TypeAdapter[tuple[Note, ...]] = TypeAdapter(tuple[OneNote, ...])


def _image_notes(data: object) -> ImageNotes:
    """`{IMAGE: [NOTE, ...]}`, or a note of the step's own image."""
    if not isinstance(data, dict) or len(data) != 1 or not isinstance(next(iter(data.values())), list):
        return ImageNotes(image=None, notes=(_note(data),))
    ((image, notes),) = data.items()
    if not image.strip():
        raise refuse("value", "has an empty text where an image is named", "Write its ID or name.")
    try:
        return ImageNotes(image=image, notes=_NOTES.validate_python(notes))
    except ValidationError as error:
        # pydantic takes the place of an inner error to be under that of the outer one
        raise ValidationError.from_exception_data(
            "notes",
            [
                {
                    "type": refuse(one["type"], one["ctx"]["message"], one["ctx"]["hint"]),
                    "loc": (image, *one["loc"]),
                    "input": one["input"],
                }
                for one in error.errors()
            ],
        ) from None


_IMAGE_NOTES_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {"type": "array", "items": _NOTE_SCHEMA},
        },
        _NOTE_SCHEMA,
    ]
}


class Strict(BaseModel):
    """A value that never changes, knows all its fields, and keeps what it was given out of errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True
    )


class Metadata(Strict):
    """Annotations of images of this run."""

    set: tuple[Annotated[ImageNotes, PlainValidator(_image_notes), WithJsonSchema(_IMAGE_NOTES_SCHEMA)], ...]


def _entity(text: str) -> str:
    if text not in ("image", "build", "pipeline", "project"):
        raise refuse("value", f"{text!r} has no annotations", "Write image, build, pipeline or project.")
    return text


Entity = Annotated[
    Literal["image", "build", "pipeline", "project"],
    Scalar(_entity, {"enum": ["image", "build", "pipeline", "project"]}),
]


class Added(Strict):
    """Annotations that an entity gets; `display` names the one that a list of entities shows."""

    entity_type: Entity = "build"
    entity_id: Text | None = None
    annotations: tuple[OneNote, ...]
    display: Text | None = None

    @model_validator(mode="after")
    def _display_is_one(self) -> "Added":
        if self.display is not None and self.display not in {one.name for one in self.annotations}:
            raise refuse(
                "value", f"displays {self.display!r}, which is not in annotations", "Name one of them."
            )
        return self


class Removed(Strict):
    """Annotations that an entity loses."""

    entity_type: Entity = "build"
    entity_id: Text | None = None
    annotations: tuple[Annotated[str, Scalar(_name)], ...]


class Annotations(Strict):
    """Annotations of this run's image, build, pipeline or project."""

    set: tuple[Added, ...] = ()
    unset: tuple[Removed, ...] = ()


class Operations(Strict):
    """What is to be done after a step that ended in one way."""

    metadata: Metadata | None = Field(default=None)
    annotations: Annotations | None = Field(default=None)
