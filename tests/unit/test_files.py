"""Files written so that nobody is tricked or locked out (interface 3), on a real file system."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pushstep import files
from pushstep.ci.protocol import FileWrite

STRANGER = 1234
ROOT = os.geteuid() == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def write(path: Path, text: str, *, append: bool = False, private: bool = False) -> None:
    files.write(FileWrite(path=str(path), text=text, append=append, private=private, what="file"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- contents ------------------------------------------------------------------------------------------

# there before, appended, written → there afterwards
CONTENTS = {
    "a new file": (None, False, "b", "b"),
    "a new file to append to": (None, True, "b", "b"),
    "replaced": ("aaa", False, "b", "b"),
    "replaced by nothing": ("aaa", False, "", ""),
    "appended": ("a\n", True, "b\n", "a\nb\n"),
    "appended without a line break": ("a", True, "b", "ab"),
}


@pytest.mark.parametrize(("before", "append", "text", "expected"), CONTENTS.values(), ids=CONTENTS)
def test_contents(path: Path, before: str | None, *, append: bool, text: str, expected: str) -> None:
    if before is not None:
        path.write_text(before)

    write(path, text, append=append)

    assert path.read_text() == expected


def test_text_is_utf8_and_line_breaks_stay(path: Path) -> None:
    write(path, "é\r\n\u2028\U0001f433\udcff")

    assert path.read_bytes() == "é\r\n\u2028\U0001f433\\udcff".encode()


# --- modes ---------------------------------------------------------------------------------------------

# before, private → afterwards
MODES = {
    "a new file": (None, False, 0o644),
    "a new private file": (None, True, 0o600),
    "a file that is there": (0o664, False, 0o664),
    "a file that is there and becomes private": (0o664, True, 0o600),
}


@pytest.mark.parametrize(("before", "private", "expected"), MODES.values(), ids=MODES)
@pytest.mark.parametrize("append", [False, True])
def test_interface_3_modes(
    path: Path, before: int | None, *, private: bool, expected: int, append: bool
) -> None:
    if before is not None:
        path.touch()
        path.chmod(before)

    write(path, "x", append=append, private=private)

    assert mode(path) == expected


def test_interface_3_a_private_file_is_private_whatever_the_umask(path: Path) -> None:
    os.umask(0)

    write(path, "x", private=True)

    assert mode(path) == 0o600


# --- owners --------------------------------------------------------------------------------------------


def owned(folder: Path) -> Path:
    """A folder of somebody else's, or of our own where we may not give it away."""
    folder.mkdir()
    if ROOT:
        os.chown(folder, STRANGER, STRANGER + 1)
    return folder


def test_interface_3_a_new_file_belongs_to_the_owner_of_its_folder(tmp_path: Path) -> None:
    folder = owned(tmp_path / "theirs")

    write(folder / "file", "x", private=True)

    there = (folder / "file").stat()
    assert (there.st_uid, there.st_gid) == (folder.stat().st_uid, folder.stat().st_gid)
    assert mode(folder / "file") == 0o600


def test_interface_3_the_owner_of_a_file_that_is_there_stays(tmp_path: Path) -> None:
    folder = owned(tmp_path / "theirs")
    (folder / "file").touch()
    before = (folder / "file").stat()

    write(folder / "file", "x", append=True)

    after = (folder / "file").stat()
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


def test_a_path_relative_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = owned(tmp_path / "theirs")
    monkeypatch.chdir(folder)

    write(Path("file"), "x")

    assert (folder / "file").stat().st_uid == folder.stat().st_uid


# --- what is no file -----------------------------------------------------------------------------------


def link_to_a_file(path: Path) -> None:
    path.symlink_to(path.with_name("target"))
    path.with_name("target").write_text("theirs")


def link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("target"))


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/null")


NO_FILES = {one.__name__: one for one in (link_to_a_file, link_to_nothing, folder, pipe, link_to_a_device)}


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("append", [False, True])
def test_interface_3_only_regular_files_are_written(
    path: Path, make: Callable[[Path], None], *, append: bool
) -> None:
    make(path)

    with pytest.raises(OSError, match=r"."):
        write(path, "ours", append=append, private=True)

    target = path.with_name("target")
    assert not target.exists() or target.read_text() == "theirs"


@pytest.mark.parametrize("append", [False, True])
def test_interface_3_a_pipe_that_somebody_reads_is_refused_unwritten(path: Path, *, append: bool) -> None:
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(OSError, match="is no regular file"):
            write(path, "ours", append=append)
        assert os.read(reader, 10) == b""
    finally:
        os.close(reader)


def test_a_device_is_refused() -> None:
    with pytest.raises(OSError, match="is no regular file"):
        write(Path("/dev/null"), "x")


def test_a_folder_that_is_not_there(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(path / "file", "x")


@pytest.mark.parametrize("name", ["a" * 300, ""], ids=["too long", "empty"])
def test_a_path_that_is_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match=r"."):
        files.write(FileWrite(path=f"{tmp_path}/{name}" if name else "", text="x", what="file"))
