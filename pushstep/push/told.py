"""What has come of a delivery, as the report has it: told at any moment, also in the middle."""

from dataclasses import replace

from pushstep.errors import Problem
from pushstep.image.model import Packed, Unpacked
from pushstep.oci import Manifest
from pushstep.push.delivery import Delivery
from pushstep.push.plan import Destination
from pushstep.result import ARRIVED, DestinationResult, TagResult, TagStatus, ToSend


def result(delivery: Delivery, otherwise: Problem | None) -> DestinationResult:
    """What has come of it by now; `otherwise` is why what is not done is not."""
    problem = delivery.error.problem if delivery.error else otherwise
    tags = tuple(_tag(delivery, tag, problem) for tag in delivery.target.destination.tags)
    lacking = [tag for tag in tags if tag.status not in ARRIVED]
    layers = dict(delivery.layers)
    return DestinationResult(
        registry=delivery.host,
        repository=delivery.repository,
        digest=delivery.root.digest if delivery.root and len(lacking) < len(tags) else None,
        result="failure" if lacking else "success",
        identity=delivery.target.identity,
        error=next((tag.error for tag in lacking if tag.error), problem) if lacking else None,
        requests=delivery.place.requests,
        bytes_sent=delivery.place.bytes_sent,
        duration_seconds=round((delivery.ended or delivery.seconds()) - delivery.started, 3),
        tags=tags,
        layers=tuple(layers[one] for one in _order(delivery, list(layers)) if one in layers),
    )


def not_attempted(destination: Destination, error: Problem, identity: str | None = None) -> DestinationResult:
    """The result of a destination that was never asked, because of `error`."""
    return DestinationResult(
        registry=destination.registry,
        repository=destination.repository,
        result="failure",
        identity=identity,
        error=error,
        tags=tuple(TagResult(tag=tag, status="not_attempted") for tag in destination.tags),
    )


def rehearsed(delivery: Delivery) -> DestinationResult:
    """What it found, for a run that only asks."""
    problem = delivery.error.problem if delivery.error else None
    before = delivery.known.tags
    status: TagStatus = "not_attempted" if problem else "planned"
    return DestinationResult(
        registry=delivery.host,
        repository=delivery.repository,
        result="failure" if problem else "skipped",
        identity=delivery.target.identity,
        error=problem,
        requests=delivery.place.requests,
        tags=tuple(
            TagResult(tag=tag, status=status, previous_digest=before.get(tag))
            for tag in delivery.target.destination.tags
        ),
        to_send=None if problem else _to_send(delivery),
        probe=delivery.probed.outcome if delivery.probed else None,
        probe_notice=delivery.probed.notice if delivery.probed else None,
    )


def _tag(delivery: Delivery, tag: str, problem: Problem | None) -> TagResult:
    done = delivery.tags.get(tag)
    if done is None:
        before = delivery.known.tags.get(tag)
        return TagResult(tag=tag, status="not_attempted", previous_digest=before)
    # one that was under way when all was stopped
    return replace(done, error=problem) if done.status == "failed" and done.error is None else done


def _order(delivery: Delivery, known: list[str]) -> list[str]:
    """The layers' digests, lowest first, as far as they are known."""
    content = delivery.image.content
    made = (delivery.root,) if isinstance(content, Unpacked) else content.manifests
    layers = [layer.digest for one in made if isinstance(one, Manifest) for layer in one.layers]
    return [one for one in dict.fromkeys(layers or known) if one not in content.configurations]


def _to_send(delivery: Delivery) -> ToSend:
    content = delivery.image.content
    sizes = content.layer_sizes
    lacking = [sizes[name] for name in delivery.awaited if name in sizes]
    known = [size for size in lacking if size is not None]
    root = content.root if isinstance(content, Packed) else delivery.root
    return ToSend(
        layers=len(lacking),
        of=len(sizes),
        size=sum(known) if len(known) == len(lacking) else None,
        compressed=isinstance(content, Packed) or not lacking,
        digest=root.digest if root else None,
    )
