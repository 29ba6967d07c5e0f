"""Post-step operations as entries of the report, and what of them comes to nothing (push-step.md 9); pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from pushstep.conditions.decision import RegexEngine
from pushstep.conditions.evaluate import fill, holds
from pushstep.conditions.expression import ExpressionError, parse
from pushstep.conditions.names import Known, Names
from pushstep.result import Annotation
from pushstep.step.operations import Added, Evaluate, FileContent, Note, Operations, Removed

NOT_YET = "annotations of images are not supported yet, and are left out"


class NoValueError(ValueError):
    """An annotation's value cannot be had; the text says why."""


Value = Callable[[Evaluate | FileContent], str]
"""The text of a value; raises `NoValueError`."""


def annotations(operations: Iterable[Operations], value: Value) -> tuple[tuple[Annotation, ...], list[str]]:
    """What there is to note, the last word on each name; and sentences about the rest."""
    noted: dict[tuple[str, str | None, str], Annotation] = {}
    warnings: list[str] = []
    for one in _all(operations, value):
        if isinstance(one, str):
            warnings.append(one)
            continue
        key = (one.entity_type, one.entity_id, one.name)
        noted.pop(key, None)
        noted[key] = one
    return tuple(noted.values()), list(dict.fromkeys(warnings))


def evaluated(text: str, known: Known, engine: RegexEngine) -> str:
    """Whether the expression holds, as a text; raises `NoValueError`."""
    try:
        names = Names(known)
        return str(holds(fill(parse(text), names), names, engine)).lower()
    except ExpressionError as error:
        raise NoValueError(f"{text}: {error}. {error.hint}".rstrip()) from None


def _all(operations: Iterable[Operations], value: Value) -> Iterator[Annotation | str]:
    for operation in operations:
        if operation.metadata:
            yield NOT_YET
        for added in operation.annotations.set if operation.annotations else ():
            yield from _set(added, value)
        for removed in operation.annotations.unset if operation.annotations else ():
            yield from _unset(removed)


def _set(added: Added, value: Value) -> Iterator[Annotation | str]:
    if added.entity_type == "image":
        yield NOT_YET
        return
    for note in added.annotations:
        try:
            yield Annotation(
                entity_type=added.entity_type,
                entity_id=added.entity_id,
                name=note.name,
                value=_text(note, value),
                display=note.name == added.display,
            )
        except NoValueError as error:
            yield f"annotation {note.name} is left out: {error}"


def _text(note: Note, value: Value) -> str | None:
    return note.value if note.value is None or isinstance(note.value, str) else value(note.value)


def _unset(removed: Removed) -> Iterator[Annotation | str]:
    if removed.entity_type == "image":
        yield NOT_YET
        return
    for name in removed.annotations:
        yield Annotation(
            entity_type=removed.entity_type, entity_id=removed.entity_id, action="unset", name=name
        )


def sentences(noted: Sequence[Annotation]) -> Iterator[str]:
    """Each as a line of the log."""
    for one in noted:
        entity = f"{one.entity_type} {one.entity_id}" if one.entity_id else one.entity_type
        if one.action == "unset":
            yield f"annotation of the {entity} taken away: {one.name}"
        else:
            yield f"annotation of the {entity}: {one.name}" + ("" if one.value is None else f" = {one.value}")
