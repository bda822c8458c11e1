from __future__ import annotations

from typing import Any

import pytest

from backstage.domain.errors import UnknownTaskTypeError
from backstage.domain.queue import Queue
from backstage.domain.worker_info import EVERY_TYPE
from backstage.infra.settings.settings import Settings
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_registry import RegisteredHandler
from backstage.worker.hosting.from_settings import options_from
from backstage.worker.runtime import lanes as lanes_module
from backstage.worker.runtime.lanes import Lanes
from backstage.worker.watching.metrics import WorkerMetrics


async def _run(context: TaskContext) -> Any:
    return None


async def _any(context: TaskContext) -> Any:
    return None


def _lanes(**handlers: RegisteredHandler) -> Lanes:
    queues = {"mail": Queue("mail", hard_timeout=7.0)}
    options = options_from(Settings(timeout=5.0, max_deliveries=9), queues)
    return Lanes(handlers, options, WorkerMetrics())


SEND = RegisteredHandler(TaskHandlerRegistration("send", _run), _run)
ANY = RegisteredHandler(TaskHandlerRegistration("mail", _any, max_deliveries=2), _any)


def test_a_lane_knows_the_handler_and_the_limits_of_its_queue() -> None:
    lane = _lanes(send=SEND)["mail", "send"]
    assert (lane.run, lane.limits.timeout, lane.limits.max_deliveries) == (_run, 7.0, 9)


def test_a_type_without_a_handler_has_that_for_any_type() -> None:
    assert _lanes(**{"send": SEND, EVERY_TYPE: ANY})["mail", "other"].run is _any


def test_a_task_that_a_store_hands_out_by_mistake_fails_its_attempt(new_task: Any) -> None:
    context: Any = TaskContext(new_task(type="other"), "w", None, None)  # type: ignore[arg-type]
    with pytest.raises(UnknownTaskTypeError):
        _lanes(send=SEND)["mail", "other"].run(context)


def test_queues_without_end_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "MOST_LANES", 3)
    lanes = _lanes(send=SEND)
    for number in range(10):
        assert lanes[f"tenant-{number}", "send"].run is _run
    assert len(lanes) <= 3


def test_a_task_of_another_queue_is_taken_back_by_the_workers_own_limit(new_task: Any) -> None:
    lanes = _lanes(**{"send": SEND, EVERY_TYPE: ANY})
    assert lanes.max_deliveries(new_task(queue="mail", type="other")) == 2
    assert lanes.max_deliveries(new_task(queue="elsewhere", type="other")) == 9
