"""A layer's tar as gzip: on all cores, and the same bytes for any number of them.

Every block of 1 MiB becomes a deflate stream of its own that knows the 32 KiB before it and ends on a byte;
one after the other they are one stream (RFC 1951), as pigz makes it. The header holds no time (RFC 1952).
Which blocks there are depends on the layer alone: whoever compresses it gets the same blob. A block of which
two samples do not become smaller (an archive, a picture) is stored as it is.
"""

import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from importlib.metadata import version

BLOCK = 1 << 20
_WINDOW = 1 << 15
_SAMPLE = 1 << 13
"""Bytes of a sample; of a block there are two."""
_STORED = (1 << 16) - 1
"""Bytes that a stored block of deflate holds at most."""
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_END = b"\x03\x00"
"""An empty block that says it is the last."""
_RAW = -15
"""zlib's word for a deflate stream without a header, and with the largest window."""

Submit = Callable[[Callable[[], bytes]], "Future[bytes]"]
Codec = Callable[[bytes, bytes], bytes]
"""A block and what stands before it, at most 32 KiB → its deflate stream, ended on a byte."""


def with_zlib(block: bytes, before: bytes) -> bytes:
    """The codec of Python's own library, which every platform has."""
    stream = zlib.compressobj(6, zlib.DEFLATED, _RAW, zlib.DEF_MEM_LEVEL, zlib.Z_DEFAULT_STRATEGY, before)
    return stream.compress(block) + stream.flush(zlib.Z_SYNC_FLUSH)


try:
    from isal import isal_zlib
except ImportError:  # pragma: no cover - its wheels are for x86-64 and arm64 with glibc
    CODEC: Codec = with_zlib
    _crc32 = zlib.crc32
    RECIPE = f"gzip: zlib {zlib.ZLIB_RUNTIME_VERSION} level 6, blocks of 1 MiB"
    """What made the blob, for whoever wants to make it again."""
else:
    _LARGE = 9
    """The largest buffers for a block under way: they save a thirtieth of the time."""

    def _with_isal(block: bytes, before: bytes) -> bytes:
        """Intel's ISA-L, level 1: 15 times as fast as zlib's level 6, for a tenth more bytes."""
        stream = isal_zlib.compressobj(
            1, isal_zlib.DEFLATED, _RAW, _LARGE, isal_zlib.Z_DEFAULT_STRATEGY, before
        )
        return stream.compress(block) + stream.flush(isal_zlib.Z_SYNC_FLUSH)

    CODEC = _with_isal
    _crc32 = isal_zlib.crc32
    RECIPE = f"gzip: isal {version('isal')} level 1, memory level {_LARGE}, blocks of 1 MiB"


def compressed(blocks: Iterator[bytes], submit: Submit, ahead: int, codec: Codec = CODEC) -> Iterator[bytes]:
    """`blocks`, of any sizes, as a gzip stream, piece by piece.

    `submit` has a block compressed in another thread; `ahead` of them are at most, which bounds the memory.
    """
    yield _HEADER
    crc, size, before = 0, 0, b""
    under_way: deque[Future[bytes]] = deque()
    try:
        for block in _even(blocks):
            crc, size = _crc32(block, crc), size + len(block)
            under_way.append(submit(partial(_smaller, block, before, codec)))
            before = block[-_WINDOW:]
            if len(under_way) >= ahead:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for one in under_way:
            one.cancel()
    yield _END + crc.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")


def _smaller(block: bytes, before: bytes, codec: Codec) -> bytes:
    """The block's deflate stream: compressed, unless that is in vain."""
    samples = [block[start : start + _SAMPLE] for start in (len(block) // 4, 3 * len(block) // 4)]
    is_in_vain = len(block) == BLOCK and all(len(codec(one, b"")) >= len(one) for one in samples)
    return b"".join(_as_it_is(block)) if is_in_vain else codec(block, before)


def _as_it_is(block: bytes) -> Iterator[bytes]:
    """Stored blocks: each its length, that inverted, and its bytes (RFC 1951, 3.2.4)."""
    for start in range(0, len(block), _STORED):
        part = memoryview(block)[start : start + _STORED]
        yield b"\0" + len(part).to_bytes(2, "little") + (len(part) ^ 0xFFFF).to_bytes(2, "little")
        yield bytes(part)


def _even(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of `BLOCK`, but for the last."""
    held = bytearray()
    for block in blocks:
        if not held and len(block) == BLOCK:
            yield block
            continue
        held += block
        while len(held) >= BLOCK:
            yield bytes(held[:BLOCK])
            del held[:BLOCK]
    if held:
        yield bytes(held)
