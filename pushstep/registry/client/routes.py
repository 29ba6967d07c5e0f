"""Where requests go: to the registry itself, or to whom it names, and what of ours goes along.

Token services and storage are named by the registry, so they must have public addresses, unless it is itself
private (interface 4). They get no client certificate, and no login but the one that a token is asked with.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from pushstep.registry.client.connection import Adapter
from pushstep.registry.client.exchange import Account, Arriving, Ask, Wire
from pushstep.registry.client.failures import strange
from pushstep.registry.client.line import Line
from pushstep.registry.client.network import Network
from pushstep.registry.client.trust import Trust
from pushstep.registry.client.urls import AddressError, origin, resolved

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_READS = frozenset({"GET", "HEAD"})
_HOPS = 5


class Routes:
    """From here to one registry and beyond."""

    def __init__(self, network: Network, trust: Trust, limit: int, debug: Callable[[str], None]) -> None:
        self.base = ""
        """Scheme and host of the registry, once they are known."""
        to_proxies = partial(network.contexts.to_proxies, trust)

        def line(*, plain_http: Callable[[str], bool], public_only: Callable[[], bool]) -> Line:
            return Line(
                network=network, plain_http=plain_http, public_only=public_only, to_proxies=to_proxies
            )

        plain = trust.insecure == "http"
        self._home = line(plain_http=lambda _: plain, public_only=lambda: False)
        storage = line(plain_http=lambda _: plain, public_only=lambda: not self._is_private)
        # they get the password, and `insecure: http` was said of the registry's own host alone
        services = line(
            plain_http=lambda host: plain and host.lower() == origin(self.base)[1],
            public_only=lambda: not self._is_private,
        )
        home = partial(network.contexts.to_host, trust)
        abroad = partial(network.contexts.to_others, trust)
        self._adapters = (
            Adapter(self._home, home, limit),
            Adapter(storage, abroad, limit),
            Adapter(services, abroad, limit),
        )
        ours, theirs, logins = self._adapters
        certified = bool(trust.client_cert)
        self._to_registry = Wire(self._home, ours, debug, certified=certified)
        self._to_storage = Wire(storage, theirs, debug)
        self._to_services = Wire(services, logins, debug)

    @property
    def is_on_this_machine(self) -> bool:
        """Whether the registry's address, as far as it was connected to, is a loopback one."""
        return self._home.peer is not None and self._home.peer.is_loopback

    @property
    def _is_private(self) -> bool:
        return self._home.peer is not None and not self._home.peer.is_global

    def is_own(self, url: str) -> bool:
        """Whether `url` is the registry's: same scheme, host and port. Raises `AddressError`."""
        return origin(url) == origin(self.base)

    @contextmanager
    def opened(self, ask: Ask, account: Account, *, home: bool) -> Iterator[Arriving]:
        """Send one request, `home` or abroad. Raises `RegistryError`, `Cancelled`."""
        wire = self._to_registry if home else self._to_storage
        with wire.opened(ask, account) as arriving:
            yield arriving

    @contextmanager
    def login(self, ask: Ask, account: Account) -> Iterator[Arriving]:
        """Send a request for a token, wherever the service for it is. Raises as `opened` does."""
        wire = self._to_registry if self.is_own(ask.url) else self._to_services
        with wire.opened(ask, account) as arriving:
            yield arriving

    @contextmanager
    def followed(self, ask: Ask, account: Account) -> Iterator[Arriving]:
        """Send a request; what only reads goes where it is redirected to. Raises as `opened` does."""
        for _ in range(_HOPS + 1):
            with self.opened(ask, account, home=self.is_own(ask.url)) as arriving:
                location = arriving.headers.get("location")
                if arriving.status not in REDIRECTS or ask.method not in _READS or not location:
                    yield arriving
                    return
            ask = self._redirected(ask, location, account)
        raise strange(f"redirects more than {_HOPS} times", account.subject)

    def led(self, ask_url: str, location: str, account: Account) -> str:
        """Where a `Location` leads; raises `RegistryError`."""
        try:
            return resolved(ask_url, location)
        except AddressError as error:
            raise strange(f"leads to where nothing goes: {error}", account.subject) from None

    def close(self) -> None:
        """Close what is idle."""
        for adapter in self._adapters:
            adapter.close()

    def _redirected(self, ask: Ask, location: str, account: Account) -> Ask:
        url = self.led(ask.url, location, account)
        headers = ask.headers
        if not self.is_own(url):
            headers = {name: value for name, value in headers.items() if name != "Authorization"}
        return replace(ask, url=url, headers=headers)
