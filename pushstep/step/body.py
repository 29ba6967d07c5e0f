"""The body of one step: where fields may stand, how they are called, what means nothing or is refused."""

from collections.abc import Mapping
from types import MappingProxyType

from pushstep.step.document import Data, Path, texts
from pushstep.step.placeholders import names
from pushstep.step.raw import Origin, RawStep, render
from pushstep.step.reading import Inherited, Reading
from pushstep.step.walk import OPERATIONS

MEANINGLESS = ("debug", "env", "docker_machine")
"""Fields of the original that say nothing here."""
ALIASES = MappingProxyType({"fail-fast": "fail_fast"})
_SEVERAL = "Write one push step for each; several registries can be a list: `registry: [a, b]`."
_COMMANDS = "Run them in a step of the CI behind this one; the output `result` says how the push ended."
REFUSED = MappingProxyType({"scale": _SEVERAL, "matrix": _SEVERAL})
"""Fields of the original that do not work here → what to write instead."""


def step(
    reading: Reading,
    body: Mapping[str, Data],
    path: Path,
    *,
    name: str,
    inherited: Inherited,
) -> RawStep:
    """The step of a `body`, which is not empty and stands at `path`."""
    before = len(reading.notices)
    fields, origins = dict(inherited.fields), dict(inherited.origins)
    arguments = body.get("arguments", {})
    if not isinstance(arguments, dict):
        reading.problem((*path, "arguments"), "value", " is no mapping", "Write fields below it.")
        arguments = {}
    outer = {key: data for key, data in body.items() if key not in ("arguments", "type")}
    for level, where in ((outer, path), (arguments, (*path, "arguments"))):
        for key, (spelled, data) in aliased(reading, level, where).items():
            fields[key] = data
            origins[key] = Origin(label=render((*where, spelled)), path=(*where, spelled))
    _hooks(reading, fields, origins)
    _drop(reading, fields, origins)
    _secrets(reading, fields, origins)
    notices = tuple(reading.notices[before:])
    del reading.notices[before:]
    return RawStep(
        name=name,
        fields=MappingProxyType(fields),
        origins=MappingProxyType(origins),
        document=reading.document,
        path=path,
        stages=inherited.stages,
        notices=notices,
    )


def aliased(reading: Reading, level: Mapping[str, Data], path: Path) -> dict[str, tuple[str, Data]]:
    """Each field by its own name, with the spelling it was found in."""
    found: dict[str, tuple[str, Data]] = {}
    for spelled, data in level.items():
        name = ALIASES.get(spelled, spelled)
        if name in found:
            what = f": {spelled} and {found[name][0]} are one field"
            reading.problem((*path, spelled), "conflict", what, "Keep one of them.")
        found[name] = (spelled, data)
    return found


def _drop(reading: Reading, fields: dict[str, Data], origins: dict[str, Origin]) -> None:
    for name in [name for name in (*MEANINGLESS, *REFUSED) if name in fields]:
        path = origins.pop(name).path or ()
        del fields[name]
        if name in REFUSED:
            reading.problem(path, "unsupported", " does not work here", REFUSED[name])
        else:
            reading.notice(path, " means nothing here")
    if "name" in fields:
        del fields["name"]
        path = origins.pop("name").path or ()
        reading.problem(path, "unknown", ": no such field", "A step is called by its key.")
    if fields.get("tags") == []:
        reading.notice(origins["tags"].path or (), " is empty, as if not given")
        del fields["tags"]


def _hooks(reading: Reading, fields: dict[str, Data], origins: dict[str, Origin]) -> None:
    """Bring `hooks` to the older fields of the same names."""
    if "hooks" not in fields:
        return
    hooks, path = fields.pop("hooks"), origins.pop("hooks").path or ()
    if not isinstance(hooks, dict):
        reading.problem(path, "value", " is no mapping", f"Known here: {', '.join(OPERATIONS)}.")
        return
    older = [name for name in OPERATIONS if name in fields]
    if older and any(name in hooks for name in OPERATIONS):
        what = f" and {', '.join(older)} are two spellings of the same"
        reading.problem(path, "conflict", what, "Keep one of them.")
    for name, hook in hooks.items():
        where = (*path, name)
        if name == "on_elected":
            hint = "Run what it holds in a step of the CI before this one."
            reading.problem(where, "unsupported", " does not work here", hint)
        elif name not in OPERATIONS:
            reading.problem(where, "unknown", ": no such field", f"Known here: {', '.join(OPERATIONS)}.")
        elif isinstance(hook, list):
            reading.problem(where, "unsupported", ": commands do not work here", _COMMANDS)
        else:
            fields[name] = _hook(reading, hook, where) if isinstance(hook, dict) else hook
            origins[name] = Origin(label=render(where), path=where)


def _hook(reading: Reading, hook: dict[str, Data], path: Path) -> Data:
    known = dict(hook)
    for name in [name for name in ("exec", "steps") if name in known]:
        del known[name]
        reading.problem((*path, name), "unsupported", " does not work here", _COMMANDS)
    if "annotation" in known:
        if "annotations" in known:
            what = " and annotations are two spellings of the same"
            reading.problem((*path, "annotation"), "conflict", what, "Keep one of them.")
        known["annotations"] = known.pop("annotation")
    return known


def _secrets(reading: Reading, fields: Mapping[str, Data], origins: Mapping[str, Origin]) -> None:
    """The original's secret stores are out of reach."""
    for field_name, data in fields.items():
        for path, text in texts(data, origins[field_name].path or (), keys=True):
            for name in names(text):
                if name.startswith("secrets."):
                    short = name.rpartition(".")[2].rpartition("@")[2]
                    hint = f"Give it to the job as an environment variable, and write ${{{{{short}}}}}."
                    reading.problem(path, "unsupported", f": {name} is in a secret store of Codefresh", hint)
