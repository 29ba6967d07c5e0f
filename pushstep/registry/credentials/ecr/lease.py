"""How long something that AWS lends may be used, and when it is time to ask for it anew."""

from typing import Generic, Self, TypeVar

from pushstep.values import dataclass

_LEFT = 300.0
_PART = 0.1

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease(Generic[T]):
    """A value and the moment, on a clock that never goes back, from which it is asked for anew."""

    value: T
    renew_at: float

    @classmethod
    def of(cls, value: T, *, seconds: float, now: float) -> Self:
        """Keep `value` until five minutes or a tenth of its `seconds` are left, whichever is less.

        One that has expired on receipt serves its asker and is not kept: the clocks may differ, and
        only the registry can tell.
        """
        return cls(value=value, renew_at=now + seconds - min(_LEFT, max(0.0, seconds * _PART)))

    def holds(self, now: float) -> bool:
        """Whether it may still be used."""
        return now < self.renew_at
