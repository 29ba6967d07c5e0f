"""The real environment: the Docker daemon that `make test` found, registries by pytest-docker, images."""

import os
import ssl
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
import trustme
from docker.errors import ImageNotFound
from docker.models.images import Image

from tests.support import aws
from tests.support.pushstep import Pushstep, environment
from tests.support.registries import HTPASSWD, USER, Registry

_LACKING = "{} is not set: run `make test`, which brings up what the suites need"


@pytest.fixture(scope="session")
def docker_client() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="session")
def socket() -> str:
    """Where the daemon listens, on this machine."""
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    return str(Path(__file__).with_name("docker-compose.yml"))


@pytest.fixture(scope="session")
def docker_compose_project_name() -> str:
    return f"pushstep-dev-{os.getpid()}"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """AWS's control plane as moto has it, one for each file of tests."""
    with aws.moto() as address:
        yield address


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> trustme.CA:
    """Certificates and passwords for the registries, where the compose file looks for them."""
    folder = tmp_path_factory.mktemp("registries")
    made = trustme.CA()
    certificate = made.issue_cert("127.0.0.1", "localhost")
    certificate.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    certificate.private_key_pem.write_to_path(folder / "tls.key")
    (folder / "htpasswd").write_text(HTPASSWD)
    os.environ["DEV_REGISTRY_FILES"] = str(folder)
    return made


@pytest.fixture(scope="session")
def registries(
    authority: trustme.CA,
    docker_client: docker.DockerClient,
    docker_compose_project_name: str,
    request: pytest.FixtureRequest,
) -> dict[str, Registry]:
    if "DEV_REGISTRY_IMAGE" not in os.environ:
        raise pytest.UsageError(_LACKING.format("DEV_REGISTRY_IMAGE"))
    services = request.getfixturevalue("docker_services")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    found = {}
    for name in ("open", "other", "htpasswd", "tls"):
        host = f"127.0.0.1:{services.port_for(name, 5000)}"
        label = f"com.docker.compose.service={name}"
        project = f"com.docker.compose.project={docker_compose_project_name}"
        container = docker_client.containers.list(filters={"label": [label, project]})[0]
        network = next(iter(container.attrs["NetworkSettings"]["Networks"].values()))
        found[name] = Registry(
            host=host,
            address=f"{network['IPAddress']}:5000",
            user=USER if name == "htpasswd" else "",
            tls=context if name == "tls" else None,
        )
        services.wait_until_responsive(lambda one=found[name]: _answers(one), timeout=30, pause=0.1)
    return found


def _answers(registry: Registry) -> bool:
    try:
        return registry.tags("nothing/here") == []
    except OSError:
        return False


@pytest.fixture
def image(docker_client: docker.DockerClient, tmp_path: Path) -> Iterator[Image]:
    """A small image of its own for every test, named `pushstep-dev/app-<something>:ci`."""
    name = f"pushstep-dev/app-{uuid.uuid4().hex[:10]}"
    built = build(docker_client, tmp_path, name)
    yield built
    remove(docker_client, f"{name}:ci")


def build(client: docker.DockerClient, folder: Path, name: str, *, megabytes: int = 0) -> Image:
    """Build an image with content that no other has, tagged `ci`."""
    context = folder / f"context-{uuid.uuid4().hex}"
    context.mkdir()
    (context / "file").write_text(uuid.uuid4().hex)
    (context / "bulk").write_bytes(os.urandom(megabytes * 1_000_000))
    (context / "Dockerfile").write_text('FROM scratch\nCOPY file bulk /\nCMD ["/file"]\n')
    built, _ = client.images.build(path=str(context), tag=f"{name}:ci", rm=True)
    return built


def remove(client: docker.DockerClient, reference: str) -> None:
    """Remove a name, if it is there."""
    try:
        client.images.remove(reference, noprune=False)
    except ImageNotFound:
        return


def names(client: docker.DockerClient) -> dict[str, str]:
    """Every name on the daemon and the image it names."""
    return {tag: str(one.id) for one in client.images.list() for tag in one.tags}


@pytest.fixture
def unchanged_names(docker_client: docker.DockerClient, image: Image) -> Iterator[None]:
    """Whatever the test does, the daemon's names are afterwards what they were before."""
    assert image.id
    before = names(docker_client)
    yield
    assert names(docker_client) == before


@pytest.fixture
def pushstep(tmp_path: Path) -> Pushstep:
    folder = tmp_path / "workspace"
    home = tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    return Pushstep(folder=folder, environ=environment(home))


@pytest.fixture
def repository() -> str:
    """A repository name that no other test uses."""
    return f"acme/app-{uuid.uuid4().hex[:8]}"
