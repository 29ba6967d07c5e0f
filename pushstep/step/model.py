"""The push step as one frozen value: every field of push-step.md 2, typed.

`FullStep` is the step as a document describes it. `Step` is what a push needs of it: the post-step operations
are not there, because they may name what the step pushed, and are typed once that is known.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from pushstep.conditions.when import When
from pushstep.registry.reference import Reference
from pushstep.step import scalars
from pushstep.step.operations import Operations, Strict
from pushstep.step.scalars import Boolean, Text, refuse

_AWAITED: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string"},
            "on": {
                "type": "array",
                "minItems": 1,
                "items": {"enum": ["success", "failure", "skipped", "finished"]},
            },
        },
    },
}
_WHEN_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "branch": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: {"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"]}}
                for name in ("only", "ignore")
            },
        },
        "condition": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: {
                    "type": "object",
                    "additionalProperties": False,
                    "patternProperties": {"^[A-Za-z0-9_]+$": {"type": "string", "minLength": 1}},
                }
                for name in ("all", "any")
            },
        },
        "steps": {
            "anyOf": [
                _AWAITED,
                *(
                    {
                        "type": "object",
                        "required": [name],
                        "additionalProperties": False,
                        "properties": {name: _AWAITED},
                    }
                    for name in ("all", "any")
                ),
            ]
        },
    },
}
"""`conditions` decides what is right; this is for editors."""

ATTEMPTS, DELAY, FACTOR = (1, 10), (0, 60), (1, 5)
"""The documented bounds of `retry`; what is beyond them is brought inside (push-step.md 2)."""

_LATER = {
    "gcp": "Hand over the token of google-github-actions/auth: `username: oauth2accesstoken` and `password`.",
    "azure": "Log in by `az acr login --expose-token`, and give username and password.",
    "dockerhub": "Give username and an access token as password.",
}
"""Methods of login that are to come → what to do until then."""


def _listed(value: object) -> object:
    """A `registry` may be a list of them."""
    if value == []:
        raise refuse("value", "is empty", "Name a host, or leave it out.")
    return [value] if isinstance(value, str) else value


def _transport(value: object) -> str:
    if value in ("auto", "direct", "daemon"):
        return str(value)
    raise refuse("value", f"{value!r} is no transport", "Write auto, direct or daemon.")


def _login(value: object) -> str:
    word = str(value).strip()
    if word in ("auto", "none", "aws", "github", "gitlab"):
        return word
    if word in _LATER:
        raise refuse("unsupported", f"{word!r} is not supported yet", _LATER[word])
    raise refuse("value", f"{value!r} is no way to log in", "Write auto, none, aws, github or gitlab.")


def _attempts(text: str) -> int:
    return int(_within(ATTEMPTS, text))


def _delay(text: str) -> float:
    return _within(DELAY, text)


def _factor(text: str) -> float:
    return _within(FACTOR, text)


def _within(bounds: tuple[int, int], text: str) -> float:
    least, most = bounds
    return min(max(scalars.number(text), least), most)


class Credentials(Strict):
    """What the user gave for the registry."""

    username: scalars.Secret
    password: scalars.Secret = Field(repr=False)


class Retry(Strict):
    """How often to try, and the first wait in seconds; without it a step is tried once."""

    max_attempts: Annotated[int, scalars.Scalar(_attempts)] = Field(
        default=1, alias="maxAttempts", description="Attempts in all, 1 to 10."
    )
    delay: Annotated[float, scalars.Scalar(_delay)] = Field(
        default=5,
        description="Seconds before the second attempt, 60 at most, to the power of exponentialFactor.",
    )
    exponential_factor: Annotated[float, scalars.Scalar(_factor)] = Field(
        default=1,
        alias="exponentialFactor",
        description="Each further wait is the one before to this power, 1 to 5; 300 seconds at most.",
    )


class Step(Strict):
    """One push step. `tags` holds bare tags or full references, never both.

    `registry` holds logical names, `oci:DIR` and hosts. What a provider ignores is still here, as the
    registry's entry may be what tells the provider.
    """

    name: str = "push"
    title: Text | None = None
    description: Text | None = None
    stage: Text | None = None
    provider: scalars.Provider | None = None
    candidate: scalars.Candidate
    tag: scalars.Tag | None = None
    tags: tuple[scalars.Target, ...] = ()
    image_name: scalars.ImageName | None = None
    registry: Annotated[
        tuple[scalars.RegistryName, ...],
        BeforeValidator(_listed),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string", "minLength": 1},
                    {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
                ]
            }
        ),
    ] = ()
    credentials: Credentials | None = None
    access_key_id: scalars.Secret | None = Field(default=None, alias="accessKeyId", repr=False)
    secret_access_key: scalars.Secret | None = Field(default=None, alias="secretAccessKey", repr=False)
    session_token: scalars.Secret | None = Field(default=None, alias="sessionToken", repr=False)
    region: scalars.Region | None = None
    role_arn: scalars.Role | None = None
    aws_session_name: scalars.SessionName | None = None
    aws_duration_seconds: scalars.Duration | None = None
    platform: scalars.PlatformName | None = None
    fail_fast: Boolean = True
    strict_fail_fast: Boolean = False
    timeout: scalars.Timeout | None = None
    when: Annotated[When, WithJsonSchema(_WHEN_SCHEMA)] = When()
    retry: Retry = Retry()
    registry_context: scalars.RegistryContext | None = None

    @property
    def references(self) -> tuple[Reference, ...]:
        """The full references in `tags`."""
        return tuple(dict.fromkeys(entry for entry in self.tags if isinstance(entry, Reference)))

    @property
    def bare_tags(self) -> tuple[str, ...]:
        """The tags to push under where no full references are given; duplicates collapse."""
        bare = [entry for entry in self.tags if isinstance(entry, str)]
        return tuple(dict.fromkeys(bare)) or (self.tag or "latest",)


class FullStep(Step):
    """A step with what is to be done after it."""

    on_success: Operations | None = None
    on_fail: Operations | None = None
    on_finish: Operations | None = None


class Options(Strict):
    """What the run was told beside the step (interface 2, "inputs beyond the schema")."""

    dry_run: Boolean = False
    transport: Annotated[Literal["auto", "direct", "daemon"], BeforeValidator(_transport)] = "auto"
    report: Text | None = None
    summary: Boolean = True
    trust_document: Boolean = False
    create_repository: Text = "false"
    """As `registry.credentials.ecr.creation` reads it."""
    github_token: scalars.Secret | None = Field(default=None, repr=False)
    login: Annotated[Literal["auto", "none", "aws", "github", "gitlab"], BeforeValidator(_login)] = "auto"
    aws_role_to_assume: scalars.Role | None = None
