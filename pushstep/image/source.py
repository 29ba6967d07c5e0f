"""The image that a candidate names, where it lies in a file or folder."""

from pushstep.image import compressed, layout, saved
from pushstep.image.model import Image
from pushstep.image.store import Archive, Files, Folder
from pushstep.oci import Platform
from pushstep.step.candidate import StoredImage


def stored(
    candidate: StoredImage, path: str, *, spool_folder: str, platform: Platform | None = None
) -> Image:
    """Open what `candidate` names, which is at `path` here; raises `StepError` where it is not one image.

    A compressed archive is unpacked into `spool_folder` first. Whoever is done with it closes its `contents`.
    """
    name = repr(candidate.path)
    files: Files
    if candidate.transport == "oci":
        files = Folder(path, name)
    else:
        files = Archive(compressed.opened(path, name, spool_folder), name)
    try:
        if candidate.transport == "docker-archive":
            return saved.opened(files, candidate.selector, platform)
        return layout.opened(files, candidate.selector, platform)
    except BaseException:
        files.close()
        raise
