"""A job summary cut to size, because a CI drops one that is too large as a whole."""

import re

_NOTE = "*The rest was left out: the CI takes no longer summaries. `report` writes all of it to a file.*\n"
_RESERVE = 2000
"""Bytes kept free for that note and for what closes the blocks that were cut."""


def bounded(markdown: str, limit: int) -> str:
    """`markdown` in at most `limit` bytes: cut at the end of a line, open blocks closed, and said so."""
    content = markdown.encode()
    if len(content) <= limit:
        return markdown
    kept = content[: limit - _RESERVE].decode(errors="ignore").rpartition("\n")[0]
    return "\n\n".join([kept, *_closing(kept), _NOTE])


def _closing(markdown: str) -> list[str]:
    fences = len(re.findall("^```", markdown, re.MULTILINE))
    details = len(re.findall("^<details", markdown, re.MULTILINE))
    details -= len(re.findall("^</details", markdown, re.MULTILINE))
    return ["```"] * (fences % 2) + ["</details>"] * details
