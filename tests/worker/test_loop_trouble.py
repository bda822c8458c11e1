from __future__ import annotations

from typing import Any

import pytest

from backstage.domain.errors import StorageUnavailableError
from backstage.infra.structured_logging import new_logger
from backstage.worker.runtime import loop_trouble
from backstage.worker.runtime.loop_trouble import LoopTrouble
from backstage.worker.watching.background_loop_health import LoopHealth


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says, to be changed."""
    now = [100.0]
    monkeypatch.setattr(loop_trouble.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def entries() -> list[Any]:
    return []


@pytest.fixture
def trouble(entries: list[Any]) -> LoopTrouble:
    return LoopTrouble("claim_failed", LoopHealth("claimer"), new_logger(log_handler=entries.append, silent=True))


def test_an_hour_without_a_store_is_a_line_a_minute_and_one_at_its_end(
    trouble: LoopTrouble, time: list[float], entries: list[Any]
) -> None:
    told = []
    for second in range(3600):
        trouble.failed(StorageUnavailableError("gone"))
        if len(entries) > len(told):
            told.append(second)
        time[0] += 1
    assert told[:6] == [0, 10, 30, 70, 130, 190]
    assert len(told) == 62
    assert (entries[3]["level"], entries[3]["error"], entries[3]["failures"]) == ("warning", "gone", 71)
    trouble.turned()
    trouble.turned()
    assert len(entries) == 63
    over = entries[-1]
    assert (over["event"], over["loop"], over["failures"], over["seconds"]) == ("loop_recovered", "claimer", 3600, 3600)


def test_the_next_trouble_is_told_at_once(trouble: LoopTrouble, time: list[float], entries: list[Any]) -> None:
    for _ in range(2):
        trouble.failed(StorageUnavailableError("gone"))
        trouble.turned()
    assert [entry["event"] for entry in entries] == ["claim_failed", "loop_recovered"] * 2


def test_a_loop_that_never_tells_of_its_turns_is_forgiven_in_time(
    trouble: LoopTrouble, time: list[float], entries: list[Any]
) -> None:
    trouble.failed(StorageUnavailableError("gone"))
    time[0] += loop_trouble.FORGOTTEN_AFTER + 1
    trouble.failed(StorageUnavailableError("gone again"))
    assert [(entry["error"], entry["failures"]) for entry in entries] == [("gone", 1), ("gone again", 1)]


def test_what_nobody_expects_is_always_told_with_its_traceback(
    trouble: LoopTrouble, time: list[float], entries: list[Any]
) -> None:
    for _ in range(3):
        try:
            raise ZeroDivisionError
        except ZeroDivisionError as error:
            trouble.failed(error, tasks=1)
    assert [(entry["level"], entry["tasks"]) for entry in entries] == [("error", 1)] * 3
    assert "ZeroDivisionError" in str(entries[0]["exception"])
