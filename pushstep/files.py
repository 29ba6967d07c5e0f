"""Files for the CI and for people, written and read so that nobody is tricked or locked out (interface 3)."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from pushstep.ci.protocol import FileWrite

_PRIVATE = 0o600
_PUBLIC = 0o644


def reason(error: OSError | ValueError) -> str:
    """Why a file cannot be read, without its path: whoever asks names it as the user did."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def read_small(path: str, largest: int) -> bytes:
    """A regular file's content. Raises `OSError`; `ValueError` where it is larger, or is none."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is no regular file")
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"it has more than {largest} bytes")
    return content


def give(handle: int, folder: os.stat_result) -> None:
    """Let a new file or folder belong to the owner of the folder that it is in.

    A container runs as root in somebody's checkout, who must be able to delete it (actions/runner#434).
    """
    if os.geteuid() == 0:
        # a network's file system may know no root: then it is somebody's already
        with suppress(PermissionError):
            os.fchown(handle, folder.st_uid, folder.st_gid)


def write(one: FileWrite) -> None:
    """Write or append. Raises `OSError`, also for a symbolic link or anything that is no regular file."""
    mode = _PRIVATE if one.private else _PUBLIC
    how = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    new = not os.path.lexists(one.path)
    handle = os.open(one.path, how | (os.O_APPEND if one.append else 0), mode)
    with os.fdopen(handle, "ab" if one.append else "wb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(f"{one.path} is no regular file")
        if new:
            give(handle, Path(one.path).absolute().parent.stat())
        if one.private:
            os.fchmod(handle, mode)
        if not one.append:
            # only now: a pipe or somebody's device must not be cut
            os.ftruncate(handle, 0)
        file.write(one.text.encode("utf-8", "backslashreplace"))
