"""What a step's candidate names, opened: an image of the daemon, of a file or folder, or of a registry."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pushstep.image import remote, source
from pushstep.image.model import Image
from pushstep.oci import Platform
from pushstep.push.choice import Choice
from pushstep.push.sessions import Sessions
from pushstep.registry.reference import LocalImage
from pushstep.step.candidate import RemoteImage, StoredImage, remote_image
from pushstep.step.model import Step
from pushstep.surroundings import Here

if TYPE_CHECKING:
    from pushstep.image.daemon import Daemon, Found


@dataclass(kw_only=True, slots=True)
class Opened:
    """The candidate, found once and used until the step ends; `close` it."""

    names: tuple[str, ...]
    """References that its source knows it by."""
    local: "tuple[Daemon, Found] | None" = None
    """The image in the daemon, which can push it too."""
    open: Callable[[], Image]
    _image: Image | None = None

    @property
    def image(self) -> Image:
        """What the direct transport reads; opened when it is first asked for. Raises `StepError`."""
        self._image = self._image or self.open()
        return self._image

    @property
    def image_id(self) -> str:
        """push-step.md 10: the same for every transport. Raises `StepError`."""
        return self.image.image_id

    @property
    def in_daemon(self) -> "tuple[Daemon, Found]":
        """Where the daemon has it."""
        if self.local is None:
            raise ValueError("this candidate is not in the daemon")
        return self.local

    def close(self) -> None:
        """Give back what is open."""
        if self._image:
            self._image.contents.close()


def opened(here: Here, step: Step, sessions: Sessions, choice: Choice) -> Opened:
    """Find what the step's candidate names. Raises `StepError`, `InputError`."""

    def read(candidate: RemoteImage) -> Opened:
        return _whole(remote.opened(candidate, sessions.reading(candidate, choice), step.platform))

    match step.candidate:
        case LocalImage() as local:
            return _local(here, local, step.platform, read)
        case StoredImage() as stored:
            path = here.in_workspace(stored.path)
            return _whole(source.stored(stored, path, spool_folder=here.temporary, platform=step.platform))
        case RemoteImage() as elsewhere:
            return read(elsewhere)


def _whole(image: Image) -> Opened:
    return Opened(names=image.names, open=lambda: image, _image=image)


def _local(
    here: Here, candidate: LocalImage, platform: Platform | None, read: Callable[[RemoteImage], Opened]
) -> Opened:
    from pushstep.image.daemon import Patience, connect  # noqa: PLC0415 - the Docker SDK is for who asks a daemon

    world = here.world
    patience = Patience(seconds=world.seconds, sleep=world.sleep, say=here.log.say)
    daemon = connect(world.environ, here.ci.daemon_hint(), patience)
    found = daemon.look_up(candidate.text)
    if found is None and candidate.host is not None:
        here.log.notice(
            f"the Docker daemon has no image {candidate.text}, so it is read from {candidate.host}"
        )
        return read(remote_image(f"docker://{candidate.text}"))
    found = daemon.find(candidate.text)
    return Opened(
        names=found.names,
        local=(daemon, found),
        open=lambda: daemon.saved(found, spool_folder=here.temporary, platform=platform),
    )
