"""Makes the images that are pushed, from files of this machine: `python -m bench.images FOLDER NAME...`.

A process of its own makes them, so that what it needs of memory is not measured. What is there is kept. Files
are taken from below `/usr` by their names alone, so that a machine makes the same image again.
"""

import hashlib
import os
import random
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.archive import Archive, Part, describe, described, entry, written

_FORM = 1
"""Counted up when a name comes to mean another image."""
_MB = 1_000_000
_FIVE = (500, 350, 300, 0, 200)
"""Megabytes of files in each layer; the one without has what no compressor makes smaller."""
_INCOMPRESSIBLE = 150
_LARGEST_FILE = 64 * _MB
_MIDDLE = 3

Maker = Callable[[Path, Path], Iterator[list[Part]]]
"""Gives each layer's parts; the second folder goes when the archive is written."""


def main(arguments: Sequence[str]) -> None:
    """Make what is missing of the named ones."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("tmp*"):  # of a run that was killed
        shutil.rmtree(left)
    for name in arguments[1:]:
        have(folder, name)


def read(folder: Path, name: str) -> Archive:
    """Give an image that was made."""
    return described(folder / f"{name}-{_FORM}.json")


def have(folder: Path, name: str) -> Archive:
    """Make an image, unless it is there."""
    if not (folder / f"{name}-{_FORM}.json").exists():
        print(f"Making the image `{name}` ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            layers = MAKERS[name](folder, Path(scratch))
            made = written(folder / f"{name}-{_FORM}.tar", f"pushstep-bench/{name}:1", layers)
        describe(made, folder / f"{name}-{_FORM}.json")
    return read(folder, name)


def _five(_: Path, scratch: Path) -> Iterator[list[Part]]:
    files = iter(_sample(sum(_FIVE) * _MB, largest=_LARGEST_FILE))
    for number, megabytes in enumerate(_FIVE):
        if megabytes:
            yield [_mark(f"layer-{number}"), _filled(scratch, number, files, megabytes * _MB)]
        else:
            yield [_mark(f"layer-{number}"), Part(data=_random(_INCOMPRESSIBLE * _MB))]


def _changed(folder: Path, _: Path) -> Iterator[list[Part]]:
    """Give the same five, the one in the middle with one file more."""
    for number, part in enumerate(_of_five(folder), 1):
        yield [_mark("changed"), part] if number == _MIDDLE else [part]


def _large(folder: Path, _: Path) -> Iterator[list[Part]]:
    """Give four layers of 1.5 GB, each with all that the five have."""
    for number in range(4):
        yield [_mark(f"large-{number}"), *_of_five(folder)]


def _of_five(folder: Path) -> list[Part]:
    five = have(folder, "five")
    return [Part(path=five.path, offset=one.offset, size=one.content) for one in five.layers]


def _small(layers: int, size: int) -> Maker:
    def make(_: Path, scratch: Path) -> Iterator[list[Part]]:
        # a layer ends after the file that fills it, so that some bytes more are needed than all have
        files = iter(_sample(layers * size * 2, largest=size))
        for number in range(layers):
            yield [_mark(f"layer-{number}"), _filled(scratch, number, files, size)]

    return make


MAKERS: dict[str, Maker] = {
    "five": _five,
    "changed": _changed,
    "ten": _small(10, _MB),
    "hundred": _small(100, 100_000),
    "five-hundred": _small(500, 20_000),
    "large": _large,
}


def _sample(size: int, *, largest: int) -> list[Path]:
    """Pick files of this many bytes together, spread over the whole tree, in the order of their paths."""
    found: list[tuple[bytes, Path]] = []
    for folder, _, names in os.walk("/usr"):
        for name in names:
            path = Path(folder, name)
            found.append((hashlib.sha256(os.fsencode(path)).digest(), path))
    chosen = []
    for _, path in sorted(found):
        if path.is_symlink() or not path.is_file():
            continue
        about = path.stat().st_size
        if 0 < about <= largest:
            chosen.append(path)
            size -= about
        if size <= 0:
            break
    return sorted(chosen)


def _filled(scratch: Path, number: int, files: Iterator[Path], size: int) -> Part:
    with tarfile.open(scratch / f"{number}.tar", "w", format=tarfile.GNU_FORMAT) as tar:
        while tar.offset < size and (path := next(files, None)):
            with path.open("rb") as file:
                one = tarfile.TarInfo(str(path).lstrip("/"))
                one.size = os.fstat(file.fileno()).st_size
                tar.addfile(one, file)
        content = tar.offset
    return Part(path=scratch / f"{number}.tar", size=content)


def _mark(text: str) -> Part:
    """Make a layer unlike every other."""
    return Part(data=entry(f"bench/{text}", text.encode()))


def _random(size: int) -> bytes:
    numbers = random.Random(size)  # noqa: S311 - the same every time
    return entry("bench/random", b"".join(numbers.randbytes(_MB) for _ in range(size // _MB)))


if __name__ == "__main__":
    main(sys.argv[1:])
