"""The JSON Schema of a step document, for editors: the three shapes, and every field with its description."""

from typing import Any

from pushstep.fields import FIELDS
from pushstep.step.body import ALIASES, MEANINGLESS, REFUSED
from pushstep.step.model import FullStep
from pushstep.step.shapes import MEANINGLESS_IN_GROUP

Schema = dict[str, Any]

_NAME = r"^[^.#$\[\]]{1,150}$"
_MEANINGLESS: Schema = {"deprecated": True, "description": "Means nothing here."}
_ENDINGS = ("on_success", "on_fail", "on_finish")


def schema() -> Schema:
    """The schema; its keywords mean the same in drafts 7 and 2020-12, as editors know one or the other."""
    made = _without_titles(FullStep.model_json_schema(by_alias=True))
    definitions: Schema = made["$defs"]
    fields = _fields(made["properties"])
    credentials = definitions["Credentials"]["properties"]
    for name, one in credentials.items():
        credentials[name] = {**one, **_described(f"credentials.{name}")}
    known = {**fields, **_beside(definitions["Operations"]["properties"])}
    arguments = {"type": "object", "additionalProperties": False, "properties": known}
    known = {**known, "type": {"pattern": "^push(:.*)?$"}, "arguments": arguments}
    gives = {name: fields[name] for name in ("fail_fast", "strict_fail_fast", *ALIASES)}
    definitions |= {
        "step": _object(known),
        "group": _object(
            {
                "type": {"const": "parallel"},
                "steps": _steps("any"),
                **{name: fields[name] for name in ("title", "description", "stage", "timeout")},
                **dict.fromkeys(MEANINGLESS_IN_GROUP, _MEANINGLESS),
                **gives,
            }
        ),
        "any": {
            "type": "object",
            "if": {"required": ["type"], "properties": {"type": {"pattern": "^push(:.*)?$"}}},
            "then": {"$ref": "#/$defs/step"},
            "else": {
                "if": {"required": ["type"], "properties": {"type": {"const": "parallel"}}},
                "then": {"$ref": "#/$defs/group"},
            },
        },
    }
    pipeline = {
        "type": "object",
        "required": ["steps"],
        "properties": {
            "version": {"description": "Version of the pipeline's format."},
            "steps": _steps("any"),
            "stages": {"type": "array", "items": {"type": "string"}, "description": "Groups of steps."},
            "mode": {"enum": ["sequential", "parallel"]},
            "indicators": {"description": "A place for anchors."},
            **gives,
        },
    }
    several = {**_steps("any"), "minProperties": 1, "not": {"required": ["steps"]}}
    several["patternProperties"][_NAME] = {"allOf": [{"required": ["type"]}, {"$ref": "#/$defs/any"}]}
    one = _object({**known, "name": {"type": "string", "pattern": _NAME, "description": "Name of the step."}})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pushstep",
        "description": "A push step, several by their names, or the pipeline they are in.",
        "anyOf": [pipeline, several, one],
        "$defs": definitions,
    }


def _fields(properties: Schema) -> Schema:
    fields = {
        name: {**_not_null(one, keep=name == "timeout"), **_described(name)}
        for name, one in properties.items()
        if name != "name"
    }
    aliases = {alias: {**fields[name], "deprecated": True} for alias, name in ALIASES.items()}
    return {**fields, **aliases}


def _beside(operations: Schema) -> Schema:
    """What a step may hold that is no field of ours."""
    hook = {**operations, "annotation": operations["annotations"]}
    return {
        "hooks": {
            **_object({name: _object(hook) for name in _ENDINGS}),
            "description": "The newer spelling of on_success, on_fail and on_finish.",
        },
        **dict.fromkeys(MEANINGLESS, _MEANINGLESS),
        **{
            name: {"deprecated": True, "not": {}, "description": f"Does not work here. {instead}"}
            for name, instead in REFUSED.items()
        },
    }


def _described(name: str) -> Schema:
    """Description of a field, which is that of the input."""
    if name == "credentials":
        return {"description": "User name and password for the registry."}
    return {"description": next(one.help for one in FIELDS if one.schema == name)}


def _object(properties: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _steps(definition: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {_NAME: {"$ref": f"#/$defs/{definition}"}},
    }


def _not_null(one: Schema, *, keep: bool) -> Schema:
    """Without the null that stands for "not given" in the model, and without its default."""
    choices = [choice for choice in one.get("anyOf", []) if keep or choice != {"type": "null"}]
    rest = {key: value for key, value in one.items() if key not in ("anyOf", "default")}
    return {**rest, **(choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})}


def _without_titles(made: Schema) -> Schema:
    """Without the names that pydantic makes of Python's."""
    for part in (made, *made["$defs"].values()):
        part.pop("title", None)
        part["properties"] = {
            name: {key: value for key, value in one.items() if key != "title"}
            for name, one in part["properties"].items()
        }
    for part in made["$defs"].values():
        part["properties"] = {name: _not_null(one, keep=False) for name, one in part["properties"].items()}
    return made
