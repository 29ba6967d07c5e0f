"""Where the Docker daemon listens: told by `DOCKER_HOST`, else found where CIs put a socket or a service.

    DOCKER_HOST                              that address, with TLS where it is asked for or meant
    /var/run/docker.sock                     a socket that the runner mounts
    certificates of docker:dind              tcp://docker:2376, the service's name and TLS port
    DOCKER_TLS_CERTDIR=""                    tcp://docker:2375, the service told to do without TLS

The image of docker:dind sets these variables in its own entry point, which other images do not have and
the Kubernetes executor never runs.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from pushstep.values import dataclass

_SOCKET = "/var/run/docker.sock"
_SERVICE = "docker"
_TLS_PORT = 2376


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """An address of the daemon (`unix://...`, `tcp://...`), and the folder of the client's certificates."""

    address: str
    certificates: str | None = None

    @property
    def may_be_starting(self) -> bool:
        """Whether a service of the job may listen there soon: those start beside the job, not before it."""
        return urlsplit(self.address).scheme in ("tcp", "http", "https")


def endpoint(environ: Mapping[str, str], exists: Callable[[str], bool]) -> Endpoint:
    """The endpoint that `environ` tells of; `exists` says whether a path is there."""
    address = environ.get("DOCKER_HOST")
    if address:
        return Endpoint(address=address, certificates=_certificates(address, environ, exists))
    if exists(_SOCKET):
        return Endpoint(address=f"unix://{_SOCKET}")
    folder = _service_folder(environ)
    if exists(f"{folder}/ca.pem"):
        return Endpoint(address=f"tcp://{_SERVICE}:{_TLS_PORT}", certificates=folder)
    if environ.get("DOCKER_TLS_CERTDIR") == "":
        return Endpoint(address=f"tcp://{_SERVICE}:2375")
    return Endpoint(address=f"unix://{_SOCKET}")


def _certificates(address: str, environ: Mapping[str, str], exists: Callable[[str], bool]) -> str | None:
    parts = urlsplit(address)
    if parts.scheme not in ("tcp", "https"):
        return None
    if environ.get("DOCKER_TLS_VERIFY"):
        return environ.get("DOCKER_CERT_PATH") or f"{environ.get('HOME', '')}/.docker"
    # nothing speaks plain HTTP on that port: the variable was forgotten
    folder = _service_folder(environ)
    return folder if parts.port == _TLS_PORT and exists(f"{folder}/ca.pem") else None


def _service_folder(environ: Mapping[str, str]) -> str:
    """Where docker:dind leaves the client's certificates, in a volume that it shares with the job."""
    return environ.get("DOCKER_CERT_PATH") or f"{environ.get('DOCKER_TLS_CERTDIR') or '/certs'}/client"
