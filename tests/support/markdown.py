"""Reader of Markdown as GitHub shows it, by a parser of its own: structure, and what stands in code."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""GFM but for bare links, which act outside code only: there `Part.text` tells them."""
_CODE = frozenset({"code_inline", "code_block", "fence"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A token: an opening, a closing, or something with a text. The text of code is left out."""

    kind: str
    tag: str
    level: int
    attributes: tuple[tuple[str, str], ...]
    text: str


def structure(markdown: str) -> list[Part]:
    """All that a reader sees but the content of code."""
    return [
        Part(
            kind=token.type,
            tag=token.tag,
            level=token.level,
            attributes=tuple((name, str(value)) for name, value in token.attrs.items()),
            text="" if token.type in _CODE or token.type == "inline" else token.content,
        )
        for token in _tokens(markdown)
    ]


def code(markdown: str) -> list[str]:
    """What stands in code spans."""
    return [token.content for token in _tokens(markdown) if token.type == "code_inline"]


def blocks(markdown: str) -> list[list[str]]:
    """The lines of each code block."""
    return [
        token.content.removesuffix("\n").split("\n")
        for token in _tokens(markdown)
        if token.type in ("fence", "code_block")
    ]


def headings(markdown: str) -> list[str]:
    """Headings as a reader sees them, code without its marks."""
    tokens = list(_PARSER.parse(markdown))
    return [
        _shown(inline) for opening, inline in itertools.pairwise(tokens) if opening.type == "heading_open"
    ]


def rows(markdown: str) -> list[list[str]]:
    """The cells of all tables, head rows included, code without its marks."""
    found: list[list[str]] = []
    tokens = list(_PARSER.parse(markdown))
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "tr_open":
            found.append([])
        elif opening.type in ("td_open", "th_open"):
            found[-1].append(_shown(inline))
    return found


def _tokens(markdown: str) -> Iterator[Token]:
    for token in _PARSER.parse(markdown):
        yield token
        yield from token.children or ()


def _shown(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())
