"""Blocks that are read ahead: the same ones, the same failure in the same place, and no thread that stays."""

import threading
from collections.abc import Iterator
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from pushstep.push.ahead import read_ahead


def test_the_source_goes_on_before_it_is_asked() -> None:
    taken = threading.Semaphore(0)

    def source() -> Iterator[bytes]:
        for number in range(4):
            taken.release()
            yield bytes([number])

    with closing(read_ahead(source())) as blocks:
        first = next(blocks)
        # the others were not asked for
        assert all(taken.acquire(timeout=10) for _ in range(4))
        assert [first, *blocks] == [b"\0", b"\1", b"\2", b"\3"]


@given(blocks=st.lists(st.binary(max_size=3), max_size=30), breaks=st.booleans())
def test_what_comes_is_the_same_and_so_is_what_fails(blocks: list[bytes], breaks: bool) -> None:
    def source() -> Iterator[bytes]:
        yield from blocks
        if breaks:
            raise EOFError("broke off")

    found: list[bytes] = []
    failed = ""
    try:
        for block in read_ahead(source()):
            found.append(block)  # noqa: PERF402 - `extend` would lose what came before a failure
    except EOFError as error:
        failed = str(error)

    assert (found, failed) == (blocks, "broke off" if breaks else "")


def test_who_leaves_early_leaves_nobody_behind() -> None:
    taken = 0
    reader: threading.Thread | None = None

    def source() -> Iterator[bytes]:
        nonlocal taken, reader
        reader = threading.current_thread()
        while True:
            taken += 1
            yield b"a"

    with closing(read_ahead(source())) as blocks:
        assert next(blocks) == b"a"
    at_the_end = taken

    # a few, while nobody asked
    assert at_the_end < 20
    assert reader is not None
    reader.join(10)
    assert not reader.is_alive()
    assert taken == at_the_end
