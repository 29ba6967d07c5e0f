"""The direct transport where something goes wrong: registries that stop, refuse, lie or forget, and runs that end.

The program itself, real registries, and ports before them that spoil what a test says. Whatever happens, no tag
may name what is not there; after a success the image is read back and compared.
"""

import gzip
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote

import docker
import pytest

from tests.support import archives, held
from tests.support.directly import (
    MANIFEST,
    UPLOAD,
    Candidate,
    Own,
    Process,
    Start,
    Way,
    candidate,
    dice,
    digest_of,
    everywhere,
    is_layer,
    names,
    once,
    ownership,
    puts,
    read_and_compressed,
    starting,
    statuses,
    ways,
)
from tests.support.line import line
from tests.support.pushstep import Run
from tests.support.registries import Registry
from tests.support.spoiling import Doorkeeper, Spoiled, one_after_another, refusals
from tests.support.wire import Amid, Answered, Changed, Exchange, Fault, Kind, Lost, Truncated, wire

LIE = f"sha256:{'0' * 64}"
KINDS = [
    ("GET", Kind.PING),
    ("GET", Kind.TOKEN),
    ("HEAD", Kind.MANIFEST),
    ("GET", Kind.MANIFEST),
    ("HEAD", Kind.BLOB),
    ("GET", Kind.BLOB),
    ("POST", Kind.UPLOAD),
    UPLOAD,
    MANIFEST,
]
TRIES = 6
"""How often a request is made within an attempt."""
ONCE_MORE = "{maxAttempts: 2, delay: 0.1}"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    """Three layers of 40 kB that do not compress."""
    return candidate(tmp_path_factory.mktemp("small"), archives.image(1, 2, 3, size=40_000))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    """One of its layers is more than sockets take in advance."""
    made = archives.image(4, 5, size=12_000_000)
    return candidate(tmp_path_factory.mktemp("large"), made)


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Runs the program in a folder of its own, with one for what is under way, which is empty afterwards."""
    return starting(tmp_path)


@contextmanager
def together(count: int = 4) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(count) as pool:
        yield pool


@pytest.fixture
def own(docker_client: docker.DockerClient) -> Iterator[Own]:
    with ownership(docker_client) as one:
        yield one


@dataclass(frozen=True, kw_only=True)
class Behind:
    """A run that goes on beside other tests, and its destinations."""

    run: Future[Run]
    ways: list[Way]


@dataclass(frozen=True, kw_only=True)
class Long:
    """Runs that are kept waiting for half a minute."""

    passing: Behind
    asking: Behind
    giving: Behind
    lost: Behind
    own: Own
    stays: str


@pytest.fixture(scope="module")
def long(
    registries: dict[str, Registry],
    docker_client: docker.DockerClient,
    small: Candidate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Long]:
    registry, (stays,) = registries["open"], names(1)
    start = starting(tmp_path_factory.mktemp("long"))
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor())
        first = stack.enter_context(ways(registry, passing(), tokens=True))
        # all destinations are asked before anything is sent: two runs wait for half as long as one
        second = stack.enter_context(ways(registry, asking(small), tokens=True))
        third = stack.enter_context(ways(registry, giving(small), tokens=True))
        own = stack.enter_context(ownership(docker_client))
        killed = Spoiled(*UPLOAD, [Amid(after=20_000, deed=own.kill)], is_layer)
        fourth = stack.enter_context(ways(Registry(host=own.host, address=""), [killed], older=False))
        again = ("--retry", ONCE_MORE)
        elsewhere = f"{registry.host}/{stays}:1"
        yield Long(
            passing=Behind(run=pool.submit(start, small, *everywhere(first)), ways=first),
            asking=Behind(run=pool.submit(start, small, *everywhere(second), *again), ways=second),
            giving=Behind(run=pool.submit(start, small, *everywhere(third), *again), ways=third),
            lost=Behind(run=pool.submit(start, small, *everywhere(fourth, elsewhere)), ways=fourth),
            own=own,
            stays=stays,
        )


def passing() -> list[Spoiled]:
    """One kind of request of each way fails as often as is no matter, with and without a proxy's page."""
    return [
        Spoiled(*kind, refusals(500, 502, 503, page=number % 2 == 0)) for number, kind in enumerate(KINDS)
    ]


def asking(what: Candidate) -> list[Spoiled]:
    """One kind of question of each way fails once more than is tried within an attempt."""
    # a greeting and a token are asked for by one thread, whoever waits for them
    return [
        Spoiled("GET", Kind.PING, refusals(*[500] * TRIES)),
        Spoiled("GET", Kind.TOKEN, refusals(*[502] * TRIES, page=True)),
        Spoiled("HEAD", Kind.MANIFEST, refusals(*[503] * TRIES)),
        Spoiled("HEAD", Kind.BLOB, refusals(*[500] * TRIES), about(what.made.image_id)),
        # what only might have saved something is done without
        Spoiled("GET", Kind.MANIFEST, refusals(*[502] * TRIES)),
        Spoiled("GET", Kind.BLOB, refusals(*[503] * TRIES)),
    ]


def giving(what: Candidate) -> list[Spoiled]:
    """The same with what is sent."""
    # three blobs have a POST each
    return [
        Spoiled("POST", Kind.UPLOAD, refusals(*[500] * 3 * TRIES)),
        Spoiled(*UPLOAD, refusals(*[502] * TRIES, page=True), about(what.made.image_id)),
        Spoiled(*MANIFEST, refusals(*[503] * TRIES)),
    ]


def about(digest: str) -> Callable[[Exchange], bool]:
    return lambda one: digest in unquote(one.target)


def sent(ways: list[Way]) -> list[int]:
    """How many blobs each way was sent, those that it refused left out."""
    refused = [
        len(one.spoiled.hit) if (one.spoiled.method, one.spoiled.kind) == UPLOAD else 0 for one in ways
    ]
    return [puts(one.port).total() - vain for one, vain in zip(ways, refused, strict=True)]


@pytest.mark.usefixtures("long")  # so that it begins before all others
def test_a_registry_killed_in_the_middle_of_a_layer_is_waited_for(
    own: Own, start: Start, small: Candidate
) -> None:
    (repository,) = names(1)
    back = threading.Timer(2, own.start)

    def killed() -> None:
        own.kill()
        back.start()

    spoiled = Spoiled(*UPLOAD, [Amid(after=20_000, deed=killed)], is_layer)
    with wire(own.host, spoiled) as made:
        run = start(small, "--tags", f"{made.host}/{repository}:1")
    back.join()

    assert run.status == 0, run.err
    assert len(spoiled.hit) == 1
    assert run.report["steps"][0]["attempts"] == 1
    assert read_and_compressed(run) == once(small)
    arrived = Counter(
        digest_of(one) for one in made.seen if (one.method, one.kind, one.status) == (*UPLOAD, 201)
    )
    assert set(arrived.values()) == {1}
    (broken,) = spoiled.hit
    assert puts(made)[digest_of(broken)] > 1
    held.check(own.host, repository, "1", small.made)


def test_connections_cut_at_any_byte_are_made_again(
    registries: dict[str, Registry], start: Start, small: Candidate
) -> None:
    registry, chance = registries["open"], dice()
    positions = [chance.randrange(1, 120_000) for _ in range(20)]
    paths = names(20)
    with ExitStack() as stack:
        made = [stack.enter_context(line(registry.host, cut_after=one)) for one in positions]
        tags = [f"{one.host}/{path}:1" for one, path in zip(made, paths, strict=True)]
        pool = stack.enter_context(together())
        runs = list(pool.map(lambda first: start(small, "--tags", ",".join(tags[first::4])), range(4)))

    assert [run.status for run in runs] == [0] * 4, [run.err for run in runs]
    assert all(one.was_cut for one in made), positions
    for run in runs:
        assert run.report["steps"][0]["attempts"] == 1
        assert read_and_compressed(run) == once(small)
    for path in paths:
        held.check(registry.host, path, "1", small.made)


def test_a_registry_that_asks_for_time_gets_it(
    registries: dict[str, Registry], start: Start, small: Candidate
) -> None:
    """`Retry-After` in both of its forms, and all requests of the host wait."""
    registry = registries["open"]
    due: list[float] = []

    def date(_: Exchange) -> Fault:
        there = datetime.now(UTC) + timedelta(seconds=2)
        due.append(time.monotonic() + 2 - there.microsecond / 1e6)
        return Answered(status=429, headers={"Retry-After": format_datetime(there, usegmt=True)})

    spoiled = [
        Spoiled("POST", Kind.UPLOAD, [Answered(status=429, headers={"Retry-After": "2"})]),
        Spoiled(*UPLOAD, [date], is_layer),
    ]
    with ways(registry, spoiled, older=False) as made:
        run = start(small, *everywhere(made))

        assert run.status == 0, run.err
        assert read_and_compressed(run) == once(small)
        until = [spoiled[0].hit[0].at + 2, *due]
        for way, end in zip(made, until, strict=True):
            (hit,) = way.spoiled.hit
            # what was on its way when the answer came is none of the rest
            assert [one for one in way.port.seen if hit.at + 0.5 < one.at < end - 0.05] == []
            held.check(registry.host, way.repository, "1", small.made)


def test_a_registry_that_asks_for_an_hour_is_left_alone(
    registries: dict[str, Registry], start: Start, small: Candidate
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    spoiled = [
        Spoiled(*UPLOAD, [Answered(status=429, headers={"Retry-After": one})]) for one in ("3600", later)
    ]
    with ways(registries["open"], spoiled) as made:
        run = start(small, *everywhere(made), "--retry", ONCE_MORE)

        assert (run.status, run.report["steps"][0]["attempts"]) == (1, 1)
        assert run.seconds < 10
        for place, way in zip(run.destinations, made, strict=True):
            assert place["error"]["code"] == "rate-limit"
            assert "It asks to wait 60 minutes" in place["error"]["hint"]
            assert held.tags(registries["open"].host, way.repository) == ["1"]


def test_answers_that_end_too_early_are_asked_for_again(
    registries: dict[str, Registry], start: Start, small: Candidate
) -> None:
    registry, chance = registries["open"], dice()
    heads = [kind for kind in KINDS if kind[1] != Kind.TOKEN]
    bodies = [kind for kind in heads if kind[0] == "GET"]
    spoiled = [
        *(Spoiled(*kind, [Truncated(after=chance.randrange(60), in_head=True)]) for kind in heads),
        *(Spoiled(*kind, [Truncated(after=1)]) for kind in bodies),
        # one that says two things of how long it is is none
        Spoiled(*UPLOAD, [Answered(status=503, headers={"Content-Length": "1000"}, body=b"{")]),
    ]
    with ways(registry, spoiled) as made:
        run = start(small, *everywhere(made))

        assert run.status == 0, run.err
        assert run.report["steps"][0]["attempts"] == 1
        assert read_and_compressed(run) == once(small, known=1)
        assert statuses(run) == [["moved"]] * len(made)
        for way in made:
            assert len(way.spoiled.hit) == 1, way.spoiled
            held.check(registry.host, way.repository, "1", small.made)


def test_a_source_that_breaks_off_is_read_on_from_there(
    registries: dict[str, Registry], start: Start, small: Candidate
) -> None:
    registry, (source, there) = registries["open"], names(2)
    held.put(registry.host, source, "1", archives.manifest(small.made, docker=True))
    of_config = about(small.made.image_id)
    spoiled = Spoiled("GET", Kind.BLOB, [Truncated(after=20_000)] * 3, lambda one: not of_config(one))
    with wire(registry.host, spoiled) as made:
        what = replace(small, text=f"docker://{made.host}/{source}:1")
        run = start(what, "--tags", f"{registries['other'].host}/{there}:1")

        assert run.status == 0, run.err
        assert len(spoiled.hit) == 3
        assert [one.status for one in made.seen if one.headers.get("Range")] == [206] * 3
        held.check(registries["other"].host, there, "1", small.made)


def test_what_was_taken_is_not_sent_again_if_only_the_answer_is_lost(
    registries: dict[str, Registry], start: Start, small: Candidate
) -> None:
    registry = registries["open"]
    spoiled = [
        Spoiled(*UPLOAD, [Lost()], is_layer),
        Spoiled(*MANIFEST, [Lost()]),
        # a proxy that waits for less time than the registry needs
        Spoiled(*UPLOAD, [Answered(status=504)], is_layer),
    ]
    with ways(registry, spoiled) as made:
        run = start(small, *everywhere(made))

        assert run.status == 0, run.err
        assert read_and_compressed(run) == once(small, known=1)
        for way in made[:2]:
            assert len(way.spoiled.hit) == 1
            assert set(puts(way.port).values()) == {1}
            assert way.port.counts()[MANIFEST] == 1
        for way in made:
            held.check(registry.host, way.repository, "1", small.made)


def test_a_digest_that_lies_is_told(registries: dict[str, Registry], start: Start, small: Candidate) -> None:
    registry = registries["open"]
    lie = Changed(headers={"Docker-Content-Digest": LIE})
    spoiled = [
        Spoiled(*kind, [lie]) for kind in (UPLOAD, MANIFEST, ("HEAD", Kind.MANIFEST), ("GET", Kind.MANIFEST))
    ]
    with ways(registry, spoiled) as made:
        run = start(small, *everywhere(made), "--retry", ONCE_MORE)

        assert (run.status, run.report["steps"][0]["attempts"]) == (1, 1)
        assert [place["result"] for place in run.destinations] == ["failure", "failure", "success", "success"]
        for place, way in zip(run.destinations, made, strict=True):
            assert len(way.spoiled.hit) == 1
            assert held.tags(registry.host, way.repository) == ["1"]
            if place["error"]:
                assert place["error"]["code"] == "digest"
                assert LIE in place["error"]["message"]
                assert way.port.host in place["error"]["message"]
            else:
                # of a lie about what was there only what it might have saved is lost
                held.check(registry.host, way.repository, "1", small.made)


def test_an_upload_that_the_registry_has_forgotten_begins_anew(
    registries: dict[str, Registry], start: Start, small: Candidate
) -> None:
    registry = registries["open"]

    def forgotten(one: Exchange) -> Fault | None:
        held.forget(registry.host, one.target)
        return None

    spoiled = [Spoiled(*UPLOAD, [forgotten, forgotten], is_layer)]
    with ways(registry, spoiled) as made:
        run = start(small, *everywhere(made))

        assert run.status == 0, run.err
        assert read_and_compressed(run) == once(small, known=1)
        refused = [
            one.status for one in made[0].port.seen if (one.method, one.kind) == UPLOAD and one.status >= 400
        ]
        assert refused == [404, 404]
        held.check(registry.host, made[0].repository, "1", small.made)


def test_a_token_that_expires_before_the_body_is_renewed(
    registries: dict[str, Registry], start: Start, small: Candidate
) -> None:
    registry, (repository,) = registries["open"], names(1)
    with wire(registry.host) as made:
        door = Doorkeeper(host=made.host)

        def expires(_: Exchange) -> Fault | None:
            door.expire()
            return None

        spoiled = Spoiled(*UPLOAD, [expires], is_layer)
        made.hook = one_after_another(spoiled, door)
        run = start(small, "--tags", f"{made.host}/{repository}:1")

        assert run.status == 0, run.err
        assert run.report["steps"][0]["attempts"] == 1
        assert read_and_compressed(run) == once(small)
        assert (door.given, made.counts()["GET", Kind.TOKEN]) == (2, 2)
        assert 401 in [one.status for one in made.seen if (one.method, one.kind) == UPLOAD]
        held.check(registry.host, repository, "1", small.made)


@contextmanager
def small_disk(folder: Path) -> Iterator[tuple[str, ...]]:
    """Where nothing larger than 1 MB has room; what a command begins with for that."""
    mount = ("mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder))
    if os.getuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        try:
            yield ()
        finally:
            subprocess.run(["umount", str(folder)], check=True)
        return
    yield ("sh", "-c", 'ulimit -f 1900; exec "$0" "$@"')


@pytest.mark.parametrize("packed", [False, True], ids=["a layer under way", "an archive to unpack"])
def test_a_full_disk_is_told_and_nothing_is_left(
    registries: dict[str, Registry], start: Start, large: Candidate, tmp_path: Path, *, packed: bool
) -> None:
    folder, (repository,) = tmp_path / "run", names(1)
    what = large
    if packed:
        path = tmp_path / "app.tar.gz"
        path.write_bytes(gzip.compress(b"".join(large.made.layers), 1))
        what = replace(large, text=f"docker-archive:{path}")
    (folder / "temporary").mkdir(parents=True)
    with wire(registries["open"].host) as made, small_disk(folder / "temporary") as prefix:
        options = ("--tags", f"{made.host}/{repository}:1", "--retry", ONCE_MORE)
        run = start(what, *options, folder=folder, prefix=prefix)

        assert (run.status, run.codes) == (1, ["disk"])
        error = run.report["steps"][0]["error"]
        assert str(folder / "temporary") in error["message"]
        assert "TMPDIR" in error["hint"]
        assert run.report["steps"][0]["attempts"] == 1
        assert made.counts()[MANIFEST] == 0
        assert held.tags(registries["open"].host, repository) == []


def test_a_run_killed_at_any_moment_is_completed_by_the_next(
    registries: dict[str, Registry], start: Start, small: Candidate
) -> None:
    registry, chance = registries["open"], dice()
    positions = [chance.randrange(1, 124_000) for _ in range(10)]

    def both(position: int, repository: str) -> tuple[int, Run]:
        running: Future[Process] = Future()

        def heard(count: int) -> None:
            if count >= position:
                running.result().kill()

        with line(registry.host, heard=heard) as made:
            tags = ("--tags", f"{made.host}/{repository}:1")
            first = start(small, *tags, meanwhile=running.set_result)
            assert held.tags(registry.host, repository) in ([], ["1"])
            return first.status, start(small, *tags)

    paths = names(10)
    with together() as pool:
        done = list(pool.map(both, positions, paths))

    for (killed, run), path in zip(done, paths, strict=True):
        assert killed == -signal.SIGKILL
        assert run.status == 0, run.err
        held.check(registry.host, path, "1", small.made)


@dataclass
class Stall:
    """A registry that stops taking a layer in its middle, until the test is over."""

    then: Callable[[], object] = lambda: None
    at: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        self.then()
        self.at = time.monotonic()
        self.over.wait(30)


def test_a_signal_ends_a_run_in_the_middle_of_a_layer(
    registries: dict[str, Registry], start: Start, large: Candidate
) -> None:
    registry = registries["open"]
    slow, fast = names(2)
    running: Future[Process] = Future()
    with wire(registry.host) as other, wire(registry.host) as made:

        def terminated() -> None:
            while not [one for one in other.seen if (one.method, one.kind, one.status) == (*MANIFEST, 201)]:
                time.sleep(0.02)
            running.result().terminate()

        stall = Stall(terminated)
        made.hook = Spoiled(*UPLOAD, [Amid(after=200_000, deed=stall)], is_layer)
        tags = f"{made.host}/{slow}:1,{other.host}/{fast}:1"
        run = start(large, "--tags", tags, meanwhile=running.set_result)
        took = time.monotonic() - stall.at
        stall.over.set()

    assert (run.status, run.report["result"], run.report["exit"]) == (143, "failure", 143)
    assert took < 3
    assert statuses(run) == [["not_attempted"], ["created"]]
    assert run.destinations[0]["error"]["code"] == "interrupted"
    assert held.tags(registry.host, slow) == []
    held.check(registry.host, fast, "1", large.made)


def test_a_timeout_ends_a_step_in_the_middle_of_a_layer(
    registries: dict[str, Registry], start: Start, large: Candidate
) -> None:
    registry, (repository,), stall = registries["open"], names(1), Stall()
    with wire(registry.host, Spoiled(*UPLOAD, [Amid(after=200_000, deed=stall)], is_layer)) as made:
        run = start(large, "--tags", f"{made.host}/{repository}:1", "--timeout=2s", "--retry", ONCE_MORE)
        stall.over.set()

    assert (run.status, run.codes) == (1, ["timeout"])
    assert stall.at > 0
    assert run.report["steps"][0]["duration_seconds"] < 4.5
    assert statuses(run) == [["not_attempted"]]
    assert held.tags(registry.host, repository) == []


def test_server_errors_are_tried_again_whatever_was_asked(
    long: Long, registries: dict[str, Registry], small: Candidate
) -> None:
    run, ways = long.passing.run.result(), long.passing.ways

    assert run.status == 0, run.err
    assert run.report["steps"][0]["attempts"] == 1
    assert read_and_compressed(run) == once(small, known=1)
    assert statuses(run) == [["moved"]] * len(KINDS)
    assert [len(way.spoiled.hit) for way in ways] == [3] * len(KINDS)
    # the layer that the older image has is not sent
    assert sent(ways) == [3] * len(KINDS)
    for way in ways:
        held.check(registries["open"].host, way.repository, "1", small.made)


@pytest.mark.parametrize("phase", ["asking", "giving"])
def test_server_errors_that_last_cost_an_attempt(
    long: Long, registries: dict[str, Registry], small: Candidate, phase: str
) -> None:
    one: Behind = getattr(long, phase)
    run = one.run.result()

    assert run.status == 0, run.err
    assert run.report["steps"][0]["attempts"] == 2
    assert statuses(run) == [["moved"]] * len(one.ways)
    assert [len(way.spoiled.hit) for way in one.ways] == [len(way.spoiled.faults) for way in one.ways]
    # What came before the failure is not sent again. Two of those that are asked seem to have nothing, so that all
    # get what these got: the layer of the older image as well, which another tool has compressed.
    assert sent(one.ways) == ([4] * 6 if phase == "asking" else [3] * 3)
    assert len({place["digest"] for place in run.destinations}) == 1
    for way in one.ways:
        held.check(registries["open"].host, way.repository, "1", small.made)


def test_a_registry_that_goes_for_good_is_told_and_the_others_have_everything(
    long: Long, registries: dict[str, Registry], small: Candidate
) -> None:
    run, (way,) = long.lost.run.result(), long.lost.ways

    assert run.status == 1
    assert statuses(run) == [["not_attempted"], ["created"]]
    assert read_and_compressed(run) == once(small)
    gone, stays = run.destinations
    assert (gone["result"], stays["result"]) == ("failure", "success")
    assert gone["error"]["code"] == "unreachable"
    assert way.port.host in gone["error"]["message"]
    assert gone["error"]["hint"]
    held.check(registries["open"].host, long.stays, "1", small.made)
    long.own.start()
    assert held.tags(long.own.host, way.repository) == []
