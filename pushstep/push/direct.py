"""The direct transport: read once, compress once, send to all, never send twice.

    discover   every destination is asked what it has: tags, layers, the whole image
    plan       what they lack is what the source has to give; an image has one digest everywhere
    transfer   each blob is read and compressed once, and sent to all that lack it
    tag        manifests, then the tags that do not name the image yet
    verify     each answer names the digest that was sent

The phases of a destination are in `delivery`, what they share in `transfer`.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager
from dataclasses import field
from threading import Event

from pushstep.errors import Stopped
from pushstep.image.model import Image
from pushstep.oci import Index, Manifest
from pushstep.push.agreement import agreed
from pushstep.push.delivery import Delivery, Target
from pushstep.push.discovery import Before
from pushstep.push.heap import keep_freed_memory
from pushstep.push.progress import Progress
from pushstep.push.spool import Spool
from pushstep.push.transfer import Transfer
from pushstep.push.workers import Workers
from pushstep.values import dataclass

_MOST_THREADS = 8
"""More do not help: then reading, or the network, is what a push waits for."""
_GRACE = 2.0
"""Seconds for what is under way to end after the push was stopped: it has lost its connections."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Direct:
    """What the direct transport needs: each part is one verb of somebody else's."""

    progress: Progress
    seconds: Callable[[], float]
    """A clock that never goes back."""
    raising: Callable[[], AbstractContextManager[None]]
    """While entered a signal or a timer raises `Stopped`."""
    stop: Callable[[], None]
    """Ends every connection to registries."""
    spool: Spool
    ended: Event = field(default_factory=Event)


def push(
    direct: Direct, image: Image, targets: Sequence[Target], arrived: Manifest | Index | None = None
) -> tuple[Delivery, ...]:
    """Push `image` to all `targets`; what came of each is in its delivery's `result`.

    `arrived` is what an earlier attempt has put somewhere: all get the same. A registry that turns out not to
    have what it said is asked again, once: it has lost a blob meanwhile.
    """
    keep_freed_memory()
    before = Before(arrived=arrived)
    deliveries = _round(direct, image, [_delivery(direct, image, target, before) for target in targets])
    root = arrived or next((one.root for one in deliveries if one.root and not one.error), None)
    again = {
        index: _delivery(
            direct, image, one.target, Before(without=missing, arrived=root, tags=dict(one.tags))
        )
        for index, one in enumerate(deliveries)
        if (missing := one.lost()) and not direct.ended.is_set()
    }
    if again:
        _round(direct, image, list(again.values()))
    return tuple(again.get(index, one) for index, one in enumerate(deliveries))


def rehearse(
    direct: Direct, image: Image, targets: Sequence[Target], *, probe: bool = False
) -> tuple[Delivery, ...]:
    """Only ask what is there, and with `probe` whether a push would be taken: nothing is written anywhere."""
    deliveries = [_delivery(direct, image, target, Before()) for target in targets]
    workers = Workers(len(deliveries))
    if _planned(direct, image, deliveries, workers) and probe:
        _awaited(direct, [workers.submit(one.probe) for one in deliveries])
    _closed(workers, deliveries)
    return tuple(deliveries)


def _delivery(direct: Direct, image: Image, target: Target, before: Before) -> Delivery:
    return Delivery(
        target=target, image=image, progress=direct.progress, seconds=direct.seconds, before=before
    )


def _closed(workers: Workers, deliveries: Sequence[Delivery]) -> None:
    workers.close()
    for one in deliveries:
        one.close()


def _round(direct: Direct, image: Image, deliveries: list[Delivery]) -> list[Delivery]:
    workers = Workers(len(deliveries) + 1)
    if _planned(direct, image, deliveries, workers) and _awaited(
        direct, [workers.submit(one.mount) for one in deliveries if not one.error]
    ):
        _transferred(direct, image, [one for one in deliveries if not one.error], workers)
    _closed(workers, deliveries)
    return deliveries


def _planned(direct: Direct, image: Image, deliveries: Sequence[Delivery], workers: Workers) -> bool:
    """Ask them all, and decide what the source has to give; False: there was no time for it."""
    if not _awaited(direct, [workers.submit(one.discover) for one in deliveries]):
        return False
    open_ones = [one for one in deliveries if not one.error]
    into_layout = any(one.target.destination.layout is not None for one in open_ones)
    knowns = agreed(
        image.content,
        [one.known for one in open_ones],
        into_layout=into_layout,
        arrived=next((one.before.arrived for one in open_ones), None),
        awaiting=any(one.error.problem.retryable for one in deliveries if one.error),
    )
    for one, known in zip(open_ones, knowns, strict=True):
        one.plan(known)
    return True


def _transferred(direct: Direct, image: Image, deliveries: list[Delivery], workers: Workers) -> None:
    threads = min(os.cpu_count() or 1, _MOST_THREADS)
    pool = Workers(threads, computes=True)
    transfer = Transfer(
        image=image,
        deliveries=deliveries,
        spool=direct.spool,
        pool=pool,
        threads=threads,
        progress=direct.progress,
        ended=direct.ended,
    )
    try:
        under_way = [workers.submit(one.finish) for one in deliveries]
        _awaited(direct, [workers.submit(transfer.run), *under_way])
    finally:
        pool.close()


def _awaited(direct: Direct, futures: "Sequence[Future[None]]") -> bool:
    """Wait for all; False: a signal or a timer ended it, and what was under way has been told."""
    try:
        with direct.raising():
            wait(futures)
    except Stopped:
        direct.ended.set()
        direct.spool.close()
        direct.stop()
        wait(futures, _GRACE)
        return False
    for future in futures:
        future.result()
    return True
