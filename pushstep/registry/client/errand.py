"""Requests about one repository, counted to it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TypeVar

from pushstep.registry.client.answer import LARGEST, Answer
from pushstep.registry.client.exchange import Account, Arriving, Ask, Block
from pushstep.registry.client.failures import RegistryError, Subject
from pushstep.registry.client.network import Network
from pushstep.registry.client.patience import patiently, retryable
from pushstep.registry.client.registry import Registry, Renewal

_Result = TypeVar("_Result")


class Errand:
    """What the verbs have in common."""

    def __init__(self, registry: Registry, repository: str, *, push: bool) -> None:
        self.registry = registry
        self.repository = repository
        self.account = Account(registry.subject(repository, push=push))

    @property
    def subject(self) -> Subject:
        """For the words of failures."""
        return self.account.subject

    @property
    def network(self) -> Network:
        """The run's."""
        return self.registry.network

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Ask:
        """A request for something of the repository. Raises as `answer` does."""
        url = self.registry.url(f"{self.repository}/{path}", self.account)
        return Ask(method=method, url=url, headers=headers or {})

    def answer(
        self, ask: Ask, wanted: Collection[int], *, limit: int = LARGEST, renewal: Renewal = "replay"
    ) -> Answer:
        """Ask once, for an answer of a status that is wanted. Raises `RegistryError`, `Cancelled`."""
        return self.registry.answer(ask, self.account, wanted, limit=limit, renewal=renewal)

    def opened(self, ask: Ask, wanted: Collection[int]) -> AbstractContextManager[Arriving]:
        """Ask once, and read the answer's body as it comes."""
        return self.registry.opened(ask, self.account, wanted)

    def patiently(
        self, action: Callable[[], _Result], again: Callable[[RegistryError], bool] = retryable
    ) -> _Result:
        """Do something until it succeeds, or patience ends."""
        return patiently(self.network, action, again)

    def counted(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Count what is sent of a body."""
        for block in blocks:
            yield block
            self.account.count(sent=len(block))
