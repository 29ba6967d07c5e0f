"""The report as JSON: every key of interface 3 in its order, null for what is not known, no secret."""

import json
from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from pushstep.redact import Redactor
from pushstep.report.document import document, on_one_line, redacted
from pushstep.result import Report
from tests.support.reports import ID, place, reports, step

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/report.schema.json").read_text())
KEYS = {
    "report": ["version", "result", "exit", "errors", "steps"],
    "step": [
        *(
            "name",
            "title",
            "stage",
            "result",
            "reason",
            "candidate",
            "image_id",
            "digest",
            "media_type",
            "size",
        ),
        *("attempts", "duration_seconds", "conditions", "destinations", "metadata", "error"),
    ],
    "condition": ["name", "kind", "expression", "substituted", "outcome", "message"],
    "destination": [
        *("registry", "repository", "digest", "result", "identity", "error", "requests", "bytes_sent"),
        *("duration_seconds", "tags", "layers"),
    ],
    "tag": ["tag", "status", "previous_digest", "error"],
    "layer": ["digest", "size", "status", "bytes_sent"],
    "error": ["code", "message", "hint", "retryable", "path", "line", "column"],
}


@given(reports())
def test_interface_3_the_keys_and_their_order(report: Report) -> None:
    data: Any = json.loads(document(report))
    one = data["steps"][0]
    parts = {
        "report": data,
        "step": one,
        "condition": one["conditions"][0],
        "destination": one["destinations"][0],
        "tag": one["destinations"][0]["tags"][0],
        "layer": one["destinations"][0]["layers"][0],
        "error": data["errors"][0],
    }

    assert {name: list(part) for name, part in parts.items()} == KEYS
    jsonschema.validate(data, SCHEMA)


def test_interface_3_what_is_not_known_is_null() -> None:
    data: Any = json.loads(
        document(Report(result="success", exit=0, steps=(step("success", place("r.io", "pushed")),)))
    )
    there = data["steps"][0]["destinations"][0]

    unknown = ("requests", "bytes_sent", "duration_seconds", "layers", "identity", "error")
    assert {name: there[name] for name in unknown} == dict.fromkeys(unknown)
    assert data["steps"][0]["image_id"] == ID
    assert data["steps"][0]["size"] is None


@given(reports())
def test_nothing_in_it_acts_anywhere(report: Report) -> None:
    for text in (document(report), on_one_line(report)):
        assert text.isascii()
        assert all(character.isprintable() or character == "\n" for character in text)
    assert "\n" not in on_one_line(report)


@given(reports())
def test_interface_3_the_output_is_the_report_without_layers(report: Report) -> None:
    whole: Any = json.loads(document(report))
    for place_ in whole["steps"][0]["destinations"]:
        del place_["layers"]

    assert json.loads(on_one_line(report)) == whole


@given(
    report=reports(), secret=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=8, max_size=20)
)
def test_interface_4_a_secret_in_any_text_is_hidden(report: Report, secret: str) -> None:
    """The generated texts get the secret in them; pushstep's own words keep their meaning."""
    redactor = Redactor()
    redactor.add(secret)
    spoiled = redacted(report, lambda text: f"{text}{secret}")

    data: Any = json.loads(document(redacted(spoiled, redactor)))

    assert not redactor.finds(json.dumps(data, ensure_ascii=False).replace("***", ""))
    assert data["result"] == "failure"
    assert data["steps"][0]["destinations"][0]["tags"][0]["status"] == "pushed"
    jsonschema.validate(data, SCHEMA)
