"""YAML read safely, with every scalar kept as it was written (push-step.md 1.1, 2).

Plain data comes out: mappings, lists, text, and None for a plain `null`, `~` or nothing. No other
type is made, so that `1.10`, `on` and `1:30` stay what the user sees. Size, depth and alias expansion
are bounded, duplicate keys refused, no tags but the core ones taken, and placeholders need no quotes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Protocol

import yaml

from pushstep.errors import Problem
from pushstep.step.placeholders import Hidden, NoRoomError, hide
from pushstep.values import dataclass

Data = dict[str, "Data"] | list["Data"] | str | None
Path = tuple[str | int, ...]
"""Keys and positions from the top of a document to a value."""

_LARGEST = 1_000_000
_DEEPEST = 100
_MOST_NODES = 100_000
_TAG_PREFIX = "tag:yaml.org,2002:"
_TAGS = frozenset(
    _TAG_PREFIX + name
    for name in ("map", "seq", "str", "null", "bool", "int", "float", "merge", "timestamp", "value")
)
"""The core schema's, and those that PyYAML gives plain scalars by their look."""
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader where PyYAML was built with it. Without it all is read alike, at a fifth of the speed: the
largest document takes five seconds, not one."""


class _Mark(Protocol):
    """A place in the text, from PyYAML or libyaml; both count from 0."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """Where a value stands, counted from 1, and where those inside it do.

    A text that is the value of a key stands where it begins; anything else where its key does.
    """

    line: int
    column: int
    inside: Mapping[str | int, "Spot"] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What was read; `name` is what the user calls it: a path, `--step`, `INPUT_STEP`."""

    name: str
    data: Data
    top: Spot

    def spot(self, path: Path) -> Spot:
        """Where the value at `path` stands; where there is none, the last one on the way to it."""
        spot = self.top
        for part in path:
            if part not in spot.inside:
                break
            spot = spot.inside[part]
        return spot


class DocumentError(ValueError):
    """A text that is no document; each problem says where, and `problem` is the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        self.problem = self.problems[0]
        super().__init__(self.problem.message)


def read(text: str, *, path: str) -> Data:
    """Read one YAML text; `path` names it in problems. Raises `DocumentError`."""
    return load(text, name=path).data


def load(text: str, *, name: str) -> Document:
    """Read one YAML text with its places; `name` names it in problems. Raises `DocumentError`."""
    if len(text) > _LARGEST:
        raise DocumentError([_bad(f"{name} has {len(text)} characters", f"{_LARGEST} is the most.", name)])
    try:
        hidden = hide(text)
        _check_depth(hidden.text, name)
        node = yaml.compose(hidden.text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        problem = _bad(
            f"{name} is no valid YAML: {error.problem or error.context}",
            "A text with ': ', '#', '{', '[' or a leading '*', '&', '!', '%', '@' or '`' needs quotes.",
            name,
            error.problem_mark or error.context_mark,
        )
        raise DocumentError([problem]) from None
    except (yaml.YAMLError, UnicodeEncodeError, NoRoomError) as error:
        # libyaml takes UTF-8; bytes of the environment that are none reach us as lone surrogates
        why = str(error) or "private-use characters of both planes are not allowed"
        problem = _bad(f"{name} is no valid YAML: {why}", "Take the special character out.", name)
        raise DocumentError([problem]) from None
    reader = _Reader(name, hidden)
    data, top = (None, Spot(line=1, column=1)) if node is None else reader.value(node, 0)
    if reader.problems:
        raise DocumentError(list(dict.fromkeys(reader.problems)))
    return Document(name=name, data=data, top=top)


def texts(data: Data, path: Path, *, keys: bool = False) -> Iterator[tuple[Path, str]]:
    """Every text in `data`, which is at `path`; a key has the place of the mapping it is in."""
    match data:
        case str():
            yield path, data
        case dict():
            for key, one in data.items():
                if keys:
                    yield path, key
                yield from texts(one, (*path, key), keys=keys)
        case list():
            for number, one in enumerate(data):
                yield from texts(one, (*path, number), keys=keys)
        case _:
            pass


def _check_depth(text: str, name: str) -> None:
    """Refuse deep nesting on the event stream: composing it would recurse once a level."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise _too_deep(name, event.start_mark)


class _Reader:
    """Makes data of composed nodes; what is wrong but does not end the reading is in `problems`."""

    def __init__(self, name: str, hidden: Hidden) -> None:
        self.problems: list[Problem] = []
        self._name = name
        self._hidden = hidden
        self._nodes = 0

    def value(self, node: yaml.Node, depth: int) -> tuple[Data, Spot]:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            message = f"{self._name} holds more than {_MOST_NODES} values"
            raise DocumentError([_bad(message, "Use fewer aliases.", self._name)])
        if depth > _DEEPEST:
            raise _too_deep(self._name, node.start_mark)
        self._check_tag(node)
        match node:
            case yaml.ScalarNode():
                # a quoted text has another tag, whatever it holds
                is_null = node.tag == f"{_TAG_PREFIX}null" and node.value in _NULLS
                return None if is_null else self._hidden.shown(node.value), _spot(node.start_mark)
            case yaml.SequenceNode():
                both = [self.value(child, depth + 1) for child in node.value]
                spots: dict[str | int, Spot] = {number: spot for number, (_, spot) in enumerate(both)}
                return [data for data, _ in both], _spot(node.start_mark, spots)
            case _:
                return self._mapping(node, depth)

    def _check_tag(self, node: yaml.Node) -> None:
        if node.tag not in _TAGS:
            tag = self._hidden.shown(node.tag)
            self._problem(f"YAML tag {tag!r} is not taken", "Leave it out.", node.start_mark)

    def _mapping(self, node: yaml.Node, depth: int) -> tuple[Data, Spot]:
        found: dict[str, tuple[Data, Spot]] = {}
        merged: dict[str, tuple[Data, Spot]] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG_PREFIX}merge":
                self._merge(merged, value_node, depth)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem("a key must be text", "Write 'name: value'.", key_node.start_mark)
                continue
            self._check_tag(key_node)
            key = self._hidden.shown(key_node.value)
            line = key_node.start_mark.line + 1
            if key in found:
                message = f"{key!r} stands twice, in lines {lines[key]} and {line}"
                self._problem(message, "Keep one of them.", key_node.start_mark)
                continue
            lines[key] = line
            data, spot = self.value(value_node, depth + 1)
            found[key] = data, spot if isinstance(data, str) else _spot(key_node.start_mark, spot.inside)
        both = merged | found
        data = {key: data for key, (data, _) in both.items()}
        return data, _spot(node.start_mark, {key: spot for key, (_, spot) in both.items()})

    def _merge(self, merged: dict[str, tuple[Data, Spot]], node: yaml.Node, depth: int) -> None:
        """Add what an `<<` brings; of several sources the first to have a key gives it."""
        data, spot = self.value(node, depth + 1)
        sources = (
            [(one, spot.inside[number]) for number, one in enumerate(data)]
            if isinstance(data, list)
            else [(data, spot)]
        )
        for source, where in sources:
            if not isinstance(source, dict):
                self._problem("'<<' merges mappings only", "Give it an alias of one.", node.start_mark)
                return
            for key, value in source.items():
                merged.setdefault(key, (value, where.inside[key]))

    def _problem(self, what: str, hint: str, mark: _Mark) -> None:
        self.problems.append(_bad(f"{self._name}: {what}", hint, self._name, mark))


def _spot(mark: _Mark, inside: Mapping[str | int, Spot] | None = None) -> Spot:
    return Spot(line=mark.line + 1, column=mark.column + 1, inside=inside or {})


def _too_deep(name: str, mark: _Mark | None) -> DocumentError:
    return DocumentError([_bad(f"{name} is nested deeper than {_DEEPEST} levels", "Flatten it.", name, mark)])


def _bad(message: str, hint: str, path: str, mark: _Mark | None = None) -> Problem:
    return Problem(
        code="yaml",
        message=message,
        hint=hint,
        path=path,
        line=mark.line + 1 if mark else None,
        column=mark.column + 1 if mark else None,
    )
