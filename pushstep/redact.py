"""The one redactor: no secret of the run leaves it, in any spelling it may have taken (interface 4)."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote

from pushstep.text import visible

_SHORTEST = 4
"""Below this many characters a secret is not searched for: it would hide half of every line."""
_SHORTEST_CORE = 8
"""The same for the part of a base64 text that does not depend on what stands around the secret."""
_STARS = "***"
_UNQUOTED = ("", "/", "!'()*", "!'()*;/?:@&=+$,#", "$&+,;=", "$&+,/:;=@")
"""What percent-encoders leave as it is: Python's two, JavaScript's two, Go's for user names and paths."""


class Redactor:
    """Hides secrets in texts; grows while the run learns more of them."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: str, *, username: str = "") -> None:
        """Hide `secret` from now on: as it is, encoded, line by line, and as `username:secret` in base64."""
        lines = [secret, *(line.strip() for line in secret.splitlines())]
        pairs = [f"{username}:{secret}"] if username else []
        forms = {form for line in lines if len(line) >= _SHORTEST for form in _spellings(line)}
        if len(secret) >= _SHORTEST:
            forms.update(form for pair in pairs for form in _base64(pair))
        if not forms <= self._forms:
            self._forms |= forms
            # the longest first: an alternation takes the first branch that fits
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def finds(self, text: str) -> bool:
        """Whether `text` holds a secret."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def __call__(self, text: str) -> str:
        """`text` with every secret replaced by stars."""
        return text if self._pattern is None else self._pattern.sub(_STARS, text)


def url_passwords(texts: Iterable[str]) -> Iterator[str]:
    """The passwords in texts that hold `scheme://user:password@...` (proxies, daemon addresses)."""
    for text in texts:
        for found in re.finditer(r"(?<=[A-Za-z0-9+.-])://([^\s/?#:]*):([^\s/?#]+)@", text):
            # libraries decode it before they use it
            bytewise = unquote(found[2], errors="surrogateescape")
            yield from dict.fromkeys((found[2], unquote(found[2]), bytewise))


def _spellings(secret: str) -> set[str]:
    escaped = {json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret)}
    encoded = _utf8(secret)
    percent = {quote_plus(encoded), *(quote(encoded, safe) for safe in _UNQUOTED)}
    # Go's encoding/json, which wrote most registries' answers, escapes these three for HTML
    go = json.dumps(secret, ensure_ascii=False).translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&"})
    forms = {secret, secret.strip(), go[1:-1], visible(secret)}
    forms |= {form[1:-1] for form in escaped} | percent
    # a text that holds both quotes is written with the single ones escaped
    forms.add(repr(f"\"'{secret}")[4:-1])
    forms |= {re.sub("%..", lambda found: found[0].lower(), form) for form in percent}
    forms |= _base64(secret)
    return {form for form in forms if len(form) >= _SHORTEST}


def _base64(secret: str) -> set[str]:
    raw = _utf8(secret)
    forms = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw).decode("ascii")
        forms |= {whole, whole.rstrip("=")}
        # inside a longer text (an authorization header, a JSON document) the secret may begin at any
        # of three bit offsets: the characters that depend on nothing but the secret are searched
        for offset in (1, 2):
            shifted = encode(b"\0" * offset + raw).decode("ascii").rstrip("=")
            core = shifted[offset + 1 : -1]
            forms |= {core} if len(core) >= _SHORTEST_CORE else set()
        core = whole.rstrip("=")[:-1]
        forms |= {core} if len(core) >= _SHORTEST_CORE else set()
    return {form for form in forms if len(form) >= _SHORTEST}


def _utf8(text: str) -> bytes:
    # environment variables may hold bytes that are no UTF-8; Python hands them on as surrogates
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # a JSON text may hold any other surrogate
        return text.encode("utf-8", "surrogatepass")
