"""Inputs over a document's step, by the groups of push-step.md 1.

an input gives           what the document gave and is dropped
tag or tags              both
registry                 credentials, AWS fields, provider, the host in image_name
tags with references     the same, registry and image_name too: the references hold them
credentials              credentials (a password of an input completes no user name of the document)
an AWS key               all three of them
anything else            the same field
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType

from pushstep.errors import Problem
from pushstep.registry.reference import is_full, split_host
from pushstep.step.document import Data
from pushstep.step.raw import RawStep

_TAGS = {"tag", "tags"}
_KEYS = {"accessKeyId", "secretAccessKey", "sessionToken"}
_AWS = _KEYS | {"region", "role_arn", "aws_session_name", "aws_duration_seconds"}
_WITH_THE_REGISTRY = _AWS | {"credentials", "provider"}
_OF_ONE_STEP = _TAGS | _KEYS | {"candidate", "image_name", "registry", "credentials"}


def over(inputs: RawStep, steps: Sequence[RawStep]) -> tuple[tuple[RawStep, ...], tuple[Problem, ...]]:
    """The selected steps with what inputs say of them (push-step.md 1.2)."""
    merged = tuple(_over(inputs, step) for step in steps)
    return merged, tuple(_of_one_step(inputs)) if len(steps) > 1 else ()


def _of_one_step(inputs: RawStep) -> Iterator[Problem]:
    for name in inputs.fields:
        if name in _OF_ONE_STEP:
            where = _label(inputs, name)
            yield Problem(
                code="conflict",
                message=f"{where}: given for several steps at once",
                hint="Use `step-name` to say which.",
                path=where,
            )


def _over(inputs: RawStep, step: RawStep) -> RawStep:
    winners = _winners(inputs)
    kept: dict[str, Data] = {name: data for name, data in step.fields.items() if name not in winners}
    name = kept.get("image_name")
    if "registry" in inputs.fields and isinstance(name, str):
        kept["image_name"] = split_host(name)[1]
    origins = {key: one for key, one in inputs.origins.items() if key.partition(".")[0] in inputs.fields}
    notices = [
        f"{step.origins[lost].label} is not used: {_label(inputs, winners[lost])} is given"
        for lost in step.fields
        if lost in winners
    ]
    return replace(
        step,
        fields=MappingProxyType({**kept, **inputs.fields}),
        origins=MappingProxyType({**{key: step.origins[key] for key in kept}, **origins}),
        notices=(*step.notices, *notices),
    )


def _winners(inputs: RawStep) -> dict[str, str]:
    """Each field that a document's step loses → the input's field that takes its place."""
    given = inputs.fields
    winners = {name: name for name in given}
    groups = [(_TAGS, _TAGS), (_KEYS, _KEYS), ({"registry"}, _WITH_THE_REGISTRY)]
    if _has_references(inputs):
        groups.append(({"tags"}, _WITH_THE_REGISTRY | {"registry", "image_name"}))
    for causes, lost in groups:
        for cause in sorted(causes & given.keys()):
            for name in lost:
                winners.setdefault(name, cause)
    return winners


def _has_references(inputs: RawStep) -> bool:
    tags = inputs.fields.get("tags")
    return any(isinstance(tag, str) and is_full(tag) for tag in (tags if isinstance(tags, list) else ()))


def _label(inputs: RawStep, name: str) -> str:
    """What the user calls the input."""
    data = inputs.fields[name]
    # credentials are two inputs, of which one may be missing
    member = next(iter(data)) if name == "credentials" and isinstance(data, dict) else ""
    return inputs.origins[f"{name}.{member}" if member else name].label
