"""The ports that tests put in front of registries do what they say: a fault that never came would prove nothing."""

import http.client
import time
from collections.abc import Iterator

import pytest

from tests.support.line import line
from tests.support.registries import Scripted, scripted
from tests.support.wire import (
    Amid,
    Answered,
    Changed,
    Cut,
    Exchange,
    Fault,
    Kind,
    Lost,
    Truncated,
    Wire,
    kind,
    wire,
)

BLOB = f"sha256:{'a' * 64}"


@pytest.fixture
def registry() -> Iterator[Scripted]:
    with scripted(201) as made:
        yield made


def ask(host: str, method: str, target: str, body: bytes | Iterator[bytes] = b"") -> http.client.HTTPResponse:
    """Ask on a connection of its own; the answer has been read."""
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request(method, target, body, encode_chunked=True)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/v2/", Kind.PING),
        ("/v2/acme/app/manifests/1?x=/blobs/", Kind.MANIFEST),
        ("/v2/acme/app/blobs/sha256:0", Kind.BLOB),
        ("/v2/acme/app/blobs/uploads/?mount=sha256:0&from=a/b", Kind.UPLOAD),
        ("/v2/acme/app/blobs/uploads/12?_state=x", Kind.UPLOAD),
        ("/v2/acme/manifests/tags/list", Kind.TAGS),
        ("/token?service=x&scope=repository:a:pull", Kind.TOKEN),
    ],
)
def test_a_request_is_of_one_kind(target: str, expected: Kind) -> None:
    assert kind(target) == expected


def test_requests_and_their_bytes_are_counted(registry: Scripted) -> None:
    with wire(registry.host) as made:
        started = ask(made.host, "POST", "/v2/acme/app/blobs/uploads/").getheader("Location")
        assert started
        assert ask(made.host, "PATCH", started, iter([b"12345", b"678"])).status == 202
        assert ask(made.host, "PUT", f"{started}?digest={BLOB}", b"9").status == 201
        assert ask(made.host, "HEAD", f"/v2/acme/app/blobs/{BLOB}").getheader("Content-Length") == "9"
        assert ask(made.host, "PUT", "/v2/acme/app/manifests/1", b"{}").status == 201
    assert made.counts() == {
        ("POST", Kind.UPLOAD): 1,
        ("PATCH", Kind.UPLOAD): 1,
        ("PUT", Kind.UPLOAD): 1,
        ("HEAD", Kind.BLOB): 1,
        ("PUT", Kind.MANIFEST): 1,
    }
    assert (made.sent(Kind.UPLOAD), made.sent(Kind.MANIFEST)) == (9, 2)
    assert registry.blobs[BLOB] == 9
    assert [one.status for one in made.seen] == [202, 202, 201, 200, 201]


def test_a_connection_is_kept_between_requests() -> None:
    with wire(
        "127.0.0.1:1", lambda one: Answered(status=202, body=b"" if one.method == "POST" else b"{}")
    ) as far:
        with wire(far.host) as made:
            connection = http.client.HTTPConnection(made.host, timeout=10)
            for method in ("HEAD", "POST", "GET", "HEAD", "PUT"):
                connection.request(method, "/v2/acme/app/blobs/uploads/", b"12" if method == "PUT" else b"")
                used = connection.sock
                answer = connection.getresponse()
                assert (answer.status, answer.getheader("Content-Length")) == (
                    202,
                    "0" if method == "POST" else "2",
                )
                answer.read()
                assert connection.sock is used is not None
            connection.close()
        assert [one.method for one in far.seen] == ["HEAD", "POST", "GET", "HEAD", "PUT"]


def faulty(made: Wire, fault: Fault) -> None:
    def first(one: Exchange) -> Fault | None:
        return fault if one.number == 1 else None

    made.hook = first


def test_an_answer_of_the_test_reaches_the_client_and_nothing_the_registry(registry: Scripted) -> None:
    with wire(registry.host) as made:
        faulty(made, Answered(status=429, headers={"Retry-After": "1"}, body=b"slow down"))
        answer = ask(made.host, "PUT", "/v2/acme/app/manifests/1", b"{}")
        assert (answer.status, answer.getheader("Retry-After")) == (429, "1")
        assert registry.manifests == []
        assert ask(made.host, "PUT", "/v2/acme/app/manifests/1", b"{}").status == 201


def test_an_answer_that_is_lost_was_given(registry: Scripted) -> None:
    with wire(registry.host) as made:
        faulty(made, Lost())
        with pytest.raises(http.client.RemoteDisconnected):
            ask(made.host, "PUT", f"/v2/acme/app/blobs/uploads/1?digest={BLOB}", b"123")
    assert registry.blobs == {BLOB: 3}
    assert made.seen[0].status == 201


def got(registry: Scripted) -> int:
    """How much of a body came that was cut; this registry takes what there is."""
    for _ in range(100):
        if registry.blobs:
            break
        time.sleep(0.05)
    return registry.blobs[BLOB]


def test_a_request_is_cut_at_a_byte(registry: Scripted) -> None:
    with wire(registry.host) as made:
        faulty(made, Cut(after=100_000))
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            ask(made.host, "PUT", f"/v2/acme/app/blobs/uploads/1?digest={BLOB}", b"1" * 5_000_000)
    assert got(registry) == 100_000
    assert made.seen[0].status == 0


def test_headers_and_end_of_an_answer_can_be_wrong() -> None:
    with scripted(403, "a long refusal") as registry, wire(registry.host) as made:
        faulty(made, Changed(headers={"content-type": None, "Docker-Content-Digest": BLOB}))
        answer = ask(made.host, "PUT", "/v2/acme/app/manifests/1", b"{}")
        assert (answer.getheader("Content-Type"), answer.getheader("Docker-Content-Digest")) == (None, BLOB)
        made.hook = lambda _: Truncated(after=6)
        with pytest.raises(http.client.IncompleteRead) as caught:
            ask(made.host, "PUT", "/v2/acme/app/manifests/1", b"{}")
        assert caught.value.partial == b"a long"


def test_an_answer_may_end_in_its_head(registry: Scripted) -> None:
    with wire(registry.host) as made:
        faulty(made, Truncated(after=30, in_head=True))
        # Python does not notice
        answer = ask(made.host, "PUT", "/v2/acme/app/manifests/1", b"{}")
    assert (answer.status, answer.getheaders()) == (201, [])
    assert registry.manifests == ["1"]


def test_something_happens_in_the_middle_of_a_body(registry: Scripted) -> None:
    came: list[int] = []

    def deed() -> None:
        time.sleep(0.2)
        there.append(came[-1])

    there: list[int] = []
    with line(registry.host, heard=came.append) as far, wire(far.host) as made:
        faulty(made, Amid(after=100_001, deed=deed))
        started = f"/v2/acme/app/blobs/uploads/1?digest={BLOB}"
        assert ask(made.host, "PUT", started, iter([b"1" * 3_000_000, b"2" * 2_000_000])).status == 201
    # the head and the frames of chunks count too
    assert 100_001 <= there[0] < 101_000
    assert len(there) == 1
    assert registry.blobs == {BLOB: 5_000_000}


def test_a_long_line_costs_time_once_whatever_it_carries(registry: Scripted) -> None:
    with line(registry.host, delay=0.1) as made:
        started = time.monotonic()
        ask(made.host, "PUT", f"/v2/acme/app/blobs/uploads/1?digest={BLOB}", b"1" * 5_000_000)
        # a round trip for the connection, one for the request
        assert 0.4 <= time.monotonic() - started < 0.9
    assert registry.blobs == {BLOB: 5_000_000}


def test_a_line_tells_what_comes(registry: Scripted) -> None:
    came: list[int] = []
    with line(registry.host, heard=came.append) as made:
        ask(made.host, "PUT", "/v2/acme/app/manifests/1", b"1" * 1_000_000)
    assert came == sorted(came)
    assert 1_000_000 < came[-1] < 1_001_000


def test_a_line_is_cut_at_a_byte_and_is_there_again(registry: Scripted) -> None:
    with line(registry.host, cut_after=1_000_000) as made:
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            ask(made.host, "PUT", f"/v2/acme/app/blobs/uploads/1?digest={BLOB}", b"1" * 5_000_000)
        assert 999_000 < got(registry) < 1_000_000  # the head of the request counts too
        assert ask(made.host, "PUT", "/v2/acme/app/manifests/1", b"1" * 5_000_000).status == 201
