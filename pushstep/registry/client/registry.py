"""One registry host: how it is reached, who we are there, and every request to it."""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from pushstep.registry import quirks
from pushstep.registry.client.answer import LARGEST, Answer
from pushstep.registry.client.exchange import Account, Arriving, Ask
from pushstep.registry.client.failures import RegistryError, Subject, is_about_the_login, refused
from pushstep.registry.client.gate import Gate
from pushstep.registry.client.greeting import greeted
from pushstep.registry.client.network import Network
from pushstep.registry.client.patience import patiently
from pushstep.registry.client.routes import Routes
from pushstep.registry.client.tokens import Login, Tokens
from pushstep.registry.client.trust import Trust
from pushstep.registry.client.turn import Turn
from pushstep.registry.credentials.credential import Credential
from pushstep.values import dataclass

LIMIT = 10
"""Requests that a host gets at the same time."""
Renewal = Literal["replay", "tell", "none"]
"""The request goes again with a new token; the error is `stale`, and the next has a new one; nothing."""
_UNAUTHORIZED, _FORBIDDEN = 401, 403
_LOGIN = frozenset({401, 403})
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*+)"')


@dataclass(frozen=True, kw_only=True, slots=True)
class Ears:
    """Who hears of what: each takes a text."""

    mask: Callable[[str], None]
    """A secret, before it is used."""
    debug: Callable[[str], None]
    """A line for each request, without secrets."""
    notice: Callable[[str], None]
    """A warning of the registry to its users, once."""


class Registry:
    """What all repositories of a host share: connections, login, and how many requests it gets at once.

    Many threads use it at the same time.
    """

    def __init__(  # noqa: PLR0913 - each is a decision of its own
        self,
        host: str,
        credential: Credential,
        *,
        network: Network,
        ears: Ears,
        trust: Trust | None = None,
        limit: int = LIMIT,
        patient: bool = True,
        hint: str = "",
    ) -> None:
        """Connect to nothing yet.

        `patient`: a host that cannot be reached is tried again for a while. `hint` is what the CI advises
        where there is no credential.
        """
        self.host = host
        self.network = network
        self.quirks = quirks.of(host, {})
        self._credential = credential
        self._hint = hint
        self._trust = trust or Trust()
        self._patient = patient
        self._ears = ears
        self._warnings: set[str] = set()
        self._turn = Turn()
        self._gate = Gate(network, limit)
        self._routes = Routes(network, self._trust, limit, ears.debug)
        self._tokens = Tokens(network=network, credential=credential, ask=self._ask_for_token, mask=ears.mask)

    def subject(self, repository: str, *, push: bool) -> Subject:
        """Expect requests about a repository, so that the first token is good for it."""
        self._tokens.expect(repository, push=push)
        return Subject(
            host=self.host,
            repository=repository,
            credential=self._credential,
            hint=self._hint,
            deed="push to" if push else "pull from",
        )

    def expect(self, repository: str) -> None:
        """Let the first token be good for reading from this repository, where mounts may come from."""
        self._tokens.expect(repository, push=False)

    def expect_deletion(self, repository: str) -> bool:
        """Let the next token be good for deleting there as well; False: none is asked for."""
        return self._tokens.expect_deletion(repository)

    def may_read(self, repository: str, account: Account) -> bool:
        """Whether the token service lets us read from there, as far as it tells."""
        self._begin(account)
        with self._reached():
            return self._tokens.covers(repository, account)

    def url(self, path: str, account: Account) -> str:
        """The address of something below `/v2/`; the first one takes a request."""
        self._begin(account)
        return f"{self._routes.base}/v2/{path}"

    def led(self, answer: Answer, account: Account) -> str:
        """The address that an answer's `Location` names; raises `RegistryError`."""
        return self._routes.led(answer.url, answer.headers.get("location", ""), account)

    def close(self) -> None:
        """Close connections."""
        self._routes.close()

    def answer(
        self,
        ask: Ask,
        account: Account,
        wanted: Collection[int],
        *,
        limit: int = LARGEST,
        renewal: Renewal = "replay",
    ) -> Answer:
        """Ask once, for an answer of a wanted status and its first `limit` bytes. Raises as `opened` does."""
        with self.opened(ask, account, wanted, renewal=renewal) as arriving:
            return arriving.whole(limit)

    @contextmanager
    def opened(
        self, ask: Ask, account: Account, wanted: Collection[int], *, renewal: Renewal = "replay"
    ) -> Iterator[Arriving]:
        """Ask once: logged in, behind the gate, wherever it redirects what only reads.

        `renewal` is for a token that is refused and was good before. Raises `RegistryError`, `Cancelled`.
        """
        self._begin(account)
        with (
            self._reached(),
            self._gate.passed(account.subject),
            self._logged_in(ask, account, renewal) as arriving,
        ):
            self._pass_on(arriving)
            if arriving.status not in wanted:
                raise self._refused(arriving.whole(), account)
            yield arriving

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Let failures say that the registry was reached, since it was once."""
        try:
            yield
        except RegistryError as failed:
            failed.reached = True
            raise

    @contextmanager
    def _logged_in(self, ask: Ask, account: Account, renewal: Renewal) -> Iterator[Arriving]:
        if not self._routes.is_own(ask.url):
            with self._routes.followed(ask, account) as arriving:
                yield arriving
            return
        login = self._tokens.login(account)
        with self._routes.followed(_with(ask, login), account) as arriving:
            if renewal == "none" or not self._may_be_over(arriving):
                yield arriving
                return
            answer = arriving.whole()
        over = self._is_over(answer)
        is_stale = over and self._tokens.refused(login, answer, f"{self._routes.base}/v2/")
        if not is_stale or renewal != "replay":
            failed = self._refused(answer, account)
            failed.stale = is_stale
            raise failed
        with self._routes.followed(_with(ask, self._tokens.login(account)), account) as arriving:
            yield arriving

    def _may_be_over(self, arriving: Arriving) -> bool:
        """Whether an answer's body may say that the login is over."""
        said = arriving.status == _FORBIDDEN and self.quirks.expired and arriving.ask.method != "HEAD"
        return (arriving.status == _UNAUTHORIZED or bool(said)) and self._routes.is_own(arriving.ask.url)

    def _is_over(self, answer: Answer) -> bool:
        if answer.status == _UNAUTHORIZED:
            return is_about_the_login(answer)
        return re.search(self.quirks.expired, answer.text) is not None

    def _begin(self, account: Account) -> None:
        """Find out, once, how the host is spoken to and which login it wants."""
        if self._routes.base:
            return

        def again(failed: RegistryError) -> bool:
            return failed.problem.retryable and (failed.reached or self._patient)

        self._turn.take(
            lambda: not self._routes.base,
            lambda: patiently(self.network, lambda: self._introduced(account), again),
        )

    def _introduced(self, account: Account) -> None:
        self._gate.open(account.subject)
        plain = self._trust.insecure == "http"
        address = self.quirks.address or self.host
        answer = greeted(address, account, plain=plain, routes=self._routes, refused=self._refused)
        if answer.status == _UNAUTHORIZED:
            self._tokens.challenged(answer.headers.get("www-authenticate", ""), answer.url)
        self.quirks = quirks.of(self.host, answer.headers)
        self._routes.base = answer.url.removesuffix("/v2/")

    def _ask_for_token(self, ask: Ask, account: Account) -> Answer:
        with self._routes.login(ask, account) as arriving:
            return arriving.whole()

    def _refused(self, answer: Answer, account: Account) -> RegistryError:
        home = not self._routes.base or self._routes.is_own(answer.url)
        # what storage thinks of an address it was sent to says nothing of our login
        code = "registry" if not home and answer.status in _LOGIN else ""
        failed = refused(answer, account.subject, self.network.now(), code)
        if home and failed.asked:
            self._gate.pause(failed.asked)
        return failed

    def _pass_on(self, arriving: Arriving) -> None:
        for text in _WARNING.findall(arriving.headers.get("warning", "")):
            if text not in self._warnings:
                self._warnings.add(text)
                self._ears.notice(f"{self.host} warns: {text}")


def _with(ask: Ask, login: Login | None) -> Ask:
    return replace(ask, headers={**ask.headers, "Authorization": login.header}) if login else ask
