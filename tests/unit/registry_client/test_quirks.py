"""What some registries do otherwise: which host does what, and what the client makes of it."""

import json

import pytest

from pushstep.registry import quirks
from pushstep.registry.client.failures import RegistryError
from pushstep.registry.quirks import Quirks
from tests.support.registry_client import BOT, client, image_manifest, sliced
from tests.support.small_servers import Heard, Reply, Shelf, digest, errors, serving

CONTENT = b"content" * 1000
WANTED = digest(CONTENT)
PUBLIC = {"public.ecr.aws": "52.1.2.3", "registry.example.com": "52.1.2.4"}
ARTIFACTORY = {"X-JFrog-Version": "Artifactory/7.98.9 79809900"}
EXPIRED = errors("DENIED", "Your authorization token has expired. Reauthenticate and try again.")

PLAIN = Quirks()
ECR = Quirks(expired="authorization token has expired")
JFROG = Quirks(hides_what_lacks=True, takes_whole_posts=True)
HOSTS = {
    "docker.io": Quirks(address="registry-1.docker.io"),
    "registry-1.docker.io": PLAIN,
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com": ECR,
    "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com": ECR,
    "123456789012.dkr-ecr.eu-west-1.on.aws": ECR,
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn:443": ECR,
    "x.dkr.ecr.example.com": PLAIN,
    "public.ecr.aws": ECR,
    "ecr-public.aws.com": ECR,
    "acme.jfrog.io": JFROG,
    "jfrog.io": PLAIN,
    "ghcr.io": PLAIN,
    "localhost:5000": PLAIN,
    "[::1]:5000": PLAIN,
}


@pytest.mark.parametrize(("host", "expected"), HOSTS.items(), ids=HOSTS)
def test_a_host_is_known_by_its_name(host: str, expected: Quirks) -> None:
    assert quirks.of(host, {"server": "nginx"}) == expected


def test_one_of_any_name_is_known_by_what_it_answers() -> None:
    assert quirks.of("registry.example.com", {"x-jfrog-version": "Artifactory/7"}) == JFROG
    assert all(row.source for row in quirks._ROWS)


# ECR: a login that is over


class Aging:
    """A registry with tokens, of which the first is too old for everything but reading."""

    def __init__(self, said: bytes) -> None:
        self.shelf = Shelf()
        self.said = said
        self.tokens = 0

    def __call__(self, heard: Heard) -> Reply:
        if heard.path == "/token":
            self.tokens += 1
            return Reply(body=json.dumps({"token": f"token-{self.tokens}", "expires_in": 300}).encode())
        if not heard.login:
            realm = f'Bearer realm="http://{heard.headers["host"]}/token"'
            return Reply(status=401, headers={"WWW-Authenticate": realm})
        if heard.login == "Bearer token-1" and heard.method != "HEAD":
            return Reply(status=403, body=self.said)
        return self.shelf(heard)


def test_an_expired_token_is_renewed_where_that_is_called_a_denial() -> None:
    registry = Aging(EXPIRED)
    with (
        serving(registry) as server,
        client(f"public.ecr.aws:{server.port}", BOT, addresses=PUBLIC) as one,
        sliced(CONTENT) as place,
    ):
        repository = one.repository()
        assert repository.digest("v1") is None
        assert repository.upload(WANTED, place, lambda _: None) == "uploaded"
        repository.put("v1", image_manifest())

    assert registry.tokens == 2
    assert registry.shelf.blobs == {("acme/app", WANTED): CONTENT}


@pytest.mark.parametrize(
    ("host", "said", "code"),
    [
        ("public.ecr.aws", errors("DENIED", "Not Authorized"), "denied"),
        ("registry.example.com", EXPIRED, "login"),
    ],
)
def test_any_other_denial_is_one(host: str, said: bytes, code: str) -> None:
    registry = Aging(said)
    with (
        serving(registry) as server,
        client(f"{host}:{server.port}", BOT, addresses=PUBLIC) as one,
        pytest.raises(RegistryError) as raised,
    ):
        repository = one.repository()
        repository.digest("v1")
        repository.put("v1", image_manifest())

    assert raised.value.problem.code == code
    assert registry.tokens == 1


# GitLab: 401 for a tag that must not be pushed


@pytest.mark.parametrize(("word", "code"), {"protected": "denied", "immutable": "immutable"}.items())
def test_a_401_that_is_not_about_the_login_asks_for_none(word: str, code: str) -> None:
    registry = Aging(b"")
    refusal = Reply(status=401, body=errors("UNKNOWN", "no", f'tag "v1" is {word}'))

    def answer(heard: Heard) -> Reply:
        return refusal if heard.path.endswith("/v1") and heard.method == "PUT" else registry(heard)

    registry.tokens = 1  # none is too old
    with (
        serving(answer) as server,
        client(f"public.ecr.aws:{server.port}", BOT, addresses=PUBLIC) as one,
        pytest.raises(RegistryError) as raised,
    ):
        repository = one.repository()
        repository.digest("v1")
        repository.put("v1", image_manifest())

    assert (raised.value.problem.code, registry.tokens) == (code, 2)


# Artifactory


class Hiding:
    """A registry that says `403` of what is not there."""

    def __init__(self, greeting: dict[str, str]) -> None:
        self.shelf = Shelf()
        self.greeting = greeting

    def __call__(self, heard: Heard) -> Reply:
        reply = Reply(headers=self.greeting) if heard.path == "/v2/" else self.shelf(heard)
        return Reply(status=403) if reply.status == 404 else reply


def test_what_is_not_there_counts_as_absent_where_it_is_denied() -> None:
    with serving(Hiding(ARTIFACTORY)) as server, client(server.host) as one:
        repository = one.repository()
        assert repository.digest("v1") is None
        assert repository.blob_size(WANTED) is None

    with (
        serving(Hiding({})) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match="403 Forbidden"),
    ):
        one.repository().digest("v1")


class Posting:
    """A registry that takes a blob in one `POST`, or answers `reply` to that."""

    def __init__(self, *replies: Reply) -> None:
        self.shelf = Shelf()
        self.replies = list(replies)

    def __call__(self, heard: Heard) -> Reply:
        if heard.path == "/v2/":
            return Reply(headers=ARTIFACTORY)
        if heard.method == "POST" and "digest" in heard.query:
            if self.replies:
                return self.replies.pop(0)
            self.shelf.blobs["acme/app", heard.query["digest"][0]] = heard.body
            return Reply(status=201, headers={"Docker-Content-Digest": heard.query["digest"][0]})
        return self.shelf(heard)


OPENED = Reply(status=202, headers={"Location": "/v2/acme/app/blobs/uploads/1"})
POSTS = {
    "taken": ((), ["POST"]),
    "not known, and a session is opened": ((OPENED,), ["POST", "PUT"]),
    "refused in this form": ((Reply(status=405),), ["POST", "POST", "PUT"]),
    "failed": ((Reply(status=502),), ["POST", "HEAD", "POST"]),
}


@pytest.mark.parametrize(("replies", "methods"), POSTS.values(), ids=POSTS)
def test_a_blob_goes_in_one_post_where_a_session_might_stay(
    replies: tuple[Reply, ...], methods: list[str]
) -> None:
    registry, moved = Posting(*replies), list[int]()
    with serving(registry) as server, client(server.host) as one, sliced(CONTENT) as place:
        assert one.repository().upload(WANTED, place, moved.append) == "uploaded"

    assert registry.shelf.blobs == {("acme/app", WANTED): CONTENT}
    assert [heard.method for heard in server.heard[1:]] == methods
    assert sum(moved) == len(CONTENT)


def test_a_post_that_is_denied_is_denied() -> None:
    registry = Posting(Reply(status=403, body=errors("DENIED", "no")))
    with (
        serving(registry) as server,
        client(server.host) as one,
        sliced(CONTENT) as place,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().upload(WANTED, place, lambda _: None)

    assert raised.value.problem.code == "denied"
    assert len(server.heard) == 2


# Nexus: what its policy refuses is called an invalid upload


def test_a_policy_is_no_damage_on_the_way() -> None:
    refusal = Reply(
        status=400,
        body=errors("BLOB_UPLOAD_INVALID", "blob upload invalid", "Repository is read only: hosted"),
    )

    def answer(heard: Heard) -> Reply:
        return refusal if heard.method == "PUT" else Shelf()(heard)

    with (
        serving(answer) as server,
        client(server.host) as one,
        sliced(CONTENT) as place,
        pytest.raises(RegistryError, match="Repository is read only") as raised,
    ):
        one.repository().upload(WANTED, place, lambda _: None)

    assert raised.value.problem.code == "denied"
    assert [heard.method for heard in server.heard] == ["GET", "POST", "PUT"]
