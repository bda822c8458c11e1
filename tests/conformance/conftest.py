from __future__ import annotations

import pytest

EXPLORING = 600
"""Seconds for a state machine, which takes thousands of steps, on a machine that is busy with other things."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.name.startswith("test_any_steps_"):
            item.add_marker(pytest.mark.timeout(EXPLORING))
