"""Variables that are another spelling of one, so that they never tell of another branch (push-step.md 7)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pushstep.registry.reference import normalized

_SPELLINGS: Mapping[str, tuple[str, Callable[[str], str]]] = MappingProxyType(
    {
        "CF_BRANCH_TAG_NORMALIZED": ("CF_BRANCH", normalized),
        "CF_BRANCH_TAG_NORMALIZED_LOWER_CASE": ("CF_BRANCH", lambda branch: normalized(branch).lower()),
        "CF_SHORT_REVISION": ("CF_REVISION", lambda revision: revision[:7]),
        "CF_REPO_OWNER_LOWER_CASE": ("CF_REPO_OWNER", str.lower),
        "CF_REPO_NAME_LOWER_CASE": ("CF_REPO_NAME", str.lower),
    }
)
"""Name → the variable that it is another spelling of, and how."""


def spelled(known: Mapping[str, str]) -> dict[str, str]:
    """The other spellings of those that are `known`."""
    return {name: how(known[of]) for name, (of, how) in _SPELLINGS.items() if of in known}
