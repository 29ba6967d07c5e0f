"""A registry in memory that stumbles as it is told.

It takes every manifest, whatever that names: what it holds at the end tells whether its clients came in time.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tests.support.small_servers import HANG_UP, Heard, Reply, Shelf, digest, errors, serving

_LIE = f"sha256:{'0' * 64}"


class Trouble(StrEnum):
    """What becomes of a request."""

    NONE = "answered"
    DEAF = "the connection ends before the request has come"
    MUTE = "the connection ends instead of the answer"
    CUT = "the answer ends in the middle"
    LIE = "the answer names another digest"
    NOWHERE = "the answer does not say where to go on"
    PAGE = "a web page"
    FORGET = "uploads under way are forgotten"
    LOSE = "a blob that no tag stands on is lost"
    S400 = "400 DIGEST_INVALID"
    S401 = "401"
    S403 = "403 DENIED"
    S404 = "404 BLOB_UPLOAD_UNKNOWN"
    S408 = "408"
    S413 = "413"
    S429 = "429 Retry-After: 1"
    LATER = "429 Retry-After: 3600"
    S500 = "500"
    S502 = "502"
    S503 = "503 Retry-After: 2"
    S507 = "507"


_REPLIES: dict[Trouble, Reply] = {
    Trouble.PAGE: Reply(headers={"Content-Type": "text/html"}, body=b"<title>Log in</title>"),
    Trouble.S400: Reply(status=400, body=errors("DIGEST_INVALID", "the digest did not match")),
    Trouble.S401: Reply(status=401, body=errors("UNAUTHORIZED", "authentication required")),
    Trouble.S403: Reply(status=403, body=errors("DENIED", "access denied")),
    Trouble.S404: Reply(status=404, body=errors("BLOB_UPLOAD_UNKNOWN", "unknown to registry")),
    Trouble.S408: Reply(status=408),
    Trouble.S413: Reply(status=413, body=b"too large"),
    Trouble.S429: Reply(status=429, headers={"Retry-After": "1"}, body=errors("TOOMANYREQUESTS")),
    Trouble.LATER: Reply(status=429, headers={"Retry-After": "3600"}),
    Trouble.S500: Reply(status=500),
    Trouble.S502: Reply(
        status=502, headers={"Content-Type": "text/html"}, body=b"<title>Bad Gateway</title>"
    ),
    Trouble.S503: Reply(status=503, headers={"Retry-After": "2"}),
    Trouble.S507: Reply(status=507, body=b"full"),
}


@dataclass
class Shaky:
    """One; many requests at once get into trouble one after the other."""

    trouble: Callable[[Heard], Trouble]
    """Asked for each request, before its body has come."""
    refuses: bool
    """Whether a manifest whose blobs are not there is refused, as most registries do."""
    shelf: Shelf = field(default_factory=Shelf)
    host: str = ""
    began: int = 0
    """Uploads before this one are forgotten."""
    gaps: list[str] = field(default_factory=list)
    """Every tag that named what was not there when it came."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _now: dict[int, Trouble] = field(default_factory=dict)

    def early(self, heard: Heard) -> Reply | None:
        """Find out what becomes of a request."""
        with self._lock:
            trouble = self.trouble(heard)
            self._now[threading.get_ident()] = trouble
        return HANG_UP if trouble == Trouble.DEAF else None

    def answer(self, heard: Heard) -> Reply:
        """Answer, or get into it."""
        with self._lock:
            trouble = self._now.pop(threading.get_ident())
            if trouble == Trouble.FORGET:
                self.began = self.shelf.sessions
            # nobody can help against one that loses blobs and takes what is to stand on them
            if trouble == Trouble.LOSE and self.refuses:
                self._lose()
            instead = HANG_UP if trouble == Trouble.DEAF else _REPLIES.get(trouble)
            return instead or _spoiled(trouble, heard.method, self._taken(heard))

    def lacks(self, repository: str, content: bytes) -> list[str]:
        """What a manifest or index names and the repository has not."""
        data = json.loads(content)
        if "manifests" in data:
            children = [str(one["digest"]) for one in data["manifests"]]
            known = self.shelf.manifests
            below = [
                gap
                for one in children
                if (repository, one) in known
                for gap in self.lacks(repository, known[repository, one][1])
            ]
            return [*(one for one in children if (repository, one) not in known), *below]
        blobs = [str(one["digest"]) for one in (data["config"], *data["layers"])]
        return [one for one in blobs if (repository, one) not in self.shelf.blobs]

    def _taken(self, heard: Heard) -> Reply:
        repository, _, reference = heard.path.removeprefix("/v2/").partition("/manifests/")
        if heard.method == "PUT" and reference:
            lacking = self.lacks(repository, heard.body)
            if lacking and self.refuses:
                return Reply(status=400, body=errors("MANIFEST_BLOB_UNKNOWN", "blob unknown", lacking[0]))
            if lacking and not reference.startswith("sha256:"):
                self.gaps.append(f"{repository}:{reference} lacks {lacking}")
        if heard.method == "PUT" and "/uploads/" in heard.path:
            session = int(heard.path.rpartition("/")[2])
            if session <= self.began:
                return Reply(status=404, body=errors("BLOB_UPLOAD_UNKNOWN", "unknown to registry"))
        return self.shelf(heard)

    def _lose(self) -> None:
        kept = {
            (repository, str(one["digest"]))
            for (repository, _), (_, content) in self.shelf.manifests.items()
            if "layers" in (data := json.loads(content))
            for one in (data["config"], *data["layers"])
        }
        lost = next((one for one in self.shelf.blobs if one not in kept), None)
        if lost:
            del self.shelf.blobs[lost]


def _spoiled(trouble: Trouble, method: str, reply: Reply) -> Reply:
    headers = dict(reply.headers)
    if trouble == Trouble.MUTE:
        return HANG_UP
    if trouble == Trouble.CUT:
        return replace(reply, cut=len(reply.body) // 2)
    if trouble == Trouble.LIE and method == "PUT" and "Docker-Content-Digest" in headers:
        headers["Docker-Content-Digest"] = _LIE
    if trouble == Trouble.NOWHERE:
        headers.pop("Location", None)
    return replace(reply, headers=headers)


def in_turn(troubles: Iterable[Trouble]) -> Callable[[Heard], Trouble]:
    """Each request gets into the next one; after the last all is well."""
    left = iter(troubles)
    return lambda _: next(left, Trouble.NONE)


@contextmanager
def shaky(trouble: Callable[[Heard], Trouble], *, refuses: bool) -> Iterator[Shaky]:
    """Run one on a loopback port."""
    made = Shaky(trouble, refuses)
    with serving(made.answer, early=made.early) as server:
        made.host = server.host
        yield made


def named(registry: Shaky, repository: str, tag: str) -> str | None:
    """The digest of what the tag names."""
    there = registry.shelf.manifests.get((repository, tag))
    return digest(there[1]) if there else None
