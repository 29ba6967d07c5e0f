"""From a document to its push steps, whatever its shape (push-step.md 1.1).

whole pipeline    {version: ..., steps: {NAME: {type: push, ...}, ...}}
named steps       {NAME: {type: push, ...}, ...}
one step          {candidate: ..., ...}
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from pushstep.errors import Problem
from pushstep.step import body as bodies
from pushstep.step.document import Data, Path
from pushstep.step.model import FullStep
from pushstep.step.order import CycleError, awaited, in_line
from pushstep.step.raw import RawStep
from pushstep.step.reading import Inherited, Reading
from pushstep.step.validation import nearest
from pushstep.values import dataclass

_ROOT = ("version", "steps", "stages", "mode", "fail_fast", "strict_fail_fast", "indicators")
_ROOT_GIVES = ("fail_fast", "strict_fail_fast")
_GROUP_GIVES = ("stage", "fail_fast", "strict_fail_fast", "timeout")
_GROUP = ("type", "title", "description", "steps", *_GROUP_GIVES)
_GROUP_REFUSED = {
    **dict.fromkeys(
        ("when", "retry", "on_success", "on_fail", "on_finish", "hooks"),
        "Write it in each step of the group.",
    ),
    **bodies.REFUSED,
}
MEANINGLESS_IN_GROUP = ("success_criteria", *bodies.MEANINGLESS)
_LONGEST_NAME = 150
_FIELDS = [field.alias or name for name, field in FullStep.model_fields.items()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipeline:
    """The push steps of a document in the order they run, and everything that was wrong with its shape."""

    steps: tuple[RawStep, ...] = ()
    names: tuple[str, ...] = ()
    """Every step of the document in its order, groups and those not run here too."""
    not_run: tuple[str, ...] = ()
    """Those of other types, which count as successful (push-step.md 6)."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Group → the steps in it, those of inner groups too."""
    notices: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """A step, or a group of them, among those beside it."""

    name: str
    names: tuple[str, ...]
    """Itself and everything in it."""
    waits: tuple[str, ...] = ()
    steps: tuple[RawStep, ...] = ()
    not_run: tuple[str, ...] = ()


class Shapes:
    """Tells the shape of a document, and takes it apart."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._places: dict[str, Path] = {}
        self._groups: dict[str, tuple[str, ...]] = {}

    def pipeline(self) -> Pipeline:
        """The pipeline of the whole document."""
        data = self._reading.document.data
        if not isinstance(data, dict) or not data:
            what = " is no mapping" if data else ": step is empty"
            self._reading.problem((), "missing" if not data else "value", what, "Write `candidate: ...`.")
            return self._made([])
        if "steps" in data or "version" in data:
            return self._made(self._whole(data))
        if all(isinstance(body, dict) and "type" in body for body in data.values()):
            return self._made(self._entries(data, (), Inherited(), parallel=False))
        return self._made(self._one(data))

    def _made(self, entries: Sequence[_Entry]) -> Pipeline:
        steps = tuple(step for entry in entries for step in entry.steps)
        if not steps and not self._reading.problems:
            self._reading.problem(
                (), "missing", ": there is no push step in it", "Write `type: push` in one."
            )
        return Pipeline(
            steps=steps,
            names=tuple(self._places),
            groups=MappingProxyType(self._groups),
            not_run=tuple(name for entry in entries for name in entry.not_run),
            notices=tuple(self._reading.notices),
            problems=tuple(self._reading.problems),
        )

    def _whole(self, data: dict[str, Data]) -> list[_Entry]:
        level = bodies.aliased(self._reading, data, ())
        for key, (spelled, _) in level.items():
            if key not in _ROOT:
                self._reading.notice((spelled,), " means nothing here")
        mode = data.get("mode", "sequential")
        if mode not in ("sequential", "parallel"):
            self._reading.problem(
                ("mode",), "value", f": {mode!r} is no mode", "Write sequential or parallel."
            )
        steps = self._children(data, ())
        inherited = Inherited(stages=self._listed(data)).with_those_of(level, (), _ROOT_GIVES)
        return self._entries(steps, ("steps",), inherited, parallel=mode == "parallel")

    def _listed(self, data: Mapping[str, Data]) -> tuple[str, ...] | None:
        if "stages" not in data:
            return None
        stages = data["stages"]
        texts = [one for one in stages if isinstance(one, str) and one] if isinstance(stages, list) else []
        if not isinstance(stages, list) or len(texts) < len(stages):
            self._reading.problem(
                ("stages",), "value", " is no list of texts", "Write `stages: [build, push]`."
            )
            return None
        return tuple(texts)

    def _children(self, data: Mapping[str, Data], path: Path) -> dict[str, Data]:
        steps = data.get("steps")
        if isinstance(steps, dict) and steps:
            return steps
        what = " is no mapping" if steps else ": step is empty" if "steps" in data else " is missing"
        self._reading.problem(
            (*path, "steps"), "value" if steps else "missing", what, "Write `NAME: {type: push}`."
        )
        return {}

    def _one(self, data: dict[str, Data]) -> list[_Entry]:
        kind = data.get("type", "push")
        if not _is_push(kind):
            what = f": {kind!r} is no push step" if kind else " is null"
            self._reading.problem(("type",), "value", what, "Write push, or leave it out.")
        name = data.get("name", "push")
        if isinstance(name, str):
            self._check_name(name, ("name",))
        else:
            self._reading.problem(("name",), "value", " is no text", "Write one, or leave it out.")
        known = (
            *_FIELDS,
            *bodies.ALIASES,
            *bodies.MEANINGLESS,
            *bodies.REFUSED,
            "type",
            "hooks",
            "arguments",
        )
        body = {}
        for key, value in data.items():
            if key in known or not (value is None or isinstance(value, dict)):
                body[key] = value
            elif value is None:
                self._reading.problem(
                    (key,), "missing", ": step is empty", "Indent its fields below its name."
                )
            else:
                hint = f"{nearest(key, _FIELDS)} Where steps have names, each has a `type`."
                self._reading.problem((key,), "unknown", ": no such field", hint)
        body.pop("name", None)
        return [self._push(str(name), body, (), Inherited())]

    def _entries(
        self, steps: Mapping[str, Data], path: Path, inherited: Inherited, *, parallel: bool
    ) -> list[_Entry]:
        entries = [self._entry(name, body, (*path, name), inherited) for name, body in steps.items()]
        return self._in_line(entries, path) if parallel else entries

    def _entry(self, name: str, body: Data, path: Path, inherited: Inherited) -> _Entry:
        self._check_name(name, path)
        if not isinstance(body, dict) or not body:
            what, code = (" is no mapping", "value") if body else (": step is empty", "missing")
            self._reading.problem(path, code, what, "Indent its fields below its name.")
            return _Entry(name=name, names=(name,))
        kind = body.get("type")
        if _is_push(kind):
            return self._push(name, body, path, inherited)
        if kind == "parallel":
            return self._group(name, body, path, inherited)
        waits = tuple(one.name for one in awaited(body.get("when")))
        if kind is None and "candidate" in body:
            self._reading.problem((*path, "type"), "missing", " is missing", "Write `type: push`.")
        elif kind is not None and not isinstance(kind, str):
            self._reading.problem((*path, "type"), "value", " is no text", "Write push.")
        else:
            self._reading.notice(path, f" is not run here: it is a step of type {kind or 'freestyle'}")
        return _Entry(name=name, names=(name,), waits=waits, not_run=(name,))

    def _push(self, name: str, body: dict[str, Data], path: Path, inherited: Inherited) -> _Entry:
        step = bodies.step(self._reading, body, path, name=name, inherited=inherited)
        waits = tuple(one.name for one in awaited(step.fields.get("when")))
        return _Entry(name=name, names=(name,), waits=waits, steps=(step,))

    def _group(self, name: str, body: dict[str, Data], path: Path, inherited: Inherited) -> _Entry:
        level = bodies.aliased(self._reading, body, path)
        below = inherited.with_those_of(level, path, _GROUP_GIVES)
        children = self._entries(self._children(body, path), (*path, "steps"), below, parallel=True)
        entry = _Entry(
            name=name,
            names=(name, *(inside for child in children for inside in child.names)),
            waits=tuple(one for child in children for one in child.waits),
            steps=tuple(step for child in children for step in child.steps),
            not_run=tuple(one for child in children for one in child.not_run),
        )
        self._groups[name] = (*(step.name for step in entry.steps), *entry.not_run)
        # a group of steps that are all not run here is as little looked at as they are
        if entry.steps:
            self._check_group(level, path)
        return entry

    def _check_group(self, level: Mapping[str, tuple[str, Data]], path: Path) -> None:
        for key, (spelled, _) in level.items():
            where = (*path, spelled)
            if key in _GROUP_REFUSED:
                self._reading.problem(where, "unsupported", " does not work for a group", _GROUP_REFUSED[key])
            elif key in MEANINGLESS_IN_GROUP:
                self._reading.notice(where, " means nothing here")
            elif key not in _GROUP:
                self._reading.problem(where, "unknown", ": no such field", nearest(key, _GROUP))

    def _in_line(self, entries: list[_Entry], path: Path) -> list[_Entry]:
        owner = {name: entry.name for entry in entries for name in entry.names}
        waits = {
            entry.name: [owner[name] for name in entry.waits if name in owner and owner[name] != entry.name]
            for entry in entries
        }
        try:
            order = in_line([entry.name for entry in entries], waits)
        except CycleError as error:
            what = f": steps wait for each other: {error}"
            self._reading.problem(path, "conflict", what, "Take one of them out of `when.steps`.")
            return entries
        by_name = {entry.name: entry for entry in entries}
        return [by_name[name] for name in order]

    def _check_name(self, name: str, path: Path) -> None:
        if not 1 <= len(name) <= _LONGEST_NAME or set(name) & set(".#$[]"):
            hint = f"1 to {_LONGEST_NAME} characters, none of . # $ [ ]"
            self._reading.problem(path, "value", f": {name[:200]!r} is no name of a step", hint)
        if name in self._places:
            document = self._reading.document
            lines = [document.spot(one).line for one in (self._places[name], path)]
            what = f": two steps have this name, in lines {lines[0]} and {lines[1]}"
            self._reading.problem(path, "conflict", what, "Rename one of them.")
        self._places.setdefault(name, path)


def _is_push(kind: Data) -> bool:
    return isinstance(kind, str) and (kind == "push" or kind.startswith("push:"))
