"""Blobs on their way: every way it may go wrong, and that none ends with a blob lost or counted wrong."""

import os
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushstep.errors import StepError
from pushstep.registry.client.failures import RegistryError
from pushstep.registry.client.trust import Trust
from tests.support.registry_client import BOT, client, sliced, truncate
from tests.support.small_servers import (
    HANG_UP,
    Heard,
    Reply,
    Server,
    Shelf,
    digest,
    errors,
    greeting,
    serving,
)

CONTENT = os.urandom(1 << 16) * 50
"""3.3 MB, in four blocks."""
WANTED = digest(CONTENT)


def session(server: Server) -> list[str]:
    """Methods with the last part of their paths, without the greeting."""
    return [f"{heard.method} {heard.path.rpartition('/')[2]}".strip() for heard in server.heard[1:]]


def test_a_blob_goes_by_one_post_and_one_put() -> None:
    shelf, moved = Shelf(), list[int]()
    with serving(shelf) as server, client(server.host) as one, sliced(CONTENT) as place:
        repository = one.repository()
        assert repository.upload(WANTED, place, moved.append) == "uploaded"
        assert repository.requests == 3
        assert repository.bytes_sent == len(CONTENT) == sum(moved)

    assert shelf.blobs == {("acme/app", WANTED): CONTENT}
    assert session(server) == ["POST", "PUT 1"]
    assert server.heard[1].headers["content-length"] == "0"
    put = server.heard[2]
    assert put.headers["content-length"] == str(len(CONTENT))
    assert put.headers["content-type"] == "application/octet-stream"
    assert "transfer-encoding" not in put.headers
    assert put.query == {"_state": ["secret"], "digest": [WANTED]}
    assert moved[:-1] == [1 << 20] * 3


def test_a_blob_of_nothing() -> None:
    shelf = Shelf()
    with serving(shelf) as server, client(server.host) as one, sliced(b"") as place:
        assert one.repository().upload(digest(b""), place, lambda _: None) == "uploaded"

    assert shelf.blobs == {("acme/app", digest(b"")): b""}
    assert server.heard[-1].headers["content-length"] == "0"


def test_a_blob_of_another_repository_is_mounted() -> None:
    shelf = Shelf(blobs={("base/image", WANTED): CONTENT})
    with serving(shelf) as server, client(server.host) as one, sliced(CONTENT) as place:
        repository = one.repository()
        assert repository.upload(WANTED, place, lambda _: None, "base/image") == "mounted"
        assert (repository.requests, repository.bytes_sent) == (2, 0)

    assert server.heard[1].query == {"mount": [WANTED], "from": ["base/image"]}


def test_a_mount_that_opens_a_session_has_opened_one() -> None:
    shelf = Shelf()
    with serving(shelf) as server, client(server.host) as one, sliced(CONTENT) as place:
        assert one.repository().upload(WANTED, place, lambda _: None, "base/image") == "uploaded"

    assert session(server) == ["POST", "PUT 1"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 500, 501, 503])
def test_a_mount_that_is_refused_or_fails_is_an_upload(status: int) -> None:
    shelf = Shelf()

    def answer(heard: Heard) -> Reply:
        return Reply(status=status) if "mount" in heard.query else shelf(heard)

    with serving(answer) as server, client(server.host) as one, sliced(CONTENT) as place:
        assert one.repository().upload(WANTED, place, lambda _: None, "base/image") == "uploaded"

    # and no other login is looked for because of it, nor is it waited for
    assert session(server) == ["POST", "POST", "PUT 1"]
    assert one.clock.waits == []


def test_a_mount_that_stumbles_is_asked_again() -> None:
    shelf = Shelf(blobs={("base/image", WANTED): CONTENT})
    stumbles = iter([Reply(status=429), HANG_UP])

    def answer(heard: Heard) -> Reply:
        return (next(stumbles, None) if heard.query else None) or shelf(heard)

    with serving(answer) as server, client(server.host) as one, sliced(CONTENT) as place:
        assert one.repository().upload(WANTED, place, lambda _: None, "base/image") == "mounted"


def test_nothing_is_mounted_from_itself() -> None:
    with serving(Shelf()) as server, client(server.host) as one, sliced(CONTENT) as place:
        one.repository().upload(WANTED, place, lambda _: None, "acme/app")

    assert server.heard[1].query == {}


class Faulty:
    """A registry whose answers to `PUT` are replaced, in turn; some take the blob all the same."""

    def __init__(self, *faults: Reply | None, takes: bool = False) -> None:
        self.shelf = Shelf()
        self.faults = iter(faults)
        self.takes = takes

    def __call__(self, heard: Heard) -> Reply:
        if heard.method != "PUT" or (fault := next(self.faults, None)) is None:
            return self.shelf(heard)
        if self.takes:
            self.shelf(heard)
        return fault


STUMBLES = {
    "no answer": HANG_UP,
    "half an answer": Reply(status=201, headers={"Content-Length": "10"}, body=b"half", cut=4),
    "502": Reply(status=502),
    "503": Reply(status=503),
    "504, a page": Reply(status=504, headers={"Content-Type": "text/html"}, body=b"<html></html>"),
}


@pytest.mark.parametrize("fault", STUMBLES.values(), ids=STUMBLES)
def test_a_blob_that_did_not_arrive_goes_again_from_its_beginning(fault: Reply) -> None:
    registry, moved = Faulty(fault, fault), list[int]()
    with serving(registry) as server, client(server.host) as one, sliced(CONTENT) as place:
        repository = one.repository()
        assert repository.upload(WANTED, place, moved.append) == "uploaded"
        assert repository.bytes_sent == 3 * len(CONTENT)

    blob = f"HEAD {WANTED}"
    assert session(server) == ["POST", "PUT 1", blob, "POST", "PUT 2", blob, "POST", "PUT 3"]
    assert sum(moved) == len(CONTENT)
    assert moved.count(-len(CONTENT)) == 2


@pytest.mark.parametrize("fault", STUMBLES.values(), ids=STUMBLES)
def test_a_blob_that_arrived_though_nobody_said_so_does_not_go_again(fault: Reply) -> None:
    registry, moved = Faulty(fault, takes=True), list[int]()
    with serving(registry) as server, client(server.host) as one, sliced(CONTENT) as place:
        repository = one.repository()
        assert repository.upload(WANTED, place, moved.append) == "uploaded"
        assert repository.bytes_sent == len(CONTENT)

    assert session(server) == ["POST", "PUT 1", f"HEAD {WANTED}"]
    assert sum(moved) == len(CONTENT)


def test_a_registry_that_goes_away_for_good() -> None:
    with serving(Faulty(*[HANG_UP] * 9)) as server, client(server.host) as one, sliced(CONTENT) as place:
        moved: list[int] = []
        with pytest.raises(RegistryError, match=r"the connection to .* was lost") as raised:
            one.repository().upload(WANTED, place, moved.append)

    assert raised.value.problem.retryable
    assert session(server).count("POST") == 6
    assert sum(moved) == 0


def test_a_session_that_vanished_is_opened_anew() -> None:
    registry = Faulty(Reply(status=404, body=errors("BLOB_UPLOAD_UNKNOWN", "blob upload unknown")))
    with serving(registry) as server, client(server.host) as one, sliced(CONTENT) as place:
        assert one.repository().upload(WANTED, place, lambda _: None) == "uploaded"

    assert session(server) == ["POST", "PUT 1", "POST", "PUT 2"]


CHANGED = {
    "the digest": errors("DIGEST_INVALID", "provided digest did not match uploaded content"),
    "the size": errors("SIZE_INVALID", "provided length did not match content length"),
    "the place": errors("BLOB_UPLOAD_INVALID", "First byte of the layer part is 0 instead of 5"),
}


@pytest.mark.parametrize("body", CHANGED.values(), ids=CHANGED)
def test_a_blob_that_changed_on_the_way_goes_again_twice(body: bytes) -> None:
    fault = Reply(status=400, body=body)
    with (
        serving(Faulty(fault, fault)) as server,
        client(server.host) as one,
        sliced(CONTENT) as place,
    ):
        assert one.repository().upload(WANTED, place, lambda _: None) == "uploaded"

    with (
        serving(Faulty(*[fault] * 9)) as server,
        client(server.host) as one,
        sliced(CONTENT) as place,
        pytest.raises(RegistryError, match="did not arrive as it was sent") as raised,
    ):
        one.repository().upload(WANTED, place, lambda _: None)

    assert (raised.value.problem.code, raised.value.problem.retryable) == ("digest", False)
    assert session(server) == ["POST", "PUT 1", "POST", "PUT 2", "POST", "PUT 3"]


def test_a_blob_that_the_registry_calls_another_name() -> None:
    lie = Reply(status=201, headers={"Docker-Content-Digest": digest(b"other")})
    with (
        serving(Faulty(lie)) as server,
        client(server.host) as one,
        sliced(CONTENT) as place,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().upload(WANTED, place, lambda _: None)

    assert raised.value.problem.code == "digest"
    assert session(server) == ["POST", "PUT 1"]


EARLY = {
    "a limit of a proxy": (
        Reply(status=413, headers={"Content-Type": "text/html"}, body=b"<title>413 Too Large</title>"),
        "registry",
        "client_max_body_size",
    ),
    "a repository that is not there": (
        Reply(status=404, body=errors("NAME_UNKNOWN", "The repository does not exist")),
        "not-found",
        "Create it",
    ),
    "a quota": (Reply(status=403, body=errors("DENIED", "Quota has been exceeded")), "quota", "quota"),
}


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize(("reply", "code", "hint"), EARLY.values(), ids=EARLY)
def test_a_refusal_in_the_middle_of_a_body_is_heard(
    reply: Reply, code: str, hint: str, encrypted: bool, tls: ssl.SSLContext, trust: Trust
) -> None:
    content = bytes(64 << 20)

    def early(heard: Heard) -> Reply | None:
        return reply if heard.method == "PUT" else None

    with (
        serving(Shelf(), early=early, tls=tls if encrypted else None) as server,
        client(server.host, BOT, trust=trust if encrypted else None) as one,
        sliced(content) as place,
    ):
        repository = one.repository()
        with pytest.raises(RegistryError) as raised:
            repository.upload(digest(content), place, lambda _: None)
        assert repository.bytes_sent < len(content)
        # the connection that was broken off in the middle is not used for what follows
        assert repository.digest("v1") is None

    assert raised.value.problem.code == code
    assert hint in raised.value.problem.hint
    assert session(server) == ["POST", "PUT 1", "HEAD v1"]


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("interim", [b"", CONTINUE, HINTS], ids=["at once", "after 100", "after others"])
def test_an_answer_in_the_middle_of_a_body_is_heard_though_nobody_hangs_up(
    interim: bytes, encrypted: bool, tls: ssl.SSLContext, trust: Trust
) -> None:
    content = bytes(64 << 20)

    def early(heard: Heard) -> Reply | None:
        # the server goes on to wait behind this answer, and reads nothing of the body
        return Reply(status=413, headers={"Connection": "keep-alive"}) if heard.method == "PUT" else None

    with (
        serving(Shelf(), early=early, interim=interim, tls=tls if encrypted else None) as server,
        client(server.host, trust=trust if encrypted else None, silence=30) as one,
        sliced(content) as place,
        pytest.raises(RegistryError, match="413"),
    ):
        one.repository().upload(digest(content), place, lambda _: None)


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("interim", [CONTINUE, HINTS], ids=["100", "others"])
def test_an_interim_answer_that_nobody_asked_for_ends_no_body(
    interim: bytes, encrypted: bool, tls: ssl.SSLContext, trust: Trust
) -> None:
    content = bytes(16 << 20)
    with (
        serving(Shelf(), interim=interim, tls=tls if encrypted else None) as server,
        client(server.host, trust=trust if encrypted else None) as one,
        sliced(content) as place,
    ):
        repository = one.repository()
        assert repository.upload(digest(content), place, lambda _: None) == "uploaded"
        assert repository.bytes_sent == len(content)
        # it was all read: the connection is good for what follows
        assert repository.digest("v1") is None

    assert session(server) == ["POST", "PUT 1", "HEAD v1"]
    assert one.clock.waits == []


@pytest.mark.parametrize("location", ["absolute", "relative", "beside", "elsewhere"])
def test_where_a_session_may_be(location: str) -> None:
    taken: list[Heard] = []

    def store(heard: Heard) -> Reply:
        taken.append(heard)
        return Reply(status=201)

    with serving(store) as storage:

        def answer(heard: Heard) -> Reply:
            if heard.path.startswith("/store"):
                return store(heard)
            if heard.path == "/v2/acme/app/blobs/uploads/17":
                return store(heard)
            if not heard.login:
                return Reply(status=401, headers={"WWW-Authenticate": "Basic"})
            where = {
                "absolute": f"http://{server.host}/store/1?a=%2F",
                "relative": "/store/1?a=%2F",
                "beside": "17?a=%2F",
                "elsewhere": f"{storage.url}/1?a=%2F",
            }
            return Reply(status=202, headers={"Location": where[location]})

        with serving(answer) as server, client(server.host, BOT) as one, sliced(CONTENT) as place:
            assert one.repository().upload(WANTED, place, lambda _: None) == "uploaded"

    (put,) = taken
    assert put.body == CONTENT
    assert put.query == {"a": ["/"], "digest": [WANTED]}
    assert bool(put.login) is (location != "elsewhere")


NOWHERE = {
    "nothing": {},
    "no address": {"Location": "ftp://reg.io/x"},
    "a name in it": {"Location": "http://a:b@c/"},
    "half a host": {"Location": "http://[reg.io/x?X-Amz-Signature=s3cret"},
    "no host for requests": {"Location": "http://\\reg.io/x?X-Amz-Signature=s3cret"},
}


@pytest.mark.parametrize("headers", NOWHERE.values(), ids=NOWHERE)
def test_a_session_that_is_nowhere(headers: dict[str, str]) -> None:
    with (
        serving(greeting(Reply(status=202, headers=headers))) as server,
        client(server.host) as one,
        sliced(CONTENT) as place,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().upload(WANTED, place, lambda _: None)

    assert raised.value.problem.code == "registry"
    assert "s3cret" not in raised.value.problem.message
    assert len(server.heard) == 2


def test_a_file_that_became_shorter_is_no_broken_connection() -> None:
    with serving(Shelf()) as server, client(server.host) as one, sliced(CONTENT) as place:
        truncate(place, 2_000_000)
        moved: list[int] = []
        with pytest.raises(StepError, match="cannot be read: the file ends") as raised:
            one.repository().upload(WANTED, place, moved.append)

    assert not isinstance(raised.value, RegistryError)
    assert session(server)[0] == "POST"
    assert sum(moved) == 0
    assert one.clock.waits == []


def test_a_connection_that_is_cut_again_and_again() -> None:
    shelf, left = Shelf(), iter(range(5))

    def early(heard: Heard) -> Reply | None:
        return HANG_UP if heard.method == "PUT" and next(left, None) is not None else None

    with serving(shelf, early=early) as server, client(server.host) as one, sliced(CONTENT) as place:
        assert one.repository().upload(WANTED, place, lambda _: None) == "uploaded"

    assert shelf.blobs["acme/app", WANTED] == CONTENT


FAULTS = {
    "nothing wrong": None,
    "no answer": HANG_UP,
    "busy": Reply(status=503),
    "too fast": Reply(status=429, headers={"Retry-After": "3"}),
    "too fast for long": Reply(status=429, headers={"Retry-After": "100"}),
    "a session that is gone": Reply(status=404, body=errors("BLOB_UPLOAD_UNKNOWN")),
    "a body that changed": Reply(status=400, body=errors("DIGEST_INVALID")),
    "half an answer": Reply(status=201, body=b"half", cut=2),
    "a denial": Reply(status=403, body=errors("DENIED")),
}


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(sorted(FAULTS)), st.booleans()), max_size=12))
def test_whatever_goes_wrong_an_upload_ends_and_tells_the_truth(faults: list[tuple[str, bool]]) -> None:
    shelf, left, moved = Shelf(), iter(faults), list[int]()

    def answer(heard: Heard) -> Reply:
        name, arrives = (
            next(left, ("nothing wrong", False)) if heard.path != "/v2/" else ("nothing wrong", False)
        )
        fault = FAULTS[name]
        honest = shelf(heard) if fault is None or arrives else Reply()
        return fault or honest

    content = CONTENT[:2_000_000]
    with serving(answer) as server, client(server.host) as one, sliced(content) as place:
        repository = one.repository()
        try:
            repository.upload(digest(content), place, moved.append)
        except RegistryError:
            assert sum(moved) == 0
        else:
            assert sum(moved) == len(content)
            assert shelf.blobs["acme/app", digest(content)] == content
        assert repository.requests == len(server.heard)
        assert sum(one.clock.waits) <= 60
