"""The registries of one step: a session for each host and login, told in time of all that is needed there."""

from collections.abc import Sequence

from pushstep.errors import Problem, StepError
from pushstep.push import layout
from pushstep.push.choice import Choice
from pushstep.push.logins import Logins
from pushstep.push.place import Place
from pushstep.push.plan import Destination
from pushstep.registry.client.network import Network
from pushstep.registry.client.proxies import Proxies
from pushstep.registry.client.registry import Ears, Registry
from pushstep.registry.client.repository import Repository
from pushstep.registry.client.trust import Trust
from pushstep.registry.credentials.credential import Credential
from pushstep.step.candidate import RemoteImage
from pushstep.step.entry import Entry
from pushstep.surroundings import Here
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A destination that can be spoken to, as `identity`."""

    host: str
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
        self._network = Network(
            seconds=world.seconds, now=world.now, jitter=world.jitter, proxies=Proxies(world.environ)
        )
        self._registries: dict[tuple[str, Credential, Trust], Registry] = {}
        self._sessions: dict[tuple[str, str], Session | Problem] = {}

    def opened(self, places: Sequence[Destination]) -> list[Session | Problem]:
        """A session for each place, or why there is none. Nothing is asked yet."""
        return [self._session(place) for place in places]

    def reading(self, candidate: RemoteImage, choice: Choice) -> Repository:
        """The repository that a candidate is read from. Raises `StepError`, `InputError`."""
        host, path = candidate.host, candidate.repository
        # a login for a destination at the same registry reads there as well, unless another one is named
        same = [one for one in self._sessions.values() if isinstance(one, Session) and one.registry]
        found = (one.registry for one in same if one.host == host and not choice.source)
        registry = next(found, None)
        if registry is None:
            place = choice.reading(host)
            credential = self.logins.to_read(place, path)
            if isinstance(credential, Problem):
                raise StepError(credential)
            self.here.log.say(f"Reading from {host} as {credential.identity}")
            registry = self._registry(host, credential, place.entry)
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
        if place.key not in self._sessions:
            self._sessions[place.key] = self._new(place)
        return self._sessions[place.key]

    def _new(self, place: Destination) -> Session | Problem:
        if place.layout is not None:
            try:
                folder = layout.open(self.here.in_workspace(place.layout), place.registry)
            except StepError as failed:
                return failed.problem
            return Session(host=place.registry, place=folder, identity=None)
        credential = self.logins.to_push(place)
        if isinstance(credential, Problem):
            return credential
        registry = self._registry(place.registry, credential, place.entry)
        repository = Repository(registry, place.repository)
        return Session(host=place.registry, place=repository, identity=credential.identity, registry=registry)

    def _registry(self, host: str, credential: Credential, entry: Entry | None) -> Registry:
        trust = self._trust(entry) if entry else Trust()
        key = (host, credential, trust)
        if key not in self._registries:
            log = self.here.log
            self._registries[key] = Registry(
                host,
                credential,
                network=self._network,
                trust=trust,
                ears=Ears(mask=log.mask, debug=log.debug, notice=log.notice),
                patient=self._patient,
                hint=self.logins.advice(host),
            )
        return self._registries[key]

    def _trust(self, entry: Entry) -> Trust:
        ca, certificate, key = (
            self.here.in_workspace(path) if path else ""
            for path in (entry.ca, entry.client_cert, entry.client_key)
        )
        return Trust(ca=ca, client_cert=certificate, client_key=key, insecure=entry.insecure)
