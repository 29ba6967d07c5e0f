"""Archives as they come, compressed or not; told apart by their first bytes, never by a name."""

import gzip
import os
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

from pushstep import files
from pushstep.image.model import BLOCK
from pushstep.image.nameless import NamelessFile
from pushstep.image.unfit import unfit

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError
else:
    from backports.zstd import ZstdDecompressor, ZstdError

try:
    from isal.igzip import IGzipFile
    from isal.isal_zlib import error as isal_error
except ImportError:  # pragma: no cover - its wheels are for x86-64 and arm64 with glibc
    _GzipFile: type[gzip.GzipFile] = gzip.GzipFile
    _damaged: type[Exception] = zlib.error
else:
    _GzipFile = IGzipFile
    _damaged = isal_error  # type: ignore[assignment]  # its types call the class an instance

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
_HARMLESS = 1 << 30
"""Bytes that no archive is suspected for."""
_LARGEST_RATIO = 200
"""Real layers come to 2 or 5; gzip can do 1000, zstd far more."""
_AGAIN = "Copy or download it once more."


def is_compressed(start: bytes) -> bool:
    """Whether content that begins so is compressed."""
    return start.startswith((GZIP, ZSTD))


def opened(path: str, name: str, folder: str) -> IO[bytes]:
    """Open a tar for reading at random, unpacked into a spool in `folder` if need be. Raises `StepError`."""
    file = os.fdopen(_handle(path, name), "rb")
    try:
        start = os.pread(file.fileno(), 8, 0)
        return _unpacked(file, start, name, folder) if _is_packed(start, name) else file
    except BaseException:
        file.close()
        raise


def _handle(path: str, name: str) -> int:
    try:
        # never wait for the writer of a named pipe
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise unfit(
            f"{name} cannot be read: {files.reason(error)}",
            "Make it in this job, or get it from the one that did; a relative path starts at the workspace.",
        ) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise unfit(f"{name} is no regular file", "An image layout in a folder is written oci:DIR.")
    return handle


def _is_packed(start: bytes, name: str) -> bool:
    for magic, other in _OTHERS.items():
        if start.startswith(magic):
            raise unfit(f"{name} is compressed with {other}", "Unpack it first, or use gzip or zstd.")
    return is_compressed(start)


def _unpacked(file: IO[bytes], start: bytes, name: str, folder: str) -> IO[bytes]:
    size = os.fstat(file.fileno()).st_size
    spool = NamelessFile(folder, f"{name}, unpacked,")
    try:
        with file:
            blocks = _told(_gzip(file) if start.startswith(GZIP) else _zstd(file), name)
            spool.add(_bounded(blocks, size, name))
    except BaseException:
        spool.close()
        raise
    return spool.file


def _told(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
    try:
        yield from blocks
    except EOFError:
        raise unfit(f"{name} ends in the middle", _AGAIN) from None
    except (_damaged, ZstdError, OSError) as error:
        raise unfit(f"{name} cannot be unpacked: {error}", _AGAIN) from None


def _gzip(file: IO[bytes]) -> Iterator[bytes]:
    source = _GzipFile(fileobj=file)
    while block := source.read(BLOCK):
        yield block


def _zstd(file: IO[bytes]) -> Iterator[bytes]:
    """Frame by frame: the library's own reader takes the end of the file for the end of a frame."""
    frame = ZstdDecompressor()
    while True:
        rest = b""
        if frame.eof:
            rest = frame.unused_data or file.read(BLOCK)
            if not rest:
                return
            frame = ZstdDecompressor()
        elif frame.needs_input:
            rest = file.read(BLOCK)
            if not rest:
                raise EOFError
        block = frame.decompress(rest, BLOCK)
        if block:
            yield block


def _bounded(blocks: Iterable[bytes], size: int, name: str) -> Iterator[bytes]:
    """Stop where a file so small cannot hold an image so large: it would only fill the disk."""
    total = 0
    for block in blocks:
        total += len(block)
        if total > max(_HARMLESS, _LARGEST_RATIO * size):
            raise unfit(
                f"{name} has {size} bytes and unpacks to more than {_LARGEST_RATIO} times as many",
                "No image is like that. If it is one all the same, unpack it first.",
            )
        yield block
