"""Logins: what is asked of whom, how often, and what never leaves for another host."""

import json
import re
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from pushstep.errors import Problem, StepError
from pushstep.registry.client.failures import RegistryError
from pushstep.registry.client.trust import Trust
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from tests.support.registry_client import BOT, client, image_manifest, sliced
from tests.support.small_servers import HANG_UP, Heard, Reply, Server, Shelf, digest, errors, serving

BASIC = "Basic Ym90Omh1bnRlcjIh"
"""`BOT`'s."""


@dataclass
class Guarded:
    """A registry whose token service answers what `grant` says; tokens are numbered."""

    shelf: Shelf = field(default_factory=Shelf)
    realm: str = ""
    grant: Callable[[Heard, int], Reply] = lambda _, number: given(number)
    taken: Callable[[Heard], bool] = lambda heard: heard.login.startswith("Bearer ")
    tokens: list[Heard] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, heard: Heard) -> Reply:
        if heard.path == "/token":
            with self.lock:
                self.tokens.append(heard)
                return self.grant(heard, len(self.tokens))
        if heard.path == "/v2/" or not self.taken(heard):
            challenge = f'Bearer realm="{self.realm}",service="reg, the one"'
            return Reply(
                status=401, headers={"WWW-Authenticate": challenge}, body=errors("UNAUTHORIZED", "who?")
            )
        return self.shelf(heard)

    def scopes(self) -> list[list[str]]:
        """Of every request for a token."""
        return [one.query["scope"] for one in self.tokens]


def given(number: int, **more: object) -> Reply:
    return Reply(body=json.dumps({"token": f"token-{number}", **more}).encode())


@contextmanager
def guarded(**parts: Any) -> Iterator[tuple[Guarded, Server]]:  # noqa: ANN401 - `Guarded`'s
    registry = replace(Guarded(), **parts)
    with serving(registry) as server:
        registry.realm = registry.realm or f"{server.url}/token"
        yield registry, server


def test_a_token_is_asked_with_the_password_and_sent_instead_of_it() -> None:
    with guarded() as (registry, server), client(server.host, BOT) as one:
        assert one.repository().digest("v1") is None

        token = registry.tokens[0]
        assert (token.method, token.login) == ("GET", BASIC)
        assert token.query == {
            "account": ["bot"],
            "service": ["reg, the one"],
            "scope": ["repository:acme/app:pull,push"],
        }
        # a greeting without login, a token, the request
        assert [heard.login for heard in server.heard] == ["", BASIC, "Bearer token-1"]
        assert one.masked == ["token-1"]
        assert not re.search("token-1|hunter2", " ".join(one.debugged))


def test_without_a_login_a_token_is_asked_all_the_same() -> None:
    with guarded() as (registry, server), client(server.host, ANONYMOUS) as one:
        assert one.repository(push=False).digest("v1") is None

    assert registry.tokens[0].login == ""
    assert registry.tokens[0].query == {"service": ["reg, the one"], "scope": ["repository:acme/app:pull"]}


def test_one_token_is_asked_for_all_that_is_expected() -> None:
    with guarded() as (registry, server), client(server.host, BOT) as one:
        base = one.repository("base/image", push=False)
        first, second = one.repository("acme/app"), one.repository("acme/other")
        for repository in (second, first, base):
            repository.digest("v1")

    assert registry.scopes() == [
        ["repository:acme/app:pull,push", "repository:acme/other:pull,push", "repository:base/image:pull"]
    ]


def test_threads_share_a_token() -> None:
    def slow(_: Heard, number: int) -> Reply:
        threading.Event().wait(0.05)
        return given(number, expires_in=300)

    with guarded(grant=slow) as (registry, server), client(server.host, BOT) as one:
        repository = one.repository()
        with ThreadPoolExecutor(8) as threads:
            assert set(threads.map(repository.digest, map(str, range(16)))) == {None}

        assert len(registry.tokens) == 1
        assert [heard.path for heard in server.heard].count("/v2/") == 1
        assert repository.requests == 18 == len(server.heard)


# what the token's answer says, seconds that pass → whether another one is asked
LIFETIMES = {
    "nothing said, soon": ({}, 29, False),
    "nothing said, after half a minute": ({}, 30, True),
    "five minutes": ({"expires_in": 300}, 269, False),
    "five minutes, almost over": ({"expires_in": 300}, 270, True),
    "an hour, a tenth left": ({"expires_in": 3600}, 3240, True),
    "an hour, more than a tenth left": ({"expires_in": 3600}, 3239, False),
    "a few seconds, the first half": ({"expires_in": 8}, 3, False),
    "a few seconds, the second half": ({"expires_in": 8}, 4, True),
    "over when it comes": ({"expires_in": 0}, 0, True),
    "over before it comes": ({"expires_in": -5}, 0, True),
    "no number": ({"expires_in": "300"}, 29, False),
    "true": ({"expires_in": True}, 29, False),
    "a number beyond all": ({"expires_in": 10**400}, 3600, False),
    "no number at all": ({"expires_in": float("nan")}, 0, True),
    "issued at some time that is no matter": (
        {"expires_in": 300, "issued_at": "1999-01-01T00:00:00Z"},
        60,
        False,
    ),
}


@pytest.mark.parametrize(("said", "seconds", "again"), LIFETIMES.values(), ids=LIFETIMES)
def test_a_token_is_renewed_before_its_end(said: dict[str, object], seconds: float, again: bool) -> None:
    with (
        guarded(grant=lambda _, number: given(number, **said)) as (registry, server),
        client(server.host, BOT) as one,
    ):
        repository = one.repository()
        repository.digest("v1")
        one.clock.pause(seconds)
        repository.digest("v2")

    assert len(registry.tokens) == 1 + again
    assert server.heard[-1].login == f"Bearer token-{1 + again}"


def test_a_token_that_is_no_longer_taken_is_renewed_once() -> None:
    good = {"Bearer token-1"}
    with (
        guarded(taken=lambda heard: heard.login in good) as (registry, server),
        client(server.host, BOT) as one,
    ):
        repository = one.repository()
        repository.digest("v1")
        good.symmetric_difference_update({"Bearer token-1", "Bearer token-2"})
        assert repository.digest("v1") is None
        assert len(registry.tokens) == 2
        good.clear()
        with pytest.raises(RegistryError) as raised:
            repository.digest("v1")

    assert len(registry.tokens) == 3
    assert raised.value.problem.code == "login"
    assert one.clock.waits == []


def test_a_fresh_token_that_is_not_taken_is_the_end() -> None:
    with (
        guarded(taken=lambda _: False) as (registry, server),
        client(server.host, BOT) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().digest("v1")

    assert len(registry.tokens) == 1
    assert raised.value.problem.code == "login"
    assert "as bot (test)" in raised.value.problem.message


def test_a_token_that_ends_between_the_session_and_the_body_costs_a_new_session() -> None:
    content = bytes(3_000_000)
    used: list[str] = []

    def taken(heard: Heard) -> bool:
        used.append(heard.method)
        return heard.login == ("Bearer token-1" if "PUT" not in used else "Bearer token-2")

    moved: list[int] = []
    with (
        guarded(taken=taken) as (registry, server),
        client(server.host, BOT) as one,
        sliced(content) as place,
    ):
        assert one.repository().upload(digest(content), place, moved.append) == "uploaded"

    assert used == ["POST", "PUT", "POST", "PUT"]
    assert registry.shelf.sessions == 2
    assert sum(moved) == len(content)
    assert min(moved) < 0
    assert one.clock.waits == []


def refusing(status: int, unless: Callable[[Heard], bool] = lambda _: False) -> Callable[[Heard, int], Reply]:
    return lambda heard, number: (
        given(number) if unless(heard) else Reply(status=status, body=b'{"details": "no!"}')
    )


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_login_is_asked_once_by_however_many(status: int) -> None:
    with guarded(grant=refusing(status)) as (registry, server), client(server.host, BOT) as one:
        repository = one.repository()
        with ThreadPoolExecutor(4) as threads:
            tries = [threads.submit(repository.digest, "v1") for _ in range(8)]
        problems = {str(one.exception()) for one in tries}

    assert len(registry.tokens) == 1
    assert len(problems) == 1
    assert "refused the login as bot (test)" in problems.pop()


def test_who_has_no_login_is_told_how_to_get_one() -> None:
    with (
        guarded(grant=refusing(401)) as (_, server),
        client(server.host, ANONYMOUS) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().digest("v1")

    assert raised.value.problem.hint == "Log in like this."


def test_a_token_service_that_stumbles_is_asked_again() -> None:
    answers = iter([Reply(status=503), HANG_UP, Reply(status=429, headers={"Retry-After": "7"}), given(4)])
    with (
        guarded(grant=lambda *_: next(answers)) as (_, server),
        client(server.host, BOT) as one,
    ):
        repository = one.repository()
        assert repository.digest("v1") is None
        assert one.clock.waits == [1, 2, 7]
        assert repository.requests == 6 == len(server.heard)


def test_a_token_service_that_stays_down_ends_it_without_starting_over() -> None:
    with (
        guarded(grant=refusing(502)) as (registry, server),
        client(server.host, BOT) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().digest("v1")

    assert len(registry.tokens) == 6
    assert raised.value.problem.retryable


NO_TOKENS = {
    "no JSON": b"<html>",
    "no object": b'["token"]',
    "no token": b"{}",
    "an empty one": b'{"token": ""}',
    "no text": b'{"token": 1}',
    "not for a header": b'{"token": "a\\nb"}',
    "not of ASCII": b'{"token": "\\u00e4"}',
    "too large": json.dumps({"token": "a" * 70_000}).encode(),
}


@pytest.mark.parametrize("body", NO_TOKENS.values(), ids=NO_TOKENS)
def test_what_is_no_token(body: bytes) -> None:
    with (
        guarded(grant=lambda *_: Reply(body=body)) as (_, server),
        client(server.host, BOT) as one,
        pytest.raises(RegistryError, match="names a token service that gave no token") as raised,
    ):
        one.repository().digest("v1")

    assert not raised.value.problem.retryable


def test_the_other_name_of_a_token() -> None:
    with (
        guarded(grant=lambda *_: Reply(body=b'{"access_token": "b", "refresh_token": "c"}')) as (_, server),
        client(server.host, BOT) as one,
    ):
        one.repository().digest("v1")

    assert server.heard[-1].login == "Bearer b"
    assert one.masked == ["b", "c"]


IDENTITY = Credential(source="test", secret="refresh", kind="identitytoken")


def test_an_identity_token_is_posted() -> None:
    with guarded() as (registry, server), client(server.host, IDENTITY) as one:
        one.repository("acme/app").digest("v1")

    (token,) = registry.tokens
    assert (token.method, token.login) == ("POST", "")
    assert parse_qs(token.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["refresh"],
        "service": ["reg, the one"],
        "client_id": ["pushstep"],
        "scope": ["repository:acme/app:pull,push"],
    }


@pytest.mark.parametrize("status", [400, 401, 404, 405])
def test_an_identity_token_that_is_not_taken_so_goes_as_a_password(status: int) -> None:
    with (
        guarded(grant=refusing(status, lambda heard: heard.method == "GET")) as (registry, server),
        client(server.host, replace(IDENTITY, username="me")) as one,
    ):
        one.repository().digest("v1")

    assert [token.method for token in registry.tokens] == ["POST", "GET"]
    assert registry.tokens[1].login == "Basic bWU6cmVmcmVzaA=="


def test_an_identity_token_without_a_name_is_no_password() -> None:
    with (
        guarded(grant=refusing(401)) as (registry, server),
        client(server.host, IDENTITY) as one,
        pytest.raises(RegistryError, match="refused the login"),
    ):
        one.repository().digest("v1")

    assert [token.method for token in registry.tokens] == ["POST"]


def test_a_token_of_ones_own_is_sent_as_it_is() -> None:
    own = Credential(source="test", secret="mine", kind="registrytoken")
    with guarded() as (registry, server), client(server.host, own) as one:
        one.repository().digest("v1")

    assert registry.tokens == []
    assert [heard.login for heard in server.heard] == ["", "Bearer mine"]


def test_a_refused_token_of_ones_own_is_the_end() -> None:
    own = Credential(source="test", secret="mine", kind="registrytoken")
    with (
        guarded(taken=lambda _: False) as (_, server),
        client(server.host, own) as one,
        pytest.raises(RegistryError, match="refused the login"),
    ):
        one.repository().digest("v1")

    assert len(server.heard) == 2


def with_basic(heard: Heard, shelf: Shelf, taken: str = BASIC) -> Reply:
    if heard.login == taken:
        return shelf(heard)
    return Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})


def test_a_password_goes_with_every_request() -> None:
    with serving(lambda heard: with_basic(heard, Shelf())) as server, client(server.host, BOT) as one:
        repository = one.repository()
        assert repository.digest("v1") is None
        repository.put("v1", image_manifest())

    # it is tried at the greeting first
    assert [heard.login for heard in server.heard] == ["", BASIC, BASIC, BASIC]
    assert server.told()[1] == "GET /v2/"


# --- what is lent for a while


@dataclass
class Lender:
    """Lends passwords; each is good until the next one is lent, or it hears that it was refused."""

    number: int = 1
    asked: int = 0
    fails: bool = False

    @property
    def taken(self) -> str:
        pair = b64encode(f"AWS:lent-{self.number}".encode()).decode()
        return f"Basic {pair}"

    def credential(self, refused: str = "") -> Credential:
        self.asked += 1
        self.number += refused == f"lent-{self.number}"
        if self.fails:
            raise StepError(Problem(code="denied", message="no more of these"))
        return Credential(
            source="lender", username="AWS", secret=f"lent-{self.number}", renew=self.credential
        )


def test_what_is_lent_is_asked_for_before_each_request_and_tried_when_it_is_new() -> None:
    lender = Lender()
    with (
        serving(lambda heard: with_basic(heard, Shelf(), lender.taken)) as server,
        client(server.host, lender.credential()) as one,
    ):
        repository = one.repository()
        for _ in range(2):
            assert repository.digest("v1") is None
        lender.number = 2
        for _ in range(2):
            assert repository.digest("v1") is None

        logins = [heard.login for heard in server.heard]
        first, second = (Lender(number=number).taken for number in (1, 2))
        # a greeting, and each password once at /v2/ before it is used
        assert logins == ["", first, first, first, second, second, second]
        assert lender.asked == 5


def test_a_token_service_is_asked_with_what_is_lent_then() -> None:
    lender = Lender()
    with (
        guarded(grant=lambda _, number: given(number, expires_in=60)) as (registry, server),
        client(server.host, lender.credential()) as one,
    ):
        repository = one.repository()
        repository.digest("v1")
        lender.number = 2
        one.clock.seconds += 50
        repository.digest("v1")

    assert [heard.login for heard in registry.tokens] == [Lender(number=one).taken for one in (1, 2)]


def test_each_of_many_threads_may_get_another_one() -> None:
    """A lender whose passwords have all run out on receipt makes a new one for everybody, and all are good."""
    lender = Lender()

    def new(_: str = "") -> Credential:
        lender.number += 1
        return replace(lender.credential(), renew=new)

    def taken(heard: Heard) -> Reply:
        return with_basic(heard, Shelf(), heard.login)

    with serving(taken) as server, client(server.host, new()) as one:
        repository = one.repository()
        with ThreadPoolExecutor(4) as threads:
            assert set(threads.map(repository.digest, map(str, range(20)))) == {None}


def test_a_lender_that_refuses_ends_the_request_in_its_words() -> None:
    lender = Lender()
    with (
        serving(lambda heard: with_basic(heard, Shelf(), lender.taken)) as server,
        client(server.host, lender.credential()) as one,
    ):
        repository = one.repository()
        repository.digest("v1")
        lender.fails = True

        with pytest.raises(StepError, match="no more of these"):
            repository.digest("v1")


@dataclass
class Withdrawn:
    """A registry that takes any login until it is told that one is over."""

    shelf: Shelf = field(default_factory=Shelf)
    over: set[str] = field(default_factory=set)

    def __call__(self, heard: Heard) -> Reply:
        if heard.login and heard.login not in self.over:
            return self.shelf(heard)
        return Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})


def test_what_is_lent_and_withdrawn_before_its_end_is_asked_for_anew() -> None:
    lender, registry = Lender(), Withdrawn()
    with serving(registry) as server, client(server.host, lender.credential()) as one:
        repository = one.repository()
        repository.put("v1", image_manifest())
        registry.over.add(lender.taken)
        repository.put("v2", image_manifest())
        first, second = (Lender(number=number).taken for number in (1, 2))

        assert [heard.login for heard in server.heard] == ["", first, first, first, second, second]
        assert registry.shelf.manifests.keys() >= {("acme/app", "v1"), ("acme/app", "v2")}


def test_of_many_threads_one_asks_for_what_was_withdrawn() -> None:
    lender, registry = Lender(), Withdrawn()
    with serving(registry) as server, client(server.host, lender.credential()) as one:
        repository = one.repository()
        repository.digest("v1")
        registry.over.add(lender.taken)
        with ThreadPoolExecutor(6) as threads:
            assert set(threads.map(repository.digest, map(str, range(20)))) == {None}

    assert lender.number == 2


def test_what_is_withdrawn_again_is_the_end() -> None:
    """A registry that refuses all of them would otherwise have a new one made for each request."""
    lender, registry = Lender(), Withdrawn()
    with serving(registry) as server, client(server.host, lender.credential()) as one:
        repository = one.repository()
        for _ in range(2):
            assert repository.digest("v1") is None
            assert repository.digest("v1") is None
            registry.over.add(lender.taken)
        for _ in range(2):
            with pytest.raises(RegistryError, match="refused the login"):
                repository.digest("v1")

    assert lender.number == 2


def test_a_password_that_is_withdrawn_is_not_tried_again() -> None:
    """Some registries lock out who insists."""
    registry = Withdrawn()
    with serving(registry) as server, client(server.host, BOT) as one:
        repository = one.repository()
        for _ in range(2):
            assert repository.digest("v1") is None
        registry.over.add(BASIC)
        before = len(server.heard)

        with pytest.raises(RegistryError, match="refused the login") as raised:
            repository.digest("v1")

    assert raised.value.problem.code == "login"
    # a HEAD has no words: they are asked for, as for every refusal
    assert len(server.heard) - before <= 2


def test_a_wrong_password_that_was_replaced_is_tried_anew() -> None:
    lender = Lender(number=2)
    with (
        serving(lambda heard: with_basic(heard, Shelf(), Lender(number=3).taken)) as server,
        client(server.host, lender.credential()) as one,
    ):
        repository = one.repository()
        for _ in range(2):
            with pytest.raises(RegistryError):
                repository.digest("v1")
        assert len(server.heard) == 2
        lender.number = 3

        assert repository.digest("v1") is None


def test_a_wrong_password_is_sent_once_by_however_many() -> None:
    with (
        serving(lambda heard: with_basic(heard, Shelf(), "Basic other")) as server,
        client(server.host, BOT) as one,
    ):
        repository = one.repository()
        with ThreadPoolExecutor(6) as threads:
            tries = [threads.submit(repository.digest, "v1") for _ in range(12)]
        failures = [one.exception() for one in tries]

    assert [heard.login for heard in server.heard] == ["", BASIC]
    assert {failed.problem.code for failed in failures if isinstance(failed, RegistryError)} == {"login"}
    assert None not in failures


def test_a_password_is_tried_again_where_the_registry_stumbles() -> None:
    stumbles = iter([Reply(status=502), HANG_UP])

    def answer(heard: Heard) -> Reply:
        return (next(stumbles, None) if heard.login else None) or with_basic(heard, Shelf())

    with serving(answer) as server, client(server.host, BOT) as one:
        assert one.repository().digest("v1") is None
        assert one.clock.waits == [1, 2]


def test_a_repository_that_is_named_later_is_asked_for_though_another_was_refused() -> None:
    def grant(heard: Heard, number: int) -> Reply:
        denied = any("theirs" in scope for scope in heard.query["scope"])
        return refusing(403)(heard, number) if denied else given(number)

    with guarded(grant=grant) as (registry, server), client(server.host, BOT) as one:
        theirs = one.repository("theirs")
        for _ in range(2):
            with pytest.raises(RegistryError, match="refused the login"):
                theirs.digest("v1")
        assert len(registry.tokens) == 1
        assert one.repository("ours").digest("v1") is None


def test_who_has_no_password_does_not_try() -> None:
    with serving(lambda heard: with_basic(heard, Shelf())) as server, client(server.host) as one:
        for _ in range(2):
            with pytest.raises(RegistryError, match="lets nobody in without a login") as raised:
                one.repository().digest("v1")
            assert raised.value.problem.hint == "Log in like this."

    assert len(server.heard) == 1


def test_a_registry_that_only_says_401_gets_the_password() -> None:
    shelf = Shelf()

    def answer(heard: Heard) -> Reply:
        return shelf(heard) if heard.login else Reply(status=401)

    with serving(answer) as server, client(server.host, BOT) as one:
        assert one.repository().digest("v1") is None


def test_a_login_may_be_wanted_later_than_at_the_greeting() -> None:
    shelf = Shelf()
    with (
        serving(lambda heard: shelf(heard) if heard.path == "/v2/" else with_basic(heard, shelf)) as server,
        client(server.host, BOT) as one,
    ):
        assert one.repository().digest("v1") is None
        assert one.repository().digest("v1") is None

    assert [heard.login for heard in server.heard] == ["", "", BASIC, BASIC, BASIC]


def test_sources_that_are_refused_do_not_stop_the_push() -> None:
    content = b"layer"

    def grant(heard: Heard, number: int) -> Reply:
        return (
            refusing(403)(heard, number)
            if "repository:theirs:pull" in heard.query["scope"]
            else given(number)
        )

    with (
        guarded(grant=grant) as (registry, server),
        client(server.host, BOT) as one,
        sliced(content) as place,
    ):
        one.registry.expect("ours")
        one.registry.expect("theirs")
        repository = one.repository()
        assert repository.digest("v1") is None
        assert repository.upload(digest(content), place, lambda _: None, "theirs") == "uploaded"

    target, ours, theirs = "repository:acme/app:pull,push", "repository:ours:pull", "repository:theirs:pull"
    assert registry.scopes() == [[target, ours, theirs], [target]]
    assert not any("mount" in heard.query for heard in server.heard)


def test_a_source_that_is_refused_later_leaves_the_others() -> None:
    content = b"layer"

    def grant(heard: Heard, number: int) -> Reply:
        return (
            refusing(401)(heard, number)
            if "repository:theirs:pull" in heard.query["scope"]
            else given(number)
        )

    with (
        guarded(grant=grant) as (registry, server),
        client(server.host, BOT) as one,
        sliced(content) as place,
    ):
        registry.shelf.blobs["ours", digest(content)] = content
        one.registry.expect("ours")
        repository = one.repository()
        repository.digest("v1")
        assert repository.upload(digest(content), place, lambda _: None, "theirs") == "uploaded"
        assert repository.upload(digest(content), place, lambda _: None, "ours") == "mounted"

    target, ours = "repository:acme/app:pull,push", "repository:ours:pull"
    # the first token goes on to be good
    assert registry.scopes() == [[target, ours], [target, ours, "repository:theirs:pull"]]


def test_a_repository_that_is_denied_does_not_keep_the_others_from_their_tokens() -> None:
    def grant(heard: Heard, number: int) -> Reply:
        denied = any("theirs" in scope for scope in heard.query["scope"])
        return refusing(403)(heard, number) if denied else given(number, expires_in=300)

    with guarded(grant=grant) as (registry, server), client(server.host, BOT) as one:
        ours, theirs, others = (one.repository(name) for name in ("ours", "theirs", "others"))
        one.registry.expect("base")
        for _ in range(2):
            assert ours.digest("v1") is None
            with pytest.raises(RegistryError, match="refused the login"):
                theirs.digest("v1")
            assert others.digest("v1") is None

    both = [f"repository:{name}:pull,push" for name in ("ours", "theirs", "others")]
    assert registry.scopes() == [[*both, "repository:base:pull"], both, *([one] for one in both)]


def test_sources_of_a_promotion_are_read_each_by_itself_if_one_is_denied() -> None:
    def grant(heard: Heard, number: int) -> Reply:
        denied = any("theirs" in scope for scope in heard.query["scope"])
        return refusing(404)(heard, number) if denied else given(number)

    with guarded(grant=grant) as (registry, server), client(server.host, BOT) as one:
        ours, theirs = (one.repository(name, push=False) for name in ("ours", "theirs"))
        assert ours.digest("v1") is None
        with pytest.raises(RegistryError, match="refused the login"):
            theirs.digest("v1")

    assert len(registry.tokens) == 3


def test_a_wrong_password_is_not_tried_for_each_repository() -> None:
    with guarded(grant=refusing(401)) as (registry, server), client(server.host, BOT) as one:
        for repository in [one.repository(name) for name in ("ours", "theirs")]:
            with pytest.raises(RegistryError, match="refused the login"):
                repository.digest("v1")

    assert len(registry.tokens) == 1


def test_two_headers_are_read_as_one() -> None:
    challenge = {"WWW-Authenticate": 'Negotiate\nBasic realm="x"'}

    def answer(heard: Heard) -> Reply:
        return Shelf()(heard) if heard.login == BASIC else Reply(status=401, headers=challenge)

    with serving(answer) as server, client(server.host, BOT) as one:
        assert one.repository().digest("v1") is None


def test_a_token_of_ones_own_that_no_header_can_hold_is_not_shown() -> None:
    own = Credential(source="test", secret="mine\n", kind="registrytoken")
    with (
        guarded() as (_, server),
        client(server.host, own) as one,
        pytest.raises(RegistryError, match="what no header can") as raised,
    ):
        one.repository().digest("v1")

    assert "mine" not in str(raised.value)
    assert not raised.value.problem.retryable


REALMS = {
    "without TLS": "http://{host}/token",
    "no address": "https://",
    "another scheme": "file:///etc/passwd",
    "a name in it": "https://me:you@{host}/token",
}


@pytest.mark.parametrize("realm", REALMS.values(), ids=REALMS)
def test_a_registry_with_tls_names_a_token_service_with_it(
    realm: str, tls: ssl.SSLContext, trust: Trust
) -> None:
    with guarded() as (registry, other):
        registry.realm = realm.format(host=other.host)
        with (
            serving(registry, tls=tls) as server,
            client(server.host, BOT, trust=trust) as one,
            pytest.raises(RegistryError, match="names a token service") as raised,
        ):
            one.repository().digest("v1")

        assert not raised.value.problem.retryable
        assert registry.tokens == []


def test_a_token_service_on_another_host_gets_the_password_and_the_registry_does_not(
    tls: ssl.SSLContext, trust: Trust
) -> None:
    issuer, registry = Guarded(), Guarded()
    with serving(issuer, tls=tls) as other:
        registry.realm = f"{other.url}/token"
        with serving(registry, tls=tls) as server, client(server.host, BOT, trust=trust) as one:
            one.repository().digest("v1")

    assert [heard.login for heard in other.heard] == [BASIC]
    assert [heard.login for heard in server.heard] == ["", "Bearer token-1"]


def test_a_token_service_that_redirects_is_not_followed() -> None:
    with serving(lambda _: Reply()) as other:
        away = Reply(status=307, headers={"Location": f"{other.url}/token"})
        with (
            guarded(grant=lambda *_: away) as (_, server),
            client(server.host, BOT) as one,
            pytest.raises(RegistryError, match="answered 307"),
        ):
            one.repository().digest("v1")

    assert other.heard == []


# the registry's address, the token service's → whether a token is asked there
ADDRESSES = {
    "both public": ("93.184.216.34", "151.101.1.1", True),
    "both private": ("10.0.0.1", "172.16.0.1", True),
    "both here": ("127.0.0.1", "127.0.0.1", True),
    "a public registry names a private one": ("93.184.216.34", "10.0.0.1", False),
    "a public registry names this machine": ("93.184.216.34", "127.0.0.1", False),
    "a public registry names this machine, in IPv6": ("93.184.216.34", "::1", False),
    "metadata": ("10.0.0.1", "169.254.169.254", False),
    "metadata in IPv6": ("10.0.0.1", "fd00:ec2::254", False),
    "link-local": ("10.0.0.1", "fe80::1", False),
}


@pytest.mark.parametrize(("registry_at", "service_at", "asked"), ADDRESSES.values(), ids=ADDRESSES)
def test_where_a_token_is_asked(
    registry_at: str, service_at: str, asked: bool, tls: ssl.SSLContext, trust: Trust
) -> None:
    issuer, registry = Guarded(), Guarded()
    where = {"reg.example.com": registry_at, "auth.example.com": service_at}
    with serving(issuer, tls=tls) as other, serving(registry, tls=tls) as server:
        registry.realm = f"https://auth.example.com:{other.port}/token"
        with client(f"reg.example.com:{server.port}", BOT, trust=trust, addresses=where) as one:
            if asked:
                assert one.repository().digest("v1") is None
            else:
                with pytest.raises(RegistryError, match=f"nothing is sent: .*{service_at}") as raised:
                    one.repository().digest("v1")
                assert not raised.value.problem.retryable

    assert len(issuer.tokens) == asked == len(other.heard)


def test_the_registry_itself_may_be_private_but_no_metadata_service(
    tls: ssl.SSLContext, trust: Trust
) -> None:
    for where, fine in {"10.0.0.1": True, "169.254.169.254": False}.items():
        with (
            serving(Shelf(), tls=tls) as server,
            client(
                f"reg.example.com:{server.port}", BOT, trust=trust, addresses={"reg.example.com": where}
            ) as one,
        ):
            if fine:
                assert one.repository().digest("v1") is None
            else:
                with pytest.raises(RegistryError, match="link-local"):
                    one.repository().digest("v1")
                assert server.heard == []
