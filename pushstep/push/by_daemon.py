"""Destinations that the daemon pushes to, one after the other."""

from collections.abc import Sequence

from pushstep.errors import Problem
from pushstep.image.daemon import Daemon, Found
from pushstep.push import daemon as transport
from pushstep.push.logins import Logins
from pushstep.push.plan import Destination
from pushstep.registry.credentials.credential import ANONYMOUS
from pushstep.result import DestinationResult, TagResult
from pushstep.surroundings import Here


def pushed(
    here: Here, logins: Logins, daemon: Daemon, image: Found, places: Sequence[Destination]
) -> tuple[list[DestinationResult], int | None]:
    """Let `daemon` push; returns what came of each place, and the manifest's size in bytes if it is known."""
    how = transport.Transport(
        daemon=daemon,
        say=here.log.say,
        seconds=here.world.seconds,
        raising=here.world.interrupts.raising,
        stopped=lambda: here.world.interrupts.stopped is not None,
        no_login_hint=here.ci.credentials_hint,
    )
    done: list[DestinationResult] = []
    known: int | None = None
    refused: dict[str, Problem] = {}
    for place in places:
        credential = refused.get(place.registry) or logins.to_push(place.registry, place.repository)
        if isinstance(credential, Problem):
            done.append(transport.not_attempted(place, credential))
            continue
        if daemon.in_the_clear and credential is not ANONYMOUS:
            here.log.caution(f"the credential for {place.registry} goes to {daemon.address} unencrypted")
        with here.log.section("push", f"Pushing to {place.name} as {credential.identity}"):
            result, size = transport.push(how, image, place, credential)
        done.append(result)
        known = known or size
        if result.error and result.error.code == "login":
            refused[place.registry] = result.error
    return done, known


def rehearsed(here: Here, logins: Logins, places: Sequence[Destination]) -> list[DestinationResult]:
    """What `pushed` would be asked for; the daemon tells nothing of what is there."""
    return [_planned(here, logins, place) for place in places]


def _planned(here: Here, logins: Logins, place: Destination) -> DestinationResult:
    credential = logins.to_push(place.registry, place.repository)
    if isinstance(credential, Problem):
        return transport.not_attempted(place, credential)
    for tag in place.tags:
        here.log.say(f"would push {place.name}:{tag} as {credential.identity}")
    return DestinationResult(
        registry=place.registry,
        repository=place.repository,
        result="skipped",
        identity=credential.identity,
        tags=tuple(TagResult(tag=tag, status="planned") for tag in place.tags),
    )
