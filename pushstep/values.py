"""The standard library's `dataclass` for frozen values, without its cost at the start.

It writes the source of six methods for each class and compiles it, a sixth of the time until a push
begins. Here they are written once. The fields stay the standard library's, and so `field`, `fields`,
`replace` and `asdict` are its own.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Never

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool, kw_only: bool, slots: bool) -> Callable[[type], type]:
        """Make classes of frozen values: their fields are given by name, and are all that they hold."""
        if not (frozen and kw_only and slots):
            raise TypeError("what is no frozen value is made by the standard library's dataclass")
        return _value


def _value(cls: type) -> type:
    bare = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True, slots=True)
    made: Any = bare(cls)
    every = dataclasses.fields(made)
    content = _content([one.name for one in every if one.compare])
    methods: dict[str, Callable[..., Any]] = {
        "__init__": _init(made, every),
        "__repr__": _repr([one.name for one in every if one.repr]),
        "__eq__": _eq(content),
        "__hash__": lambda self: hash(content(self)),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__getstate__": _state,
        "__setstate__": _restore,
    }
    for name, method in methods.items():
        if name in cls.__dict__:
            raise TypeError(f"{cls.__qualname__} has a {name} of its own")
        setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _init(made: Any, every: Sequence[Field[Any]]) -> Callable[..., None]:  # noqa: ANN401 - its fields are not known
    puts = [(one.name, getattr(made, one.name).__set__, one.default, one.default_factory) for one in every]
    is_followed = hasattr(made, "__post_init__")

    def __init__(self: Any, /, **given: Any) -> None:  # noqa: ANN401, N807
        for name, put, default, factory in puts:
            if name in given:
                put(self, given.pop(name))
            elif default is not MISSING:
                put(self, default)
            elif factory is not MISSING:
                put(self, factory())
            else:
                raise TypeError(f"{type(self).__qualname__} misses {name!r}")
        if given:
            raise TypeError(f"{type(self).__qualname__} has no {', '.join(map(repr, given))}")
        if is_followed:
            self.__post_init__()

    return __init__


def _repr(names: Sequence[str]) -> Callable[[Any], str]:
    def __repr__(self: Any) -> str:  # noqa: ANN401, N807
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


def _eq(content: Callable[[Any], object]) -> Callable[[Any, object], bool]:
    def __eq__(self: Any, other: object) -> bool:  # noqa: ANN401, N807
        return content(self) == content(other) if type(other) is type(self) else NotImplemented

    return __eq__


def _content(names: Sequence[str]) -> Callable[[Any], object]:
    return attrgetter(*names) if names else lambda _: ()


def _refuse(_: object, name: str, *__: object) -> Never:
    raise FrozenInstanceError(f"cannot change {name!r} of a value")


def _state(self: Any) -> list[Any]:  # noqa: ANN401
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:  # noqa: ANN401
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
