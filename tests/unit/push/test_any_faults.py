"""Whatever a registry does on the way: a push succeeds or says why not, and no tag ever names what is not there.

The engine and the real client against registries that stumble at any request; only their waits take no time.
"""

import json
import tempfile
import threading
from contextlib import ExitStack, closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushstep.image.model import Image
from pushstep.oci import parse
from pushstep.push import told
from pushstep.push.delivery import Target
from pushstep.push.direct import push
from pushstep.push.plan import Destination
from pushstep.result import ARRIVED, DestinationResult
from tests.support import archives
from tests.support.places import Given, direct, packed, unpacked
from tests.support.registry_client import client
from tests.support.shaky import Shaky, Trouble, in_turn, named, shaky
from tests.support.small_servers import Heard

ENOUGH = 20
"""Seconds, of which a push takes a tenth: whoever needs more waits for what does not come."""
TAGS = ("1", "2")


def pushed(image: Image, registries: list[Shaky], repositories: list[str]) -> list[DestinationResult]:
    """Push to every repository of every registry."""
    found: list[DestinationResult] = []
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        clients = [stack.enter_context(client(one.host)) for one in registries]
        targets = [
            Target(
                destination=Destination(registry=one.registry.host, repository=path, tags=TAGS),
                place=one.repository(path),
                identity=None,
            )
            for one in clients
            for path in repositories
        ]

        def deed() -> None:
            done = push(direct(folder), image, targets)
            found.extend(told.result(one, None) for one in done)

        thread = threading.Thread(target=deed, daemon=True)
        thread.start()
        thread.join(ENOUGH)
        assert not thread.is_alive(), "the push has no end"
    return found


def check(results: list[DestinationResult], registries: list[Shaky]) -> None:
    for registry in registries:
        assert registry.gaps == []
    by_host = {one.host: one for one in registries}
    for place in results:
        registry = by_host[place.registry]
        for tag in place.tags:
            there = named(registry, place.repository, tag.tag)
            if tag.status in ARRIVED:
                assert there == place.digest is not None
            elif there:
                # its answer was lost, or lied
                assert not registry.lacks(
                    place.repository, registry.shelf.manifests[place.repository, tag.tag][1]
                )
        lacking = [tag for tag in place.tags if tag.status not in ARRIVED]
        assert (place.result == "failure") == bool(lacking)
        if lacking:
            assert place.error
            assert place.error.message
            assert all(tag.error or place.error for tag in lacking)


def index() -> tuple[Image, Given]:
    """One of two platforms that share a layer."""
    root, _, _ = archives.two_platforms()
    order = [root.descriptor, *json.loads(root.content)["manifests"]]
    parsed = [parse(root.blobs[str(one["digest"])], str(one["mediaType"])) for one in reversed(order)]
    names = {one.digest for one in parsed}
    return packed(parsed, {name: blob for name, blob in root.blobs.items() if name not in names})


SHAPES = {
    "read at random": lambda: unpacked([1, 2, 3, 4]),
    "a stream": lambda: unpacked([1, 2, 3, 4], seekable=False),
    "a stream of layers without a name": lambda: unpacked(
        [1, 2, 3, 4], seekable=False, known_config=False, nameless=True
    ),
    "an index": index,
}


@pytest.mark.parametrize("known", [True, False], ids=["configuration known", "configuration unknown"])
@pytest.mark.parametrize(("method", "what"), [("HEAD", "/blobs/"), ("PUT", "/uploads/")])
def test_what_a_web_page_answers_in_a_registrys_place_is_not_taken_for_its_word(
    method: str, what: str, known: bool
) -> None:
    """A login page before a registry that takes any manifest: a blob is not there because the page is."""
    image, source = unpacked([1], seekable=False, known_config=known)

    def page(heard: Heard) -> Trouble:
        return Trouble.PAGE if heard.method == method and what in heard.path else Trouble.NONE

    with closing(source), shaky(page, refuses=False) as registry:
        results = pushed(image, [registry], ["acme/app"])

        check(results, [registry])
        assert results[0].result == ("failure" if method == "PUT" else "success")


# most requests go well, or hardly a push would get beyond its first questions
after_a_while = st.tuples(
    st.integers(0, 12), st.sampled_from([one for one in Trouble if one != Trouble.NONE])
)
troubles = st.lists(after_a_while, max_size=8).map(
    lambda script: [one for gap, trouble in script for one in (*[Trouble.NONE] * gap, trouble)]
)


@settings(max_examples=60)
@given(st.data(), st.lists(troubles, min_size=1, max_size=2), st.integers(1, 2), st.booleans())
def test_any_troubles_end_in_success_or_a_reason(
    data: st.DataObject, scripts: list[list[Trouble]], repositories: int, refuses: bool
) -> None:
    with ExitStack() as stack:
        image, source = SHAPES[data.draw(st.sampled_from(sorted(SHAPES)))]()
        stack.callback(source.close)
        registries = [stack.enter_context(shaky(in_turn(one), refuses=refuses)) for one in scripts]
        paths = ["acme/app", "acme/other"][:repositories]

        check(pushed(image, registries, paths), registries)

        # whatever is left of the troubles is over now
        for one in registries:
            one.trouble = lambda _: Trouble.NONE
        again = pushed(image, registries, paths)
        check(again, registries)
        assert {place.result for place in again} == {"success"}
