"""What a registry answered, and what an error's body says in whatever form it comes; pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from http import HTTPStatus

from pushstep.oci import DIGEST
from pushstep.registry.client.urls import shown
from pushstep.values import dataclass

LARGEST = 64 * 1024
"""Bytes of an error's body, or of a token's, that are read."""
_TITLE = re.compile(r"<title[^>]*+>([^<]*+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Status, headers with names in lower case, and the body, all of it or its first `LARGEST` bytes."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    way: str = ""
    """Through which proxy, if one may have answered in the server's place."""

    @property
    def is_page(self) -> bool:
        """Whether it is a web page."""
        return self.headers.get("content-type", "").lower().startswith("text/html")

    @property
    def codes(self) -> tuple[str, ...]:
        """The error codes of the specification that its body holds."""
        found = (error.get("code") for error in _errors(self.body))
        return tuple(code.upper() for code in found if isinstance(code, str))

    @property
    def digests(self) -> tuple[str, ...]:
        """Every digest that its body names, each once."""
        found = re.findall(DIGEST.pattern, self.body.decode("utf-8", "replace"))
        return tuple(dict.fromkeys(map(str, found)))

    @property
    def text(self) -> str:
        """For people: what was asked, the status, and the registry's own words."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = ""
        words = "; ".join(dict.fromkeys(_words(self.body)))
        asked = f"{self.method} {shown(self.url)} {self.way}".rstrip()
        status = f"{asked} answered {self.status} {phrase}".rstrip()
        return f"{status}: {words}" if words else status


def _words(body: bytes) -> Iterator[str]:
    for error in _errors(body):
        yield ": ".join(filter(None, (str(error.get(name) or "") for name in ("code", "message"))))
        if isinstance(detail := error.get("detail"), str) and detail:
            yield detail
    data = _json(body)
    if isinstance(data, dict):
        # token services: OAuth2's two, and what others say instead
        names = ("error", "error_description", "message", "details", "detail")
        yield from (data[name] for name in names if isinstance(data.get(name), str))
    elif data is None:
        text = body.decode("utf-8", "replace").strip()
        page = _TITLE.search(text)
        if page:
            yield page[1].strip()
        elif text and not text.startswith("<"):
            yield text.splitlines()[0]


def _errors(body: bytes) -> Iterator[Mapping[str, object]]:
    data = _json(body)
    errors = data.get("errors") if isinstance(data, dict) else None
    yield from (error for error in (errors if isinstance(errors, list) else []) if isinstance(error, dict))


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
