"""Readers of the formats CIs define, written after the CIs' own code and not after pushstep's writers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

NASTY = (
    "::error::gotcha",
    "::add-mask::e",
    "::stop-commands::x",
    "##[group]",
    "##[error]gotcha",
    "\n",
    "\r",
    "\r\n",
    "%0A",
    "%0D",
    "%25",
    "\n::set-env name=PATH::x",
    "\r##[add-path]x",
    "EOF",
    "<<EOF",
    "x<<y\nz\ny\n",
    "result=success",
    "\nPUSHED_RESULT=success",
    "$CI_JOB_TOKEN",
    "${CI_JOB_TOKEN}",
    "%CI_JOB_TOKEN%",
    "\x1b[0Ksection_start:1:x\r\x1b[0Ky",
    "section_end:1:x\r\x1b[0K",
    "\x1b[2J",
    "`",
    "```",
    "|",
    "<details>",
    "</details>",
    "<script>alert(1)</script>",
    "![x](https://evil.example/x.png)",
    "\u2028",
    "\u2029",
    "\x85",
    "\u202e",
    "\u200b",
    "\u00ad",
    "\x00",
    "\ud800",
    "\udcff",
    ",",
    ":",
    "=",
    " ",
    "'",
    '"',
    "\\",
)
"""Pieces of text that act somewhere; what is shown, written or handed over may be put together from them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A workflow command as GitHub's runner understands it."""

    name: str
    properties: Mapping[str, str] = field(default_factory=dict)
    data: str = ""


_REGISTERED = frozenset(
    (
        "add-mask",
        "add-matcher",
        "add-path",
        "debug",
        "echo",
        "endgroup",
        "error",
        "group",
        "notice",
        "remove-matcher",
        "save-state",
        "set-env",
        "set-output",
        "stop-commands",
        "warning",
    )
)
_UNESCAPED = (("%0D", "\r"), ("%0A", "\n"))
_UNESCAPED_PROPERTY = (*_UNESCAPED, ("%3A", ":"), ("%2C", ","))
_UNESCAPED_OLD = ((";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D"))


def github_commands(log: str) -> list[Command]:
    """Every command in a log, as actions/runner's ActionCommand finds them in each line."""
    lines = re.split(r"\r\n|\r|\n", log)
    return [command for line in lines if (command := _command(line) or _old_command(line))]


def _command(line: str) -> Command | None:
    # TryParseV2
    line = line.lstrip()
    end = line.find("::", 2)
    if not line.startswith("::") or end < 0:
        return None
    name, _, properties = line[2:end].partition(" ")
    if name.lower() not in _REGISTERED:
        return None
    return Command(
        name=name.lower(),
        properties=dict(_properties(properties.strip().split(","), _UNESCAPED_PROPERTY)),
        data=_unescaped(line[end + 2 :], _UNESCAPED),
    )


def _old_command(line: str) -> Command | None:
    # TryParse: `##[` may stand anywhere in the line
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, properties = line[start + 3 : end].partition(" ")
    if name.lower() not in _REGISTERED:
        return None
    unescaped = tuple((escape, character) for character, escape in _UNESCAPED_OLD)
    return Command(
        name=name.lower(),
        properties=dict(_properties(properties.split(";"), unescaped)),
        data=_unescaped(line[end + 1 :], unescaped),
    )


def _properties(pairs: list[str], escapes: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        name, _, value = pair.lstrip("=").partition("=")
        if name and value:
            yield name, _unescaped(value, escapes)


def _unescaped(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for escape, character in escapes:
        text = text.replace(escape, character)
    return text.replace("%25", "%")


def github_file(text: str) -> dict[str, str]:
    """Names and values of an output file; `ValueError` where the runner fails the step."""
    text.encode()  # the file is UTF-8
    values, lines = {}, iter(text.removesuffix("\n").split("\n") if text else [])
    for line in lines:
        if not line:
            continue
        equals, heredoc = (at if (at := line.find(mark)) >= 0 else len(line) for mark in ("=", "<<"))
        if equals == heredoc:
            raise ValueError(f"neither NAME=VALUE nor NAME<<DELIMITER: {line!r}")
        if equals < heredoc:
            values[line[:equals]] = line[equals + 1 :]
        else:
            values[line[:heredoc]] = _heredoc(line[:heredoc], line[heredoc + 2 :], lines)
    return values


def _heredoc(name: str, delimiter: str, lines: Iterator[str]) -> str:
    if not name or not delimiter:
        raise ValueError("name and delimiter must not be empty")
    value: list[str] = []
    for line in lines:
        if line == delimiter:
            return "\n".join(value)
        value.append(line)
    raise ValueError(f"matching delimiter not found: {delimiter!r}")


_DOTENV_SIZE = 5 * 1024
_DOTENV_VARIABLES = 20
_RUBY_BLANKS = "\t\n\v\f\r "


def gitlab_dotenv(text: str) -> dict[str, str]:
    """Variables of a dotenv report; `ValueError` where GitLab's ParseDotenvArtifactService rejects it."""
    if len(text.encode()) >= _DOTENV_SIZE:
        raise ValueError("dotenv artifact too big")
    values = {}
    for line in text.removesuffix("\n").split("\n") if text else []:
        name, equals, value = line.partition("=")
        name, value = name.strip(_RUBY_BLANKS), value.lstrip(_RUBY_BLANKS).rstrip(_RUBY_BLANKS + "\0")
        if not equals:
            raise ValueError(f"invalid format: {line!r}")
        if not re.fullmatch(r"[A-Za-z0-9_]{1,255}", name):
            raise ValueError(f"invalid name: {name!r}")
        values[name] = value
    if len(values) > _DOTENV_VARIABLES:
        raise ValueError("too many variables")
    return values


def gitlab_expands(value: str) -> bool:
    """Whether a later job would see another value: GitLab expands variables in those of a dotenv report."""
    return bool(re.search(r"\$[a-zA-Z_]|\$\{[a-zA-Z_]|%[a-zA-Z_][a-zA-Z0-9_]*%|\$\$|%%", value))


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A marker of a log section as GitLab understands it."""

    kind: str
    time: int
    name: str
    options: str
    title: str


def gitlab_sections(log: str) -> list[Section]:
    """Every section marker in a log; GitLab looks for them anywhere in a line."""
    marker = r"section_(start|end):(\d+):([A-Za-z0-9_.-]+)(\[[^\]]*\])?\r\x1b\[0K([^\n]*)"
    return [
        Section(kind=kind, time=int(time), name=name, options=options or "", title=title)
        for kind, time, name, options, title in re.findall(marker, log)
    ]
