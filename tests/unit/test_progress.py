"""Progress: what a push tells is counted right, from any thread, and said now and then."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.__main__ import world
from pushstep.errors import Interrupted
from pushstep.push.lines import Blob, Delivery, State
from pushstep.push.live import Live
from pushstep.push.progress import Lines, Progress, renderer
from pushstep.surroundings import surroundings

APP, OTHER = "ghcr.io/acme/app", "quay.io/acme/app"
A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
MB = 1_000_000


class Heard:
    """A push's progress, its lines, and a clock that is set by hand."""

    def __init__(self, *, every: float = 5, then: Callable[[], None] = lambda: None) -> None:
        self.said: list[str] = []
        self.now = 100.0
        self.then = then
        self.lines = Lines(self.hear, every=every)
        self.progress = Progress(say=self.hear, seconds=lambda: self.now, renderer=self.lines)

    def hear(self, line: str) -> None:
        self.said.append(line)
        self.then()

    def look(self) -> list[str]:
        """What the next look says."""
        before = len(self.said)
        self.lines.show(self.progress.state())
        return self.said[before:]

    @property
    def delivery(self) -> Delivery:
        (one,) = self.progress.state().deliveries
        return one


# --- what is counted -----------------------------------------------------------------------------------


def test_a_push_from_its_beginning_to_its_end() -> None:
    heard = Heard()
    progress = heard.progress
    said = []

    progress.begin(APP, 3)
    said += heard.look()
    progress.read(10 * MB)
    said += heard.look()
    progress.compressed(10 * MB, 4 * MB)
    progress.due(APP, A, 4 * MB)
    progress.sent(APP, A, MB)
    said += heard.look()
    progress.layer(APP, B, 7 * MB, "present")
    progress.saved(7 * MB)
    progress.due(APP, C, 6 * MB)
    said += heard.look()
    progress.sent(APP, A, 3 * MB)
    progress.layer(APP, A, 4 * MB, "uploaded", 4 * MB)
    progress.layer(APP, C, 6 * MB, "mounted")
    progress.saved(6 * MB)
    said += heard.look()
    progress.tag(APP, "1", "created", A)
    progress.end(APP)
    said += heard.look()
    heard.now += 2

    assert said == [
        "10.0 MB read",
        "10.0 MB compressed to 4.0 MB; 1.0 MB sent to ghcr.io/acme/app, 0 of 3 layers",
        "1.0 of 10.0 MB sent to ghcr.io/acme/app, 1 of 3 layers",
    ]
    assert [line for line in heard.said if line not in said] == [
        "ghcr.io/acme/app: layer bbbbbbbbbbbb already there, 7.0 MB",
        "ghcr.io/acme/app: layer aaaaaaaaaaaa sent, 4.0 MB",
        "ghcr.io/acme/app: layer cccccccccccc mounted, 6.0 MB",
        f"created ghcr.io/acme/app:1 {A}",
    ]
    assert progress.summary() == (
        "read 10.0 MB, compressed 10.0 MB to 4.0 MB, sent 4.0 MB, saved 13.0 MB, 2.0 s, 2.0 MB/s"
    )


def test_nothing_is_said_where_nothing_changed() -> None:
    heard = Heard()
    heard.progress.read(10 * MB)

    first, second = heard.look(), heard.look()
    heard.progress.read(1)  # nobody would see it
    third = heard.look()
    heard.progress.read(MB)

    assert (first, second, third, heard.look()) == (["10.0 MB read"], [], [], ["11.0 MB read"])


def test_an_attempt_that_starts_again_takes_back_what_it_sent() -> None:
    heard = Heard()
    heard.progress.begin(APP, 1)
    heard.progress.due(APP, A, 10 * MB)
    for count in (6 * MB, -6 * MB, 10 * MB):
        heard.progress.sent(APP, A, count)

    assert heard.look() == ["10.0 of 10.0 MB sent to ghcr.io/acme/app, 0 of 1 layer"]
    heard.progress.layer(APP, A, 10 * MB, "uploaded", 16 * MB)
    assert heard.said[-1].endswith("sent, 10.0 MB (16.0 MB with repetitions)")
    assert "sent 10.0 MB (and 6.0 MB in vain)" in heard.progress.summary()


def test_without_announcements_less_is_said() -> None:
    heard = Heard()
    heard.progress.sent(APP, A, 5 * MB)

    assert heard.look() == ["5.0 MB sent to ghcr.io/acme/app, 0 layers"]
    assert heard.delivery.blobs == ()


def test_what_is_sent_beside_layers_counts_on_both_sides() -> None:
    """The configuration is no layer, and nobody announces it."""
    heard = Heard()
    heard.progress.begin(APP, 1)
    heard.progress.due(APP, A, 10 * MB)
    heard.progress.sent(APP, C, MB)

    assert heard.look() == ["1.0 of 11.0 MB sent to ghcr.io/acme/app, 0 of 1 layer"]


def test_what_is_being_sent_is_told_layer_by_layer() -> None:
    heard = Heard()
    heard.progress.begin(APP, 3)
    for digest in (A, B):
        heard.progress.due(APP, digest, 10 * MB)
    heard.progress.sent(APP, A, MB)

    assert heard.delivery == Delivery(
        place=APP, layers=3, sent=MB, total=None, blobs=(Blob(digest=A, sent=MB, size=10 * MB),)
    )


def test_a_place_that_was_given_up_is_not_spoken_of() -> None:
    heard = Heard()
    heard.progress.begin(APP, 2)
    heard.progress.sent(APP, A, 6 * MB)
    heard.progress.end(APP)
    heard.progress.sent(APP, A, -6 * MB)  # by a thread that has not heard of it
    heard.progress.due(APP, A, MB)
    assert heard.look() == []
    heard.progress.layer(APP, B, MB, "present")

    assert heard.look() == []
    assert heard.progress.state() == State(sent=0, again=6 * MB)


def test_a_second_attempt_begins_anew() -> None:
    heard = Heard()
    for digest in (A, B):
        heard.progress.begin(APP, 2)
        heard.progress.layer(APP, digest, MB, "uploaded")
        heard.progress.end(APP)
    heard.progress.begin(APP, 2)
    heard.progress.layer(APP, A, MB, "present")
    heard.progress.sent(APP, C, 3 * MB)

    assert heard.look() == ["3.0 MB sent to ghcr.io/acme/app, 1 of 2 layers"]


@given(
    st.permutations([A, B, C]),
    st.lists(st.tuples(st.sampled_from([A, B, C]), st.integers(1, 10)), max_size=20),
)
def test_no_state_is_more_than_everything(order: list[str], pieces: list[tuple[str, int]]) -> None:
    """Whatever is sent in which order: sent is at most the total, and both agree at the end."""
    heard = Heard()
    heard.progress.begin(APP, 3)
    sent = dict.fromkeys(order, 0)
    for digest in order:
        heard.progress.due(APP, digest, 10)
    for digest, count in pieces:
        more = min(count, 10 - sent[digest])
        # a blob that is full is what begins again
        heard.progress.sent(APP, digest, more or -10)
        sent[digest] = sent[digest] + more if more else 0
        now = heard.delivery
        assert (now.sent, now.total) == (sum(sent.values()), 30)
    for digest in order:
        heard.progress.sent(APP, digest, 10 - sent[digest])
        heard.progress.layer(APP, digest, 10, "uploaded", 10)
    assert (heard.delivery.sent, heard.delivery.total, heard.delivery.blobs) == (30, 30, ())


def test_many_threads_lose_nothing() -> None:
    heard = Heard(every=0.001)
    progress = heard.progress
    rounds, threads = 300, 8

    def work(number: int) -> None:
        place = (APP, OTHER)[number % 2]
        for turn in range(rounds):
            digest = f"sha256:{number:02}{turn:062}"
            progress.read(3)
            progress.compressed(3, 2)
            progress.due(place, digest, 2)
            for count in (1, -1, 1, 1):
                progress.sent(place, digest, count)
            progress.layer(place, digest, 2, "uploaded", 3)
            progress.saved(1)

    for place in (APP, OTHER):
        progress.begin(place, rounds * threads // 2)
    with progress.shown(), ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))

    every = rounds * threads
    half = Delivery(place=APP, finished=every // 2, layers=every // 2, sent=every, total=every)
    assert progress.state() == State(
        read=3 * every,
        plain=3 * every,
        packed=2 * every,
        sent=2 * every,
        again=every,
        saved=every,
        deliveries=(half, replace(half, place=OTHER)),
    )
    assert sum("sent, 2 B (3 B with repetitions)" in line for line in heard.said) == every


# --- when it is said -----------------------------------------------------------------------------------


def ticking() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "progress"]


def test_it_is_said_while_it_goes_on_and_no_longer() -> None:
    told = threading.Event()
    heard = Heard(every=0.01, then=told.set)

    with heard.progress.shown():
        heard.progress.read(MB)
        assert told.wait(5)
        assert [thread.daemon for thread in ticking()] == [True]

    assert heard.said == ["1.0 MB read"]
    assert ticking() == []


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), Interrupted(15), ValueError()])
def test_whatever_ends_the_push_ends_it_at_once(reason: BaseException) -> None:
    heard = Heard(every=3600)
    began = monotonic()

    with pytest.raises(type(reason)), heard.progress.shown():
        raise reason

    assert ticking() == []
    assert monotonic() - began < 2


def test_a_reader_who_stopped_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pushstep.push.progress._PATIENCE", 0.05)
    stuck, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        stuck.set()
        go_on.wait(10)

    heard = Heard(every=0.01, then=wait)

    with heard.progress.shown():
        heard.progress.read(MB)
        assert stuck.wait(5)
        heard.progress.read(MB)  # the verbs that count wait for no reader

    go_on.set()
    for thread in ticking():
        thread.join()


# --- who shows it --------------------------------------------------------------------------------------

TERMINAL = {"TERM": "xterm-256color"}

# environment, standard error is a terminal, switches → somebody watches
WATCHED: dict[str, tuple[dict[str, str], bool, Iterable[str], bool]] = {
    "a terminal": (TERMINAL, True, (), True),
    "a terminal, debugging": (TERMINAL, True, ("debug",), True),
    "a CI that is none": (TERMINAL | {"CI": "false"}, True, (), True),
    "no colours wanted, but empty": (TERMINAL | {"NO_COLOR": ""}, True, (), True),
    "a pipe": (TERMINAL, False, (), False),
    "no colours": (TERMINAL | {"NO_COLOR": "1"}, True, (), False),
    "a dumb terminal": ({"TERM": "dumb"}, True, (), False),
    "GitHub with a terminal": (TERMINAL | {"GITHUB_ACTIONS": "true"}, True, (), False),
    "GitLab with a terminal": (TERMINAL | {"GITLAB_CI": "true"}, True, (), False),
    "another CI with a terminal": (TERMINAL | {"CI": "1"}, True, (), False),
    "quiet": (TERMINAL, True, ("quiet",), False),
}


@pytest.mark.parametrize(("environ", "is_terminal", "switches", "watched"), WATCHED.values(), ids=WATCHED)
def test_live_lines_are_for_people_at_terminals(
    environ: dict[str, str], *, is_terminal: bool, switches: Iterable[str], watched: bool
) -> None:
    here = surroundings(replace(world(), environ=environ, err_is_terminal=is_terminal), frozenset(switches))

    assert isinstance(renderer(here.log, here.terminal), Live if watched else Lines)
