"""A registries document: logical names, each with what is known of its registry (push-step.md 5).

    registries:
      my-registry: {domain: dtr.example.com, username: "${{DTR_USER}}", password: "${{DTR_PASSWORD}}"}

read ──▶ Registries ── problems ──▶ what is wrong whatever the variables are, before anything runs
             ├────── to_mask ──▶ what must never be shown
             └────── entries ──▶ Entries, once a step is about to run
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from types import MappingProxyType

from pushstep.errors import InputError, Problem, PushstepError, StepError
from pushstep.registry import reference
from pushstep.registry.reference import HUB, NameFormatError
from pushstep.step import entry, scalars
from pushstep.step.destinations import Kinds
from pushstep.step.document import Data, Document, DocumentError, Path, load, texts
from pushstep.step.entries import Entries
from pushstep.step.entry import Body, Entry
from pushstep.step.placeholders import holds_variable
from pushstep.step.raw import located, placed, render
from pushstep.step.reading import Reading
from pushstep.step.validation import Finding, may_change, validated
from pushstep.step.variables import Variables, Withheld, substitute
from pushstep.step.walk import Walk
from pushstep.values import dataclass

_EXAMPLE = "Write `registries:`, and below it `NAME: {domain: HOST}` for each."
_NAME = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?")
_LONGEST_NAME = 150


@dataclass(frozen=True, kw_only=True, slots=True)
class Registries:
    """What was read, with variables still in place."""

    document: Document | None = None
    bodies: Mapping[str, Mapping[str, Data]] = field(default_factory=lambda: MappingProxyType({}))
    """Logical name → the fields of its entry."""
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All logical names."""
        return tuple(self.bodies)

    @property
    def kinds(self) -> Kinds:
        """What kinds of registries they are, and where."""
        marked = [body for body in self.bodies.values() if "default" in body]
        undecided = any(holds_variable(body["default"]) for body in marked)
        kinds = {"" if undecided else _provider(body) for body in marked if not _is_false(body["default"])}
        return Kinds(
            named={name: _provider(body) for name, body in self.bodies.items()},
            default=next(iter(kinds), "docker") if len(kinds) < 2 else "",  # noqa: PLR2004 - more than one
            hosts=MappingProxyType(
                {name: host for name, body in self.bodies.items() if (host := _literal_host(body))}
            ),
        )

    def texts(self) -> Iterator[str]:
        """Every text in which a variable may stand."""
        for body in self.bodies.values():
            for data in body.values():
                yield from (text for _, text in texts(data, ()))

    def to_mask(self, variables: Variables) -> frozenset[str]:
        """Every value that must never be shown."""
        secrets: set[str] = set()
        for body in self.bodies.values():
            for name in entry.CREDENTIALS:
                for _, text in texts(body.get(name), (name,)):
                    put = substitute(text, variables, credential=True)
                    secrets.update(one.value for one in put.found if isinstance(one, Withheld))
                    secrets.update([] if name == "username" else [put.text])
        return frozenset(secrets - {""})

    def entries(self, variables: Variables) -> Entries:
        """The entries as a step sees them that is about to run."""
        known: dict[str, Entry | PushstepError] = {}
        hosts: dict[str, list[str]] = {}
        defaults = []
        for name, body in self.bodies.items():
            walk = Walk(variables, credentials=entry.CREDENTIALS)
            put = {key: walk.values(data, (key,)) for key, data in body.items()}
            known[name] = self._typed(name, put, walk)
            if host := _host(known[name], put):
                hosts.setdefault(host, []).append(name)
            if not _is_false(put.get("default", "false")):
                defaults.append(name)
        return Entries(known=known, hosts=hosts, defaults=defaults)

    def _typed(self, name: str, put: Mapping[str, Data], walk: Walk) -> Entry | PushstepError:
        if walk.failed:
            return StepError(self._problem(name, walk.failed[0]))
        value, findings = validated(Entry, {**put, "name": name})
        told = {finding.loc for finding in walk.findings}
        more = [finding for finding in (*entry.across(put), *findings) if finding.loc not in told]
        wrong = [self._problem(name, finding) for finding in (*walk.findings, *more)]
        return InputError(wrong) if wrong or value is None else value

    def _problem(self, name: str, finding: Finding) -> Problem:
        return _located(self.document, ("registries", name), finding)


def read(text: str, *, name: str) -> Registries:
    """Read a document, `name` is what its user calls it; what is wrong with it is in `problems`."""
    try:
        document = load(text, name=name)
    except DocumentError as error:
        return Registries(problems=tuple(placed(problem, name) for problem in error.problems))
    reading = Reading(document=document)
    bodies = _bodies(reading)
    problems = [*reading.problems, *_problems(document, bodies)]
    notices = (
        f"{render(('registries', logical, *finding.loc))}{finding.what}"
        for logical, body in bodies.items()
        for finding in entry.ignored(body)
    )
    return Registries(
        document=document,
        bodies=MappingProxyType(bodies),
        problems=tuple(sorted(problems, key=lambda one: (one.line or 0, one.column or 0))),
        notices=tuple(notices),
    )


def _bodies(reading: Reading) -> dict[str, Mapping[str, Data]]:
    data = reading.document.data
    if not isinstance(data, dict) or "registries" not in data:
        reading.problem((), "value", ": there are no `registries` in it", _EXAMPLE)
        return {}
    for key in data:
        if key != "registries":
            reading.problem((key,), "unknown", ": no such field", _EXAMPLE)
    listed = data["registries"]
    if not isinstance(listed, dict):
        reading.problem(("registries",), "value", " is no mapping", _EXAMPLE)
        return {}
    bodies: dict[str, Mapping[str, Data]] = {}
    for name, body in listed.items():
        where = ("registries", name)
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name) or holds_variable(name):
            hint = f"1 to {_LONGEST_NAME} characters, no variables, no blanks around it."
            reading.problem(where, "value", f": {name[:200]!r} is no name of a registry", hint)
        if isinstance(body, dict):
            bodies[name] = MappingProxyType(body)
        else:
            reading.problem(where, "value", " is no mapping", "Write `NAME: {domain: HOST}`.")
    return bodies


def _problems(document: Document, bodies: Mapping[str, Mapping[str, Data]]) -> Iterator[Problem]:
    for name, body in bodies.items():
        _, findings = validated(Body, body)
        literal = [finding for finding in findings if not may_change(finding, body)]
        for finding in (*entry.across(body), *literal):
            yield _located(document, ("registries", name), finding)
    marked = [name for name, body in bodies.items() if _is_true(body.get("default"))]
    for name in marked[1:]:
        lines = [document.spot(("registries", one, "default")).line for one in (marked[0], name)]
        what = f": {marked[0]} and {name} are both the default, in lines {lines[0]} and {lines[1]}"
        finding = Finding(loc=("default",), code="conflict", what=what, hint="Keep one of them.")
        yield _located(document, ("registries", name), finding)


def _host(found: Entry | PushstepError, put: Mapping[str, Data]) -> str | None:
    """Where the registry is, as far as that can be told of an entry with something wrong in it."""
    if isinstance(found, Entry):
        return found.host
    return _literal_host(put)


def _literal_host(body: Mapping[str, Data]) -> str | None:
    domain = body.get("domain", HUB if _provider(body) == "docker" else None)
    with suppress(NameFormatError):
        return reference.host(domain.strip()) if isinstance(domain, str) else None
    return None


def _provider(body: Mapping[str, Data]) -> str:
    provider = body.get("provider", "docker")
    if not isinstance(provider, str) or holds_variable(provider):
        return ""
    return "ecr" if provider == "ecr" else "docker"


def _is_true(data: Data) -> bool:
    return isinstance(data, str) and data.strip().lower() in scalars.TRUE


def _is_false(data: Data) -> bool:
    return isinstance(data, str) and data.strip().lower() in scalars.FALSE


def _located(document: Document | None, where: Path, finding: Finding) -> Problem:
    path = (*where, *finding.loc)
    return located(finding.at(render(path)), document, path)
