"""What the Docker daemon cannot push by itself, for `transport: daemon`."""

from collections.abc import Iterator
from typing import Literal

from pushstep.registry.reference import layout
from pushstep.step.raw import RawStep
from pushstep.step.validation import Finding

Transport = Literal["auto", "direct", "daemon"]

_ELSEWHERE = ("docker-archive:", "oci-archive:", "oci:", "docker://")
"""Candidates that are no images of the daemon, whatever variables stand behind."""


def conflicts(raw: RawStep, transport: Transport) -> tuple[Finding, ...]:
    """What of the step only pushstep itself can do, where the daemon is to push."""
    return tuple(_findings(raw)) if transport == "daemon" else ()


def _findings(raw: RawStep) -> Iterator[Finding]:
    candidate, registry = raw.fields.get("candidate"), raw.fields.get("registry")
    if isinstance(candidate, str) and candidate.startswith(_ELSEWHERE):
        where = candidate.partition(":")[0]
        hint = "Leave transport out; or load the image into the daemon, and give its name there."
        yield _finding(("candidate",), f"{where!r}", "pushes what the Docker daemon holds", hint)
    if raw.fields.get("platform"):
        what = "pushes an image as the daemon holds it"
        yield _finding(("platform",), "one platform", what, "Leave transport out.")
    for number, name in enumerate(registry if isinstance(registry, list) else [registry]):
        if isinstance(name, str) and layout(name) is not None:
            loc = ("registry", number) if isinstance(registry, list) else ("registry",)
            yield _finding(loc, "an image layout", "pushes to registries alone", "Leave transport out.")


def _finding(loc: tuple[str | int, ...], given: str, why: str, hint: str) -> Finding:
    what = f": {given} is given beside transport daemon, which {why}"
    return Finding(loc=loc, code="conflict", what=what, hint=hint)
