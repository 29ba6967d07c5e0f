"""One attempt at a step: find the image, then push it to every destination, whatever the others come to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pushstep.errors import Problem, StepError, Stopped
from pushstep.oci import Index, Manifest
from pushstep.push import aws, directly, remainder
from pushstep.push.aws import Repositories
from pushstep.push.candidate import Opened, opened
from pushstep.push.choice import Choice
from pushstep.push.compression import RECIPE
from pushstep.push.directly import Outcome
from pushstep.push.logins import Logins
from pushstep.push.plan import Destination, Plan, needs_names, plan
from pushstep.push.sessions import Sessions
from pushstep.push.told import not_attempted
from pushstep.registry.credentials.credential import ANONYMOUS
from pushstep.registry.credentials.ecr import creation
from pushstep.registry.reference import LocalImage
from pushstep.result import DestinationResult, Ending, StepResult
from pushstep.step.model import Options, Step
from pushstep.surroundings import Here


@dataclass(kw_only=True, slots=True)
class Attempt:
    """What an attempt starts from; `laid` is None while the candidate's names, or AWS, tell where it goes.

    What it opens stays open for the next one: `close` it.
    """

    here: Here
    step: Step
    options: Options
    choice: Choice
    laid: Plan | None
    _opened: Opened | None = None
    _root: Manifest | Index | None = None
    """What an earlier attempt has put: all places get the same."""
    _sessions: Sessions = field(init=False)

    def __post_init__(self) -> None:
        logins = Logins(here=self.here, step=self.step, options=self.options)
        # the daemon may reach what is not reached from here: asking again for a minute would only cost time
        patient = self.options.transport != "auto" or not isinstance(self.step.candidate, LocalImage)
        self._sessions = Sessions(self.here, logins, patient=patient)
        self.laid = self.laid and aws.settled(self.laid, logins.web_identity)

    def close(self) -> None:
        """Give files and connections back."""
        if self._opened:
            self._opened.close()
        self._sessions.close()

    def made(self, so_far: StepResult) -> StepResult:
        """Make it; returns `so_far` with what came of it, for which only what is missing is pushed.

        Raises `InputError`.
        """
        attempts = 0 if self.options.dry_run else so_far.attempts + 1
        result = replace(so_far, attempts=attempts, reason=None, error=None)
        try:
            with self.here.world.interrupts.raising():
                self.choice = aws.located(self.here.job.ecr, self.choice, self._sessions.logins.web_identity)
                if self.laid is None and not needs_names(self.step):
                    self.laid = self._plan(())
                if self.laid:
                    # first, so that one token is good for all of it
                    self._sessions.opened(self.laid.destinations)
                # what the candidate names is asked once
                self._opened = self._opened or opened(self.here, self.step, self._sessions, self.choice)
                image_id = self._opened.image_id
            self.laid = self.laid or self._plan(self._opened.names)
        except (StepError, Stopped) as failed:
            return self._untouched(result, failed.problem)
        if result.image_id is None:
            result = replace(result, notices=self._notices(self._opened, self.laid))
            self._introduce(self._opened, result.notices)
        result = replace(result, image_id=image_id)
        wanted = remainder.wanted(result.destinations, self.laid.destinations)
        if self.options.dry_run:
            places = _explained(wanted, self._rehearsed(self._opened, wanted))
            rehearsed = replace(result, reason="dry run: nothing was pushed", destinations=tuple(places))
            return _summed(rehearsed, "skipped")
        return _summed(self._pushed(self._opened, wanted, result), "success")

    def _plan(self, names: Sequence[str]) -> Plan:
        laid = plan(self.step, self.here.ci.context, names, self.choice)
        return aws.settled(laid, self._sessions.logins.web_identity)

    def _untouched(self, result: StepResult, problem: Problem) -> StepResult:
        wanted = remainder.wanted(result.destinations, self.laid.destinations if self.laid else ())
        places = [not_attempted(place, problem) for place in wanted]
        return replace(
            result,
            result="failure",
            reason=problem.message,
            error=problem,
            destinations=remainder.merged(result.destinations, places),
        )

    def _notices(self, found: Opened, laid: Plan) -> tuple[str, ...]:
        # what the daemon leaves out when it pushes, it tells itself
        left_out = () if self.options.transport == "daemon" else found.image.notices
        return (*laid.notices, *left_out)

    def _introduce(self, found: Opened, notices: Sequence[str]) -> None:
        say = self.here.log.say
        say(f"{self.step.title or self.step.name}: {self.step.candidate.text} is {found.image_id}")
        if self.step.description:
            say(self.step.description)
        for notice in notices:
            self.here.log.notice(notice)

    def _rehearsed(self, found: Opened, wanted: Sequence[Destination]) -> Sequence[DestinationResult]:
        def by_hand(places: Sequence[Destination]) -> Sequence[DestinationResult]:
            from pushstep.push import by_daemon  # noqa: PLC0415 - the Docker SDK is for who asks a daemon

            return by_daemon.rehearsed(self.here, self._sessions.logins, places)

        if self.options.transport == "daemon":
            return by_hand(wanted)
        outcome = directly.rehearsed(self.here, self._sessions, found.image, wanted)
        return self._fallen_back(found, outcome, by_hand)

    def _pushed(self, found: Opened, wanted: Sequence[Destination], result: StepResult) -> StepResult:
        sizes: list[int] = []
        without = self._without_repository(wanted)
        ready = [place for place in wanted if place.key not in without]

        def by_hand(places: Sequence[Destination]) -> Sequence[DestinationResult]:
            done, size = self._by_daemon(found, places)
            sizes.extend([] if size is None else [size])
            return done

        places: Sequence[DestinationResult] = ()
        if self.options.transport == "daemon":
            places = by_hand(ready)
        elif ready:
            outcome = directly.pushed(self.here, self._sessions, found.image, ready, self._root)
            self._root = self._root or outcome.root
            result = _known(result, outcome)
            places = self._fallen_back(found, outcome, by_hand)
        done = iter(_explained(ready, places))
        everywhere = [
            not_attempted(place, without[place.key]) if place.key in without else next(done)
            for place in wanted
        ]
        return replace(
            result,
            destinations=remainder.merged(result.destinations, everywhere),
            size=next(iter(sizes), result.size),
        )

    def _without_repository(self, places: Sequence[Destination]) -> Mapping[tuple[str, str], Problem]:
        """Where there is no repository to push to, though it was to be made, and why."""
        how = creation.parse(self.options.create_repository, where="create-repository")
        if how is None:
            return {}
        return Repositories(here=self.here, how=how).ensured(places)

    def _by_daemon(
        self, found: Opened, places: Sequence[Destination]
    ) -> tuple[Sequence[DestinationResult], int | None]:
        from pushstep.push import by_daemon  # noqa: PLC0415 - likewise

        daemon, image = found.in_daemon
        return by_daemon.pushed(self.here, self._sessions.logins, daemon, image, places)

    def _fallen_back(
        self,
        found: Opened,
        outcome: Outcome,
        by_hand: Callable[[Sequence[Destination]], Sequence[DestinationResult]],
    ) -> Sequence[DestinationResult]:
        """The same, with what the daemon made of places that are not reached from here (`auto`)."""
        places = self._may_fall_back(found, outcome.unreached)
        if not places or self.here.world.interrupts.stopped:
            return outcome.places
        hosts = ", ".join(dict.fromkeys(place.registry for place in places))
        names = {place.name for place in places}
        failed = (one.error for one in outcome.places if f"{one.registry}/{one.repository}" in names)
        whys = "; ".join(dict.fromkeys(error.message for error in failed if error))
        self.here.log.notice(
            f"{hosts} cannot be reached from here, so the Docker daemon pushes there ({whys})"
        )
        instead = {(one.registry, one.repository): one for one in by_hand(places)}
        return [instead.get((one.registry, one.repository), one) for one in outcome.places]

    def _may_fall_back(self, found: Opened, places: Sequence[Destination]) -> Sequence[Destination]:
        if self.options.transport != "auto" or found.local is None:
            return ()
        daemon, _ = found.local
        if not daemon.in_the_clear:
            return places
        # a credential would cross the network, which nobody asked for
        return [place for place in places if self._sessions.logins.to_push(place) is ANONYMOUS]


def _explained(
    places: Sequence[Destination], results: Sequence[DestinationResult]
) -> list[DestinationResult]:
    return [aws.explained(place, one) for place, one in zip(places, results, strict=True)]


def _known(result: StepResult, outcome: Outcome) -> StepResult:
    """What an outcome tells of the image itself."""
    root = outcome.root
    if root is None:
        return result
    return replace(
        result,
        media_type=root.media_type,
        size=len(root.content),
        compression=RECIPE if outcome.has_compressed else result.compression,
    )


def _summed(result: StepResult, otherwise: Ending) -> StepResult:
    """Sum the destinations up: a failure anywhere is the step's."""
    errors = [place.error for place in result.destinations if place.error]
    digest = next((place.digest for place in result.destinations if place.digest), None)
    if not errors:
        return replace(result, result=otherwise, digest=digest)
    first = errors[0]
    return replace(result, result="failure", reason=first.message, error=first, digest=digest)
