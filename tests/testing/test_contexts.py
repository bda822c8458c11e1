from __future__ import annotations

from typing import Any

import pytest

from backstage import TaskContext
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.handler_signals import EndAsCancelled
from backstage.domain.task_state import TaskState
from backstage.testing import FakeSignals, NumberedIds, new_context


def count_up(payload: Any, context: TaskContext) -> int:
    for number in range(payload):
        if context.should_stop():
            return number
        context.progress(number / payload, f"at {number}")
    return int(payload)


def test_a_context_is_that_of_a_running_task() -> None:
    context = new_context("mail", {"to": "ada"}, attempt=3, queue="slow", metadata={"tenant": "a"}, correlation_id="r")
    assert (context.task.type, context.task.state, context.task.payload) == ("mail", TaskState.RUNNING, {"to": "ada"})
    assert (context.attempt, context.fence, context.task.queue) == (3, 3, "slow")
    assert (context.metadata, context.correlation_id) == ({"tenant": "a"}, "r")


def test_progress_of_a_handler_without_a_loop_is_recorded() -> None:
    context = new_context()
    assert count_up(2, context) == 2
    assert context.signals.progress == [(0.0, "at 0"), (0.5, "at 1")]


@pytest.mark.parametrize("signal", ["shutting_down", "cancel_requested", "over_soft_timeout"])
def test_a_handler_is_told_to_stop(signal: str) -> None:
    context = new_context()
    setattr(context.signals, signal, True)
    assert count_up(2, context) == 0


def test_a_signal_may_come_while_the_handler_runs() -> None:
    class AfterTwo(FakeSignals):
        def is_shutting_down(self) -> bool:
            return len(self.progress) == 2

    assert count_up(5, new_context(signals=AfterTwo())) == 2


async def test_a_handler_learns_that_its_lease_is_lost() -> None:
    context = new_context()
    assert await context.heartbeat() is True
    context.signals.holds_lease = False
    assert (await context.heartbeat(), await context.progress(1.0)) == (False, False)
    assert context.signals.heartbeats == 2


def test_what_the_handler_logs_is_kept() -> None:
    context = new_context("mail", attempt=2)
    context.logger.warning("refused", code=550)
    [entry] = context.signals.log
    assert (entry["event"], entry["code"], entry["type"], entry["attempt"]) == ("refused", 550, "mail", 2)


def test_a_handler_may_cancel_its_task() -> None:
    with pytest.raises(EndAsCancelled, match="not wanted"):
        new_context().cancel("not wanted")


def test_a_payload_that_no_store_takes_makes_no_context() -> None:
    with pytest.raises(InvalidTaskDataError, match=r"payload\.x"):
        new_context("mail", {"x": object()})


def test_ids_count_and_sort() -> None:
    ids = NumberedIds()
    made = [ids.new() for _ in range(20)]
    assert made == sorted(made) and made[0] == "01940000-0000-7000-8000-000000000001"
