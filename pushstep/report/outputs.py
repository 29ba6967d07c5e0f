"""The outputs of a run (interface 3), from its report; pure."""

from collections.abc import Callable

from pushstep.report.document import on_one_line
from pushstep.result import DestinationResult, Report, StepResult
from pushstep.step.variables import StepOutputs


def outputs(report: Report) -> dict[str, str]:
    """Output name → value. All but `result` and `json` are empty when nothing was pushed."""
    step = next((step for step in report.steps if any(place.arrived for place in step.destinations)), None)
    return {**_pushed(step), "result": report.result, "json": on_one_line(report)}


def lines(report: Report) -> list[str]:
    """Lines of standard output: each step that succeeded, as its first `registry/repository@digest`."""
    firsts = (_first(step) for step in report.steps if step.result == "success")
    return [image for image in map(_image, firsts) if image]


def for_later_steps(step: StepResult) -> StepOutputs:
    """What later steps may ask of this one (push-step.md 3).

    A rehearsed one counts as if it had been pushed, as far as that can be known.
    """
    if {tag.status for place in step.destinations for tag in place.tags} == {"planned"}:
        registry = step.destinations[0].registry
        return StepOutputs(result="success", image_id=step.image_id or "", registry=registry)
    known = _pushed(step)
    return StepOutputs(
        result=step.result,
        image_id=known["image-id"],
        repo_digest=known["image"],
        registry=known["registry"],
    )


def without_secrets(
    values: dict[str, str], holds_secret: Callable[[str], bool]
) -> tuple[dict[str, str], list[str]]:
    """Empty every output that holds a secret of the run; returns them and the names of those emptied."""
    emptied = [name for name, value in values.items() if name != "result" and holds_secret(value)]
    return {name: "" if name in emptied else value for name, value in values.items()}, emptied


def _pushed(step: StepResult | None) -> dict[str, str]:
    first = _first(step) if step else None
    if step is None or first is None:
        return dict.fromkeys(("image-id", "digest", "image", "tags", "registry"), "")
    return {
        "image-id": step.image_id or "",
        "digest": first.digest or "",
        "image": _image(first),
        "tags": "\n".join(tag for place in step.destinations for tag in place.arrived),
        "registry": first.registry,
    }


def _first(step: StepResult) -> DestinationResult | None:
    """The first destination that succeeded; where none did, the first that holds anything."""
    arrived = [place for place in step.destinations if place.arrived]
    return next((place for place in arrived if place.result == "success"), next(iter(arrived), None))


def _image(place: DestinationResult | None) -> str:
    return f"{place.name}@{place.digest}" if place and place.digest else ""
