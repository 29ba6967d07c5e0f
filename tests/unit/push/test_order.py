"""In which order layers are read, by their sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.image.model import Part
from pushstep.push.order import in_order

ORDERS = {
    "none": ([], []),
    "one": ([5], [5]),
    "the smallest, then the largest": ([500, 357, 300, 150, 200], [150, 500, 357, 300, 200]),
    "what is next to nothing comes last": ([1, 500, 2, 300, 3], [300, 500, 3, 2, 1]),
    "of many no single one is worth it": ([2, 1] * 30, [2] * 30 + [1] * 30),
    "empty ones": ([0, 0], [0, 0]),
}


@pytest.mark.parametrize(("sizes", "wanted"), ORDERS.values(), ids=ORDERS)
def test_order(sizes: list[int], wanted: list[int]) -> None:
    assert [part.size for part in in_order(parts(sizes))] == wanted


@given(st.lists(st.integers(0, 1000), max_size=20))
def test_each_is_read_once(sizes: list[int]) -> None:
    given_parts = parts(sizes)

    assert sorted(part.digest or "" for part in in_order(given_parts)) == sorted(
        part.digest or "" for part in given_parts
    )


def parts(sizes: list[int]) -> list[Part]:
    return [Part(digest=f"sha256:{number:064x}", size=size) for number, size in enumerate(sizes)]
