"""The Docker daemon: which image a candidate is there, and its names, read and moved one at a time."""

import difflib
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit

from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound, TLSParameterError
from docker.tls import TLSConfig

from pushstep.errors import Problem, StepError
from pushstep.image import export
from pushstep.image.endpoint import Endpoint, endpoint
from pushstep.image.failures import innermost, said, translated
from pushstep.image.model import Image
from pushstep.image.saving import Saving
from pushstep.oci import Platform
from pushstep.registry.credentials.credential import Credential
from pushstep.values import dataclass

_SECONDS = 60
"""How long the daemon may take for a short request; a push has no such limit."""
_STARTING = 30
_PAUSE = 0.25
_CONTAINERD = "io.containerd.snapshotter.v1"
"""What the daemon's storage is driven by when it keeps images in containerd."""
_NOT_YET = (ConnectionRefusedError, ConnectionResetError, gaierror, TLSParameterError)
"""What a service that is still starting answers: nobody listens, no such name yet, no certificates yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """An image in the daemon: its full ID and the references that name it there."""

    image_id: str
    names: tuple[str, ...]
    digests: tuple[str, ...]


class Daemon:
    """A connection to the daemon that the environment tells of (see `endpoint`)."""

    def __init__(self, client: APIClient, address: str) -> None:
        self._client = client
        self.address = address

    @property
    def in_the_clear(self) -> bool:
        """Whether credentials would cross a network unencrypted on their way to the daemon."""
        # `tcp://` may be either; this tells: it is `https` with TLS, and `http+docker` for a socket
        parts = urlsplit(self._client.base_url)
        return parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1")

    def find(self, text: str) -> Found:
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

    def look_up(self, text: str) -> Found | None:
        """The image that `text` names, or None."""
        with translated(self.address):
            try:
                details = self._client.inspect_image(text)  # type: ignore[no-untyped-call]  # the SDK gives no types
            except (ImageNotFound, NotFound):
                return None
        return Found(
            image_id=details["Id"],
            names=tuple(details.get("RepoTags") or ()),
            digests=tuple(details.get("RepoDigests") or ()),
        )

    def name(self, image_id: str, repository: str, tag: str) -> None:
        """Let `repository:tag` name the image, as `docker tag` does."""
        with translated(self.address):
            self._client.tag(image_id, repository, tag)

    def unname(self, reference: str) -> None:
        """Take a name away; the image goes only if that was all that held it."""
        with translated(self.address):
            self._client.remove_image(reference, noprune=True)

    def import_empty(self, repository: str, tag: str) -> None:
        """Let `repository:tag` name an image of nothing."""
        with translated(self.address):
            # two zero blocks are an empty tar
            self._client.import_image_from_data(bytes(1024), repository=repository, tag=tag)

    def push(
        self, repository: str, tag: str, credential: Credential
    ) -> Generator[Mapping[str, Any], None, None]:
        """Push one name; yields the progress stream's objects until its end."""
        # the daemon is silent while it compresses a large layer
        self._client.timeout = None  # type: ignore[assignment]  # requests' word for no limit
        try:
            with translated(self.address):
                stream = self._client.push(
                    repository, tag, stream=True, decode=True, auth_config=_auth(credential, repository)
                )
                with closing(stream):
                    yield from stream
        finally:
            self._client.timeout = _SECONDS

    def registry_digest(self, reference: str, credential: Credential) -> str | None:
        """The digest that the registry has under `reference`, asked through the daemon."""
        with translated(self.address):
            try:
                answer = self._client.inspect_distribution(  # type: ignore[no-untyped-call]  # as above
                    reference, auth_config=_auth(credential, reference)
                )
            except APIError:
                return None
        digest: str = answer["Descriptor"]["digest"]
        return digest

    def saved(self, found: Found, *, spool_folder: str, platform: Platform | None = None) -> Image:
        """What the image is made of, its bytes read by `docker save` once they are wanted.

        The containerd store tells only there what it holds: it is saved into `spool_folder` at once.
        """
        with translated(self.address):
            driver = self._client.info().get("DriverStatus") or ()
            details = self._client.inspect_image(found.image_id)  # type: ignore[no-untyped-call]  # as above
        saving = Saving(client=self._client, address=self.address, image_id=found.image_id)
        if any(_CONTAINERD in pair for pair in driver):
            return export.from_containerd(saving, found.names, platform, spool_folder)
        return export.from_graph(saving, details, found.names, platform, spool_folder)

    def _closest(self, text: str) -> str:
        with translated(self.address):
            names = sorted({name for image in self._client.images() for name in image.get("RepoTags") or ()})
        names = [name for name in names if name != "<none>:<none>"]
        wanted = text if ":" in text.rpartition("/")[2] else f"{text}:latest"
        near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
        near = near or [name for name in names if text.rpartition("/")[2].partition(":")[0] in name][:3]
        if near:
            return f"The closest names it has: {', '.join(near)}."
        return f"It has {len(names)} named images, none like it; build or load the image in this job first."


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How to wait for a daemon that is still starting: a clock that never goes back, a sleep, a word."""

    seconds: Callable[[], float]
    sleep: Callable[[float], None]
    say: Callable[[str], None]


def connect(environ: Mapping[str, str], hint: str, patience: Patience) -> Daemon:
    """Connect to the daemon; raises `StepError` (daemon) whose hint is `hint` when none answers.

    A daemon that is a service of the job gets 30 seconds to start.
    """
    last = patience.seconds() + _STARTING
    waiting = False
    while True:
        where = endpoint(environ, os.path.exists)
        try:
            return Daemon(_client(where), where.address)
        except (DockerException, OSError, ValueError) as error:
            starting = where.may_be_starting and isinstance(innermost(error), _NOT_YET)
            if not starting or patience.seconds() > last:
                message = f"no Docker daemon answers at {where.address}: {said(error)}"
                raise StepError(Problem(code="daemon", message=message, hint=hint, retryable=True)) from None
        if not waiting:
            patience.say(f"waiting for the Docker daemon at {where.address} to answer")
        waiting = True
        patience.sleep(_PAUSE)


def _client(where: Endpoint) -> APIClient:
    folder = where.certificates
    tls = folder is not None and TLSConfig(
        client_cert=(f"{folder}/cert.pem", f"{folder}/key.pem"), ca_cert=f"{folder}/ca.pem", verify=True
    )
    client = APIClient(base_url=where.address, tls=tls, version="auto", timeout=_SECONDS)
    # neither ~/.netrc nor a proxy has a say between pushstep and the daemon
    client.trust_env = False
    return client


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
