"""Manifests that are put: what the registry says it took, what it lacks, and tags that must not move."""

import pytest

from pushstep.registry.client.failures import RegistryError
from tests.support.registry_client import client, image_manifest
from tests.support.small_servers import HANG_UP, Heard, Reply, Shelf, digest, errors, serving

MANIFEST, OTHER = image_manifest("a"), image_manifest("b")


def test_a_manifest_goes_as_it_is() -> None:
    shelf = Shelf()
    with serving(shelf) as server, client(server.host) as one:
        repository = one.repository()
        repository.put("v1", MANIFEST)
        repository.put(MANIFEST.digest, MANIFEST)
        assert (repository.requests, repository.bytes_sent) == (3, 2 * len(MANIFEST.content))

    assert shelf.manifests["acme/app", "v1"] == (MANIFEST.media_type, MANIFEST.content)
    assert server.heard[1].headers["content-length"] == str(len(MANIFEST.content))


class Faulty:
    """A registry whose answers to `PUT` are replaced, in turn."""

    def __init__(self, *faults: Reply, takes: bool = False) -> None:
        self.shelf = Shelf()
        self.faults = iter(faults)
        self.takes = takes

    def __call__(self, heard: Heard) -> Reply:
        if heard.method != "PUT" or (fault := next(self.faults, None)) is None:
            return self.shelf(heard)
        if self.takes:
            self.shelf(heard)
        return fault


STUMBLES = {"no answer": HANG_UP, "half": Reply(status=201, body=b"half", cut=2), "502": Reply(status=502)}


@pytest.mark.parametrize("fault", STUMBLES.values(), ids=STUMBLES)
@pytest.mark.parametrize("takes", [True, False])
def test_a_manifest_whose_answer_was_lost_is_looked_for_first(fault: Reply, takes: bool) -> None:
    with serving(Faulty(fault, takes=takes)) as server, client(server.host) as one:
        one.repository().put("v1", MANIFEST)
        assert one.repository().digest("v1") == MANIFEST.digest

    assert [heard.method for heard in server.heard] == [
        "GET",
        "PUT",
        "HEAD",
        *(["PUT"] * (not takes)),
        "HEAD",
    ]


def test_a_registry_that_names_another_digest() -> None:
    lie = Reply(status=201, headers={"Docker-Content-Digest": OTHER.digest})
    with (
        serving(Faulty(lie)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().put("v1", MANIFEST)

    assert (raised.value.problem.code, raised.value.problem.retryable) == ("digest", False)
    assert MANIFEST.digest in raised.value.problem.message
    assert OTHER.digest in raised.value.problem.message
    assert len(server.heard) == 2


@pytest.mark.parametrize("headers", [{}, {"Docker-Content-Digest": "sha512:abc"}])
def test_a_registry_that_names_no_digest_is_asked(headers: dict[str, str]) -> None:
    with (
        serving(Faulty(Reply(status=201, headers=headers), takes=True)) as server,
        client(server.host) as one,
    ):
        one.repository().put("v1", MANIFEST)
    assert [heard.method for heard in server.heard] == ["GET", "PUT", "HEAD"]

    with (
        serving(Faulty(Reply(status=201, headers=headers))) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match="names nothing under v1 now") as raised,
    ):
        one.repository().put("v1", MANIFEST)
    assert raised.value.problem.code == "digest"


LACKING = {
    "a blob": Reply(
        status=400, body=errors("MANIFEST_BLOB_UNKNOWN", "blob unknown", {"digest": digest(b"x")})
    ),
    "a blob, in words": Reply(status=404, body=errors("BLOB_UNKNOWN", f"unknown blob: {digest(b'x')}")),
    "a manifest": Reply(status=404, body=errors("MANIFEST_UNKNOWN", "unknown", digest(b"x"))),
}


@pytest.mark.parametrize("reply", LACKING.values(), ids=LACKING)
def test_what_the_registry_lacks_is_told(reply: Reply) -> None:
    with (
        serving(Faulty(*[reply] * 3)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().put("v1", MANIFEST)

    assert raised.value.missing == (digest(b"x"),)
    assert raised.value.problem.retryable
    # sending the same manifest again would not bring it
    assert len(server.heard) == 2


IMMUTABLE = Reply(status=400, body=errors("TAG_INVALID", "The image tag 'v1' is immutable"))


def test_a_tag_that_must_not_move_and_is_right_is_right() -> None:
    registry = Faulty(IMMUTABLE)
    registry.shelf.manifests["acme/app", "v1"] = MANIFEST.media_type, MANIFEST.content
    with serving(registry) as server, client(server.host) as one:
        one.repository().put("v1", MANIFEST)

    assert [heard.method for heard in server.heard] == ["GET", "PUT", "HEAD"]


def test_a_tag_that_must_not_move_tells_what_it_names() -> None:
    registry = Faulty(IMMUTABLE)
    registry.shelf.manifests["acme/app", "v1"] = OTHER.media_type, OTHER.content
    with (
        serving(registry) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match=f"is immutable; v1 names {OTHER.digest}") as raised,
    ):
        one.repository().put("v1", MANIFEST)

    assert (raised.value.problem.code, raised.value.status) == ("immutable", 400)


def test_a_manifest_that_is_refused() -> None:
    reply = Reply(status=400, body=errors("MANIFEST_INVALID", "media type not allowed"))
    with (
        serving(Faulty(reply)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match="media type not allowed") as raised,
    ):
        one.repository().put("v1", MANIFEST)

    assert (raised.value.problem.code, raised.value.missing) == ("registry", None)
    # the tag may be right all the same
    assert [heard.method for heard in server.heard] == ["GET", "PUT", "HEAD"]


UNKNOWN_WORDS = {
    "a code that speaks of the tag": (Reply(status=400, body=errors("TAG_INVALID", "no way")), "immutable"),
    "a conflict": (Reply(status=409, body=errors("UNKNOWN", "no way")), "immutable"),
    "a precondition": (Reply(status=412), "immutable"),
    "a denial": (Reply(status=403, body=errors("DENIED", "no way")), "denied"),
    "anything": (Reply(status=400, body=errors("UNKNOWN", "no way")), "registry"),
}


@pytest.mark.parametrize(("reply", "code"), UNKNOWN_WORDS.values(), ids=UNKNOWN_WORDS)
def test_a_tag_that_is_refused_in_words_of_nobody_is_compared(reply: Reply, code: str) -> None:
    registry = Faulty(reply, reply)
    registry.shelf.manifests["acme/app", "v1"] = OTHER.media_type, OTHER.content
    with serving(registry) as server, client(server.host) as one:
        with pytest.raises(RegistryError) as raised:
            one.repository().put("v1", MANIFEST)
        registry.shelf.manifests["acme/app", "v1"] = MANIFEST.media_type, MANIFEST.content
        one.repository().put("v1", MANIFEST)

    assert raised.value.problem.code == code
    assert (f"v1 names {OTHER.digest}" in raised.value.problem.message) is (code == "immutable")


def test_a_refusal_says_what_it_said_where_the_tag_cannot_be_looked_at() -> None:
    def answer(heard: Heard) -> Reply:
        if heard.path == "/v2/":
            return Reply()
        return IMMUTABLE if heard.method == "PUT" else Reply(status=403)

    with (
        serving(answer) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match=r"is immutable$") as raised,
    ):
        one.repository().put("v1", MANIFEST)

    assert raised.value.problem.code == "immutable"


def test_a_manifest_under_its_digest_is_compared_with_nothing() -> None:
    with (
        serving(Faulty(IMMUTABLE)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError),
    ):
        one.repository().put(MANIFEST.digest, MANIFEST)

    assert len(server.heard) == 2
