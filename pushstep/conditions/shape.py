"""The shapes of `when`: mappings and lists read from plain data, and the problems of those that are none."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from pushstep.errors import Problem


def mapping(
    data: object, path: str, known: Sequence[str], hint: str
) -> tuple[dict[str, object], list[Problem]]:
    """Pick the known fields of `data`; `hint` says what to write instead of something else."""
    if not isinstance(data, Mapping):
        return {}, [problem("value", path, "is no mapping", hint)]
    problems = []
    for name in [name for name in data if name not in known]:
        near = get_close_matches(str(name), known, 1)
        better = f"Perhaps `{near[0]}`." if near else f"Known here: {', '.join(known)}."
        problems.append(problem("unknown", f"{path}.{name}", "is no known field", better))
    return {name: data[name] for name in known if name in data}, problems


def problem(code: str, path: str, what: str, hint: str) -> Problem:
    """A problem of the field `path`, whose message begins with it."""
    return Problem(code=code, message=f"{path} {what}", hint=hint, path=path)


def flow(data: object, example: str) -> str:
    """Write `data` as the list that was meant, in YAML's flow style."""
    texts = [item for item in (data if isinstance(data, list) else [data]) if isinstance(item, str)]
    quoted = ("'" + text.replace("'", "''") + "'" for text in texts or [example])
    return f"[{', '.join(quoted)}]"
