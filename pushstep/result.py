"""What a run came to, as one value: pushed, skipped, failed half-way, or never started.

The fields are those of the report (interface 3); what is not known is None, never 0.
"""

from typing import Literal

from pushstep.conditions.decision import Condition
from pushstep.errors import Problem
from pushstep.registry import reference
from pushstep.values import dataclass

Ending = Literal["success", "failure", "skipped"]
TagStatus = Literal["created", "moved", "unchanged", "pushed", "planned", "failed", "not_attempted"]
ProbeOutcome = Literal["may_push", "refused", "unknown"]
ARRIVED: frozenset[TagStatus] = frozenset({"created", "moved", "unchanged", "pushed"})
"""The statuses that say: the tag now points at the image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TagResult:
    """One tag at one destination."""

    tag: str
    status: TagStatus
    previous_digest: str | None = None
    error: Problem | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerResult:
    """One layer at one destination; sizes in bytes."""

    digest: str
    size: int
    status: Literal["uploaded", "mounted", "present"]
    bytes_sent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ToSend:
    """What a run that only asks found missing: `layers` of the image's layers, and their `size` in bytes."""

    layers: int
    of: int
    size: int | None
    """None: their source tells no sizes before it is read."""
    compressed: bool
    """Whether `size` is that on the wire; else they are compressed on the way."""
    digest: str | None
    """What the tags will name; None: it is known once the layers are compressed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DestinationResult:
    """One repository at one registry, or an image layout (`oci:DIR`), with all its tags."""

    registry: str
    repository: str
    digest: str | None = None
    result: Ending
    identity: str | None = None
    error: Problem | None = None
    requests: int | None = None
    bytes_sent: int | None = None
    duration_seconds: float | None = None
    tags: tuple[TagResult, ...] = ()
    layers: tuple[LayerResult, ...] | None = None
    to_send: ToSend | None = None
    probe: ProbeOutcome | None = None
    """Whether the identity may push there, as `plan --probe` was answered; None: nobody asked."""
    probe_notice: str | None = None
    """What is to be said of asking: why nobody could be asked, what is left behind."""

    @property
    def name(self) -> str:
        """What its tags and its digest stand behind: `registry/repository`, or `oci:DIR`."""
        return reference.named(self.registry, self.repository)

    @property
    def arrived(self) -> tuple[str, ...]:
        """Full references that now point at the image."""
        return tuple(f"{self.name}:{tag.tag}" for tag in self.tags if tag.status in ARRIVED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotation:
    """What a post-step operation noted on this run's build, pipeline or project, or took from it."""

    entity_type: Literal["build", "pipeline", "project"]
    entity_id: str | None = None
    action: Literal["set", "unset"] = "set"
    name: str
    value: str | None = None
    """None where the name says all."""
    display: bool = False
    """Whether it is the one to show where there is room for one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResult:
    """One step of the run. `size` is the manifest's, in bytes."""

    name: str
    title: str
    stage: str | None = None
    result: Ending
    reason: str | None = None
    candidate: str | None = None
    image_id: str | None = None
    digest: str | None = None
    media_type: str | None = None
    size: int | None = None
    compression: str | None = None
    """The recipe of what was compressed on the way: who repeats it gets the same bytes. None: nothing was."""
    attempts: int = 0
    duration_seconds: float | None = None
    conditions: tuple[Condition, ...] = ()
    notices: tuple[str, ...] = ()
    """Sentences about what was filled in, and about what of the image is left out."""
    destinations: tuple[DestinationResult, ...] = ()
    metadata: tuple[Annotation, ...] = ()
    error: Problem | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The whole run."""

    version: Literal[1] = 1
    result: Ending
    exit: int
    errors: tuple[Problem, ...] = ()
    steps: tuple[StepResult, ...] = ()
