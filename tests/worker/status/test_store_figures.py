from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.stats import Count, OldestDue
from backstage.domain.task_state import TaskState
from backstage.worker.status.store_figures import StoreFigures
from backstage.worker.watching.metrics import MOST_LANES, OTHERS

S = TaskState


def lanes(numbers: Sequence[int]) -> list[Count]:
    """One completed task on each of these queues."""
    return [Count(f"tenant-{number:05}", "send", S.COMPLETED, 1) for number in numbers]


def test_what_was_pruned_counts_as_completed_and_not_as_stored() -> None:
    counts = [Count("q", "t", S.COMPLETED, 10, 4), Count("q", "t", S.FAILED, 2), Count("q", "t", S.PENDING, 3)]
    figures = StoreFigures.of(counts, [], [])
    assert (figures.lanes["q", "t"].completed, figures.lanes["q", "t"].total) == (10, 15)
    assert figures.stored["q", "t"] == {"completed": 6, "failed": 2, "pending": 3}


def test_lanes_without_end_are_added_up() -> None:
    waits = [OldestDue("tenant-00001", "send", 5.0), OldestDue("tenant-00900", "send", 7.0)]
    waits.append(OldestDue("tenant-00901", "send", 3.0))
    figures = StoreFigures.of(lanes(range(1_000)), waits, [])
    assert len(figures.lanes) == len(figures.stored) == MOST_LANES + 1
    assert figures.lanes[OTHERS].completed == figures.stored[OTHERS]["completed"] == 1_000 - MOST_LANES
    assert figures.oldest_due == {("tenant-00001", "send"): 5.0, OTHERS: 7.0}


def test_the_sum_of_the_others_never_shrinks_when_lanes_are_added() -> None:
    before = StoreFigures.of(lanes(range(0, 1_400, 2)), [], [])
    after = StoreFigures.of(lanes(range(1_400)), [], [])
    assert after.lanes[OTHERS].completed >= before.lanes[OTHERS].completed
    assert sum(lane.completed for lane in after.lanes.values()) == 1_400
