"""What a registry's refusal means, read from its text, which is all that the Docker daemon passes on.

What single registries say is in `error_texts`; behind it come the words that distribution, the daemon and Go
have in common, tried in order. Sources: distribution registry/api/errcode, moby
daemon/internal/distribution/errors.go.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from pushstep.errors import Problem
from pushstep.registry import error_texts
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from pushstep.registry.credentials.ecr import hosts, policies
from pushstep.registry.reference import NameFormatError

_MEANINGS: tuple[tuple[str, str], ...] = (
    (r"server gave HTTP response to HTTPS client", "plain-http"),
    # the containerd store, of an index that was pulled for one platform
    (r"missing content: |not all of them are available locally", "candidate"),
    (r"x509:|certificate|tls: (?!handshake timeout)", "tls"),
    (r"toomanyrequests|too many requests|rate limit|\b429\b", "rate-limit"),
    (r"immutab|cannot be overwritten|already exists and|TAG_INVALID", "immutable"),
    (r"quota|exceed the configured upper limit|insufficient storage|\b507\b", "quota"),
    (r"incorrect username or password|unauthorized|authentication required|no basic auth|\b401\b", "login"),
    (r"denied|forbidden|insufficient_scope|not authorized|\b403\b", "denied"),
    (r"name unknown|name_unknown|repository .*(?:not found|does not exist)|\b404\b", "not-found"),
    (
        r"connection refused|no such host|no route to host|network is unreachable|name resolution",
        "unreachable",
    ),
    (
        r"i/o timeout|handshake timeout|Client\.Timeout|deadline exceeded|server misbehaving|dial tcp",
        "unreachable",
    ),
    (r"connection reset|broken pipe|\bEOF\b", "unreachable"),
    (
        r"\b50[0-9]\b|\b5[12][0-9]\b|\b408\b|request timeout|unavailable|bad gateway|internal server error",
        "unavailable",
    ),
)
_PUSHING = "push to"
_READ = "The identity needs the right to read there; check the repository's name as well."
_LONGEST = 12_000
"""Characters; a registry may answer with a whole page, which the daemon quotes."""
_RETRYABLE = frozenset({"rate-limit", "unreachable", "unavailable"})


_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "plain-http": (
            "{host} speaks plain HTTP where TLS was expected",
            "Let the registry speak TLS, or list it under `insecure-registries` of the Docker daemon.",
        ),
        "tls": (
            "the certificate of {host} is not trusted by the Docker daemon",
            "Put the authority's certificate into /etc/docker/certs.d/{host}/ca.crt where the daemon runs.",
        ),
        "rate-limit": (
            "{host} asks to slow down",
            "Run it again later, or log in: limits for known users are higher.",
        ),
        "immutable": ("{host} lets no tag of {repository} move", "Push under a new tag."),
        "quota": ("{host} has no room left for {repository}", "Delete old images there, or raise the quota."),
        "login": ("{host} refused the login {who}", "Check user name and password; they came from {source}."),
        "denied": (
            "{host} denies the {deed} {repository} {who}",
            "The identity needs the right to push there; check the repository's name as well.",
        ),
        "not-found": (
            "{host} has no repository {repository}",
            "Create it there, or check image_name and registry.",
        ),
        "unreachable": (
            "{host} cannot be reached by the Docker daemon",
            "Check the host's name and port, and the network of the machine that the daemon runs on.",
        ),
        "unavailable": ("{host} failed", "Run it again: such failures pass."),
        "candidate": (
            "the Docker daemon does not hold all of the image",
            "Get all of it into the daemon, or leave `transport` out: what is there is pushed then.",
        ),
        "registry": (
            "{host} refused the {deed} {repository}",
            "The registry's own words are all there is to go by.",
        ),
    }
)
"""Code → what happened, what to do."""


def refusal(said: str, *, host: str, repository: str, credential: Credential, hint: str) -> Problem:
    """Say what the daemon's words about a push to `host`/`repository` as `credential` mean.

    `hint` is what the CI advises where no credential was found.
    """
    code = meaning(said, host=host, repository=repository) or "registry"
    return worded(code, said, host=host, repository=repository, credential=credential, hint=hint)


def meaning(said: str, *, host: str, repository: str) -> str | None:
    """The code of what a text tells, if it tells anything."""
    own = error_texts.found(said)
    if own:
        return own.code
    # names in it mean nothing: a repository may be called `certificate-manager`
    words = re.sub(r'https?://[^\s"]+', "", said).replace(f"{host}/{repository}", "").replace(host, "")
    return next((code for pattern, code in _MEANINGS if re.search(pattern, words, re.IGNORECASE)), None)


def worded(  # noqa: PLR0913 - a sentence has many parts
    code: str,
    said: str,
    *,
    host: str,
    repository: str,
    credential: Credential,
    hint: str,
    deed: str = _PUSHING,
) -> Problem:
    """A refusal for people: what `code` means, with the registry's words behind it."""
    # what single registries say about rights is about those to push
    own = error_texts.hint(code, said, host) if deed == _PUSHING or code != "denied" else _READ
    known = {
        "host": host,
        "repository": repository,
        "source": credential.source,
        "who": "without a login" if credential is ANONYMOUS else f"as {credential.identity}",
        "deed": deed,
        "statement": _statement(host, repository) if "{statement}" in own else "",
    }
    happened, advice = (sentence.format_map(known) for sentence in _WORDS[code])
    if code in ("login", "denied") and credential is ANONYMOUS:
        advice = hint
    elif code == "denied" and credential.denied:
        advice = credential.denied
    elif own:
        advice = own.format_map(known)
    return Problem(
        code=code,
        # every way out makes it visible and short, after the redactor: a secret cut in two cannot be found
        message=f"{happened}: {said.strip()[:_LONGEST]}",
        hint=advice,
        retryable=code in _RETRYABLE,
    )


def _statement(host: str, repository: str) -> str:
    """What a policy of AWS must say for a push."""
    try:
        registry = hosts.parse(host)
    except NameFormatError:
        registry = None
    if registry is None:
        # a mirror or proxy hands AWS's words on
        return "what it lacks is named above."
    return policies.push(registry, repository)
