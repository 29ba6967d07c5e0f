"""Where a text names a variable: `${{NAME}}`, `$[[NAME]]`, `${NAME}` (push-step.md 3).

The first two are often written without quotes, as the original puts values in before it reads YAML; to YAML
`[latest, ${{CF_BRANCH}}]` is a broken list. `hide` makes private-use characters of them, one for one, so that
every position stays true, and `Hidden.shown` brings them back in what was read.
"""

import re
from collections.abc import Iterator, Mapping

from pushstep.values import dataclass

# what breaks a line, or is no character at all, names nothing
_INNER = r"[^{}\[\]$\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]+"
PLACEHOLDER = re.compile(
    rf"\$\{{\{{(?P<braces>{_INNER})\}}\}}|\$\[\[(?P<brackets>{_INNER})\]\]|\$\{{(?P<shell>[\w.-]+)\}}"
)
"""One placeholder; exactly one of its groups took part."""
_PLANES = (0xF0000, 0x100000)
"""Where private-use characters stand that are as many as those of the basic plane."""
_LAST = 0xFFFD


@dataclass(frozen=True, kw_only=True, slots=True)
class Hidden:
    """A text without placeholders, and what they were."""

    text: str
    first: str
    """What hides a `$`, with which every placeholder begins."""
    placeholders: Mapping[str, str]

    def shown(self, text: str) -> str:
        """`text`, which came of the hidden one, with its placeholders."""
        if self.first not in text:
            return text
        plane = ord(self.first) - ord("$")
        dollar, brace, bracket = (chr(plane + ord(character)) for character in "$}]")
        run = f"{dollar}[{chr(plane)}-{chr(plane + _LAST)}]*?(?:{brace}{{1,2}}|{bracket}{{2}})"
        return re.sub(run, lambda found: self.placeholders.get(found[0], found[0]), text)


class NoRoomError(ValueError):
    """The text holds characters of both private-use planes."""


def hide(text: str) -> Hidden:
    """Replace the placeholders of `text`, each by as many characters; raises `NoRoomError`."""
    plane = next((one for one in _PLANES if not re.search(f"[{chr(one)}-{chr(one + 0xFFFF)}]", text)), None)
    if plane is None:
        raise NoRoomError
    placeholders: dict[str, str] = {}

    def hidden(found: re.Match[str]) -> str:
        if max(found[0]) > chr(_LAST):
            return found[0]
        moved = "".join(chr(plane + ord(character)) for character in found[0])
        placeholders[moved] = found[0]
        return moved

    return Hidden(text=PLACEHOLDER.sub(hidden, text), first=chr(plane + ord("$")), placeholders=placeholders)


def names(text: str) -> Iterator[str]:
    """The names in `${{NAME}}` and `$[[NAME]]`.

    Not those in `${NAME}`, which names nothing until something is called so (`p${x}y` may be a password).
    """
    for found in PLACEHOLDER.finditer(text):
        if found["shell"] is None:
            yield (found["braces"] or found["brackets"]).strip()


def holds_variable(data: object) -> bool:
    """Whether a text in `data`, key or value, may change when variables are put in."""
    match data:
        case str():
            return PLACEHOLDER.search(data) is not None
        case dict():
            return any(map(holds_variable, data)) or any(map(holds_variable, data.values()))
        case list():
            return any(map(holds_variable, data))
        case _:
            return False
