"""The compressed layer: gzip that anybody reads, and the same bytes whoever makes it."""

import gzip
import random
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushstep.push import compression
from pushstep.push.compression import BLOCK, CODEC, Codec, compressed, with_zlib

CODECS = {"the fastest there is": CODEC, "zlib": with_zlib}
LARGE = bytes(range(256)) * 4096 * 3 + b"end"


def cut(content: bytes, sizes: list[int]) -> Iterator[bytes]:
    position = 0
    for size in sizes:
        yield content[position : position + size]
        position += size
    yield content[position:]


def made(content: bytes, codec: Codec = CODEC, threads: int = 2, sizes: list[int] | None = None) -> bytes:
    with ThreadPoolExecutor(threads) as pool:
        return b"".join(compressed(cut(content, sizes or []), pool.submit, threads + 1, codec))


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, len(LARGE)])
def test_it_is_gzip(codec: Codec, size: int) -> None:
    blob = made(LARGE[:size], codec)

    assert gzip.decompress(blob) == LARGE[:size]
    assert blob[4:8] == bytes(4)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.binary(min_size=1, max_size=40),
    size=st.integers(0, 3 * BLOCK),
    sizes=st.lists(st.integers(1, BLOCK), max_size=5),
    threads=st.integers(1, 4),
)
def test_the_same_layer_is_the_same_blob(seed: bytes, size: int, sizes: list[int], threads: int) -> None:
    content = (seed * (size // len(seed) + 1))[:size]

    assert made(content, threads=threads, sizes=sizes) == made(content, threads=1)


def test_blocks_know_what_stands_before_them() -> None:
    text = zlib.compress(bytes(30_000), 0)

    assert len(made((text * 120)[: 3 * BLOCK])) < BLOCK


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_what_does_not_become_smaller_is_stored(codec: Codec) -> None:
    """And what comes after it is compressed again."""
    noise = random.Random(1).randbytes(BLOCK)  # noqa: S311 - content, no secret
    blob = made(noise + bytes(BLOCK) + noise[:1000], codec)

    assert gzip.decompress(blob) == noise + bytes(BLOCK) + noise[:1000]
    assert noise[:60_000] in blob
    assert len(blob) < BLOCK + 20_000


def test_the_recipe_is_named() -> None:
    assert compression.RECIPE.startswith("gzip: ")


def test_a_reader_that_leaves_early_leaves_nothing_behind() -> None:
    with ThreadPoolExecutor(1) as pool:
        pieces = compressed(iter([LARGE]), pool.submit, 2)
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]  # it is a generator
