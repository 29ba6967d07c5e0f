"""Files written so that nobody is tricked or locked out, on the real file system."""

import os
import stat
from pathlib import Path

import pytest

from pushstep.ci.protocol import FileWrite
from pushstep.files import write


def one(path: Path, text: str = "text", *, append: bool = False, private: bool = False) -> FileWrite:
    return FileWrite(path=str(path), text=text, append=append, private=private, what="test")


def test_a_new_file_and_one_that_is_replaced(tmp_path: Path) -> None:
    write(one(tmp_path / "f", "long text"))
    write(one(tmp_path / "f", "é\udcff"))

    assert (tmp_path / "f").read_text() == "é\\udcff"


def test_appending_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a\n")

    write(one(tmp_path / "f", "b\n", append=True))

    assert (tmp_path / "f").read_text() == "a\nb\n"


@pytest.mark.parametrize("there", [False, True])
def test_interface_3_a_private_file_is_its_owners_alone(tmp_path: Path, *, there: bool) -> None:
    if there:
        (tmp_path / "f").write_text("")

    write(one(tmp_path / "f", private=True))

    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600


def test_interface_3_a_new_file_belongs_to_the_owner_of_its_folder(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 1234, 1235)

    write(one(tmp_path / "f"))

    folder, file = tmp_path.stat(), (tmp_path / "f").stat()
    assert (file.st_uid, file.st_gid) == (folder.st_uid, folder.st_gid)


def test_interface_3_never_through_a_symbolic_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "link").symlink_to(target)

    for append in (False, True):
        with pytest.raises(OSError, match="symbolic"):
            write(one(tmp_path / "link", append=append))

    assert target.read_text() == "precious"


def test_nothing_but_regular_files(tmp_path: Path) -> None:
    """A pipe that nobody reads must not hang the run."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(OSError, match="no regular file"):
            write(one(tmp_path / "pipe"))
    finally:
        os.close(reader)
    with pytest.raises(OSError, match="No such device"):
        write(one(tmp_path / "pipe"))
    with pytest.raises(IsADirectoryError):
        write(one(tmp_path))
    with pytest.raises(FileNotFoundError):
        write(one(tmp_path / "no" / "f"))
