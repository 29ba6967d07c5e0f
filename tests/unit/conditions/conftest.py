"""The real engine, started once for all tests of conditions."""

from collections.abc import Iterator

import pytest

from pushstep.javascript import JavaScript


@pytest.fixture(scope="session")
def engine() -> Iterator[JavaScript]:
    with JavaScript() as engine:
        yield engine
