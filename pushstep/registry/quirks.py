"""What some registries do otherwise, as data: nothing but what changes what the client does.

A row fits a host by its name, or by a header of its answer to the greeting, where the host may have any name.
What their refusals mean in words is in `error_texts`; hosts' own errors need no row here.
"""

import re
from collections.abc import Mapping

from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Quirks:
    """How to speak to one registry; the defaults are the specification's."""

    address: str = ""
    """The host that answers in its place."""
    expired: str = ""
    """What a 403 says, as a regular expression, where it means that the login is over: it is renewed."""
    hides_what_lacks: bool = False
    """403 to `HEAD` is said of what is not there: it counts as absent."""
    takes_whole_posts: bool = False
    """A blob goes in one `POST`, without a session: one that fails half-way may stay for good."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    registry: str
    quirks: Quirks
    source: str
    host: str = ""
    """A regular expression for the whole host, without its port."""
    header: str = ""
    """In its place the name of one in the answer to the greeting, lower case."""


_ARTIFACTORY = (
    "JFrog RTFACT-13797, as google/go-containerregistry pkg/v1/remote/pusher.go heeds it (403); "
    "oras-project/rust-oci-client#205 (POST)"
)
_EXPIRED = "authorization token has expired"
_ROWS = (
    _Row(
        registry="Docker Hub",
        host="docker[.]io",
        quirks=Quirks(address="registry-1.docker.io"),
        source="distribution/reference: the default domain; docker/cli: cli/registry",
    ),
    _Row(
        registry="Amazon ECR",
        host=r"[0-9]{12}[.]dkr[.-]ecr(?:-fips)?[.].+",
        quirks=Quirks(expired=_EXPIRED),
        source="ECR: user guide `Troubleshooting Docker commands and issues` (HTTP 403)",
    ),
    _Row(
        registry="Amazon ECR Public",
        host=r"public[.]ecr[.]aws|ecr-public[.]aws[.]com",
        quirks=Quirks(expired=_EXPIRED),
        source="ECR Public: user guide `Registry authentication`, troubleshooting of public galleries",
    ),
    _Row(
        registry="Artifactory in the cloud",
        host=r".+[.]jfrog[.]io",
        quirks=Quirks(hides_what_lacks=True, takes_whole_posts=True),
        source=_ARTIFACTORY,
    ),
    _Row(
        registry="Artifactory anywhere",
        header="x-jfrog-version",
        quirks=Quirks(hides_what_lacks=True, takes_whole_posts=True),
        source=f"{_ARTIFACTORY}; renovatebot/renovate: lib/modules/datasource/util.ts (header)",
    ),
)


def of(host: str, headers: Mapping[str, str]) -> Quirks:
    """What is known of the registry at `host`, which greeted with `headers` (names in lower case)."""
    name = re.sub(":[0-9]+$", "", host)
    fitting = (row.quirks for row in _ROWS if _fits(row, name, headers))
    return next(fitting, Quirks())


def _fits(row: _Row, name: str, headers: Mapping[str, str]) -> bool:
    return row.header in headers if row.header else re.fullmatch(row.host, name) is not None
