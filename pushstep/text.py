"""Foreign text made harmless: the one function that stands before every way out (interface 4)."""

import re
import unicodedata


def visible(text: str) -> str:
    """`text` as one line without a character that acts instead of being read.

    Control, escape, format (bidirectional and zero-width marks), line- and paragraph-separator
    characters, lone surrogates and unassigned ones become their escapes (`\\n`, `\\x1b`, `\\u202e`),
    and `##[` loses its power: the runner looks for it anywhere in a line.
    """
    return "".join(map(_shown, text)).replace("##[", r"##\[")


def cut(text: str, longest: int) -> str:
    """`text`, or its first `longest` characters and how many it had.

    Only for texts without secrets: half a secret is one that the redactor no longer knows.
    """
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"


def _shown(character: str) -> str:
    # Cc, Cf, Cs, Co, Cn act, hide or mean nothing; Zl and Zp end lines for some readers
    kind = unicodedata.category(character)
    if kind[0] != "C" and kind not in ("Zl", "Zp"):
        return character
    return character.encode("unicode_escape").decode("ascii")


def code_span(text: str) -> str:
    """`text` as a Markdown code span that it cannot leave, in a table cell too.

    A `|` becomes its escape: GFM splits cells before it looks for code spans.
    """
    inner = visible(cut(text, 400)).replace("|", r"\x7c") or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", inner)), default=0))
    padding = " " if inner[0] in " `" or inner[-1] in " `" else ""
    return f"{fence}{padding}{inner}{padding}{fence}"


def short(digest: str) -> str:
    """As much of a digest as people compare."""
    return digest.rpartition(":")[2][:12]
