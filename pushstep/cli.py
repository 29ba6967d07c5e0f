"""The command line: which command, which options, help (interface 1, 2)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import field

from pushstep import __version__
from pushstep.errors import Problem
from pushstep.fields import BY_NAME, FIELDS, Field
from pushstep.inputs import Given, unknown
from pushstep.values import dataclass
from pushstep.world import World

_COMMANDS = {
    "push": "push the image (the default)",
    "plan": "say what would be pushed where, and as whom",
    "validate": "check a step document: `validate FILE`, `-` for standard input",
    "schema": "print the JSON Schema of the step document, for editors",
    "metadata": "read back what was noted on an image; not supported yet",
}
_READY = ("push", "plan", "validate", "schema")
_SWITCHES = {
    "help": "Show this help.",
    "version": "Show the version.",
    "quiet": "Log nothing but warnings and errors.",
    "debug": "Log more (also with `RUNNER_DEBUG=1`, `CI_DEBUG_TRACE=true`).",
    "json": "Print JSON on standard output: the report, or what `validate` found.",
    "password-stdin": "Read the password from standard input.",
    "probe": "With `plan`: ask each registry whether this identity may push there; exit status 1 if not.",
}
_TEXTS = {name: one for name, one in BY_NAME.items() if one.option and one.kind != "boolean"}
_BOOLEANS = {name: one for name, one in BY_NAME.items() if one.option and one.kind == "boolean"}
_KNOWN = [f"--{name}" for name in (*_TEXTS, *_BOOLEANS, *_SWITCHES)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A command line, taken apart."""

    command: str = "push"
    file: str | None = None
    """What `validate` is to check."""
    options: dict[str, Given] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


def main(world: World) -> int:
    """Run what the command line asks for; returns the exit status."""
    line = parse(world.arguments)
    if "help" in line.switches:
        world.out(usage(line.command))
        return 0
    if "version" in line.switches:
        world.out(f"pushstep {__version__}\n")
        return 0
    # each command waits for the libraries that it needs, and for no others
    if line.command == "schema" and not line.problems:
        from pushstep.step.schema import schema  # noqa: PLC0415

        world.out(json.dumps(schema(), indent=2) + "\n")
        return 0
    if line.command == "validate":
        from pushstep.validate import validate  # noqa: PLC0415

        return validate(world, line.options, line.switches, line.problems, line.file)
    from pushstep import run  # noqa: PLC0415

    command = run.plan if line.command == "plan" else run.push
    return command(world, line.options, line.switches, line.problems)


def parse(arguments: Sequence[str]) -> Line:
    """Take a command line apart; everything wrong with it is in `problems`."""
    rest = list(arguments)
    command = rest.pop(0) if rest and not rest[0].startswith("-") else "push"
    given: list[tuple[str, str]] = []
    switches: set[str] = set()
    problems = [] if command in _READY else [_no_command(command)]
    file = None
    while rest:
        argument = rest.pop(0)
        name, equals, value = argument.removeprefix("--").partition("=")
        positive = name.removeprefix("no-")
        if argument == "-h":
            switches.add("help")
        elif not argument.startswith("--") and command == "validate" and file is None:
            file = argument
        elif not argument.startswith("--"):
            problems.append(_stray(len(arguments) - len(rest)))
        elif name in _SWITCHES and not equals:
            switches.add(name)
        elif name in _TEXTS and (equals or (rest and not rest[0].startswith("--"))):
            given.append((name, value if equals else rest.pop(0)))
        elif name in _TEXTS:
            # what follows is the next option: behind an empty variable it must not be swallowed
            problems.append(_problem("missing", f"--{name} wants a value", _TEXTS[name].help, f"--{name}"))
        elif name in _BOOLEANS:
            given.append((name, value if equals else "true"))
        elif positive in _BOOLEANS and not equals:
            given.append((positive, "false"))
        else:
            problems.append(_not_taken(name))
    problems += _misplaced(command, switches)
    options = {name: Given(text=text, where=f"--{name}") for name, text in _joined(given, problems)}
    return Line(
        command=command,
        file=file,
        options=options,
        switches=frozenset(switches),
        problems=tuple(problems),
    )


def _misplaced(command: str, switches: set[str]) -> Iterator[Problem]:
    if "probe" in switches and command != "plan":
        hint = "Run `pushstep plan --probe` before a push; the push itself finds out anyway."
        yield _problem("unknown", "--probe belongs to `plan`", hint, "--probe")


def _joined(given: list[tuple[str, str]], problems: list[Problem]) -> Iterator[tuple[str, str]]:
    """Repeated options: what has several lines is joined, anything else must agree with itself."""
    for name in dict.fromkeys(name for name, _ in given):
        texts = [text for other, text in given if other == name]
        if BY_NAME[name].kind == "lines":
            yield name, "\n".join(dict.fromkeys(texts))
        elif BY_NAME[name].kind == "list":
            yield name, texts[0] if len(texts) == 1 else "\n".join(texts)
        else:
            if len(set(texts)) > 1:
                problems.append(
                    _problem("conflict", f"--{name} is given twice", "Give it once.", f"--{name}")
                )
            yield name, texts[-1]


def _not_taken(name: str) -> Problem:
    one = BY_NAME.get(name)
    if one and one.secret:
        # the value is not repeated here: it is a secret
        hint = (
            "Pipe it to --password-stdin."
            if name == "password"
            else f"Set {one.environment} in the environment."
        )
        return _problem(
            "unknown", f"--{name}: a secret is no argument, every process could read it", hint, f"--{name}"
        )
    if name in _SWITCHES:
        return _problem("value", f"--{name} takes no value", f"Write --{name} alone.", f"--{name}")
    return unknown(f"--{name}", _KNOWN)


def _stray(position: int) -> Problem:
    # it is not repeated: behind a misspelled option it may be a secret
    hint = "Options begin with '--'; the image to push is given with --candidate."
    return _problem("unknown", f"argument {position} belongs to no option", hint, "command line")


def _no_command(command: str) -> Problem:
    if command in _COMMANDS:
        return _problem("unsupported", f"the command `{command}` is not supported yet", "", "command line")
    return _problem(
        "unknown", f"{command!r} is no command", f"The commands: {', '.join(_COMMANDS)}.", "command line"
    )


def _problem(code: str, message: str, hint: str, path: str) -> Problem:
    return Problem(code=code, message=message, hint=hint, path=path)


def usage(command: str) -> str:
    """The help text."""
    commands = "".join(f"  {name:<12}{text}\n" for name, text in _COMMANDS.items())
    options = "".join(map(_option, (one for one in FIELDS if one.option)))
    switches = "".join(f"  --{name}\n        {text}\n" for name, text in _SWITCHES.items())
    secrets = ", ".join(one.environment for one in FIELDS if one.secret)
    return (
        f"usage: pushstep {command} {'[FILE] ' if command == 'validate' else ''}[options]\n\n"
        f"Push an image that is already built, under its tags, to its registries.\n\n"
        f"commands:\n{commands}\noptions:\n{options}{switches}\n"
        f"Every option is also read from the environment (--image-name: PUSHSTEP_IMAGE_NAME); secrets only "
        f"from there: {secrets}.\n"
    )


def _option(one: Field) -> str:
    name = f"--[no-]{one.name}" if one.kind == "boolean" else f"--{one.name} {one.kind.upper()}"
    default = f" Default: {one.default}." if one.default else ""
    return f"  {name}\n        {one.help}{default}\n"
