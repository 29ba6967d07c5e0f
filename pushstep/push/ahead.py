"""Blocks of a stream, taken by a thread of its own: who sends them goes on while those before are hashed."""

from collections.abc import Generator, Iterator
from concurrent.futures import wait
from queue import SimpleQueue
from threading import Event, Semaphore

from pushstep.push.workers import Workers

_BLOCKS = 8
"""Taken at most before they are asked for."""


def read_ahead(blocks: Iterator[bytes]) -> Generator[bytes, None, None]:
    """The same blocks; raises what `blocks` raises.

    Close it to leave early: then nobody takes from `blocks` any more.
    """
    came: SimpleQueue[bytes | None] = SimpleQueue()
    room = Semaphore(_BLOCKS)
    left = Event()
    worker = Workers(1)

    def take() -> None:
        try:
            for block in blocks:
                came.put(block)
                room.acquire()
                if left.is_set():
                    return
        finally:
            came.put(None)

    taking = worker.submit(take)
    try:
        while (block := came.get()) is not None:
            room.release()
            yield block
        taking.result()
    finally:
        left.set()
        room.release()
        worker.close()
        wait([taking])
