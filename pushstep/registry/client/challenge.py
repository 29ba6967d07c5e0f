r"""The header `WWW-Authenticate`: how a registry says what login it takes; pure.

    header    := challenge *( "," challenge )
    challenge := scheme [ token68 | parameter *( "," parameter ) ]
    parameter := token "=" ( token | quoted-string )

Source: RFC 9110, 11.2 to 11.6. The comma parts challenges as well as parameters, and several headers are one
with commas between them, so the text is read as a line of words: one without "=" begins a challenge.
"""

import re
from collections.abc import Iterator, Mapping

from pushstep.values import dataclass

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_ITEM = re.compile(
    rf"""(?P<name>{_WORD})\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"?|(?P<bare>[^\s,"]*+))"""
    # what stands alone behind a scheme, with "=" at its own end, is no parameter
    rf"""|(?P<scheme>{_WORD})(?:[ \t]++(?P<credentials>[A-Za-z0-9._~+/-]++=*+)(?=\s*(?:,|$)))?""",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Challenge:
    """One way to log in; scheme and names of parameters in lower case."""

    scheme: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Basic:
    """User name and password go with every request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """A token goes with every request, which the service at `realm` hands out."""

    realm: str
    service: str = ""
    error: str = ""
    """Why the token that came was not taken, if one came: `insufficient_scope`, `invalid_token`."""


def challenges(text: str) -> Iterator[Challenge]:
    """All challenges of a header; what is none of them is passed over."""
    scheme = ""
    parameters: dict[str, str] = {}
    for item in _ITEM.finditer(text):
        if item["scheme"] is None:
            value = item["bare"] if item["quoted"] is None else re.sub(r"(?s)\\(.)", r"\1", item["quoted"])
            parameters.setdefault(item["name"].lower(), value)
            continue
        if scheme:
            yield Challenge(scheme=scheme, parameters=parameters)
        scheme, parameters = item["scheme"].lower(), {}
    if scheme:
        yield Challenge(scheme=scheme, parameters=parameters)


def preferred(text: str) -> Bearer | Basic | None:
    """The login to use of those in a header: a token rather than the password; None when none is known."""
    basic = None
    for one in challenges(text):
        if one.scheme == "bearer" and (realm := one.parameters.get("realm")):
            known = one.parameters
            return Bearer(realm=realm, service=known.get("service", ""), error=known.get("error", ""))
        if one.scheme == "basic":
            basic = Basic()
    return basic
