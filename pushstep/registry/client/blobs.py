"""Blobs of a repository, read: whether they are there, small ones whole, large ones as they come."""

from collections.abc import Generator, Iterator
from contextlib import closing
from http.client import IncompleteRead

from pushstep.oci import LARGEST, sha256
from pushstep.registry.client.errand import Errand
from pushstep.registry.client.failures import RegistryError, differs, strange
from pushstep.registry.client.faults import Where, lost
from pushstep.registry.client.patience import Patience, retryable

_OK, _PART, _ABSENT = 200, 206, 404
_HIDDEN = frozenset({403, 405})
"""What some registries answer to `HEAD` for what is not there."""


def size(errand: Errand, digest: str) -> int | None:
    """Ask once for a blob's size; None: it is not there, or that is all that can be made of the answer."""
    answer = errand.answer(errand.ask("HEAD", _path(digest)), {_OK, _ABSENT, *_HIDDEN})
    length = answer.headers.get("content-length", "")
    # some registries call everything a web page, and say of what is there what it is
    told = answer.status == _OK and ("docker-content-digest" in answer.headers or not answer.is_page)
    return int(length) if told and length.isdecimal() else None


def whole(errand: Errand, digest: str) -> bytes:
    """Ask once for a small blob, and see that it is what its digest says."""
    answer = errand.answer(errand.ask("GET", _path(digest)), {_OK}, limit=LARGEST)
    if len(answer.body) > LARGEST:
        raise strange(f"has more than {LARGEST} bytes under {digest}, too many to read them", errand.subject)
    found = sha256(answer.body)
    if found != digest:
        raise differs(f"it sends {found} for {digest}", errand.subject)
    return answer.body


def blocks(errand: Errand, digest: str, size: int) -> Iterator[bytes]:
    """All `size` bytes of a blob, block by block; goes on where a connection is lost, with patience.

    The reader verifies the digest.
    """
    done, patience = 0, Patience(errand.network)
    while True:
        try:
            with closing(_rest(errand, digest, done)) as rest:
                for block in rest:
                    done += len(block)
                    if done > size:
                        raise differs(f"it sends more than {size} bytes for {digest}", errand.subject)
                    yield block
            if done < size:
                raise _cut(errand, size - done)
        except RegistryError as failed:
            if not retryable(failed):
                raise
            patience.wait(failed)
        else:
            return


def _rest(errand: Errand, digest: str, done: int) -> Generator[bytes, None, None]:
    headers = {"Range": f"bytes={done}-"} if done else {}
    with errand.opened(errand.ask("GET", _path(digest), headers), {_OK, _PART}) as arriving:
        starts = arriving.headers.get("content-range", "").strip()
        if arriving.status == _PART and not starts.startswith(f"bytes {done}-"):
            raise strange(f"sends another part of {digest} than the one from {done}", errand.subject)
        # who knows no ranges begins at the beginning
        before = done if arriving.status == _OK else 0
        for block in arriving.blocks():
            new = block[before:] if before else block
            before -= len(block) - len(new)
            if new:
                yield new


def _cut(errand: Errand, left: int) -> RegistryError:
    ended = IncompleteRead(b"", left)
    return lost(ended, errand.subject, Where(host=errand.subject.host), errand.network.timeouts)


def _path(digest: str) -> str:
    return f"blobs/{digest}"
