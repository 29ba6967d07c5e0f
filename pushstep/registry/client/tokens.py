"""Who we are: the login that goes with each request, as the registry's challenge wants it.

    no challenge   nothing
    Basic          user name and password with every request
    Bearer         a token with every request: from the token service, or the credential is one itself

What a cloud lends for hours is asked for anew before each request: the credential itself knows when to. One
that is refused before its end is asked for anew once; a password that somebody gave never is.

One token is asked for everything that is expected by then: first what is pushed, because some services look
at nothing else, then what is only read (the sources of mounts). Where that is refused, less is asked for:
without the right to delete, without the sources, then for each repository by itself, so that one that is
denied does not stop the others.

Source: distribution docs/content/spec/auth/scope.md.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from pushstep.registry.client.answer import Answer
from pushstep.registry.client.challenge import Basic, Bearer, preferred
from pushstep.registry.client.exchange import Account, Ask
from pushstep.registry.client.failures import RegistryError, refused, told
from pushstep.registry.client.network import Network
from pushstep.registry.client.token_service import REFUSALS, TokenService, basic
from pushstep.registry.client.turn import Turn
from pushstep.registry.credentials.credential import ANONYMOUS, Credential

_ALL = ""
"""Whose login everybody's is, where others go by the name of a repository."""
_WRONG = 401
_MARGIN = 30.0
"""Seconds before its end that a token is renewed: a request takes time, and clocks differ."""


@dataclass(kw_only=True, slots=True)
class Login:
    """What goes into `Authorization`, and until when."""

    header: str = field(repr=False)
    credential: Credential
    """Whose it is; where that has changed, what was made of it is used no more."""
    scopes: frozenset[str] | None = None
    """What a token of the token service is for; None: it is none, and there is no newer one."""
    renew_at: float = 0.0
    uses: int = 0


class Tokens:
    """One registry's logins; many threads use it at the same time."""

    def __init__(
        self,
        network: Network,
        credential: Credential,
        ask: Callable[[Ask, Account], Answer],
        mask: Callable[[str], None],
    ) -> None:
        self._network = network
        self._ask = ask
        self._given = self._credential = credential
        self._service = TokenService(network, ask, mask)
        self._challenge: Bearer | Basic | None = None
        self._root = ""
        self._pushed: dict[str, None] = {}
        self._read: dict[str, None] = {}
        self._deleted: set[str] = set()
        self._unreadable: frozenset[str] = frozenset()
        self._apart = False
        self._replaced = False
        self._logins: dict[str, Login] = {}
        self._turns: defaultdict[str, Turn] = defaultdict(Turn)
        self._lock = threading.Lock()

    def expect(self, repository: str, *, push: bool) -> None:
        """Ask for a right on this repository as well, from the next token on."""
        (self._pushed if push else self._read).setdefault(repository)

    def expect_deletion(self, repository: str) -> bool:
        """Ask for the right to delete there too, from the next token on; False: there is no such token."""
        self._deleted.add(repository)
        return isinstance(self._challenge, Bearer) and self._credential.kind != "registrytoken"

    def covers(self, repository: str, account: Account) -> bool:
        """Whether the token service does not refuse reading from there. Raises as `login` does."""
        self.expect(repository, push=False)
        self._bring(account)
        return repository not in self._unreadable

    def challenged(self, header: str, root: str) -> None:
        """Take what the registry, which has its `/v2/` at `root`, answered to a request without login."""
        self._root = root
        # one that only says 401 wants what every server takes
        self._challenge = preferred(header) or Basic()

    def login(self, account: Account) -> Login | None:
        """The login for a request. Raises `RegistryError`, `Cancelled`, `StepError` of who lends it."""
        self._credential = self._given.current
        self._bring(account)
        with self._lock:
            login = self._logins.get(self._key(account))
            if login:
                login.uses += 1
            return login

    def refused(self, login: Login | None, answer: Answer, root: str) -> bool:
        """Hear that a request got 401; returns whether it may go again, with another login.

        Raises `StepError` of who lends it.
        """
        if login is None:
            self.challenged(answer.headers.get("www-authenticate", ""), root)
            return True
        if login.uses <= 1:
            # a fresh one is as good as it gets, and some registries lock out who insists
            return False
        if login.scopes is None:
            return self._lent_anew(login.credential)
        login.renew_at = self._network.seconds()
        return True

    def _lent_anew(self, over: Credential) -> bool:
        """Get another password for one that its lender withdrew; the first thread that hears of it asks."""
        if self._given.renew is None:
            return False
        with self._lock:
            if self._given.current.secret != over.secret:
                return True
            if self._replaced:
                return False
            self._replaced = True
            return self._given.renew(over.secret).secret != over.secret

    def _bring(self, account: Account) -> None:
        while self._challenge and self._is_due(key := self._key(account)):
            with self._lock:
                turn = self._turns[key]
            about = (self._credential, *self._wanted(key))
            turn.take(partial(self._is_due, key), partial(self._renew, key, account), about)

    def _key(self, account: Account) -> str:
        """Whose login it is: everybody's, unless what everybody wants was refused."""
        return account.subject.repository if self._apart else _ALL

    def _is_due(self, key: str) -> bool:
        login = self._logins.get(key)
        if login is None:
            return key != _ALL or not self._apart
        if login.scopes is None:
            return login.credential != self._credential
        # one that comes expired is good for a request all the same: the clock that says so may be wrong
        old = login.uses > 0 and self._network.seconds() >= login.renew_at
        return old or not login.scopes.issuperset(self._wanted(key))

    def _renew(self, key: str, account: Account) -> None:
        """Get a login, or find that less has to be asked for."""
        credential = self._credential
        if credential.kind == "registrytoken":
            self._logins[key] = Login(header=f"Bearer {credential.secret}", credential=credential)
        elif isinstance(self._challenge, Bearer):
            try:
                self._logins[key] = self._asked(self._challenge, key, account)
            except RegistryError as failed:
                if not self._asks_less(failed, key):
                    raise
        elif credential is ANONYMOUS:
            raise RegistryError(told("login", "it lets nobody in without a login", account.subject))
        else:
            header = self._tried(basic(credential), account)
            self._logins[key] = Login(header=header, credential=credential)

    def _tried(self, header: str, account: Account) -> str:
        """Try a password once before all threads use it: some registries lock out who is often wrong."""
        ask = Ask(method="GET", url=self._root, headers={"Authorization": header})
        answer = self._ask(ask, account)
        failed = refused(answer, account.subject, self._network.now())
        if answer.status == _WRONG or failed.problem.retryable:
            raise failed
        return header

    def _asks_less(self, failed: RegistryError, key: str) -> bool:
        if failed.status not in REFUSALS:
            return False
        if self._deleted:
            self._deleted = set()
            return True
        if sources := self._sources(key):
            # what was granted before is not why
            before = self._logins[key].scopes if key in self._logins else None
            refused = {name for name in sources if _reading(name) not in (before or ())}
            self._unreadable |= refused or set(sources)
            return True
        # a wrong password is wrong for each of them
        if key == _ALL and failed.status != _WRONG and len({**self._pushed, **self._read}) > 1:
            self._apart = True
            self._logins.pop(key, None)
            return True
        return False

    def _asked(self, challenge: Bearer, key: str, account: Account) -> Login:
        scopes, credential = self._wanted(key), self._credential
        encrypted = self._root.startswith("https:")
        token = self._service.token(credential, challenge, scopes, account, encrypted=encrypted)
        margin = min(max(_MARGIN, token.seconds / 10), token.seconds / 2)
        return Login(
            header=f"Bearer {token.text}",
            credential=credential,
            scopes=frozenset(scopes),
            renew_at=self._network.seconds() + token.seconds - margin,
        )

    def _wanted(self, key: str) -> list[str]:
        # a copy: other threads may expect more meanwhile
        own = [key] if key else list(self._pushed) or list(self._read)
        return [
            *(f"repository:{name}:{self._rights(name)}" for name in own),
            *(_reading(name) for name in self._sources(key)),
        ]

    def _rights(self, name: str) -> str:
        return f"pull{',push' * (name in self._pushed)}{',delete' * (name in self._deleted)}"

    def _sources(self, key: str) -> list[str]:
        """What is read from beside what is pushed."""
        beside = [name for name in list(self._pushed) if key in (_ALL, name)]
        readable = (name for name in list(self._read) if name not in self._unreadable)
        return [name for name in readable if name not in beside] if beside else []


def _reading(name: str) -> str:
    return f"repository:{name}:pull"
