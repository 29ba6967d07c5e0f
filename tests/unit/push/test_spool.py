"""What waits to be sent: how much of it, and that nothing is left."""

import threading
from pathlib import Path

import pytest

from pushstep.errors import StepError
from pushstep.push.spool import Spool
from pushstep.push.workers import AbandonedError


def test_what_is_written_is_read_and_has_no_name(tmp_path: Path) -> None:
    spooled = Spool(str(tmp_path)).begin()
    for block in (b"one", b"", b"two"):
        spooled.write(block)

    assert b"".join(spooled.content.blocks(2)) == b"onetwo"
    assert list(tmp_path.iterdir()) == []
    spooled.close()


def test_one_blob_may_be_larger_alone_and_the_next_waits_for_it(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path), limit=10)
    first = spool.begin()
    first.write(bytes(25))
    begun = threading.Event()

    def begin() -> None:
        spool.begin().close()
        begun.set()

    waiting = threading.Thread(target=begin)
    waiting.start()

    assert not begun.wait(0.05)
    first.close()
    assert begun.wait(5)
    waiting.join()


def test_nobody_waits_for_a_spool_that_is_closed(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path), limit=1)
    first = spool.begin()
    first.write(b"full")
    ended: list[str] = []

    def wait() -> None:
        with pytest.raises(AbandonedError):
            spool.begin()
        ended.append("ended")

    waiting = threading.Thread(target=wait)
    waiting.start()
    spool.close()
    waiting.join(5)

    assert ended == ["ended"]
    first.close()


def test_a_file_that_was_closed_can_be_closed_again(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path), limit=10)
    spooled = spool.begin()
    spooled.write(bytes(12))
    spooled.close()
    spooled.close()

    spool.begin().close()


def test_a_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(StepError) as failed:
        Spool("/nowhere").begin()

    assert failed.value.problem.code == "disk"
    assert "/nowhere" in failed.value.problem.message
    assert "TMPDIR" in failed.value.problem.hint


def test_no_file_stays_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        spooled = Spool(str(tmp_path)).begin()
        spooled.write(b"x")
        spooled.close()

    assert len(list(Path("/proc/self/fd").iterdir())) == before
