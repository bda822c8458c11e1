"""How new tasks come to the writer (decision 0110)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task import Task
from backstage.infra.sqlite.add import add_tasks
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

Answers = list[Duplicate | None]
_FEW = 10
"""Tasks of one call that are stored in the loop's thread, or together with those of other calls."""


@dataclass(slots=True, eq=False)
class _Asked:
    """A call that waits for the others of its turn, with where its answer goes."""

    tasks: Sequence[Task]
    answer: asyncio.Future[Answers]


class Adds:
    """Stores new tasks in the way that costs their caller least.

    A thread without an event loop writes itself. On a loop, the first call of a turn is made by the loop's thread, if
    it brings few tasks, no commit waits for the disk and nobody else writes. Those that come later in that turn go to
    the writer's thread together. Many tasks go there by themselves, for no loop must stand still so long.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._turns: dict[asyncio.AbstractEventLoop, list[_Asked]] = {}

    async def add(self, tasks: Sequence[Task]) -> Answers:
        operation = partial(_add, tasks)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._writer.enqueue_in_this_thread(operation)
        if len(tasks) > _FEW:
            return await self._writer.enqueue(operation)
        turn = self._turns.get(loop)
        if turn is not None:
            asked = _Asked(tasks, loop.create_future())
            turn.append(asked)
            return await asked.answer
        self._turns[loop] = []
        loop.call_soon(self._end_turn, loop)
        if self._writer.never_waits_for_the_disk and (written := self._writer.attempt(operation)):
            await asyncio.sleep(0)  # else a caller that enqueues many, one by one, would have the loop to itself
            return written.value
        return await self._writer.enqueue(operation)

    def _end_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        asked = [each for each in self._turns.pop(loop) if not each.answer.done()]
        if asked:
            together: asyncio.Future[Answers] = loop.create_future()
            together.add_done_callback(partial(self._share, asked))
            self._send([task for each in asked for task in each.tasks], together)

    def _send(self, tasks: Sequence[Task], answer: asyncio.Future[Answers]) -> None:
        try:
            self._writer.put(partial(_add, tasks), answer)
        except Exception as error:  # the store is closed, or this is a forked child
            answer.set_exception(error)

    def _share(self, asked: Sequence[_Asked], together: asyncio.Future[Answers]) -> None:
        """Give each call its part of the answers, or a try of its own where one of them failed."""
        waiting = [each for each in asked if not each.answer.done()]
        error = together.exception()
        if error is None:
            answers = iter(together.result())
            shares = [(each, [next(answers) for _ in each.tasks]) for each in asked]
            for each, share in shares:
                if not each.answer.done():
                    each.answer.set_result(share)
        elif isinstance(error, StorageUnavailableError):
            for each in waiting:
                each.answer.set_exception(error)
        else:
            for each in waiting:
                self._send(each.tasks, each.answer)


def _add(tasks: Sequence[Task], transaction: Transaction) -> Answers:
    transaction.makes_work = True
    return add_tasks(transaction.cursor, transaction.counts, tasks, transaction.now())
