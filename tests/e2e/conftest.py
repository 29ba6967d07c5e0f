"""The machine that the runners run on, once for all tests."""

from collections.abc import Iterator

import pytest

from tests.support.machine import Machine, machine


@pytest.fixture(scope="session", name="machine")
def _machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(
        tmp_path_factory.mktemp("machine"),
    ) as made:
        yield made
