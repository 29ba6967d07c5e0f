"""What the variables of all CIs have in common, so that a CI's own part is its column of section 7 alone."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

_LONGEST_TAG = 128


def normalized(name: str) -> str:
    """A branch or tag name as an image tag (push-step.md 7.1)."""
    return re.sub(r"^[.-]|[^A-Za-z0-9_.-]", "_", name)[:_LONGEST_TAG]


_SPELLINGS: Mapping[str, tuple[str, Callable[[str], str]]] = MappingProxyType(
    {
        "CF_BRANCH_TAG_NORMALIZED": ("CF_BRANCH", normalized),
        "CF_BRANCH_TAG_NORMALIZED_LOWER_CASE": ("CF_BRANCH", lambda branch: normalized(branch).lower()),
        "CF_SHORT_REVISION": ("CF_REVISION", lambda revision: revision[:7]),
        "CF_REPO_OWNER_LOWER_CASE": ("CF_REPO_OWNER", str.lower),
        "CF_REPO_NAME_LOWER_CASE": ("CF_REPO_NAME", str.lower),
    }
)
"""Variables that are another spelling of one: name → (that one, how)."""


def real(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The `CF_*` that the environment really holds."""
    return MappingProxyType({name: value for name, value in environ.items() if name.startswith("CF_")})


def complete(derived: Mapping[str, str | None], environ: Mapping[str, str]) -> Mapping[str, str]:
    """All variables of a run, from those a CI's column gives.

    Real ones win, and the other spellings follow them: with `CF_BRANCH` set by hand, so is
    `CF_BRANCH_TAG_NORMALIZED`.
    """
    known = {name: value for name, value in derived.items() if value} | dict(real(environ))
    spellings = {name: how(known[of]) for name, (of, how) in _SPELLINGS.items() if of in known}
    return MappingProxyType(spellings | known)
