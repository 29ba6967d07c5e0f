"""Destinations that the direct transport pushes to: as whom, through which session, and what came of it."""

from collections.abc import Sequence

from pushstep.errors import Problem
from pushstep.image.model import Image
from pushstep.oci import Index, Manifest
from pushstep.push import direct, told
from pushstep.push.delivery import Delivery, Target
from pushstep.push.direct import Direct
from pushstep.push.plan import Destination
from pushstep.push.progress import Progress, renderer
from pushstep.push.sessions import Session, Sessions
from pushstep.push.spool import Spool
from pushstep.result import DestinationResult
from pushstep.surroundings import Here
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of all places, in their order, and what lies there now."""

    places: tuple[DestinationResult, ...]
    unreached: tuple[Destination, ...] = ()
    """Those whose registry did not answer at all."""
    root: Manifest | Index | None = None
    has_compressed: bool = False


def pushed(
    here: Here,
    sessions: Sessions,
    image: Image,
    places: Sequence[Destination],
    arrived: Manifest | Index | None = None,
) -> Outcome:
    """Push to all of them at once; `arrived` is what an earlier attempt has put somewhere."""
    opened = sessions.opened(places)
    how = _direct(here, sessions)
    with here.log.section("push", f"Pushing to {', '.join(map(_title, opened))}"):
        with how.progress.shown():
            deliveries = direct.push(how, image, _targets(sessions, places, opened), arrived)
        here.log.say(how.progress.summary())
    stopped = here.world.interrupts.stopped
    why = stopped.problem if stopped else None
    roots = (one.root for one in deliveries if one.root and told.result(one, why).arrived)
    return Outcome(
        places=_in_order(places, opened, [told.result(one, why) for one in deliveries]),
        unreached=_unreached(deliveries),
        root=next(roots, None),
        has_compressed=how.progress.state().packed > 0,
    )


def rehearsed(here: Here, sessions: Sessions, image: Image, places: Sequence[Destination]) -> Outcome:
    """Ask all of them what `pushed` would find."""
    opened = sessions.opened(places)
    targets = _targets(sessions, places, opened)
    deliveries = direct.rehearse(_direct(here, sessions), image, targets, probe=here.probes)
    return Outcome(
        places=_in_order(places, opened, [told.rehearsed(one) for one in deliveries]),
        unreached=_unreached(deliveries),
    )


def _direct(here: Here, sessions: Sessions) -> Direct:
    show = renderer(here.log, here.terminal)
    return Direct(
        progress=Progress(say=here.log.say, seconds=here.world.seconds, renderer=show),
        seconds=here.world.seconds,
        raising=here.world.interrupts.raising,
        stop=sessions.stop,
        spool=Spool(here.temporary),
    )


def _targets(
    sessions: Sessions, places: Sequence[Destination], opened: Sequence[Session | Problem]
) -> list[Target]:
    return [
        Target(
            destination=place,
            place=one.place,
            identity=one.identity,
            source=_source(sessions, one),
        )
        for place, one in zip(places, opened, strict=True)
        if isinstance(one, Session)
    ]


def _source(sessions: Sessions, session: Session) -> str | None:
    """The repository of the same registry that the candidate is in."""
    if (
        sessions.source is None
        or session.registry is None
        or sessions.source[0].host != session.registry.host
    ):
        return None
    return sessions.source[1]


def _title(session: Session | Problem) -> str:
    if isinstance(session, Problem):
        return "nowhere"
    return f"{session.place.name} as {session.identity}" if session.identity else session.place.name


def _unreached(deliveries: Sequence[Delivery]) -> tuple[Destination, ...]:
    return tuple(one.target.destination for one in deliveries if one.error and not one.error.reached)


def _in_order(
    places: Sequence[Destination], opened: Sequence[Session | Problem], done: Sequence[DestinationResult]
) -> tuple[DestinationResult, ...]:
    results = iter(done)
    return tuple(
        told.not_attempted(place, one) if isinstance(one, Problem) else next(results)
        for place, one in zip(places, opened, strict=True)
    )
