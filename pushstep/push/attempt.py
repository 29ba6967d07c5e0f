"""One attempt at a step: find the image, then push it to every destination, whatever the others come to."""

from dataclasses import dataclass, replace

from pushstep.errors import Problem, StepError, Stopped
from pushstep.image.daemon import Daemon, Image, Patience, connect
from pushstep.push import daemon as transport
from pushstep.push import remainder
from pushstep.push.plan import Destination, Plan, plan
from pushstep.registry.credentials import keychain
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from pushstep.result import DestinationResult, Ending, StepResult, TagResult
from pushstep.step.model import Options, Step
from pushstep.surroundings import Here


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What an attempt starts from; `laid` is None while the candidate's names decide where it goes."""

    here: Here
    step: Step
    options: Options
    laid: Plan | None

    def made(self, so_far: StepResult) -> StepResult:
        """Make it; returns `so_far` with what came of it, for which only what is missing is pushed.

        Raises `InputError`.
        """
        attempts = 0 if self.options.dry_run else so_far.attempts + 1
        result = replace(so_far, attempts=attempts, reason=None, error=None)
        try:
            with self.here.world.interrupts.raising():
                daemon = self._daemon()
                # what the candidate names is asked once
                image = daemon.find(result.image_id or self.step.candidate.text)
        except (StepError, Stopped) as failed:
            return self._untouched(result, failed.problem)
        laid = self.laid or plan(self.step, self.here.ci.context, image.names)
        if result.image_id is None:
            self._introduce(image, laid)
        result = replace(result, image_id=image.image_id)
        return (
            self._rehearsed(result, laid)
            if self.options.dry_run
            else self._pushed(result, laid, daemon, image)
        )

    def _untouched(self, result: StepResult, problem: Problem) -> StepResult:
        wanted = remainder.wanted(result.destinations, self.laid.destinations if self.laid else ())
        places = [transport.not_attempted(place, problem) for place in wanted]
        return replace(
            result,
            result="failure",
            reason=problem.message,
            error=problem,
            destinations=remainder.merged(result.destinations, places),
        )

    def _daemon(self) -> Daemon:
        world = self.here.world
        patience = Patience(seconds=world.seconds, sleep=world.sleep, say=self.here.log.say)
        return connect(world.environ, self.here.ci.daemon_hint(), patience)

    def _introduce(self, image: Image, laid: Plan) -> None:
        say = self.here.log.say
        say(f"{self.step.title or self.step.name}: {self.step.candidate.text} is {image.image_id}")
        if self.step.description:
            say(self.step.description)
        for notice in laid.notices:
            say(f"notice: {notice}")

    def _rehearsed(self, result: StepResult, laid: Plan) -> StepResult:
        places = tuple(self._planned(place) for place in laid.destinations)
        return self._summed(
            replace(result, reason="dry run: nothing was pushed", destinations=places), "skipped"
        )

    def _planned(self, place: Destination) -> DestinationResult:
        credential = self._credential(place)
        if isinstance(credential, Problem):
            return transport.not_attempted(place, credential)
        for tag in place.tags:
            self.here.log.say(f"would push {place.name}:{tag} as {credential.identity}")
        return DestinationResult(
            registry=place.registry,
            repository=place.repository,
            result="skipped",
            identity=credential.identity,
            tags=tuple(TagResult(tag=tag, status="planned") for tag in place.tags),
        )

    def _pushed(self, result: StepResult, laid: Plan, daemon: Daemon, image: Image) -> StepResult:
        interrupts = self.here.world.interrupts
        how = transport.Transport(
            daemon=daemon,
            say=self.here.log.say,
            seconds=self.here.world.seconds,
            raising=interrupts.raising,
            stopped=lambda: interrupts.stopped is not None,
            no_login_hint=self.here.ci.credentials_hint,
        )
        places: list[DestinationResult] = []
        sizes: list[int] = []
        refused: dict[str, Problem] = {}
        for place in remainder.wanted(result.destinations, laid.destinations):
            credential = refused.get(place.registry) or self._credential(place)
            if isinstance(credential, Problem):
                places.append(transport.not_attempted(place, credential))
                continue
            if daemon.in_the_clear and credential is not ANONYMOUS:
                self.here.log.caution(
                    f"the credential for {place.registry} goes to {daemon.address} unencrypted"
                )
            with self.here.log.section("push", f"Pushing to {place.name} as {credential.identity}"):
                done, size = transport.push(how, image, place, credential)
            places.append(done)
            sizes += [] if size is None else [size]
            if done.error and done.error.code == "login":
                refused[place.registry] = done.error
        known = replace(
            result,
            destinations=remainder.merged(result.destinations, places),
            size=next(iter(sizes), result.size),
        )
        return self._summed(known, "success")

    def _credential(self, place: Destination) -> Credential | Problem:
        """Find whose login to use, or why there is none to use: a broken source, or a signal."""
        given = self.step.credentials
        wanted = keychain.Wanted(
            host=place.registry,
            repository=place.repository,
            username=given.username if given else "",
            password=given.password if given else "",
            github_token=self.options.github_token or "",
            context=self.here.ci.context,
            machine=self.here.machine,
        )
        try:
            with self.here.world.interrupts.raising():
                found = keychain.find(wanted)
        except (StepError, Stopped) as failed:
            return failed.problem
        if found.credential.secret:
            self.here.log.mask(found.credential.secret, username=found.credential.username)
        for notice in found.notices:
            self.here.log.say(f"notice: {notice}")
        return found.credential

    def _summed(self, result: StepResult, otherwise: Ending) -> StepResult:
        """Sum the destinations up: a failure anywhere is the step's."""
        errors = [place.error for place in result.destinations if place.error]
        digest = next((place.digest for place in result.destinations if place.digest), None)
        if not errors:
            return replace(result, result=otherwise, digest=digest)
        first = errors[0]
        return replace(result, result="failure", reason=first.message, error=first, digest=digest)
