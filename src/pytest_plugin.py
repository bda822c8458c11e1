"""Fixtures for tests of tasks.

pytest imports this in every project where Backstage is installed, so it imports nothing of ours before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from backstage import Container
    from backstage.testing import FakeClock, TaskBench

_HANDLERS = "backstage_handlers"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(_HANDLERS, "modules of handlers that the fixture backstage_bench runs", type="args", default=[])


@pytest.fixture
def backstage_bench(request: pytest.FixtureRequest) -> Iterator[TaskBench]:
    """A bench with the handlers of the modules in the ini option `backstage_handlers`: memory store, fake clock."""
    from backstage.testing import TaskBench  # noqa: PLC0415 - see above
    from backstage.testing.at_once import at_once  # noqa: PLC0415
    from backstage.worker.handling.handler_modules import load_module  # noqa: PLC0415

    bench = TaskBench(*map(load_module, request.config.getini(_HANDLERS)))
    at_once(bench.__aenter__())
    yield bench
    at_once(bench.__aexit__(None, None, None))


@pytest.fixture
def backstage_inline(backstage_bench: TaskBench) -> TaskBench:
    """The test's bench, on which enqueueing runs what is due at once."""
    backstage_bench.run_inline()
    return backstage_bench


@pytest.fixture
def backstage_container(backstage_bench: TaskBench) -> Container:
    """The Container of the test's bench, for the code under test."""
    return backstage_bench.backstage


@pytest.fixture
def backstage_clock(backstage_bench: TaskBench) -> FakeClock:
    """The clock of the test's bench."""
    return backstage_bench.clock
