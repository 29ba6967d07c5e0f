"""Bodies in chunks: whatever the chunks and however they arrive, the same bytes; or an error."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.image.chunked import Chunked, ChunkError


class Connection:
    """Gives the bytes in pieces of these sizes, over and over."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        self._file = io.BytesIO(content)
        self._sizes = sizes
        self._count = 0

    def read1(self, size: int, /) -> bytes:
        self._count += 1
        return self._file.read(min(size, self._sizes[self._count % len(self._sizes)]))


def framed(chunks: list[bytes], *, extension: bytes = b"") -> bytes:
    lines = [b"%x%s\r\n%s\r\n" % (len(one), extension, one) for one in chunks if one]
    return b"".join([*lines, b"0\r\n\r\n"])


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=60), max_size=8),
    arriving=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    asking=st.lists(st.integers(1, 90), min_size=1, max_size=5),
    extension=st.sampled_from([b"", b";a=b", b" "]),
)
def test_whatever_the_pieces_are_the_bytes_are_the_same(
    chunks: list[bytes], arriving: list[int], asking: list[int], extension: bytes
) -> None:
    body = Chunked(Connection(framed(chunks, extension=extension), arriving))
    whole, left, found = b"".join(chunks), len(b"".join(chunks)), b""
    for number in range(1000):
        size = asking[number % len(asking)]
        block = body.read(size)
        assert len(block) == min(size, left)
        found, left = found + block, left - len(block)
        if not block:
            break

    assert found == whole
    assert body.read(5) == b""


BROKEN = {
    "nothing": (b"", "closed in the middle"),
    "within a size": (b"1", "closed in the middle"),
    "within a chunk": (b"a\r\nabc", "closed in the middle"),
    "behind a chunk": (b"3\r\nabc", "closed in the middle"),
    "no last chunk": (b"3\r\nabc\r\n", "closed in the middle"),
    "no size": (b"zz\r\nabc\r\n0\r\n\r\n", "b'zz' is no size of a chunk"),
    "below zero": (b"-5\r\nabc\r\n0\r\n\r\n", "b'-5' is no size of a chunk"),
    "no number at all": (b"\r\nabc\r\n0\r\n\r\n", "b'' is no size of a chunk"),
    "longer than it says": (b"2\r\nabc\r\n0\r\n\r\n", "longer than it says"),
    "a line without end": (b"1" * 100_000, "has no end"),
}


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_body_in_chunks_is_told(content: bytes, said: str) -> None:
    body = Chunked(Connection(content, [1 << 20]))

    with pytest.raises(ChunkError, match=said):
        while body.read(1 << 10):
            pass
