"""What the variables of all CIs have in common, so that a CI's own part is its column of section 7 alone."""

from collections.abc import Mapping
from types import MappingProxyType

from pushstep.step.spellings import spelled


def real(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The `CF_*` that the environment really holds."""
    return MappingProxyType({name: value for name, value in environ.items() if name.startswith("CF_")})


def complete(derived: Mapping[str, str | None], environ: Mapping[str, str]) -> Mapping[str, str]:
    """All variables of a run, from those a CI's column gives.

    Real ones win, and the other spellings follow them: with `CF_BRANCH` set by hand, so is
    `CF_BRANCH_TAG_NORMALIZED`.
    """
    known = {name: value for name, value in derived.items() if value} | dict(real(environ))
    return MappingProxyType(spelled(known) | known)
