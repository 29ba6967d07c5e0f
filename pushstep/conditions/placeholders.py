"""Placeholders: where a text wants the value of a variable.

    ${{NAME}}   $[[NAME]]   blanks inside are allowed
    ${NAME}                 only for names that the run was given on purpose

They are found before any value is known, and values are never searched for more of them.
"""

import re
from collections.abc import Iterator

from pushstep.values import dataclass

# no quote and no backslash, so that a placeholder never reaches beyond the text in quotes it stands in
_NAME = r"""[^\s{}\[\]$"'\\]+(?:[ \t]+[^\s{}\[\]$"'\\]+)*"""
PATTERN = rf"\$\{{\{{[ \t]*{_NAME}[ \t]*\}}\}}|\$\[\[[ \t]*{_NAME}[ \t]*\]\]|\$\{{{_NAME}\}}"
"""A placeholder, as the grammar of expressions takes it too."""
_PLAIN = re.compile(PATTERN)
_AFTER_ESCAPES = re.compile(rf"\\.|{PATTERN}", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Placeholder:
    """One placeholder; `place` is where it begins in the whole text."""

    text: str
    place: int
    quote: str = ""
    """The quote of the text it stands in, in an expression; `""` where it stands by itself."""

    @property
    def name(self) -> str:
        """The variable's."""
        return self.text.strip("${}[] \t")

    @property
    def short(self) -> bool:
        """Whether it is spelled `${NAME}`."""
        return self.text[1] == "{" != self.text[2]

    @property
    def unresolved(self) -> str:
        """What stays where the name stands for nothing: conditions test for exactly that."""
        return f"${{{{{self.text[3:-2]}}}}}" if self.text.startswith("$[[") else self.text


Parts = tuple[str | Placeholder, ...]


def split(text: str, *, escapes: bool = False, place: int = 0, quote: str = "") -> Parts:
    r"""Cut `text`, which begins at `place`, into plain texts and placeholders.

    With `escapes` a backslash belongs to the character behind it, so that `\${{X}}` is none.
    """
    return tuple(_split(text, _AFTER_ESCAPES if escapes else _PLAIN, place, quote))


def _split(text: str, pattern: re.Pattern[str], place: int, quote: str) -> Iterator[str | Placeholder]:
    done = 0
    for found in pattern.finditer(text):
        if found[0].startswith("$"):
            if found.start() > done:
                yield text[done : found.start()]
            yield Placeholder(text=found[0], place=place + found.start(), quote=quote)
            done = found.end()
    if done < len(text):
        yield text[done:]
