"""What a push to Amazon ECR needs beside a login: its host, a repository that exists, words explained."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pushstep.errors import InputError, Problem, StepError, Stopped
from pushstep.push.choice import Choice, Chosen, Ecr
from pushstep.push.plan import Destination, Plan
from pushstep.registry.credentials.ecr import pushes, repositories
from pushstep.registry.credentials.ecr.creation import Creation
from pushstep.registry.credentials.ecr.identity import Chain, WebIdentity, fitting
from pushstep.registry.credentials.ecr.tokens import Tokens
from pushstep.registry.reference import NameFormatError
from pushstep.result import DestinationResult
from pushstep.step.entry import Entry
from pushstep.surroundings import Here
from pushstep.values import dataclass

Role = Callable[[Entry | None], WebIdentity | None]
"""The role that the job's OIDC token is exchanged for at an entry's registry, or anywhere."""


def located(tokens: Tokens, choice: Choice, role: Role) -> Choice:
    """The same with every host; AWS is asked for what was left out. Raises `InputError`, `StepError`."""
    return replace(choice, chosen=tuple(_located(tokens, one, role) for one in choice.chosen))


def _located(tokens: Tokens, chosen: Chosen, role: Role) -> Chosen:
    ecr = chosen.ecr
    if ecr is None:
        return chosen
    ecr = keyless(ecr, chosen.entry, role)
    path = f"registries.{chosen.entry.name}" if chosen.entry else "provider"
    try:
        found = ecr.registry or tokens.registry(ecr.identity, account=ecr.account, region=ecr.region)
        fitting(ecr.identity, found)
    except NameFormatError as error:
        raise InputError([Problem(code=error.code, message=str(error), hint=error.hint, path=path)]) from None
    return replace(chosen, registry=found.host, ecr=replace(ecr, registry=found))


def keyless(ecr: Ecr, entry: Entry | None, role: Role) -> Ecr:
    """The same, by the role for the job's OIDC token where one is given and no keys are."""
    assumed = role(entry) if isinstance(ecr.identity.base, Chain) else None
    return replace(ecr, identity=replace(ecr.identity, base=assumed)) if assumed else ecr


def settled(plan: Plan, role: Role) -> Plan:
    """The same for a plan, whose registries of ECR may be there by their hosts alone."""
    places = (
        replace(place, ecr=keyless(place.ecr, place.entry, role)) if place.ecr else place
        for place in plan.destinations
    )
    return replace(plan, destinations=tuple(places))


@dataclass(frozen=True, kw_only=True, slots=True)
class Repositories:
    """Makes the repositories that are missing."""

    here: Here
    how: Creation

    def ensured(self, places: Sequence[Destination]) -> Mapping[tuple[str, str], Problem]:
        """See that they exist; what stands in the way of which."""
        return {place.key: problem for place in places if (problem := self._ensured(place))}

    def _ensured(self, place: Destination) -> Problem | None:
        if place.ecr is None or place.ecr.registry is None:
            self.here.log.notice(f"create-repository: not used for {place.registry}, which is none of ECR")
            return None
        sessions, registry, identity = self.here.job.ecr.sessions, place.ecr.registry, place.ecr.identity
        try:
            with self.here.world.interrupts.raising():
                done = repositories.ensure(sessions, registry, identity, place.repository, self.how)
        except (StepError, Stopped) as failed:
            return failed.problem
        for notice in done.notices:
            self.here.log.notice(notice)
        if done.created:
            self.here.log.say(f"created the repository {place.name}")
        return None


def explained(place: Destination, result: DestinationResult) -> DestinationResult:
    """The same, with what AWS's policies lack where ECR refused something."""
    if place.ecr is None or place.ecr.registry is None or result.error is None:
        return result
    registry, identity = place.ecr.registry, place.ecr.identity

    def told(problem: Problem | None) -> Problem | None:
        return problem and pushes.explained(problem, registry, place.repository, identity)

    tags = tuple(replace(tag, error=told(tag.error)) for tag in result.tags)
    return replace(result, error=told(result.error), tags=tags)
