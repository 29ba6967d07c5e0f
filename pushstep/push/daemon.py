"""The daemon transport: lend the image each wanted name, let the daemon push it, give the name back."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

from pushstep.errors import Problem, StepError, Stopped
from pushstep.image.daemon import Daemon, Found
from pushstep.push.plan import Destination
from pushstep.registry.credentials.credential import Credential
from pushstep.registry.messages import refusal
from pushstep.result import DestinationResult, TagResult
from pushstep.values import dataclass

_DIGEST_LINE = re.compile(r"digest: (sha256:[0-9a-f]{64}) size: ([0-9]+)")
_LAYER_DONE = ("Pushed", "Layer already exists", "Mounted from")
_HOLDING = "pushstep.invalid/holding"
"""Repository under which an image waits while its own name is lent; `.invalid` is nobody's (RFC 2606)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transport:
    """What the daemon transport needs: each part is one verb of somebody else's."""

    daemon: Daemon
    say: Callable[[str], None]
    """Takes a line of progress."""
    seconds: Callable[[], float]
    """A clock that never goes back."""
    raising: Callable[[], AbstractContextManager[None]]
    """While entered a signal or a timer raises `Stopped`; elsewhere it waits: names are given back whole."""
    stopped: Callable[[], bool]
    """Whether a signal or a timer has asked to end it."""
    no_login_hint: Callable[[str], str]
    """What to advise for a host without a credential."""


def push(
    transport: Transport, image: Found, destination: Destination, credential: Credential
) -> tuple[DestinationResult, int | None]:
    """Push all tags of one destination; returns what happened and the manifest's size in bytes.

    A refused login ends it, because asking again with the same password may lock the account; so does
    a signal, which the caller learns from the result.
    """
    started = transport.seconds()
    done: list[TagResult] = []
    digest, size, error = None, None, None
    for tag in destination.tags:
        if (error and error.code == "login") or transport.stopped():
            done.append(TagResult(tag=tag, status="not_attempted"))
            continue
        try:
            digest, size = _push_tag(transport, image, destination, tag, credential)
            done.append(TagResult(tag=tag, status="pushed"))
            transport.say(f"pushed {destination.name}:{tag} {digest}")
        except (StepError, Stopped) as failed:
            error = failed.problem
            done.append(TagResult(tag=tag, status="failed", error=error))
            transport.say(f"failed {destination.name}:{tag}: {error.message}")
    result = DestinationResult(
        registry=destination.registry,
        repository=destination.repository,
        digest=digest,
        result="failure" if error else "success",
        identity=credential.identity,
        error=next((tag.error for tag in done if tag.error), None),
        duration_seconds=round(transport.seconds() - started, 3),
        tags=tuple(done),
    )
    return result, size


def _push_tag(
    transport: Transport, image: Found, destination: Destination, tag: str, credential: Credential
) -> tuple[str, int | None]:
    with _lent_name(transport, image, destination.name, tag), transport.raising():
        digest, size = _read_stream(transport, destination, tag, credential)
        if digest is None:
            # the containerd store ends some streams without a word; the registry knows
            digest = transport.daemon.registry_digest(f"{destination.name}:{tag}", credential)
    if digest is None:
        raise StepError(
            Problem(
                code="digest",
                message=f"neither daemon nor registry gave a digest for {destination.name}:{tag}",
                hint="Look whether the tag is there; push again if it is not.",
                retryable=True,
            )
        )
    return digest, size


def _read_stream(
    transport: Transport, destination: Destination, tag: str, credential: Credential
) -> tuple[str | None, int | None]:
    digest, size = None, None
    with closing(transport.daemon.push(destination.name, tag, credential)) as events:
        for event in events:
            said = (event.get("errorDetail") or {}).get("message") or event.get("error")
            if said:
                raise StepError(_refused(transport, str(said), destination, credential))
            status = str(event.get("status", ""))
            found = _DIGEST_LINE.search(status)
            if found:
                digest, size = found[1], int(found[2])
            elif "manifestPushedInsteadOfIndex" in (event.get("aux") or {}):
                transport.say(
                    "the daemon has one platform of this image: its manifest was pushed, not the index"
                )
            elif status.startswith(_LAYER_DONE) and event.get("id"):
                transport.say(f"layer {event['id']}: {status}")
    return digest, size


def _refused(transport: Transport, said: str, destination: Destination, credential: Credential) -> Problem:
    return refusal(
        said,
        host=destination.registry,
        repository=destination.repository,
        credential=credential,
        hint=transport.no_login_hint(destination.registry),
    )


@contextmanager
def _lent_name(transport: Transport, image: Found, repository: str, tag: str) -> Iterator[None]:
    """Let `repository:tag` name the image, and afterwards whatever it named before."""
    daemon, name = transport.daemon, f"{repository}:{tag}"
    before = daemon.look_up(name)
    if before and before.image_id == image.image_id:
        yield
        return
    holding = before and f"{_HOLDING}:{before.image_id[7:19]}"
    try:
        if before and holding:
            # without a second name the image would dangle meanwhile, for any `prune` to take
            daemon.name(before.image_id, *holding.rsplit(":", 1))
        daemon.name(image.image_id, repository, tag)
        yield
    finally:
        try:
            _give_back(daemon, image, name, before)
            if holding and daemon.look_up(holding):
                daemon.unname(holding)
        except StepError as failed:
            # what the push itself came to must not be hidden by this
            transport.say(f"the local name {name} could not be given back: {failed.problem.message}")


def _give_back(daemon: Daemon, image: Found, name: str, before: Found | None) -> None:
    now = daemon.look_up(name)
    if now is None or now.image_id != image.image_id:
        return  # somebody else moved it meanwhile: theirs it is
    repository, tag = name.rsplit(":", 1)
    if not _outlives(image, repository):
        # the name first goes to an image of nothing, and then with that one
        daemon.import_empty(repository, tag)
    daemon.unname(name)
    if before:
        daemon.name(before.image_id, repository, tag)


def _outlives(image: Found, repository: str) -> bool:
    """Whether the image, as it was before, keeps everything when a tag in `repository` is taken from it.

    The daemon deletes an image with its last name, and the digests of a repository with its last tag.
    """
    its_own = [digest for digest in image.digests if digest.partition("@")[0] == _short(repository)]
    tagged_there = any(name.rpartition(":")[0] == _short(repository) for name in image.names)
    return tagged_there or (not its_own and bool(image.names or image.digests))


def _short(name: str) -> str:
    """`name` as the daemon lists it: without Docker Hub's host."""
    return name.removeprefix("docker.io/").removeprefix("library/")
