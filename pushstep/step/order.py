"""In which order steps run: that of the document, brought in line with `when.steps` where it is parallel."""

from collections.abc import Iterator, Mapping, Sequence

from pushstep.step.document import Data, Path
from pushstep.step.placeholders import holds_variable
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Awaited:
    """A step that `when.steps` names, and where."""

    name: str
    loc: Path


def awaited(when: Data) -> list[Awaited]:
    """The steps that a `when` names; whether it is well-formed is for `conditions` to say."""
    steps = when.get("steps") if isinstance(when, dict) else None
    if not isinstance(steps, dict):
        return list(_entries(steps, ("steps",)))
    return [one for key in ("all", "any") for one in _entries(steps.get(key), ("steps", key))]


def _entries(entries: Data, loc: Path) -> Iterator[Awaited]:
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str) and not holds_variable(name):
            yield Awaited(name=name, loc=(*loc, number, "name"))


class CycleError(ValueError):
    """Each of `names` waits for the next, and the last for the first."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(" → ".join((*names, names[0])))
        self.names = tuple(names)


def in_line(names: Sequence[str], waits: Mapping[str, Sequence[str]]) -> list[str]:
    """`names`, each behind those of them it waits for, otherwise as they are; raises `CycleError`."""
    done: dict[str, None] = {}
    for name in names:
        # who waits for whom, down to one that waits no more; no recursion, as a chain may be long
        open_names = {} if name in done else {name: iter(waits.get(name, ()))}
        while open_names:
            current, rest = next(reversed(open_names.items()))
            following = next((one for one in rest if one not in done), None)
            if following is None:
                done[current] = None
                del open_names[current]
            elif following in open_names:
                circle = list(open_names)
                raise CycleError(circle[circle.index(following) :])
            else:
                open_names[following] = iter(waits.get(following, ()))
    return list(done)
