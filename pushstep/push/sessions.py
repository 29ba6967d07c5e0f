"""The registries of one step: a session for each host and login, told in time of all that is needed there."""

from collections.abc import Sequence
from dataclasses import dataclass

from pushstep.errors import Problem, StepError
from pushstep.push import layout
from pushstep.push.logins import Logins
from pushstep.push.place import Place
from pushstep.push.plan import Destination
from pushstep.registry.client.network import Network
from pushstep.registry.client.registry import Ears, Registry
from pushstep.registry.client.repository import Repository
from pushstep.registry.credentials.credential import Credential
from pushstep.step.candidate import RemoteImage
from pushstep.surroundings import Here


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A destination that can be spoken to, as `identity`."""

    destination: Destination
    place: Place
    identity: str | None
    registry: Registry | None = None
    """None: it is an image layout."""


class Sessions:
    """Opened once, for all attempts of a step: what an attempt learned, the next one knows."""

    def __init__(self, here: Here, logins: Logins, *, patient: bool) -> None:
        self.here = here
        self.logins = logins
        self.source: tuple[Registry, str] | None = None
        """Where the candidate is read from: registry and repository."""
        world = here.world
        self._patient = patient
        self._network = Network(seconds=world.seconds, now=world.now, jitter=world.jitter)
        self._registries: dict[tuple[str, Credential], Registry] = {}
        self._sessions: dict[tuple[str, str], Session | Problem] = {}

    def opened(self, places: Sequence[Destination]) -> list[Session | Problem]:
        """A session for each place, or why there is none. Nothing is asked yet."""
        return [self._session(place) for place in places]

    def reading(self, candidate: RemoteImage) -> Repository:
        """The repository that a candidate is read from. Raises `StepError`."""
        host, path = candidate.host, candidate.repository
        # a login for a destination at the same registry reads there as well
        same = [one for one in self._sessions.values() if isinstance(one, Session) and one.registry]
        registry = next((one.registry for one in same if one.destination.registry == host), None)
        if registry is None:
            credential = self.logins.to_read(host, path)
            if isinstance(credential, Problem):
                raise StepError(credential)
            registry = self._registry(host, credential)
        self.source = (registry, path)
        return Repository(registry, path, push=False)

    def stop(self) -> None:
        """End all that is under way, from any thread."""
        self._network.stop()

    def close(self) -> None:
        """Give the connections back."""
        for registry in self._registries.values():
            registry.close()

    def _session(self, place: Destination) -> Session | Problem:
        key = (place.registry, place.repository)
        if key not in self._sessions:
            self._sessions[key] = self._new(place)
        return self._sessions[key]

    def _new(self, place: Destination) -> Session | Problem:
        if place.layout is not None:
            try:
                folder = layout.open(self.here.in_workspace(place.layout), place.registry)
            except StepError as failed:
                return failed.problem
            return Session(destination=place, place=folder, identity=None)
        credential = self.logins.to_push(place.registry, place.repository)
        if isinstance(credential, Problem):
            return credential
        registry = self._registry(place.registry, credential)
        repository = Repository(registry, place.repository)
        return Session(destination=place, place=repository, identity=credential.identity, registry=registry)

    def _registry(self, host: str, credential: Credential) -> Registry:
        key = (host, credential)
        if key not in self._registries:
            log = self.here.log
            self._registries[key] = Registry(
                host,
                credential,
                network=self._network,
                ears=Ears(mask=log.mask, debug=log.debug, notice=lambda text: log.say(f"notice: {text}")),
                patient=self._patient,
                hint=self.here.ci.credentials_hint(host),
            )
        return self._registries[key]
