"""A module with a schedule that ticks each second."""

from __future__ import annotations

from backstage import CronTask, TaskContext, handler
from backstage.domain.missed_ticks import MissedTicks
from tests.journeys.ledger import Ledger

each_second = CronTask("every 1s", "journey:tick", name="each second", catch_up=MissedTicks.ALL)


@handler("journey:tick")
async def tick(context: TaskContext) -> None:
    Ledger.of_this_process().write("end", context.task.id, context.fence)
