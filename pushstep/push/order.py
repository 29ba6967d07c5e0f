"""The order in which blobs are read that could be read in any, so that compressing and sending overlap."""

from collections.abc import Sequence

from pushstep.image.model import Part

_WORTH_SENDING = 0.05
"""Of all that is read."""


def in_order(parts: Sequence[Part]) -> list[Part]:
    """The largest first: while the last is sent, nothing is left to compress.

    But before them the smallest that is worth it, so that the network does not wait for the largest.
    """
    falling = sorted(parts, key=lambda part: part.size, reverse=True)
    worth_it = sum(part.size for part in parts) * _WORTH_SENDING
    large = sum(part.size >= worth_it for part in falling)
    return [*falling[large - 1 : large], *falling[: large - 1], *falling[large:]] if large else falling
