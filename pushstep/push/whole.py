"""Whether all of an image lies in a folder.

A registry takes no manifest before all that it names is there. A folder takes anything, and a cache may have
brought back a part of it. Manifests are verified; of other blobs, which may be large, sizes are compared.
"""

import errno

from pushstep import oci
from pushstep.folder import Folder
from pushstep.image.model import Packed
from pushstep.oci import LARGEST, Descriptor, Index, Manifest

_LACKING = frozenset({errno.ENOENT, errno.ELOOP, errno.EACCES})
"""No file, none that is a regular one, or none that may be read: another can take its place."""


def named(blobs: Folder, one: Descriptor) -> Manifest | Index | None:
    """What the descriptor names, if it is there as it says. Raises `OSError`."""
    try:
        content = blobs.read(file_name(one.digest), LARGEST)
        is_right = (len(content), oci.sha256(content)) == (one.size, one.digest)
        return oci.parse(content, one.media_type) if is_right else None
    except ValueError:
        return None
    except OSError as error:
        if error.errno in _LACKING:
            return None
        raise


def has_all(blobs: Folder, root: Manifest | Index) -> bool:
    """Whether all that is under `root` is there, but for what is never pushed. Raises `OSError`."""
    waiting: list[Manifest | Index] = [root]
    seen: set[str] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, Manifest):
            if any(_size(blobs, blob.digest) != blob.size for blob in Packed(manifests=(one,)).blobs):
                return False
            continue
        children = {child.digest: child for child in one.manifests if child.digest not in seen}
        seen |= children.keys()
        if len(seen) > oci.MOST_BELOW:
            return False
        for child in children.values():
            below = named(blobs, child)
            if below is None:
                return False
            waiting.append(below)
    return True


def file_name(digest: str) -> str:
    """The name of a blob's file."""
    if not oci.DIGEST.fullmatch(digest):
        raise ValueError(f"{digest!r} is no digest")
    return digest.removeprefix("sha256:")


def _size(blobs: Folder, digest: str) -> int | None:
    try:
        return blobs.size(file_name(digest))
    except OSError as error:
        if error.errno in _LACKING:
            return None
        raise
