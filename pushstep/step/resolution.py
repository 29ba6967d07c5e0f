"""From a step as it was read to a typed one (push-step.md 1.3).

RawStep ── check ──▶ every problem of a literal value, before anything runs
   ├────── to_mask ──▶ what must never be shown, before anything is
   ├────── resolve ──▶ Step, once `when` has said that it runs
   └────── operations ──▶ Operations, once the step has ended
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from pushstep.conditions.decision import RegexEngine
from pushstep.conditions.when import When, parse_when
from pushstep.conditions.when import check as check_when
from pushstep.errors import InputError, Problem, StepError
from pushstep.step import scalars
from pushstep.step.across import across
from pushstep.step.destinations import UNNAMED, Kinds
from pushstep.step.document import Data, Path, texts
from pushstep.step.model import FullStep, Retry, Step
from pushstep.step.operations import Operations, Strict
from pushstep.step.placeholders import holds_variable
from pushstep.step.raw import RawStep
from pushstep.step.scalars import Known
from pushstep.step.transport import Transport, conflicts
from pushstep.step.validation import Finding, may_change, validated
from pushstep.step.variables import Variables, Withheld, substitute
from pushstep.step.walk import CREDENTIALS, OPERATIONS, Walk, substituted

_LOOSE = frozenset({"yes", "no", "on", "off", "1", "0"})


def check(
    raw: RawStep,
    engine: RegexEngine,
    names: Collection[str] = (),
    kinds: Kinds = UNNAMED,
) -> tuple[Problem, ...]:
    """Everything that is wrong with the step's literal values; `names` are those of the document's steps.

    What a variable may still change is left to `resolve`; so are names of registries that are not among
    `kinds`.
    """
    when, problems = when_of(raw)
    others = [name for name in names if name != raw.name] if when.steps.steps else []
    patterns = [raw.own_problem(problem) for problem in check_when(when, engine, others)]
    given = {**raw.fields, "name": raw.name, "when": when}
    _, findings = validated(FullStep, given, Known(registries=kinds.named, is_early=True))
    literal = [finding for finding in findings if not may_change(finding, raw.fields)]
    return (
        *map(raw.problem, across(raw.fields, kinds)),
        *problems,
        *patterns,
        *map(raw.problem, (*literal, *_beside(raw))),
    )


class Outline(Strict):
    """What of a step counts before it is typed whole, and where that is not possible."""

    title: scalars.Text | None = None
    stage: scalars.Text | None = None
    candidate: scalars.Text | None = None
    fail_fast: scalars.Boolean = True
    strict_fail_fast: scalars.Boolean = False
    retry: Retry = Retry()


def outline(raw: RawStep, variables: Variables) -> Outline:
    """The step's outline; a value that makes no sense is as if left out, since `resolve` will tell of it."""
    walk = Walk(variables, lenient=True)
    fields = {
        name: walk.values(raw.fields[name], (name,)) for name in Outline.model_fields if name in raw.fields
    }
    value, findings = validated(Outline, fields)
    wrong = {finding.loc[0] for finding in findings}
    good, _ = validated(Outline, {name: data for name, data in fields.items() if name not in wrong})
    return value or good or Outline()


def when_of(raw: RawStep) -> tuple[When, tuple[Problem, ...]]:
    """The step's conditions, with every problem of their shape; a `when` with problems excludes nothing."""
    if "when" not in raw.fields:
        return When(), ()
    when, problems = parse_when(raw.fields["when"])
    return when, tuple(map(raw.own_problem, problems))


def resolve(
    raw: RawStep, variables: Variables, kinds: Kinds = UNNAMED, transport: Transport = "auto"
) -> Step:
    """Put variables into `raw` and type it; `kinds` are those of the registries that exist.

    Raises `StepError` where an earlier step should have given a value and did not, else `InputError` with
    every problem, also of what `transport` cannot do.
    """
    put, walk = substituted(raw, variables)
    step, findings = typed(put, kinds)
    if walk.failed:
        raise StepError(raw.problem(walk.failed[0]))
    first = [*conflicts(put, transport), *walk.findings]
    told = {finding.loc for finding in first}
    more = [
        finding
        for finding in findings
        if not any(finding.loc[:length] in told for length in range(1, len(finding.loc) + 1))
    ]
    findings = [*first, *more]
    if step is None or findings:
        raise InputError(map(raw.problem, findings))
    return step


def typed(raw: RawStep, kinds: Kinds = UNNAMED) -> tuple[Step | None, list[Finding]]:
    """The step of a `raw` without variables, or everything that is wrong with it."""
    given = {name: data for name, data in raw.fields.items() if name not in OPERATIONS}
    step, findings = validated(
        Step, {**given, "name": raw.name, "when": when_of(raw)[0]}, Known(registries=kinds.named)
    )
    findings = [*across(raw.fields, kinds), *findings, *_beside(raw)]
    return None if findings else step, findings


def later_remarks(raw: RawStep, variables: Variables, kinds: Kinds) -> Iterator[str]:
    """The remarks on `raw` that there are only once variables are put in."""
    said = raw.remarks(kinds)
    put, _ = substituted(raw, variables)
    yield from (remark for remark in put.remarks(kinds) if remark not in said)


def unnamed(raw: RawStep, registries: Collection[str]) -> Iterator[str]:
    """Sentences about logical names of registries that are not among `registries`."""
    given, context = raw.fields.get("registry"), raw.fields.get("registry_context")
    listed: Mapping[Path, Data] = {("registry",): given}
    if isinstance(given, list):
        listed = {("registry", number): one for number, one in enumerate(given)}
    for loc, name in {**listed, ("registry_context",): context}.items():
        literal = isinstance(name, str) and name.strip() and not holds_variable(name)
        if literal and name not in registries and not scalars.is_place(str(name)):
            what = f": the run must have a registry with the logical name {name!r}"
            yield raw.problem(Finding(loc=loc, code="reference", what=what)).message


def operations(
    raw: RawStep, variables: Variables, ending: Literal["success", "failure"]
) -> tuple[Operations, ...]:
    """What is to be done after the step, in this order; raises `InputError`.

    `variables` knows what the step itself pushed. What resolves to nothing stays as it is, and expressions
    keep their placeholders.
    """
    names = ["on_success" if ending == "success" else "on_fail", "on_finish"]
    walk = Walk(variables, lenient=True)
    fields = {name: walk.operations(raw.fields[name], (name,)) for name in names if name in raw.fields}
    whole, findings = validated(FullStep, {"candidate": "none", **fields})
    if whole is None or walk.findings:
        raise InputError(map(raw.problem, (*walk.findings, *findings)))
    done = {"on_success": whole.on_success, "on_fail": whole.on_fail, "on_finish": whole.on_finish}
    return tuple(one for one in (done[name] for name in names) if one is not None)


def to_mask(raw: RawStep, variables: Variables) -> frozenset[str]:
    """Every value that must never be shown, to be masked before anything else is done with the step."""
    secrets = set(variables.secrets())
    for name in CREDENTIALS:
        for loc, text in texts(raw.fields.get(name), (name,)):
            put = None if raw.is_input(name) else substitute(text, variables, credential=True)
            secrets.update(one.value for one in (put.found if put else ()) if isinstance(one, Withheld))
            if loc != ("credentials", "username"):
                secrets.add(put.text if put else text)
    return frozenset(secrets - {""})


def _beside(raw: RawStep) -> Iterator[Finding]:
    """Rules of documents that a step alone does not know."""
    stage = raw.fields.get("stage")
    if (
        raw.stages is not None
        and isinstance(stage, str)
        and not holds_variable(stage)
        and stage not in raw.stages
    ):
        known = ", ".join(raw.stages) or "none"
        yield Finding(
            loc=("stage",), code="value", what=f": {stage!r} is not in stages", hint=f"Listed: {known}."
        )
    strict = raw.fields.get("strict_fail_fast")
    if isinstance(strict, str) and not raw.is_input("strict_fail_fast") and strict.lower() in _LOOSE:
        what = f": {strict!r} is neither true nor false"
        yield Finding(loc=("strict_fail_fast",), code="value", what=what, hint="Write true or false.")
