"""What was measured: figures of each client, and what they had to be."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.measure import Ran


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What came to the registries, in a run whose time does not count."""

    requests: int
    sent: int
    """Bytes in bodies of requests."""
    uploaded: int
    """Those of layers and configuration among them."""
    by_kind: dict[str, int]
    """`PUT upload` → how many."""


@dataclass(kw_only=True)
class Side:
    """One client in one row."""

    name: str
    runs: list[Ran] = field(default_factory=list)
    counted: Counted | None = None
    error: str = ""

    @property
    def seconds(self) -> list[float]:
        """Of each round."""
        return [one.seconds for one in self.runs]

    @property
    def median(self) -> float:
        """Of the rounds."""
        return median(self.seconds)

    @property
    def megabytes(self) -> float:
        """Memory it had at most in any round."""
        return max(one.megabytes for one in self.runs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that had to be."""

    what: str
    value: float
    limit: float
    exact: bool = False
    """Whether it had to be the limit, and not only at most."""

    @property
    def holds(self) -> bool:
        """Whether it is so."""
        return self.value == self.limit if self.exact else self.value <= self.limit

    @property
    def text(self) -> str:
        """Say it in words."""
        verdict = "ok" if self.holds else "MISSED"
        most = "" if self.exact else "at most "
        return f"{self.what}: {self.found}, {most}{_number(self.limit)}: {verdict}"

    @property
    def found(self) -> str:
        """Say what is."""
        return _number(self.value)

    @property
    def must(self) -> str:
        """Say what had to be."""
        return f"{self.what}: {'' if self.exact else '≤ '}{_number(self.limit)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3g}"


@dataclass(kw_only=True)
class Result:
    """A row."""

    name: str
    work: str
    subject: Side
    peers: Sequence[Side]
    checks: list[Check] = field(default_factory=list)

    @property
    def best(self) -> Side | None:
        """The fastest peer that did the work."""
        able = [one for one in self.peers if one.runs and not one.error]
        return min(able, key=lambda one: one.median, default=None)

    @property
    def holds(self) -> bool:
        """Whether everything is as it had to be."""
        return not self.subject.error and all(one.holds for one in self.checks)
