"""What is said of a push: one line for each thing, of numbers that are known."""

import pytest

from pushstep.push.lines import Delivery, LayerStatus, State, layer, summary, tag, under_way
from pushstep.result import TagStatus

APP = "ghcr.io/acme/app"
DIGEST = f"sha256:4f4fb700ef54{'0' * 52}"
MB = 1_000_000


@pytest.mark.parametrize(
    ("status", "sent", "expected"),
    [
        ("uploaded", 12_300_000, "ghcr.io/acme/app: layer 4f4fb700ef54 sent, 12.3 MB"),
        ("uploaded", 0, "ghcr.io/acme/app: layer 4f4fb700ef54 sent, 12.3 MB"),
        (
            "uploaded",
            20_100_000,
            "ghcr.io/acme/app: layer 4f4fb700ef54 sent, 12.3 MB (20.1 MB with repetitions)",
        ),
        ("mounted", 0, "ghcr.io/acme/app: layer 4f4fb700ef54 mounted, 12.3 MB"),
        ("present", 0, "ghcr.io/acme/app: layer 4f4fb700ef54 already there, 12.3 MB"),
    ],
)
def test_a_layer_is_told_once_it_is_there(status: LayerStatus, sent: int, expected: str) -> None:
    assert layer(APP, DIGEST, 12_300_000, status, sent) == expected


@pytest.mark.parametrize(
    ("status", "digest", "expected"),
    [
        ("created", "sha256:1", "created ghcr.io/acme/app:1.2 sha256:1"),
        ("unchanged", "sha256:1", "unchanged ghcr.io/acme/app:1.2 sha256:1"),
        ("failed", None, "failed ghcr.io/acme/app:1.2"),
        ("not_attempted", None, "not attempted ghcr.io/acme/app:1.2"),
    ],
)
def test_a_tag_is_told_with_what_it_names(status: TagStatus, digest: str | None, expected: str) -> None:
    assert tag(APP, "1.2", status, digest) == expected


def going(place: str = APP, total: int | None = 48 * MB, layers: int | None = 7) -> Delivery:
    return Delivery(place=place, finished=3, layers=layers, sent=12_300_000, total=total)


READ = State(read=512 * MB, plain=300 * MB, packed=120 * MB)

# what is now, what was told before → the line
UNDER_WAY = {
    "nothing yet": (State(), State(), ""),
    "only read": (State(read=5 * MB), State(), "5.0 MB read"),
    "nothing to read from, and a layer compressed": (
        State(plain=5 * MB, packed=MB),
        State(),
        "5.0 MB compressed to 1.0 MB",
    ),
    "reading and compressing": (READ, State(), "512.0 MB read, 300.0 MB compressed to 120.0 MB"),
    "what was read is not told again": (
        State(read=512 * MB, plain=300 * MB, packed=120 * MB, deliveries=(going(),)),
        READ,
        "12.3 of 48.0 MB sent to ghcr.io/acme/app, 3 of 7 layers",
    ),
    "all at once": (
        State(read=5 * MB, deliveries=(going(), going("quay.io/acme/app", None))),
        State(),
        "5.0 MB read; 12.3 of 48.0 MB sent to ghcr.io/acme/app, 3 of 7 layers; 12.3 MB sent to quay.io/acme/app, 3 of 7 layers",
    ),
    "the number of layers is not known": (
        State(deliveries=(going(total=None, layers=None),)),
        State(),
        "12.3 MB sent to ghcr.io/acme/app, 3 layers",
    ),
    "one layer, the first byte": (
        State(deliveries=(Delivery(place=APP, layers=1, sent=1, total=2),)),
        State(),
        "1 of 2 B sent to ghcr.io/acme/app, 0 of 1 layer",
    ),
    "only told of what has begun and is not done": (
        State(
            deliveries=(
                Delivery(place="a", layers=7),
                Delivery(place="b", layers=7, finished=7, sent=MB),
                Delivery(place="c", layers=7, finished=2),
            )
        ),
        State(),
        "0 B sent to c, 2 of 7 layers",
    ),
    "many places are a sum": (
        State(deliveries=tuple(going(place) for place in "abcd")),
        State(),
        "49.2 of 192.0 MB sent to 4 places, 12 of 28 layers",
    ),
    "a sum of what is known": (
        State(deliveries=(*(going(place) for place in "abc"), going("d", None, None))),
        State(),
        "49.2 MB sent to 4 places, 12 layers",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "told", "expected"), UNDER_WAY.values(), ids=UNDER_WAY)
def test_what_is_under_way_is_one_line(now: State, told: State, expected: str) -> None:
    assert under_way(now, told) == expected


SUMMARIES = {
    "everything": (
        State(
            read=1_610 * MB, plain=1_610 * MB, packed=561 * MB, sent=400 * MB, again=12 * MB, saved=161 * MB
        ),
        4.04,
        "read 1.6 GB, compressed 1.6 GB to 561.0 MB, sent 400.0 MB (and 12.0 MB in vain), saved 161.0 MB, 4.0 s, 99.0 MB/s",
    ),
    "nothing had to be sent": (
        State(saved=561 * MB),
        0.3,
        "read 0 B, compressed 0 B, sent 0 B, saved 561.0 MB, 0.3 s, 0.0 MB/s",
    ),
    "no time at all": (
        State(read=5, sent=5),
        0,
        "read 5 B, compressed 0 B, sent 5 B, saved 0 B, 0.0 s, 0.0 MB/s",
    ),
}


@pytest.mark.parametrize(("now", "seconds", "expected"), SUMMARIES.values(), ids=SUMMARIES)
def test_the_end_has_six_figures(now: State, seconds: float, expected: str) -> None:
    assert summary(now, seconds) == expected
