"""One `docker save` under way: `GET /images/{id}/get`, its body read forwards, its failures found and told.

The daemon answers 200 before it knows how it ends, and writes a failure as JSON behind what it has sent.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from docker import APIClient
from requests import Request, Response

from pushstep.errors import StepError
from pushstep.image.entries import Entry, skipped
from pushstep.image.failures import FOREIGN, failure, said, translated
from pushstep.image.model import BLOCK
from pushstep.image.unfit import unfit
from pushstep.text import visible
from pushstep.values import dataclass

_ERROR = re.compile(rb'\{"(?:errorDetail|message|error)":')
_LONGEST_ERROR = 1 << 16
_NOT_FOUND = 404


@dataclass(frozen=True, kw_only=True, slots=True)
class Saving:
    """How an image is saved."""

    client: APIClient
    address: str
    image_id: str

    def start(self) -> "Body":
        """Begin; raises `StepError`. Nothing may come for minutes: the daemon first writes all of it."""
        url = f"{self.client.base_url}/v{self.client.api_version}/images/{self.image_id}/get"
        with translated(self.address), _in_one_piece(self.client, url):
            response = self.client.get(
                url, stream=True, timeout=None, headers={"Accept-Encoding": "identity"}
            )
        body = Body(response, self.address)
        if response.ok:
            return body
        why = body.failed(f"answers `docker save` with {response.status_code}")
        body.close()
        if response.status_code == _NOT_FOUND:
            raise unfit(f"the Docker daemon has no image {self.image_id} any more", "Build it again.")
        raise why


@contextmanager
def _in_one_piece(client: APIClient, url: str) -> Iterator[None]:
    """Have the answer come as it is, which HTTP/1.0 does.

    In 1.1 the daemon cuts it into chunks of 32 KiB. Those of 1.5 GB cost it and us 1 s of processor time, and
    all that is done with them 6 s; what 1.1 is good for, one more request, nobody makes here.
    """
    adapter: Any = client.get_adapter(url)
    pool = adapter.get_connection_with_tls_context(
        Request("GET", url).prepare(), client.verify, cert=client.cert
    )
    # the one that is asked next
    connection = pool._get_conn()  # noqa: SLF001 - neither requests nor urllib3 has a word for it
    pool._put_conn(connection)  # noqa: SLF001
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # noqa: SLF001
    try:
        yield
    finally:
        connection._http_vsn, connection._http_vsn_str = 11, "HTTP/1.1"  # noqa: SLF001


class Body:
    """The stream; a `Forward`. Every verb raises `StepError` (daemon) where the connection is lost."""

    def __init__(self, response: Response, address: str) -> None:
        self._response = response
        self._address = address
        self._position = 0
        self._recent = b""
        """The end of what was read, where a failure would be."""

    def tell(self) -> int:
        """The position."""
        return self._position

    def seek(self, position: int) -> None:
        """Go forward to there, or to the end where that comes first."""
        for _ in skipped(self, position):
            pass

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end."""
        try:
            content: bytes = self._response.raw.read(size, decode_content=False)
        except FOREIGN as error:
            raise failure(
                self._address, f"broke off `docker save` after {self._position} bytes: {said(error)}"
            ) from None
        self._position += len(content)
        self._recent = ((b"" if len(content) >= _LONGEST_ERROR else self._recent) + content)[-_LONGEST_ERROR:]
        return content

    def content(self, entry: Entry) -> Iterator[bytes]:
        """The content of an entry that was just found."""
        end = entry.offset + entry.size
        yield from skipped(self, end)
        if self._position < end:
            raise self.failed("broke off `docker save`")

    def all(self) -> Iterator[bytes]:
        """Everything, to the end."""
        while block := self.read(BLOCK):
            yield block

    def failed(self, what: str) -> StepError:
        """The error for a stream that is not what it should be: what the daemon says itself, if it does."""
        with suppress(StepError):
            self.read(_LONGEST_ERROR)
        told = self.told()
        return failure(self._address, f"{what}: {told}" if told else what)

    def told(self) -> str | None:
        """The failure that the daemon wrote behind the rest."""
        for found in _ERROR.finditer(self._recent):
            with suppress(ValueError, RecursionError):
                text = self._recent[found.start() :].decode(errors="replace")
                match json.JSONDecoder().raw_decode(text)[0]:
                    case {"errorDetail": {"message": str() as why}}:
                        return visible(why)
                    case {"message": str() as why} | {"error": str() as why}:
                        return visible(why)
                    case _:
                        continue
        return None

    def stop(self) -> None:
        """Let nothing come any more, from another thread than the one that reads, which is woken up."""
        # refused for a stream that is at its end
        with suppress(ValueError, RuntimeError, OSError):
            self._response.raw.shutdown()

    def close(self) -> None:
        """Hang up; the daemon stops."""
        self._response.close()
