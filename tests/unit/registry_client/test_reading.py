"""What is read from a registry: verified, bounded, followed to storage without a login, gone on with when cut."""

import ssl

import pytest

from pushstep.oci import LARGEST, OCI_MANIFEST, Index
from pushstep.registry.client.failures import RegistryError
from pushstep.registry.client.trust import Trust
from tests.support.registry_client import BOT, client, image_manifest
from tests.support.small_servers import HANG_UP, Heard, Reply, Shelf, digest, errors, greeting, serving

CONTENT = bytes(range(256)) * 20_000
"""5 MB, in five reads."""


def stocked(content: bytes = CONTENT) -> Shelf:
    shelf = Shelf()
    shelf.blobs["acme/app", digest(content)] = content
    return shelf


def holding(tag: str = "v1") -> Shelf:
    shelf, manifest = Shelf(), image_manifest()
    for reference in (tag, manifest.digest):
        shelf.manifests["acme/app", reference] = manifest.media_type, manifest.content
    return shelf


def test_a_manifest_is_there_or_not() -> None:
    manifest = image_manifest()
    with serving(holding()) as server, client(server.host) as one:
        repository = one.repository()
        assert repository.digest("v1") == repository.digest(manifest.digest) == manifest.digest
        assert repository.manifest("v1") == repository.manifest(manifest.digest) == manifest
        assert repository.digest("v2") is None
        assert repository.manifest("v2") is None
        assert repository.requests == len(server.heard)
        assert repository.name == f"{server.host}/acme/app"

    accepted = server.heard[1].headers["accept"]
    assert OCI_MANIFEST in accepted
    assert "manifest.list" in accepted
    assert server.heard[1].headers["user-agent"].startswith("pushstep/")
    assert server.heard[1].headers["accept-encoding"] == "identity"


def test_an_index_is_read_as_one() -> None:
    content = b'{"schemaVersion": 2, "manifests": []}'
    kind = "application/vnd.oci.image.index.v1+json; charset=utf-8"
    shelf = Shelf(manifests={("acme/app", "v1"): (kind, content)})
    with serving(shelf) as server, client(server.host) as one:
        found = one.repository().manifest("v1")

    assert isinstance(found, Index)
    assert found.content == content


def without_digests(shelf: Shelf, heard: Heard) -> Reply:
    reply = shelf(heard)
    headers = {name: value for name, value in reply.headers.items() if name != "Docker-Content-Digest"}
    return Reply(status=reply.status, headers=headers, body=reply.body)


def test_a_registry_that_tells_no_digest_is_asked_for_the_content() -> None:
    shelf = holding()
    with serving(lambda heard: without_digests(shelf, heard)) as server, client(server.host) as one:
        assert one.repository().digest("v1") == image_manifest().digest
        assert one.repository().digest("v2") is None

    assert [heard.method for heard in server.heard] == ["GET", "HEAD", "GET", "HEAD"]


@pytest.mark.parametrize("status", [403, 405])
def test_a_registry_that_refuses_to_be_asked_is_asked_for_the_content(status: int) -> None:
    shelf = holding()

    def answer(heard: Heard) -> Reply:
        return Reply(status=status) if heard.method == "HEAD" else shelf(heard)

    with serving(answer) as server, client(server.host) as one:
        assert one.repository().digest("v1") == image_manifest().digest
        assert one.repository().digest("v2") is None


def test_a_denial_has_its_words() -> None:
    denied = Reply(status=403, body=errors("DENIED", "not for you"))
    with (
        serving(greeting(denied)) as server,
        client(server.host, BOT) as one,
        pytest.raises(RegistryError, match=r"denies the pull from acme/app as bot .*not for you") as raised,
    ):
        one.repository(push=False).digest("v1")

    assert (raised.value.status, raised.value.codes) == (403, ("DENIED",))


LIES = {
    "another digest": {"Docker-Content-Digest": digest(b"other")},
    "the right one, for other content": {"Docker-Content-Digest": image_manifest().digest},
}


@pytest.mark.parametrize("headers", LIES.values(), ids=LIES)
def test_a_digest_that_lies(headers: dict[str, str]) -> None:
    right = image_manifest()
    content = right.content if headers == LIES["another digest"] else b"{}"
    reply = Reply(headers={**headers, "Content-Type": OCI_MANIFEST}, body=content)
    with (
        serving(greeting(reply)) as server,
        client(server.host) as one,
    ):
        with pytest.raises(RegistryError) as raised:
            one.repository().manifest("v1")
        assert raised.value.problem.code == "digest"
        if content != right.content:
            with pytest.raises(RegistryError, match="it sends") as raised:
                one.repository().manifest(right.digest)
        else:
            with pytest.raises(RegistryError, match="it has") as raised:
                one.repository().digest(right.digest)

    assert raised.value.problem.code == "digest"
    assert not raised.value.problem.retryable


def test_a_manifest_without_bounds_is_not_read_to_its_end() -> None:
    huge = Reply(headers={"Content-Type": OCI_MANIFEST}, body=bytes(LARGEST + 1))
    with (
        serving(greeting(huge)) as server,
        client(server.host) as one,
    ):
        with pytest.raises(RegistryError, match="more than 4194304 bytes"):
            one.repository().manifest("v1")
        with pytest.raises(RegistryError, match="more than 4194304 bytes"):
            one.repository().blob(digest(huge.body))


def test_what_is_no_image() -> None:
    reply = Reply(headers={"Content-Type": "application/json"}, body=b'{"schemaVersion": 1}')
    with (
        serving(greeting(reply)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match="has no image under acme/app, v1"),
    ):
        one.repository().manifest("v1")


def test_blobs_are_there_or_not() -> None:
    with serving(stocked(b"{}")) as server, client(server.host) as one:
        repository = one.repository()
        assert repository.blob_size(digest(b"{}")) == 2
        assert repository.blob_size(digest(b"other")) is None
        assert repository.blob(digest(b"{}")) == b"{}"
        with pytest.raises(RegistryError, match="BLOB_UNKNOWN"):
            repository.blob(digest(b"other"))


@pytest.mark.parametrize(
    "reply", [Reply(status=403), Reply(status=405), Reply(headers={"Content-Length": "x"})]
)
def test_a_blob_that_nothing_is_told_of_is_not_there(reply: Reply) -> None:
    with (
        serving(greeting(reply)) as server,
        client(server.host) as one,
    ):
        assert one.repository().blob_size(digest(b"{}")) is None


def test_a_blob_that_is_another() -> None:
    with (
        serving(greeting(Reply(body=b"other"))) as server,
        client(server.host) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().blob(digest(b"{}"))

    assert raised.value.problem.code == "digest"


class Ranges:
    """Storage that hangs up again and again; it knows of ranges or does not."""

    def __init__(self, cuts: list[int], *, knows: bool = True) -> None:
        self.cuts = cuts
        self.knows = knows
        self.asked: list[str] = []

    def __call__(self, heard: Heard) -> Reply:
        if heard.path == "/v2/":
            return Reply()
        asked = heard.headers.get("range", "")
        self.asked.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-") or 0) if self.knows else 0
        cut = self.cuts.pop(0) if self.cuts else None
        part = {"Content-Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"}
        return Reply(
            status=206 if asked and self.knows else 200,
            headers=part if asked and self.knows else {},
            body=CONTENT[start:],
            cut=cut,
        )


@pytest.mark.parametrize("knows", [True, False], ids=["ranges", "no ranges"])
def test_a_blob_that_is_cut_goes_on_where_it_was_cut(knows: bool) -> None:
    storage = Ranges([2_500_000, 0, 1_200_000], knows=knows)
    with serving(storage) as server, client(server.host) as one:
        blocks = list(one.repository().blob_blocks(digest(CONTENT), len(CONTENT)))

    assert b"".join(blocks) == CONTENT
    assert max(map(len, blocks)) <= 1 << 20
    assert storage.asked[0] == ""
    assert len(storage.asked) == 4
    assert one.clock.waits == [1, 2, 4]


def test_a_blob_that_is_cut_for_ever() -> None:
    with (
        serving(Ranges([10] * 50)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match="the answer ended too early") as raised,
    ):
        list(one.repository().blob_blocks(digest(CONTENT), len(CONTENT)))

    assert raised.value.problem.retryable
    assert one.clock.waits == [1, 2, 4, 8, 16]


SIZES = {
    "too long": (len(CONTENT) - 1, "more than"),
    "too short": (len(CONTENT) + 1, "too early"),
}


@pytest.mark.parametrize(("size", "said"), SIZES.values(), ids=SIZES)
def test_a_blob_of_another_size(size: int, said: str) -> None:
    with (
        serving(Ranges([])) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match=said),
    ):
        list(one.repository().blob_blocks(digest(CONTENT), size))


def test_another_part_than_the_one_asked_for() -> None:
    def answer(heard: Heard) -> Reply:
        if heard.path == "/v2/":
            return Reply()
        if "range" in heard.headers:
            return Reply(status=206, headers={"Content-Range": "bytes 0-9/10"}, body=CONTENT)
        return Reply(body=CONTENT, cut=3_000_000)

    with (
        serving(answer) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match="sends another part"),
    ):
        list(one.repository().blob_blocks(digest(CONTENT), len(CONTENT)))


def test_a_reader_that_goes_gives_the_connection_back() -> None:
    with serving(stocked()) as server, client(server.host, limit=1) as one:
        repository = one.repository()
        blocks = repository.blob_blocks(digest(CONTENT), len(CONTENT))
        assert len(next(blocks)) == 1 << 20
        blocks.close()  # type: ignore[attr-defined]  # it is a generator
        # with room for one request this one would wait for ever
        assert repository.blob_size(digest(CONTENT)) == len(CONTENT)


def test_an_answer_that_is_cut_is_asked_for_again() -> None:
    manifest = image_manifest()
    cuts = iter([0, 10, None])

    def answer(heard: Heard) -> Reply:
        if heard.path == "/v2/":
            return Reply()
        return Reply(headers={"Content-Type": manifest.media_type}, body=manifest.content, cut=next(cuts))

    with serving(answer) as server, client(server.host) as one:
        assert one.repository().manifest("v1") == manifest
        assert one.clock.waits == [1, 2]


def guarded(shelf: Shelf, heard: Heard) -> Reply:
    if heard.login:
        return shelf(heard)
    return Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_storage_elsewhere_gets_no_login(status: int) -> None:
    with serving(lambda _: Reply(body=CONTENT)) as storage:
        location = f"{storage.url}/data?sig=a%2Fb%3D"

        def answer(heard: Heard) -> Reply:
            away = Reply(status=status, headers={"Location": location}, body=b"there")
            return away if "/blobs/" in heard.path and heard.login else guarded(Shelf(), heard)

        with serving(answer) as server, client(server.host, BOT) as one:
            repository = one.repository()
            assert repository.blob_size(digest(CONTENT)) == len(CONTENT)
            assert b"".join(repository.blob_blocks(digest(CONTENT), len(CONTENT))) == CONTENT
            assert repository.requests == 6

    assert [heard.login for heard in storage.heard] == ["", ""]
    assert [heard.query for heard in storage.heard] == [{"sig": ["a/b="]}] * 2
    assert "sig=..." in " ".join(one.debugged)


def test_a_redirect_to_the_registry_itself_keeps_the_login() -> None:
    def answer(heard: Heard) -> Reply:
        if "/blobs/" in heard.path and heard.login:
            return Reply(status=307, headers={"Location": "/store/1"})
        return Reply(body=b"{}") if heard.path == "/store/1" and heard.login else guarded(Shelf(), heard)

    with serving(answer) as server, client(server.host, BOT) as one:
        assert one.repository().blob(digest(b"{}")) == b"{}"


def test_redirects_have_an_end() -> None:
    again = Reply(status=302, headers={"Location": "/v2/again"})
    with (
        serving(greeting(again)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match="redirects more than 5 times"),
    ):
        one.repository().blob(digest(b"{}"))

    assert len(server.heard) == 7


def test_a_redirect_from_tls_to_plain_http_is_not_followed(tls: ssl.SSLContext, trust: Trust) -> None:
    with serving(lambda _: Reply(body=b"{}")) as storage:
        away = Reply(status=307, headers={"Location": f"{storage.url}/x"})
        with (
            serving(greeting(away), tls=tls) as server,
            client(server.host, trust=trust) as one,
            pytest.raises(RegistryError, match="leads to plain HTTP"),
        ):
            one.repository().blob(digest(b"{}"))

    assert storage.heard == []


# the registry's address, the storage's → whether it is read there
ADDRESSES = {
    "both public": ("93.184.216.34", "151.101.1.1", True),
    "both private": ("10.0.0.1", "192.168.0.1", True),
    "a public registry leads to a private one": ("93.184.216.34", "192.168.0.1", False),
    "metadata": ("10.0.0.1", "169.254.169.254", False),
}


@pytest.mark.parametrize(("registry_at", "storage_at", "read"), ADDRESSES.values(), ids=ADDRESSES)
def test_where_storage_may_be(
    registry_at: str, storage_at: str, read: bool, tls: ssl.SSLContext, trust: Trust
) -> None:
    where = {"reg.example.com": registry_at, "store.example.com": storage_at}
    with serving(lambda _: Reply(body=b"{}"), tls=tls) as storage:
        away = Reply(status=307, headers={"Location": f"https://store.example.com:{storage.port}/x"})
        with (
            serving(greeting(away), tls=tls) as server,
            client(f"reg.example.com:{server.port}", trust=trust, addresses=where) as one,
        ):
            if read:
                assert one.repository().blob(digest(b"{}")) == b"{}"
            else:
                with pytest.raises(RegistryError, match="nothing is sent"):
                    one.repository().blob(digest(b"{}"))

    assert len(storage.heard) == read


def test_what_storage_refuses_says_nothing_of_the_login() -> None:
    with serving(lambda _: Reply(status=403, body=b"<Error><Code>AccessDenied</Code></Error>")) as storage:
        away = Reply(status=307, headers={"Location": f"{storage.url}/x"})
        with (
            serving(greeting(away)) as server,
            client(server.host, BOT) as one,
            pytest.raises(RegistryError) as raised,
        ):
            one.repository().blob(digest(b"{}"))

    assert raised.value.problem.code == "registry"


def test_no_answer_at_all_is_asked_for_again() -> None:
    replies = iter([Reply(), HANG_UP, Reply(status=404)])
    with serving(lambda _: next(replies)) as server, client(server.host) as one:
        assert one.repository().digest("v1") is None
        assert one.repository().requests == 0
        assert one.clock.waits == [1]
