"""What is understood and this version does not do yet: the one place to strike things out of.

Asked only where a step is about to run, before and after its variables are put in.
"""

from collections.abc import Iterator

from pushstep.errors import Problem
from pushstep.step.raw import RawStep
from pushstep.step.validation import Finding

_LOAD = "Load the image into the Docker daemon and give its name."
_CANDIDATES = ("docker-archive:", "oci-archive:", "oci:", "docker://")
_FIELDS = {
    "role_arn": "Log in to ECR and give username and password.",
    "platform": "Push an image of one platform.",
    "timeout": "Give the job a limit.",
    "retry": "Run the step again.",
    "on_success": "Read the outputs in a later step.",
    "on_fail": "Read the outputs in a later step.",
    "on_finish": "Read the outputs in a later step.",
    "registry_context": _LOAD,
}


def unsupported(raw: RawStep) -> tuple[Problem, ...]:
    """What the step asks for in vain."""
    return tuple(raw.problem(finding) for finding in _findings(raw))


def _findings(raw: RawStep) -> Iterator[Finding]:
    candidate, registry = raw.fields.get("candidate"), raw.fields.get("registry")
    if raw.fields.get("provider") == "ecr":
        yield _not_yet(("provider",), "'ecr'", "Log in to ECR and give username and password.")
    if isinstance(candidate, str) and candidate.startswith(_CANDIDATES):
        transport = candidate.partition(":")[0]
        yield _not_yet(("candidate",), f"a candidate from {transport!r}", _LOAD)
    for number, name in enumerate(registry if isinstance(registry, list) else []):
        if isinstance(name, str) and name.startswith("oci:"):
            yield _not_yet(("registry", number), "an image layout as destination", "Name a host.")
    if isinstance(registry, str) and registry.startswith("oci:"):
        yield _not_yet(("registry",), "an image layout as destination", "Name a host.")
    for name, hint in _FIELDS.items():
        if raw.fields.get(name):
            yield _not_yet((name,), name, hint)


def _not_yet(loc: tuple[str | int, ...], what: str, hint: str) -> Finding:
    return Finding(loc=loc, code="unsupported", what=f": {what} is not supported yet", hint=hint)
