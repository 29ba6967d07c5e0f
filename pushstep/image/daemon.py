"""The Docker daemon: which image a candidate is there, and its names, read and moved one at a time."""

import difflib
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound, StreamParseError
from docker.utils import kwargs_from_env
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from pushstep.errors import Problem, StepError
from pushstep.registry.credentials.credential import Credential
from pushstep.text import visible

_SECONDS = 60
"""How long the daemon may take for a short request; a push has no such limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image in the daemon: its full ID and the references that name it there."""

    image_id: str
    names: tuple[str, ...]
    digests: tuple[str, ...]


class Daemon:
    """A connection to the daemon that the environment names (`DOCKER_HOST`, TLS variables)."""

    def __init__(self, client: APIClient, address: str) -> None:
        self._client = client
        self.address = address

    @property
    def in_the_clear(self) -> bool:
        """Whether credentials would cross a network unencrypted on their way to the daemon."""
        parts = urlsplit(self.address)
        return parts.scheme in ("tcp", "http") and parts.hostname not in ("localhost", "127.0.0.1", "::1")

    def find(self, text: str) -> Image:
        """The image that `text` names. Raises `StepError` (candidate) with the closest names there are."""
        found = self.look_up(text)
        if found is None:
            raise StepError(
                Problem(
                    code="candidate",
                    message=f"the Docker daemon has no image {text!r}",
                    hint=self._closest(text),
                    path="candidate",
                )
            )
        return found

    def look_up(self, text: str) -> Image | None:
        """The image that `text` names, or None."""
        with _translated(self.address):
            try:
                details = self._client.inspect_image(text)  # type: ignore[no-untyped-call]  # the SDK gives no types
            except (ImageNotFound, NotFound):
                return None
        return Image(
            image_id=details["Id"],
            names=tuple(details.get("RepoTags") or ()),
            digests=tuple(details.get("RepoDigests") or ()),
        )

    def name(self, image_id: str, repository: str, tag: str) -> None:
        """Let `repository:tag` name the image, as `docker tag` does."""
        with _translated(self.address):
            self._client.tag(image_id, repository, tag)

    def unname(self, reference: str) -> None:
        """Take a name away; the image goes only if that was all that held it."""
        with _translated(self.address):
            self._client.remove_image(reference, noprune=True)

    def import_empty(self, repository: str, tag: str) -> None:
        """Let `repository:tag` name an image of nothing."""
        with _translated(self.address):
            # two zero blocks are an empty tar
            self._client.import_image_from_data(bytes(1024), repository=repository, tag=tag)

    def push(
        self, repository: str, tag: str, credential: Credential
    ) -> Generator[Mapping[str, Any], None, None]:
        """Push one name; yields the progress stream's objects until its end."""
        # the daemon is silent while it compresses a large layer
        self._client.timeout = None  # type: ignore[assignment]  # requests' word for no limit
        try:
            with _translated(self.address):
                stream = self._client.push(
                    repository, tag, stream=True, decode=True, auth_config=_auth(credential, repository)
                )
                with closing(stream):
                    yield from stream
        finally:
            self._client.timeout = _SECONDS

    def registry_digest(self, reference: str, credential: Credential) -> str | None:
        """The digest that the registry has under `reference`, asked through the daemon."""
        with _translated(self.address):
            try:
                answer = self._client.inspect_distribution(  # type: ignore[no-untyped-call]  # as above
                    reference, auth_config=_auth(credential, reference)
                )
            except APIError:
                return None
        digest: str = answer["Descriptor"]["digest"]
        return digest

    def _closest(self, text: str) -> str:
        with _translated(self.address):
            names = sorted({name for image in self._client.images() for name in image.get("RepoTags") or ()})
        names = [name for name in names if name != "<none>:<none>"]
        wanted = text if ":" in text.rpartition("/")[2] else f"{text}:latest"
        near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
        near = near or [name for name in names if text.rpartition("/")[2].partition(":")[0] in name][:3]
        if near:
            return f"The closest names it has: {', '.join(near)}."
        return f"It has {len(names)} named images, none like it; build or load the image in this job first."


def connect(environ: Mapping[str, str], hint: str) -> Daemon:
    """Connect to the daemon; raises `StepError` (daemon) whose hint is `hint` when none answers."""
    address = environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    try:
        options = kwargs_from_env(environment=dict(environ))
        options.setdefault("base_url", address)
        client = APIClient(version="auto", timeout=_SECONDS, **options)
        # neither ~/.netrc nor a proxy has a say between pushstep and the daemon
        client.trust_env = False
    except (DockerException, OSError, ValueError) as error:
        message = f"no Docker daemon answers at {address}: {_said(error)}"
        raise StepError(Problem(code="daemon", message=message, hint=hint, retryable=True)) from None
    return Daemon(client, address)


def _auth(credential: Credential, reference: str) -> dict[str, str]:
    """X-Registry-Auth for one request; `{}` is the anonymous one and keeps the SDK from looking further."""
    server = reference.partition("/")[0]
    match credential.kind:
        case "identitytoken":
            return {"identitytoken": credential.secret, "serveraddress": server}
        case "registrytoken":
            return {"registrytoken": credential.secret, "serveraddress": server}
        case "password":
            if not credential.secret:
                return {}
            return {"username": credential.username, "password": credential.secret, "serveraddress": server}


@contextmanager
def _translated(address: str) -> Iterator[None]:
    try:
        yield
    except (DockerException, StreamParseError, RequestException, HTTPError, HTTPException, OSError) as error:
        raise StepError(
            Problem(
                code="daemon",
                message=f"the Docker daemon at {address} failed: {_said(error)}",
                hint="Its own log says more; `docker info` tells whether it runs.",
                retryable=True,
            )
        ) from None


def _said(error: BaseException) -> str:
    """What the innermost error says: the SDK wraps a refused connection four times."""
    explanation = getattr(error, "explanation", None)
    if explanation:
        return visible(str(explanation))
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return visible(str(error))
