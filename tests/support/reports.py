"""Reports for tests: made of little, and generated with foreign text in every field that can hold it."""

from hypothesis import strategies as st

from pushstep.conditions.decision import Condition
from pushstep.errors import Problem
from pushstep.result import DestinationResult, Ending, LayerResult, Report, StepResult, TagResult, TagStatus
from tests.support.formats import NASTY

ID = f"sha256:{'1' * 64}"
DIGEST = f"sha256:{'2' * 64}"
OTHER_DIGEST = f"sha256:{'3' * 64}"

foreign = st.lists(
    st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=[]), max_size=6), max_size=8
).map("".join)
"""Text that people and registries may send, meant to do harm."""


def place(
    host: str, *statuses: TagStatus, result: Ending = "success", digest: str | None = DIGEST
) -> DestinationResult:
    """A destination whose tags `t0`, `t1` ... have these statuses."""
    tags = tuple(TagResult(tag=f"t{number}", status=status) for number, status in enumerate(statuses))
    return DestinationResult(registry=host, repository="a/b", digest=digest, result=result, tags=tags)


def step(result: Ending, *places: DestinationResult, name: str = "push") -> StepResult:
    """A step with these destinations."""
    return StepResult(name=name, title=name, result=result, image_id=ID, destinations=places)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report of one step that failed half-way, with foreign text wherever text can stand."""
    problem = Problem(code="registry", message=draw(foreign), hint=draw(foreign), path=draw(foreign))
    condition = Condition(
        name=draw(foreign),
        kind="branch",
        expression=draw(foreign),
        substituted=draw(foreign),
        outcome="true",
        message=draw(foreign),
    )
    layer = LayerResult(digest=DIGEST, size=1, status="uploaded", bytes_sent=1)
    places = (
        DestinationResult(
            registry="r.example",
            repository="a/b",
            digest=DIGEST,
            result="failure",
            identity=draw(foreign),
            error=problem,
            tags=(TagResult(tag="1", status="pushed"), TagResult(tag="2", status="failed", error=problem)),
            layers=(layer,),
        ),
    )
    one = StepResult(
        name=draw(foreign),
        title=draw(foreign),
        stage=draw(foreign),
        result="failure",
        reason=draw(foreign),
        candidate=draw(foreign),
        image_id=ID,
        conditions=(condition,),
        destinations=places,
        error=problem,
    )
    return Report(result="failure", exit=1, errors=(problem,), steps=(one,))
