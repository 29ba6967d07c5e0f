"""Numbers as people read them."""

import pytest

from pushstep.amounts import counted, size, size_of

SIZES = {
    0: "0 B",
    1: "1 B",
    999: "999 B",
    1_000: "1.0 kB",
    1_234: "1.2 kB",
    999_949: "999.9 kB",
    999_950: "1.0 MB",
    12_300_000: "12.3 MB",
    48_000_000: "48.0 MB",
    1_610_612_736: "1.6 GB",
    2_500_000_000_000: "2.5 TB",
    2_500_000_000_000_000: "2500.0 TB",
}


@pytest.mark.parametrize(("count", "expected"), SIZES.items(), ids=map(str, SIZES))
def test_sizes_are_decimal(count: int, expected: str) -> None:
    assert size(count) == expected


@pytest.mark.parametrize(
    ("done", "total", "expected"),
    [
        (12_300_000, 48_000_000, "12.3 of 48.0 MB"),
        (0, 0, "0 of 0 B"),
        (812, 1_200_000_000, "812 B of 1.2 GB"),
        (0, 48_000_000, "0 B of 48.0 MB"),
    ],
)
def test_the_unit_stands_once_where_it_is_one(done: int, total: int, expected: str) -> None:
    assert size_of(done, total) == expected


@pytest.mark.parametrize(("number", "expected"), [(0, "0 tags"), (1, "1 tag"), (2, "2 tags")])
def test_one_is_no_plural(number: int, expected: str) -> None:
    assert counted(number, "tag") == expected
