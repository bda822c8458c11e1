from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backstage.domain.stats import Count, StateCounts, TaskStats
from backstage.domain.task_state import FINAL_STATES, TaskState

COUNTS = [
    Count("mail", "email:send", TaskState.PENDING, 3),
    Count("mail", "email:send", TaskState.COMPLETED, 10, pruned=4),
    Count("mail", "email:check", TaskState.FAILED, 1),
    Count("reports", "report:build", TaskState.RUNNING, 2),
    Count("reports", "report:build", TaskState.CANCELLED, 5, pruned=5),
    Count("empty", "never", TaskState.PENDING, 0),
]


def test_the_whole_adds_up_all_rows() -> None:
    stats = TaskStats.of(COUNTS)
    assert (stats.pending, stats.running, stats.completed, stats.failed, stats.cancelled) == (3, 2, 10, 1, 5)
    assert (stats.total, stats.pruned) == (21, 9)


def test_queues_and_types_are_told_apart() -> None:
    stats = TaskStats.of(COUNTS)
    assert stats.by_queue["mail"] == StateCounts(pending=3, completed=10, failed=1, pruned=4)
    assert stats.by_type["report:build"] == StateCounts(running=2, cancelled=5, pruned=5)


def test_queues_and_types_come_by_name_and_without_those_that_count_nothing() -> None:
    stats = TaskStats.of(COUNTS)
    assert list(stats.by_queue) == ["mail", "reports"]
    assert list(stats.by_type) == ["email:check", "email:send", "report:build"]


def test_no_rows_count_nothing() -> None:
    assert TaskStats.of([]) == TaskStats()


@st.composite
def rows(draw: st.DrawFn) -> Count:
    state, tasks = draw(st.sampled_from(TaskState)), draw(st.integers(0, 1000))
    pruned = draw(st.integers(0, tasks)) if state in FINAL_STATES else 0
    return Count(draw(st.sampled_from("xyz")), draw(st.sampled_from("ab")), state, tasks, pruned)


@given(st.lists(rows(), max_size=20))
def test_the_parts_always_add_up_to_the_whole(counts: list[Count]) -> None:
    stats = TaskStats.of(iter(counts))
    assert stats.total == sum(part.total for part in stats.by_queue.values())
    assert stats.total == sum(part.total for part in stats.by_type.values())
    assert stats.total == sum(count.tasks for count in counts)
