"""The report as JSON: every key of interface 3, null for what is not known, and no secret in it."""

import json
from typing import Any

import pytest
from hypothesis import given

from pushstep.conditions.decision import Condition
from pushstep.errors import Problem
from pushstep.redact import Redactor
from pushstep.report.document import document, on_one_line, redacted
from pushstep.report.markdown import summary
from pushstep.report.outputs import lines, outputs, without_secrets
from pushstep.result import Annotation, DestinationResult, LayerResult, Report, StepResult, TagResult, ToSend
from tests.support.foreign import foreign

ERROR = ["code", "message", "hint", "retryable", "path", "line", "column", "picture"]
KEYS = {
    "report": ["version", "result", "exit", "errors", "steps"],
    "step": [
        *("name", "title", "stage", "result", "reason", "candidate", "image_id", "digest", "media_type"),
        *(
            "size",
            "compression",
            "attempts",
            "duration_seconds",
            "conditions",
            "notices",
            "destinations",
            "metadata",
            "error",
        ),
    ],
    "condition": ["name", "kind", "expression", "substituted", "outcome", "message"],
    "destination": [
        *("registry", "repository", "digest", "result", "identity", "error", "requests", "bytes_sent"),
        *("duration_seconds", "tags", "layers", "to_send", "probe", "probe_notice"),
    ],
    "what is to be sent": ["layers", "of", "size", "compressed", "digest"],
    "tag": ["tag", "status", "previous_digest", "error"],
    "annotation": ["entity_type", "entity_id", "action", "name", "value", "display"],
    "layer": ["digest", "size", "status", "bytes_sent"],
}
"""Interface 3, in its order."""


def full(text: str = "x") -> Report:
    """A report with a value everywhere; `text` stands wherever a text can come from somebody else."""
    problem = Problem(
        code="denied",
        message=text,
        hint=text,
        retryable=True,
        path=text,
        line=1,
        column=2,
        picture=(text, "^"),
    )
    layer = LayerResult(digest=text, size=10, status="uploaded", bytes_sent=5)
    tags = (
        TagResult(tag=text, status="pushed", previous_digest=text),
        TagResult(tag=text, status="failed", error=problem),
    )
    place = DestinationResult(
        registry=text,
        repository=text,
        digest=text,
        result="failure",
        identity=text,
        error=problem,
        requests=3,
        bytes_sent=5,
        duration_seconds=1.5,
        tags=tags,
        layers=(layer,),
        to_send=ToSend(layers=3, of=7, size=48, compressed=True, digest=text),
        probe="refused",
        probe_notice=text,
    )
    condition = Condition(
        name=text, kind="branch", expression=text, substituted=text, outcome="true", message=text
    )
    step = StepResult(
        name=text,
        title=text,
        stage=text,
        result="failure",
        reason=text,
        candidate=text,
        image_id=text,
        digest=text,
        media_type=text,
        size=528,
        compression=text,
        attempts=1,
        duration_seconds=2.5,
        conditions=(condition,),
        notices=(text,),
        destinations=(place,),
        metadata=(Annotation(entity_type="build", entity_id=text, name=text, value=text),),
        error=problem,
    )
    return Report(result="failure", exit=1, errors=(problem,), steps=(step,))


def parts(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """One of each kind of mapping in a report."""
    (step,) = report["steps"]
    (place,) = step["destinations"]
    return {
        "report": report,
        "step": step,
        "condition": step["conditions"][0],
        "destination": place,
        "tag": place["tags"][1],
        "layer": place["layers"][0],
        "what is to be sent": place["to_send"],
        "annotation": step["metadata"][0],
        "error of the run": report["errors"][0],
        "error of the step": step["error"],
        "error of the destination": place["error"],
        "error of the tag": place["tags"][1]["error"],
    }


# --- keys ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", parts(json.loads(document(full()))))
def test_interface_3_every_key_is_there_in_order(part: str) -> None:
    assert list(parts(json.loads(document(full())))[part]) == KEYS.get(part, ERROR)


def test_interface_3_values_are_what_they_were() -> None:
    report = json.loads(document(full("é")))

    assert (report["version"], report["result"], report["exit"]) == (1, "failure", 1)
    found = parts(report)
    assert found["error of the run"] == {
        "code": "denied",
        "message": "é",
        "hint": "é",
        "retryable": True,
        "path": "é",
        "line": 1,
        "column": 2,
        "picture": ["é", "^"],
    }
    assert found["layer"] == {"digest": "é", "size": 10, "status": "uploaded", "bytes_sent": 5}
    assert found["condition"] == {
        "name": "é",
        "kind": "branch",
        "expression": "é",
        "substituted": "é",
        "outcome": "true",
        "message": "é",
    }
    assert found["annotation"] == {
        "entity_type": "build",
        "entity_id": "é",
        "action": "set",
        "name": "é",
        "value": "é",
        "display": False,
    }
    assert found["step"]["size"] == 528
    assert found["destination"]["duration_seconds"] == 1.5
    assert found["tag"]["status"] == "failed"


def test_interface_3_what_is_not_known_is_null_and_never_0() -> None:
    place = DestinationResult(
        registry="a.io", repository="b", result="failure", tags=(TagResult(tag="1", status="failed"),)
    )
    step = StepResult(name="push", title="push", result="failure", destinations=(place,))
    (found,) = json.loads(document(Report(result="failure", exit=1, steps=(step,))))["steps"]

    assert {name: value for name, value in found.items() if value is not None and name != "destinations"} == {
        "name": "push",
        "title": "push",
        "result": "failure",
        "attempts": 0,
        "conditions": [],
        "notices": [],
        "metadata": [],
    }
    (there,) = found["destinations"]
    assert {name for name, value in there.items() if value is None} == {
        *("digest", "identity", "error", "requests", "bytes_sent", "duration_seconds", "layers", "to_send"),
        *("probe", "probe_notice"),
    }
    assert there["tags"] == [{"tag": "1", "status": "failed", "previous_digest": None, "error": None}]


def test_interface_3_a_problem_without_a_place() -> None:
    report = Report(result="failure", exit=2, errors=(Problem(code="value", message="m"),))

    assert json.loads(document(report)) == {
        "version": 1,
        "result": "failure",
        "exit": 2,
        "errors": [
            {
                "code": "value",
                "message": "m",
                "hint": "",
                "retryable": False,
                "path": None,
                "line": None,
                "column": None,
                "picture": [],
            }
        ],
        "steps": [],
    }


def test_interface_3_the_json_output_is_the_report_without_layers() -> None:
    whole = json.loads(document(full()))
    for step in whole["steps"]:
        for place in step["destinations"]:
            del place["layers"]

    assert json.loads(on_one_line(full())) == whole
    assert " " not in on_one_line(full())


OWN_WORDS = {"failure", "denied", "branch", "true", "pushed", "failed", "uploaded", "build", "set"}


@given(foreign.filter(lambda text: text not in OWN_WORDS))
def test_section_4_no_text_changes_the_report_or_acts_in_it(text: str) -> None:
    on_line = on_one_line(full(text))

    assert document(full(text)).isascii()
    assert on_line.isascii()
    assert on_line.isprintable()
    assert document(full(text)).replace("\n", "").isprintable()
    assert document(full(text)).endswith("}\n")
    for found, plain in zip(
        parts(json.loads(document(full(text)))).values(),
        parts(json.loads(document(full("\ud800")))).values(),
        strict=True,
    ):
        # JSON knows no lone surrogates: two halves that meet are one character afterwards
        assert shape(found, joined(text)) == shape(plain, "\ud800")


def joined(text: str) -> str:
    return str(json.loads(json.dumps(text)))


def shape(value: object, text: str) -> object:
    """`value` with a mark in the place of `text`."""
    match value:
        case dict():
            return {name: shape(inner, text) for name, inner in value.items()}
        case list():
            return [shape(inner, text) for inner in value]
        case _:
            return "<text>" if value == text else value


# --- secrets -------------------------------------------------------------------------------------------


def test_section_4_secrets_are_taken_out_of_every_text_and_of_nothing_else() -> None:
    hide = Redactor()
    hide.add("hunter2")

    assert redacted(full("a hunter2 b"), hide) == full("a *** b")


@pytest.mark.parametrize("word", ["failure", "denied", "branch", "uploaded", "pushed", "true"])
def test_words_of_pushstep_itself_stay(word: str) -> None:
    hide = Redactor()
    hide.add(word)

    assert redacted(full("x"), hide) == full("x")


SECRETS = foreign.filter(lambda secret: len(secret) >= 4 and "*" not in secret)


@given(secret=SECRETS, around=foreign)
def test_section_4_no_secret_leaves_by_any_way(secret: str, around: str) -> None:
    hide = Redactor()
    hide.add(secret, username="bot")
    report = full(f"{around}{secret}{around}")
    clean = redacted(report, hide)

    for text in texts(json.loads(document(clean))) | texts(json.loads(on_one_line(clean))):
        assert joined(secret) not in text or text in OWN_WORDS
    # words of our own may be a secret by chance, but where it was put it has gone
    assert not hide.finds(clean.steps[0].title)
    assert summary(clean).count("***") >= 5
    values, emptied = without_secrets(outputs(report), hide.finds)
    assert set(emptied) >= {"image-id", "digest", "image", "tags", "registry", "json"}
    assert not any(secret in value for name, value in values.items() if name != "result")
    assert not any(secret in hide(line) for line in lines(report))


def texts(value: object) -> set[str]:
    """All texts in a value but the names of keys."""
    match value:
        case dict():
            return set[str]().union(*map(texts, value.values()))
        case list():
            return set[str]().union(*map(texts, value))
        case str():
            return {value}
        case _:
            return set()
