"""The registries of a document with variables put in, asked for one by one (push-step.md 5).

What is wrong with an entry that nobody uses is nobody's business: it is raised when the entry is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from pushstep.errors import InputError, Problem, PushstepError
from pushstep.step.entry import Entry
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Entries:
    """What logical names and hosts stand for."""

    known: Mapping[str, Entry | PushstepError] = field(default_factory=lambda: MappingProxyType({}))
    """Logical name → its entry, or why there is none."""
    hosts: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    """Host → the logical names of the registries there."""
    defaults: Sequence[str] = ()
    """The names of entries that are marked as the default."""

    def __contains__(self, name: object) -> bool:
        return name in self.known

    def named(self, name: str) -> Entry:
        """The entry with this logical name, which is known. Raises `InputError`, `StepError`."""
        found = self.known[name]
        if isinstance(found, PushstepError):
            raise found
        return found

    def default(self) -> Entry | None:
        """The default registry. Raises as `named` does."""
        if len(self.defaults) > 1:
            several = ", ".join(self.defaults)
            raise _undecided(f"several registries are the default: {several}", "Mark one of them.", "default")
        return self.named(self.defaults[0]) if self.defaults else None

    def at(self, host: str, hint: str, path: str) -> Entry | None:
        """The one registry at this host; `hint` and `path` are for where it is one of several.

        Raises as `named` does.
        """
        names = self.hosts.get(host, ())
        if len(names) > 1:
            raise _undecided(f"{host} is the domain of several registries: {', '.join(names)}", hint, path)
        return self.named(names[0]) if names else None


def _undecided(message: str, hint: str, path: str) -> InputError:
    return InputError([Problem(code="conflict", message=message, hint=hint, path=path)])
