"""Values are what the standard library's frozen dataclasses are, whoever wrote their methods."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Ours:
    name: str
    secret: str = field(default="", repr=False)
    listed: tuple[int, ...] = ()
    made: dict[str, int] = field(default_factory=dict, compare=False)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Theirs:
    name: str
    secret: str = field(default="", repr=False)
    listed: tuple[int, ...] = ()
    made: dict[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class More(Ours):
    more: int = 0

    def __post_init__(self) -> None:
        if self.more < 0:
            raise ValueError("less")


@dataclass(frozen=True, kw_only=True, slots=True)
class Nothing:
    """A value of which there is one."""


ours: Callable[..., Ours] = Ours
nothing: Callable[..., Nothing] = Nothing
contents = st.fixed_dictionaries(
    {"name": st.text(max_size=3)},
    optional={
        "secret": st.text(max_size=3),
        "listed": st.lists(st.integers(), max_size=2).map(tuple),
        "made": st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    },
)


@given(contents, contents)
def test_a_value_is_what_the_standard_library_makes(one: dict[str, Any], other: dict[str, Any]) -> None:
    mine, theirs = Ours(**one), Theirs(**one)

    assert repr(mine) == repr(theirs).replace("Theirs", "Ours")
    assert asdict(mine) == asdict(theirs)
    assert (mine == Ours(**other)) is (theirs == Theirs(**other))
    assert hash(mine) == hash(theirs)
    assert replace(mine, **other) == Ours(**{**one, **other})
    assert copy.copy(mine) == copy.deepcopy(mine) == pickle.loads(pickle.dumps(mine)) == mine  # noqa: S301


def test_its_fields_are_the_same() -> None:
    def facts(cls: type[Ours] | type[Theirs]) -> list[tuple[object, ...]]:
        return [(one.name, one.type, one.default, one.repr, one.compare, one.kw_only) for one in fields(cls)]

    assert facts(Ours) == facts(Theirs)
    assert not hasattr(Ours(name="a"), "__dict__")
    assert Ours(name="a").made is not Ours(name="a").made


def test_one_kind_is_no_other() -> None:
    text: object = "a"

    assert Ours(name="a") != More(name="a")
    assert Ours(name="a") != text
    assert More(name="a", more=1) == replace(More(name="a"), more=1)
    assert repr(More(name="a", more=1)) == "More(name='a', listed=(), made={}, more=1)"
    assert (Nothing(), hash(Nothing()), repr(Nothing())) == (Nothing(), hash(()), "Nothing()")


@pytest.mark.parametrize("value", [Ours(name="a"), More(name="a")])
def test_nothing_of_it_changes(value: Ours) -> None:
    with pytest.raises(FrozenInstanceError, match="name"):
        value.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="name"):
        del value.name
    with pytest.raises(FrozenInstanceError, match="other"):
        value.other = "b"  # type: ignore[attr-defined]
    assert value.name == "a"


@pytest.mark.parametrize(
    ("making", "said"),
    [
        (ours, "Ours misses 'name'"),
        (partial(ours, name="a", nome="b", more=1), "Ours has no 'nome', 'more'"),
        (partial(ours, "a"), "positional"),
        (partial(nothing, name="a"), "Nothing has no 'name'"),
        (lambda: dataclass(frozen=False, kw_only=True, slots=True), "standard library"),
    ],
)
def test_what_is_no_value_is_said(making: Callable[[], object], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        making()


def test_what_follows_the_fields_is_asked() -> None:
    with pytest.raises(ValueError, match="less"):
        More(name="a", more=-1)


def test_methods_of_its_own_are_refused_rather_than_lost() -> None:
    class Odd:
        name: str

        def __repr__(self) -> str:
            return "odd"

    with pytest.raises(TypeError, match="__repr__"):
        dataclass(frozen=True, kw_only=True, slots=True)(Odd)
