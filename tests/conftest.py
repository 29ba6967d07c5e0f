"""How the suites share the machine's cores: two that wait for others run side by side, the rest between them."""

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_WHOLE = {"e2e", "integration"}
"""Suites with one machine of the runners, one set of registries: each stays in one process."""


class BySuite(LoadScopeScheduling):  # type: ignore[misc]  # it comes without types
    """Hands a whole suite to one process, largest first, and every other test to whichever is free."""

    def _split_scope(self, nodeid: str) -> str:
        suite = PurePosixPath(nodeid).parts[1]
        return suite if suite in _WHOLE else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> BySuite:
    return BySuite(config, log)
