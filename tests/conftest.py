"""How the suites share the machine's cores: two groups that wait for others, and the rest between them."""

from pathlib import Path

import pytest

GROUPS = {"e2e": "one machine of the runners", "integration": "one set of registries"}


@pytest.hookimpl(tryfirst=True)  # the distribution reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        suite = item.path.relative_to(Path(__file__).parent).parts[0]
        if suite in GROUPS:
            item.add_marker(pytest.mark.xdist_group(GROUPS[suite]))
