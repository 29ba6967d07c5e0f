"""Memory that is given back serves the next block, instead of being asked of the system anew."""

import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""mallopt(3)'s numbers."""
_KEPT = 16 << 20
"""Bytes that an arena keeps, and that a block has at least which comes from the system by itself."""
_ARENAS = 2


def keep_freed_memory() -> None:
    """Tell glibc so, if that is what runs us; to be called before the threads of a push are started.

    By itself it gives each megabyte back and takes the next one page by page, which is a fortieth of a push.
    In return the threads share their arenas, so that together they keep less than each for itself.
    """
    import ctypes  # noqa: PLC0415 - what pushes nothing does not wait for it

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(_MMAP_THRESHOLD, _KEPT)
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_ARENA_MAX, _ARENAS)
