"""A blob on its way to a repository: mounted if another has it, else by `POST` and one `PUT`, which all take.

Every try has a session of its own and begins at the first byte: some registries refuse a session that was
used, others tell wrong what they kept of it. Where a session that failed would stay, one `POST` does it.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Literal

from pushstep.errors import Problem
from pushstep.image.model import Slice
from pushstep.registry.client import blobs, sessions
from pushstep.registry.client.answer import Answer
from pushstep.registry.client.errand import Errand
from pushstep.registry.client.exchange import Ask, Block, Body
from pushstep.registry.client.failures import (
    RegistryError,
    changed_on_the_way,
    differs,
    in_doubt,
    strange,
)
from pushstep.registry.client.patience import retryable
from pushstep.registry.client.urls import with_query

_MOUNTED = _CREATED = 201
_TAKEN = frozenset({200, 201, 204})
_UNKNOWN_FORM = frozenset({400, 404, 405, 411, 415, 501})
_FAILED = 500
_CHANGES = 2
"""How often a blob that arrived changed is sent again."""
_RATE = 20_000_000
"""Bytes a second, at least, at which a registry puts away what it was sent; it answers afterwards."""


def upload(
    errand: Errand, digest: str, content: Slice, sent: Callable[[int], None], mount_from: str | None
) -> Literal["uploaded", "mounted"]:
    """Bring a blob there; tries again with patience."""
    location = ""
    if (
        mount_from
        and mount_from != errand.repository
        and errand.registry.may_read(mount_from, errand.account)
    ):
        answer = errand.patiently(lambda: _mounted(errand, digest, mount_from))
        if answer and answer.status == _MOUNTED:
            return "mounted"
        if answer and answer.headers.get("location"):
            location = sessions.located(errand, answer)
    sending = _Sending(errand, digest, content, sent, location)
    try:
        errand.patiently(sending.once, sending.again)
    except RegistryError as failed:
        if not changed_on_the_way(failed):
            raise
        raise RegistryError(
            Problem(
                code="digest",
                message=f"{digest} did not arrive as it was sent: {failed.problem.message}",
                hint="Something between here and the registry changes or cuts what passes: look there.",
            ),
            failed.answer,
        ) from None
    return "uploaded"


def mount(errand: Errand, digest: str, source: str) -> bool:
    """Take a blob over from the repository `source`; False where the registry does not hand it over."""
    if source == errand.repository or not errand.registry.may_read(source, errand.account):
        return False
    answer = errand.patiently(lambda: _mounted(errand, digest, source))
    if answer and answer.status == sessions.OPENED and answer.headers.get("location"):
        # nobody needs the upload that it began instead
        with suppress(RegistryError):
            sessions.end(errand, sessions.located(errand, answer))
    return answer is not None and answer.status == _MOUNTED


def _mounted(errand: Errand, digest: str, source: str) -> Answer | None:
    """Ask for a blob of another repository; None: that is not for us, not known there, or fails.

    It only saves an upload: whoever fails at it is not asked again, but sent the blob.
    """
    ask = errand.ask("POST", sessions.UPLOADS)
    ask = replace(ask, url=with_query(ask.url, [("mount", digest), ("from", source)]))
    try:
        return errand.answer(ask, {_MOUNTED, sessions.OPENED}, renewal="none")
    except RegistryError as failed:
        if failed.status is None or (failed.status < _FAILED and retryable(failed)):
            raise
        return None


class _Sending:
    """One blob's tries."""

    def __init__(
        self, errand: Errand, digest: str, content: Slice, sent: Callable[[int], None], location: str
    ) -> None:
        self._errand = errand
        self._digest = digest
        self._content = content
        self._sent = sent
        self._location = location
        self._in_sessions = False
        self._doubtful = False
        self._changes = 0

    def once(self) -> None:
        """Bring it there, unless it arrived already and only the answer was lost."""
        if self._doubtful and self._is_there():
            self._sent(self._content.size)
            return
        try:
            self._put()
        except RegistryError as failed:
            if not failed.stale:
                raise
        else:
            return
        # the token was too old; there is a new one now
        self._put()

    def again(self, failed: RegistryError) -> bool:
        """Whether to try once more."""
        if changed_on_the_way(failed):
            self._changes += 1
            return self._changes <= _CHANGES
        return retryable(failed)

    def _put(self) -> None:
        # a session that a refused mount opened is as good as any, once
        location, self._location = self._location, ""
        # the address comes first: with the greeting it is known whose it is
        url = self._errand.ask("POST", sessions.UPLOADS).url
        if not (location or self._in_sessions) and self._errand.registry.quirks.takes_whole_posts:
            location = self._posted(url)
            if not location:
                return
        self._send("PUT", location or sessions.opened(self._errand), _TAKEN)

    def _posted(self, url: str) -> str:
        """Send it in one `POST`; returns the session that is opened instead where that form is not known."""
        try:
            answer = self._send("POST", url, {*_TAKEN, sessions.OPENED})
        except RegistryError as failed:
            if failed.status not in _UNKNOWN_FORM:
                raise
            answer = None
        if answer and answer.status != sessions.OPENED:
            return ""
        self._in_sessions = True
        return sessions.located(self._errand, answer) if answer else sessions.opened(self._errand)

    def _send(self, method: str, url: str, wanted: Collection[int]) -> Answer:
        body = Body(self._content.size, self._blocks, self._sent)
        ask = Ask(
            method=method,
            url=with_query(url, [("digest", self._digest)]),
            headers={"Content-Type": "application/octet-stream"},
            body=body,
            slack=self._content.size / _RATE,
        )
        try:
            answer = self._errand.answer(ask, wanted, renewal="tell")
        except BaseException as failed:
            body.take_back()
            self._doubtful = isinstance(failed, RegistryError) and in_doubt(failed)
            raise
        if answer.status == sessions.OPENED:
            body.take_back()
            return answer
        if answer.status != _CREATED and not self._is_there():
            raise strange(
                f"answered {answer.status} to {self._digest} and does not have it", self._errand.subject
            )
        found = answer.headers.get("docker-content-digest") or self._digest
        if found != self._digest:
            raise differs(f"it took {self._digest} and names it {found}", self._errand.subject, answer)
        return answer

    def _is_there(self) -> bool:
        return blobs.size(self._errand, self._digest) == self._content.size

    def _blocks(self) -> Iterator[Block]:
        return self._errand.counted(self._content.passing())
