"""The process that JavaScript's RegExp runs in: a line of JSON in, a line of JSON out.

Started by `javascript`, which explains why. It imports next to nothing, to be there in 30 ms, and dies of
SIGPROF when one answer takes more than its share of processor time.
"""

import signal
import sys

_MEMORY = 64 * 2**20
_STACK = 2**20

# Everything foreign goes through JSON.parse, nothing becomes source text. A fresh RegExp each time: with
# the flag `g` an old one would go on where its last match ended.
_ANSWER = """
(line) => {
  const { pattern, flags, text } = JSON.parse(line);
  try {
    const regex = new RegExp(pattern, flags);
    return JSON.stringify({ matches: text !== null && regex.test(text) });
  } catch ({ name, message }) {
    return JSON.stringify({ error: name, message });
  }
}
"""


def main(engine: str, seconds: str) -> None:
    """Answer until standard input ends, which it does with the parent. `engine` is a folder."""
    sys.path.append(engine)
    # not `quickjs`: its thread pool and what that imports would double the start
    from _quickjs import Context  # type: ignore[import-not-found]  # noqa: PLC0415 - no stubs; path set above

    context = Context()
    context.set_memory_limit(_MEMORY)
    context.set_max_stack_size(_STACK)
    answer = context.eval(_ANSWER)
    for line in sys.stdin.buffer:
        signal.setitimer(signal.ITIMER_PROF, float(seconds))
        said = answer(line.decode())
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(said.encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":  # pragma: no cover - in a process that coverage does not see
    main(*sys.argv[1:])
