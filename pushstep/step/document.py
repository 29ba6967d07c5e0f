"""YAML read safely, with every scalar kept as it was written (push-step.md 1.1, 2).

Plain data comes out: mappings, lists, text, and None for a plain `null`, `~` or nothing. No other
type is made, so that `1.10`, `on` and `1:30` stay what the user sees. Size, depth and alias expansion
are bounded, duplicate keys refused, no tags but the core ones taken.
"""

from typing import Protocol

import yaml

from pushstep.errors import Problem

Data = dict[str, "Data"] | list["Data"] | str | None

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
"""libyaml's loader where PyYAML was built with it: ten times as fast."""


class _Mark(Protocol):
    """A place in the text, from PyYAML or libyaml; both count from 0."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


class DocumentError(ValueError):
    """A text that is no document; `problem` says where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read(text: str, *, path: str) -> Data:
    """Read one YAML text; `path` names it in problems. Raises `DocumentError`."""
    if len(text) > _LARGEST:
        raise _bad(f"{path} has {len(text)} characters", f"{_LARGEST} is the most.", path)
    try:
        _check_depth(text, path)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _bad(
            f"{path} is no valid YAML: {error.problem or error.context}",
            "A text with ': ', '#', '{', '[' or a leading '*', '&', '!', '%', '@' or '`' needs quotes.",
            path,
            error.problem_mark or error.context_mark,
        ) from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        # libyaml takes UTF-8; bytes of the environment that are none reach us as lone surrogates
        raise _bad(f"{path} is no valid YAML: {error}", "Take the special character out.", path) from None
    return None if node is None else _Reader(path).data(node, 0)


def _check_depth(text: str, path: str) -> None:
    """Refuse deep nesting on the event stream: composing it would recurse once a level."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise _too_deep(path, event.start_mark)


class _Reader:
    def __init__(self, path: str) -> None:
        self._path = path
        self._nodes = 0

    def data(self, node: yaml.Node, depth: int) -> Data:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise _bad(f"{self._path} holds more than {_MOST_NODES} values", "Use fewer aliases.", self._path)
        if depth > _DEEPEST:
            raise _too_deep(self._path, node.start_mark)
        self._check_tag(node)
        match node:
            case yaml.ScalarNode():
                # a quoted text has another tag, whatever it holds
                is_null = node.tag == f"{_TAG_PREFIX}null" and node.value in _NULLS
                return None if is_null else str(node.value)
            case yaml.SequenceNode():
                return [self.data(child, depth + 1) for child in node.value]
            case _:
                return self._mapping(node, depth)

    def _check_tag(self, node: yaml.Node) -> None:
        if node.tag not in _TAGS:
            message = f"{self._path}: YAML tag {node.tag!r} is not taken"
            raise _bad(message, "Leave it out.", self._path, node.start_mark)

    def _mapping(self, node: yaml.Node, depth: int) -> Data:
        found: dict[str, Data] = {}
        merged: dict[str, Data] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG_PREFIX}merge":
                for data in self._merges(value_node, depth):
                    merged = data | merged
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                message = f"{self._path}: a key must be text"
                raise _bad(message, "Write 'name: value'.", self._path, key_node.start_mark)
            self._check_tag(key_node)
            key = key_node.value
            line = key_node.start_mark.line + 1
            if key in found:
                message = f"{self._path}: {key!r} stands twice, in lines {lines[key]} and {line}"
                raise _bad(message, "Keep one of them.", self._path, key_node.start_mark)
            lines[key] = line
            found[key] = self.data(value_node, depth + 1)
        return merged | found

    def _merges(self, node: yaml.Node, depth: int) -> list[dict[str, Data]]:
        data = self.data(node, depth + 1)
        sources = data if isinstance(data, list) else [data]
        mappings = [source for source in sources if isinstance(source, dict)]
        if len(mappings) != len(sources):
            message = f"{self._path}: '<<' merges mappings only"
            raise _bad(message, "Give it an alias of one.", self._path, node.start_mark)
        return mappings


def _too_deep(path: str, mark: _Mark | None) -> DocumentError:
    return _bad(f"{path} is nested deeper than {_DEEPEST} levels", "Flatten it.", path, mark)


def _bad(message: str, hint: str, path: str, mark: _Mark | None = None) -> DocumentError:
    return DocumentError(
        Problem(
            code="yaml",
            message=message,
            hint=hint,
            path=path,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        )
    )
