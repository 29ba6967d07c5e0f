"""What is said of a push: the state it is in as one value, and the lines made of it; pure."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pushstep.amounts import counted, size, size_of
from pushstep.result import TagStatus
from pushstep.text import short
from pushstep.values import dataclass

LayerStatus = Literal["uploaded", "mounted", "present"]
_WORDS = {"uploaded": "sent", "mounted": "mounted", "present": "already there"}
_NAMED = 3
"""Places with a part of their own in the line; more of them are one sum."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Blob:
    """A blob on its way to a place."""

    digest: str
    sent: int
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """How far a place is."""

    place: str
    finished: int = 0
    """Layers that are there."""
    layers: int | None = None
    """How many it is to have, where that was told."""
    sent: int = 0
    total: int | None = None
    """Bytes to send; None while layers are still to be read or compressed."""
    blobs: tuple[Blob, ...] = ()
    """What is being sent to it now."""

    @property
    def is_worth_a_word(self) -> bool:
        """Whether something has begun there, and something is left."""
        return (self.sent > 0 or self.finished > 0) and self.finished != self.layers


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Where a push stands; bytes, all of them since its beginning."""

    read: int = 0
    """Read from the source."""
    plain: int = 0
    """What of it was compressed ..."""
    packed: int = 0
    """... and what that has become."""
    sent: int = 0
    """Sent and kept by the other side."""
    again: int = 0
    """Sent in vain: an attempt began anew."""
    saved: int = 0
    """What did not have to be sent."""
    deliveries: tuple[Delivery, ...] = ()
    """The places that are not done."""


def layer(place: str, digest: str, layer_size: int, status: LayerStatus, sent: int) -> str:
    """One layer that is there now, and how it came."""
    line = f"{place}: layer {short(digest)} {_WORDS[status]}, {size(layer_size)}"
    return f"{line} ({size(sent)} with repetitions)" if sent > layer_size else line


def tag(place: str, name: str, status: TagStatus, digest: str | None) -> str:
    """What became of one tag."""
    line = f"{status.replace('_', ' ')} {place}:{name}"
    return f"{line} {digest}" if digest else line


def under_way(now: State, told: State) -> str:
    """Where a push stands, of reading only what is new since `told`; `""` where there is nothing to tell."""
    return "; ".join([*_reading(now, told), *map(_delivery, _together(now.deliveries))])


def summary(now: State, seconds: float) -> str:
    """What a push came to; always these six figures, so that they can be compared between runs."""
    packed = f"{size(now.plain)} to {size(now.packed)}" if now.plain else size(0)
    again = f" (and {size(now.again)} in vain)" if now.again else ""
    rate = now.sent / seconds / 1e6 if seconds > 0 else 0
    return (
        f"read {size(now.read)}, compressed {packed}, sent {size(now.sent)}{again}, saved {size(now.saved)}, "
        f"{seconds:.1f} s, {rate:.1f} MB/s"
    )


def _reading(now: State, told: State) -> Iterator[str]:
    parts = [f"{size(now.read)} read"] if now.read != told.read else []
    if (now.plain, now.packed) != (told.plain, told.packed):
        parts.append(f"{size(now.plain)} compressed to {size(now.packed)}")
    if parts:
        yield ", ".join(parts)


def _together(deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
    busy = [one for one in deliveries if one.is_worth_a_word]
    if len(busy) <= _NAMED:
        return busy
    layers = [one.layers for one in busy if one.layers is not None]
    totals = [one.total for one in busy if one.total is not None]
    everything = Delivery(
        place=f"{len(busy)} places",
        finished=sum(one.finished for one in busy),
        layers=sum(layers) if len(layers) == len(busy) else None,
        sent=sum(one.sent for one in busy),
        total=sum(totals) if len(totals) == len(busy) else None,
    )
    return [everything]


def _delivery(one: Delivery) -> str:
    amount = size(one.sent) if one.total is None else size_of(one.sent, one.total)
    finished = (
        counted(one.finished, "layer") if one.layers is None else _finished_of(one.finished, one.layers)
    )
    return f"{amount} sent to {one.place}, {finished}"


def _finished_of(finished: int, layers: int) -> str:
    return f"{finished} of {counted(layers, 'layer')}"
