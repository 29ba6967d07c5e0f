"""What threads free is used again: counted by the pages that the system had to give."""

import subprocess
import sys

CODE = """
import resource, threading
from pushstep.push.heap import keep_freed_memory
if {keeps}:
    keep_freed_memory()
def work():
    for _ in range(100):
        held = [bytes(block) for _ in range(4)]
block = bytearray(1 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
threads = [threading.Thread(target=work) for _ in range(3)]
for one in threads: one.start()
for one in threads: one.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages(*, keeps: bool) -> int:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(keeps=keeps)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_blocks_that_are_freed_serve_the_next_ones() -> None:
    # 3 threads with 4 blocks of 256 pages at a time
    assert pages(keeps=True) < 4 * 3 * 4 * 256 < pages(keeps=False)
