"""Every section of push-step.md that says what a run does has tests that are named after it."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SECTIONS = "1.1 1.2 1.3 1.4 2 2.1 2.2 3 4 5.1 5.2 5.3 6 7 7.1 8 9".split()  # noqa: SIM905 - a list of words
NAMED = {
    found[1].replace("_", ".")
    for path in TESTS.rglob("test_*.py")
    for found in re.finditer(r"def test_section_([0-9]+(?:_[0-9]+)?)_[a-z]", path.read_text())
}


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_tests(section: str) -> None:
    assert section in NAMED


def test_no_test_names_a_section_that_is_not_there() -> None:
    # interface 1, which the tests of the command line belong to, has the number of its page
    assert NAMED - set(SECTIONS) <= {"1"}
