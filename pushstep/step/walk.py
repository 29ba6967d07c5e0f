"""Variables put into the fields of a step, and what stands in the way (push-step.md 3)."""

from collections.abc import Collection
from dataclasses import replace
from types import MappingProxyType

from pushstep.step.document import Data, Path
from pushstep.step.raw import RawStep
from pushstep.step.validation import Finding
from pushstep.step.variables import Unknown, Variables, Withheld, substitute

CREDENTIALS = ("credentials", "accessKeyId", "secretAccessKey", "sessionToken")
"""The fields that secrets of the environment may be put into."""
OPERATIONS = ("on_success", "on_fail", "on_finish")
_SHOWN = frozenset({"title", "description", "stage"})
"""Fields that only people read: what resolves to nothing stays there as it is."""


def substituted(raw: RawStep, variables: Variables) -> tuple[RawStep, "Walk"]:
    """`raw` with variables in every field but `when` and the operations, and what stood in the way."""
    walk = Walk(variables)
    fields = {
        name: data
        if name in ("when", *OPERATIONS) or (name in CREDENTIALS and raw.is_input(name))
        else walk.values(data, (name,))
        for name, data in raw.fields.items()
    }
    return replace(raw, fields=MappingProxyType(fields)), walk


class Walk:
    """Puts variables into the texts of a value, and keeps what is wrong with them.

    `findings` are mistakes; `failed` are those that an earlier step is the cause of.
    """

    def __init__(
        self, variables: Variables, *, lenient: bool = False, credentials: Collection[str] = CREDENTIALS
    ) -> None:
        self.findings: list[Finding] = []
        self.failed: list[Finding] = []
        self._variables = variables
        self._lenient = lenient
        self._credentials = credentials

    def values(self, data: Data, loc: Path) -> Data:
        """`data` with variables in its texts, but not in its keys."""
        match data:
            case str():
                return self.text(data, loc)
            case list():
                return [self.values(one, (*loc, number)) for number, one in enumerate(data)]
            case dict():
                return {key: self.values(one, (*loc, key)) for key, one in data.items()}
            case _:
                return data

    def operations(self, data: Data, loc: Path) -> Data:
        """The same for post-step operations: keys of `metadata.set` too, but not expressions."""
        match data:
            case dict():
                in_keys = loc[1:3] == ("metadata", "set")
                return {
                    self.text(key, loc) if in_keys else key: one
                    if key == "evaluate"
                    else self.operations(one, (*loc, key))
                    for key, one in data.items()
                }
            case list():
                return [self.operations(one, (*loc, number)) for number, one in enumerate(data)]
            case _:
                return self.values(data, loc)

    def text(self, text: str, loc: Path) -> str:
        """`text` with its variables."""
        in_credential = loc[0] in self._credentials
        put = substitute(text, self._variables, credential=in_credential)
        for one in put.found:
            match one:
                case Withheld() if not in_credential:
                    self.findings.append(_withheld(one, loc))
                case Unknown() if not self._lenient and loc[0] not in _SHOWN:
                    owed = one.ended in ("failure", "skipped") or _comes_with_a_push(one)
                    (self.failed if owed else self.findings).append(self._unknown(one, loc))
                case _:
                    pass
        return put.text

    def _unknown(self, one: Unknown, loc: Path) -> Finding:
        if one.ended in ("failure", "skipped"):
            what = "was skipped" if one.ended == "skipped" else "failed"
            return Finding(
                loc=loc,
                code="variable",
                what=f": {one.name} has no value, as the step that gives it {what}",
                hint="Ask for that step's result in `when`, or give the variable to the run.",
            )
        if _comes_with_a_push(one):
            what = f": {one.name} has no value before that step has pushed"
            return Finding(loc=loc, code="variable", what=what, hint="A plan cannot know it.")
        near = self._variables.nearest(one.name)
        names = f"The nearest names known: {', '.join(near)}. " if near else ""
        hint = f"{names}To give it one: `--variables {one.name}=...`."
        if not isinstance(self._variables.find(one.name), Unknown):
            hint = (
                f"Write ${{{{{one.name}}}}}: the short spelling takes nothing from the environment but CF_*."
            )
        return Finding(loc=loc, code="variable", what=f": nothing gives {one.name} a value", hint=hint)


def _comes_with_a_push(one: Unknown) -> bool:
    """Whether it is what only a real push gives, of a step that was rehearsed."""
    _, dot, member = one.name.removeprefix("steps.").partition(".")
    return one.ended == "success" and (not dot or member == "imageRepoDigest")


def _withheld(one: Withheld, loc: Path) -> Finding:
    hint = f"If it is none, give it another name: `--variables NAME=...` with the value of {one.name}."
    if loc == ("region",):
        hint = "Leave region out where the environment of AWS tells it. " + hint
    return Finding(
        loc=loc,
        code="variable",
        what=f": {one.name} looks like a secret, and goes into credential fields only",
        hint=hint,
    )
