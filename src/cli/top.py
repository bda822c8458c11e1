from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace

from backstage.app.use_cases import UseCases
from backstage.cli.command_parser import DONE, CommandParser, seconds
from backstage.cli.store import existing_store
from backstage.cli.top_frame import TopFrame
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState

_RUNNING_SHOWN = 12


def parser() -> CommandParser:
    options = CommandParser(
        "top",
        "Watch queues, workers and running tasks as they change, until Ctrl-C. Without a terminal, print them once.",
    )
    options.add_argument("--interval", type=seconds, default=1.0, metavar="SECONDS", help="default: 1")
    options.add_argument("--once", action="store_true", help="print once, and end")
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    is_once = options.once or not sys.stdout.isatty()
    asyncio.run(_once(options.url) if is_once else _watch(options.url, max(0.2, options.interval)))
    return DONE


async def _once(url: str | None) -> None:
    from backstage.cli.top_view import printed  # noqa: PLC0415 - loads rich

    async with existing_store(url) as store:
        print(printed(await _look(store)), end="")


async def _watch(url: str | None, interval: float) -> None:
    from backstage.cli.top_view import live  # noqa: PLC0415 - loads rich

    async with existing_store(url) as store:
        frame = await _look(store)
        with live(frame) as show:
            while True:
                await asyncio.sleep(interval)
                try:
                    frame = (await _look(store)).after(frame)
                except StorageUnavailableError as error:
                    frame = replace(frame, problem=str(error))
                show(frame)


async def _look(store: UseCases) -> TopFrame:
    page = await store.find_tasks(TaskQuery(states=frozenset({TaskState.RUNNING}), limit=_RUNNING_SHOWN))
    return TopFrame(
        now=store.clock.now(),
        stats=await store.get_task_stats(),
        waits=await store.get_oldest_due(),
        explained=await store.explain_queues(),
        workers=await store.list_workers(),
        running=page.tasks,
    )
