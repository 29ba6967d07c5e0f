"""The registry client as tests make it: with a clock that only its waits move, and ears that remember."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pushstep.image.model import Slice
from pushstep.oci import OCI_MANIFEST, Manifest, parse
from pushstep.registry.client.addresses import literal
from pushstep.registry.client.network import Network, Timeouts
from pushstep.registry.client.proxies import Proxies
from pushstep.registry.client.registry import Ears, Registry
from pushstep.registry.client.repository import Repository
from pushstep.registry.client.trust import Trust
from pushstep.registry.credentials.credential import ANONYMOUS, Credential

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
BOT = Credential(source="test", username="bot", secret="hunter2!")


@dataclass
class Clock:
    """Time that passes only where somebody waits for it."""

    seconds: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        """Let it pass."""
        self.waits.append(seconds)
        self.seconds += seconds


class Elsewhere(Network):
    """A network with addresses of the test's choosing: all connections lead to this machine, and say otherwise."""

    def __init__(self, addresses: Mapping[str, str], **parts: Any) -> None:  # noqa: ANN401 - those of `Network`
        super().__init__(**parts)
        self._where = addresses

    def _addresses(self, host: str, port: int) -> list[tuple[Any, ...]]:
        where = self._where.get(host, host if literal(host) else "127.0.0.1")
        return [((where, port),)]

    def _opened(self, found: tuple[Any, ...]) -> socket.socket:
        says, port = found[0]
        (here,) = super()._addresses("127.0.0.1", port)
        real = super()._opened(here)
        lying = _Lying(fileno=real.detach())
        lying.settimeout(real.gettimeout())
        lying.says = says
        self.watch(lying)
        return lying


class _Lying(socket.socket):
    says: str

    def getpeername(self) -> tuple[str, int]:
        return self.says, 1


@dataclass
class Client:
    """A registry's client and what came out of it."""

    registry: Registry
    network: Network
    clock: Clock
    masked: list[str]
    debugged: list[str]
    noticed: list[str]

    def repository(self, name: str = "acme/app", *, push: bool = True) -> Repository:
        """One of its repositories."""
        return Repository(self.registry, name, push=push)


@contextmanager
def client(
    host: str,
    credential: Credential = ANONYMOUS,
    *,
    trust: Trust | None = None,
    addresses: Mapping[str, str] | None = None,
    limit: int = 10,
    patient: bool = True,
    jitter: float = 1.0,
    silence: float = 5.0,
    environ: Mapping[str, str] | None = None,
    heard: Callable[[str], None] = lambda _: None,
) -> Iterator[Client]:
    """Make one, and close it; with `addresses` of hosts it is in another network (see `Elsewhere`).

    `environ` names proxies; `heard` gets every line for whoever looks for a fault.
    """
    clock = Clock()
    network = (Network if addresses is None else partial(Elsewhere, addresses))(
        seconds=lambda: clock.seconds,
        now=lambda: NOW,
        jitter=lambda: jitter,
        pause=clock.pause,
        timeouts=Timeouts(connect=5.0, silence=silence),
        proxies=Proxies(environ or {}),
    )
    masked: list[str] = []
    debugged: list[str] = []
    noticed: list[str] = []

    def debug(text: str) -> None:
        debugged.append(text)
        heard(text)

    registry = Registry(
        host,
        credential,
        network=network,
        ears=Ears(mask=masked.append, debug=debug, notice=noticed.append),
        # reading the system's authorities takes a while
        trust=trust or Trust(insecure="http"),
        limit=limit,
        patient=patient,
        hint="Log in like this.",
    )
    try:
        yield Client(registry, network, clock, masked, debugged, noticed)
    finally:
        registry.close()


@contextmanager
def sliced(content: bytes) -> Iterator[Slice]:
    """`content` in a file, with something before it and behind."""
    with tempfile.TemporaryFile() as file:
        file.write(b"before" + content + b"behind")
        file.flush()
        yield Slice(file=file.fileno(), offset=6, size=len(content))


def truncate(place: Slice, size: int) -> None:
    """Take the end of what is in the file away."""
    os.truncate(place.file, place.offset + size)


def image_manifest(name: str = "a") -> Manifest:
    """A manifest of nothing that is anywhere."""
    empty = (
        f'{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{"0" * 64}","size":0}}'
    )
    content = (
        f'{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{empty},"layers":[],'
        f'"annotations":{{"name":"{name}"}}}}'
    )
    made = parse(content.encode())
    assert isinstance(made, Manifest)
    return made
