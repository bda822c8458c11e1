from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from backstage.domain.crew import Crew, crew_of
from backstage.domain.worker_info import WorkerInfo

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def worker(number: int, **fields: Any) -> WorkerInfo:
    """Those of lower numbers started earlier."""
    told: dict[str, Any] = {"is_called": True, "queues": ("mail",), "types": ("a",)} | fields
    return WorkerInfo(
        id=f"w{number}",
        host="here",
        pid=number,
        started_at=BEGAN + timedelta(seconds=number),
        seen_at=BEGAN,
        concurrency=10,
        **told,
    )


def test_the_two_that_started_first_are_lookouts_and_the_next_two_follow_them() -> None:
    workers = [worker(number) for number in (6, 5, 4, 3, 2, 1)]
    assert crew_of("w1", workers) == Crew(True, ("w2", "w3", "w4", "w5", "w6"), ("w2",), ("w3", "w4"))
    assert crew_of("w4", workers) == Crew(False, ("w1", "w2", "w3", "w5", "w6"), ("w1", "w2"), ("w3", "w5"))
    assert [crew_of(each.id, workers).is_lookout for each in workers] == [False] * 4 + [True] * 2


def test_whoever_cannot_take_the_same_tasks_now_is_of_no_crew() -> None:
    unfit = [
        worker(1, queues=("reports",)),
        worker(2, types=("b",)),
        worker(3, is_called=False),
        worker(4, is_quiet=True),
        worker(5, is_stopping=True),
        worker(6, silent_for=60.0),
    ]
    assert crew_of("w7", [*unfit, worker(7), worker(8)]) == Crew(True, ("w8",), ("w8",))


def test_a_worker_that_is_not_called_hears_all_and_may_call_others() -> None:
    workers = [worker(1), worker(2), worker(3), worker(4, is_called=False)]
    assert crew_of("w4", workers) == Crew(True, ("w1", "w2", "w3"), ("w1", "w2"), ("w3",))


def test_a_worker_that_the_others_do_not_see_hears_all() -> None:
    assert crew_of("w9", [worker(1), worker(2), worker(3)]) == Crew()
