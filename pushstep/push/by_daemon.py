"""Destinations that the daemon pushes to, one after the other."""

from collections.abc import Sequence

from pushstep.errors import Problem
from pushstep.image.daemon import Daemon, Found
from pushstep.push import daemon as transport
from pushstep.push.logins import Logins
from pushstep.push.plan import Destination
from pushstep.push.told import not_attempted
from pushstep.registry.client.trust import Trust, unheeded
from pushstep.registry.credentials.credential import ANONYMOUS
from pushstep.result import DestinationResult, TagResult
from pushstep.step.entry import Entry
from pushstep.surroundings import Here

_NOT_ASKED = "the Docker daemon pushes there, and cannot be asked without a push"


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
        no_login_hint=logins.advice,
    )
    done: list[DestinationResult] = []
    known: int | None = None
    refused: dict[tuple[str, Entry | None], Problem] = {}
    for place in places:
        login = (place.registry, place.entry)
        credential = refused.get(login) or logins.to_push(place)
        if isinstance(credential, Problem):
            done.append(not_attempted(place, credential))
            continue
        if daemon.in_the_clear and credential is not ANONYMOUS:
            here.log.caution(f"the credential for {place.registry} goes to {daemon.address} unencrypted")
        _tell_what_is_the_daemons(here, place)
        with here.log.section("push", f"Pushing to {place.name} as {credential.identity}"):
            result, size = transport.push(how, image, place, credential)
        done.append(result)
        known = known or size
        if result.error and result.error.code == "login":
            refused[login] = result.error
    return done, known


def rehearsed(here: Here, logins: Logins, places: Sequence[Destination]) -> list[DestinationResult]:
    """What `pushed` would be asked for; the daemon tells nothing of what is there."""
    return [_planned(here, logins, place) for place in places]


def _planned(here: Here, logins: Logins, place: Destination) -> DestinationResult:
    credential = logins.to_push(place)
    if isinstance(credential, Problem):
        return not_attempted(place, credential)
    _tell_what_is_the_daemons(here, place)
    return DestinationResult(
        registry=place.registry,
        repository=place.repository,
        result="skipped",
        identity=credential.identity,
        tags=tuple(TagResult(tag=tag, status="planned") for tag in place.tags),
        probe="unknown" if here.probes else None,
        probe_notice=_NOT_ASKED if here.probes else None,
    )


def _tell_what_is_the_daemons(here: Here, place: Destination) -> None:
    """How the registry is spoken to is no longer ours to say."""
    entry = place.entry
    if entry is None:
        return
    trust = Trust(ca=entry.ca or "", client_cert=entry.client_cert or "", insecure=entry.insecure)
    for sentence in unheeded(trust, place.registry):
        here.log.notice(f"registry {entry.name}: {sentence}")
