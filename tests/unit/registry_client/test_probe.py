"""Whether a push would be taken: an upload is opened and ended, and nothing is sent."""

import json
import re
from dataclasses import dataclass, field

import pytest

from pushstep.registry.client.failures import RegistryError
from tests.support.registry_client import BOT, client
from tests.support.small_servers import HANG_UP, Heard, Reply, Server, digest, errors, serving

UPLOADS = "/v2/acme/app/blobs/uploads/"
OPENED = Reply(status=202, headers={"Location": f"{UPLOADS}1?_state=secret"})


@dataclass
class Sessions:
    """A registry that counts open uploads."""

    opens: Reply = OPENED
    ends: Reply = field(default_factory=lambda: Reply(status=204))
    open: int = 0

    def __call__(self, heard: Heard) -> Reply:
        if heard.path == "/v2/":
            return Reply()
        if heard.method == "POST":
            self.open += self.opens.status == 202
            return self.opens
        assert (heard.method, heard.path, heard.query) == ("DELETE", f"{UPLOADS}1", {"_state": ["secret"]})
        self.open -= self.ends.status < 300
        return self.ends


def asked(server: Server) -> list[str]:
    return [heard.method for heard in server.heard[1:]]


def test_an_upload_is_opened_and_ended() -> None:
    registry = Sessions()
    with serving(registry) as server, client(server.host) as one:
        repository = one.repository()
        assert repository.probe()
        assert (repository.requests, repository.bytes_sent) == (3, 0)

    assert asked(server) == ["POST", "DELETE"]
    assert registry.open == 0


REFUSALS = {
    "not allowed": (Reply(status=405, body=errors("UNSUPPORTED")), ["POST", "DELETE"]),
    "no right": (Reply(status=403, body=errors("DENIED")), ["POST", "DELETE"]),
    "no answer": (HANG_UP, ["POST", "DELETE"]),
    "it is gone": (Reply(status=404, body=errors("BLOB_UPLOAD_UNKNOWN")), ["POST", "DELETE"]),
}


@pytest.mark.parametrize(("ends", "methods"), REFUSALS.values(), ids=REFUSALS)
def test_an_upload_that_cannot_be_ended_is_told(ends: Reply, methods: list[str]) -> None:
    with serving(Sessions(ends=ends)) as server, client(server.host) as one:
        assert not one.repository().probe()

    assert asked(server) == methods


@pytest.mark.parametrize(
    ("opens", "code"),
    [
        (Reply(status=403, body=errors("DENIED", "requested access to the resource is denied")), "denied"),
        (Reply(status=404, body=errors("NAME_UNKNOWN", "repository name not known")), "not-found"),
        (Reply(status=405, body=errors("UNSUPPORTED", "a cache")), "registry"),
        (Reply(status=202), "registry"),
    ],
)
def test_who_may_not_push_hears_it(opens: Reply, code: str) -> None:
    with (
        serving(Sessions(opens=opens)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().probe()

    assert (raised.value.problem.code, asked(server)) == (code, ["POST"])


def test_a_registry_that_stumbles_is_asked_again() -> None:
    registry, stumbles = Sessions(), iter([Reply(status=503), HANG_UP])

    def answer(heard: Heard) -> Reply:
        return (next(stumbles, None) if heard.method == "POST" else None) or registry(heard)

    with serving(answer) as server, client(server.host) as one:
        assert one.repository().probe()


WANTED = digest(b"wanted")
MOUNTS = {
    "taken over": (Reply(status=201), True, ["POST"]),
    "an upload in its place": (OPENED, False, ["POST", "DELETE"]),
    "an upload nobody knows where": (Reply(status=202), False, ["POST"]),
    "refused": (Reply(status=403), False, ["POST"]),
    "failed": (Reply(status=500), False, ["POST"]),
}


@pytest.mark.parametrize(("opens", "mounted", "methods"), MOUNTS.values(), ids=MOUNTS)
def test_an_upload_that_is_opened_in_place_of_a_mount_is_ended(
    opens: Reply, mounted: bool, methods: list[str]
) -> None:
    registry = Sessions(opens=opens)
    with serving(registry) as server, client(server.host) as one:
        repository = one.repository()
        assert repository.mount(WANTED, "base/image") is mounted
        assert not repository.mount(WANTED, "acme/app")

    assert asked(server) == methods


# tokens: the one for a push is none to delete with


@dataclass
class Guarded:
    """A registry with a token service, both as distribution has them: `DELETE` takes a right of its own."""

    grants: str
    """What the service gives of what it is asked for, as a regular expression of actions."""
    sessions: Sessions = field(default_factory=Sessions)
    scopes: list[str] = field(default_factory=list)
    refuses: bool = False
    """Whether it refuses who asks for more, in place of giving less."""

    def __call__(self, heard: Heard) -> Reply:
        if heard.path == "/token":
            return self._token(heard.query["scope"][0])
        needed = "delete" if heard.method == "DELETE" else "push"
        granted = heard.login.partition("token-")[2].split(",")
        if not heard.login or (heard.path != "/v2/" and needed not in granted):
            realm = f'Bearer realm="http://{heard.headers["host"]}/token",error="insufficient_scope"'
            return Reply(status=401, headers={"WWW-Authenticate": realm}, body=errors("UNAUTHORIZED"))
        return self.sessions(heard)

    def _token(self, scope: str) -> Reply:
        self.scopes.append(scope)
        actions = scope.rpartition(":")[2].split(",")
        given = [one for one in actions if re.fullmatch(self.grants, one)]
        if self.refuses and given != actions:
            return Reply(status=403, body=errors("DENIED"))
        return Reply(body=json.dumps({"token": f"token-{','.join(given)}", "expires_in": 300}).encode())


PUSH, DELETE = "repository:acme/app:pull,push", "repository:acme/app:pull,push,delete"
TOKENS = {
    "who may delete": ("pull|push|delete", False, [PUSH, DELETE], True),
    "who may not, and gets less": ("pull|push", False, [PUSH, DELETE], False),
    "who may not, and is refused": ("pull|push", True, [PUSH, DELETE], False),
}


@pytest.mark.parametrize(("grants", "refuses", "scopes", "ended"), TOKENS.values(), ids=TOKENS)
def test_the_right_to_end_it_is_asked_for_once_it_lacks(
    grants: str, refuses: bool, scopes: list[str], ended: bool
) -> None:
    registry = Guarded(grants=grants, refuses=refuses)
    with serving(registry) as server, client(server.host, BOT) as one:
        repository = one.repository()
        assert repository.probe() is ended
        before = list(registry.scopes)
        assert registry.sessions.open == (0 if ended else 1)
        # and nothing is spoilt for who comes after
        registry.sessions.opens = Reply(status=202, headers=OPENED.headers)
        repository.probe()

    assert before == scopes


def test_who_may_only_read_hears_that_the_right_to_push_lacks() -> None:
    registry = Guarded(grants="pull")
    with (
        serving(registry) as server,
        client(server.host, BOT) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().probe()

    assert raised.value.problem.code == "denied"
    assert registry.scopes == [PUSH]
