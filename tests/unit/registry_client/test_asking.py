"""A registry that stumbles, or wants to be left alone: how often it is asked again, when, and by whom."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pushstep.push.retry import asked
from pushstep.registry.client.failures import RegistryError
from tests.support.registry_client import NOW, client
from tests.support.small_servers import HANG_UP, Heard, Reply, Shelf, errors, serving


def after_greeting(*replies: Reply) -> "Script":
    return Script(iter(replies))


class Script:
    """Greets, and gives what it was given, then what a registry would say."""

    def __init__(self, replies: Iterator[Reply]) -> None:
        self._replies = replies
        self._shelf = Shelf()

    def __call__(self, heard: Heard) -> Reply:
        if heard.path == "/v2/":
            return Reply()
        return next(self._replies, None) or self._shelf(heard)


STUMBLES = {
    "408": Reply(status=408),
    "429": Reply(status=429),
    "499": Reply(status=499),
    "500": Reply(status=500),
    "502, a page": Reply(status=502, headers={"Content-Type": "text/html"}, body=b"<html>Bad Gateway</html>"),
    "503": Reply(status=503),
    "504": Reply(status=504),
    "522": Reply(status=522),
    "a rate that is said in words": Reply(status=403, body=b'{"message": "secondary rate limit"}'),
    "no answer": HANG_UP,
}


@pytest.mark.parametrize("reply", STUMBLES.values(), ids=STUMBLES)
def test_who_stumbles_is_asked_up_to_five_times_more(reply: Reply) -> None:
    with serving(after_greeting(*[reply] * 5)) as server, client(server.host) as one:
        repository = one.repository()
        assert repository.manifest("v1") is None
        assert repository.requests == 7
        assert one.clock.waits == [1, 2, 4, 8, 16]


@pytest.mark.parametrize("reply", STUMBLES.values(), ids=STUMBLES)
def test_who_goes_on_stumbling_is_left_to_the_next_attempt(reply: Reply) -> None:
    with (
        serving(after_greeting(*[reply] * 9)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().manifest("v1")

    assert raised.value.problem.retryable
    assert raised.value.reached
    assert len(server.heard) == 7


FINAL = {400: "registry", 403: "denied", 405: "registry", 501: "registry", 507: "quota"}


@pytest.mark.parametrize(("status", "code"), FINAL.items(), ids=map(str, FINAL))
def test_who_refuses_is_asked_once(status: int, code: str) -> None:
    with (
        serving(after_greeting(*[Reply(status=status)] * 9)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository().manifest("v1")

    assert (raised.value.problem.code, raised.value.status) == (code, status)
    assert one.clock.waits == []


def test_waits_differ_by_chance() -> None:
    with serving(after_greeting(*[HANG_UP] * 2)) as server, client(server.host, jitter=0.25) as one:
        one.repository().digest("v1")

    assert one.clock.waits == [0.625, 1.25]


# the headers of a refusal with 429 or 503, its body → seconds that are waited
ASKED = {
    "seconds": ({"Retry-After": "30"}, b"", 30.0),
    "a date": ({"Retry-After": "Mon, 23 Nov 2026 12:00:45 GMT"}, b"", 45.0),
    "less than we wait anyway": ({"Retry-After": "0"}, b"", 1.0),
    "in the body": ({}, b"toomanyrequests: retry-after: 2500ms, allowed: 2000/minute", 2.5),
    "nonsense": ({"Retry-After": "later"}, b"", 1.0),
}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("headers", "body", "seconds"), ASKED.values(), ids=ASKED)
def test_a_wait_that_is_asked_for_is_waited(
    headers: dict[str, str], body: bytes, seconds: float, status: int
) -> None:
    reply = Reply(status=status, headers=headers, body=body)
    with serving(after_greeting(reply)) as server, client(server.host) as one:
        one.repository().digest("v1") if not body else one.repository().manifest("v1")

    assert one.clock.waits == [seconds]


@pytest.mark.parametrize("seconds", [61, 300, 3600])
def test_a_long_wait_is_left_to_the_next_attempt(seconds: int) -> None:
    reply = Reply(status=429, headers={"Retry-After": str(seconds)})
    with serving(after_greeting(*[reply] * 3)) as server, client(server.host) as one:
        with pytest.raises(RegistryError) as raised:
            one.repository().digest("v1")

        assert one.clock.waits == []
        assert raised.value.asked == seconds
        assert raised.value.problem.retryable
        # where the step's own `retry` reads it
        assert asked(raised.value.problem.message, NOW) == seconds
        assert len(server.heard) == 2

        # nobody else asks meanwhile, in whatever repository
        one.clock.seconds += seconds - 61
        with pytest.raises(RegistryError, match="Retry-After: 61") as raised:
            one.repository("acme/other").digest("v1")
        assert raised.value.problem.code == "rate-limit"
        assert len(server.heard) == 2


def test_what_is_left_of_a_pause_is_waited_by_all() -> None:
    reply = Reply(status=429, headers={"Retry-After": "90"})
    with serving(after_greeting(reply)) as server, client(server.host) as one:
        with pytest.raises(RegistryError):
            one.repository().digest("v1")
        one.clock.seconds += 50
        assert one.repository("acme/other").digest("v1") is None

    assert one.clock.waits == [40]


def test_waits_end_within_a_minute() -> None:
    reply = Reply(status=503, headers={"Retry-After": "25"})
    with (
        serving(after_greeting(*[reply] * 9)) as server,
        client(server.host) as one,
        pytest.raises(RegistryError),
    ):
        one.repository().digest("v1")

    assert one.clock.waits == [25, 25]


def test_silence_counts_from_the_second_time_on() -> None:
    done = threading.Event()

    def silent(heard: Heard) -> Reply:
        if heard.path != "/v2/":
            done.wait(10)
        return Reply()

    with serving(silent) as server, client(server.host, silence=0.25) as one:
        with pytest.raises(RegistryError, match=r"nothing passed for 0.25 s") as raised:
            one.repository().digest("v1")
        done.set()

    assert raised.value.problem.code == "unreachable"
    assert one.clock.waits == [1, 2, 4, 8, 16]


def test_a_host_gets_so_many_requests_at_once_and_no_more() -> None:
    lock, now, most = threading.Lock(), 0, 0
    shelf = Shelf()

    def counting(heard: Heard) -> Reply:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.02)
        with lock:
            now -= 1
        return shelf(heard)

    with serving(counting) as server, client(server.host, limit=3) as one:
        several = [one.repository(f"acme/{number}") for number in range(4)]
        with ThreadPoolExecutor(12) as threads:
            list(threads.map(lambda number: several[number % 4].digest("v1"), range(24)))

        assert most == 3
        assert sum(repository.requests for repository in several) == 25 == len(server.heard)


GREETINGS = {
    "a page": (Reply(headers={"Content-Type": "text/html"}, body=b"<title>Welcome</title>"), "Welcome"),
    "a portal": (Reply(status=302, headers={"Location": "https://login.example.com/"}), "302 Found"),
    "a page that wants a login": (
        Reply(
            status=401, headers={"Content-Type": "text/html; charset=utf-8"}, body=b"<title>Log in</title>"
        ),
        "Log in",
    ),
    "something else": (Reply(status=404, body=b"404 page not found"), "404 page not found"),
}


@pytest.mark.parametrize(("greeting", "words"), GREETINGS.values(), ids=GREETINGS)
def test_what_is_no_registry(greeting: Reply, words: str) -> None:
    with serving(lambda _: greeting) as server, client(server.host) as one:
        for _ in range(2):
            with pytest.raises(RegistryError, match=f"does not answer as a registry: .*{words}") as raised:
                one.repository().digest("v1")
            assert not raised.value.problem.retryable

    assert len(server.heard) == 1


def test_a_greeting_is_refused() -> None:
    reply = Reply(status=403, body=errors("DENIED", "your address is banned"))
    with (
        serving(lambda _: reply) as server,
        client(server.host) as one,
        pytest.raises(RegistryError, match="your address is banned") as raised,
    ):
        one.repository().digest("v1")

    assert raised.value.problem.code == "denied"


def test_a_greeting_that_fails_is_not_repeated_by_everybody() -> None:
    def slow(_: Heard) -> Reply:
        threading.Event().wait(0.05)
        return Reply(status=503)

    with serving(slow) as server, client(server.host) as one:
        repository = one.repository()
        with ThreadPoolExecutor(6) as threads:
            tries = [threads.submit(repository.digest, "v1") for _ in range(6)]
        assert all(isinstance(one.exception(), RegistryError) for one in tries)

    # those of one patient try
    assert len(server.heard) == 6


def test_a_warning_is_passed_on_once() -> None:
    warning = '299 - "read \\"only\\" soon", 299 reg "moved", 199 - "old"'
    reply = Reply(status=404, headers={"Warning": warning})
    with serving(after_greeting(reply, reply)) as server, client(server.host) as one:
        one.repository().digest("v1")
        one.repository().digest("v2")

    assert one.noticed == [f'{server.host} warns: read \\"only\\" soon', f"{server.host} warns: moved"]


def test_each_request_is_a_line_for_whoever_looks_for_a_fault() -> None:
    with serving(Shelf()) as server, client(server.host) as one:
        one.repository().digest("v1")

    greeted, asked_for = one.debugged
    assert greeted == f"GET http://{server.host}/v2/ 200 0 ms"
    assert asked_for == f"HEAD http://{server.host}/v2/acme/app/manifests/v1 404 0 ms"
